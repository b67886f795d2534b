import { assert, describe, it } from "@effect/vitest"
import { Effect, Ref } from "effect"
import { Flow, Node } from "effect-pocketflow"
import { during, failure } from "../../core/support.ts"
import { forEachKey, Keyed, moment, nested, Params, perKey, result, timed } from "../support.ts"

const double = forEachKey(perKey((value) => value * 2, moment))

describe("TestAsyncBatchFlow", () => {
  it.effect("test_basic_async_batch_processing [R22 R26]", () =>
    Effect.gen(function* () {
      const input = { a: 1, b: 2, c: 3 }
      assert.deepStrictEqual(yield* timed(Flow.run(double, { input, results: {} })), {
        value: { outcome: "default", store: { input, results: { a: 2, b: 4, c: 6 } }, steps: 1 },
        millis: 30
      })
    })
  )

  it.effect("test_empty_async_batch [R22 R26]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* timed(Flow.run(double, { input: {}, results: {} })), {
        value: { outcome: "default", store: { input: {}, results: {} }, steps: 1 },
        millis: 0
      })
    })
  )

  it.effect("test_async_error_handling [R17 R22 R29]", () =>
    Effect.gen(function* () {
      const input = { normal_key: 1, error_key: 2, another_key: 3 }
      const ref = yield* Ref.make<typeof Keyed.Type>({ input, results: {} })
      const node = Node.make(Keyed, {
        prep: () => Params,
        exec: () => moment,
        post: ({ key }) => (key === "error_key" ? Effect.fail(`no ${key}`) : Effect.succeed(result(key, 1)))
      })
      assert.deepStrictEqual(yield* during("1 minute", failure(Flow.runRef(forEachKey(node), ref))), {
        reasons: [{ fail: "no error_key" }],
        site: { path: [], phase: "post", attempt: 0, item: 1 }
      })
      assert.deepStrictEqual(yield* Ref.get(ref), { input, results: { normal_key: 1 } })
    })
  )

  it.effect("test_nested_async_flow [R7 R22 R26]", () =>
    Effect.gen(function* () {
      const input = { x: 1, y: 2 }
      assert.deepStrictEqual(yield* timed(Flow.run(forEachKey(nested(moment)), { input, results: {} })), {
        value: {
          outcome: "default",
          store: { input, between: { x: 2, y: 3 }, results: { x: 4, y: 6 } },
          steps: 1
        },
        millis: 40
      })
    })
  )

  it.effect("test_custom_async_parameters [R22 R26]", () =>
    Effect.gen(function* () {
      const input = { a: 1, b: 2, c: 3 }
      const flow = forEachKey(perKey((value, place) => value * place, moment))
      assert.deepStrictEqual(yield* timed(Flow.run(flow, { input, results: {} })), {
        value: { outcome: "default", store: { input, results: { a: 1, b: 4, c: 9 } }, steps: 1 },
        millis: 30
      })
    })
  )
})
