// Where PocketFlow's flows give None for "no action", ours give "default".
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Flow, Node } from "effect-pocketflow"
import { expectTypeOf } from "vitest"
import { add, checkSign, multiply, set, Shared, signal } from "../support.ts"

const zero = { current: 0 }

describe("TestFlowBasic", () => {
  it.effect("test_start_method_initialization [R6 R8 R11]", () =>
    Effect.gen(function* () {
      const flow = Flow.make(Shared, { start: "set", nodes: { set: set(5) } })
      assert.deepStrictEqual(yield* Flow.run(flow, zero), { outcome: "default", store: { current: 5 }, steps: 1 })
    })
  )

  it.effect("test_start_method_chaining [R7 R8 R11]", () =>
    Effect.gen(function* () {
      const flow = Flow.make(Shared, {
        start: "set",
        nodes: { set: set(5), add: add(3), multiply: multiply(2) },
        edges: { set: { default: "add" }, add: { default: "multiply" } }
      })
      assert.deepStrictEqual(yield* Flow.run(flow, zero), { outcome: "default", store: { current: 16 }, steps: 3 })
    })
  )

  it.effect("test_sequence_with_rshift [R7 R8 R11]", () =>
    Effect.gen(function* () {
      const flow = Flow.sequence(Shared, { set: set(5), add: add(3), multiply: multiply(2) })
      assert.deepStrictEqual(yield* Flow.run(flow, zero), { outcome: "default", store: { current: 16 }, steps: 3 })
    })
  )

  const branching = (start: number) =>
    Flow.make(Shared, {
      start: "set",
      nodes: { set: set(start), check: checkSign, more: add(10), less: add(-20) },
      edges: { set: { default: "check" }, check: { positive: "more", negative: "less" } }
    })

  it.effect("test_branching_positive [R7 R11]", () =>
    Effect.gen(function* () {
      const run = yield* Flow.run(branching(5), zero)
      assert.deepStrictEqual(run, { outcome: "default", store: { current: 15 }, steps: 3 })
    })
  )

  it.effect("test_branching_negative [R7 R11]", () =>
    Effect.gen(function* () {
      const run = yield* Flow.run(branching(-5), zero)
      assert.deepStrictEqual(run, { outcome: "default", store: { current: -25 }, steps: 3 })
    })
  )

  it.effect("test_cycle_until_negative_ends_with_signal [R7 R11]", () =>
    Effect.gen(function* () {
      const flow = Flow.make(Shared, {
        start: "set",
        nodes: { set: set(10), check: checkSign, subtract: add(-3), end: signal("cycle_done") },
        edges: {
          set: { default: "check" },
          check: { positive: "subtract", negative: "end" },
          subtract: { default: "check" }
        }
      })
      const run = yield* Flow.run(flow, zero)
      assert.deepStrictEqual(run, { outcome: "cycle_done", store: { current: -2 }, steps: 11 })
    })
  )

  // PocketFlow warns in the next two cases, when it comes to it; here the type tells of the ending before.
  it.effect("test_flow_ends_warning_default_missing [R8 R10]", () =>
    Effect.gen(function* () {
      const start = Node.make(Shared, {
        post: (s) => (s.current > 0 ? Shared.to("specific_action") : Shared.next())
      })
      const flow = Flow.make(Shared, {
        start: "start",
        nodes: { start, next: signal("reached") },
        edges: { start: { specific_action: "next" } }
      })
      const run = yield* Flow.run(flow, zero)
      expectTypeOf(run.outcome).toEqualTypeOf<"default" | "reached">()
      assert.deepStrictEqual(run, { outcome: "default", store: zero, steps: 1 })
    })
  )

  it.effect("test_flow_ends_warning_specific_missing [R10 R11]", () =>
    Effect.gen(function* () {
      const start = Node.make(Shared, {
        post: (s) => (s.current > 0 ? Shared.next() : Shared.to("specific_action"))
      })
      const flow = Flow.make(Shared, {
        start: "start",
        nodes: { start, next: signal("reached") },
        edges: { start: { default: "next" } }
      })
      const run = yield* Flow.run(flow, zero)
      expectTypeOf(run.outcome).toEqualTypeOf<"specific_action" | "reached">()
      assert.deepStrictEqual(run, { outcome: "specific_action", store: zero, steps: 1 })
    })
  )
})
