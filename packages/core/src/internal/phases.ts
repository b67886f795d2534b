/**
 * What the phases of a step give, at the type level.
 *
 * @internal
 */
import type * as Effect from "effect/Effect"
import type * as Store from "../Store.ts"

export type AnyEffect = Effect.Effect<any, any, any>

/**
 * Part of the constraint of what a phase gives, so that it is there if and only
 * if TypeScript could not infer that and fell back on the constraint. (A test
 * for `any` or `unknown` would stay unresolved in functions that are generic.)
 */
export interface Uninferred {
  readonly "~effect-pocketflow/Uninferred": never
}

/** What `exec` gives. */
export type Work = Effect.Effect<unknown, unknown, unknown> | Uninferred

/** The effects among what a phase gives: a value or an Effect of it. */
type Effects<P> = Extract<P, AnyEffect>

// None of these distributes over `P`: a hover then shows what comes of it, and
// an exported flow can be declared without a name from this module.
export type Value<P> = [Effects<P>] extends [never]
  ? P
  : Exclude<P, AnyEffect> | (Effects<P> extends Effect.Effect<infer A, any, any> ? A : never)
export type Errors<P> = [Effects<P>] extends [never]
  ? never
  : Effects<P> extends Effect.Effect<any, infer E, any>
    ? E
    : never
export type Services<P> = [Effects<P>] extends [never]
  ? never
  : Effects<P> extends Effect.Effect<any, any, infer R>
    ? R
    : never

/** What `prep` gives where there are many. */
export type Many<A> = Iterable<A> | Effect.Effect<Iterable<A>, unknown, unknown>
export type ItemOf<P> = Value<P> extends Iterable<infer I> ? I : never

/** What `post` gives. */
export type Answer<S extends Store.Any> =
  | Store.Transition<S, string, string>
  | Effect.Effect<Store.Transition<S, string, string>, unknown, unknown>
  | Uninferred
/**
 * What `post` gives, or the default where there is none: then `T` has not been
 * inferred and is its whole constraint. (With a default of its own, `T` would be
 * fixed too early, by `actions`.)
 */
export type Given<S extends Store.Any, T> = [Answer<S>] extends [T] ? Store.Transition<S, "default"> : T

export type Actions<T> = Exclude<Value<T>, Uninferred> extends Store.Transition<any, infer A, any> ? A : never
export type Written<T> = Exclude<Value<T>, Uninferred> extends Store.Transition<any, any, infer W> ? W : never

// These are intersected with what a phase gives, so that the error names the mistake.
export type NoPromise<P> =
  P extends PromiseLike<any>
    ? "a phase gives a value or an Effect, not a Promise: wrap it in Effect.promise or Effect.tryPromise"
    : unknown
export type Inferred<X> = [Extract<X, Uninferred>] extends [never]
  ? unknown
  : "exec gives an Effect: Effect.succeed(value), Effect.tryPromise(() => promise); define an Effect.fn before"
export type Answered<T> = [Extract<T, Uninferred>] extends [never]
  ? 0 extends 1 & Value<T>
    ? "post is inferred as `any`: define an Effect.fn before"
    : unknown
  : "post gives store.to(...), store.next(...), store.decide(...) or an Effect of one; define an Effect.fn before"
