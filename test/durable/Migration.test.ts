/**
 * Runs that were begun on another graph.
 */
import { assert, describe, it } from "@effect/vitest"
import { Durable, Sqlite } from "@effect-pocketflow/durable"
import { Context, Effect, Layer, Schema } from "effect"
import { Flow, Node } from "effect-pocketflow"
import * as SqlClient from "effect/sql/SqlClient"
import { embedded, file, Log, when } from "./support.ts"

class Broken extends Schema.TaggedError<Broken>()("Broken", {}) {}

const options = { name: "migrated", version: "1", idempotencyKey: () => "k", error: Broken } as const
const note = (line: string) => Node.make(Log, { post: () => Log.next((s) => ({ lines: [...s.lines, line] })) })
const answer = Durable.signal("answer", Schema.Boolean)
const wait = Durable.approval(Log, { signal: answer, post: () => Log.next() })

type Served = Durable.Workflow<typeof Log, any, any, never>

const onFile = (workflow: Served, filename: string) => workflow.layer.pipe(Layer.provideMerge(embedded(filename)))

/** A run that waits, on a file. */
const begun = (workflow: Served, filename: string) =>
  Effect.gen(function* () {
    const run = yield* workflow.start({ lines: [], n: 0 })
    yield* when(Effect.map(Durable.waiting(workflow, run), ({ length }) => length === 1))
    return run
  }).pipe(Effect.provide(onFile(workflow, filename)))

const answered = (workflow: Served, run: string) =>
  Effect.gen(function* () {
    const [waiting] = yield* Durable.waiting(workflow, run)
    yield* answer.answer(waiting!.token, true)
    return yield* workflow.result(run)
  })

describe("nodes that have changed names", () => {
  it.live("with each other: what is recorded of each goes with it, and is undone by it", () =>
    Effect.gen(function* () {
      const filename = file()
      const undone: Array<string> = []
      const step = (line: string) =>
        note(line).pipe(Durable.compensate(() => Effect.sync(() => undone.push(`undo ${line}`))))
      const fail = Node.make(Log, { exec: () => Effect.fail(new Broken()) })
      const before = Durable.workflow(Flow.sequence(Log, { a: step("one"), b: step("two"), wait, fail }), options)
      const run = yield* begun(before, filename)
      const after = Durable.workflow(Flow.sequence(Log, { b: step("one"), a: step("two"), wait, fail }), {
        ...options,
        migrate: { [before.graph]: { rename: { a: "b", b: "a" } } }
      })
      yield* Effect.gen(function* () {
        const steps = yield* Durable.steps(after, run)
        assert.deepStrictEqual(
          steps.slice(0, 2).map(({ name, path }) => `${name} ${path.join()}`),
          ["b#0 b", "a#1 a"]
        )
        assert.deepStrictEqual((yield* Durable.storeAfter(after, run, 2)).lines, ["one", "two"])
        assert.instanceOf(yield* Effect.flip(answered(after, run)), Broken)
        assert.deepStrictEqual(undone, ["undo two", "undo one"])
      }).pipe(Effect.provide(onFile(after, filename)))
    })
  )

  it.live("and share a store: commits keep their order", () =>
    Effect.gen(function* () {
      const filename = file()
      class Item extends Context.Service<Item, number>()("Item") {}
      const inner = Flow.sequence(Log, {
        first: Node.make(Log, { prep: () => Item, post: (n) => Log.next((s) => ({ lines: [...s.lines, `${n}`] })) }),
        second: Node.make(Log, {
          prep: () => Item,
          exec: (n) =>
            n === 0 ? Effect.flatMap(Durable.Waits, (waits) => waits.signal(answer, () => Effect.void)) : Effect.void,
          post: () => Log.next((s) => ({ n: s.n + 1 }))
        })
      })
      const each = Flow.forEach(inner, { params: Item, prep: () => [0, 1, 2], concurrency: 3 })
      const before = Durable.workflow(Flow.sequence(Log, { each }), options)
      const run = yield* begun(before, filename)
      const after = Durable.workflow(Flow.sequence(Log, { all: each }), {
        ...options,
        migrate: { [before.graph]: { rename: { each: "all" } } }
      })
      yield* Effect.gen(function* () {
        const ended = yield* answered(after, run)
        assert.strictEqual(ended.store.n, 3)
        assert.lengthOf(ended.store.lines, 3)
        const steps = yield* Durable.steps(after, run)
        assert.deepStrictEqual(yield* Durable.storeAfter(after, run, steps.length), ended.store)
      }).pipe(Effect.provide(onFile(after, filename)))
    })
  )
})

describe("a run that has come to another graph", () => {
  const a = note("one")
  const before = Durable.workflow(Flow.sequence(Log, { a, wait }), options)
  const after = Durable.workflow(Flow.sequence(Log, { first: a, wait, a: note("two"), again: wait }), {
    ...options,
    migrate: { [before.graph]: { rename: { a: "first" } } }
  })
  const last = Durable.workflow(Flow.sequence(Log, { first: a, wait, second: note("two"), again: wait }), {
    ...options,
    migrate: { [after.graph]: { rename: { a: "second" } } }
  })
  const names = (workflow: Served, run: string) =>
    Effect.map(Durable.steps(workflow, run), (steps) =>
      steps.filter(({ kind }) => kind === "visit").map(({ name, path }) => `${name} ${path.join("/")}`)
    )
  /** The first wait is answered by a worker of `after`, which comes to the second. */
  const moved = (filename: string) =>
    Effect.gen(function* () {
      const run = yield* begun(before, filename)
      yield* Effect.gen(function* () {
        const [waiting] = yield* Durable.waiting(after, run)
        yield* answer.answer(waiting!.token, true)
        yield* when(
          Effect.map(Durable.waiting(after, run), (all) => all.length === 1 && all[0]!.path.join() === "again")
        )
      }).pipe(Effect.provide(onFile(after, filename)))
      return run
    })

  it.live("is refused by a worker of the one before, and goes on on its own", () =>
    Effect.gen(function* () {
      const filename = file()
      const run = yield* moved(filename)
      const refused = yield* Effect.gen(function* () {
        yield* before.resume(run)
        return yield* Effect.flip(before.result(run))
      }).pipe(Effect.provide(onFile(before, filename)))
      assert.deepEqual(refused, new Durable.OtherGraph({ run, recorded: after.graph, found: before.graph }))
      const ended = yield* Effect.andThen(after.resume(run), answered(after, run)).pipe(
        Effect.provide(onFile(after, filename))
      )
      assert.deepStrictEqual(ended.store.lines, ["one", "two"])
    })
  )

  it.live("may use a name again that was given up, and come to a third", () =>
    Effect.gen(function* () {
      const filename = file()
      const run = yield* moved(filename)
      assert.deepStrictEqual(yield* names(after, run).pipe(Effect.provide(onFile(after, filename))), [
        "first#0 first",
        "wait#1 wait",
        "a#2 a"
      ])
      const expected = ["first#0 first", "wait#1 wait", "second#2 second"]
      yield* Effect.gen(function* () {
        // As a worker will read it; and as one has.
        assert.deepStrictEqual(yield* names(last, run), expected)
        const ended = yield* answered(last, run)
        assert.deepStrictEqual(ended.store.lines, ["one", "two"])
        assert.deepStrictEqual(yield* names(last, run), [...expected, "again#3 again"])
        const second = (yield* Durable.steps(last, run)).find(({ name }) => name === "second#2")
        assert.deepStrictEqual((yield* Durable.storeAfter(last, run, second!.index)).lines, ["one", "two"])
      }).pipe(Effect.provide(onFile(last, filename)))
    })
  )

  it.live("is refused where the record of that is damaged or lost", () =>
    Effect.gen(function* () {
      for (const [change, reason] of [
        [`UPDATE cluster_replies SET payload = replace(payload, '"Migrated"', '"Moved"')`, "cannot be read"],
        [`UPDATE cluster_messages SET payload = replace(payload, 'migrated/1', 'migrated/9')`, "is missing"]
      ] as const) {
        const filename = file()
        const run = yield* moved(filename)
        yield* Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(change)).pipe(
          Effect.provide(Sqlite.layer({ filename }))
        )
        const refused = yield* Effect.andThen(after.resume(run), Effect.flip(after.result(run))).pipe(
          Effect.provide(onFile(after, filename))
        )
        assert.deepInclude(refused, { _tag: "BadRecord", run, record: "migrated/1" })
        assert.include((refused as Durable.BadRecord).reason, reason)
      }
    })
  )

  it.live("keeps the forks that were made of it on the other one", () =>
    Effect.gen(function* () {
      const filename = file()
      const run = yield* begun(before, filename)
      const other = Durable.workflow(Flow.sequence(Log, { start: a, wait }), {
        ...options,
        migrate: { [before.graph]: { rename: { a: "start" } } }
      })
      const fork = yield* Effect.gen(function* () {
        const fork = yield* Durable.fork(other, run, { step: 1, key: "fork" })
        yield* when(Effect.map(Durable.waiting(other, fork), ({ length }) => length === 1))
        return fork
      }).pipe(Effect.provide(onFile(other, filename)))
      yield* Effect.gen(function* () {
        const [waiting] = yield* Durable.waiting(after, run)
        yield* answer.answer(waiting!.token, true)
        yield* when(Effect.map(Durable.steps(after, run), (steps) => steps.some(({ name }) => name === "a#2")))
      }).pipe(Effect.provide(onFile(after, filename)))
      yield* Effect.gen(function* () {
        const ended = yield* answered(other, fork)
        assert.deepStrictEqual(ended.store.lines, ["one"])
        assert.deepStrictEqual(yield* names(other, fork), ["start#0 start", "wait#1 wait"])
      }).pipe(Effect.provide(onFile(other, filename)))
    })
  )
})

describe("a visit that is under way while its node is renamed", () => {
  it.live("keeps its idempotency key", () =>
    Effect.gen(function* () {
      const filename = file()
      const keys: Array<string> = []
      const pay = (open: boolean) =>
        Node.make(Log, {
          exec: () =>
            Effect.flatMap(Durable.IdempotencyKey, (key) => {
              keys.push(key)
              return open ? Effect.void : Effect.never
            }),
          post: () => Log.next()
        })
      const before = Durable.workflow(Flow.sequence(Log, { a: note("a"), pay: pay(false) }), options)
      const run = yield* Effect.gen(function* () {
        const run = yield* before.start({ lines: [], n: 0 })
        yield* when(Effect.sync(() => keys.length === 1))
        return run
      }).pipe(Effect.provide(onFile(before, filename)))
      const after = Durable.workflow(Flow.sequence(Log, { a: note("a"), payment: pay(true) }), {
        ...options,
        migrate: { [before.graph]: { rename: { pay: "payment" } } }
      })
      yield* after.result(run).pipe(Effect.provide(onFile(after, filename)))
      assert.strictEqual(keys.length, 2)
      assert.strictEqual(keys[1], keys[0])
    })
  )

  it.live("waits on, whatever else is renamed; also with signs in its name", () =>
    Effect.gen(function* () {
      for (const [id, rename] of [
        ["ok", { legacy: "ok", old: "start" }],
        ["o#k~", { "o#k~": "now" }]
      ] as const) {
        const filename = file()
        const before = Durable.workflow(
          Flow.sequence(Log, { old: note("a"), [id]: wait } as unknown as { old: typeof wait }),
          options
        )
        const run = yield* begun(before, filename)
        const start = "old" in rename ? "start" : "old"
        const now = "old" in rename ? id : "now"
        const after = Durable.workflow(
          Flow.sequence(Log, { [start]: note("a"), [now]: wait } as unknown as { a: typeof wait }),
          {
            ...options,
            migrate: { [before.graph]: { rename } }
          }
        )
        const ended = yield* answered(after, run).pipe(Effect.provide(onFile(after, filename)))
        assert.deepStrictEqual(ended.store.lines, ["a"])
      }
    })
  )

  it.live("sleeps on, as long as it was to", () =>
    Effect.gen(function* () {
      const filename = file()
      const before = Durable.workflow(
        Flow.sequence(Log, { a: note("a"), nap: Durable.sleep(Log, "500 millis") }),
        options
      )
      const run = yield* Effect.gen(function* () {
        const run = yield* before.start({ lines: [], n: 0 })
        yield* when(Effect.map(before.poll(run), ({ _tag }) => _tag === "Suspended"))
        return run
      }).pipe(Effect.provide(onFile(before, filename)))
      // One that began to sleep now would not wake up in time.
      const after = Durable.workflow(Flow.sequence(Log, { a: note("a"), rest: Durable.sleep(Log, "1 day") }), {
        ...options,
        migrate: { [before.graph]: { rename: { nap: "rest" } } }
      })
      const ended = yield* after.result(run).pipe(Effect.provide(onFile(after, filename)))
      assert.deepStrictEqual(ended.store.lines, ["a"])
    })
  )
})

describe("a fork on a new graph of a run on the old one", () => {
  it.live("goes on after a restart, too", () =>
    Effect.gen(function* () {
      const filename = file()
      const before = Durable.workflow(Flow.sequence(Log, { a: note("a"), b: note("b"), wait }), options)
      const run = yield* begun(before, filename)
      const after = Durable.workflow(Flow.sequence(Log, { first: note("a"), b: note("b"), wait }), {
        ...options,
        migrate: { [before.graph]: { rename: { a: "first" } } }
      })
      const fork = yield* Effect.gen(function* () {
        const fork = yield* Durable.fork(after, run, { step: 2, key: "fork", store: { lines: ["!"], n: 1 } })
        yield* when(Effect.map(Durable.waiting(after, fork), ({ length }) => length === 1))
        return fork
      }).pipe(Effect.provide(onFile(after, filename)))
      const ended = yield* answered(after, fork).pipe(Effect.provide(onFile(after, filename)))
      assert.deepStrictEqual(ended.store, { lines: ["!"], n: 1 })
    })
  )

  it.live("is refused where the other run is gone", () =>
    Effect.gen(function* () {
      const filename = file()
      const workflow = Durable.workflow(Flow.sequence(Log, { a: note("a"), b: note("b"), wait }), options)
      const run = yield* begun(workflow, filename)
      const fork = yield* Effect.gen(function* () {
        const fork = yield* Durable.fork(workflow, run, { step: 2, key: "fork" })
        yield* when(Effect.map(Durable.waiting(workflow, fork), ({ length }) => length === 1))
        return fork
      }).pipe(Effect.provide(onFile(workflow, filename)))
      yield* Effect.flatMap(
        SqlClient.SqlClient,
        (sql) => sql`DELETE FROM cluster_messages WHERE entity_id = ${run} AND tag = 'activity'`
      ).pipe(Effect.provide(Sqlite.layer({ filename })))
      const refused = yield* Effect.andThen(workflow.resume(fork), Effect.flip(workflow.result(fork))).pipe(
        Effect.provide(onFile(workflow, filename))
      )
      assert.deepInclude(refused, { _tag: "BadRecord", run, record: "step 2" })
    })
  )
})
