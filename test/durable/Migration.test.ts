/**
 * Runs that were begun on another graph.
 */
import { assert, describe, it } from "@effect/vitest"
import { Durable } from "@effect-pocketflow/durable"
import { Context, Effect, Layer, Schema } from "effect"
import { Flow, Node } from "effect-pocketflow"
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
})
