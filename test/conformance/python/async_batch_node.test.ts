import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Flow } from "effect-pocketflow"
import { chunkSums, moment, range, timed } from "../support.ts"

describe("TestAsyncBatchNode", () => {
  it.effect("test_array_chunking [R1 R19b R26]", () =>
    Effect.gen(function* () {
      const input = range(25)
      assert.deepStrictEqual(yield* timed(Flow.run(chunkSums(10, moment), { input })), {
        value: { outcome: "default", store: { input, chunks: [45, 145, 110] }, steps: 1 },
        millis: 30
      })
    })
  )
})
