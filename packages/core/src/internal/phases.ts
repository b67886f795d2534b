/**
 * What the phases of a step give, at the type level.
 *
 * @internal
 */
import type * as Effect from "effect/Effect"
import type * as Store from "../Store.ts"

/** Not of `any`: where inference fails, what is left is `unknown`, which nobody can use by mistake. */
export type AnyEffect = Effect.Effect<unknown, unknown, unknown>

/**
 * Part of the bound of what a phase gives, so that it is there if and only if
 * that did not fit, and the bound has taken its place.
 */
export interface Uninferred {
  readonly "~effect-pocketflow/Uninferred": never
}

/** What `exec` gives. */
export type Work = AnyEffect | Uninferred

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

/**
 * The actions of a step: those that `post` takes; the declared ones `D`, where
 * the compiler knows no more of that than `string` (the runtime lets no other
 * pass). It is looked up in an object, so that in what a generic function gives
 * it has no name from this module.
 */
export type Taken<T, D> = Narrowed<Actions<T>, D>
export type Narrowed<A, D> = { readonly actions: [D] extends [never] ? A : string extends A ? D : A }["actions"]

export type Phase = "prep" | "exec" | "post" | "actions"

/** What `exec` gets: what `prep` gives, or the snapshot. `K` are the phases that are there. */
export type Input<S extends Store.Any, K, P> = "prep" extends K ? Value<P> : Store.Type<S>
/** What `post` gets: what `exec` gives, or its input. */
export type Output<S extends Store.Any, K, P, X> = "exec" extends K ? Value<X> : Input<S, K, P>
/** `T`, if the phase `Name` is there. */
export type If<K, Name extends Phase, T, Otherwise = never> = Name extends K ? T : Otherwise

// These are intersected with a phase or with what it gives, so that the error names the mistake.
export type NoPromise<P> = [Extract<P, PromiseLike<any>>] extends [never]
  ? unknown
  : "a phase gives a value or an Effect, not a Promise: wrap it in Effect.promise or Effect.tryPromise"

/** A function, so that a phase whose type is not known yet passes. */
type Mistake<M extends string> = (...phase: any) => M
/** `any` fits everything but `never`. */
type AnyMistake<M extends string> = (mistake: M) => never

/**
 * `F` is the phase as it was written (`unknown`, while the compiler has not come
 * to it), and `X` what was inferred that it gives.
 */
type Check<F, X, M extends string> = unknown extends F
  ? unknown
  : 0 extends 1 & X
    ? AnyMistake<"this phase gives `any`: annotate its result, and define an Effect.fn before">
    : [Extract<X, Uninferred>] extends [never]
      ? unknown
      : Mistake<M>

export type PrepCheck<F, P> = Check<F, P, never>
export type ExecCheck<F, X> = Check<
  F,
  X,
  "exec gives an Effect: Effect.succeed(value), Effect.tryPromise(() => promise); define an Effect.fn before"
>
export type PostCheck<F, T> = Check<
  F,
  T,
  "post gives store.to(...), store.next(...), store.decide(...) or an Effect of one; define an Effect.fn before"
>

/** An Effect is itself an Iterable, so a bound alone does not see one of a single value. */
export type Items<P> = [Value<P>] extends [Iterable<any>]
  ? unknown
  : "prep gives an Iterable (an array), or an Effect of one"
