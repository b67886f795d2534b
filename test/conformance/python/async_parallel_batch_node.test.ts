import { assert, describe, it } from "@effect/vitest"
import { Effect, Ref, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import { TestClock } from "effect/testing"
import { during, failure } from "../../core/support.ts"
import { range, timed } from "../support.ts"

const Numbers = Store.make("Numbers", {
  input: Schema.Array(Schema.Number),
  processed: Schema.optionalKey(Schema.Array(Schema.Number))
})

const parallel = <E>(exec: (n: number) => Effect.Effect<number, E>) =>
  Node.batch(Numbers, {
    prep: (s) => s.input,
    exec,
    post: (_input, processed) => Numbers.to("processed", { processed }),
    concurrency: "unbounded"
  })

const double = parallel((n) => Effect.delay(Effect.succeed(n * 2), "100 millis"))

describe("TestAsyncParallelBatchNode", () => {
  it.effect("test_parallel_processing [R19b]", () =>
    Effect.gen(function* () {
      const input = range(5)
      assert.deepStrictEqual(yield* timed(Flow.run(double, { input })), {
        value: { outcome: "processed", store: { input, processed: [0, 2, 4, 6, 8] }, steps: 1 },
        millis: 100
      })
    })
  )

  it.effect("test_empty_input [R19b]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* timed(Flow.run(double, { input: [] })), {
        value: { outcome: "processed", store: { input: [], processed: [] }, steps: 1 },
        millis: 0
      })
    })
  )

  it.effect("test_single_item [R19b]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* timed(Flow.run(double, { input: [42] })), {
        value: { outcome: "processed", store: { input: [42], processed: [84] }, steps: 1 },
        millis: 100
      })
    })
  )

  it.effect("test_large_batch [R19b]", () =>
    Effect.gen(function* () {
      const input = range(100)
      assert.deepStrictEqual(yield* timed(Flow.run(double, { input })), {
        value: { outcome: "processed", store: { input, processed: input.map((n) => n * 2) }, steps: 1 },
        millis: 100
      })
    })
  )

  // PocketFlow lets the other items go on after the failure; here they are interrupted.
  it.effect("test_error_handling [R19 R21]", () =>
    Effect.gen(function* () {
      const input = [1, 2, 3]
      const ref = yield* Ref.make<typeof Numbers.Type>({ input })
      const ended: Array<number> = []
      const node = parallel((n) =>
        n === 2
          ? Effect.fail(`no ${n}`)
          : Effect.delay(
              Effect.sync(() => ended.push(n)),
              "100 millis"
            )
      )
      assert.deepStrictEqual(yield* during(0, failure(Flow.runRef(node, ref))), {
        reasons: [{ fail: "no 2" }],
        site: { path: [], phase: "exec", attempt: 0, item: 1 }
      })
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(ended, [])
      assert.deepStrictEqual(yield* Ref.get(ref), { input })
    })
  )

  it.effect("test_concurrent_execution [R19b]", () =>
    Effect.gen(function* () {
      const ended: Array<number> = []
      const node = parallel((n) =>
        Effect.delay(
          Effect.sync(() => (ended.push(n), n)),
          n % 2 === 0 ? 100 : 50
        )
      )
      assert.deepStrictEqual(yield* timed(Flow.run(node, { input: range(4) })), {
        value: { outcome: "processed", store: { input: range(4), processed: range(4) }, steps: 1 },
        millis: 100
      })
      assert.deepStrictEqual(ended, [1, 3, 0, 2])
    })
  )
})
