/**
 * One step of a flow: a pure value of three phases.
 *
 * `prep` reads a snapshot of the store, `exec` does the work (the model call)
 * and sees only what `prep` gave, `post` answers with a transition: an action
 * and a pure update. All are optional.
 *
 * The name and the phases are PocketFlow's (The-Pocket/PocketFlow).
 *
 * @since 0.1.0
 */
import type * as Context from "effect/Context"
import type * as Types from "effect/Types"
import type {
  Actions,
  Answer,
  Errors,
  If,
  Input,
  ExecCheck,
  PostCheck,
  PrepCheck,
  NoPromise,
  Output,
  Phase,
  Services,
  Taken,
  Work,
  Written
} from "./internal/phases.ts"
import * as references from "./internal/references.ts"
import * as step from "./internal/step.ts"
import type { NodeStep } from "./internal/step.ts"
import * as unit from "./internal/unit.ts"
import type * as Step from "./Step.ts"
import type * as Store from "./Store.ts"

export { batch, fold } from "./node/batch.ts"
export { fallback, retry, timeout } from "./node/combinators.ts"
export type { RetryPolicy } from "./node/combinators.ts"

/**
 * The identifier that marks every `Node`.
 *
 * @category type ids
 * @since 0.1.0
 */
export type TypeId = "~effect-pocketflow/Node"

/**
 * A node over the store `S`.
 *
 * **Details**
 *
 * `I`, `O`, `E` and `R` are those of its unit of work: `exec`, or the work on
 * one item in a batch or a fold. `A` are the actions that `post` can give, `P`
 * the errors of `prep` and `post`, `W` the keys of the store that it may set by
 * value. A node can stand in a flow, or be run by itself.
 *
 * @see {@link make}
 * @category models
 * @since 0.1.0
 */
export interface Node<
  in S extends Store.Any,
  in out I,
  in out O,
  out A extends string,
  out E = never,
  out R = never,
  out P = never,
  out W extends string = string
> extends Step.Step<S, A, Failure<E> | P, R, W> {
  readonly "~effect-pocketflow/Node": {
    readonly _I: Types.Invariant<I>
    readonly _O: Types.Invariant<O>
    readonly _E: Types.Covariant<E>
    readonly _P: Types.Covariant<P>
  }
}

/**
 * Any node.
 *
 * @category models
 * @since 0.1.0
 */
export type Any = Node<any, any, any, string, any, any, any, string>

/**
 * The error of items in a batch of the mode `"result"`: it is kept in the
 * results, so the node does not fail with it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Kept<out E> {
  readonly "~effect-pocketflow/Node/Kept": Types.Covariant<E>
}

/**
 * The errors of a unit of work that fail its node.
 *
 * @category utility types
 * @since 0.1.0
 */
export type Failure<E> = E extends Kept<any> ? never : E

/**
 * The attempt at the unit of work that is going on, counted from 0: a service
 * with a default, to be read in `exec`.
 *
 * @category services
 * @since 0.1.0
 */
export const Attempt: Context.Reference<number> = references.Attempt

/**
 * How often this node was visited before in this run: a service with a default,
 * to be read in `prep` and `exec`.
 *
 * **Example** (A node that knows its visits)
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Log = Store.make("Log", { visits: Schema.Array(Schema.Number) })
 *
 * const look = Node.make(Log, {
 *   exec: () => Effect.map(Node.Visit, (visit) => visit),
 *   post: (_store, visit) =>
 *     Log.to(visit < 2 ? "again" : "done", (s) => ({ visits: [...s.visits, visit] }))
 * })
 * const flow = Flow.make(Log, { start: "look", nodes: { look }, edges: { look: { again: "look" } } })
 *
 * const run = await Effect.runPromise(Flow.run(flow, { visits: [] }))
 * run.store.visits // => [0, 1, 2]
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export const Visit: Context.Reference<number> = references.Visit

/**
 * Tells whether a value is a `Node`.
 *
 * @category guards
 * @since 0.1.0
 */
export const isNode = (u: unknown): u is Any => step.isStep(u) && u.kind === "node" && u.fan === undefined

/**
 * Makes a node from its phases.
 *
 * **Details**
 *
 * - `prep(store)`: reads a snapshot; gives a value or an Effect. Without it: the snapshot.
 * - `exec(input)`: the work; gives an Effect. Without it: what `prep` gave.
 * - `post(input, output)`: gives a transition (`store.to`, `store.next`,
 *   `store.decide`), or an Effect of one. Without it: `store.next()`.
 * - `actions`: the actions of `post` as data, for drawings, `Flow.check` and the
 *   registry of `Flow.fromJson`; a drawing shows `?` without it. To take another
 *   one is a defect, so where the compiler only knows that the action of `post`
 *   is a `string` (it was read from data, or widened in a variable), they are the
 *   actions of the node in its type, too.
 *
 * **Errors**
 *
 * Those of the three phases. Only `exec`'s are seen by `retry` and `fallback`.
 *
 * **Gotchas**
 *
 * An inline `Effect.fn` is not inferred: where anything depends on its result it
 * does not compile, and elsewhere its parameter is `any`. Use
 * `(input) => Effect.gen(...)`, or define it before.
 *
 * What `Node.retry`, `Node.fallback` and `Node.timeout` change is the node, so
 * they come first in a pipe; combinators of `Flow` make a flow of it.
 *
 * **Example** (A node that asks and answers)
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Qa = Store.make("Qa", { question: Schema.String, answer: Schema.optionalKey(Schema.String) })
 *
 * const answer = Node.make(Qa, {
 *   prep: (s) => s.question,
 *   exec: (question) => Effect.succeed(`You asked: ${question}`),
 *   post: (_question, answer) => Qa.to("answered", { answer })
 * })
 *
 * const run = await Effect.runPromise(Flow.run(answer, { question: "Why?" }))
 * run.outcome // => "answered"
 * run.store // => { question: "Why?", answer: "You asked: Why?" }
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make: <
  S extends Store.Any,
  K extends string,
  P = any,
  X extends Work = any,
  T extends Answer<S> = any,
  const D extends Actions<If<K, "post", T, Store.Transition<S, "default">>> = never,
  Prep = unknown,
  Exec = unknown,
  Post = unknown
>(
  store: S,
  phases: {
    readonly prep?: PrepCheck<Prep, P> & Prep & ((store: Store.Type<S>) => P & NoPromise<P>)
    readonly exec?: ExecCheck<Exec, X> & Exec & ((input: NoInfer<Input<S, K, P>>) => X)
    readonly post?: PostCheck<Post, T> &
      Post &
      ((input: NoInfer<Input<S, K, P>>, output: NoInfer<Output<S, K, P, X>>) => T)
    readonly actions?: ReadonlyArray<D>
  } & { readonly [Name in K]?: Name extends Phase ? unknown : `there is no phase "${Name}"` }
) => Node<
  S,
  Input<S, K, P>,
  Output<S, K, P, X>,
  Taken<If<K, "post", T, Store.Transition<S, "default">>, D>,
  Errors<If<K, "exec", X>>,
  Services<If<K, "prep", P> | If<K, "exec", X> | If<K, "post", T>>,
  Errors<If<K, "prep", P> | If<K, "post", T>>,
  If<K, "post", Written<T>>
> = (store: Store.Any, phases: Partial<Record<keyof NodeStep, any>>): any =>
  step.node({
    shape: "node",
    store,
    prep: phases.prep,
    exec: phases.exec,
    post: phases.post,
    actions: phases.actions,
    // `exec` sees what `prep` gave and nothing else.
    unit: phases.exec && ((input: any) => phases.exec(input)),
    arrange: unit.single
  })
