/**
 * Interleavings of fibers that replay from a seed.
 *
 * Effect's scheduler, clock and random numbers are services. Here a seed decides which of the
 * fibers that are ready goes next, and where each is made to yield; time is
 * virtual and moves on by itself when all fibers wait. So the same seed gives
 * the same run, and another seed may give another one: a race shows up as two
 * outcomes.
 *
 * The idea is that of deterministic simulation testing (FoundationDB).
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Random from "effect/Random"
import * as Scheduler from "effect/Scheduler"
import { plain, same } from "./internal/exit.ts"
import { checkRuns, checkSeed } from "./internal/options.ts"
import { Simulation } from "./internal/simulation.ts"

/**
 * All fibers of an interleaving wait, and none for time: a deadlock.
 *
 * @category errors
 * @since 0.1.0
 */
export class Deadlock extends Data.TaggedError("Deadlock")<{ readonly seed: number }> {
  override get message(): string {
    return `all fibers wait for what does not come, under the seed ${this.seed} (for a server or a timer, raise "patience")`
  }
}

/**
 * One way in which the fibers of an effect can end, and how to see it again.
 *
 * @category models
 * @since 0.1.0
 */
export interface Outcome<out A, out E> {
  readonly exit: Exit.Exit<A, E>
  /** The first seed that led to it, for `replayInterleaving`. */
  readonly seed: number
  /** How many runs led to it. */
  readonly count: number
}

/**
 * What the interleavings of an effect lead to.
 *
 * @category models
 * @since 0.1.0
 */
export interface Interleavings<out A, out E> {
  readonly runs: number
  /** The seed of the first run; the others have the numbers after it. */
  readonly seed: number
  /** The distinct outcomes, in the order in which they were found. One, if it does not depend on the order of fibers. */
  readonly outcomes: ReadonlyArray<Outcome<A, E>>
}

interface Patience {
  /**
   * How many milliseconds of real time a run may do nothing before it counts as a deadlock; 1000 by default. An
   * effect that waits for the outside (a server, a file) may need more.
   */
  readonly patience?: number | undefined
}

/**
 * Runs an effect under one schedule, that of `seed`.
 *
 * **When to use**
 *
 * Use to see an outcome again that `exploreInterleavings` has found, in a
 * debugger or as a regression test.
 *
 * **Details**
 *
 * `Effect.sleep` and all that is built on it takes virtual time, which starts at
 * 0 and stops with the effect. Effect's `Random` gives the same numbers under
 * every seed. What all fibers wait for and what does not come is a defect,
 * `Deadlock`.
 *
 * **Gotchas**
 *
 * Promises are outside: they settle in the order that JavaScript gives them
 * (fast-check's `scheduler` permutes these), and time goes on while all fibers
 * wait, for the outside too, if another one sleeps. A fiber that never rests holds
 * time up for about a million turns; an effect that has no end has none here
 * either.
 *
 * Effect's own `forEach` with a limited `concurrency` (as of 4.1) does not interrupt an item that begins while its caller
 * is being interrupted: what that item waits for is then a `Deadlock` under some seeds. Batches and fans of flows do.
 *
 * **Example** (The third of three writers is not always the last)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { replayInterleaving } from "@effect-pocketflow/testing"
 *
 * const program = Effect.gen(function* () {
 *   const order: Array<number> = []
 *   const write = (n: number) => Effect.andThen(Effect.yieldNow, Effect.sync(() => order.push(n)))
 *   yield* Effect.forEach([1, 2, 3], write, { concurrency: "unbounded" })
 *   return order
 * })
 *
 * const once = await Effect.runPromise(replayInterleaving(program, 5))
 * const again = await Effect.runPromise(replayInterleaving(program, 5))
 * once.join() === again.join() // => true
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const replayInterleaving = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  seed: number,
  options: Patience = {}
): Effect.Effect<A, E, R> =>
  Effect.contextWith((context: Context.Context<R>) =>
    Effect.callback<A, E>((resume) => {
      checkSeed(seed)
      const patience = options.patience ?? 1000
      const deadlock = Effect.die(new Deadlock({ seed }))
      let timer: ReturnType<typeof setTimeout> | undefined
      let [stuck, before] = [false, 0]
      const wait = () => {
        clearTimeout(timer)
        before = world.activity
        if (fiber.pollUnsafe() === undefined) timer = setTimeout(giveUp, patience)
      }
      const giveUp = () => {
        // Something has come from outside: it is going on, or waits for the next thing.
        if (world.activity > before) return wait()
        // Not even its interruption gets on.
        if (stuck) return resume(deadlock)
        stuck = true
        wait()
        fiber.interruptUnsafe()
      }
      const world = new Simulation(seed, wait)
      const own = context.pipe(
        Context.add(Clock.Clock, world.clock),
        Context.add(Random.Random, world.random),
        Context.add(Scheduler.Scheduler, world as Scheduler.Scheduler)
      )
      const fiber = Effect.runForkWith(own)(effect)
      fiber.addObserver((exit) => {
        clearTimeout(timer)
        world.end()
        resume(stuck ? deadlock : exit)
      })
      world.start()
      return Effect.callback<void>((resume) => {
        fiber.addObserver(() => resume(Effect.void))
        fiber.interruptUnsafe()
      })
    })
  )

/**
 * Runs an effect under many schedules and tells how it ended: the distinct
 * outcomes, each with a seed that replays it.
 *
 * **Details**
 *
 * - `runs`: how many schedules; 100 by default.
 * - `seed`: the first seed; the runs have the seeds `seed`, `seed + 1`, ... By
 *   default it is drawn from Effect's `Random`.
 *
 * A deadlock is an outcome like others: look at `exit`, not only at how many there
 * are. Outcomes are compared by value; of a failure its error counts (else its
 * defect), not where it came from. Give as the effect's value what should not
 * depend on the order: the final store of a run, not a log of all that happened.
 *
 * The whole effect is run each time, so what it reads and writes should be made
 * inside of it.
 *
 * **Example** (A lost update)
 *
 * ```ts
 * import { Effect, Ref } from "effect"
 * import { exploreInterleavings } from "@effect-pocketflow/testing"
 *
 * const program = Effect.gen(function* () {
 *   const counter = yield* Ref.make(0)
 *   const increment = Effect.flatMap(Ref.get(counter), (n) => Ref.set(counter, n + 1))
 *   yield* Effect.all([increment, increment], { concurrency: "unbounded" })
 *   return yield* Ref.get(counter)
 * })
 *
 * const { outcomes } = await Effect.runPromise(exploreInterleavings(program, { runs: 100, seed: 1 }))
 * outcomes.length // => 2
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const exploreInterleavings = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  options: Patience & { readonly runs?: number | undefined; readonly seed?: number | undefined } = {}
): Effect.Effect<Interleavings<A, E>, never, R> =>
  Effect.gen(function* () {
    checkRuns(options.runs)
    checkSeed(options.seed)
    const { runs = 100, seed = yield* Random.nextIntBetween(0, 0x7fffffff) } = options
    const outcomes: Array<{ readonly exit: Exit.Exit<A, E>; readonly seed: number; count: number }> = []
    for (let i = 0; i < runs; i++) {
      const exit = yield* Effect.exit(replayInterleaving(effect, seed + i, options))
      // An interruption from outside ends the exploration, it is not one of its outcomes.
      const known = outcomes.find((outcome) => same(end(outcome.exit), end(exit)))
      if (known === undefined) outcomes.push({ exit, seed: seed + i, count: 1 })
      else known.count++
    }
    return { runs, seed, outcomes }
  })

// internal

/** What counts of an exit. All deadlocks are one outcome, whatever their seeds. */
const end = (exit: Exit.Exit<unknown, unknown>): unknown => {
  const deadlock =
    Exit.isFailure(exit) &&
    exit.cause.reasons.some((reason) => reason._tag === "Die" && reason.defect instanceof Deadlock)
  return deadlock ? "deadlock" : plain(exit)
}
