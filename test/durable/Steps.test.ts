import { assert, describe, it } from "@effect/vitest"
import { Durable } from "@effect-pocketflow/durable"
import { Context, Effect, Layer, Optic, Schema, Stream } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import { embedded, Log, when } from "./support.ts"

const engines = { memory: () => Durable.memory, embedded: () => embedded() } as const

const made: Array<string> = []
const note = (line: string) =>
  Node.make(Log, {
    exec: () => Effect.sync(() => made.push(line)),
    post: () => Log.next((s) => ({ lines: [...s.lines, line], n: s.n + 1 }))
  })

const Inner = Store.make("Inner", { words: Schema.Array(Schema.String) })
const say = (word: string) =>
  Node.make(Inner, {
    exec: () => Effect.sync(() => made.push(word)),
    post: () => Inner.next((s) => ({ words: [...s.words, word] }))
  })

const flow = Flow.sequence(Log, {
  a: note("a"),
  call: Flow.call(Log, Flow.sequence(Inner, { x: say("x"), y: say("y") }), {
    prep: (s) => ({ words: s.lines }),
    post: (_input, run) => Log.next({ lines: run.store.words })
  }),
  both: Flow.all(Log, { l: note("l"), r: note("r") }),
  b: Flow.focus(note("b"), Optic.id<typeof Log.Type>())
})

describe.each(Object.entries(engines))("on %s", (name, engine) => {
  const workflow = Durable.workflow(flow, { name: `steps-${name}`, version: "1", idempotencyKey: (s) => `${s.n}` })
  const worker = workflow.layer.pipe(Layer.provideMerge(engine()))

  it.live("the steps of a run, and the store after each", () =>
    Effect.gen(function* () {
      const run = yield* workflow.start({ lines: [], n: 0 })
      yield* workflow.result(run)
      const steps = yield* Durable.steps(workflow, run)
      assert.deepStrictEqual(
        steps.map(({ action, index, kind, name }) => `${index} ${kind} ${name} ${action}`),
        [
          "1 visit a#0 default",
          "2 visit call/x#2 default",
          "3 visit call/y#3 default",
          "4 visit call#4 default",
          "5 visit both#5/l/#0 default",
          "6 visit both#5/r/#0 default",
          "7 visit both#5 default",
          "8 visit b#6 default"
        ]
      )
      const stores = yield* Effect.forEach([0, ...steps.map(({ index }) => index)], (step) =>
        Durable.storeAfter(workflow, run, step)
      )
      assert.deepStrictEqual(
        stores.map(({ lines, n }) => `${lines.join("")} ${n}`),
        [" 0", "a 1", "a 1", "a 1", "axy 1", "axy 1", "axy 1", "axylr 3", "axylrb 4"]
      )
    }).pipe(Effect.provide(worker))
  )

  it.live("a fork takes over what was done, and goes on with an edited store", () =>
    Effect.gen(function* () {
      const run = yield* workflow.start({ lines: [], n: 100 })
      yield* workflow.result(run)
      for (const [step, lines, again] of [
        [0, "!axylrb", "a x y l r b"],
        [1, "!xylrb", "x y l r b"],
        [4, "!lrb", "l r b"],
        [7, "!b", "b"]
      ] as const) {
        made.length = 0
        const fork = yield* Durable.fork(workflow, run, { step, key: `fork-${step}`, store: { lines: ["!"], n: 9 } })
        const ended = yield* workflow.result(fork)
        assert.strictEqual(ended.store.lines.join(""), lines)
        assert.strictEqual(made.join(" "), again)
        const all = yield* Durable.steps(workflow, fork)
        assert.deepStrictEqual(yield* Durable.storeAfter(workflow, fork, all.length), ended.store)
      }
      // Inside of a call, it counts for what comes after that.
      const inside = yield* Durable.fork(workflow, run, { step: 2, key: "inside", store: { lines: ["!"], n: 9 } })
      const { store } = yield* workflow.result(inside)
      assert.deepStrictEqual(store, { lines: [..."axylrb"], n: 12 })
    }).pipe(Effect.provide(worker))
  )

  it.live("a fork of a fork, with the store as it was", () =>
    Effect.gen(function* () {
      const run = yield* workflow.start({ lines: [], n: 200 })
      yield* workflow.result(run)
      const one = yield* Durable.fork(workflow, run, { step: 4, key: "one", store: { lines: ["!"], n: 9 } })
      yield* workflow.result(one)
      made.length = 0
      const two = yield* Durable.fork(workflow, one, { step: 7, key: "two" })
      const ended = yield* workflow.result(two)
      assert.strictEqual(ended.store.lines.join(""), "!lrb")
      assert.deepStrictEqual(made, ["b"])
    }).pipe(Effect.provide(worker))
  )

  it.live("a fork is not the run that it is of, whatever its key", () =>
    Effect.gen(function* () {
      const run = yield* workflow.start({ lines: [], n: 400 })
      yield* workflow.result(run)
      const fork = yield* Durable.fork(workflow, run, { step: 7, key: "400", store: { lines: ["!"], n: 0 } })
      assert.strictEqual((yield* workflow.result(fork)).store.lines.join(""), "!b")
      assert.strictEqual(yield* Durable.fork(workflow, run, { step: 7, key: "400" }), fork)
    }).pipe(Effect.provide(worker))
  )

  it.live("a fork of a run that waits asks by itself", () =>
    Effect.gen(function* () {
      const answer = Durable.signal("answer", Schema.String)
      const wait = Durable.approval(Log, { signal: answer, post: (line) => Log.next({ lines: [line] }) })
      const asks = Durable.workflow(Flow.sequence(Log, { a: note("a"), wait }), {
        name: `asks-${name}`,
        version: "1",
        idempotencyKey: () => "k"
      })
      const waits = (run: string) =>
        Effect.gen(function* () {
          yield* when(Effect.map(Durable.waiting(asks, run), ({ length }) => length === 1))
          return (yield* Durable.waiting(asks, run))[0]!.token
        })
      yield* Effect.gen(function* () {
        const run = yield* asks.start({ lines: [], n: 0 })
        const token = yield* waits(run)
        const fork = yield* Durable.fork(asks, run, { step: 2, key: "fork" })
        yield* answer.answer(yield* waits(fork), "the fork's")
        assert.deepStrictEqual((yield* asks.result(fork)).store.lines, ["the fork's"])
        assert.strictEqual((yield* asks.poll(run))._tag, "Suspended")
        yield* answer.answer(token, "its own")
        assert.deepStrictEqual((yield* asks.result(run)).store.lines, ["its own"])
      }).pipe(Effect.provide(asks.layer.pipe(Layer.provideMerge(engine()))))
    })
  )

  it.live("a step that cannot be come to here is refused, not shown as an earlier one", () =>
    Effect.gen(function* () {
      class Model extends Context.Service<Model, string>()("Model") {}
      // In a branch, a transition with a function is asked for again.
      const told = Node.make(Log, {
        post: () => Effect.map(Model, (m) => Log.next((s) => ({ lines: [...s.lines, m] })))
      })
      const tells = Durable.workflow(Flow.sequence(Log, { a: note("a"), both: Flow.all(Log, { told }) }), {
        name: `tells-${name}`,
        version: "1",
        idempotencyKey: () => "k"
      })
      yield* Effect.gen(function* () {
        const run = yield* tells.start({ lines: [], n: 0 })
        yield* tells.result(run)
        assert.deepStrictEqual((yield* Durable.storeAfter(tells, run, 1)).lines, ["a"])
        assert.deepStrictEqual((yield* Durable.storeAfter(tells, run, 3)).lines, ["a", "owl"])
        const bad = yield* Effect.flip(Durable.storeAfter(tells, run, 2))
        assert.deepInclude(bad, { _tag: "BadRecord", run, record: "both#1/told/#0" })
        assert.include(bad.reason, "Model")
        const seen = yield* Effect.provideService(Durable.storeAfter(tells, run, 2), Model, "owl")
        assert.deepStrictEqual(seen.lines, ["a"])
      }).pipe(
        Effect.provide(tells.layer.pipe(Layer.provideMerge(engine()), Layer.provide(Layer.succeed(Model, "owl"))))
      )
    })
  )

  it.live("a step that the run has not come to is refused", () =>
    Effect.gen(function* () {
      const run = yield* workflow.start({ lines: [], n: 500 })
      yield* workflow.result(run)
      for (const step of [-1, 9, 1.5, NaN]) {
        const bad = new Durable.BadRecord({ run, record: `step ${step}`, reason: "is not there: the last one is 8" })
        assert.deepEqual(yield* Effect.flip(Durable.storeAfter(workflow, run, step)), bad)
        assert.deepEqual(yield* Effect.flip(Durable.fork(workflow, run, { step, key: "bad" })), bad)
      }
      const unknown = yield* Effect.flip(Durable.storeAfter(workflow, "unknown", 1))
      assert.deepInclude(unknown, { run: "unknown", record: "begun", reason: "is not there" })
    }).pipe(Effect.provide(worker))
  )

  it.live("a stream of what is recorded, until the end", () =>
    Effect.gen(function* () {
      const run = yield* workflow.start({ lines: [], n: 300 })
      const seen = yield* Stream.runCollect(Durable.changes(workflow, run, { every: 20 }))
      assert.deepStrictEqual(seen, yield* Durable.steps(workflow, run))
      assert.lengthOf(seen, 8)
    }).pipe(Effect.provide(worker))
  )
})

class Word extends Context.Service<Word, string>()("test/durable/Word") {}

it.live("what the runs of a forEach have added to a long list is there when the run is begun anew", () =>
  Effect.gen(function* () {
    const add = Node.make(Log, {
      exec: () => Word,
      post: (_, word) => Log.next((s) => ({ lines: [...s.lines, word] }))
    })
    const flow = Flow.sequence(Log, {
      each: Flow.forEach(add, { params: Word, prep: () => ["x", "y"] }),
      last: Node.make(Log, { post: () => Log.next({ n: 1 }) })
    })
    const workflow = Durable.workflow(flow, { name: "long", version: "1", idempotencyKey: () => "k" })
    const long = ["0".repeat(1000)]
    yield* Effect.gen(function* () {
      const run = yield* workflow.start({ lines: long, n: 0 })
      const { store } = yield* workflow.result(run)
      const { length } = yield* Durable.steps(workflow, run)
      assert.deepStrictEqual(yield* Durable.storeAfter(workflow, run, length), store)
      assert.deepStrictEqual(store.lines, [...long, "x", "y"])
    }).pipe(Effect.provide(workflow.layer.pipe(Layer.provideMerge(Durable.memory))))
  })
)
