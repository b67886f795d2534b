/**
 * What a machine knows besides, when its visits are recorded.
 *
 * @internal
 */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { Recorder } from "../Recorder.ts"
import type { Spent } from "./budget.ts"
import { Gate } from "./gate.ts"
import type { Machine } from "./machine.ts"
import { escape } from "./position.ts"
import type { Transition } from "./transition.ts"

type Eff = Effect.Effect<any, any, any>

/** How the visits of a run are recorded. A run is given it, since those that are not recorded need none of its code. */
export interface Records {
  readonly open: (machine: Machine) => Recording
  /** What is due before the visit that the machine is at. */
  readonly visit: (machine: Machine) => Effect.Effect<unknown, any, any>
}

export class Recording {
  readonly recorder: Recorder
  /** What the keys of this run begin with. */
  readonly prefix: string
  /** Orders the commits to a store that is shared with other runs. */
  readonly gate: Gate | undefined
  /** The same, for the runs inside of the visit that is going on. */
  inner: Gate | undefined = undefined
  /** How many questions were asked. */
  asked = 0
  /** The key of the visit that is going on. */
  key = ""
  /** How the phases of it have ended. */
  ended: Transition | Spent | undefined = undefined
  /** A call has ended inside, and its `post` is next. */
  returning = false
  /** Why the phases of it have failed. */
  cause: Cause.Cause<any> | undefined = undefined
  /** What the run for an item comes to, where its failure is taken for a result: that is recorded. */
  kept: (index: number, result: Eff) => Eff = (_, result) => result
  /** Whether it holds the lock of the gate. */
  locked = false
  /** How the visit around it has ended is recorded: what is not is not made any more. */
  readonly over: boolean
  /** The same, for the runs inside of the visit that is going on. */
  innerOver = false

  constructor(recorder: Recorder, prefix: string, gate: Gate | undefined, over = false) {
    this.over = over
    this.recorder = recorder
    this.prefix = prefix
    this.gate = gate
  }

  static of(recorder: Recorder, machine: Machine): Recording {
    const { id, item, parent } = machine.options
    const outer = parent?.recording
    if (outer === undefined) return new Recording(recorder, "", undefined)
    const shared = machine.root === parent!.cell
    const gate = shared ? (outer.gate ?? (outer.inner ??= new Gate(outer.key))) : undefined
    return new Recording(
      recorder,
      `${outer.key}/${id === undefined ? item : name(id)}/`,
      gate,
      outer.over || outer.innerOver
    )
  }

  /** Takes in how the phases of a visit have ended, in place of a commit. */
  end(machine: Machine, ended: Transition | Spent): void {
    this.ended = ended
    machine.watching = undefined
  }

  /** A call is back from the flow inside: its `post` is a question of its own. */
  return(machine: Machine): void {
    this.returning = true
    machine.phase = "boundary"
  }

  /** Lets others commit. */
  get unlock(): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (!this.locked) return Effect.void
      this.locked = false
      return Effect.asVoid(this.gate!.lock.release(1))
    })
  }
}

/** Ids in keys, which are made of `/` and `#`. */
export const name = (id: string): string => escape(id).replaceAll("#", "~2")
