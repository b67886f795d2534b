/**
 * Pictures of flows, as text for Mermaid and Graphviz.
 *
 * @since 0.1.0
 */
import type * as Step from "../Step.ts"
import type { FlowGraph, GraphNode } from "./graph.ts"
import { isLone, toGraph } from "./graph.ts"

/**
 * Draws a step as a Mermaid flowchart.
 *
 * **Details**
 *
 * Nested flows are subgraphs; outcomes are the rounded boxes. What may end the
 * whole from anywhere, a spent budget or an error edge, leaves a box around it.
 * Declare `actions` on nodes to see their outcomes in place of `?`. Labels are
 * escaped.
 *
 * **Example** (A loop with a way out)
 *
 * ```ts
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Empty = Store.make("Empty", {})
 * const ask = Node.make(Empty, { post: () => Empty.to("again"), actions: ["again"] })
 * const flow = Flow.make(Empty, { start: "ask", nodes: { ask }, edges: {} })
 *
 * Flow.toMermaid(flow).split("\n") // => ["flowchart TD", "  s(( )) --> n0", '  n0["ask"]', '  n0 -->|"again"| o0(["again"])']
 * ```
 *
 * @category drawing
 * @since 0.1.0
 */
export const toMermaid = (self: Step.Any): string =>
  [
    "flowchart TD",
    ...draw(toGraph(self), {
      node: (id, label) => `${id}["${label}"]`,
      open: (id, label) => `subgraph ${id}["${label}"]`,
      close: "end",
      start: (id, to) => `${id}(( )) --> ${to}`,
      edge: (from, action, to) => `${from} -->|"${action}"| ${to}`,
      outcome: (from, action, id) => `${from} -->|"${action}"| ${id}(["${action}"])`,
      escape: (text) => clean(text).replace(/[#"<>&%`]/g, (c) => `#${c.charCodeAt(0)};`)
    })
  ].join("\n")

/**
 * Draws a step as a Graphviz digraph. See `toMermaid`.
 *
 * @category drawing
 * @since 0.1.0
 */
export const toDot = (self: Step.Any): string =>
  [
    "digraph {",
    "  compound=true; node [shape=box]",
    ...draw(toGraph(self), {
      node: (id, label) => `${id} [label="${label}"]`,
      open: (id, label) => `subgraph cluster_${id} { label="${label}"; ${id} [shape=point, style=invis]`,
      close: "}",
      start: (id, to) => `${id} [shape=point]; ${id} -> ${to}`,
      edge: (from, action, to) => `${from} -> ${to} [label="${action}"]`,
      outcome: (from, action, id) => `${id} [label="${action}", shape=oval]; ${from} -> ${id} [label="${action}"]`,
      escape: (text) => clean(text).replace(/["\\]/g, (c) => `\\${c}`)
    }),
    "}"
  ].join("\n")

// internal

interface Pen {
  readonly node: (id: string, label: string) => string
  readonly open: (id: string, label: string) => string
  readonly close: string
  readonly start: (id: string, to: string) => string
  readonly edge: (from: string, action: string, to: string) => string
  readonly outcome: (from: string, action: string, id: string) => string
  readonly escape: (text: string) => string
}

/** Control characters have no place in a label. */
const clean = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]/gu, " ")

/** The lines of a drawing. A stack of what is left, in place of recursion: nesting may be deep. */
const draw = (root: FlowGraph, pen: Pen): ReadonlyArray<string> => {
  const lines: Array<string> = []
  const rest: Array<() => void> = []
  let nodes = 0
  let starts = 0
  let depth = 1
  const line = (text: string) => lines.push("  ".repeat(Math.min(depth, 20)) + text)
  const later = (steps: Array<() => void>) => steps.reverse().forEach((step) => rest.push(step))

  const number = (graph: FlowGraph) => new Map(graph.nodes.map(({ id }) => [id, `n${nodes++}`] as const))
  const visit = (graph: FlowGraph, ids = number(graph)): Array<() => void> => [
    () => void line(pen.start(starts++ === 0 ? "s" : `s${starts - 1}`, ids.get(graph.start)!)),
    ...graph.nodes.map((node) => () => box(node, ids.get(node.id)!)),
    ...graph.edges.map(
      ({ action, from, to }) =>
        () =>
          void line(pen.edge(ids.get(from)!, pen.escape(action), ids.get(to)!))
    )
  ]
  const enclose = (id: string, label: string, inside: Array<() => void>): Array<() => void> => [
    () => void (line(pen.open(id, label)), depth++),
    ...inside,
    () => void (depth--, line(pen.close))
  ]
  const box = (node: GraphNode, id: string): void => {
    const label = pen.escape(labelOf(node))
    if (node.inside.every((part) => isPlain(node, part))) return void line(pen.node(id, label))
    const parts = node.inside.flatMap(({ graph, name }, i) => {
      if (name === "") return visit(graph)
      if (!isLone(graph, name)) return enclose(`${id}_${i}`, pen.escape(name), visit(graph))
      const [lone] = number(graph).values()
      return [() => box(graph.nodes[0]!, lone!)]
    })
    later(enclose(id, label, parts))
  }

  const ids = number(root)
  const all = visit(root, ids)
  // What ends an inner flow are the actions of its node, and drawn there. An ending from anywhere leaves a box around all.
  later(root.outcomes.some(({ from }) => from === undefined) ? enclose("f", "flow", all) : all)
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) next()
  for (const [i, { action, from }] of root.outcomes.entries()) {
    const name = action === undefined ? "?" : pen.escape(action)
    line(pen.outcome(from === undefined ? "f" : ids.get(from)!, name, `o${i}`))
  }
  return lines
}

/** A step without an id of its own is called by its kind. */
const labelOf = ({ id, kind }: GraphNode): string =>
  kind === "node" || kind === "flow" ? id : id === "node" ? kind : `${id} (${kind})`

/** Of a node for many there is nothing more to be seen in a box inside, as of the work of a batch. */
const isPlain = ({ kind }: GraphNode, { graph, name }: GraphNode["inside"][number]): boolean =>
  kind !== "flow" && name === "" && isLone(graph, "node") && graph.nodes[0]!.kind === "node"
