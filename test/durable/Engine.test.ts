import { assert, describe, it } from "@effect/vitest"
import { Durable } from "@effect-pocketflow/durable"
import { Effect, Layer } from "effect"
import { Flow, Node } from "effect-pocketflow"
import { answers, database } from "./postgres.ts"
import { embedded, file, freePort, Log } from "./support.ts"

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
