/**
 * What a flow can run: a `Node`, a `Flow`, and whatever combinators make of
 * them. It is exported as `Flow.Step`.
 *
 * @since 0.1.0
 */
import type * as Pipeable from "effect/Pipeable"
import type * as Types from "effect/Types"
import type { StepTypeId } from "./internal/step.ts"
import type * as Store from "./Store.ts"

/**
 * Something that can stand as a node of a flow, or be run by itself.
 *
 * **Details**
 *
 * `S` is the store it works on, `A` the actions it ends with, `E` its errors,
 * `R` the services it needs, and `W` the keys of the store that it may set by
 * value (`string`, where that is not known).
 *
 * @category models
 * @since 0.1.0
 */
export interface Step<
  in S extends Store.Any,
  out A extends string,
  out E = never,
  out R = never,
  out W extends string = string
>
  extends Pipeable.Pipeable {
  readonly [StepTypeId]: {
    readonly _S: Types.Contravariant<S>
    readonly _A: Types.Covariant<A>
    readonly _E: Types.Covariant<E>
    readonly _R: Types.Covariant<R>
    readonly _W: Types.Covariant<W>
  }
}

/**
 * Any step over the store `S`.
 *
 * **Details**
 *
 * It says nothing of actions, errors and services, so that none of them is
 * inferred from it where a step is made in place.
 *
 * @category models
 * @since 0.1.0
 */
export interface Over<in S extends Store.Any> extends Pipeable.Pipeable {
  readonly [StepTypeId]: { readonly _S: Types.Contravariant<S> }
}

/**
 * Any step.
 *
 * @category models
 * @since 0.1.0
 */
export type Any = Step<any, string, any, any, string>

/**
 * The actions that a step can end with.
 *
 * @category utility types
 * @since 0.1.0
 */
export type Action<T> = T extends Step<any, infer A, any, any, any> ? A : string

/**
 * The errors that a step can fail with.
 *
 * @category utility types
 * @since 0.1.0
 */
export type Error<T> = T extends Step<any, any, infer E, any, any> ? E : never

/**
 * The services that a step needs.
 *
 * @category utility types
 * @since 0.1.0
 */
export type Services<T> = T extends Step<any, any, any, infer R, any> ? R : never

/**
 * The keys of the store that a step may set by value; `string`, where they are not known.
 *
 * @category utility types
 * @since 0.1.0
 */
export type Written<T> = T extends Step<any, any, any, any, infer W> ? W : string
