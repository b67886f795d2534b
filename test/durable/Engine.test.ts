import { assert, describe, it } from "@effect/vitest"
import { Durable } from "@effect-pocketflow/durable"
import { Effect, Layer, Logger } from "effect"
import { Flow, Node } from "effect-pocketflow"
import * as SqlClient from "effect/sql/SqlClient"
import { answers, database } from "./postgres.ts"
import { embedded, file, freePort, Log, when } from "./support.ts"

const note = (line: string) => Node.make(Log, { post: () => Log.next((s) => ({ lines: [...s.lines, line] })) })
const flow = Flow.sequence(Log, { a: note("a"), both: Flow.all(Log, { l: note("l"), r: note("r") }), b: note("b") })
const workflow = Durable.workflow(flow, { name: "notes", version: "1", idempotencyKey: (s) => `${s.n}` })

describe.skipIf(!answers)("on Postgres", () => {
  it.live("one process", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const engine = Durable.postgres({ database: yield* database, grace: "50 millis" })
        const run = yield* workflow
          .execute({ lines: [], n: 0 })
          .pipe(Effect.provide(workflow.layer.pipe(Layer.provideMerge(engine))))
        assert.deepStrictEqual(run.store.lines, ["a", "l", "r", "b"])
      })
    )
  )

  it.live("two workers and a client", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const db = yield* database
        const worker = Effect.flatMap(freePort, (port) =>
          Layer.build(
            Layer.fresh(workflow.layer.pipe(Layer.provide(Durable.cluster({ port, database: db, grace: "50 millis" }))))
          )
        )
        yield* worker
        yield* worker
        const runs = yield* Effect.forEach([1, 2, 3, 4, 5, 6], (n) => workflow.execute({ lines: [], n }), {
          concurrency: "unbounded"
        }).pipe(Effect.provide(Durable.client(db)))
        assert.deepStrictEqual(
          runs.map(({ store }) => store.lines.join()),
          Array(6).fill("a,l,r,b")
        )
      })
    )
  )
})

describe("on SQLite", () => {
  it.live("a client begins runs and waits for them, and another process does them", () =>
    Effect.gen(function* () {
      const filename = file()
      const client = Durable.client({ filename })
      const id = yield* workflow.start({ lines: [], n: 1 }).pipe(Effect.provide(client))
      assert.deepStrictEqual(yield* workflow.poll(id).pipe(Effect.provide(client)), { _tag: "Running" })
      yield* Layer.build(Layer.fresh(workflow.layer.pipe(Layer.provide(embedded(filename)))))
      const run = yield* workflow.result(id).pipe(Effect.provide(client))
      assert.deepStrictEqual(run.store.lines, ["a", "l", "r", "b"])
    }).pipe(Effect.scoped)
  )
})

describe("a disk that is full for a while", () => {
  it.live("holds a run up, and nothing of it is lost", () =>
    Effect.gen(function* () {
      const visits = 40
      let made = 0
      const page = "x".repeat(5000)
      const fill = Node.make(Log, {
        exec: () => Effect.sync(() => made++),
        post: (s) =>
          s.n === visits - 1 ? Log.to("end", { n: visits }) : Log.to("again", { n: s.n + 1, lines: [`${s.n}${page}`] })
      })
      const flow = Flow.make(Log, { start: "fill", nodes: { fill }, edges: { fill: { again: "fill" } } })
      const filling = Durable.workflow(flow, { name: "filling", version: "1", idempotencyKey: () => "k" })
      let refused = 0
      const counting = Logger.make(({ message }) => {
        if (String(message).includes("database or disk is full")) refused++
      })
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const [now] = yield* sql<{ readonly page_count: number }>`PRAGMA page_count`
        yield* sql.unsafe(`PRAGMA max_page_count = ${now!.page_count + 20}`)
        const run = yield* filling.start({ lines: [], n: 0 })
        yield* when(Effect.sync(() => refused > 1))
        assert.deepStrictEqual(yield* filling.poll(run), { _tag: "Running" })
        assert.isBelow(made, visits)
        yield* sql.unsafe(`PRAGMA max_page_count = 1000000`)
        const ended = yield* filling.result(run)
        assert.strictEqual(ended.store.n, visits)
        assert.strictEqual(made, visits)
        assert.lengthOf(yield* Durable.steps(filling, run), visits)
      }).pipe(
        Effect.provide(filling.layer.pipe(Layer.provideMerge(embedded()), Layer.provideMerge(Logger.layer([counting]))))
      )
    })
  )
})

describe("a database that is not there", () => {
  const nowhere = { host: "127.0.0.1", port: 1, username: "nobody" }
  const engines = {
    embedded: Durable.embedded({ filename: "/dev/null/runs.db" }),
    postgres: Durable.postgres({ database: nowhere }),
    cluster: Durable.cluster({ port: 1, database: nowhere }),
    client: Durable.client(nowhere)
  }
  it.live.each(Object.entries(engines))("is an SqlError: %s", ([, engine]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.scoped(Layer.build(engine)))
      assert.strictEqual(error._tag, "SqlError")
    })
  )
})
