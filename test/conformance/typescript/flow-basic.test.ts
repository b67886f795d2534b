import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import { Calc, maxRetries, number, plus, succeedOn, times, timed } from "./support.ts"

const check = Node.make(Calc, { post: (s) => Calc.to(s.current >= 0 ? "positive" : "negative") })

/** A number that is checked, and goes one of two ways. */
const branching = (n: number) =>
  Flow.make(Calc, {
    start: "number",
    nodes: { number: number(n), check, ifPositive: plus(10), ifNegative: plus(-20) },
    edges: { number: { default: "check" }, check: { positive: "ifPositive", negative: "ifNegative" } }
  })

const Report = Store.make("Report", { result: Schema.optionalKey(Schema.String) })

const flaky = (succeedsOn: number) =>
  Node.make(Report, {
    exec: () => Effect.map(succeedOn(succeedsOn), (attempt) => `success on attempt ${attempt}`),
    post: (_s, result) => Report.next({ result })
  })

describe("Pocket Flow Tests with Node", () => {
  it.effect("single number [R8 R11]", () =>
    Effect.gen(function* () {
      const flow = Flow.make(Calc, { start: "five", nodes: { five: number(5) } })
      assert.deepStrictEqual(yield* Flow.run(flow, { current: 0 }), {
        outcome: "default",
        store: { current: 5 },
        steps: 1
      })
    })
  )

  it.effect("sequence with chaining [R7 R8]", () =>
    Effect.gen(function* () {
      const flow = Flow.sequence(Calc, { five: number(5), add: plus(3), double: times(2) })
      assert.deepStrictEqual(yield* Flow.run(flow, { current: 0 }), {
        outcome: "default",
        store: { current: 16 },
        steps: 3
      })
    })
  )

  it.effect("branching positive [R7]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Flow.run(branching(5), { current: 0 }), {
        outcome: "default",
        store: { current: 15 },
        steps: 3
      })
    })
  )

  it.effect("negative branch [R7]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Flow.run(branching(-5), { current: 0 }), {
        outcome: "default",
        store: { current: -25 },
        steps: 3
      })
    })
  )

  it.effect("cycle until negative [R7]", () =>
    Effect.gen(function* () {
      const flow = Flow.make(Calc, {
        start: "ten",
        nodes: { ten: number(10), check, subtract: plus(-3), nothing: Node.make(Calc, {}) },
        edges: {
          ten: { default: "check" },
          check: { positive: "subtract", negative: "nothing" },
          subtract: { default: "check" }
        }
      })
      // 10, 7, 4, 1 and -2 are checked; four of them are reduced.
      assert.deepStrictEqual(yield* Flow.run(flow, { current: 0 }), {
        outcome: "default",
        store: { current: -2 },
        steps: 1 + 5 + 4 + 1
      })
    })
  )

  it.effect("retry functionality [R16]", () =>
    Effect.gen(function* () {
      const flow = Flow.sequence(Report, { flaky: flaky(2).pipe(Node.retry(maxRetries(3, 10))) })
      assert.deepStrictEqual(yield* timed(Flow.run(flow, {})), {
        took: 10,
        outcome: "default",
        store: { result: "success on attempt 2" },
        steps: 1
      })
    })
  )

  it.effect("retry with fallback [R16 R18]", () =>
    Effect.gen(function* () {
      const node = flaky(5).pipe(
        Node.retry(maxRetries(2, 10)),
        Node.fallback(({ attempt }) => Effect.succeed(`fallback after attempt ${attempt}`))
      )
      assert.deepStrictEqual(yield* timed(Flow.run(Flow.sequence(Report, { node }), {})), {
        took: 10,
        outcome: "default",
        store: { result: "fallback after attempt 2" },
        steps: 1
      })
    })
  )

  it.effect("exec method processing [R1 R7]", () =>
    Effect.gen(function* () {
      const compute = (f: (n: number) => number) =>
        Node.make(Calc, {
          prep: (s) => s.current,
          exec: (n) => Effect.succeed(f(n)),
          post: (_n, current) => Calc.next({ current })
        })
      const flow = Flow.sequence(Calc, {
        square: compute((n) => n * n),
        double: compute((n) => n * 2),
        negate: compute((n) => -n)
      })
      assert.deepStrictEqual(yield* Flow.run(flow, { current: 5 }), {
        outcome: "default",
        store: { current: -50 },
        steps: 3
      })
    })
  )
})
