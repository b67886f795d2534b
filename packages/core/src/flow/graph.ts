/**
 * A flow's graph as plain data, and what can be said about it.
 *
 * @since 0.1.0
 */
import type { AnyStep, Wired } from "../internal/step.ts"
import * as step from "../internal/step.ts"
import type * as Step from "../Step.ts"

/**
 * The graph of a flow.
 *
 * **Details**
 *
 * - `start`: the id of the node that is visited first.
 * - `nodes`: in the order in which they were given.
 * - `edges`: which action leads from which node to which.
 * - `outcomes`: the actions that end the flow. `action` is `undefined` for a node
 *   that does not declare its actions: it may end the flow in a way that only
 *   its type knows. `from` is `undefined` for an ending from anywhere in a flow:
 *   a spent budget, a failure that was caught.
 *
 * @category models
 * @since 0.1.0
 */
export interface FlowGraph {
  readonly start: string
  readonly nodes: ReadonlyArray<GraphNode>
  readonly edges: ReadonlyArray<{ readonly from: string; readonly action: string; readonly to: string }>
  readonly outcomes: ReadonlyArray<{ readonly from: string | undefined; readonly action: string | undefined }>
}

/**
 * A node of a `FlowGraph`; `inside` are the flows that run in it, by the name of
 * their branch (empty, where there is only one).
 *
 * @category models
 * @since 0.1.0
 */
export interface GraphNode {
  readonly id: string
  readonly kind: "node" | "batch" | "fold" | "all" | "map" | "forEach" | "call" | "flow"
  readonly inside: ReadonlyArray<{ readonly name: string; readonly graph: FlowGraph }>
}

/**
 * Gives the graph of a step as plain data.
 *
 * **Details**
 *
 * A step that is not a flow gives a graph of one node: `"node"`, or as a branch of
 * `Flow.all` the name of the branch.
 *
 * **Example** (Edges and outcomes)
 *
 * ```ts
 * import * as Schema from "effect/Schema"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Empty = Store.make("Empty", {})
 * const ask = Node.make(Empty, { post: () => Empty.to("asked"), actions: ["asked"] })
 * const answer = Node.make(Empty, {})
 * const flow = Flow.make(Empty, { start: "ask", nodes: { ask, answer }, edges: { ask: { asked: "answer" } } })
 *
 * Flow.toGraph(flow).edges // => [{ from: "ask", action: "asked", to: "answer" }]
 * Flow.toGraph(flow).outcomes // => [{ from: "answer", action: "default" }]
 * ```
 *
 * @category drawing
 * @since 0.1.0
 */
export const toGraph = (self: Step.Any): FlowGraph => {
  // A list of what is left to do, in place of recursion: nesting may be deep.
  const rest: Array<() => void> = []
  const graphOf = (self: AnyStep, name: string): FlowGraph => {
    const { at, endings, rename } = unwrap(self)
    const lone = { id: name || "node", step: at, next: new Map<string, Wired>() }
    const [start, wired] = at.kind === "flow" ? [at.start, Array.from(at.nodes.values())] : [lone, [lone]]
    const nodes: Array<GraphNode> = []
    const edges: Array<FlowGraph["edges"][number]> = []
    const outcomes: Array<FlowGraph["outcomes"][number]> = []
    if (start !== lone) outcomes.push(...endings.map((action) => ({ from: undefined, action })))
    for (const { id, next, step } of wired) {
      const inside: Array<GraphNode["inside"][number]> = []
      nodes.push({ id, kind: kindOf(unwrap(step).at), inside })
      rest.push(() => {
        for (const [name, part] of partsOf(step)) inside.push({ name, graph: graphOf(part, name) })
      })
      for (const [action, target] of next) edges.push({ from: id, action, to: target.id })
      const ends = (step.actions ?? [undefined]).filter((action) => action === undefined || !next.has(action))
      const all = new Set([...ends.map(rename), ...(start === lone ? endings : [])])
      for (const action of all) outcomes.push({ from: id, action })
    }
    return { start: start.id, nodes, edges, outcomes }
  }
  const graph = graphOf(step.reveal(self), "")
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) next()
  return graph
}

/**
 * What is suspicious about a flow: a node that no way leads to, or one from
 * which no way leads out.
 *
 * **Details**
 *
 * `path` are the ids of the nodes from the outermost flow to the one in question.
 *
 * @category models
 * @since 0.1.0
 */
export interface Finding {
  readonly _tag: "Unreachable" | "NoWayOut"
  readonly path: ReadonlyArray<string>
}

/**
 * Looks for nodes that cannot be reached and for cycles without a way out, in a
 * flow and in all flows inside it.
 *
 * **Details**
 *
 * Where a node does not declare its `actions`, it is taken to have a way out.
 *
 * **Example** (A node that was forgotten)
 *
 * ```ts
 * import * as Schema from "effect/Schema"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Empty = Store.make("Empty", {})
 * const flow = Flow.make(Empty, {
 *   start: "spin",
 *   nodes: { spin: Node.make(Empty, {}), stop: Node.make(Empty, {}) },
 *   edges: { spin: { default: "spin" } }
 * })
 *
 * Flow.check(flow) // => [{ _tag: "NoWayOut", path: ["spin"] }, { _tag: "Unreachable", path: ["stop"] }]
 * ```
 *
 * @category guards
 * @since 0.1.0
 */
export const check = (self: Step.Any): ReadonlyArray<Finding> => {
  const findings: Array<Finding> = []
  const rest: Array<readonly [graph: FlowGraph, path: ReadonlyArray<string>, branch: string]> = [
    [toGraph(self), [], ""]
  ]
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const [graph, path, branch] = next
    const reached = closure([graph.start], group(graph.edges, "from", "to"))
    const exits = graph.outcomes.flatMap(({ from }) => from ?? graph.nodes.map(({ id }) => id))
    const leaving = closure(exits, group(graph.edges, "to", "from"))
    for (const { id, inside } of graph.nodes) {
      const here = branch !== "" && isLone(graph, branch) ? path : [...path, id]
      if (!reached.has(id)) findings.push({ _tag: "Unreachable", path: here })
      else if (!leaving.has(id)) findings.push({ _tag: "NoWayOut", path: here })
      for (const { graph, name } of inside) rest.push([graph, name === "" ? here : [...here, name], name])
    }
  }
  return findings
}

// internal

/** Whether a graph is nothing but a node of this id: a branch that is no flow. */
export const isLone = ({ edges, nodes }: FlowGraph, id: string | undefined): boolean =>
  nodes.length === 1 && nodes[0]!.id === id && edges.length === 0

/** The step itself; how its outcomes are renamed, and the endings it has from anywhere, by what is around it. */
const unwrap = (self: AnyStep) => {
  const endings: Array<string | undefined> = []
  const renames: Array<ReadonlyMap<string, string>> = []
  const rename = (action: string | undefined) =>
    action === undefined ? undefined : renames.reduceRight((name, names) => names.get(name) ?? name, action)
  let at = self
  while (at.kind !== "flow" && at.kind !== "node" && at.kind !== "call") {
    if (at.kind === "mapOutcome") renames.push(at.outcomes)
    if (at.kind === "budget") endings.push(rename(at.outcome))
    if (at.kind === "catch") endings.push(...(at.edges ?? [undefined]).map(rename))
    at = at.inner
  }
  return { at, endings, rename }
}

const kindOf = (self: AnyStep): GraphNode["kind"] =>
  self.kind === "node" ? self.shape : self.kind === "call" ? "call" : "flow"

/** The flows that run in a step; a flow that stands in one is given with what is around it. */
const partsOf = (self: AnyStep): ReadonlyArray<readonly [name: string, step: AnyStep]> => {
  const { at } = unwrap(self)
  return at.kind === "node" ? at.branches : at.kind === "call" ? [["", at.inner]] : [["", self]]
}

const group = (edges: FlowGraph["edges"], by: "from" | "to", give: "from" | "to"): Map<string, Array<string>> => {
  const groups = new Map<string, Array<string>>()
  for (const edge of edges) {
    const found = groups.get(edge[by])
    if (found === undefined) groups.set(edge[by], [edge[give]])
    else found.push(edge[give])
  }
  return groups
}

const closure = (from: Iterable<string>, next: Map<string, Array<string>>): Set<string> => {
  const seen = new Set(from)
  // A Set gives what is added to it while it is gone through.
  for (const id of seen) {
    for (const target of next.get(id) ?? []) seen.add(target)
  }
  return seen
}
