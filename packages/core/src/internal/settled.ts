/**
 * Telling values, successes and pending effects apart, on the hot path.
 *
 * `Effect.isEffect` and `Exit.isExit` share one megamorphic property test; these
 * read a constant property first, which the engine caches at the place of use.
 *
 * @internal
 */
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"

export const isEffect = (u: any): u is Effect.Effect<any, any, any> =>
  u !== null && (typeof u === "object" || typeof u === "function") && u[Effect.TypeId] !== undefined

/** An effect that already is a success, which need not be run. */
export const isSuccess = (effect: any): effect is Exit.Success<any> =>
  effect._tag === "Success" && effect["~effect/Exit"] !== undefined

/** What an Effect gives that is not the value of a phase. */
export const nothing = Symbol.for("~effect-pocketflow/nothing")
