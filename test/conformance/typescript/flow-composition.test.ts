import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Flow, Node } from "effect-pocketflow"
import { Calc, maxRetries, number, plus, succeedOn, times, timed } from "./support.ts"

/** A computation that succeeds on the last of its attempts. */
const onAttempt = (attempts: number, f: (n: number) => number) =>
  Node.make(Calc, {
    prep: (s) => s.current,
    exec: (n) => Effect.as(succeedOn(attempts), f(n)),
    post: (_n, current) => Calc.next({ current })
  }).pipe(Node.retry(maxRetries(attempts, 10)))

describe("Flow Composition Tests with Node", () => {
  it.effect("flow as node [R14]", () =>
    Effect.gen(function* () {
      const inner = Flow.sequence(Calc, { five: number(5), add: plus(10), double: times(2) })
      const middle = Flow.make(Calc, { start: "inner", nodes: { inner } })
      const outer = Flow.make(Calc, { start: "middle", nodes: { middle } })
      assert.deepStrictEqual(yield* Flow.run(outer, { current: 0 }), {
        outcome: "default",
        store: { current: 30 },
        steps: 3
      })
    })
  )

  it.effect("nested flow [R7 R14]", () =>
    Effect.gen(function* () {
      const inner = Flow.sequence(Calc, { five: number(5), add: plus(3) })
      const middle = Flow.sequence(Calc, { inner, quadruple: times(4) })
      const outer = Flow.make(Calc, { start: "middle", nodes: { middle } })
      assert.deepStrictEqual(yield* Flow.run(outer, { current: 0 }), {
        outcome: "default",
        store: { current: 32 },
        steps: 3
      })
    })
  )

  it.effect("flow chaining flows [R7 R14]", () =>
    Effect.gen(function* () {
      const first = Flow.sequence(Calc, { ten: number(10), add: plus(10) })
      const second = Flow.sequence(Calc, { double: times(2) })
      assert.deepStrictEqual(yield* Flow.run(Flow.sequence(Calc, { first, second }), { current: 0 }), {
        outcome: "default",
        store: { current: 40 },
        steps: 3
      })
    })
  )

  it.effect("flow with retry handling [R7 R16]", () =>
    Effect.gen(function* () {
      const flow = Flow.sequence(Calc, { five: onAttempt(2, () => 5), add: plus(10), double: times(2) })
      assert.deepStrictEqual(yield* timed(Flow.run(flow, { current: 0 })), {
        took: 10,
        outcome: "default",
        store: { current: 30 },
        steps: 3
      })
    })
  )

  // Upstream's nodes have these limits but never fail.
  it.effect("nested flows with mixed retry configurations [R14 R16]", () =>
    Effect.gen(function* () {
      const inner = Flow.sequence(Calc, { five: onAttempt(5, () => 5), add: onAttempt(2, (n) => n + 3) })
      const middle = Flow.sequence(Calc, { inner, quadruple: onAttempt(3, (n) => n * 4) })
      const outer = Flow.make(Calc, { start: "middle", nodes: { middle } })
      assert.deepStrictEqual(yield* timed(Flow.run(outer, { current: 0 })), {
        took: (4 + 1 + 2) * 10,
        outcome: "default",
        store: { current: 32 },
        steps: 3
      })
    })
  )
})
