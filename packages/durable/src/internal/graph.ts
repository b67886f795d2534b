/**
 * The hash of a flow's graph: a run goes on only with the graph that it was
 * begun on.
 *
 * @internal
 */
import { createHash } from "node:crypto"
import { Flow } from "effect-pocketflow"

const byText = <A>(all: ReadonlyArray<A>): ReadonlyArray<A> =>
  all
    .map((value) => [JSON.stringify(value), value] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, value]) => value)

/** The graph in one way of writing: the order of nodes and edges says nothing, that of branches does. */
const canonical = ({ edges, nodes, outcomes, start }: Flow.FlowGraph): unknown => ({
  start,
  nodes: byText(
    nodes.map(({ id, inside, kind }) => [id, kind, inside.map(({ graph, name }) => [name, canonical(graph)])])
  ),
  edges: byText(edges.map(({ action, from, to }) => [from, action, to])),
  outcomes: byText(outcomes.map(({ action, from }) => [from ?? null, action ?? null]))
})

/** Ids, kinds, edges and outcomes, and the version that stands for what a graph does not show. */
export const hashOf = (flow: Flow.Step<any, string, any, any>, version: string): string =>
  createHash("sha256")
    .update(JSON.stringify([version, canonical(Flow.toGraph(flow))]))
    .digest("hex")
    .slice(0, 32)
