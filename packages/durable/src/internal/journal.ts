/**
 * The records of a run, as they are when it is begun or gone on with.
 *
 * @internal
 */
import * as Result from "effect/Result"
import type { Entry } from "../History.ts"
import type { Record } from "./record.ts"
import * as record from "./record.ts"

export interface Journal {
  /** The last record of a name that is not of a failure. */
  readonly records: ReadonlyMap<string, Record>
  /** How many attempts of a name have failed. */
  readonly failures: ReadonlyMap<string, number>
  /** How many commits have a place in the order of a key. */
  readonly commits: ReadonlyMap<string, number>
  /** By the prefix of a part of the run: the questions that it has asked. */
  readonly asked: ReadonlyMap<string, Asked>
}

interface Asked {
  /** Their keys, by their index. */
  readonly keys: Map<number, string>
  /** The index of the last one. */
  last: number
  /** The last migration that one of them comes after, and the index of the first such one. */
  migration: number
  first: number
}

export interface Broken {
  readonly name: string
  readonly reason: string
}

/** Reads what is recorded; or tells which record cannot be read, and why. */
export const read = (entries: ReadonlyArray<Entry>, run?: string): Result.Result<Journal, Broken> => {
  const records = new Map<string, Record>()
  const failures = new Map<string, number>()
  const commits = new Map<string, number>()
  const asked = new Map<string, Asked>()
  const migrations = new Map<string, number>()
  for (const { json, name } of entries) {
    const decoded = record.read(json, run)
    if (Result.isFailure(decoded)) return Result.fail({ name, reason: decoded.failure })
    const { ending, migration = 0, order } = decoded.success
    const kinds = kindsOf(name)
    if (ending._tag !== "Failed" && !kinds.includes(ending._tag)) {
      const reason = kinds.length === 0 ? "has a name that is none" : `is not ${kinds.join(" or ")}, but ${ending._tag}`
      return Result.fail({ name, reason })
    }
    if (ending._tag === "Failed") {
      failures.set(name, (failures.get(name) ?? 0) + 1)
      continue
    }
    // Of two workers on two graphs, one was taken for dead and is late: nobody has followed its record.
    const before = records.get(name)
    if ((before?.migration ?? 0) > migration) continue
    records.set(name, decoded.success)
    if (before?.order !== undefined) commits.set(before.order.of, commits.get(before.order.of)! - 1)
    if (order !== undefined) commits.set(order.of, (commits.get(order.of) ?? 0) + 1)
    // The name of a signal may be anything.
    const visit = ending._tag === "Asked" ? name.slice(0, name.length - `/asked/${ending.signal}`.length) : name
    for (const { index, key, prefix } of questionsOf(visit)) {
      let part = asked.get(prefix)
      if (part === undefined) asked.set(prefix, (part = { keys: new Map(), last: index, migration, first: index }))
      // What a late worker has done on the graph before, nobody has followed.
      if (migration < part.migration && index >= part.first) continue
      if (migration > part.migration) Object.assign(part, { migration, first: index })
      const own = part.keys.get(index)
      if (own !== undefined && own !== key && migrations.get(own) === migration) {
        return Result.fail({ name, reason: `is of another way through the flow, which comes to "${own}"` })
      }
      migrations.set(key, migration)
      part.keys.set(index, key)
      part.last = Math.max(part.last, index)
    }
  }
  const broken = misplaced(records, commits)
  return broken === undefined ? Result.succeed({ records, failures, commits, asked }) : Result.fail(broken)
}

const visits = ["Committed", "Caught", "Handled", "Spent", "Cut"]

/** What a record can be by the form of its name; a visit of which only a part has a record has none. */
const forms: ReadonlyArray<readonly [RegExp, ReadonlyArray<string>]> = [
  [/#\d+$/, visits],
  [/#\d+\/prep$/, ["Prepared", ...visits]],
  [/#\d+\/\d+$/, ["Item", "Handled"]],
  [/#\d+\/undo$/, ["Done"]],
  [/#\d+(\/(prep|undo|\d+))?\/asked\//, ["Asked"]]
]

const kindsOf = (name: string): ReadonlyArray<string> =>
  forms.flatMap(([form, kinds]) => (form.test(name) ? kinds : []))

/** A place in an order that is taken twice, or is of something else: what waits for the one that lacks would do so for ever. */
const misplaced = (records: ReadonlyMap<string, Record>, commits: ReadonlyMap<string, number>): Broken | undefined => {
  const taken = new Set<string>()
  const parts = new Map<string, Array<{ readonly name: string; readonly index: number; readonly at: number }>>()
  for (const [name, { order }] of records) {
    if (order === undefined) continue
    const { at, of } = order
    const place = `${of}/${at}`
    if (at < 0 || at >= commits.get(of)! || taken.has(place) || !name.startsWith(`${of}/`)) {
      return { name, reason: `has a place that is not its own, ${at} of the commits in "${of}"` }
    }
    taken.add(place)
    const { index, prefix } = Array.from(questionsOf(name)).at(-1)!
    const part = parts.get(prefix)
    if (part === undefined) parts.set(prefix, [{ name, index, at }])
    else part.push({ name, index, at })
  }
  // What comes later in a part was committed later.
  for (const part of parts.values()) {
    part.sort((a, b) => a.index - b.index)
    const wrong = part.find(({ at }, i) => i > 0 && at < part[i - 1]!.at)
    if (wrong !== undefined) return { name: wrong.name, reason: "comes before what was committed before it" }
  }
  return undefined
}

/** The questions that a name is of, from the outside in: `a#1/left/b#0/3` is of `a#1`, and in `a#1/left/` of `b#0`. */
function* questionsOf(name: string) {
  let prefix = ""
  for (const { 0: mark, 1: index, index: at } of name.matchAll(/#(\d+)/g)) {
    const end = at + mark.length
    yield { prefix, index: Number(index), key: name.slice(0, end) }
    const next = name.indexOf("/", end + 1)
    if (next < 0) return
    prefix = name.slice(0, next + 1)
  }
}

/** What is wrong about asking for a record that is not there. */
export const missing = (
  { asked }: Journal,
  { index, key, prefix }: { readonly prefix: string; readonly index: number; readonly key: string }
): Broken | undefined => {
  const part = asked.get(prefix)
  if (part === undefined) return undefined
  const own = part.keys.get(index)
  if (own !== undefined && own !== key && !key.startsWith(`${own}/`)) {
    return { name: own, reason: `is of another way through the flow, which comes to "${key}"` }
  }
  return part.last > index
    ? { name: key, reason: `is missing, though the later "${part.keys.get(part.last)}" is there` }
    : undefined
}
