/**
 * A wiring without flows in it.
 *
 * @internal
 */
import { Flow } from "effect-pocketflow"

type Registry = Readonly<Record<string, Flow.Step<any, string, any, any>>>

/** As a `FlowJson`; ids and actions may be any text. */
interface Wiring {
  readonly start: string
  readonly nodes: Map<string, string>
  readonly edges: Map<string, ReadonlyMap<string, string>>
}

/** The nodes of the flows in `json` in the place of these flows. */
export const inline = (json: Flow.FlowJson, registry: Registry): Flow.FlowJson => {
  const { edges, nodes, start } = flatten(json, registry)
  return {
    start,
    nodes: Object.fromEntries(nodes),
    edges: Object.fromEntries(Array.from(edges, ([id, targets]) => [id, Object.fromEntries(targets)]))
  }
}

const flatten = ({ edges, nodes, start }: Flow.FlowJson, registry: Registry): Wiring => {
  const flat: Wiring = { start: "", nodes: new Map(), edges: new Map() }
  const flows = new Map<string, Wiring>()
  for (const [id, node] of Object.entries(nodes)) {
    if (typeof node !== "string") flows.set(id, flatten(node, registry))
  }
  /** The node that is visited first, where control comes to `id`. */
  const entry = (id: string): string => {
    const flow = flows.get(id)
    return flow === undefined ? escape(id) : `${escape(id)}/${flow.start}`
  }
  for (const [id, node] of Object.entries(nodes)) {
    const wired = Object.hasOwn(edges, id) ? edges[id]! : {}
    const targets = Object.entries(wired).map(([action, target]) => [action, entry(target)] as const)
    const flow = flows.get(id)
    if (flow === undefined) {
      flat.nodes.set(escape(id), node as string)
      flat.edges.set(escape(id), new Map(targets))
      continue
    }
    for (const [inner, name] of flow.nodes) {
      const inside = (inner: string) => `${escape(id)}/${inner}`
      // What ends the flow goes on as the flow did; a node that declares its actions takes no others.
      const takes = actionsOf(registry[name]!)
      const further = targets.filter(([action]) => takes(action))
      const own = Array.from(flow.edges.get(inner)!, ([action, target]) => [action, inside(target)] as const)
      flat.nodes.set(inside(inner), name)
      flat.edges.set(inside(inner), new Map([...further, ...own]))
    }
  }
  return { ...flat, start: entry(start) }
}

/** An id as a part of a path. */
const escape = (id: string): string => id.replaceAll("~", "~0").replaceAll("/", "~1")

const actionsOf = (step: Flow.Step<any, string, any, any>): ((action: string) => boolean) => {
  const actions = Flow.toGraph(Flow.mapOutcome(step, {})).outcomes.map(({ action }) => action)
  return (action) => actions.includes(undefined) || actions.includes(action)
}
