/** What a schema has to say of a value, in few words, with the places in the reply. */
import * as SchemaIssue from "effect/SchemaIssue"
import { cut, placeOf, Problem } from "./problem.ts"
import type { Notes } from "./wanted.ts"
import type { Node } from "./yaml.ts"

/** How many issues are told, and how long each may be. */
const [most, longest] = [5, 200]

export const mismatch = (reply: string, root: Node, issue: SchemaIssue.Issue, notes: Notes): Problem => {
  const { issues } = format(issue)
  const told = issues.slice(0, most).map(({ message, path = [] }) => {
    const keys = path.map((key) => (typeof key === "object" ? key.key : key))
    const node = nodeAt(root, keys)
    const where = pathOf(keys)
    const line = `line ${placeOf(reply, node.at).line}`
    const text = `${where === "" ? line : `${where} (${line})`}: ${cut(notes.get(node) ?? message, longest)}`
    return { at: node.at, where, text }
  })
  const more = issues.length > most ? [`and ${issues.length - most} more`] : []
  const [first] = told
  const what = `the reply does not fit: ${[...told.map(({ text }) => text), ...more].join("; ")}`
  return new Problem("Mismatch", what, first?.at, first?.where)
}

// internal

const format = SchemaIssue.makeFormatterStandardSchemaV1()

type Keys = ReadonlyArray<PropertyKey>

/** `jobs[0].title` */
const pathOf = (keys: Keys): string => {
  const text = keys.slice(0, 50).map((key) => (typeof key === "number" ? `[${key}]` : `.${cut(String(key), 40)}`))
  return cut(text.join("").replace(/^\./, ""), longest)
}

/** The deepest part that is there. */
const nodeAt = (root: Node, keys: Keys): Node => {
  let node = root
  for (const key of keys) {
    const entries: object = node._tag === "Scalar" ? {} : node._tag === "List" ? node.items : node.entries
    if (!Object.hasOwn(entries, key)) break
    node = (entries as { readonly [key: PropertyKey]: Node })[key]!
  }
  return node
}
