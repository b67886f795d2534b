import { assert, describe, it } from "@effect/vitest"
import { replayInterleaving, Spec, VirtualTime } from "@effect-pocketflow/testing"
import { Clock, Effect, Exit, Fiber, Option, Ref } from "effect"
import { Flow } from "effect-pocketflow"
import * as fc from "fast-check"
import { endOf, expectations } from "./expectations.ts"
import type { Expectation } from "./expectations.ts"

/** What a built flow does under a schedule, as an `Expectation` has it. */
const run = ({ init, spec }: Pick<Expectation, "init" | "spec">, seed: number) =>
  Effect.gen(function* () {
    const log = Spec.recorder()
    const flow = Spec.build(spec, log)
    const program = Effect.gen(function* () {
      const ref = yield* Ref.make(init)
      const exit = yield* Effect.exit(Flow.runRef(flow, ref))
      const store = yield* Ref.get(ref)
      if (Exit.isSuccess(exit)) {
        // Once more, for the number of its steps.
        const { steps, ...rest } = yield* Flow.run(Spec.build(spec), init)
        assert.deepStrictEqual(rest, { outcome: exit.value, store })
        return { end: endOf({ outcome: exit.value, steps }), store }
      }
      const [reason] = exit.cause.reasons
      const error: any = reason?._tag === "Fail" ? reason.error : reason?._tag === "Die" ? reason.defect : reason
      const site = Option.getOrThrow(Flow.siteOf(exit.cause))
      return { end: endOf({ error: error._tag, site }), store }
    })
    return { ...(yield* replayInterleaving(program, seed)), log }
  })

/** What is left of `some` without as many of the same in `others`. */
const without = (some: ReadonlyArray<string>, others: ReadonlyArray<string>): ReadonlyArray<string> => {
  const rest = [...some]
  for (const line of others) {
    const at = rest.indexOf(line)
    if (at >= 0) rest.splice(at, 1)
  }
  return rest
}

describe("build", () => {
  for (const [title, rows] of Object.entries(expectations)) {
    describe(title, () => {
      for (const row of rows) {
        it.effect(row.name, () =>
          Effect.gen(function* () {
            for (const seed of [1, 2, 3, 4]) {
              const { end, log, store } = yield* run(row, seed)
              assert.deepStrictEqual({ end, store }, { end: row.end, store: row.store })
              const more = without(log.trace, row.trace)
              assert.deepStrictEqual(
                { missing: without(row.trace, log.trace), unexpected: without(more, row.possible) },
                { missing: [], unexpected: [] }
              )
              const attempts = log.trace.filter((line) => line.includes("attempt"))
              assert.deepStrictEqual([log.acquired, log.released], [attempts.length, attempts.length])
            }
          })
        )
      }
    })
  }

  it.effect("what others have done when one fails depends on the schedule", () =>
    Effect.gen(function* () {
      const work = { kind: "node" } as const
      const spec: Spec.Spec = { kind: "all", branches: { x: work, y: { kind: "node", fails: 1 }, z: work } }
      const traces = new Set<string>()
      for (let seed = 0; seed < 40; seed++) {
        traces.add((yield* run({ init: { a: 1, b: 2 }, spec }, seed)).log.trace.toSorted().join())
      }
      assert.isAbove(traces.size, 1)
    })
  )

  it.effect("each attempt takes its time", () =>
    Effect.gen(function* () {
      const millis = (spec: Spec.Spec) =>
        VirtualTime.run(Effect.andThen(Flow.run(Spec.build(spec), { a: 1, b: 2 }), Clock.currentTimeMillis))
      const items = [{ delay: 10 }, { delay: 20, fails: 1 }, { delay: 5 }]
      const node = (delay: number): Spec.Spec => ({ kind: "node", delay, post: { by: "add" } })
      const times: ReadonlyArray<readonly [Spec.Spec, number]> = [
        [node(30), 30],
        [{ kind: "node", delay: 30, fails: 2, retries: 2 }, 90],
        [{ kind: "node", delay: 30, exec: "succeed" }, 0],
        [{ kind: "batch", items, retries: 1 }, 55],
        [{ kind: "batch", items, retries: 1, concurrency: 2 }, 40],
        [{ kind: "fold", items, retries: 1 }, 55],
        [{ kind: "all", branches: { x: node(7), y: node(9) } }, 9],
        [{ kind: "all", branches: { x: node(7), y: node(9) }, concurrency: 1 }, 16],
        [{ kind: "map", times: 3, inner: node(10) }, 30],
        [{ kind: "map", times: 3, inner: node(10), concurrency: 2 }, 20],
        [{ kind: "forEach", times: 3, inner: node(10), concurrency: "unbounded" }, 10]
      ]
      for (const [spec, expected] of times) assert.strictEqual(yield* millis(spec), expected, JSON.stringify(spec))
    })
  )

  it.effect("an interruption releases what was acquired", () =>
    Effect.gen(function* () {
      const log = Spec.recorder()
      const slow = { kind: "node", delay: 1000 } as const
      const flow = Spec.build({ kind: "all", branches: { x: slow, y: slow } }, log)
      const cut = Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Flow.run(flow, { a: 1, b: 2 }))
        yield* Effect.sleep(500)
        const before = { ...log, trace: log.trace.length }
        yield* Fiber.interrupt(fiber)
        return before
      })
      assert.deepStrictEqual(yield* VirtualTime.run(cut), { trace: 4, acquired: 2, released: 0 })
      assert.strictEqual(log.released, 2)
    })
  )

  it.effect("a flow is built once, and run many times; without a recorder nothing is kept", () =>
    Effect.gen(function* () {
      const log = Spec.recorder()
      const flow = Spec.build({ kind: "node", fails: 1, retries: 1 }, log)
      const once = yield* Flow.run(flow, { a: 1, b: 2 })
      assert.deepStrictEqual(yield* Flow.run(flow, { a: 1, b: 2 }), once)
      const { trace } = log
      assert.lengthOf(trace, 6)
      assert.deepStrictEqual(trace.slice(3), trace.slice(0, 3))
      yield* Flow.run(Spec.build({ kind: "node" }), { a: 1, b: 2 })
      assert.lengthOf(trace, 6)
      assert.deepStrictEqual(Spec.recorder(), { trace: [], acquired: 0, released: 0 })
    })
  )

  it("a spec that is no graph is refused as a flow would be", () => {
    const node = { kind: "node" } as const
    const problems = (spec: Spec.Spec) => {
      try {
        Spec.build(spec)
      } catch (error) {
        if (error instanceof Flow.InvalidFlow) return error.problems.map(({ reason }) => reason)
      }
      return assert.fail("it was built")
    }
    assert.deepStrictEqual(problems({ kind: "flow", start: "x", nodes: { y: node }, edges: { y: { default: "z" } } }), [
      'the start "x" is not a node',
      'the action "default" leads to "z", which is not a node'
    ])
  })
})

describe("show", () => {
  const spec: Spec.Spec = {
    kind: "flow",
    start: "x",
    nodes: { x: { kind: "node", post: { actions: ["left"] } }, y: { kind: "batch", items: [{}, { fails: 1 }] } },
    edges: { x: { left: "y" } }
  }

  it("gives JSON that is the spec, and a drawing", () => {
    const text = Spec.show(spec)
    const [json, ...drawing] = text.split("\n\n")
    assert.deepStrictEqual(JSON.parse(json!), spec)
    assert.deepStrictEqual(drawing, [Flow.toMermaid(Spec.build(spec))])
    assert.isTrue(text.startsWith(`{\n  "kind": "flow",\n  "start": "x",\n`))
    assert.include(text, 'n0 -->|"left"| n1')
  })

  it("printable specs are shown so by fast-check, wherever they are, and are the same otherwise", () => {
    const printable = Spec.printable(spec)
    assert.deepStrictEqual(printable, spec)
    assert.deepStrictEqual(Object.keys(printable), Object.keys(spec))
    assert.strictEqual(JSON.stringify(printable), JSON.stringify(spec))
    assert.strictEqual(fc.stringify(printable), Spec.show(spec))
    assert.strictEqual(fc.stringify([1, { printable }]), `[1,{"printable":${Spec.show(spec)}}]`)
    // The one that was given is left alone.
    assert.strictEqual(fc.stringify(spec), fc.stringify(structuredClone(spec)))
  })
})
