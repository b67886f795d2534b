/**
 * Properties of fast-check as Effects.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as fc from "fast-check"
import { checkRuns, checkSeed } from "./internal/options.ts"

/**
 * How to check a property.
 *
 * **Details**
 *
 * - `runs`: how many values, at least 1; 100 by default.
 * - `seed`: what the values follow from; another one each time by default.
 * - `path`: with the `seed` of a counterexample, replays that alone.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly runs?: number | undefined
  readonly seed?: number | undefined
  readonly path?: string | undefined
}

/**
 * A property that held.
 *
 * @category models
 * @since 0.1.0
 */
export interface Passed {
  readonly runs: number
  readonly seed: number
}

/**
 * A property that did not hold: the smallest counterexample that was found, what
 * went wrong with it, and how to replay it.
 *
 * @category errors
 * @since 0.1.0
 */
export class Falsified extends Data.TaggedError("Falsified")<{
  readonly counterexample: unknown
  /** What the property failed or died with for it, or `false`. */
  readonly cause: unknown
  readonly seed: number
  readonly path: string
  readonly runs: number
  readonly message: string
}> {}

/**
 * Checks that `property` succeeds for values of `arbitrary`, and finds a small
 * counterexample if it does not.
 *
 * **Details**
 *
 * The property does not hold for a value if its Effect fails, dies or gives
 * `false`. It has the services and the clock of the caller. The message of the
 * error has the counterexample (a `Spec` as JSON with a drawing), and the seed
 * and the path that replay it.
 *
 * **Errors**
 *
 * `Falsified`.
 *
 * **Example** (A counterexample, and its replay)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Property } from "@effect-pocketflow/testing"
 * import * as fc from "fast-check"
 *
 * const small = (n: number) => Effect.succeed(n < 1000)
 *
 * const found = await Effect.runPromise(Effect.flip(Property.check(fc.nat(), small, { seed: 1 })))
 * found.counterexample // => 1000
 *
 * const { path, seed } = found
 * const again = await Effect.runPromise(Effect.flip(Property.check(fc.nat(), small, { seed, path })))
 * again.counterexample // => 1000
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const check = <A, E, R>(
  arbitrary: fc.Arbitrary<A>,
  property: (value: A) => Effect.Effect<unknown, E, R>,
  options: Options = {}
): Effect.Effect<Passed, Falsified, R> =>
  Effect.contextWith((context: Context.Context<R>) =>
    Effect.callback<Passed, Falsified>((resume) => {
      const run = Effect.runPromiseExitWith(context)
      const stop = new AbortController()
      const { path, runs, seed } = options
      checkRuns(runs)
      checkSeed(seed)
      if (path !== undefined && seed === undefined) throw new RangeError('"path" has to come with its "seed"')
      let [begun, replayed] = [0, false]
      const holds = fc.asyncProperty(arbitrary, async (value) => {
        // fast-check would go on with what else a value was shrunk to.
        if (replayed) throw new fc.PreconditionFailure(true)
        begun++
        const exit = await run(
          Effect.suspend(() => property(value)),
          { signal: stop.signal }
        )
        // Nobody waits any more: fast-check makes no further run.
        if (stop.signal.aborted) throw new fc.PreconditionFailure(true)
        if (Exit.isFailure(exit)) {
          const cause = Cause.squash(exit.cause)
          throw cause instanceof fc.PreconditionFailure ? cause : new Wrong(cause)
        }
        if (exit.value === false) throw new Wrong(false)
        if (begun === 1) replayed = path !== undefined
      })
      const parameters = { numRuns: runs, seed, path, maxSkipsPerRun: 10 }
      const given = Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined))
      const checked = fc.check(holds, given).then(
        (details): Effect.Effect<Passed, Falsified> => {
          if (!details.failed) return Effect.succeed({ runs: details.numRuns, seed: details.seed })
          if (details.counterexample !== null) return Effect.fail(falsified(details))
          return stop.signal.aborted ? Effect.interrupt : Effect.fail(nothingToSee(details))
        },
        // The arbitrary has thrown.
        (error: unknown) => Effect.die(error)
      )
      void checked.then(resume)
      return Effect.promise(() => {
        stop.abort()
        return checked
      })
    })
  )

/**
 * Discards a value: the property says nothing about it.
 *
 * **Details**
 *
 * A property that discards more than ten values for each one that it wants is
 * `Falsified`, since nobody would notice that it says next to nothing.
 *
 * **Example** (Only even numbers)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Property } from "@effect-pocketflow/testing"
 * import * as fc from "fast-check"
 *
 * const halves = (n: number) => (n % 2 === 0 ? Effect.succeed(Number.isInteger(n / 2)) : Property.discard)
 * const { runs } = await Effect.runPromise(Property.check(fc.nat(), halves, { runs: 50 }))
 * runs // => 50
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const discard: Effect.Effect<never> = Effect.die(new fc.PreconditionFailure())

// internal

/** What went wrong, whatever it is: fast-check has messages of its own for `false`, and none for `undefined`. */
class Wrong {
  readonly cause: unknown
  constructor(cause: unknown) {
    this.cause = cause
  }
}

const falsified = <A>({ counterexample, counterexamplePath, errorInstance, numRuns, seed }: fc.RunDetails<[A]>) => {
  const [value] = counterexample!
  const path = counterexamplePath!
  const { cause } = errorInstance as Wrong
  const why = cause instanceof Error ? cause.message : fc.stringify(cause)
  const replay = `{ seed: ${seed}, path: ${JSON.stringify(path)} }`
  return new Falsified({
    counterexample: value,
    cause,
    seed,
    path,
    runs: numRuns,
    message: `falsified after ${numRuns} runs; replay with ${replay}\n\n${why}\n\n${fc.stringify(value)}`
  })
}

const nothingToSee = <A>({ numRuns, numSkips, seed }: fc.RunDetails<[A]>) =>
  new Falsified({
    counterexample: undefined,
    cause: undefined,
    seed,
    path: "",
    runs: numRuns,
    message: `of ${numRuns + numSkips} values, ${numSkips} were discarded; replay with { seed: ${seed} }`
  })
