/**
 * The order of commits to a store that several runs share at once, so that a run
 * that is begun anew makes the recorded ones in the order in which they were made.
 *
 * @internal
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"

export class Gate {
  /** The key of the visit that shares the store. */
  readonly key: string
  /** Held from when a live commit is worked out until it is made. */
  readonly lock = Semaphore.makeUnsafe(1)
  /** How many commits have been made. */
  made = 0
  private readonly waiting = new Map<number, Deferred.Deferred<void>>()

  constructor(key: string) {
    this.key = key
  }

  /** Waits until so many commits have been made. */
  after(commits: number): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.made >= commits) return Effect.void
      let turn = this.waiting.get(commits)
      if (turn === undefined) this.waiting.set(commits, (turn = Deferred.makeUnsafe()))
      return Deferred.await(turn)
    })
  }

  /** One more commit has been made. */
  advance(): void {
    const turn = this.waiting.get(++this.made)
    this.waiting.delete(this.made)
    if (turn !== undefined) Deferred.doneUnsafe(turn, Effect.void)
  }
}
