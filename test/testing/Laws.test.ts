import { assert, describe, it } from "@effect/vitest"
import { Arbitraries, Laws, SeededScheduler, Spec } from "@effect-pocketflow/testing"
import type { Property } from "@effect-pocketflow/testing"
import { Clock, Context, Data, Effect, Layer, Optic, Ref, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import * as fc from "fast-check"
import { add, Counter, set, Trail, visit } from "../core/support.ts"

const few: Property.Options = { runs: 10, seed: 1 }

const counts = fc.record({ n: fc.nat({ max: 100 }) })
const trails = fc.constant({ seen: [] as ReadonlyArray<string> })

/** The law is broken, says so by `name`, and seed and path replay it; gives what it fails with. */
const broken = Effect.fn(function* <R>(law: Laws.Law<R>, name = law.name) {
  const found = yield* Effect.flip(law.check(few))
  const { cause, counterexample, message, path, seed } = found
  assert.instanceOf(cause, Laws.LawBroken)
  assert.strictEqual(cause.law, name)
  assert.isTrue(
    message.startsWith(`falsified after ${found.runs} runs; replay with { seed: ${seed}, path: "${path}" }`)
  )
  assert.include(message, `broken: ${name}\nexpected `)
  assert.include(message, "\nactual   ")
  assert.isTrue(message.endsWith(fc.stringify(counterexample)))
  const again = yield* Effect.flip(law.check({ seed, path }))
  assert.deepStrictEqual(again.counterexample, counterexample)
  assert.strictEqual(again.cause instanceof Laws.LawBroken ? again.cause.law : again.cause, name)
  const [state] = counterexample as [unknown, number]
  return { state, expected: cause.expected as any, actual: cause.actual as any, message }
})

const holds = <R>(law: Laws.Law<R>) => Effect.map(law.check(few), (passed) => assert.deepStrictEqual(passed, few as {}))

// --- flows with and without a flaw -----------------------------------------------------

/** Keeps a number outside of the store. */
const forgetful = () => {
  let n = 0
  return Node.make(Counter, { post: () => Counter.next({ n: ++n }) })
}

/** A loop, a nested flow, a call, a budget, an error edge, a fan: all that positions are made of. */
const rich = Flow.make(Counter, {
  start: "count",
  nodes: {
    count: Node.make(Counter, { post: (s) => Counter.to(s.n % 3 === 0 ? "third" : "again", { n: s.n + 1 }) }),
    inner: Flow.sequence(Counter, {
      call: Flow.call(Counter, Flow.sequence(Counter, { x: add, y: add }), {
        prep: (s) => s,
        post: (_input, run) => Counter.next((s) => ({ n: s.n + run.store.n }))
      }),
      caught: Node.make(Counter, { exec: (s) => (s.n % 2 === 0 ? Effect.fail("even") : Effect.yieldNow) }).pipe(
        Flow.catch("default")
      ),
      fan: Flow.all(Counter, { a: add, b: Flow.sequence(Counter, { c: add, d: add }) })
    }),
    spent: Flow.make(Counter, { start: "on", nodes: { on: add }, edges: { on: { default: "on" } } }).pipe(
      Flow.budget({ steps: 3 })
    )
  },
  edges: { count: { again: "count", third: "inner" }, inner: { default: "spent" } }
})

const fails = Flow.sequence(Counter, {
  add,
  nested: Flow.sequence(Counter, {
    add,
    fail: Node.make(Counter, { exec: (s) => Effect.fail({ n: s.n }) })
  })
})

const dies = Flow.sequence(Counter, {
  add,
  die: Node.make(Counter, { exec: (s) => Effect.die(new RangeError(`${s.n}`)) })
})

const endless = Flow.make(Counter, { start: "a", nodes: { a: add }, edges: { a: { default: "a" } } })

class Odd extends Data.TaggedError("Odd")<{ readonly n: number }> {}
class Name extends Context.Service<Name, string>()("test/Name") {}
class Calls extends Context.Service<Calls, Ref.Ref<number>>()("test/Calls") {}

/** How often this was called since the service was built. */
const called = Node.make(Counter, {
  exec: () => Effect.flatMap(Calls, (calls) => Ref.updateAndGet(calls, (n) => n + 1)),
  post: (_s, n) => Counter.next({ n })
})
const twice = Flow.sequence(Counter, { a: called, b: called })

class Element extends Context.Service<Element, number>()("test/Element") {}

/** Runs at once that set the same key, each after a moment. */
const racing = Flow.forEach(
  Node.make(Counter, {
    prep: () => Element,
    exec: (element) => Effect.as(Effect.yieldNow, element),
    post: (n) => Counter.next({ n })
  }),
  { params: Element, prep: () => [1, 2, 3], concurrency: "unbounded" }
)

// --- laws of runs --------------------------------------------------------------------------

describe("laws of a flow", () => {
  const all = (flow: Flow.Step<typeof Counter, string, unknown>) => Laws.all({ store: Counter, flow, states: counts })

  it("have names, in `all` of them", () => {
    assert.deepStrictEqual(
      all(rich).map(({ name }) => name),
      [
        "run = folding step",
        "resume at every step = the uninterrupted run",
        "pausing and resuming anywhere = the uninterrupted run",
        "watching from anywhere = the rest of the uninterrupted run",
        "the result does not depend on scheduling",
        "building never changes an existing flow"
      ]
    )
  })

  for (const [name, flow] of Object.entries({ rich, fails, dies, node: add })) {
    for (const law of all(flow)) {
      it.effect(`${law.name}: ${name}`, () => holds(law))
      if (flow === rich) it.live(`${law.name}: ${name}, outside of it.effect`, () => holds(law))
    }
  }

  it.effect("do not hold where there is no end to compare: that says so", () =>
    Effect.gen(function* () {
      for (const law of [Laws.runIsFold, Laws.resumeAnywhere, Laws.pauseAnywhere, Laws.watchAnywhere]) {
        const found = yield* Effect.flip(law({ flow: endless, states: counts }).check({ runs: 2, seed: 1 }))
        assert.deepStrictEqual(
          [found.counterexample, found.message],
          [undefined, "of 21 values, 21 were discarded; replay with { seed: 1 }"]
        )
      }
    })
  )

  it.effect("do not hold for a flow that waits for what does not come", () =>
    Effect.gen(function* () {
      const never = Node.make(Counter, { exec: () => Effect.never })
      const found = yield* Effect.flip(
        Laws.scheduling({ flow: never, states: counts }, { schedules: 1 }).check({ runs: 1, seed: 1 })
      )
      assert.instanceOf(found.cause, SeededScheduler.Deadlock)
    })
  )

  it.effect("take the options of a property", () =>
    Effect.gen(function* () {
      const law = Laws.runIsFold({ flow: add, states: counts })
      assert.deepStrictEqual(yield* law.check({ runs: 3, seed: 9 }), { runs: 3, seed: 9 })
      assert.strictEqual((yield* law.check()).runs, 100)
    })
  )

  it.effect("shrink the state", () =>
    Effect.gen(function* () {
      const hidden = forgetful()
      const sometimes = Flow.make(Counter, {
        start: "a",
        nodes: { a: Node.make(Counter, { post: (s) => Counter.to(s.n < 12 ? "small" : "large") }), b: hidden },
        edges: { a: { large: "b" } }
      })
      const { state } = yield* broken(Laws.runIsFold({ flow: sometimes, states: counts }))
      assert.deepStrictEqual(state, { n: 12 })
    })
  )
})

describe("runIsFold", () => {
  it.effect("is broken by a node that remembers", () =>
    Effect.gen(function* () {
      const flow = Flow.sequence(Counter, { add, remembers: forgetful() })
      const { actual, expected } = yield* broken(Laws.runIsFold({ flow, states: counts }))
      assert.deepStrictEqual([expected.success.outcome, actual.success.outcome], ["default", "default"])
      assert.strictEqual(actual.success.store.n, expected.success.store.n + 1)
    })
  )

  it.effect("is broken by a flow that fails only once", () =>
    Effect.gen(function* () {
      let failed = false
      const once = Node.make(Counter, {
        exec: () => Effect.suspend(() => (failed ? Effect.void : ((failed = true), Effect.fail("once"))))
      })
      const law = Laws.runIsFold({ flow: Flow.sequence(Counter, { add, once }), states: counts })
      const found = yield* Effect.flip(law.check(few))
      assert.instanceOf(found.cause, Laws.LawBroken)
      assert.deepStrictEqual(found.cause.expected, {
        fail: "once",
        site: { path: ["once"], phase: "exec", attempt: 0, item: undefined }
      })
    })
  )

  it.effect("shows failures by their fields", () =>
    Effect.gen(function* () {
      let n = 0
      const flow = Node.make(Counter, { exec: () => Effect.suspend(() => Effect.fail(new Odd({ n: ++n % 2 }))) })
      const { message } = yield* broken(Laws.runIsFold({ flow, states: counts }))
      const shown = (n: number) =>
        `"fail": {\n    "n": ${n},\n    "_tag": "Odd",\n    "name": "Odd",\n    "message": ""\n  }`
      assert.include(message, `expected {\n  ${shown(1)}`)
      assert.include(message, `actual   {\n  ${shown(0)}`)
    })
  )

  it.effect("is broken by a place of failure that changes", () =>
    Effect.gen(function* () {
      let runs = 0
      const first = Node.make(Counter, {
        prep: () => ++runs,
        exec: (run) => (run % 2 === 1 ? Effect.fail("x") : Effect.void)
      })
      const flow = Flow.sequence(Counter, { a: first, b: Node.make(Counter, { exec: () => Effect.fail("x") }) })
      const found = yield* Effect.flip(Laws.runIsFold({ flow, states: counts }).check(few))
      const { actual, expected } = found.cause as Laws.LawBroken as any
      assert.deepStrictEqual([expected.fail, actual.fail], ["x", "x"])
      assert.deepStrictEqual([expected.site.path, actual.site.path], [["a"], ["b"]])
    })
  )
})

describe("resumeAnywhere", () => {
  it.effect("is broken by a flow that keeps something in a service from node to node", () =>
    Effect.gen(function* () {
      // The service is built anew for the rest of the run.
      const { actual, expected, state } = yield* broken(
        Laws.resumeAnywhere({ flow: twice, states: counts, layer: Layer.effect(Calls, Ref.make(0)) })
      )
      assert.deepStrictEqual(state, { n: 0 })
      assert.deepStrictEqual([expected.success.store, actual.success.store], [{ n: 2 }, { n: 1 }])
      assert.deepStrictEqual([expected.success.steps, actual.success.steps], [2, 2])
    })
  )

  it.effect("is broken by a flow that reads how long it has run", () =>
    Effect.gen(function* () {
      const flow = Flow.sequence(Counter, {
        sleep: Node.make(Counter, { exec: () => Effect.sleep(5) }),
        read: Node.make(Counter, { exec: () => Clock.currentTimeMillis, post: (_s, n) => Counter.next({ n }) })
      })
      yield* holds(Laws.runIsFold({ flow, states: counts }))
      yield* holds(Laws.pauseAnywhere({ flow, states: counts }))
      const { actual, expected } = yield* broken(Laws.resumeAnywhere({ flow, states: counts }))
      assert.deepStrictEqual([expected.success.store.n, actual.success.store.n], [5, 0])
    })
  )
})

describe("watchAnywhere", () => {
  it.effect("is broken by a flow that keeps something in a service from node to node", () =>
    Effect.gen(function* () {
      const { actual, expected } = yield* broken(
        Laws.watchAnywhere({ flow: twice, states: counts, layer: Layer.effect(Calls, Ref.make(0)) })
      )
      assert.deepStrictEqual([expected.success.store, actual.success.store], [{ n: 2 }, { n: 1 }])
    })
  )

  it.effect("is broken by a flow that takes another way to the same end", () =>
    Effect.gen(function* () {
      let runs = 0
      const fork = Node.make(Counter, { post: () => Counter.to(runs++ % 2 === 0 ? "left" : "right") })
      const nodes = { fork, left: set(1), right: set(1) }
      const flow = Flow.make(Counter, { start: "fork", nodes, edges: { fork: { left: "left", right: "right" } } })
      const { actual, expected } = yield* broken(Laws.watchAnywhere({ flow, states: counts }))
      const paths = (visits: ReadonlyArray<{ readonly path: ReadonlyArray<string> }>) =>
        visits.map(({ path }) => path.join("/"))
      assert.deepStrictEqual([paths(expected), paths(actual)].toSorted(), [
        ["fork", "left"],
        ["fork", "right"]
      ])
    })
  )
})

describe("pauseAnywhere", () => {
  it.effect("is broken by a node that remembers", () =>
    Effect.gen(function* () {
      const flow = Flow.sequence(Counter, { add, remembers: forgetful() })
      yield* broken(Laws.pauseAnywhere({ flow, states: counts }))
    })
  )

  it.effect("is broken by a flow that changes its mind before the node that it is paused at", () =>
    Effect.gen(function* () {
      // Each run of a flow begins with its first prep.
      let runs = 0
      const first = Node.make(Counter, { prep: () => ++runs, post: () => Counter.next() })
      const last = Node.make(Counter, { post: () => Counter.next({ n: runs }) })
      const law = Laws.pauseAnywhere({ flow: Flow.sequence(Counter, { first, last }), states: counts })
      const { actual, expected } = yield* broken(law)
      assert.isAbove(actual.success.store.n, expected.success.store.n)
    })
  )
})

describe("scheduling", () => {
  it.effect("is broken by runs of a forEach that set a key by value", () =>
    Effect.gen(function* () {
      const { actual, expected, state } = yield* broken(Laws.scheduling({ flow: racing, states: counts }))
      assert.deepStrictEqual(state, { n: 0 })
      assert.notDeepEqual(actual.success.store, expected.success.store)
    })
  )

  it.effect("holds where they only add, or go one by one", () =>
    Effect.gen(function* () {
      const slow = Node.make(Counter, {
        exec: () => Effect.yieldNow,
        post: () => Counter.next((s) => ({ n: s.n + 1 }))
      })
      const adding = Flow.forEach(slow, { params: Element, prep: () => [1, 2, 3], concurrency: "unbounded" })
      yield* holds(Laws.scheduling({ flow: adding, states: counts }))
    })
  )

  it.effect("tries as many schedules as it is told", () =>
    Effect.gen(function* () {
      let runs = 0
      const flow = Node.make(Counter, { exec: () => Effect.sync(() => runs++) })
      const tried = (options?: { readonly schedules: number }) =>
        Effect.map(Laws.scheduling({ flow, states: counts }, options).check({ runs: 2, seed: 1 }), () => {
          const n = runs
          runs = 0
          return n
        })
      assert.deepStrictEqual([yield* tried(), yield* tried({ schedules: 3 })], [40, 6])
      // One schedule alone shows no race.
      yield* Laws.scheduling({ flow: racing, states: counts }, { schedules: 1 }).check(few)
    })
  )

  it.effect("is broken by which of two failures is first", () =>
    Effect.gen(function* () {
      const late = (error: string) =>
        Node.make(Counter, { exec: () => Effect.andThen(Effect.yieldNow, Effect.fail(error)) })
      const flow = Flow.all(Counter, { a: late("a"), b: late("b") })
      const { actual, expected } = yield* broken(Laws.scheduling({ flow, states: counts }))
      assert.sameMembers([actual.fail, expected.fail], ["a", "b"])
    })
  )
})

// --- laws of graphs --------------------------------------------------------------------------

describe("building", () => {
  it.effect("is broken by a flow that rewires itself when something is made of it", () =>
    Effect.gen(function* () {
      const flow = Flow.sequence(Counter, { a: add, b: add })
      // Flows are frozen; by force, their maps can be changed.
      const data = flow as any
      const tampered = new Proxy(flow, {
        // Asked for by combinators, to tell it from their other arguments.
        has: (target, key) => {
          data.nodes.get("a").next.clear()
          return Reflect.has(target, key)
        }
      })
      yield* holds(Laws.building({ store: Counter, flow, states: counts }))
      const law = Laws.building({ store: Counter, flow: tampered, states: counts })
      const found = yield* Effect.flip(law.check({ runs: 1, seed: 1 }))
      assert.instanceOf(found.cause, Laws.LawBroken)
      assert.strictEqual(found.cause.law, law.name)
      const { actual, expected } = found.cause as any
      assert.deepStrictEqual([expected.run.success.steps, actual.run.success.steps], [2, 1])
      assert.deepStrictEqual([expected.json.edges, actual.json.edges], [{ a: { default: "b" } }, {}])
    })
  )

  it.effect("is broken by a node that remembers", () =>
    broken(Laws.building({ store: Counter, flow: forgetful(), states: counts }))
  )

  it.effect("holds for steps that declare their actions, and for one that has none", () =>
    Effect.gen(function* () {
      const round = Flow.make(Trail, { start: "a", nodes: { a: visit("a") }, edges: { a: { default: "a" } } })
      for (const flow of [visit("a"), visit("a", "left"), Flow.sequence(Trail, { a: visit("a", "left") }), round]) {
        yield* Laws.building({ store: Trail, flow, states: trails }).check({ runs: 1, seed: 1 })
      }
    })
  )
})

describe("inlining", () => {
  const registry = {
    one: visit("one"),
    left: visit("left", "left"),
    // Without declared actions.
    open: Node.make(Trail, {
      post: (s) => Trail.to(s.seen.length % 2 === 0 ? "even" : "odd", (s) => ({ seen: [...s.seen, "open"] }))
    }),
    /** A step that is a flow already stays one. */
    pair: Flow.sequence(Trail, { x: visit("x"), y: visit("y", "left") })
  }
  type Json = Flow.FlowJson

  const flow = (nodes: Json["nodes"], edges: Json["edges"] = {}): Json => ({
    start: Object.keys(nodes)[0]!,
    nodes,
    edges
  })
  const law = (json: Json, steps: object = registry) =>
    Laws.inlining({ store: Trail, registry: steps as {}, json, states: trails }) as Laws.Law

  const wirings: Record<string, Json> = {
    "no flow in it": flow({ a: "one", b: "left" }, { a: { default: "b" } }),
    "one flow, its outcome wired": flow(
      { f: flow({ a: "one", b: "left" }, { a: { default: "b" } }), c: "one" },
      { f: { left: "c" } }
    ),
    "an outcome that is not wired": flow({ f: flow({ a: "left" }), c: "one" }, { c: { default: "f" } }),
    "an action that is wired inside, and outside for another node": flow(
      { f: flow({ a: "left", b: "left" }, { a: { left: "b" } }), c: "one" },
      { f: { left: "c" } }
    ),
    "actions that are not declared": flow(
      { f: flow({ a: "open", b: "open" }, { a: { even: "b" } }), c: "left" },
      { f: { odd: "c" } }
    ),
    "three levels, and back to the first": flow(
      {
        f: flow({ g: flow({ h: flow({ a: "open" }) }), b: "one" }, { g: { even: "b" } }),
        c: "left"
      },
      { f: { odd: "c", default: "f" } }
    ),
    "a flow that begins with a flow": flow({ f: flow({ g: flow({ a: "left" }) }) }),
    "flows that do not begin with their first node": {
      start: "f",
      nodes: { c: "one", f: { start: "b", nodes: { a: "one", b: "left" }, edges: { b: { left: "a" } } } },
      edges: { f: { default: "c" } }
    },
    "a step that is a flow": flow({ f: flow({ p: "pair" }), c: "one" }, { f: { left: "c" } }),
    "two flows that lead to each other": flow(
      { f: flow({ a: "open" }), g: flow({ b: "one" }) },
      { f: { even: "g" }, g: { default: "f" } }
    ),
    "ids with slashes": flow(
      { f: flow({ b: "one" }), "f/b": "left", "f~1b": "one" },
      { f: { default: "f/b" }, "f/b": { left: "f~1b" } }
    ),
    "ids that objects have by themselves": flow(
      {
        constructor: flow({ toString: "one", valueOf: "left" }, { toString: { default: "valueOf" } }),
        hasOwnProperty: "one"
      },
      { constructor: { left: "hasOwnProperty" } }
    )
  }

  for (const [name, json] of Object.entries(wirings)) it.effect(`holds: ${name}`, () => holds(law(json)))

  it.effect("holds: ids, actions and targets with the name of the prototype", () => {
    const proto = <A>(value: A) => Object.fromEntries([["__proto__", value]])
    const protoRegistry = { ...registry, acts: visit("acts", "__proto__") }
    const json = flow({ ...proto(flow({ ...proto("acts") })), c: "one" }, { ...proto(proto("c")) })
    return holds(law(json, protoRegistry))
  })

  it.effect("is broken by a step that remembers", () =>
    Effect.gen(function* () {
      let n = 0
      const knows = { knows: Node.make(Trail, { post: () => Trail.next({ seen: [`${n++}`] }) }) }
      const found = yield* Effect.flip(law(flow({ f: flow({ a: "knows" }) }), knows).check(few))
      assert.instanceOf(found.cause, Laws.LawBroken)
      assert.strictEqual(found.cause.law, "inlining a subflow = nesting it")
      assert.include(found.message, "broken: inlining a subflow = nesting it\nexpected ")
    })
  )

  it("a wiring that is none is refused at once", () => {
    assert.throws(() => law(flow({ f: flow({ a: "nobody" }) })), /the registry has no step "nobody"/)
  })
})

describe("equivalent", () => {
  const law = (
    to: Flow.Step<typeof Counter, string, unknown>,
    flow: Flow.Step<typeof Counter, string, unknown> = add
  ) => Laws.equivalent("mine", { flow, to, states: counts }) as Laws.Law

  it.effect("holds for two ways to do the same", () =>
    Effect.gen(function* () {
      const two = Node.make(Counter, { post: () => Counter.next((s) => ({ n: s.n + 2 })) })
      yield* holds(law(two, Flow.sequence(Counter, { a: add, b: add })))
      // Where it fails is how it is done.
      const fail = Node.make(Counter, { exec: () => Effect.fail("x") })
      yield* holds(law(fail, Flow.sequence(Counter, { a: add, b: fail })))
      yield* holds(law(endless, endless))
    })
  )

  it.effect("is broken by the store, the outcome, a failure, a defect; in the least state", () =>
    Effect.gen(function* () {
      const differs = (at: Flow.Step<typeof Counter, string, unknown>) =>
        Flow.make(Counter, {
          start: "x",
          nodes: { x: Node.make(Counter, { post: (s) => Counter.to(s.n < 7 ? "as before" : "differs") }), add, at },
          edges: { x: { "as before": "add", differs: "at" } }
        } as never) as Flow.Step<typeof Counter, string, unknown>
      const ways: ReadonlyArray<readonly [Flow.Step<typeof Counter, string, unknown>, unknown]> = [
        [Flow.sequence(Counter, { a: add, b: add }), { outcome: "default", store: { n: 9 } }],
        [
          Node.make(Counter, { post: () => Counter.to("end", (s) => ({ n: s.n + 1 })) }),
          { outcome: "end", store: { n: 8 } }
        ],
        [Node.make(Counter, { exec: () => Effect.fail("x") }), { fail: "x" }],
        [Node.make(Counter, { exec: () => Effect.fail(undefined) }), { fail: undefined }],
        [Node.make(Counter, { exec: () => Effect.die("x") }), { die: "x" }],
        [Node.make(Counter, { exec: () => Effect.interrupt }), { interrupted: true }],
        [endless, "no end after 10000 visits"]
      ]
      for (const [at, end] of ways) {
        const { actual, expected, state } = yield* broken(law(differs(at)), "mine")
        assert.deepStrictEqual(state, { n: 7 })
        assert.deepStrictEqual(expected, { outcome: "default", store: { n: 8 } })
        assert.deepStrictEqual(actual, end)
      }
    })
  )

  it.effect("tells a failure from a defect, and from an interruption", () =>
    Effect.gen(function* () {
      const ends = [Effect.fail(undefined), Effect.die(undefined), Effect.interrupt] as ReadonlyArray<
        Effect.Effect<never, undefined>
      >
      const steps = ends.map((end) => Node.make(Counter, { exec: () => end }))
      for (const [i, one] of steps.entries()) {
        for (const [j, other] of steps.entries()) {
          if (i === j) yield* holds(law(one, other))
          else yield* broken(law(one, other), "mine")
        }
      }
    })
  )

  it.effect("holds for one that takes more than 1000 visits, if it ends", () =>
    Effect.gen(function* () {
      const upTo = (n: number) =>
        Flow.make(Counter, {
          start: "a",
          nodes: { a: Node.make(Counter, { post: (s) => Counter.to(s.n < n ? "on" : "end", { n: s.n + 1 }) }) },
          edges: { a: { on: "a" } }
        })
      const at = Node.make(Counter, { post: () => Counter.to("end", { n: 1501 }) })
      yield* Laws.equivalent("mine", { flow: upTo(1500), to: at, states: counts }).check({ runs: 2, seed: 1 })
      const found = yield* Effect.flip(
        Laws.equivalent("mine", { flow: at, to: upTo(1501), states: counts }).check({ runs: 1, seed: 1 })
      )
      assert.instanceOf(found.cause, Laws.LawBroken)
    })
  )
})

// --- laws of fan-outs ----------------------------------------------------------------------------

describe("concurrency", () => {
  const batch = (exec: (item: number) => Effect.Effect<number>) =>
    Laws.concurrency({
      flow: (concurrency) =>
        Node.batch(Counter, {
          prep: (s) => [s.n, 1, 2, 3],
          exec,
          post: (_items, results) => Counter.next({ n: results.reduce((sum, n) => sum * 10 + n, 0) }),
          concurrency
        }),
      states: counts
    })

  it.effect("holds for a batch of work on its own, whoever is first", () =>
    holds(batch((item) => Effect.delay(Effect.succeed(item + 1), 10 - item)))
  )

  it.effect("is broken by a batch whose items share a counter", () =>
    Effect.gen(function* () {
      const law = batch((item) => {
        // Anew in each run: its first item is the one of the store.
        if (item !== 1 && item !== 2 && item !== 3) shared = 0
        return Effect.delay(
          Effect.sync(() => ++shared),
          10 - item
        )
      })
      let shared = 0
      yield* broken(law)
    })
  )

  it.effect("is broken by a forEach whose updates do not commute", () =>
    Effect.gen(function* () {
      const flow = (concurrency: number | "unbounded") =>
        Flow.forEach(
          Node.make(Counter, {
            prep: () => Element,
            exec: (element) => Effect.as(Effect.sleep(10 - element), element),
            post: (element) => Counter.next((s) => ({ n: (s.n * 10 + element) % 1000 }))
          }),
          { params: Element, prep: () => [1, 2, 3], concurrency }
        )
      const { actual, expected, state } = yield* broken(Laws.concurrency({ flow, states: counts }))
      assert.deepStrictEqual(state, { n: 0 })
      assert.deepStrictEqual([expected.success.store.n, actual.success.store.n], [123, 213])
    })
  )

  it.effect("compares failures, too", () =>
    Effect.gen(function* () {
      const flow = (concurrency: number | "unbounded") =>
        Node.batch(Counter, {
          prep: () => [1, 2, 3],
          exec: (item) => (item < 2 ? Effect.void : Effect.delay(Effect.fail(item), 10 - item)),
          concurrency
        })
      const { actual, expected } = yield* broken(Laws.concurrency({ flow, states: counts }))
      assert.deepStrictEqual([expected.fail, actual.fail], [2, 3])
      assert.deepStrictEqual([expected.site.item, actual.site.item], [1, 2])
    })
  )
})

describe("oneByOne", () => {
  const law = (branches: Record<string, Flow.Step<typeof Counter, "default", unknown>>) =>
    Laws.oneByOne({ store: Counter, branches, states: counts })
  const times = Node.make(Counter, { exec: () => Effect.yieldNow, post: () => Counter.next((s) => ({ n: s.n * 3 })) })

  it.effect("holds for branches whose functions do not commute, since they are replayed in order", () =>
    holds(law({ add, times, more: Flow.sequence(Counter, { add, times }) }))
  )

  it.effect("leaves out states where branches fail", () =>
    Effect.gen(function* () {
      const fails = law({ a: Node.make(Counter, { exec: () => Effect.fail("a") }), b: add })
      const found = yield* Effect.flip(fails.check({ runs: 2, seed: 1 }))
      assert.include(found.message, "of 21 values, 21 were discarded")
    })
  )

  it.effect("holds for branches that are in conflict, and leaves out a conflict inside of a branch", () =>
    Effect.gen(function* () {
      yield* holds(law({ a: set(1), b: add, c: set(2) }))
      const inside = Flow.all(Counter, { x: set(1), y: set(2) } as {}) as Flow.Step<typeof Counter, "default", unknown>
      const soon = Node.make(Counter, { exec: () => Effect.fail("soon") })
      const found = yield* Effect.flip(
        law({ a: Flow.sequence(Counter, { times, inside }), b: soon }).check({ runs: 2 })
      )
      assert.isUndefined(found.counterexample)
    })
  )

  it.effect("is broken by a conflict that is not always there", () =>
    Effect.gen(function* () {
      let runs = 0
      const odd = Node.make(Counter, {
        prep: () => ++runs,
        post: (run) => Counter.next(run % 2 === 1 ? { n: run } : (s) => ({ n: s.n + run }))
      })
      const { actual, expected } = yield* broken(law({ a: odd, b: set(2) }))
      assert.deepStrictEqual([expected.fail.name, actual.success.outcome], ["WriteConflict", "default"])
    })
  )

  it.effect("is broken by branches that share a side effect", () =>
    Effect.gen(function* () {
      let shared = 0
      const begin = Node.make(Counter, {
        exec: () =>
          Effect.delay(
            Effect.sync(() => (shared = 1)),
            10
          ),
        post: () => Counter.next()
      })
      const read = Node.make(Counter, {
        exec: () =>
          Effect.sync(() => {
            const was = shared
            shared = 0
            return was
          }),
        post: (_s, n) => Counter.next((s) => ({ n: s.n + n }))
      })
      const { actual, expected, state } = yield* broken(law({ begin, read }))
      assert.deepStrictEqual(state, { n: 0 })
      assert.deepStrictEqual([expected.success.store.n, actual.success.store.n], [1, 0])
    })
  )

  it.effect("is broken by a branch that remembers", () => broken(law({ a: add, b: forgetful() })))
})

describe("focus", () => {
  const App = Store.make("App", { part: Schema.Struct({ n: Schema.Int }), log: Schema.Int })
  type App = typeof App.Type
  type Part = typeof Counter.Type
  const whole = fc.record({ part: counts, log: fc.nat({ max: 9 }) })

  const law = (
    lens: Optic.Lens<App, Part>,
    flow: Flow.Step<typeof Counter, string, unknown> = rich as Flow.Step<typeof Counter, string, unknown>
  ) => Laws.focus({ flow, lens, states: whole, parts: counts })
  const lens = (get: (s: App) => Part, set: (part: Part, s: App) => App) => Optic.makeLens<App, Part>(get, set)

  const good = Optic.id<App>().key("part")

  for (const [name, flow] of Object.entries({ rich, fails, dies, endless })) {
    it.effect(`holds for a lens: ${name}`, () =>
      Effect.map(law(good, flow).check({ runs: flow === (endless as unknown) ? 2 : 10, seed: 1 }), ({ runs }) =>
        assert.isAtLeast(runs, 2)
      )
    )
  }

  it.effect("tells each law that a lens breaks", () =>
    Effect.gen(function* () {
      const name = "focus respects the lens laws"
      const bad: ReadonlyArray<readonly [law: string, Optic.Lens<App, Part>]> = [
        [
          "get what was put",
          // Puts nothing.
          lens(
            ({ part }) => part,
            (_part, s) => s
          )
        ],
        [
          "put what was got",
          // Changes more than the part.
          lens(
            ({ part }) => part,
            (part) => ({ part, log: 3 })
          )
        ],
        [
          "the last put counts",
          // Notes that there was a change.
          lens(
            ({ part }) => part,
            (part, s) => (part.n === s.part.n ? s : { part, log: s.log + 1 })
          )
        ]
      ]
      for (const [which, broke] of bad) yield* broken(law(broke, add), `${name}: ${which}`)
    })
  )

  it.effect("is broken by a flow that does something else to a part", () =>
    Effect.gen(function* () {
      const flow = Flow.sequence(Counter, { a: add, b: forgetful() })
      const { actual, expected } = yield* broken(law(good, flow), "focus respects the lens laws")
      assert.strictEqual(actual.success.store.part.n, expected.success.store.part.n + 1)
      assert.strictEqual(actual.success.store.log, expected.success.store.log)
    })
  )

  it.effect("a lens that throws is told as it is", () =>
    Effect.gen(function* () {
      const throws = lens(
        ({ part }) => part,
        () => {
          throw new RangeError("no such part")
        }
      )
      const found = yield* Effect.flip(law(throws, add).check(few))
      assert.include(found.message, "no such part")
    })
  )
})

// --- the reference model -------------------------------------------------------------------------

describe("model", () => {
  it.effect("holds for random flows, and for those that are given", () =>
    Effect.gen(function* () {
      yield* Laws.model().check({ runs: 50, seed: 1 })
      yield* Laws.model(Arbitraries.node()).check({ runs: 50, seed: 1 })
    })
  )

  const late = (more: object): Spec.Spec => ({ kind: "node", delay: 1, ...more })
  const race: Spec.Spec = { kind: "all", branches: { x: late({ fails: 1 }), y: late({ fails: 1, busy: true }) } }

  it.effect("is broken where which of two branches fails depends on scheduling", () =>
    Effect.gen(function* () {
      const law = Laws.model(fc.constant(Spec.printable(race)))
      const { cause, message, path, seed } = yield* Effect.flip(law.check(few))
      assert.instanceOf(cause, Laws.LawBroken)
      // Either is the error; the lines of the other one have no place then.
      assert.isTrue(cause.law.startsWith(law.name))
      assert.include(message, Spec.show(race))
      const again = yield* Effect.flip(law.check({ seed, path }))
      assert.strictEqual(again.message.split("\n\n")[1], message.split("\n\n")[1])
    })
  )

  it.effect("is broken where runs at once set a key by value", () =>
    Effect.gen(function* () {
      // 1, 2 or 3 of them see what another one has set.
      const sets: Spec.Spec = {
        kind: "forEach",
        times: 3,
        concurrency: "unbounded",
        inner: { kind: "node", delay: 1, post: { by: "value" } }
      }
      const { actual, expected } = yield* broken(Laws.model(fc.constant(sets)))
      assert.notDeepEqual(actual.success.store, expected.success.store)
    })
  )

  it.effect("tells lines that are missing, or too many", () =>
    Effect.gen(function* () {
      /** A spec that says one thing to the model, and then another thing to the runtime. */
      const lying = (first: number, then: number): Spec.Spec => {
        let reads = 0
        // One read decides on the failures of each attempt.
        const work = {
          get fails() {
            return reads++ < first + 1 ? first : then
          }
        }
        return { kind: "batch", items: [work], retries: 3, post: { by: "add" } }
      }
      const name = "a flow does what the reference model says: visits and attempts"
      const check = (first: number, then: number) =>
        Effect.map(
          Effect.flip(Laws.model(fc.constant(0).map(() => lying(first, then))).check({ runs: 1, seed: 1 })),
          ({ cause }) => {
            assert.instanceOf(cause, Laws.LawBroken)
            return [cause.law, cause.expected, cause.actual]
          }
        )
      assert.deepStrictEqual(yield* check(2, 1), [name, undefined, "missing: / visit 0, item 0, attempt 2"])
      assert.deepStrictEqual(yield* check(1, 2), [name, undefined, "unexpected: / visit 0, item 0, attempt 2"])
    })
  )
})

// --- services -----------------------------------------------------------------------------------

describe("services", () => {
  it.effect("of the layer are built anew for each run", () =>
    Effect.gen(function* () {
      let built = 0
      const layer = Layer.effect(
        Calls,
        Effect.suspend(() => {
          built++
          return Ref.make(0)
        })
      )
      const subject = { store: Counter, flow: twice, states: counts, layer }
      /** How many runs a check makes. */
      const count = (law: Laws.Law) =>
        Effect.map(law.check({ runs: 3, seed: 1 }), () => {
          const n = built
          built = 0
          return n
        })
      assert.strictEqual(yield* count(Laws.runIsFold(subject)), 3 * 2)
      assert.strictEqual(yield* count(Laws.scheduling(subject)), 3 * 20)
      assert.strictEqual(yield* count(Laws.building(subject)), 3 * 2)
      // The whole run, the way to its positions, and two pauses.
      assert.strictEqual(yield* count(Laws.pauseAnywhere(subject)), 3 * 4)
      assert.strictEqual(yield* count(Laws.concurrency({ ...subject, flow: () => twice })), 3 * 4)
      assert.strictEqual(yield* count(Laws.oneByOne({ ...subject, branches: { a: twice, b: add } })), 3 * 3)
      assert.strictEqual(yield* count(Laws.equivalent("mine", { ...subject, to: twice })), 3 * 2)
      // Also where the caller has the same layer.
      const within = Effect.provide(count(Laws.runIsFold(subject)), layer)
      assert.strictEqual(yield* within, 1 + 3 * 2)
    })
  )

  const named = Node.make(Trail, { prep: () => Name, post: (name) => Trail.next({ seen: [name] }) })

  it.effect("that are not in the layer are those of the caller", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const flow = Node.make(Trail, {
        exec: () => Effect.flatMap(Effect.all([Name, Calls]), ([name]) => Effect.sync(() => seen.push(name)))
      })
      const law = Laws.runIsFold({ flow, states: trails, layer: Layer.effect(Calls, Ref.make(0)) })
      yield* Effect.provideService(law.check({ runs: 1, seed: 1 }), Name, "mine")
      assert.deepStrictEqual(seen, ["mine", "mine"])
      for (const law of Laws.all({ store: Trail, flow: named, states: trails })) {
        yield* Effect.provideService(law.check({ runs: 2, seed: 1 }), Name, "mine")
      }
    })
  )

  it.effect("that cannot be built are told", () =>
    Effect.gen(function* () {
      const layer = Layer.effect(Name, Effect.fail("no name"))
      const found = yield* Effect.flip(Laws.runIsFold({ flow: named, states: trails, layer }).check(few))
      assert.strictEqual(found.cause, "no name")
      assert.include(found.message, "no name")
    })
  )
})
