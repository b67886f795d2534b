/**
 * Records of another graph, as they are called in this one.
 *
 * @internal
 */
import * as Predicate from "effect/Predicate"
import type { Entry } from "../History.ts"
import type { Migration } from "../Workflow.ts"

/** Records under the paths that nodes have now: their names, and the paths and names in them. */
export const renamed = (entries: ReadonlyArray<Entry>, { rename: paths = {} }: Migration): ReadonlyArray<Entry> => {
  const rename = Object.entries(paths)
  if (rename.length === 0) return entries
  // All at once: where two nodes have changed names, neither is renamed twice.
  const of = (name: string) => rename.find(([before]) => name.startsWith(`${before}#`))
  return entries.map((entry) => {
    const found = of(entry.name)
    if (found === undefined) return entry
    const [before, after] = found
    const name = after + entry.name.slice(before.length)
    const pathOf = (path: string) =>
      path === before || path.startsWith(`${before}/`) ? after + path.slice(before.length) : path
    return { ...entry, name, json: inside(entry.json, of, pathOf) }
  })
}

/** What a record knows of names; one that is no record is refused later. */
const inside = (
  json: unknown,
  of: (name: string) => readonly [before: string, after: string] | undefined,
  pathOf: (path: string) => string
): unknown => {
  if (!Predicate.isObject(json)) return json
  const { order, path } = json as { readonly order?: { readonly of?: unknown }; readonly path?: unknown }
  const shared = typeof order?.of === "string" ? order.of : ""
  const found = of(shared)
  return {
    ...json,
    ...(Array.isArray(path) && { path: pathOf(path.join("/")).split("/") }),
    ...(found !== undefined && { order: { ...order, of: found[1] + shared.slice(found[0].length) } })
  }
}
