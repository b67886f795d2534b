import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import { failure } from "../../core/support.ts"
import { range, timed } from "./support.ts"

const Numbers = Store.make("Numbers", {
  input: Schema.Array(Schema.Number),
  processed: Schema.optionalKey(Schema.Array(Schema.Number)),
  final: Schema.optionalKey(Schema.Array(Schema.Number))
})

/** Doubles all numbers at once, each in `millis`. */
const double = (millis: number) =>
  Node.batch(Numbers, {
    prep: (s) => s.input,
    exec: (n) => Effect.delay(Effect.succeed(n * 2), millis),
    post: (_input, processed) => Numbers.to("processed", { processed }),
    concurrency: "unbounded"
  })

describe("AsyncParallelBatchNode Tests", () => {
  it.effect("parallel processing [R1 R19b]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* timed(Flow.run(double(100), { input: range(5) })), {
        took: 100,
        outcome: "processed",
        store: { input: range(5), processed: [0, 2, 4, 6, 8] },
        steps: 1
      })
    })
  )

  it.effect("empty input [R1]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* timed(Flow.run(double(100), { input: [] })), {
        took: 0,
        outcome: "processed",
        store: { input: [], processed: [] },
        steps: 1
      })
    })
  )

  it.effect("single item [R1]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* timed(Flow.run(double(100), { input: [42] })), {
        took: 100,
        outcome: "processed",
        store: { input: [42], processed: [84] },
        steps: 1
      })
    })
  )

  it.effect("large batch [R19b]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* timed(Flow.run(double(10), { input: range(100) })), {
        took: 10,
        outcome: "processed",
        store: { input: range(100), processed: range(100).map((n) => n * 2) },
        steps: 1
      })
    })
  )

  it.effect("error handling [R19 R21]", () =>
    Effect.gen(function* () {
      const ended: Array<number> = []
      const node = Node.batch(Numbers, {
        prep: (s) => s.input,
        exec: (n) =>
          n === 2
            ? Effect.delay(Effect.fail(`no ${n}`), 10)
            : Effect.delay(
                Effect.sync(() => ended.push(n)),
                20
              ),
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(yield* timed(failure(Flow.run(node, { input: [1, 2, 3] }))), {
        took: 10,
        reasons: [{ fail: "no 2" }],
        site: { path: [], phase: "exec", attempt: 0, item: 1 }
      })
      // Upstream's items 1 and 3 go on.
      assert.deepStrictEqual(ended, [])
    })
  )

  it.effect("concurrent execution [R19b]", () =>
    Effect.gen(function* () {
      const ended: Array<number> = []
      const node = Node.batch(Numbers, {
        prep: (s) => s.input,
        exec: (n) =>
          Effect.delay(
            Effect.sync(() => (ended.push(n), n)),
            n % 2 === 0 ? 100 : 50
          ),
        post: (_input, processed) => Numbers.next({ processed }),
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(yield* timed(Flow.run(node, { input: range(4) })), {
        took: 100,
        outcome: "default",
        store: { input: range(4), processed: range(4) },
        steps: 1
      })
      assert.deepStrictEqual(ended, [1, 3, 0, 2])
    })
  )

  it.effect("integration with Flow [R7 R19b]", () =>
    Effect.gen(function* () {
      const increment = Node.batch(Numbers, {
        prep: (s) => s.processed ?? [],
        exec: (n) => Effect.succeed(n + 1),
        post: (_processed, final) => Numbers.to("completed", { final }),
        concurrency: "unbounded"
      })
      const flow = Flow.make(Numbers, {
        start: "double",
        nodes: { double: double(100), increment },
        edges: { double: { processed: "increment" } }
      })
      assert.deepStrictEqual(yield* timed(Flow.run(flow, { input: range(5) })), {
        took: 100,
        outcome: "completed",
        store: { input: range(5), processed: [0, 2, 4, 6, 8], final: [1, 3, 5, 7, 9] },
        steps: 2
      })
    })
  )
})
