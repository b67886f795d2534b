import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Ref, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import { TestClock } from "effect/testing"
import { during, failure } from "../../core/support.ts"
import { doubleGroups, moment, sum, timed } from "../support.ts"

const NumberArray = Schema.Array(Schema.Number)

const Batches = Store.make("Batches", {
  batches: Schema.Array(NumberArray),
  processed: Schema.Record(Schema.String, NumberArray),
  total: Schema.optionalKey(Schema.Number)
})

class BatchId extends Context.Service<BatchId, number>()("conformance/BatchId") {}

/** The items of all batches at once: one run for each batch, and in each the items in parallel. */
const inParallel = <E>(exec: (n: number) => Effect.Effect<number, E>) =>
  Flow.forEach(
    Node.batch(Batches, {
      prep: (s) => Effect.map(BatchId, (id) => s.batches[id]!),
      exec,
      post: (_items, results) =>
        Effect.map(BatchId, (id) => Batches.to("processed", (s) => ({ processed: { ...s.processed, [id]: results } }))),
      concurrency: "unbounded"
    }),
    { params: BatchId, prep: (s) => s.batches.keys(), concurrency: "unbounded" }
  )

/**
 * Doubles all numbers, then adds them up. PocketFlow has the sum made in each run,
 * of what there is by then, and the last one to write is right.
 */
const flow = Flow.sequence(Batches, {
  double: inParallel((n) => Effect.delay(Effect.succeed(n * 2), "100 millis")),
  aggregate: Node.make(Batches, {
    prep: (s) => Object.values(s.processed).flat(),
    exec: (numbers) => Effect.as(moment, sum(numbers)),
    post: (_numbers, total) => Batches.to("aggregated", { total })
  })
})

describe("TestAsyncParallelBatchFlow", () => {
  it.effect("test_parallel_batch_flow [R22 R23]", () =>
    Effect.gen(function* () {
      const batches = [
        [1, 2, 3],
        [4, 5, 6],
        [7, 8, 9]
      ]
      assert.deepStrictEqual(yield* timed(Flow.run(flow, { batches, processed: {} })), {
        value: {
          outcome: "aggregated",
          store: { batches, processed: { 0: [2, 4, 6], 1: [8, 10, 12], 2: [14, 16, 18] }, total: 90 },
          steps: 2
        },
        millis: 110
      })
    })
  )

  // PocketFlow lets the other runs go on, and write, after the failure; here they are interrupted.
  it.effect("test_error_handling [R19 R21 R23]", () =>
    Effect.gen(function* () {
      const init = {
        batches: [
          [1, 2, 3],
          [4, 5, 6]
        ],
        processed: {}
      }
      const ref = yield* Ref.make<typeof Batches.Type>(init)
      const failing = inParallel((n) => Effect.delay(n === 2 ? Effect.fail(`no ${n}`) : Effect.succeed(n), n * 10))
      assert.deepStrictEqual(yield* during("20 millis", failure(Flow.runRef(failing, ref))), {
        reasons: [{ fail: "no 2" }],
        site: { path: [], phase: "exec", attempt: 0, item: 1 }
      })
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* Ref.get(ref), init)
    })
  )

  it.effect("test_multiple_batch_sizes [R22 R23]", () =>
    Effect.gen(function* () {
      const batches = [[1], [2, 3, 4], [5, 6], [7, 8, 9, 10]]
      assert.deepStrictEqual(yield* timed(Flow.run(flow, { batches, processed: {} })), {
        value: {
          outcome: "aggregated",
          store: { batches, processed: { 0: [2], 1: [4, 6, 8], 2: [10, 12], 3: [14, 16, 18, 20] }, total: 110 },
          steps: 2
        },
        millis: 110
      })
    })
  )
})

describe("TestNestedAsyncParallelBatchFlow", () => {
  it.effect("test_nested_parallel_batch_flow [R22 R23 R24]", () =>
    Effect.gen(function* () {
      const groups = { A: [1, 2], B: [3, 4] }
      const flow = doubleGroups({ concurrency: "unbounded", work: moment })
      assert.deepStrictEqual(yield* timed(Flow.run(flow, { groups, results: {} })), {
        value: { outcome: "default", store: { groups, results: { A: [2, 4], B: [6, 8] } }, steps: 1 },
        millis: 10
      })
    })
  )
})
