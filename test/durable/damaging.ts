/**
 * Ways in which the records of a run are damaged.
 */
import type { History } from "@effect-pocketflow/durable"

export interface Damage {
  readonly kind: (typeof kinds)[number]
  readonly one: number
  readonly other: number
  readonly pick: number
}

export const kinds = [
  "type",
  "value",
  "delete",
  "swap",
  "rename",
  "duplicate",
  "version",
  "foreign",
  "truncate",
  "bytes",
  "lose",
  "junk"
] as const

type Path = ReadonlyArray<string>

const paths = (json: unknown, at: Path = []): ReadonlyArray<Path> =>
  typeof json === "object" && json !== null
    ? Object.entries(json).flatMap(([key, value]) => [[...at, key], ...paths(value, [...at, key])])
    : []

const get = (json: unknown, path: Path): unknown => path.reduce((at: any, key) => at[key], json)

const edited = (json: unknown, path: Path, change: (parent: any, key: string) => void): unknown => {
  const copy = structuredClone(json)
  change(get(copy, path.slice(0, -1)), path.at(-1)!)
  return copy
}

const isLeaf = (json: unknown) => typeof json !== "object" || json === null

const required = new Set([
  "v",
  "at",
  "ending",
  "_tag",
  "action",
  "frame",
  "signal",
  "token",
  "graph",
  "version",
  "store",
  "of"
])

const parsed = (text: string): readonly [json: unknown, broken: boolean] => {
  try {
    return [JSON.parse(text), false]
  } catch {
    return [text, true]
  }
}

const tagOf = ({ json }: History.Entry): unknown => (json as any)?.ending?._tag
const pathOf = ({ json }: History.Entry): string => JSON.stringify((json as any)?.path)

/** Whether a record in the place of another one could not be of it. */
const differ = (a: History.Entry, b: History.Entry) => tagOf(a) !== tagOf(b) || pathOf(a) !== pathOf(b)

/** Damages records; tells whether that must not change what the run comes to. */
export const damage = (
  records: ReadonlyArray<History.Entry>,
  others: ReadonlyArray<History.Entry>,
  { kind, one, other, pick }: Damage
): { readonly entries: ReadonlyArray<History.Entry>; readonly exact: boolean; readonly what: unknown } => {
  const i = one % records.length
  const j = other % records.length
  const [first, second] = [records[i]!, records[j]!]
  const text = JSON.stringify(first.json)
  const put = (json: unknown, exact: boolean, what: unknown) => ({
    entries: records.with(i, { ...first, json }),
    exact,
    what: { name: first.name, what }
  })
  switch (kind) {
    case "type":
    case "value": {
      const leaves = paths(first.json).filter((path) => isLeaf(get(first.json, path)))
      const path = leaves[pick % leaves.length]!
      const before = get(first.json, path)
      const same = typeof before === "number" ? before + 1 : typeof before === "string" ? `${before}?` : !before
      const after = kind === "value" ? same : typeof before === "string" ? 7 : "seven"
      return put(
        edited(first.json, path, (parent, key) => (parent[key] = after)),
        kind === "type" && !path.includes("again"),
        { path, after }
      )
    }
    case "delete": {
      const all = paths(first.json)
      const path = all[pick % all.length]!
      return put(
        edited(first.json, path, (parent, key) =>
          Array.isArray(parent) ? parent.splice(Number(key), 1) : delete parent[key]
        ),
        required.has(path.at(-1)!) && !path.includes("patch") && !path.includes("after"),
        path
      )
    }
    case "swap":
      return {
        entries: records.with(i, { ...first, json: second.json }).with(j, { ...second, json: first.json }),
        exact: i === j || differ(first, second),
        what: [first.name, second.name]
      }
    case "rename":
    case "duplicate": {
      const name = [
        second.name,
        `x${first.name}`,
        `${first.name}/x`,
        first.name.replace(/\d+$/, "99"),
        "begun",
        "migrated/1",
        "migrated/2",
        "",
        "#",
        `${second.name}/undo`
      ][pick % 10]!
      const entries = kind === "rename" ? records.with(i, { ...first, name }) : [...records, { ...first, name }]
      return {
        entries,
        exact: records.every((entry) => entry.name !== name || differ(first, entry)),
        what: [first.name, name]
      }
    }
    case "version":
      return put({ ...(first.json as object), v: [2, 99, 0, -1, 1.5, "1", null, true, {}][pick % 9] }, true, pick % 9)
    case "foreign": {
      const found = others[other % others.length]!
      return put(found.json, differ(first, found), found.name)
    }
    case "truncate":
    case "bytes": {
      const at = pick % text.length
      const [json, broken] = parsed(
        kind === "truncate"
          ? text.slice(0, at)
          : text.slice(0, at) + (other % 2 === 0 ? "" : String.fromCharCode(32 + (other % 95))) + text.slice(at + 1)
      )
      return put(json, broken, json)
    }
    case "lose":
      return { entries: records.toSpliced(i, 1), exact: true, what: first.name }
    case "junk":
      return put([null, 0, "", [], {}, { v: 1 }, "\u0000", true, [[[]]]][pick % 9], true, pick % 9)
  }
}
