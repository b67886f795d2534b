/**
 * The typed state that the nodes of a flow share.
 *
 * A `Store` is a name and a `Schema.Struct`: it gives the state its type, its
 * codec for checkpoints and its generator for property tests. It is also where
 * transitions come from: what a node's `post` answers with, an action and a
 * pure update, as a plain value.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { InvalidStore } from "./errors.ts"
import type { ActionOf, Choice, ExcessKeys, PatchOf } from "./internal/patch.ts"
import { unset as unset_ } from "./internal/patch.ts"
import * as codec from "./internal/store.ts"
import * as internal from "./internal/transition.ts"

export { InvalidStore } from "./errors.ts"

/**
 * The identifier that marks every `Store`.
 *
 * @category type ids
 * @since 0.1.0
 */
export type TypeId = "~effect-pocketflow/Store"

/**
 * The identifier that marks every `Store`.
 *
 * @category type ids
 * @since 0.1.0
 */
export const TypeId: TypeId = "~effect-pocketflow/Store"

/**
 * Every store whose state has exactly the type `T`, whatever its name.
 *
 * **Details**
 *
 * `T` is compared exactly: a type that only adds an optional key is another
 * type. It is what `Flow.focus` gives: a step that fits any store of this shape.
 *
 * @category models
 * @since 0.1.0
 */
export interface Over<in out T> {
  readonly [TypeId]: {
    readonly _T: (_: T) => T
    // Optional keys are invisible to plain assignability; `Required` makes them count.
    readonly _Keys: (_: Required<T>) => Required<T>
  }
  readonly Type: T
}

/**
 * A named, schema-backed description of shared state.
 *
 * **Details**
 *
 * `Name` is part of the type, so nodes written for one store do not fit
 * another one that happens to have the same fields.
 *
 * @see {@link make}
 * @category models
 * @since 0.1.0
 */
export interface Store<in out Name extends string, in out Fields extends Schema.Struct.Fields> extends Over<
  Schema.Struct.Type<Fields>
> {
  readonly name: Name
  readonly schema: Schema.Struct<Fields>

  /**
   * Makes a transition: take the action `action` and change the store by `update`.
   *
   * **Details**
   *
   * `update` is a patch (the keys to set) or a function from the **current**
   * store to a patch. It is applied atomically when the node commits, so two
   * flows on one store cannot lose each other's updates.
   */
  to<const A extends string, P extends object = {}, Q extends object = {}>(
    action: A,
    update?:
      | PatchOf<P, Schema.Struct.Type<Fields>, Name>
      | ((store: Schema.Struct.Type<Fields>) => PatchOf<Q, Schema.Struct.Type<Fields>, Name>)
  ): Transition<Store<Name, Fields>, A, keyof P & string>

  /** The same as `to` with the action `"default"`. */
  next<P extends object = {}, Q extends object = {}>(
    update?:
      | PatchOf<P, Schema.Struct.Type<Fields>, Name>
      | ((store: Schema.Struct.Type<Fields>) => PatchOf<Q, Schema.Struct.Type<Fields>, Name>)
  ): Transition<Store<Name, Fields>, "default", keyof P & string>

  /**
   * Makes a transition whose action, too, is chosen from the current store, in
   * one atomic step: counters, budgets, an empty queue.
   */
  decide<const D extends Choice<Schema.Struct.Type<Fields>>>(
    choose: (store: Schema.Struct.Type<Fields>) => D
  ): [ExcessKeys<D, Schema.Struct.Type<Fields>>] extends [never]
    ? Transition<Store<Name, Fields>, ActionOf<D>>
    : `store "${Name}" has no key "${ExcessKeys<D, Schema.Struct.Type<Fields>>}"`
}

/**
 * Any store.
 *
 * @category models
 * @since 0.1.0
 */
export interface Any {
  readonly [TypeId]: any
  readonly Type: any
}

/**
 * The type of a store's state: `Store.Type<typeof Qa>`.
 *
 * @category utility types
 * @since 0.1.0
 */
export type Type<S extends Any> = S["Type"]

/**
 * What it takes to make a store's state: as its type, but keys with a
 * constructor default may be left out.
 *
 * @category utility types
 * @since 0.1.0
 */
export type Init<S extends Any> = S extends Store<any, infer Fields> ? Schema.Struct.MakeIn<Fields> : S["Type"]

/**
 * What a node answers with: an action and a pure update of the store.
 *
 * **Details**
 *
 * A plain value. It changes nothing by itself; the runtime commits it. `Written`
 * are the keys that it sets by value (not by a function); `Flow.all` uses them
 * to refuse two branches that set one key.
 *
 * @category models
 * @since 0.1.0
 */
export interface Transition<in S extends Any, out A extends string, out Written extends string = never> {
  readonly [internal.TransitionTypeId]: {
    readonly _S: (_: S) => void
    readonly _A: () => A
    readonly _Written: () => Written
  }
}

/**
 * As the value of a key in a patch: removes that optional key.
 *
 * **Example** (Removing an optional key)
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Draft = Store.make("Draft", { text: Schema.String, note: Schema.optionalKey(Schema.String) })
 * const clear = Node.make(Draft, { post: () => Draft.next({ note: Store.unset }) })
 *
 * const run = await Effect.runPromise(Flow.run(clear, { text: "hello", note: "remove me" }))
 * run.store // => { text: "hello" }
 * ```
 *
 * @category transitions
 * @since 0.1.0
 */
export const unset: typeof unset_ = unset_

/**
 * Makes a store from a name and its fields.
 *
 * **Details**
 *
 * `fields` are those of a `Schema.Struct`, or a `Schema.Struct` itself. Decoding
 * and encoding must need no services. Keys with a constructor default (`withInitial`) may be
 * left out of the initial state of a run.
 *
 * **Example** (A store and its transitions)
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Counter = Store.make("Counter", { n: Schema.Number })
 *
 * const count = Flow.make(Counter, {
 *   start: "add",
 *   nodes: {
 *     add: Node.make(Counter, {
 *       post: () => Counter.decide((s) => (s.n < 3 ? ["again", { n: s.n + 1 }] : "enough"))
 *     })
 *   },
 *   edges: { add: { again: "add" } }
 * })
 *
 * const run = await Effect.runPromise(Flow.run(count, { n: 0 }))
 * run // => { outcome: "enough", store: { n: 3 }, steps: 4 }
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <const Name extends string, const Fields extends Schema.Struct.Fields>(
  name: Name,
  fields: Fields | Schema.Struct<Fields>
): Store<Name, Fields> => {
  const schema = Schema.isSchema(fields) ? (fields as Schema.Struct<Fields>) : Schema.Struct(fields as Fields)
  const store: any = {
    [TypeId]: TypeId,
    name,
    schema,
    to: internal.make,
    next: internal.next,
    decide: internal.decide
  }
  return store
}

/**
 * Gives a key the value that it has at the start of a run, so that it may be
 * left out of the initial state.
 *
 * **Details**
 *
 * Short for `Schema.withConstructorDefault` with a value; use that for a default
 * that is to be computed anew each time.
 *
 * **Example** (A key for what is found on the way)
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Search = Store.make("Search", {
 *   query: Schema.String,
 *   found: Schema.Array(Schema.String).pipe(Store.withInitial([]))
 * })
 * const look = Node.make(Search, { post: ({ query }) => Search.next(({ found }) => ({ found: [...found, query] })) })
 *
 * const run = await Effect.runPromise(Flow.run(look, { query: "owl" }))
 * run.store // => { query: "owl", found: ["owl"] }
 * ```
 *
 * @category fields
 * @since 0.1.0
 */
export const withInitial =
  <S extends Schema.Constraint & Schema.WithoutConstructorDefault>(value: NoInfer<S>["~type.make.in"]) =>
  (schema: S): Schema.withConstructorDefault<S> =>
    Schema.withConstructorDefault<S>(Effect.succeed(value))(schema)

/**
 * Reads the state of a store from JSON, as `encode` writes it: a checkpoint, a
 * request.
 *
 * **Errors**
 *
 * `InvalidStore`, which names the store and the key that does not fit.
 *
 * **Example** (A key of the wrong type)
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { Store } from "effect-pocketflow"
 *
 * const Counter = Store.make("Counter", { n: Schema.Number })
 *
 * await Effect.runPromise(Store.decode(Counter, { n: 1 })) // => { n: 1 }
 *
 * const error = await Effect.runPromise(Effect.flip(Store.decode(Counter, { n: "one" })))
 * error.store // => "Counter"
 * error.reason.includes(`at ["n"]`) // => true
 * ```
 *
 * @category JSON
 * @since 0.1.0
 */
export const decode = <S extends Any>(self: S, json: unknown): Effect.Effect<Type<S>, InvalidStore> =>
  Effect.suspend(() => Effect.fromResult(codec.decode(self, json)))

/**
 * Writes the state of a store as JSON. See `decode`.
 *
 * @category JSON
 * @since 0.1.0
 */
export const encode = <S extends Any>(self: S, state: NoInfer<Type<S>>): Effect.Effect<Schema.Json, InvalidStore> =>
  Effect.suspend(() => Effect.fromResult(codec.encode(self, state)))
