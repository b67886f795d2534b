import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Flow, Node } from "effect-pocketflow"
import { moment, propagation, Shared, timed } from "../support.ts"

const set = (current: number) =>
  Node.make(Shared, { post: () => Effect.as(moment, Shared.to("number_set", { current })) })
const increment = Node.make(Shared, {
  post: () =>
    Effect.as(
      moment,
      Shared.to("done", (s) => ({ current: s.current + 1 }))
    )
})

describe("TestAsyncNode", () => {
  it.effect("test_async_number_node_direct_call [R1 R26]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* timed(Flow.run(set(42), { current: 0 })), {
        value: { outcome: "number_set", store: { current: 42 }, steps: 1 },
        millis: 10
      })
    })
  )

  it.effect("test_async_increment_node_direct_call [R1 R26]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* timed(Flow.run(increment, { current: 10 })), {
        value: { outcome: "done", store: { current: 11 }, steps: 1 },
        millis: 10
      })
    })
  )
})

describe("TestAsyncFlow", () => {
  it.effect("test_simple_async_flow [R7 R11 R26]", () =>
    Effect.gen(function* () {
      const flow = Flow.make(Shared, {
        start: "set",
        nodes: { set: set(5), increment },
        edges: { set: { number_set: "increment" } }
      })
      assert.deepStrictEqual(yield* timed(Flow.run(flow, { current: 0 })), {
        value: { outcome: "done", store: { current: 6 }, steps: 2 },
        millis: 20
      })
    })
  )

  it.effect("test_async_flow_branching [R7 R26]", () =>
    Effect.gen(function* () {
      const branch = Node.make(Shared, {
        post: (s) => Effect.as(moment, s.current >= 0 ? Shared.to("positive_branch") : Shared.to("negative_branch"))
      })
      const path = (path: string) => Node.make(Shared, { post: () => Shared.next({ path }) })
      const flow = Flow.make(Shared, {
        start: "branch",
        nodes: { branch, positive: path("positive"), negative: path("negative") },
        edges: { branch: { positive_branch: "positive", negative_branch: "negative" } }
      })
      assert.deepStrictEqual(yield* timed(Flow.run(flow, { current: 10 })), {
        value: { outcome: "default", store: { current: 10, path: "positive" }, steps: 2 },
        millis: 10
      })
    })
  )

  it.effect("test_async_composition_with_action_propagation [R11 R14 R26]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* timed(Flow.run(propagation(200, moment), { current: 0 })), {
        // PocketFlow gives None for "no action".
        value: { outcome: "default", store: { current: 200, signal: "inner_done", path: "B" }, steps: 3 },
        millis: 20
      })
    })
  )
})
