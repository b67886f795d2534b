/**
 * The wiring of a flow as JSON: written, edited and read at run time.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { InvalidFlow } from "../errors.ts"
import type { Flow } from "../Flow.ts"
import { escape } from "../internal/position.ts"
import type { AnyStep, FlowStep } from "../internal/step.ts"
import * as step from "../internal/step.ts"
import type { Problem } from "../internal/wire.ts"
import { examine, quote, wire } from "../internal/wire.ts"
import type * as Step from "../Step.ts"
import type * as Store from "../Store.ts"

/**
 * The wiring of a flow. A node is the name of a step in a registry, or the
 * wiring of a flow of its own.
 *
 * @category models
 * @since 0.1.0
 */
export interface FlowJson {
  readonly start: string
  readonly nodes: { readonly [id: string]: string | FlowJson }
  readonly edges: { readonly [id: string]: { readonly [action: string]: string } }
}

/**
 * Gives the wiring of a flow as JSON.
 *
 * **Details**
 *
 * A node is named by its path (`"outer/inner"`); flows made by `Flow.make` and
 * `Flow.sequence` are written out, all else is code and becomes a name.
 *
 * **Example** (Wiring, out and in again)
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Empty = Store.make("Empty", {})
 * const ask = Node.make(Empty, {})
 * const answer = Node.make(Empty, { post: () => Empty.to("answered"), actions: ["answered"] })
 * const flow = Flow.sequence(Empty, { ask, answer })
 *
 * Flow.toJson(flow).edges // => { ask: { default: "answer" } }
 *
 * const again = await Effect.runPromise(Flow.fromJson(Empty, { ask, answer }, Flow.toJson(flow)))
 * const run = await Effect.runPromise(Flow.run(again, {}))
 * run.outcome // => "answered"
 * ```
 *
 * @category JSON
 * @since 0.1.0
 */
export const toJson = (self: Step.Any): FlowJson => {
  // A list of what is left to do, in place of recursion: nesting may be deep.
  const rest: Array<() => void> = []
  const write = (flow: FlowStep, prefix: string): FlowJson => {
    const json: Mutable<FlowJson> = { start: flow.start.id, nodes: {}, edges: {} }
    rest.push(() => {
      const wired = Array.from(flow.nodes.values(), (node) => ({ ...node, path: prefix + escape(node.id) }))
      json.nodes = Object.fromEntries(
        wired.map(({ id, path, step }) => [id, step.kind === "flow" ? write(step, `${path}/`) : path])
      )
      json.edges = Object.fromEntries(
        wired
          .filter(({ next }) => next.size > 0)
          .map(({ id, next }) => [id, Object.fromEntries(Array.from(next, ([action, target]) => [action, target.id]))])
      )
    })
    return json
  }
  const root = step.reveal(self)
  if (root.kind !== "flow") return { start: "node", nodes: { node: "node" }, edges: {} }
  const json = write(root, "")
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) next()
  return json
}

/**
 * Makes a flow whose wiring is data: a registry of steps, wired by JSON.
 *
 * **Details**
 *
 * - `registry`: the steps by the names that the JSON uses.
 * - `outcomes`: how the flow may end. They become its type, and the wiring is
 *   refused if it can end in another way; every node needs declared `actions`
 *   then. Without them the outcome is a `string`.
 *
 * **Errors**
 *
 * `InvalidFlow`, with all problems at once: a start, target or name that is not
 * there, an action that a node does not declare, a shape that is not a wiring.
 *
 * **Example** (A misspelt target)
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Empty = Store.make("Empty", {})
 * const json = { start: "ask", nodes: { ask: "ask" }, edges: { ask: { default: "anwser" } } }
 *
 * const error = await Effect.runPromise(Effect.flip(Flow.fromJson(Empty, { ask: Node.make(Empty, {}) }, json)))
 * error.problems // => [{ path: ["ask"], reason: 'the action "default" leads to "anwser", which is not a node' }]
 * ```
 *
 * @category JSON
 * @since 0.1.0
 */
export const fromJson = <
  S extends Store.Any,
  const N extends Readonly<Record<string, Step.Over<S>>>,
  const A extends string = string
>(
  store: S,
  registry: N,
  json: unknown,
  options?: { readonly outcomes?: ReadonlyArray<A> }
): Effect.Effect<Flow<S, NoInfer<A>, Step.Error<N[keyof N]>, Step.Services<N[keyof N]>>, InvalidFlow> =>
  Effect.suspend(() => {
    const found: Array<Problem> = []
    const flow = decode(json, {
      store,
      registry: registry as never,
      found,
      path: [],
      read: new Map(),
      outcomes: options?.outcomes
    })
    return found.length > 0 ? Effect.fail(new InvalidFlow({ problems: found })) : Effect.succeed(flow as never)
  })

// internal

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** How deep flows may be nested in JSON, which may come from anywhere. */
const maxDepth = 500

interface Context {
  readonly store: Store.Any
  readonly registry: Readonly<Record<string, AnyStep>>
  readonly found: Array<Problem>
  readonly path: ReadonlyArray<string>
  /** What has been read, by its object: data may share parts, or contain itself (`"reading"`). */
  readonly read: Map<object, AnyStep | undefined | "reading">
  /** The outcomes that the outermost flow may have. */
  readonly outcomes: ReadonlyArray<string> | undefined
}

/** The step that `json` describes; what is wrong with it goes into `found`. */
const decode = (json: unknown, context: Context): AnyStep | undefined => {
  const { found, path, registry, store } = context
  const refuse = (reason: string, at: ReadonlyArray<string> = []) => void found.push({ path: [...path, ...at], reason })
  if (typeof json === "string" && path.length > 0) {
    return Object.hasOwn(registry, json)
      ? registry[json]
      : (refuse(`the registry has no step ${quote(json)}`) as undefined)
  }
  if (path.length > maxDepth) return refuse(`flows are nested more than ${maxDepth} deep`) as undefined
  if (!isRecord(json) || typeof json["start"] !== "string" || !isRecord(json["nodes"]) || !isRecord(json["edges"])) {
    const hint = typeof json === "string" ? "; this is text, to be parsed first" : ""
    return refuse(`a flow is an object { start: string, nodes: object, edges: object }${hint}`) as undefined
  }
  const known = context.read.get(json)
  if (known === "reading") return refuse("a flow cannot contain itself") as undefined
  if (context.read.has(json)) return known
  context.read.set(json, "reading")
  const before = found.length
  const nodes = Object.fromEntries(
    Object.entries(json["nodes"]).map(([id, node]) => [
      id,
      decode(node, { ...context, path: [...path, id], outcomes: undefined })
    ])
  )
  const edges = new Map<string, Readonly<Record<string, string>>>()
  for (const [id, targets] of Object.entries(json["edges"])) {
    if (isTargets(targets)) edges.set(id, targets)
    else refuse("edges are an object { [action]: node }", [id])
  }
  const wiring = { start: json["start"], nodes, edges: Object.fromEntries(edges) }
  examine(wiring, path, found)
  for (const [id, node] of context.outcomes === undefined ? [] : Object.entries(nodes)) {
    if (node === undefined) continue
    if (node.actions === undefined) {
      refuse("the outcomes cannot be checked: this node does not declare its actions", [id])
    }
    for (const action of node.actions ?? []) {
      const wired = Object.hasOwn(edges.get(id) ?? {}, action)
      if (!wired && !context.outcomes!.includes(action)) {
        refuse(`the action ${quote(action)} is not wired and not one of the outcomes`, [id])
      }
    }
  }
  const flow = found.length === before ? wire(store, wiring) : undefined
  context.read.set(json, flow)
  return flow
}

const isRecord = (u: unknown): u is Readonly<Record<string, unknown>> => Predicate.isObject(u) && !Array.isArray(u)

const isTargets = (u: unknown): u is Readonly<Record<string, string>> =>
  isRecord(u) && Object.values(u).every(Predicate.isString)
