/**
 * Time that passes at once, over Effect's `TestClock`: when does what happen?
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"

/**
 * An effect had not ended when its virtual time was up.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotEnded extends Data.TaggedError("NotEnded")<{ readonly limit: Duration.Duration }> {
  override get message(): string {
    return `it has not ended after ${Duration.format(this.limit)} of virtual time`
  }
}

/**
 * Runs an effect to its end in virtual time, which starts at 0.
 *
 * **Details**
 *
 * - `limit`: how much virtual time it may take; 1 day by default.
 *
 * It has a `TestClock` of its own, so it works outside of `it.effect` as well.
 *
 * **Errors**
 *
 * Those of the effect. One that has not ended by `limit` is interrupted, and is
 * a defect, `NotEnded`.
 *
 * **Gotchas**
 *
 * Time does not stand still for what comes from outside: a server, a file, a
 * timer of JavaScript.
 *
 * **Example** (An hour in no time)
 *
 * ```ts
 * import { Clock, Effect } from "effect"
 * import { VirtualTime } from "@effect-pocketflow/testing"
 *
 * const program = Effect.andThen(Effect.sleep("1 hour"), Clock.currentTimeMillis)
 *
 * await Effect.runPromise(VirtualTime.run(program)) // => 3_600_000
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const run = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  options: { readonly limit?: Duration.Input | undefined } = {}
): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const limit = Duration.fromInputUnsafe(options.limit ?? "1 day")
    // The clock waits for what it wakes to come to rest, so it also has to begin the effect: just before 0 it sleeps.
    yield* TestClock.setTime(-Duration.toMillis(tick))
    const fiber = yield* Effect.forkChild(Effect.andThen(Effect.sleep(tick), effect))
    yield* TestClock.setTime(Duration.toMillis(limit))
    if (fiber.pollUnsafe() !== undefined) return yield* Fiber.join(fiber)
    yield* Effect.forkChild(Fiber.interrupt(fiber))
    // Finalizers may take time, too.
    yield* TestClock.adjust(limit)
    return yield* Effect.die(new NotEnded({ limit }))
  }).pipe(Effect.provide(TestClock.layer(), { local: true })) as Effect.Effect<A, E, R>

const tick = Duration.nanos(1n)

/**
 * A function that remembers when it was called.
 *
 * @category models
 * @since 0.1.0
 */
export interface Timed<Args extends ReadonlyArray<unknown>, A, E, R> {
  (...args: Args): Effect.Effect<A, E, R>
  /** When the Effects that it gave were begun, in milliseconds. */
  readonly times: ReadonlyArray<number>
}

/**
 * The same function; the Effects that it gives note the time at which they begin.
 *
 * **When to use**
 *
 * Use as the `exec` of a node to see when it is attempted, or around a function
 * of a service to see when it is called.
 *
 * **Example** (Retries at exactly 0, 100, 300 and 700 ms)
 *
 * ```ts
 * import { Effect, Schedule } from "effect"
 * import { Flow, Node, Store } from "effect-pocketflow"
 * import { VirtualTime } from "@effect-pocketflow/testing"
 *
 * const Empty = Store.make("Empty", {})
 * const busy = VirtualTime.timed(() => Effect.fail("busy"))
 * const ask = Node.make(Empty, { exec: busy }).pipe(
 *   Node.retry(Schedule.exponential("100 millis").pipe(Schedule.upTo({ times: 3 })))
 * )
 *
 * await Effect.runPromise(Effect.flip(VirtualTime.run(Flow.run(ask, {})))) // => "busy"
 * busy.times // => [0, 100, 300, 700]
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const timed = <Args extends ReadonlyArray<unknown>, A, E, R>(
  f: (...args: Args) => Effect.Effect<A, E, R>
): Timed<Args, A, E, R> => {
  const times: Array<number> = []
  const note = Effect.map(Clock.currentTimeMillis, (now) => void times.push(now))
  return Object.assign(
    (...args: Args) =>
      Effect.andThen(
        note,
        Effect.suspend(() => f(...args))
      ),
    { times }
  )
}
