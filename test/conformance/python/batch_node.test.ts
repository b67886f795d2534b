import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Flow } from "effect-pocketflow"
import { chunkSums, range, Sums, total } from "../support.ts"

/** Sums the chunks, then their sums; gives all that this leaves. */
const mapReduce = (length: number, size: number) =>
  Flow.run(Flow.sequence(Sums, { map: chunkSums(size), reduce: total }), { input: range(length) })

describe("TestBatchNode", () => {
  it.effect("test_array_chunking [R1 R19b]", () =>
    Effect.gen(function* () {
      const input = range(25)
      assert.deepStrictEqual(yield* Flow.run(chunkSums(10), { input }), {
        outcome: "default",
        store: { input, chunks: [45, 145, 110] },
        steps: 1
      })
    })
  )

  it.effect("test_map_reduce_sum [R7 R19b]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* mapReduce(100, 10), {
        outcome: "default",
        store: { input: range(100), chunks: [45, 145, 245, 345, 445, 545, 645, 745, 845, 945], total: 4950 },
        steps: 2
      })
    })
  )

  it.effect("test_uneven_chunks [R7 R19b]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* mapReduce(25, 10), {
        outcome: "default",
        store: { input: range(25), chunks: [45, 145, 110], total: 300 },
        steps: 2
      })
    })
  )

  it.effect("test_custom_chunk_size [R7 R19b]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* mapReduce(100, 15), {
        outcome: "default",
        store: { input: range(100), chunks: [105, 330, 555, 780, 1005, 1230, 945], total: 4950 },
        steps: 2
      })
    })
  )

  it.effect("test_single_element_chunks [R7 R19b]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* mapReduce(5, 1), {
        outcome: "default",
        store: { input: range(5), chunks: [0, 1, 2, 3, 4], total: 10 },
        steps: 2
      })
    })
  )

  it.effect("test_empty_array [R7 R19b]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* mapReduce(0, 10), {
        outcome: "default",
        store: { input: [], chunks: [], total: 0 },
        steps: 2
      })
    })
  )
})
