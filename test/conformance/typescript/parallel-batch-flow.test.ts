import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Number, Ref, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import { failure } from "../../core/support.ts"
import { timed } from "./support.ts"

const Batches = Store.make("Batches", {
  batches: Schema.Array(Schema.Array(Schema.Number)),
  processed: Schema.Record(Schema.String, Schema.Array(Schema.Number)),
  total: Schema.Number
})

type Numbers = ReadonlyArray<number>

/** Batches of which none was processed. */
const unprocessed = (...batches: ReadonlyArray<Numbers>) => ({ batches, processed: {}, total: 0 })

class BatchId extends Context.Service<BatchId, number>()("BatchId") {}

/** Works on the numbers of all batches at once, and sums the results of each batch when it is done. */
const processAll = <E>(work: (n: number) => Effect.Effect<number, E>) => {
  const process = Node.batch(Batches, {
    prep: (s) => Effect.map(BatchId, (id): Numbers => s.batches[id] ?? []),
    exec: (n) => work(n),
    post: (_numbers, results) =>
      Effect.map(BatchId, (id) => Batches.to("processed", (s) => ({ processed: { ...s.processed, [id]: results } }))),
    concurrency: "unbounded"
  })
  // Upstream sums what prep saw; an update sums what there is, so no run leaves a total that is out of date.
  const aggregate = Node.make(Batches, {
    exec: () => Effect.sleep(10),
    post: () => Batches.to("aggregated", (s) => ({ total: Number.sumAll(Object.values(s.processed).flat()) }))
  })
  const flow = Flow.make(Batches, {
    start: "process",
    nodes: { process, aggregate },
    edges: { process: { processed: "aggregate" } }
  })
  return Flow.forEach(flow, { params: BatchId, prep: (s) => s.batches.keys(), concurrency: "unbounded" })
}

const double = processAll((n) => Effect.delay(Effect.succeed(n * 2), 100))

describe("ParallelBatchFlow Tests", () => {
  it.effect("parallel batch flow [R19b R22 R23]", () =>
    Effect.gen(function* () {
      const init = unprocessed([1, 2, 3], [4, 5, 6], [7, 8, 9])
      assert.deepStrictEqual(yield* timed(Flow.run(double, init)), {
        took: 110,
        outcome: "default",
        store: { ...init, processed: { 0: [2, 4, 6], 1: [8, 10, 12], 2: [14, 16, 18] }, total: 90 },
        steps: 1
      })
    })
  )

  it.effect("error handling [R19 R21 R29]", () =>
    Effect.gen(function* () {
      const flow = processAll((n) =>
        n === 2 ? Effect.delay(Effect.fail(`no ${n}`), 10) : Effect.as(Effect.sleep(n * 2), n)
      )
      const init = unprocessed([1, 2, 3], [4], [7, 8])
      const ref = yield* Ref.make<typeof Batches.Type>(init)
      assert.deepStrictEqual(yield* timed(failure(Flow.runRef(flow, ref))), {
        took: 10,
        reasons: [{ fail: "no 2" }],
        site: { path: ["process"], phase: "exec", attempt: 0, item: 1 }
      })
      // What was committed before stays. Upstream's other runs would go on, and write their batches and totals.
      assert.deepStrictEqual(yield* Ref.get(ref), { ...init, processed: { 1: [4] } })
    })
  )

  it.effect("multiple batch sizes [R19b R22 R23]", () =>
    Effect.gen(function* () {
      const init = unprocessed([1], [2, 3, 4], [5, 6], [7, 8, 9, 10])
      assert.deepStrictEqual(yield* timed(Flow.run(double, init)), {
        took: 110,
        outcome: "default",
        store: { ...init, processed: { 0: [2], 1: [4, 6, 8], 2: [10, 12], 3: [14, 16, 18, 20] }, total: 110 },
        steps: 1
      })
    })
  )
})
