/**
 * New steps from one step: over a larger store, with other outcomes, with error
 * edges, within a budget.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import { dual } from "effect/Function"
import type * as Optic from "effect/Optic"
import * as Predicate from "effect/Predicate"
import type * as Types from "effect/Types"
import type { Flow } from "../Flow.ts"
import type { Narrowed } from "../internal/phases.ts"
import * as step from "../internal/step.ts"
import { make as transition } from "../internal/transition.ts"
import type { Step } from "../Step.ts"
import type * as Store from "../Store.ts"

/**
 * Makes a step over a part of a store into a step over the whole.
 *
 * **Details**
 *
 * The step sees what the lens gets; its transitions are applied through the lens
 * to the current store, atomically. The result fits any store of the lens's type.
 *
 * **Example** (A counter inside a larger store)
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Optic from "effect/Optic"
 * import * as Schema from "effect/Schema"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Counter = Store.make("Counter", { n: Schema.Number })
 * const increment = Node.make(Counter, { post: () => Counter.next((s) => ({ n: s.n + 1 })) })
 *
 * const App = Store.make("App", { name: Schema.String, n: Schema.Number })
 * const flow = Flow.sequence(App, {
 *   count: increment.pipe(Flow.focus(Optic.id<typeof App.Type>().pick(["n"])))
 * })
 *
 * const run = await Effect.runPromise(Flow.run(flow, { name: "demo", n: 1 }))
 * run.store // => { name: "demo", n: 2 }
 * ```
 *
 * @category combinators
 * @since 0.1.0
 */
export const focus: {
  <S, T>(
    lens: Optic.Lens<S, T>
  ): <I extends Store.Over<T>, A extends string, E, R, W extends string>(
    self: Step<I, A, E, R, W>
  ) => Flow<Store.Over<S>, A, E, R>
  <S, I extends Store.Any, A extends string, E, R, W extends string>(
    self: Step<I, A, E, R, W>,
    lens: Optic.Lens<S, Store.Type<I>>
  ): Flow<Store.Over<S>, A, E, R>
} = dual(2, (self, lens) => {
  const inner = step.reveal(self)
  return step.make({ kind: "focus", store: undefined, actions: inner.actions, inner, lens })
})

/**
 * Renames or merges outcomes.
 *
 * **Details**
 *
 * `outcomes` gives new names by old ones; what is not named stays as it is. A
 * name that is not an outcome of the step does not compile.
 *
 * **Example** (Two outcomes become one)
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Age = Store.make("Age", { years: Schema.Number })
 * const sort = Node.make(Age, {
 *   post: (s) => s.years < 13 ? Age.to("child") : s.years < 20 ? Age.to("teenager") : Age.to("adult")
 * })
 * const minor = sort.pipe(Flow.mapOutcome({ child: "minor", teenager: "minor" }))
 *
 * const run = await Effect.runPromise(Flow.run(minor, { years: 15 }))
 * run.outcome // => "minor"
 * ```
 *
 * @category combinators
 * @since 0.1.0
 */
export const mapOutcome: {
  <A extends string, const M extends Readonly<Record<string, string>>>(
    outcomes: M & OnlyOutcomes<M, NoInfer<A>>
  ): <S extends Store.Any, E, R, W extends string>(self: Step<S, A, E, R, W>) => Flow<S, Renamed<A, M>, E, R, W>
  <S extends Store.Any, A extends string, E, R, W extends string, const M extends Readonly<Record<string, string>>>(
    self: Step<S, A, E, R, W>,
    outcomes: M & OnlyOutcomes<M, NoInfer<A>>
  ): Flow<S, Renamed<A, M>, E, R, W>
} = dual(2, (self: Step<any, string, any, any>, outcomes: Readonly<Record<string, string>>) => {
  const inner = step.reveal(self)
  const renamed = new Map(Object.entries(outcomes))
  const actions = inner.actions && Array.from(new Set(inner.actions.map((action) => renamed.get(action) ?? action)))
  return step.make({ kind: "mapOutcome", store: inner.store, actions, inner, outcomes: renamed })
})

type OnlyOutcomes<M, A extends string> = {
  readonly [K in Exclude<keyof M, A>]: { readonly mistake: `"${K & string}" is not an outcome` }
}

type Renamed<A extends string, M> = A extends keyof M ? M[A] & string : A

/** An action to take, or a transition made from the error. */
type Edge<S extends Store.Any, E, A2 extends string, W2 extends string, D extends string> =
  | A2
  | ((error: E) => Store.Transition<S, A2, W2>)
  | { readonly post: (error: E) => Store.Transition<S, A2, W2>; readonly actions?: ReadonlyArray<D> }

/**
 * An error edge for the errors of one tag: they become an action.
 *
 * **Details**
 *
 * `edge` is the action, or a function from the error to a transition, to record
 * it in the store. Such a function may be given as the `post` of an object, with
 * its `actions` as data, as in `Node.make`: a drawing shows `?` without them. What
 * the step had committed before it failed stays. Defects, interruptions and
 * `StepLimitExceeded` of the run itself are not caught.
 *
 * **Example** (A failure with a way on)
 *
 * ```ts
 * import * as Data from "effect/Data"
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * class Offline extends Data.TaggedError("Offline")<{ readonly host: string }> {}
 * const Page = Store.make("Page", { note: Schema.optionalKey(Schema.String) })
 *
 * const fetch = Node.make(Page, {
 *   exec: (): Effect.Effect<string, Offline> => Effect.fail(new Offline({ host: "example.com" }))
 * }).pipe(Flow.catchTag("Offline", (error) => Page.to("offline", { note: error.host })))
 *
 * const run = await Effect.runPromise(Flow.run(fetch, {}))
 * run // => { outcome: "offline", store: { note: "example.com" }, steps: 1 }
 * ```
 *
 * @category error handling
 * @since 0.1.0
 */
export const catchTag: {
  <
    S extends Store.Any,
    E,
    const K extends Types.Tags<E>,
    const A2 extends string,
    W2 extends string = never,
    const D extends A2 = never
  >(
    tag: K,
    edge: Edge<S, Types.ExtractTag<E, K>, A2, W2, D>
  ): <A extends string, R, W extends string>(
    self: Step<S, A, E, R, W>
  ) => Flow<S, A | Narrowed<A2, D>, Types.ExcludeTag<E, K>, R, W | NoInfer<W2>>
  <
    S extends Store.Any,
    A extends string,
    E,
    R,
    W extends string,
    const K extends Types.Tags<E>,
    const A2 extends string,
    W2 extends string = never,
    const D extends A2 = never
  >(
    self: Step<S, A, E, R, W>,
    tag: K,
    edge: Edge<S, Types.ExtractTag<E, K>, A2, W2, D>
  ): Flow<S, A | Narrowed<A2, D>, Types.ExcludeTag<E, K>, R, W | NoInfer<W2>>
} = dual(3, (self, tag, edge) => onError(self, (error) => Predicate.isTagged(error, tag), edge))

/**
 * An error edge for all errors: they become an action. See `catchTag`.
 *
 * @category error handling
 * @since 0.1.0
 */
export const catch_: {
  <S extends Store.Any, E, const A2 extends string, W2 extends string = never, const D extends A2 = never>(
    edge: Edge<S, E, A2, W2, D>
  ): <A extends string, R, W extends string>(
    self: Step<S, A, E, R, W>
  ) => Flow<S, A | Narrowed<A2, D>, never, R, W | NoInfer<W2>>
  <
    S extends Store.Any,
    A extends string,
    E,
    R,
    W extends string,
    const A2 extends string,
    W2 extends string = never,
    const D extends A2 = never
  >(
    self: Step<S, A, E, R, W>,
    edge: Edge<S, E, A2, W2, D>
  ): Flow<S, A | Narrowed<A2, D>, never, R, W | NoInfer<W2>>
} = dual(2, (self, edge) => onError(self, () => true, edge))

/**
 * Limits a step to a number of visits or a time. A spent budget is an outcome,
 * so it can be wired: answer with what there is.
 *
 * **Details**
 *
 * - `steps`: how many visits may be made inside.
 * - `duration`: how long it may take from its first visit. A visit that is under
 *   way then is interrupted and commits nothing; what the runs inside a
 *   `forEach` have committed stays.
 * - `outcome`: `"exhausted"` by default.
 *
 * Each time control comes to the step, its budget is new.
 *
 * **Example** (A loop that gives up)
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Search = Store.make("Search", { tries: Schema.Number })
 * const search = Node.make(Search, { post: () => Search.to("again", (s) => ({ tries: s.tries + 1 })) })
 *
 * const loop = Flow.make(Search, { start: "search", nodes: { search }, edges: { search: { again: "search" } } })
 * const flow = loop.pipe(Flow.budget({ steps: 5 }))
 *
 * const run = await Effect.runPromise(Flow.run(flow, { tries: 0 }))
 * run // => { outcome: "exhausted", store: { tries: 5 }, steps: 5 }
 * ```
 *
 * @category combinators
 * @since 0.1.0
 */
export const budget: {
  <const O extends string = "exhausted">(
    limits: { readonly steps?: number; readonly duration?: Duration.Input },
    outcome?: O
  ): <S extends Store.Any, A extends string, E, R, W extends string>(
    self: Step<S, A, E, R, W>
  ) => Flow<S, A | NoInfer<O>, E, R, W>
  <S extends Store.Any, A extends string, E, R, W extends string, const O extends string = "exhausted">(
    self: Step<S, A, E, R, W>,
    limits: { readonly steps?: number; readonly duration?: Duration.Input },
    outcome?: O
  ): Flow<S, A | NoInfer<O>, E, R, W>
} = dual(
  (args) => step.isStep(args[0]),
  (
    self: Step<any, string, any, any>,
    limits: { readonly steps?: number; readonly duration?: Duration.Input },
    outcome = "exhausted"
  ) => {
    const inner = step.reveal(self)
    return step.make({
      kind: "budget",
      store: inner.store,
      actions: inner.actions && Array.from(new Set([...inner.actions, outcome])),
      inner,
      steps: limits.steps,
      duration: limits.duration === undefined ? undefined : Duration.fromInputUnsafe(limits.duration),
      outcome
    })
  }
)

// internal

type Post = (error: any) => any

const onError = (
  self: Step<any, string, any, any>,
  catches: (error: unknown) => boolean,
  edge: string | Post | { readonly post: Post; readonly actions?: ReadonlyArray<string> }
): any => {
  const inner = step.reveal(self)
  const { actions: edges, post } =
    typeof edge === "string"
      ? { actions: [edge], post: () => transition(edge) }
      : typeof edge === "function"
        ? { post: edge }
        : edge
  return step.make({
    kind: "catch",
    store: inner.store,
    actions: edges && inner.actions && Array.from(new Set([...inner.actions, ...edges])),
    inner,
    edges,
    handle: (error) => (catches(error) ? post(error) : undefined)
  })
}
