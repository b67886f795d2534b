/**
 * Ways in which work ends that are neither a value nor an error of the flow.
 */
import { assert, describe, it } from "@effect/vitest"
import { Durable } from "@effect-pocketflow/durable"
import { Cause, Effect, Exit, Layer } from "effect"
import { Flow, Node } from "effect-pocketflow"
import { embedded, Log } from "./support.ts"

const engines = { memory: () => Durable.memory, embedded: () => embedded() } as const

describe.each(Object.entries(engines))("on %s", (name, engine) => {
  it.live("work that interrupts itself is a defect, and is not made again", () =>
    Effect.gen(function* () {
      let made = 0
      const node = Node.make(Log, { exec: () => Effect.suspend(() => (made++, Effect.interrupt)) })
      const workflow = Durable.workflow(node, { name: `itself-${name}`, version: "1", idempotencyKey: () => "k" })
      const exit = yield* Effect.exit(workflow.execute({ lines: [], n: 0 })).pipe(
        Effect.provide(workflow.layer.pipe(Layer.provideMerge(engine())))
      )
      assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      assert.strictEqual(made, 1)
    })
  )
})

describe("the result of an item that has no schema", () => {
  const ended = (result: unknown) => {
    const each = Node.batch(Log, {
      prep: () => [1],
      exec: () => Effect.succeed(result),
      post: (_items, results) =>
        Log.next({ lines: results.map((result) => JSON.stringify(Object.keys(result as object))) })
    })
    const workflow = Durable.workflow(Flow.sequence(Log, { each }), {
      name: "results",
      version: "1",
      idempotencyKey: () => "k"
    })
    return Effect.result(workflow.execute({ lines: [], n: 0 })).pipe(
      Effect.provide(Layer.fresh(workflow.layer.pipe(Layer.provideMerge(Durable.memory))))
    )
  }

  it.live("is what JSON keeps of it, from the first", () =>
    Effect.gen(function* () {
      const run = yield* Effect.fromResult(yield* ended({ a: 1, b: undefined }))
      assert.deepStrictEqual(run.store.lines, ['["a"]'])
    })
  )

  it.live("is an error that names the node, if it goes round in a circle or is no JSON", () =>
    Effect.gen(function* () {
      const circle: { self?: unknown } = {}
      circle.self = circle
      for (const [result, reason] of [
        [circle, "it is nested deeper than 1000 levels, or goes round in a circle"],
        [[undefined], "the value[0] is undefined, which JSON does not have"],
        [{ n: 1n }, "the value.n is a bigint, which JSON does not have"]
      ] as const) {
        const error = yield* Effect.fromResult(yield* ended(result)).pipe(Effect.flip)
        assert.deepInclude(error, { _tag: "NotRecordable", path: ["each"], reason })
      }
    })
  )
})
