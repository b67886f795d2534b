/**
 * Laws of graphs: how flows are put together does not matter, and putting them
 * together changes none of them.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Optic from "effect/Optic"
import { Flow, Node } from "effect-pocketflow"
import type { Store } from "effect-pocketflow"
import type * as fc from "fast-check"
import { inline } from "../internal/inline.ts"
import { runOf } from "../internal/observe.ts"
import { equivalent } from "./fans.ts"
import type { Law, Services, Subject } from "./law.ts"
import { agree, make } from "./law.ts"

/**
 * A flow in a flow is the same as its nodes in that flow, and as the flow alone.
 *
 * **Details**
 *
 * - `registry`: the steps by the names that `json` uses, as for `Flow.fromJson`.
 * - `json`: the wiring, with flows in it: `Flow.toJson(flow)`, or your own.
 *
 * **Example** (An inner flow)
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Node, Store } from "effect-pocketflow"
 * import { Arbitraries, Laws } from "@effect-pocketflow/testing"
 *
 * const Counter = Store.make("Counter", { n: Schema.Int })
 * const add = Node.make(Counter, { post: (s) => Counter.to(s.n < 3 ? "less" : "enough", { n: s.n + 1 }) })
 *
 * const law = Laws.inlining({
 *   store: Counter,
 *   registry: { add },
 *   json: {
 *     start: "count",
 *     nodes: { count: { start: "add", nodes: { add: "add" }, edges: { add: { less: "add" } } }, last: "add" },
 *     edges: { count: { enough: "last" } }
 *   },
 *   states: Arbitraries.state(Counter)
 * })
 * await Effect.runPromise(law.check({ runs: 20 }))
 * ```
 *
 * @category graphs
 * @since 0.1.0
 */
export const inlining = <S extends Store.Any, E, R, L = never>(
  subject: {
    readonly store: S
    readonly registry: Readonly<Record<string, Flow.Step<S, string, E, R>>>
    readonly json: Flow.FlowJson
    readonly states: fc.Arbitrary<Store.Type<S>>
  } & Services<L>
): Law<Exclude<R, L>> => {
  const { json, layer, registry, states, store } = subject
  const read = (json: Flow.FlowJson) =>
    Effect.runSync(Flow.fromJson(store, registry, json)) as Flow.Step<S, string, E, R>
  const flow = read(json)
  const nested = Flow.make(store, { start: "flow", nodes: { flow } } as never) as Flow.Step<S, string, E, R>
  const about = { flow, states, layer } as Subject<S, E, R, L>
  const laws = [
    equivalent("inlining a subflow = nesting it", { ...about, to: read(inline(json, registry)) }),
    equivalent("a flow in a flow = the flow", { ...about, to: nested })
  ]
  return {
    name: laws[0]!.name,
    check: (options) => Effect.map(Effect.all(laws.map((law) => law.check(options))), ([first]) => first!)
  }
}

/**
 * Making new flows of a flow leaves it as it was: its graph and its runs.
 *
 * **Example** (A flow that others are made of)
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Flow, Node, Store } from "effect-pocketflow"
 * import { Arbitraries, Laws } from "@effect-pocketflow/testing"
 *
 * const Counter = Store.make("Counter", { n: Schema.Int })
 * const add = Node.make(Counter, { post: () => Counter.next((s) => ({ n: s.n + 1 })) })
 * const flow = Flow.sequence(Counter, { one: add, two: add })
 *
 * await Effect.runPromise(Laws.building({ store: Counter, flow, states: Arbitraries.state(Counter) }).check({ runs: 20 }))
 * ```
 *
 * @category graphs
 * @since 0.1.0
 */
export const building = <S extends Store.Any, E, R, L = never>(
  subject: Subject<S, E, R, L> & { readonly store: S }
): Law<Exclude<R, L>> => {
  const name = "building never changes an existing flow"
  return make(name, subject.states, (state, seed) =>
    Effect.gen(function* () {
      const look = Effect.map(runOf(subject, state, seed), (run) => ({ run, ...shape(subject.flow) }))
      const before = yield* look
      for (const made of buildAll(subject.store, subject.flow)) shape(made)
      yield* agree(name, before, yield* look)
    })
  )
}

const shape = (flow: Flow.Step<any, string, any, any>) => ({
  graph: Flow.toGraph(flow),
  json: Flow.toJson(flow),
  frozen: Object.isFrozen(flow)
})

class Element extends Context.Service<Element, number>()("@effect-pocketflow/testing/laws/Element") {}

/** Whatever can be made of a step. */
const buildAll = (store: Store.Any, flow: any): ReadonlyArray<Flow.Step<any, string, any, any>> => {
  const post = (): Store.Transition<any, "default"> => (store as Store.Store<string, {}>).next()
  const twice: any = { a: flow, b: flow }
  // Steps may declare their actions; one that has no end has none.
  const actions = Flow.toGraph(Flow.mapOutcome(flow, {})).outcomes.map(({ action = "default" }) => action)
  const edges = { a: Object.fromEntries(actions.map((action) => [action, "b"])) }
  const renamed: any = Flow.mapOutcome(flow, Object.fromEntries(actions.map((action) => [action, "default"])) as {})
  return [
    renamed,
    Flow.make(store, { start: "a", nodes: twice, edges } as never),
    Flow.sequence(store, actions.length === 0 ? { a: flow } : { a: renamed, b: flow }),
    Flow.all(store, twice, { post }),
    Flow.call(store, flow, { prep: (s: object) => s, post }),
    Flow.map(store, flow, { prep: (s: object) => [s], post }),
    Flow.budget(flow, { steps: 1 }),
    Flow.catch(flow, "caught"),
    Flow.focus(flow, Optic.id<any>()),
    Flow.forEach(flow, { params: Element, prep: () => [1] }),
    ...(Node.isNode(flow)
      ? [
          Node.retry(flow as any, { times: 1 }),
          Node.timeout(flow as any, "1 second"),
          Node.fallback(flow as any, Effect.fail)
        ]
      : [])
  ]
}
