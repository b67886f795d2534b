import { assert, describe, it } from "@effect/vitest"
import { Durable } from "@effect-pocketflow/durable"
import { Effect, Layer, Schema } from "effect"
import { Flow, Node } from "effect-pocketflow"
import { embedded, file, Log } from "./support.ts"

const note = (line: string) =>
  Node.make(Log, { post: () => Log.next((s) => ({ lines: [...s.lines, line], n: s.n + 1 })) })

const engines = { memory: () => Durable.memory, embedded: () => embedded() } as const

describe.each(Object.entries(engines))("on %s", (name, engine) => {
  it.live("a run is what it is in memory", () =>
    Effect.gen(function* () {
      let worked = 0
      const each = Node.batch(Log, {
        prep: (s) => [s.n, s.n + 1, s.n + 2],
        exec: (n) => Effect.sync(() => (worked++, n * 2)),
        post: (_items, results) => Log.next({ lines: results.map(String) })
      })
      const flow = Flow.sequence(Log, {
        first: note("a"),
        each,
        both: Flow.all(Log, { left: note("left"), right: note("right") }),
        call: Flow.call(Log, note("inner"), {
          prep: (s) => Effect.succeed(s),
          post: (_input, run) => Log.next((s) => ({ lines: [...s.lines, ...run.store.lines.slice(-1)] }))
        })
      })
      const workflow = Durable.workflow(flow, { name: `same-${name}`, version: "1", idempotencyKey: (s) => `${s.n}` })
      const run = yield* workflow
        .execute({ lines: [], n: 7 })
        .pipe(Effect.provide(workflow.layer.pipe(Layer.provideMerge(engine()))))
      assert.deepStrictEqual(run, yield* Flow.run(flow, { lines: [], n: 7 }))
      assert.strictEqual(worked, 6)
    })
  )

  it.live("the same key is the same run", () =>
    Effect.gen(function* () {
      let worked = 0
      const node = Node.make(Log, { exec: () => Effect.sync(() => ++worked), post: () => Log.to("done") })
      const workflow = Durable.workflow(node, { name: `once-${name}`, version: "1", idempotencyKey: () => "k" })
      yield* Effect.gen(function* () {
        const one = yield* workflow.start({ lines: [], n: 0 })
        const two = yield* workflow.start({ lines: [], n: 1 })
        assert.strictEqual(one, two)
        assert.deepStrictEqual(yield* workflow.result(one), { outcome: "done", store: { lines: [], n: 0 }, steps: 1 })
        assert.strictEqual(worked, 1)
      }).pipe(Effect.provide(workflow.layer.pipe(Layer.provideMerge(engine()))))
    })
  )

  it.live("an error is the flow's own", () =>
    Effect.gen(function* () {
      class Offline extends Schema.TaggedError<Offline>()("Offline", { host: Schema.String }) {}
      const node = Node.make(Log, { exec: () => Effect.fail(new Offline({ host: "h" })) })
      const workflow = Durable.workflow(node, {
        name: `fails-${name}`,
        version: "1",
        idempotencyKey: () => "k",
        error: Offline
      })
      const error = yield* Effect.flip(workflow.execute({ lines: [], n: 0 })).pipe(
        Effect.provide(workflow.layer.pipe(Layer.provideMerge(engine())))
      )
      assert.deepStrictEqual(error, new Offline({ host: "h" }))
    })
  )

  it.live("a timeout needs no schema", () =>
    Effect.gen(function* () {
      const node = Node.make(Log, { exec: () => Effect.never }).pipe(Node.timeout("10 millis"))
      const workflow = Durable.workflow(node, { name: `late-${name}`, version: "1", idempotencyKey: () => "k" })
      const error = yield* Effect.flip(workflow.execute({ lines: [], n: 0 })).pipe(
        Effect.provide(workflow.layer.pipe(Layer.provideMerge(engine())))
      )
      assert.strictEqual(error._tag, "TimeoutError")
    })
  )
})

describe("embedded", () => {
  it.live("a run goes on when the file is opened again", () =>
    Effect.gen(function* () {
      const filename = file()
      const worked: Array<string> = []
      const step = (name: string, wait: boolean) =>
        Node.make(Log, {
          exec: () =>
            Effect.andThen(
              Effect.sync(() => worked.push(name)),
              wait ? Effect.never : Effect.void
            ),
          post: () => Log.next((s) => ({ lines: [...s.lines, name] }))
        })
      const make = (wait: boolean) =>
        Durable.workflow(Flow.sequence(Log, { a: step("a", false), b: step("b", wait), c: step("c", false) }), {
          name: "again",
          version: "1",
          idempotencyKey: () => "k"
        })
      const first = make(true)
      const id = yield* Effect.gen(function* () {
        const id = yield* first.start({ lines: [], n: 0 })
        while (worked.length < 2) yield* Effect.sleep(10)
        return id
      }).pipe(Effect.provide(first.layer.pipe(Layer.provideMerge(embedded(filename)))))
      const second = make(false)
      const run = yield* second
        .result(id)
        .pipe(Effect.provide(second.layer.pipe(Layer.provideMerge(embedded(filename)))))
      assert.deepStrictEqual(run.store.lines, ["a", "b", "c"])
      assert.deepStrictEqual(worked, ["a", "b", "b", "c"])
    })
  )
})
