import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Flow } from "effect-pocketflow"
import { add, multiply, propagation, set, Shared } from "../support.ts"

const zero = { current: 0 }

describe("TestFlowComposition", () => {
  it.effect("test_flow_as_node [R7 R14]", () =>
    Effect.gen(function* () {
      const first = Flow.sequence(Shared, { set: set(5) })
      const second = Flow.sequence(Shared, { first, add: add(10), multiply: multiply(2) })
      const run = yield* Flow.run(Flow.sequence(Shared, { second }), zero)
      assert.deepStrictEqual(run, { outcome: "default", store: { current: 30 }, steps: 3 })
    })
  )

  it.effect("test_nested_flow [R7 R14]", () =>
    Effect.gen(function* () {
      const inner = Flow.sequence(Shared, { set: set(5) })
      const middle = Flow.sequence(Shared, { inner, add: add(3) })
      const run = yield* Flow.run(Flow.sequence(Shared, { middle, multiply: multiply(4) }), zero)
      assert.deepStrictEqual(run, { outcome: "default", store: { current: 32 }, steps: 3 })
    })
  )

  it.effect("test_flow_chaining_flows [R7 R14]", () =>
    Effect.gen(function* () {
      const first = Flow.sequence(Shared, { set: set(10), add: add(10) })
      const second = Flow.sequence(Shared, { multiply: multiply(2) })
      const run = yield* Flow.run(Flow.sequence(Shared, { first, second }), zero)
      assert.deepStrictEqual(run, { outcome: "default", store: { current: 40 }, steps: 3 })
    })
  )

  // PocketFlow lets any action be wired; here "other_action" must be an ending of the inner flow, so it is taken, too.
  it.effect("test_composition_with_action_propagation [R11 R14]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Flow.run(propagation(100, Effect.void), zero), {
        outcome: "default",
        store: { current: 100, signal: "inner_done", path: "B" },
        steps: 3
      })
      assert.deepStrictEqual(yield* Flow.run(propagation(99, Effect.void), zero), {
        outcome: "default",
        store: { current: 99, signal: "other_action", path: "A" },
        steps: 3
      })
    })
  )
})
