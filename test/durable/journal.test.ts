/**
 * Journals that grow: what is asked of them at each visit costs the same, however long they
 * are. A walk over all records at each would take minutes, which no test is given.
 */
import { assert, describe, it } from "@effect/vitest"
import * as journal from "../../packages/durable/src/internal/journal.ts"
import { Prefix } from "../../packages/durable/src/internal/prefix.ts"
import { renamed } from "../../packages/durable/src/internal/migrate.ts"
import * as record from "../../packages/durable/src/internal/record.ts"
import { Result } from "effect"

const long = 50_000

const committed = record.make({ _tag: "Committed", action: "default", patch: {} }, 0)
const entries = (names: ReadonlyArray<string>) => names.map((name) => ({ name, attempt: 1, json: committed }))
const read = (names: ReadonlyArray<string>) => Result.getOrThrow(journal.read(entries(names)))
const loop = Array.from({ length: long }, (_, i) => `loop#${i}`)

describe("of a long journal", () => {
  const all = read(loop)

  it("it is seen at once that nothing is missing", () => {
    for (let index = long; index < 2 * long; index++) {
      assert.isUndefined(journal.missing(all, { key: `loop#${index}`, prefix: "", index }))
    }
  })

  it("it is seen what is missing", () => {
    const gap = read(loop.filter((_, i) => i !== 7))
    assert.deepStrictEqual(journal.missing(gap, { key: "loop#7", prefix: "", index: 7 }), {
      name: "loop#7",
      reason: `is missing, though the later "loop#${long - 1}" is there`
    })
  })

  it("a run comes through at once", () => {
    const prefix = new Prefix(loop, all)
    for (const key of loop) {
      assert.isFalse(prefix.done)
      prefix.pass(key)
    }
    assert.isTrue(prefix.done)
  })
})

describe("what is inside of a record", () => {
  it("is not waited for", () => {
    const names = ["each#0/0/a#0", "each#0/prep", "each#0/1/in#0/2/b#4", "each#0", "each#01"]
    const prefix = new Prefix(names, read(names))
    prefix.pass("each#0/0/a#0")
    prefix.pass("each#0")
    assert.isFalse(prefix.done)
    prefix.pass("each#01")
    assert.isTrue(prefix.done)
  })

  it("is, where the record around it is not there", () => {
    const names = ["each#0/0/a#0", "each#0/1/a#0"]
    const prefix = new Prefix(names, read(names))
    prefix.pass("each#0/1/a#0")
    assert.isFalse(prefix.done)
    prefix.pass("each#0/0/a#0")
    assert.isTrue(prefix.done)
  })
})

describe("of two records with a name", () => {
  const of = (action: string, migration?: number) => ({
    name: "a#0",
    attempt: 1,
    json: record.make({ _tag: "Committed", action, patch: {} }, 0, migration === undefined ? {} : { migration })
  })
  const actionOf = (entries: Parameters<typeof journal.read>[0]) => {
    const { ending } = Result.getOrThrow(journal.read(entries)).records.get("a#0")!
    return "action" in ending ? ending.action : undefined
  }

  it("the one after the later migration counts: the other worker was late", () => {
    assert.strictEqual(actionOf([of("new", 1), of("old")]), "new")
    assert.strictEqual(actionOf([of("old"), of("new", 1)]), "new")
  })
})

describe("a record", () => {
  const committed = { _tag: "Committed", action: "default", patch: {} } as const
  const at = (name: string, order?: { readonly of: string; readonly at: number }) => ({
    name,
    attempt: 1,
    json: record.make(committed, 0, order === undefined ? {} : { order })
  })
  const refused = (...entries: ReadonlyArray<ReturnType<typeof at>>) => {
    const read = journal.read(entries)
    return Result.isFailure(read) ? read.failure.name : undefined
  }

  it("has the name of its kind", () => {
    assert.strictEqual(refused(at("a#0")), undefined)
    for (const name of ["a#0/undo", "a#0/asked/b", "a#0/1", "a", "", "a#0/x"])
      assert.strictEqual(refused(at(name)), name)
  })

  it("is of the only way through the flow", () => {
    assert.strictEqual(refused(at("a#0"), at("b#1")), undefined)
    assert.strictEqual(refused(at("a#0"), at("b#0")), "b#0")
  })

  it("has a place of its own in the order of its commits", () => {
    const place = (name: string, i: number) => at(name, { of: "f#0", at: i })
    assert.strictEqual(refused(place("f#0/0/a#0", 1), place("f#0/1/a#0", 0)), undefined)
    assert.strictEqual(refused(place("f#0/0/a#0", 0), place("f#0/1/a#0", 0)), "f#0/1/a#0")
    assert.strictEqual(refused(place("f#0/0/a#0", 1)), "f#0/0/a#0")
    assert.strictEqual(refused(place("g#1/0/a#0", 0)), "g#1/0/a#0")
    assert.strictEqual(refused(place("f#0/0/b#1", 0), place("f#0/0/a#0", 1)), "f#0/0/b#1")
    assert.strictEqual(refused(place("f#0/0/a#0", 0), place("f#0/0/b#1", 2), place("f#0/1/a#0", 1)), undefined)
  })

  it("of a node that is renamed as the flow around it is has the node's own path", () => {
    const entry = { name: "f/a#0", attempt: 1, json: record.make(committed, 0, { path: ["f", "a"] }) }
    const after = renamed(entry, [{ f: "g", "f/a": "g/b" }])
    assert.deepInclude(after, { name: "g/b#0" })
    assert.deepInclude(after.json, { path: ["g", "b"] })
  })
})

describe("what a worker did that was taken for dead", () => {
  const of = (name: string, rest: Partial<record.Record> = {}) => ({
    name,
    attempt: 1,
    json: record.make({ _tag: "Committed", action: "default", patch: {} }, 0, rest)
  })

  it("on the graph before a migration, nobody has followed", () => {
    const found = Result.getOrThrow(journal.read([of("a#0"), of("x#1", { migration: 1 }), of("b#1"), of("c#2")]))
    assert.isUndefined(journal.missing(found, { key: "y#2", prefix: "", index: 2 }))
  })

  it("to a shared store, where another one has done something else, is refused", () => {
    const order = { of: "each#0", at: 0 }
    const found = journal.read([of("each#0/0/#0", { order }), of("each#0/1/#0", { order })])
    assert.isTrue(Result.isFailure(found) && found.failure.name === "each#0/1/#0")
  })
})
