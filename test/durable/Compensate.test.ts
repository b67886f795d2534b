import { assert, describe, it } from "@effect/vitest"
import { Durable } from "@effect-pocketflow/durable"
import { Effect, Layer, Schema } from "effect"
import { Flow, Node } from "effect-pocketflow"
import * as SqlClient from "effect/sql/SqlClient"
import * as record from "../../packages/durable/src/internal/record.ts"
import { registerAll } from "../../packages/durable/src/internal/undo.ts"
import { embedded, Log, when } from "./support.ts"

const engines = { memory: () => Durable.memory, embedded: () => embedded() } as const

class Broken extends Schema.TaggedError<Broken>()("Broken", {}) {}

describe.each(Object.entries(engines))("on %s", (name, engine) => {
  it.live("what was done is undone when the run fails, the last first, each with its own key", () =>
    Effect.gen(function* () {
      const done: Array<string> = []
      const step = (id: string) =>
        Node.make(Log, {
          exec: () => Effect.map(Durable.IdempotencyKey, (key) => void done.push(`${id} ${key.length}`)),
          post: () => Log.next((s) => ({ lines: [...s.lines, id] }))
        }).pipe(
          Durable.compensate((s) =>
            Effect.map(Durable.IdempotencyKey, (key) => void done.push(`undo ${id} ${s.lines.join()} ${key.length}`))
          )
        )
      const fail = Node.make(Log, { exec: () => Effect.fail(new Broken()) })
      const workflow = Durable.workflow(Flow.sequence(Log, { a: step("a"), b: step("b"), fail }), {
        name: `saga-${name}`,
        version: "1",
        idempotencyKey: () => "k",
        error: Broken
      })
      const error = yield* Effect.flip(workflow.execute({ lines: [], n: 0 })).pipe(
        Effect.provide(workflow.layer.pipe(Layer.provideMerge(engine())))
      )
      assert.instanceOf(error, Broken)
      assert.deepStrictEqual(done, ["a 32", "b 32", "undo b a,b 32", "undo a a 32"])
    })
  )

  it.live("an interrupted run is undone, too", () =>
    Effect.gen(function* () {
      const done: Array<string> = []
      const answer = Durable.signal("answer", Schema.Boolean)
      const flow = Flow.sequence(Log, {
        a: Node.make(Log, { exec: () => Effect.sync(() => done.push("a")) }).pipe(
          Durable.compensate(() => Effect.sync(() => done.push("undo a")))
        ),
        wait: Durable.approval(Log, { signal: answer, post: () => Log.next() })
      })
      const workflow = Durable.workflow(flow, { name: `stopped-${name}`, version: "1", idempotencyKey: () => "k" })
      yield* Effect.gen(function* () {
        const run = yield* workflow.start({ lines: [], n: 0 })
        yield* when(Effect.map(workflow.poll(run), ({ _tag }) => _tag === "Suspended"))
        yield* workflow.interrupt(run)
        yield* when(Effect.map(workflow.poll(run), ({ _tag }) => _tag === "Ended"))
        assert.deepStrictEqual(done, ["a", "undo a"])
      }).pipe(Effect.provide(workflow.layer.pipe(Layer.provideMerge(engine()))))
    })
  )

  it.live("what was done inside of a fan is undone after a restart, too", () =>
    Effect.gen(function* () {
      const done: Array<string> = []
      const answer = Durable.signal("answer", Schema.Boolean)
      const step = (id: string) =>
        Node.make(Log, {
          exec: () => Effect.sync(() => done.push(id)),
          post: () => Log.next((s) => ({ n: s.n + 1 }))
        }).pipe(Durable.compensate((s) => Effect.sync(() => done.push(`undo ${id} ${s.n}`))))
      const flow = Flow.sequence(Log, {
        both: Flow.all(
          Log,
          { left: step("left"), right: Flow.sequence(Log, { in: step("right") }) },
          { concurrency: 1 }
        ),
        call: Flow.call(Log, step("inner"), { prep: (s) => s, post: () => Log.next() }),
        wait: Durable.approval(Log, { signal: answer, post: () => Log.next() }),
        fail: Node.make(Log, { exec: () => Effect.fail(new Broken()) })
      })
      const workflow = Durable.workflow(flow, {
        name: `inside-${name}`,
        version: "1",
        idempotencyKey: () => "k",
        error: Broken
      })
      yield* Effect.gen(function* () {
        const run = yield* workflow.start({ lines: [], n: 0 })
        yield* when(Effect.map(workflow.poll(run), ({ _tag }) => _tag === "Suspended"))
        const [waiting] = yield* Durable.waiting(workflow, run)
        yield* answer.answer(waiting!.token, true)
        assert.instanceOf(yield* Effect.flip(workflow.result(run)), Broken)
        assert.deepStrictEqual(done, ["left", "right", "inner", "undo inner 3", "undo right 1", "undo left 1"])
      }).pipe(Effect.provide(workflow.layer.pipe(Layer.provideMerge(engine()))))
    })
  )

  it.live("a run that has failed waits, and goes on from there when it is resumed", () =>
    Effect.gen(function* () {
      const done: Array<string> = []
      let works = false
      const keys = new Set<string>()
      const flow = Flow.sequence(Log, {
        a: Node.make(Log, { exec: () => Effect.sync(() => done.push("a")), post: () => Log.next({ n: 1 }) }),
        b: Node.batch(Log, {
          prep: () => [1, 2, 3],
          exec: (item) =>
            Effect.gen(function* () {
              done.push(`b${item}`)
              if (item < 3) return item
              keys.add(yield* Durable.IdempotencyKey)
              return works ? item : yield* new Broken()
            }),
          post: (_items, results) => Log.to("done", { lines: results.map(String) })
        })
      })
      const workflow = Durable.workflow(flow, {
        name: `suspends-${name}`,
        version: "1",
        idempotencyKey: () => "k",
        error: Broken,
        suspendOnFailure: true
      })
      yield* Effect.gen(function* () {
        const error = yield* Effect.flip(workflow.execute({ lines: [], n: 0 }))
        assert.instanceOf(error, Durable.RunSuspended)
        const run = (error as Durable.RunSuspended).run
        works = true
        yield* workflow.resume(run)
        yield* when(Effect.map(workflow.poll(run), ({ _tag }) => _tag === "Ended"))
        assert.deepStrictEqual((yield* workflow.result(run)).store, { lines: ["1", "2", "3"], n: 1 })
        assert.deepStrictEqual(done, ["a", "b1", "b2", "b3", "b3"])
        assert.strictEqual(keys.size, 1)
      }).pipe(Effect.provide(workflow.layer.pipe(Layer.provideMerge(engine()))))
    })
  )
})

describe("a transactional visit", () => {
  const write = (n: number) =>
    Effect.flatMap(SqlClient.SqlClient, (sql) => Effect.orDie(sql`INSERT INTO mine VALUES (${n})`))

  it.live("writes to the database with its record, or not at all", () =>
    Effect.gen(function* () {
      let attempts = 0
      const once = (n: number) =>
        Effect.andThen(
          write(n),
          Effect.suspend(() => (++attempts % 2 === 1 ? Effect.fail(new Broken()) : Effect.void))
        )
      const insert = Node.make(Log, { exec: () => once(1) }).pipe(Durable.transactional)
      const each = Node.batch(Log, { prep: () => [2, 3], exec: once }).pipe(Durable.transactional)
      const caught = Flow.catch(
        Node.make(Log, { exec: () => Effect.andThen(write(4), Effect.fail(new Broken())) }).pipe(Durable.transactional),
        "default"
      )
      const workflow = Durable.workflow(Flow.sequence(Log, { insert, each, caught }), {
        name: "transaction",
        version: "1",
        idempotencyKey: () => "k",
        error: Broken,
        suspendOnFailure: true
      })
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`CREATE TABLE mine (n INTEGER)`
        const run = yield* workflow.start({ lines: [], n: 0 })
        const written: Array<string> = []
        for (let i = 0; i < 4; i++) {
          yield* when(Effect.map(workflow.poll(run), ({ _tag }) => _tag !== "Running"))
          const rows = yield* sql<{ readonly n: number }>`SELECT n FROM mine ORDER BY n`
          written.push(rows.map(({ n }) => n).join())
          if ((yield* workflow.poll(run))._tag === "Ended") break
          yield* workflow.resume(run)
        }
        assert.deepStrictEqual(written, ["", "1", "1,2", "1,2,3"])
      }).pipe(Effect.provide(workflow.layer.pipe(Layer.provideMerge(embedded()))))
    }).pipe(Effect.scoped)
  )
})

it.effect("that a visit was undone is no record of another node", () =>
  Effect.suspend(() => {
    const step = Node.make(Log, { post: () => Log.next() }).pipe(Durable.compensate(() => Effect.void))
    const records = new Map([["b#1/undo", record.make({ _tag: "Done" }, 0, { path: ["b"] })]])
    const journal = { records, failures: new Map(), commits: new Map(), asked: new Map() }
    // It registers nothing, so needs no run.
    return registerAll(Flow.sequence(Log, { a: step, b: step }), journal, {
      perform: () => Effect.void,
      refuse: (key, reason) => Effect.die(`${key} ${reason}`)
    }) as Effect.Effect<void>
  })
)
