/**
 * Runs on one shared store, inside of each other.
 */
import { assert, describe, it } from "@effect/vitest"
import { Durable } from "@effect-pocketflow/durable"
import { Context, Effect, Layer, Schema } from "effect"
import { Flow, Node } from "effect-pocketflow"
import { embedded, Log, when } from "./support.ts"

const engines = { memory: () => Durable.memory, embedded: () => embedded() } as const

class Broken extends Schema.TaggedError<Broken>()("Broken", {}) {}
class Outer extends Context.Service<Outer, number>()("Outer") {}
class Inner extends Context.Service<Inner, number>()("Inner") {}

describe.each(Object.entries(engines))("on %s", (name, engine) => {
  it.live("what an error edge has ended is not gone on with, though it would succeed by now", () =>
    Effect.gen(function* () {
      const made: Array<string> = []
      const answer = Durable.signal("answer", Schema.Boolean)
      const add = (id: string) =>
        Node.make(Log, {
          prep: () => Inner,
          exec: (i) => Effect.sync(() => made.push(`${id}${i}`)),
          post: () => Log.next((s) => ({ lines: [...s.lines, id] }))
        })
      // The first one fails when the second is through.
      const fails = Node.make(Log, {
        prep: () => Inner,
        exec: (i) =>
          Effect.suspend(() => {
            if (i > 0 || made.includes("fails")) return Effect.void
            made.push("fails")
            return Effect.andThen(
              when(Effect.sync(() => made.includes("z1"))),
              Effect.andThen(Effect.sleep(50), Effect.fail(new Broken()))
            )
          }),
        post: () => Log.next((s) => ({ n: s.n + 1 }))
      })
      const inner = Flow.forEach(Flow.sequence(Log, { x: add("x"), fails, z: add("z") }), {
        params: Inner,
        prep: () => [0, 1],
        concurrency: 2
      })
      const outer = Flow.forEach(
        Flow.sequence(Log, {
          caught: Flow.make(Log, { start: "inner", nodes: { inner } }).pipe(Flow.catch("default")),
          wait: Durable.approval(Log, { signal: answer, post: () => Log.next() })
        }),
        { params: Outer, prep: () => [0], concurrency: 2 }
      )
      const workflow = Durable.workflow(Flow.make(Log, { start: "outer", nodes: { outer } }), {
        name: `nested-${name}`,
        version: "1",
        idempotencyKey: () => "k",
        error: Broken
      })
      yield* Effect.gen(function* () {
        const run = yield* workflow.start({ lines: [], n: 0 })
        yield* when(Effect.map(Durable.waiting(workflow, run), ({ length }) => length === 1))
        const before = [...made]
        const [waiting] = yield* Durable.waiting(workflow, run)
        yield* answer.answer(waiting!.token, true)
        const ended = yield* workflow.result(run)
        assert.deepStrictEqual(ended.store, { lines: ["x", "x", "z"], n: 1 })
        assert.deepStrictEqual(made, before)
      }).pipe(Effect.provide(workflow.layer.pipe(Layer.provideMerge(engine()))))
    })
  )
})
