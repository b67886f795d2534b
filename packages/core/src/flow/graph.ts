/**
 * A flow's graph as plain data, and what can be said about it.
 *
 * @since 0.1.0
 */
import type { AnyStep } from "../internal/step.ts"
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
 *   its type knows.
 *
 * @category models
 * @since 0.1.0
 */
export interface FlowGraph {
  readonly start: string
  readonly nodes: ReadonlyArray<GraphNode>
  readonly edges: ReadonlyArray<{ readonly from: string; readonly action: string; readonly to: string }>
  readonly outcomes: ReadonlyArray<{ readonly from: string; readonly action: string | undefined }>
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
 * A step that is not a flow gives a graph of the one node `"node"`.
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
  const graphOf = (inner: AnyStep): FlowGraph => {
    const at = bare(inner)
    const nodes: Array<GraphNode> = []
    const graph = {
      start: "node",
      nodes,
      edges: [] as Array<FlowGraph["edges"][number]>,
      outcomes: [] as Array<FlowGraph["outcomes"][number]>
    }
    const wired = at.kind === "flow" ? Array.from(at.nodes.values()) : [{ id: "node", step: inner, next: new Map() }]
    if (at.kind === "flow") graph.start = at.start.id
    for (const { id, next, step } of wired) {
      const inside: Array<GraphNode["inside"][number]> = []
      nodes.push({ id, kind: kindOf(bare(step)), inside })
      rest.push(() => {
        for (const [name, flow] of partsOf(bare(step))) inside.push({ name, graph: graphOf(flow) })
      })
      for (const [action, target] of next) graph.edges.push({ from: id, action, to: target.id })
      for (const action of step.actions ?? [undefined]) {
        if (action === undefined || !next.has(action)) graph.outcomes.push({ from: id, action })
      }
    }
    return graph
  }
  const graph = graphOf(step.reveal(self))
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
  const rest: Array<readonly [graph: FlowGraph, path: ReadonlyArray<string>]> = [[toGraph(self), []]]
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const [graph, path] = next
    const reached = closure([graph.start], group(graph.edges, "from", "to"))
    const leaving = closure(
      graph.outcomes.map(({ from }) => from),
      group(graph.edges, "to", "from")
    )
    for (const { id, inside } of graph.nodes) {
      if (!reached.has(id)) findings.push({ _tag: "Unreachable", path: [...path, id] })
      else if (!leaving.has(id)) findings.push({ _tag: "NoWayOut", path: [...path, id] })
      for (const { graph, name } of inside) rest.push([graph, name === "" ? [...path, id] : [...path, id, name]])
    }
  }
  return findings
}

// internal

/** The step itself, without what only changes its store, its outcomes or its errors. */
const bare = (self: AnyStep): AnyStep => {
  while (self.kind === "focus" || self.kind === "mapOutcome" || self.kind === "catch" || self.kind === "budget") {
    self = self.inner
  }
  return self
}

const kindOf = (self: AnyStep): GraphNode["kind"] =>
  self.kind === "node" ? self.shape : self.kind === "call" ? "call" : "flow"

const partsOf = (self: AnyStep): ReadonlyArray<readonly [name: string, step: AnyStep]> =>
  self.kind === "node" ? self.branches : self.kind === "call" ? [["", self.inner]] : [["", self]]

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
