/**
 * Records of another graph, as they are called in this one.
 *
 * A record is never changed: each keeps the names of the graph that it was written on,
 * and a record of each migration tells how to read it on the next one.
 *
 * @internal
 */
import * as Predicate from "effect/Predicate"
import type { Flow } from "effect-pocketflow"
import type { Entry } from "../History.ts"
import type { Migration } from "../Workflow.ts"

/** Paths of nodes as they were, and what they are now. */
export type Rename = Readonly<Record<string, string>>

/** Ids in names, where `/` and `#` stand for more. */
const nameOf = (id: string): string => id.replaceAll("~", "~0").replaceAll("/", "~1").replaceAll("#", "~2")
const idOf = (name: string): string => name.replaceAll("~2", "#").replaceAll("~1", "/").replaceAll("~0", "~")

/** The paths of all nodes, as they are in names. */
export const nodesOf = ({ nodes }: Flow.FlowGraph, prefix = ""): ReadonlyArray<string> =>
  nodes.flatMap(({ id, inside }) => {
    const path = `${prefix}${nameOf(id)}`
    return [
      path,
      ...inside.flatMap(({ graph, name }) => nodesOf(graph, name === "" ? `${path}/` : `${path}/${nameOf(name)}/`))
    ]
  })

/** What is renamed of a graph with such nodes: of other graphs, nothing is said. */
export const among = (nodes: ReadonlyArray<string>, { rename = {} }: Migration): Rename => {
  const pathOf = (path: string) => path.split("/").map(nameOf).join("/")
  const known = new Set(nodes)
  return Object.fromEntries(
    Object.entries(rename).flatMap(([before, after]) =>
      known.has(pathOf(before)) ? [[pathOf(before), pathOf(after)]] : []
    )
  )
}

/** Whether a visit can have a name: it is its path, with the places of items in between. */
export const isNamed = (name: string, path: ReadonlyArray<string>): boolean =>
  fits(
    name.split("/").map((part) => idOf(part.replace(/#\d+$/, ""))),
    path
  )

const fits = (parts: ReadonlyArray<string>, path: ReadonlyArray<string>): boolean => {
  const [part, ...rest] = parts
  if (part === undefined) return path.length === 0
  if (part === "") return fits(rest, path)
  return (part === path[0] && fits(rest, path.slice(1))) || (/^\d+$/.test(part) && fits(rest, path))
}

/** A record under the paths that nodes have after some migrations: its name, and the path and the name in it. */
export const renamed = (entry: Entry, renames: ReadonlyArray<Rename>): Entry => {
  let { json, name } = entry
  for (const rename of renames) {
    name = forward(name, rename)
    json = inside(json, rename)
  }
  return name === entry.name && json === entry.json ? entry : { ...entry, name, json }
}

/** What a visit would have been called when the run was begun: who is outside knows it by that. */
export const original = (name: string, renames: ReadonlyArray<Rename>): string =>
  renames.reduceRight((name, rename) => {
    const path = pathIn(name)
    const before = Object.keys(rename).find((before) => rename[before] === path)
    return before === undefined ? name : before + name.slice(path.length)
  }, name)

/** What a name begins with: the path of a node in the run itself. */
const pathIn = (name: string): string => name.slice(0, Math.max(0, name.indexOf("#")))

const forward = (name: string, rename: Rename): string => {
  const path = pathIn(name)
  return Object.hasOwn(rename, path) ? rename[path]! + name.slice(path.length) : name
}

/** What a record knows of names; one that is no record is refused later. */
const inside = (json: unknown, rename: Rename): unknown => {
  if (!Predicate.isObject(json)) return json
  const { order, path } = json as { readonly order?: { readonly of?: unknown }; readonly path?: unknown }
  const before = Array.isArray(path) ? path.map((id) => nameOf(String(id))).join("/") : ""
  // Of a flow and a node in it that are both renamed, the node counts.
  const found = Object.keys(rename)
    .filter((at) => before === at || before.startsWith(`${at}/`))
    .reduce<string | undefined>((best, at) => (best === undefined || at.length > best.length ? at : best), undefined)
  const of = typeof order?.of === "string" ? order.of : ""
  const after = forward(of, rename)
  if (found === undefined && after === of) return json
  return {
    ...json,
    ...(found !== undefined && { path: (rename[found]! + before.slice(found.length)).split("/").map(idOf) }),
    ...(after !== of && { order: { ...order, of: after } })
  }
}
