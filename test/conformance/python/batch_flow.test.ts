import { assert, describe, it } from "@effect/vitest"
import { Effect, Ref } from "effect"
import { Flow, Node } from "effect-pocketflow"
import { failure } from "../../core/support.ts"
import { doubleGroups, forEachKey, Keyed, nested, Params, perKey, result } from "../support.ts"

const double = forEachKey(perKey((value) => value * 2))

describe("TestBatchFlow", () => {
  it.effect("test_basic_batch_processing [R22]", () =>
    Effect.gen(function* () {
      const input = { a: 1, b: 2, c: 3 }
      assert.deepStrictEqual(yield* Flow.run(double, { input, results: {} }), {
        outcome: "default",
        store: { input, results: { a: 2, b: 4, c: 6 } },
        steps: 1
      })
    })
  )

  it.effect("test_empty_input [R22]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Flow.run(double, { input: {}, results: {} }), {
        outcome: "default",
        store: { input: {}, results: {} },
        steps: 1
      })
    })
  )

  it.effect("test_single_item [R22]", () =>
    Effect.gen(function* () {
      const input = { single: 5 }
      assert.deepStrictEqual(yield* Flow.run(double, { input, results: {} }), {
        outcome: "default",
        store: { input, results: { single: 10 } },
        steps: 1
      })
    })
  )

  it.effect("test_error_handling [R17 R22 R29]", () =>
    Effect.gen(function* () {
      const input = { normal_key: 1, error_key: 2, another_key: 3 }
      const ref = yield* Ref.make<typeof Keyed.Type>({ input, results: {} })
      const node = Node.make(Keyed, {
        prep: () =>
          Effect.flatMap(Params, ({ key }) => (key === "error_key" ? Effect.fail(`no ${key}`) : Effect.succeed(key))),
        post: (key) => result(key, 1)
      })
      assert.deepStrictEqual(yield* failure(Flow.runRef(forEachKey(node), ref)), {
        reasons: [{ fail: "no error_key" }],
        site: { path: [], phase: "prep", attempt: 0, item: 1 }
      })
      assert.deepStrictEqual(yield* Ref.get(ref), { input, results: { normal_key: 1 } })
    })
  )

  it.effect("test_nested_flow [R7 R22]", () =>
    Effect.gen(function* () {
      const input = { x: 1, y: 2 }
      assert.deepStrictEqual(yield* Flow.run(forEachKey(nested()), { input, results: {} }), {
        outcome: "default",
        store: { input, between: { x: 2, y: 3 }, results: { x: 4, y: 6 } },
        steps: 1
      })
    })
  )

  it.effect("test_custom_parameters [R22]", () =>
    Effect.gen(function* () {
      const input = { a: 1, b: 2, c: 3 }
      const flow = forEachKey(perKey((value, place) => value * place))
      assert.deepStrictEqual(yield* Flow.run(flow, { input, results: {} }), {
        outcome: "default",
        store: { input, results: { a: 1, b: 4, c: 9 } },
        steps: 1
      })
    })
  )

  it.effect("test_nested_batch_flow [R22 R24]", () =>
    Effect.gen(function* () {
      const groups = { A: [1, 2], B: [3, 4] }
      assert.deepStrictEqual(yield* Flow.run(doubleGroups({ work: Effect.void }), { groups, results: {} }), {
        outcome: "default",
        store: { groups, results: { A: [2, 4], B: [6, 8] } },
        steps: 1
      })
    })
  )
})
