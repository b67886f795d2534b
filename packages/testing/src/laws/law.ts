/**
 * What a law is.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type { Flow, Store } from "effect-pocketflow"
import * as fc from "fast-check"
import { same, show } from "../internal/exit.ts"
import * as Property from "../Property.ts"

/**
 * A law: what it says, and a check of it by many random states and schedules.
 *
 * **Details**
 *
 * `check` gives how many runs there were and their seed, or fails with a
 * `Property.Falsified`: its `cause` is a `LawBroken`, its message has the
 * counterexample, and the seed and path that replay it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Law<out R = never> {
  readonly name: string
  readonly check: (options?: Property.Options) => Effect.Effect<Property.Passed, Property.Falsified, R>
}

/**
 * Two things that a law says are the same are not.
 *
 * @category errors
 * @since 0.1.0
 */
export class LawBroken extends Data.TaggedError("LawBroken")<{
  readonly law: string
  readonly expected: unknown
  readonly actual: unknown
  readonly message: string
}> {}

/**
 * What most laws are about: a flow, and the states that it may begin with.
 *
 * **Details**
 *
 * - `states`: from `Arbitraries.state(store)`, or made for the flow.
 * - `layer`: services that the flow needs, built anew for each run; `check` needs
 *   those that it does not have. Laws compare runs with each other, so equal calls
 *   must have equal answers: a model that replies by prompt, not in order.
 *
 * Runs are in virtual time, which starts anew where a run goes on: what reads the
 * clock is not the same then. Those that make more than 1000 visits are stopped and
 * left out.
 *
 * @category models
 * @since 0.1.0
 */
export interface Subject<S extends Store.Any, E, R, L> extends Services<L> {
  readonly flow: Flow.Step<S, string, E, R>
  readonly states: fc.Arbitrary<Store.Type<S>>
}

/**
 * Services for the runs of a law; see `Subject`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Services<L> {
  readonly layer?: Layer.Layer<L, any> | undefined
}

/** A law about any values; each check also has the seed of a schedule. */
export const make = <A, R>(
  name: string,
  arbitrary: fc.Arbitrary<A>,
  check: (value: A, seed: number) => Effect.Effect<unknown, unknown, R>
): Law<R> => ({
  name,
  check: (options) => Property.check(fc.tuple(arbitrary, seeds), ([value, seed]) => check(value, seed), options)
})

const seeds = fc.integer({ min: 0, max: 0x7fffffff })

/** Fails, unless both are the same. */
export const agree = (law: string, expected: unknown, actual: unknown): Effect.Effect<void, LawBroken> => {
  if (same(expected, actual)) return Effect.void
  const message = `broken: ${law}\nexpected ${show(expected)}\nactual   ${show(actual)}`
  return Effect.fail(new LawBroken({ law, expected, actual, message }))
}
