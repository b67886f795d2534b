/**
 * A wiring without flows in it.
 *
 * @internal
 */
import { Flow } from "effect-pocketflow"

type Registry = Readonly<Record<string, Flow.Step<any, string, any, any>>>

interface Wiring {
  readonly start: string
  readonly nodes: Record<string, string>
  readonly edges: Record<string, Record<string, string>>
}

/** The nodes of the flows in `json` in the place of these flows. */
export const inline = ({ edges, nodes, start }: Flow.FlowJson, registry: Registry): Wiring => {
  const flat: Wiring = { start: "", nodes: {}, edges: {} }
  const flows = new Map<string, Wiring>()
  for (const [id, node] of Object.entries(nodes)) {
    if (typeof node !== "string") flows.set(id, inline(node, registry))
  }
  /** The node that is visited first, where control comes to `id`. */
  const entry = (id: string): string => {
    const flow = flows.get(id)
    return flow === undefined ? id : `${id}/${flow.start}`
  }
  for (const [id, node] of Object.entries(nodes)) {
    const targets = Object.entries(edges[id] ?? {}).map(([action, target]) => [action, entry(target)] as const)
    const flow = flows.get(id)
    if (flow === undefined) {
      flat.nodes[id] = node as string
      flat.edges[id] = Object.fromEntries(targets)
      continue
    }
    for (const [inner, name] of Object.entries(flow.nodes)) {
      const own = flow.edges[inner] ?? {}
      // What ends the flow goes on as the flow did; a node that declares its actions takes no others.
      const takes = actionsOf(registry[name]!)
      const further = targets.filter(([action]) => own[action] === undefined && takes(action))
      flat.nodes[`${id}/${inner}`] = name
      flat.edges[`${id}/${inner}`] = {
        ...Object.fromEntries(Object.entries(own).map(([action, target]) => [action, `${id}/${target}`])),
        ...Object.fromEntries(further)
      }
    }
  }
  return { ...flat, start: entry(start) }
}

const actionsOf = (step: Flow.Step<any, string, any, any>): ((action: string) => boolean) => {
  const actions = Flow.toGraph(Flow.mapOutcome(step, {})).outcomes.map(({ action }) => action)
  return (action) => actions.includes(undefined) || actions.includes(action)
}
