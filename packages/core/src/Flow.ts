/**
 * A graph of steps, as data: which node is next after which action.
 *
 * A flow is made of nodes and of other flows, wired by the actions they end
 * with. The actions that are not wired are its outcomes; they are inferred, and
 * a misspelt node or action does not compile. A flow does nothing by itself:
 * `run`, `stream` and `step` interpret it.
 *
 * @since 0.1.0
 */
import { isStep, reveal } from "./internal/step.ts"
import { wire } from "./internal/wire.ts"
import { isNode } from "./Node.ts"
import type * as Step_ from "./Step.ts"
import type * as Store from "./Store.ts"

export { all, forEach, map } from "./flow/fan.ts"
export { call } from "./flow/call.ts"
export { budget, catch_ as catch, catchTag, focus, mapOutcome } from "./flow/combinators.ts"
export { isPaused, resume, run, runRef, start, step } from "./flow/run.ts"
export type { Done, Limits, Next, Paused, Run, RunOptions } from "./flow/run.ts"
export { Channel, runForEach, stream } from "./flow/stream.ts"
export type { Completed, Emitted, Failed, Finished, FlowEvent, PausedEvent, Started } from "./flow/event.ts"
export { check, toGraph } from "./flow/graph.ts"
export type { Finding, FlowGraph, GraphNode } from "./flow/graph.ts"
export { toDot, toMermaid } from "./flow/draw.ts"
export { fromJson, toJson } from "./flow/json.ts"
export type { FlowJson } from "./flow/json.ts"
export { FlowSite, InvalidFlow, InvalidPosition, siteOf, StepLimitExceeded, WriteConflict } from "./errors.ts"
export { Position } from "./Position.ts"
export type { Step } from "./Step.ts"

/**
 * The identifier that marks every `Flow`.
 *
 * @category type ids
 * @since 0.1.0
 */
export type TypeId = "~effect-pocketflow/Flow"

/**
 * A flow over the store `S` that ends with one of the outcomes `A`, fails with
 * `E` and needs the services `R`. `W` are the keys of the store that it may set
 * by value.
 *
 * @see {@link make}
 * @category models
 * @since 0.1.0
 */
export interface Flow<
  in S extends Store.Any,
  out A extends string,
  out E = never,
  out R = never,
  out W extends string = string
> extends Step_.Step<S, A, E, R, W> {
  readonly "~effect-pocketflow/Flow": TypeId
}

type Nodes<S extends Store.Any> = Readonly<Record<string, Step_.Over<S>>>

/** Any actions and targets: a bound that a wrong wiring did not fit would stand in for it, and let it pass. */
type Wiring = { readonly [id: string]: { readonly [action: string]: string } }

/** What an editor offers. Any target fits (the empty intersection keeps it apart from the ids), for the message's sake. */
type Edges<N> = {
  readonly [Id in keyof N]?: { readonly [A in Step_.Action<N[Id]>]?: (keyof N & string) | (string & {}) }
}

type Mistake<M extends string> = { readonly mistake: M }

// A type parameter swallows excess keys. These turn each mistake into a message
// (an object, since two literals would collapse into `never` and lose it).
type OnlyKnown<N, W> = {
  readonly [Id in keyof W]: Id extends keyof N
    ? {
        readonly [A in keyof W[Id]]: A extends Step_.Action<N[Id]>
          ? W[Id][A] extends keyof N
            ? unknown
            : Mistake<`there is no node "${W[Id][A] & string}"`>
          : Mistake<`node "${Id & string}" has no action "${A & string}"`>
      }
    : Mistake<`there is no node "${Id & string}"`>
}

// Distributes over the ids, so that a hover shows the actions and not this type.
type Outcome<N, W, Id extends keyof N = keyof N> = Id extends keyof W
  ? Exclude<Step_.Action<N[Id]>, keyof W[Id]>
  : Step_.Action<N[Id]>

/**
 * Makes a flow: nodes, and which action of a node leads to which node.
 *
 * **Details**
 *
 * - `start`: the id of the node that is visited first.
 * - `nodes`: the steps by id. A flow can stand wherever a node can; its outcomes
 *   are its actions.
 * - `edges`: `{ [node]: { [action]: node } }`. An action that is not wired ends
 *   the flow: it is an outcome, visible in the type.
 *
 * **Gotchas**
 *
 * A flow whose actions are all wired has the outcome `never`: it has no end.
 * Untyped callers who pass a broken graph get `InvalidFlow`, thrown.
 *
 * **Example** (A loop with a way out)
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Essay = Store.make("Essay", { text: Schema.String, drafts: Schema.Number })
 *
 * const draft = Node.make(Essay, {
 *   prep: (s) => s.drafts + 1,
 *   exec: (n) => Effect.succeed(`draft ${n}`),
 *   post: (drafts, text) => Essay.next({ text, drafts })
 * })
 * const judge = Node.make(Essay, {
 *   post: (s) => s.drafts < 3 ? Essay.to("rejected") : Essay.to("accepted")
 * })
 *
 * const essay = Flow.make(Essay, {
 *   start: "draft",
 *   nodes: { draft, judge },
 *   edges: { draft: { default: "judge" }, judge: { rejected: "draft" } }
 * })
 *
 * const run = await Effect.runPromise(Flow.run(essay, { text: "", drafts: 0 }))
 * run // => { outcome: "accepted", store: { text: "draft 3", drafts: 3 }, steps: 6 }
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <S extends Store.Any, const N extends Nodes<S>, const W extends Wiring = {}>(
  store: S,
  graph: {
    readonly start: keyof NoInfer<N> & string
    readonly nodes: N
    readonly edges?: W & Edges<N> & OnlyKnown<N, NoInfer<W>>
  }
): Flow<S, Outcome<N, W>, Step_.Error<N[keyof N]>, Step_.Services<N[keyof N]>, Step_.Written<N[keyof N]>> =>
  wire(store, { edges: {}, ...graph } as never)

/**
 * Makes a flow that visits its steps in key order, each after the `"default"` of
 * the one before. Other actions are outcomes.
 *
 * **Gotchas**
 *
 * JavaScript orders keys that look like integers before the others, so such an
 * id does not compile. Types do not know the order of keys: `"default"` is among
 * the outcomes if any step can end with it, even if the last one cannot.
 *
 * **Example** (Three in a row)
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Trail = Store.make("Trail", { seen: Schema.Array(Schema.String) })
 * const visit = (name: string) => Node.make(Trail, { post: () => Trail.next((s) => ({ seen: [...s.seen, name] })) })
 *
 * const flow = Flow.sequence(Trail, { outline: visit("outline"), write: visit("write"), polish: visit("polish") })
 *
 * const run = await Effect.runPromise(Flow.run(flow, { seen: [] }))
 * run.store.seen // => ["outline", "write", "polish"]
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const sequence = <S extends Store.Any, const N extends Nodes<S>>(
  store: S,
  nodes: N & {
    readonly [K in keyof N as K extends `${number}` ? K : never]: "an id that looks like a number loses its place"
  }
): Flow<
  S,
  Step_.Action<N[keyof N]>,
  Step_.Error<N[keyof N]>,
  Step_.Services<N[keyof N]>,
  Step_.Written<N[keyof N]>
> => {
  const steps = Object.entries(nodes).map(([id, step]) => [id, reveal(step as unknown as Step_.Any)] as const)
  const edges = steps.flatMap(([id, { actions }], i) => {
    const next = steps[i + 1]
    return next === undefined || actions?.includes("default") === false ? [] : [[id, { default: next[0] }] as const]
  })
  return wire(store, {
    start: steps[0]?.[0] ?? "",
    nodes: Object.fromEntries(steps),
    edges: Object.fromEntries(edges)
  })
}

/**
 * Tells whether a value is a `Flow` (a step that is not a `Node`).
 *
 * @category guards
 * @since 0.1.0
 */
export const isFlow = (u: unknown): u is Flow<any, string, any, any> => isStep(u) && !isNode(u)
