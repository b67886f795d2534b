/**
 * A long loop in a process of its own, which prints how much the heap has grown
 * from an early step to the last: `node --expose-gc loop.ts <kind> <steps>`.
 */
import { Effect, Schema } from "effect"
import { Flow, Node, Store } from "../../packages/core/src/index.ts"

const [kind = "", count = ""] = process.argv.slice(2)
const steps = Number(count)
const Counter = Store.make("Counter", { n: Schema.Number })

const heap = () => {
  globalThis.gc!()
  return process.memoryUsage().heapUsed
}
const early = Math.floor(steps / 100)
let before = 0
let after = 0
const measure = (n: number) => {
  if (n === early) before = heap()
  if (n === steps) after = heap()
}

const step = (n: number) => Counter.to(n < steps ? "again" : "end", { n: n + 1 })

/** The bodies of the loop, each in another way. */
const bodies: Record<string, Flow.Step<typeof Counter, "again" | "end">> = {
  values: Node.make(Counter, {
    prep: (s) => s.n,
    post: (n) => {
      measure(n)
      return step(n)
    }
  }),
  effects: Node.make(Counter, {
    prep: (s) => Effect.sync(() => s.n),
    exec: (n) =>
      Effect.as(
        Effect.sync(() => measure(n)),
        n
      ),
    post: (n) => Effect.sync(() => step(n))
  }),
  failures: Node.make(Counter, {
    exec: (s) =>
      Effect.andThen(
        Effect.sync(() => measure(s.n)),
        Effect.fail(s.n)
      )
  }).pipe(Flow.catch(step)) as Flow.Step<typeof Counter, "again" | "end">,
  calls: Flow.call(Counter, Node.make(Counter, { post: () => Counter.next((s) => ({ n: s.n + 1 })) }), {
    prep: (s) => s,
    post: (input) => {
      measure(input.n)
      return step(input.n)
    }
  }).pipe(Flow.budget({ steps: 5, duration: "1 hour" }, "end")),
  fans: Flow.all(
    Counter,
    { a: Node.make(Counter, { exec: () => Effect.yieldNow }), b: Node.make(Counter, {}) },
    {
      post: () =>
        Counter.decide((s) => {
          measure(s.n)
          return [s.n < steps ? "again" : "end", { n: s.n + 1 }]
        })
    }
  )
}

const flow = Flow.make(Counter, { start: "body", nodes: { body: bodies[kind]! }, edges: { body: { again: "body" } } })
const run = await Effect.runPromise(Flow.run(flow, { n: 1 }))
console.log(JSON.stringify({ outcome: run.outcome, steps: run.steps, growth: after - before }))
