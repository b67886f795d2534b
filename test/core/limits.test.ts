import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Optic, Ref, Result, Stream } from "effect"
import { Flow, Node } from "effect-pocketflow"
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { runs } from "../scale.ts"
import { add, Counter, failure } from "./support.ts"

type Step = Flow.Step<typeof Counter, "default", string>

const nest = (levels: number, inner: Step, around: (step: Step) => Flow.Step<typeof Counter, "default", any>): Step => {
  let step = inner
  for (let i = 0; i < levels; i++) step = around(step) as Step
  return step
}

const fails: Step = Node.make(Counter, { exec: () => Effect.fail("deep") })

describe("10,000 levels", () => {
  const levels = 10_000
  const inFlow = (step: Step) => Flow.sequence(Counter, { a: step })
  const path = Array.from({ length: levels }, () => "a")

  it.effect(
    "of flows run, fail, stop and go on",
    () =>
      Effect.gen(function* () {
        const flow = nest(levels, add, inFlow)
        assert.deepStrictEqual(yield* Flow.run(flow, { n: 0 }), { outcome: "default", store: { n: 1 }, steps: 1 })
        assert.deepStrictEqual(Flow.start(flow).path, path)
        assert.deepStrictEqual(yield* Flow.step(flow)(Flow.start(flow), { n: 0 }), {
          _tag: "Done",
          outcome: "default",
          store: { n: 1 }
        })
        const paused = yield* Flow.run(flow, { n: 0 }, { pauseBefore: ["a"] })
        assert.isTrue(Flow.isPaused(paused) && paused.position.path.length === levels)
        assert.strictEqual((yield* Stream.runCollect(Flow.stream(flow, { n: 0 }))).length, 3)
        assert.deepStrictEqual(yield* failure(Flow.run(nest(levels, fails, inFlow), { n: 0 })), {
          reasons: [{ fail: "deep" }],
          site: { path, phase: "exec", attempt: 0, item: undefined }
        })
      }),
    60_000
  )

  it("of flows are drawn, written and checked", { timeout: 60_000 }, () => {
    const flow = nest(levels, Node.make(Counter, {}), inFlow)
    assert.deepStrictEqual(Flow.check(flow), [])
    const lines = Flow.toMermaid(flow).split("\n")
    assert.strictEqual(lines.filter((line) => line.trimStart().startsWith("subgraph ")).length, levels - 1)
    assert.strictEqual(Flow.toDot(flow).split("subgraph ").length, levels)
    let [json, depth]: [string | Flow.FlowJson, number] = [Flow.toJson(flow), 0]
    for (; typeof json !== "string"; depth++) json = json.nodes["a"]!
    assert.strictEqual(depth, levels)
  })

  it.effect(
    "of every combinator run",
    () =>
      Effect.gen(function* () {
        const arounds: ReadonlyArray<
          readonly [string, number, (step: Step) => Flow.Step<typeof Counter, "default", any>]
        > = [
          [
            "call",
            levels,
            (step) => Flow.call(Counter, step, { prep: (s) => s, post: (_i, run) => Counter.next(run.store) })
          ],
          [
            "map",
            levels,
            (step) => Flow.map(Counter, step, { prep: (s) => [s], post: (_i, runs) => Counter.next(runs[0]!.store) })
          ],
          ["catch", levels, (step) => step.pipe(Flow.catch("default"))],
          ["mapOutcome", levels, (step) => step.pipe(Flow.mapOutcome({ default: "default" }))],
          ["budget", levels, (step) => step.pipe(Flow.budget({ steps: 1 }, "default"))],
          // A lens is gone through from the top at each level, so this takes the square of the depth.
          ["focus", 2000, (step) => step.pipe(Flow.focus(Optic.id<typeof Counter.Type>().pick(["n"]))) as never]
        ]
        for (const [name, levels, around] of arounds) {
          const run = yield* Flow.run(nest(levels, add, around), { n: 0 })
          assert.deepStrictEqual([name, run], [name, { outcome: "default", store: { n: 1 }, steps: 1 }])
        }
      }),
    60_000
  )

  it.effect(
    "of Flow.all run",
    () =>
      Effect.gen(function* () {
        const flow = nest(levels, add, (step) => Flow.all(Counter, { a: step }))
        assert.deepStrictEqual(yield* Flow.run(flow, { n: 0 }), { outcome: "default", store: { n: 1 }, steps: 1 })
      }),
    60_000
  )

  // A failure and an interruption go from fiber to fiber in one turn: the stack of JavaScript limits these to some 1,000 levels.
  const inAll = (step: Step) => Flow.all(Counter, { a: step, b: add })

  it.effect(
    "(500 of them) of Flow.all join all branches, and fail with the whole path",
    () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* Flow.run(nest(500, add, inAll), { n: 0 }), {
          outcome: "default",
          store: { n: 501 },
          steps: 1
        })
        assert.deepStrictEqual(yield* failure(Flow.run(nest(500, fails, inAll), { n: 0 })), {
          reasons: [{ fail: "deep" }],
          site: { path: path.slice(0, 500), phase: "exec", attempt: 0, item: undefined }
        })
      }),
    60_000
  )

  it.effect(
    "(500 of them) of Flow.all are interrupted to the innermost",
    () =>
      Effect.gen(function* () {
        let [started, interrupted] = [0, 0]
        const never: Step = Node.make(Counter, {
          exec: () => {
            started++
            return Effect.onInterrupt(Effect.never, () => Effect.sync(() => interrupted++))
          }
        })
        const ref = yield* Ref.make({ n: 0 })
        const fiber = yield* Effect.forkChild(Flow.runRef(nest(500, never, inAll), ref))
        for (let i = 0; i < 100; i++) yield* Effect.yieldNow
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual([started, interrupted, yield* Ref.get(ref)], [1, 1, { n: 0 }])
      }),
    60_000
  )
})

describe("100,000 nodes", () => {
  const size = 100_000
  const plain = Node.make(Counter, {})
  const ids = Array.from({ length: size }, (_, i) => `node ${i}`)
  const nodes = Object.fromEntries(ids.map((id) => [id, id === "node 0" ? add : plain]))
  const edges = Object.fromEntries(ids.slice(1).map((to, i) => [ids[i]!, { default: to }]))
  const flow = Flow.make(Counter, { start: "node 0", nodes, edges } as never) as never as Step

  it.effect(
    "run, and stop at the last",
    () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* Flow.run(flow, { n: 0 }), { outcome: "default", store: { n: 1 }, steps: size })
        const paused = yield* Flow.run(flow, { n: 0 }, { pauseBefore: [ids.at(-1)!] })
        if (!Flow.isPaused(paused)) return assert.fail("not paused")
        assert.strictEqual(Object.keys(paused.position.visits).length, size - 1)
        return assert.deepStrictEqual(yield* Flow.step(flow)(paused.position, paused.store), {
          _tag: "Done",
          outcome: "default",
          store: { n: 1 }
        })
      }),
    60_000
  )

  it.effect(
    "are drawn, written, read and checked",
    () =>
      Effect.gen(function* () {
        assert.strictEqual(Flow.toGraph(flow).edges.length, size - 1)
        assert.deepStrictEqual(Flow.check(flow), [])
        // A head and a start, the nodes, the edges, and outcomes of the first (unknown) and the last.
        assert.strictEqual(Flow.toMermaid(flow).split("\n").length, 2 + size + (size - 1) + 2)
        assert.isAbove(Flow.toDot(flow).split("\n").length, 2 * size)
        const json = Flow.toJson(flow)
        const registry = Object.fromEntries(ids.map((id) => [id, nodes[id]!]))
        const again = yield* Flow.fromJson(Counter, registry, JSON.parse(JSON.stringify(json)))
        assert.strictEqual((yield* Flow.run(again, { n: 0 })).steps, size)
      }),
    60_000
  )

  it.effect(
    "in one cycle without a way out are all found",
    () =>
      Effect.gen(function* () {
        const cycle = Flow.make(Counter, {
          start: "node 1",
          nodes: Object.fromEntries(ids.slice(1).map((id) => [id, plain])),
          edges: { ...Object.fromEntries(Object.entries(edges).slice(1)), [ids.at(-1)!]: { default: "node 1" } }
        } as never) as never as Step
        assert.strictEqual(Flow.check(cycle).length, size - 1)
        const error = yield* Effect.flip(Flow.run(cycle, { n: 0 }, { maxSteps: 250_000 }))
        assert.strictEqual((error as Flow.StepLimitExceeded).position.step, 250_000)
      }),
    60_000
  )
})

describe("100,000 items", () => {
  const items = Array.from({ length: 100_000 }, (_, i) => i)

  it.effect(
    "of which one in a hundred fails are all accounted for, in order, within the concurrency",
    () =>
      Effect.gen(function* () {
        let [now, most] = [0, 0]
        const seen: Array<ReadonlyArray<Result.Result<number, string>>> = []
        const node = Node.batch(Counter, {
          prep: () => items,
          exec: (i) =>
            Effect.acquireUseRelease(
              Effect.sync(() => (most = Math.max(most, ++now))),
              () => Effect.andThen(Effect.yieldNow, i % 100 === 0 ? Effect.fail(`no ${i}`) : Effect.succeed(i)),
              () => Effect.sync(() => now--)
            ),
          post: (_items, results) => {
            seen.push(results)
            return Counter.next()
          },
          concurrency: 50,
          mode: "result"
        })
        yield* Flow.run(node, { n: 0 })
        assert.deepStrictEqual([now, most, seen.length], [0, 50, 1])
        assert.deepStrictEqual(
          seen[0]!.map(Result.getOrElse((error) => error)),
          items.map((i) => (i % 100 === 0 ? `no ${i}` : i))
        )
      }),
    30_000
  )

  it.effect(
    "the first that fails, dies or is interrupted ends them all",
    () =>
      Effect.gen(function* () {
        const endings = [Effect.fail("x"), Effect.die("x"), Effect.interrupt] as ReadonlyArray<
          Effect.Effect<never, string>
        >
        for (const ending of endings) {
          let [started, ended] = [0, 0]
          const node = Node.batch(Counter, {
            prep: () => items,
            exec: (i) =>
              Effect.acquireUseRelease(
                Effect.sync(() => started++),
                () => Effect.andThen(Effect.yieldNow, i === 5000 ? ending : Effect.void),
                () => Effect.sync(() => ended++)
              ),
            concurrency: 10
          })
          const failed = yield* failure(Flow.run(node, { n: 0 }))
          assert.property(failed, "reasons")
          assert.strictEqual(started, ended)
          assert.isBelow(started, 5020)
        }
      }),
    60_000
  )
})

describe("a loop of a million steps", () => {
  const million = runs(1_000_000, 10_000_000)

  for (const [kind, share] of [
    ["values", 1],
    ["effects", 1],
    ["failures", 0.2],
    ["calls", 0.2],
    ["fans", 0.1]
  ] as const) {
    it(`of ${kind} does not grow the heap`, { timeout: 300_000 }, async () => {
      const steps = Math.floor(million * share)
      const { stdout } = await promisify(execFile)(process.execPath, [
        "--expose-gc",
        fileURLToPath(new URL("./loop.ts", import.meta.url)),
        kind,
        String(steps)
      ])
      const { growth, outcome, steps: made } = JSON.parse(stdout)
      assert.deepStrictEqual([outcome, made], ["end", steps])
      assert.isBelow(growth, 5_000_000)
    })
  }
})

describe("an endless loop that never waits", () => {
  const more = Node.make(Counter, { post: () => Counter.to("again", (s) => ({ n: s.n + 1 })) })
  const endless = Flow.make(Counter, { start: "more", nodes: { more }, edges: { more: { again: "more" } } })

  it.effect(
    "lets other fibers have their turns, and can be interrupted",
    () =>
      Effect.gen(function* () {
        const ref = yield* Ref.make({ n: 0 })
        const fiber = yield* Effect.forkChild(Flow.runRef(endless, ref))
        let last = 0
        for (let i = 0; i < 100; i++) {
          yield* Effect.yieldNow
          const { n } = yield* Ref.get(ref)
          assert.isAtLeast(n, last)
          assert.isAtMost(n - last, 10_000)
          last = n
        }
        assert.isAbove(last, 10_000)
        yield* Fiber.interrupt(fiber)
        const stopped = yield* Ref.get(ref)
        for (let i = 0; i < 10; i++) yield* Effect.yieldNow
        assert.strictEqual(yield* Ref.get(ref), stopped)
      }),
    60_000
  )

  it.effect(
    "in a fan, in a call, watched or limited by a budget, too",
    () =>
      Effect.gen(function* () {
        const steps: ReadonlyArray<Flow.Step<typeof Counter, string>> = [
          Flow.all(Counter, { a: endless, b: endless }),
          Flow.map(Counter, endless, { prep: (s) => [s, s], post: () => Counter.next(), concurrency: 2 }),
          Flow.call(Counter, endless, { prep: (s) => s, post: () => Counter.next() }),
          endless.pipe(Flow.budget({ duration: "1 hour" }), Flow.catch("x")),
          // Not one visit is ever made here.
          Flow.make(Counter, {
            start: "a",
            nodes: { a: add.pipe(Flow.budget({ steps: 0 })) },
            edges: { a: { exhausted: "a" } }
          })
        ]
        for (const step of steps) {
          const fiber = yield* Effect.forkChild(Flow.run(step, { n: 0 }))
          for (let i = 0; i < 20; i++) yield* Effect.yieldNow
          assert.isUndefined(fiber.pollUnsafe())
          yield* Fiber.interrupt(fiber)
        }
        const watched = yield* Effect.forkChild(Stream.runDrain(Flow.stream(endless, { n: 0 })))
        for (let i = 0; i < 20; i++) yield* Effect.yieldNow
        assert.isUndefined(watched.pollUnsafe())
        yield* Fiber.interrupt(watched)
      }),
    60_000
  )
})
