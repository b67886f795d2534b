/**
 * From nodes and edges to a graph in which every node knows who is next.
 *
 * @internal
 */
import { InvalidFlow, short } from "../errors.ts"
import type { Any } from "../Store.ts"
import type { AnyStep, Wired } from "./step.ts"
import * as step from "./step.ts"

export interface Wiring {
  readonly start: string | undefined
  /** `undefined` for a node that is known to be broken already. */
  readonly nodes: Readonly<Record<string, AnyStep | undefined>>
  readonly edges: Readonly<Record<string, Readonly<Record<string, string>>>>
}

export type Problem = InvalidFlow["problems"][number]

/** Adds to `found` all that is wrong with a wiring. Types rule it out; data and untyped callers do not. */
export const examine = ({ edges, nodes, start }: Wiring, path: ReadonlyArray<string>, found: Array<Problem>): void => {
  const refuse = (at: ReadonlyArray<string>, reason: string) => found.push({ path: [...path, ...at], reason })
  if (Object.keys(nodes).length === 0) refuse([], "the flow has no nodes")
  else if (start === undefined) refuse([], "the flow has no start")
  else if (!Object.hasOwn(nodes, start)) refuse([], `the start ${quote(start)} is not a node`)
  if (Object.hasOwn(nodes, "")) refuse([""], "a node needs an id that is not empty")
  for (const [id, actions] of Object.entries(edges)) {
    if (!Object.hasOwn(nodes, id)) {
      refuse([id], `there are edges from ${quote(id)}, which is not a node`)
      continue
    }
    const known = nodes[id]?.actions
    for (const [action, target] of Object.entries(actions)) {
      if (action === "") refuse([id], "an action needs a name that is not empty")
      if (known !== undefined && !known.includes(action)) refuse([id], `${quote(action)} is not an action of this node`)
      if (!Object.hasOwn(nodes, target))
        refuse([id], `the action ${quote(action)} leads to ${quote(target)}, which is not a node`)
    }
  }
}

/** Throws `InvalidFlow` with all problems. */
export const wire = (store: Any, wiring: Wiring): any => {
  const found: Array<Problem> = []
  examine(wiring, [], found)
  if (found.length > 0) throw new InvalidFlow({ problems: found })
  const nodes = new Map<string, Wired>()
  for (const [id, step] of Object.entries(wiring.nodes)) {
    nodes.set(id, { id, index: nodes.size, step: step!, next: new Map() })
  }
  for (const [id, actions] of Object.entries(wiring.edges)) {
    for (const [action, target] of Object.entries(actions)) nodes.get(id)!.next.set(action, nodes.get(target)!)
  }
  return step.make({
    kind: "flow",
    store,
    nodes,
    start: nodes.get(wiring.start!)!,
    actions: outcomesOf(nodes.values())
  })
}

/** The actions that are not wired, unless a node does not tell its own. */
const outcomesOf = (nodes: Iterable<Wired>): ReadonlyArray<string> | undefined => {
  const outcomes = new Set<string>()
  for (const { next, step } of nodes) {
    if (step.actions === undefined) return undefined
    for (const action of step.actions) {
      if (!next.has(action)) outcomes.add(action)
    }
  }
  return Array.from(outcomes)
}

export const quote = (id: string): string => short(JSON.stringify(id))
