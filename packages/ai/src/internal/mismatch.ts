/** What a schema has to say of a value, in few words, with the places in the reply. */
import { memoize } from "effect/Function"
import * as SchemaAST from "effect/SchemaAST"
import * as SchemaIssue from "effect/SchemaIssue"
import { isOptional } from "./encoded.ts"
import { cut, placeOf, Problem } from "./problem.ts"
import { isOneOf, type Notes, propertyOf, wantedOf } from "./wanted.ts"
import type { Node } from "./yaml.ts"

/** How many issues are told, and how long each may be. */
const [most, longest] = [5, 200]

export const mismatch = (reply: string, root: Node, issue: SchemaIssue.Issue, notes: Notes): Problem => {
  const issues = tell(issue, root, [])
  const told = issues.slice(0, most).map(({ keys, message }) => {
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

interface Told {
  readonly keys: Keys
  readonly message: string
}

const tell = (issue: SchemaIssue.Issue, root: Node, keys: Keys): ReadonlyArray<Told> => {
  switch (issue._tag) {
    case "Encoding":
      return tell(issue.issue, root, keys)
    case "Pointer":
      return tell(issue.issue, root, [...keys, ...issue.path])
    case "Composite":
      return issue.issues.flatMap((issue) => tell(issue, root, keys))
    case "AnyOf": {
      const tag = wrongTag(issue.ast, nodeAt(root, keys))
      if (tag !== undefined) return [{ keys: [...keys, tag.name], message: `Expected ${tag.known}` }]
      return issue.issues.length === 0 ? leavesOf(issue, keys) : tellNearest(issue.issues, root, keys)
    }
    default:
      return leavesOf(issue, keys)
  }
}

const leavesOf = (issue: SchemaIssue.Issue, keys: Keys): ReadonlyArray<Told> =>
  format(issue).issues.map(({ message, path = [] }) => ({ keys: [...keys, ...path.map(keyOf)], message }))

const keyOf = (key: PropertyKey | { readonly key: PropertyKey }): PropertyKey =>
  typeof key === "object" ? key.key : key

/** The member of a union with the least that is wrong is meant: a single one, or else there would be no end. */
const tellNearest = (issues: ReadonlyArray<SchemaIssue.Issue>, root: Node, keys: Keys): ReadonlyArray<Told> => {
  const node = nodeAt(root, keys)
  const weights = issues.map((issue) => weigh(issue) + strangers(issue, node))
  const least = Math.min(...weights)
  const nearest = issues.filter((_, i) => weights[i] === least)
  if (!nearest.every(isWhole)) return tell(nearest[0]!, root, keys)
  // One value has to be one of several.
  const messages = nearest.flatMap((issue) => tell(issue, root, keys)).map(({ message }) => message)
  return [{ keys, message: [...new Set(messages)].join(" or ") }]
}

/** Whether it is about the value itself, and not about what is within it. */
const isWhole = (issue: SchemaIssue.Issue): boolean => {
  if (issue._tag === "Encoding") return isWhole(issue.issue)
  if (issue._tag === "Composite" || issue._tag === "AnyOf") return issue.issues.every(isWhole)
  return issue._tag !== "Pointer"
}

/** How much is wrong: the deeper, the less. */
const weigh = memoize((issue: SchemaIssue.Issue): number => {
  switch (issue._tag) {
    case "Encoding":
      return weigh(issue.issue)
    case "Pointer":
      return weigh(issue.issue) * 0.9
    case "Composite":
      return issue.issues.reduce((sum, issue) => sum + weigh(issue), 0)
    case "AnyOf":
      return issue.issues.length === 0 ? 1 : Math.min(...issue.issues.map(weigh))
    default:
      return 1
  }
})

/** How many keys of a value a struct does not know: one that was not meant lacks few keys if it has few. */
const strangers = (issue: SchemaIssue.Issue, node: Node): number => {
  if (issue._tag === "Encoding") return strangers(issue.issue, node)
  if (issue._tag !== "Composite" || node._tag !== "Dict" || !SchemaAST.isObjects(issue.ast)) return 0
  const { ast } = issue
  return ast.indexSignatures.length > 0
    ? 0
    : Object.keys(node.entries).filter((key) => propertyOf(ast, key) === undefined).length
}

/** The key that tells the structs of a union apart, such as `_tag`, if it has none of the values that they know. */
const wrongTag = (union: SchemaAST.Union, node: Node) => {
  if (node._tag !== "Dict") return undefined
  const [first, ...others] = wantedOf(union).objects
  for (const { name, type } of first?.propertySignatures ?? []) {
    const types = [type, ...others.map((object) => propertyOf(object, name)?.type)]
    const literals = types.map((type) => type && wantedOf(type).literals)
    const known = literals.flatMap((some) => some ?? [])
    const entry = Object.hasOwn(node.entries, name) ? node.entries[name as string] : undefined
    const isWrong =
      entry === undefined
        ? !types.some((type) => type && isOptional(type))
        : entry._tag !== "Scalar" || !isOneOf(entry, known)
    if (isWrong && !literals.includes(undefined)) return { name, known: [...new Set(known.map(textOf))].join(" | ") }
  }
  return undefined
}

const textOf = ({ literal }: SchemaAST.Literal): string =>
  typeof literal === "string" ? JSON.stringify(literal) : String(literal)

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
