import { assert, describe, it } from "@effect/vitest"
import { Cause, Context, Effect, Exit, Fiber, Optic, Option, Ref, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import { TestClock } from "effect/testing"
import { add, Counter, defect, during, failure, set, Trail, visit } from "../support.ts"

/** A position after its way through JSON and its schema. */
const throughJson = (position: Flow.Position): Flow.Position =>
  Schema.decodeUnknownSync(Flow.Position)(JSON.parse(JSON.stringify(Schema.encodeSync(Flow.Position)(position))))

/** Adds one and goes on with "again", for ever. */
const spin = Flow.make(Counter, {
  start: "spin",
  nodes: { spin: Node.make(Counter, { post: () => Counter.to("again", (s) => ({ n: s.n + 1 })) }) },
  edges: { spin: { again: "spin" } }
})

const three = Flow.sequence(Counter, { a: add, b: add, c: add })

describe("run", () => {
  it.effect("gives the outcome, the store and the number of visits", () =>
    Effect.gen(function* () {
      const flow = Flow.sequence(Trail, {
        a: visit("a"),
        inner: Flow.sequence(Trail, { b: visit("b"), c: visit("c", "end") })
      })
      assert.deepStrictEqual(yield* Flow.run(flow, { seen: ["x"] }), {
        outcome: "end",
        store: { seen: ["x", "a", "b", "c"] },
        steps: 3
      })
    })
  )

  it.effect("runs any step by itself", () =>
    Effect.gen(function* () {
      const steps = [
        add,
        Flow.sequence(Counter, { add }),
        Flow.all(Counter, { add }),
        Flow.map(Counter, add, { prep: (s) => [s], post: (_i, runs) => Counter.next(runs[0]!.store) }),
        Flow.call(Counter, add, { prep: (s) => s, post: (_i, run) => Counter.next(run.store) }),
        add.pipe(Flow.catch("x"), Flow.budget({ steps: 1 }), Flow.mapOutcome({ x: "y" }))
      ] as ReadonlyArray<Flow.Step<typeof Counter, string>>
      for (const step of steps) {
        assert.deepStrictEqual(yield* Flow.run(step, { n: 1 }), { outcome: "default", store: { n: 2 }, steps: 1 })
      }
    })
  )

  it.effect("is a description: nothing happens before it is run, and each time it is run it begins anew", () =>
    Effect.gen(function* () {
      let calls = 0
      const run = Flow.run(Flow.sequence(Counter, { add, count: Node.make(Counter, { prep: () => calls++ }) }), {
        n: 0
      })
      assert.strictEqual(calls, 0)
      const runs = yield* Effect.all([run, run, run], { concurrency: "unbounded" })
      assert.deepStrictEqual(
        runs,
        runs.map(() => ({ outcome: "default", store: { n: 1 }, steps: 2 }))
      )
      assert.strictEqual(calls, 3)
    })
  )
})

describe("runRef", () => {
  it.effect("each transition is in the Ref at once, and those before a failure stay", () =>
    Effect.gen(function* () {
      const ref = yield* Ref.make({ n: 0 })
      const looks: Array<number> = []
      const look = Node.make(Counter, { exec: () => Effect.map(Ref.get(ref), ({ n }) => void looks.push(n)) })
      const fail = Node.make(Counter, { exec: () => Effect.fail("failed"), post: () => Counter.next({ n: 99 }) })
      const flow = Flow.sequence(Counter, { a: add, look, b: add, again: look, fail })
      assert.strictEqual(yield* Effect.flip(Flow.runRef(flow, ref)), "failed")
      assert.deepStrictEqual(looks, [1, 2])
      assert.deepStrictEqual(yield* Ref.get(ref), { n: 2 })
    })
  )

  it.effect("gives the outcome, and keeps to maxSteps", () =>
    Effect.gen(function* () {
      const ref = yield* Ref.make({ n: 0 })
      assert.strictEqual(yield* Flow.runRef(three, ref), "default")
      const error = yield* Effect.flip(Flow.runRef(spin, ref, { maxSteps: 4 }))
      assert.deepStrictEqual([error._tag, error.store, yield* Ref.get(ref)], ["StepLimitExceeded", { n: 7 }, { n: 7 }])
    })
  )
})

describe("maxSteps", () => {
  it.effect("is how many visits may be made; one more is StepLimitExceeded", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* Flow.run(three, { n: 0 }, { maxSteps: 3 })).steps, 3)
      for (const limit of [0, 1, 2]) {
        const error = yield* Effect.flip(Flow.run(three, { n: 0 }, { maxSteps: limit }))
        assert.instanceOf(error, Flow.StepLimitExceeded)
        const id = ["a", "b", "c"][limit]!
        assert.deepStrictEqual(
          { limit: error.limit, position: error.position, store: error.store, message: error.message },
          {
            limit,
            position: {
              path: [id],
              step: limit,
              visits: Object.fromEntries(["a", "b"].slice(0, limit).map((id) => [id, 1])),
              calls: [],
              budgets: []
            },
            store: { n: limit },
            message: `no end after ${limit} steps, at /${id}`
          }
        )
      }
    })
  )

  it.effect("with the position and the store of the error the run goes on as if nothing had been", () =>
    Effect.gen(function* () {
      const stop = Node.make(Counter, { post: (s) => (s.n < 30 ? Counter.to("again") : Counter.to("end")) })
      const inner = Flow.make(Counter, {
        start: "add",
        nodes: { add, stop },
        edges: { add: { default: "stop" }, stop: { again: "add" } }
      })
      const call = Flow.call(Counter, inner, {
        prep: (s) => s,
        post: (_i, run) => Counter.to("called", { n: run.store.n + run.steps })
      })
      const flow = Flow.sequence(Counter, { a: add, call, b: add })
      const whole = yield* Flow.run(flow, { n: 0 })
      assert.deepStrictEqual(whole, { outcome: "called", store: { n: 88 }, steps: 59 })
      let { position, store } = yield* Effect.flip(Flow.run(flow, { n: 0 }, { maxSteps: 10 }))
      for (let maxSteps = 20; maxSteps <= 60; maxSteps += 10) {
        const next = yield* Effect.result(
          Flow.resume(flow, throughJson(position), store as { n: number }, { maxSteps })
        )
        if (next._tag === "Success") return assert.deepStrictEqual(next.success, whole)
        assert.instanceOf(next.failure, Flow.StepLimitExceeded)
        ;({ position, store } = next.failure as Flow.StepLimitExceeded)
        assert.strictEqual(position.step, maxSteps)
      }
      return assert.fail("it never came to its end")
    })
  )

  it.effect("is not an error of the flow: no error edge catches it and no mode result keeps it", () =>
    Effect.gen(function* () {
      const branch = Flow.all(Counter, { a: spin, b: add })
      const map = Flow.map(Counter, spin, { prep: (s) => [s], post: () => Counter.next() })
      const kept = Flow.map(Counter, spin, { prep: (s) => [s], post: () => Counter.next(), mode: "result" })
      const call = Flow.call(Counter, spin, { prep: (s) => s, post: () => Counter.next() })
      const steps = [spin, branch, map, kept, call, Flow.all(Counter, { a: kept })]
      for (const step of steps as ReadonlyArray<Flow.Step<typeof Counter, string>>) {
        const error = yield* Effect.flip(Flow.run(Flow.catch(step, "caught"), { n: 0 }, { maxSteps: 5 }))
        assert.instanceOf(error, Flow.StepLimitExceeded)
        assert.strictEqual(error.limit, 5)
      }
    })
  )

  it.effect("a run of its own in an exec has its own limit, whose error is one of the flow", () =>
    Effect.gen(function* () {
      const opaque = Node.make(Counter, { exec: () => Flow.run(spin, { n: 0 }, { maxSteps: 3 }) })
      const flow = opaque.pipe(Flow.catchTag("StepLimitExceeded", (error) => Counter.to("caught", { n: error.limit })))
      assert.deepStrictEqual(yield* Flow.run(flow, { n: 0 }, { maxSteps: 1 }), {
        outcome: "caught",
        store: { n: 3 },
        steps: 1
      })
    })
  )

  it.effect(
    "each run inside all, map and forEach has the same limit for itself; the error has the outer position",
    () =>
      Effect.gen(function* () {
        const threeSteps = Flow.all(Counter, { a: three, b: three })
        const flow = Flow.sequence(Counter, { first: add, fan: threeSteps })
        assert.deepStrictEqual(yield* Flow.run(flow, { n: 0 }, { maxSteps: 3 }), {
          outcome: "default",
          store: { n: 7 },
          steps: 2
        })
        const error = yield* Effect.flip(Flow.run(flow, { n: 0 }, { maxSteps: 2 }))
        const position = { path: ["fan"], step: 1, visits: { first: 1 }, calls: [], budgets: [] }
        assert.deepStrictEqual([error.position, error.store], [position, { n: 1 }])
        const run = yield* Flow.resume(flow, error.position, error.store as { n: number }, { maxSteps: 3 })
        assert.deepStrictEqual(run, { outcome: "default", store: { n: 7 }, steps: 2 })
      })
  )
})

describe("a limit inside of a fan", () => {
  class Current extends Context.Service<Current, number>()("test/Current") {}
  const fans: ReadonlyArray<readonly [string, Flow.Step<typeof Counter, "default">]> = [
    ["all", Flow.all(Counter, { a: add, b: three })],
    [
      "map",
      Flow.map(Counter, three, {
        prep: (s) => [s, s],
        post: (_i, runs) => Counter.next((s) => ({ n: s.n + runs.length }))
      })
    ],
    ["forEach", Flow.forEach(three, { params: Current, prep: () => [1, 2] })]
  ]
  const inCall = (fan: Flow.Step<typeof Counter, "default">) =>
    Flow.call(Counter, Flow.sequence(Counter, { fan }), {
      prep: (s) => s,
      post: (_input, run) => Counter.next(run.store)
    })

  for (const [kind, fan] of fans) {
    it.effect(`${kind}: with the position and the store of the error it is begun again as if nothing had been`, () =>
      Effect.gen(function* () {
        for (const [step, path] of [
          [fan, ["fan"]],
          [inCall(fan), ["fan", "fan"]]
        ] as const) {
          const flow = Flow.sequence(Counter, { add, fan: step, last: add })
          const { position, store } = yield* Effect.flip(Flow.run(flow, { n: 0 }, { maxSteps: 2 }))
          assert.deepStrictEqual([position.path, position.step, store], [[...path], 1, { n: 1 }])
          const run = yield* Flow.resume(flow, throughJson(position), store as { n: number }, { maxSteps: 9 })
          assert.deepStrictEqual(run, yield* Flow.run(flow, { n: 0 }))
        }
      })
    )

    it.effect(`${kind}: right inside of a call, its store is the one from before the fan`, () =>
      Effect.gen(function* () {
        const call = Flow.call(Counter, fan, {
          prep: (s) => s,
          post: (_input, run) => Counter.next(run.store)
        })
        const { position, store } = yield* Effect.flip(Flow.run(call, { n: 7 }, { maxSteps: 2 }))
        assert.deepStrictEqual(
          [position, store],
          [
            { path: [], step: 0, visits: {}, calls: [{ input: { n: 7 }, store: { n: 7 }, since: 0 }], budgets: [] },
            { n: 7 }
          ]
        )
        const run = yield* Flow.resume(call, throughJson(position), store as { n: number }, { maxSteps: 9 })
        assert.deepStrictEqual(run, yield* Flow.run(call, { n: 7 }))
      })
    )

    it.effect(`${kind}: through a lens, the whole store is the one from before the fan`, () =>
      Effect.gen(function* () {
        const Whole = Store.make("Whole", { part: Counter.schema })
        const flow = Flow.sequence(Whole, { fan: fan.pipe(Flow.focus(Optic.id<typeof Whole.Type>().key("part"))) })
        const { position, store } = yield* Effect.flip(Flow.run(flow, { part: { n: 7 } }, { maxSteps: 2 }))
        assert.deepStrictEqual(
          [position, store],
          [{ path: ["fan"], step: 0, visits: {}, calls: [], budgets: [] }, { part: { n: 7 } }]
        )
        const run = yield* Flow.resume(flow, throughJson(position), store as typeof Whole.Type, { maxSteps: 9 })
        assert.deepStrictEqual(run, yield* Flow.run(flow, { part: { n: 7 } }))
      })
    )
  }
})

describe("pauseBefore", () => {
  const inner = Flow.sequence(Counter, { x: add, y: add })
  const flow = Flow.sequence(Counter, { a: add, inner, b: add })

  /** The paths of all pauses from the beginning to the end, each resumed, and the end. */
  const pauses = <A extends string>(flow: Flow.Step<typeof Counter, A>, ...pauseBefore: ReadonlyArray<string>) =>
    Effect.gen(function* () {
      const paths: Array<string> = []
      let next: Flow.Run<typeof Counter.Type, A> | Flow.Paused<typeof Counter.Type> = yield* Flow.run(
        flow,
        { n: 0 },
        { pauseBefore }
      )
      while (Flow.isPaused(next) && paths.length < 20) {
        paths.push(`${next.position.path.join("/")} ${next.position.step} ${next.store.n}`)
        next = yield* Flow.resume(flow, throughJson(next.position), next.store, { pauseBefore })
      }
      assert.deepStrictEqual(next, yield* Flow.run(flow, { n: 0 }))
      return paths
    })

  it.effect("pauses before each visit of a node, by id at any depth or by path, and goes on from there", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* pauses(flow, "a"), ["a 0 0"])
      assert.deepStrictEqual(yield* pauses(flow, "y"), ["inner/y 2 2"])
      assert.deepStrictEqual(yield* pauses(flow, "inner/x", "b"), ["inner/x 1 1", "b 3 3"])
      assert.deepStrictEqual(yield* pauses(flow, "a", "x", "y", "b"), ["a 0 0", "inner/x 1 1", "inner/y 2 2", "b 3 3"])
      const twoTimes = Flow.sequence(Counter, { one: inner, two: inner })
      assert.deepStrictEqual(yield* pauses(twoTimes, "x"), ["one/x 0 0", "two/x 2 2"])
      assert.deepStrictEqual(yield* pauses(twoTimes, "two/x"), ["two/x 2 2"])
    })
  )

  it.effect("in a loop, before each visit", () =>
    Effect.gen(function* () {
      const more = Node.make(Counter, { post: (s) => (s.n < 3 ? Counter.to("more") : Counter.to("end")) })
      const loop = Flow.make(Counter, {
        start: "add",
        nodes: { add, more },
        edges: { add: { default: "more" }, more: { more: "add" } }
      })
      assert.deepStrictEqual(yield* pauses(loop, "more"), ["more 1 1", "more 3 2", "more 5 3"])
      assert.deepStrictEqual(yield* pauses(loop, "add", "more"), [
        "add 0 0",
        "more 1 1",
        "add 2 1",
        "more 3 2",
        "add 4 2",
        "more 5 3"
      ])
    })
  )

  it.effect("before a nested flow is before its first node, once each time it is entered", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* pauses(flow, "inner"), ["inner/x 1 1"])
      const deep = Flow.sequence(Counter, { a: add, outer: Flow.sequence(Counter, { inner, last: add }) })
      assert.deepStrictEqual(yield* pauses(deep, "outer"), ["outer/inner/x 1 1"])
      assert.deepStrictEqual(yield* pauses(deep, "outer/inner"), ["outer/inner/x 1 1"])
      const again = Node.make(Counter, { post: (s) => (s.n < 4 ? Counter.to("again") : Counter.to("end")) })
      const loop = Flow.make(Counter, {
        start: "inner",
        nodes: { inner, again },
        edges: { inner: { default: "again" }, again: { again: "inner" } }
      })
      assert.deepStrictEqual(yield* pauses(loop, "inner"), ["inner/x 0 0", "inner/x 3 2"])
    })
  )

  it.effect("before a call is before its prep, once; the nodes inside of it are nodes like others", () =>
    Effect.gen(function* () {
      const call = (inner: Flow.Step<typeof Counter, string>) =>
        Flow.call(Counter, inner, { prep: (s) => s, post: (_i, run) => Counter.next(run.store) })
      const around = Flow.sequence(Counter, { a: add, call: call(inner), bare: call(add) })
      assert.deepStrictEqual(yield* pauses(around, "call"), ["call 1 1"])
      assert.deepStrictEqual(yield* pauses(around, "bare"), ["bare 3 3"])
      assert.deepStrictEqual(yield* pauses(around, "call/y"), ["call/y 2 1"])
      assert.deepStrictEqual(yield* pauses(around, "call", "x", "bare"), ["call 1 1", "call/x 1 1", "bare 3 3"])
    })
  )

  it.effect("the store may be changed while the run is paused", () =>
    Effect.gen(function* () {
      const paused = yield* Flow.run(flow, { n: 0 }, { pauseBefore: ["b"] })
      assert.isTrue(Flow.isPaused(paused))
      if (!Flow.isPaused(paused)) return
      assert.deepStrictEqual(yield* Flow.resume(flow, paused.position, { n: 100 }), {
        outcome: "default",
        store: { n: 101 },
        steps: 4
      })
      assert.isFalse(Flow.isPaused(yield* Flow.run(flow, { n: 0 })))
    })
  )

  it.effect("a name that is not that of a node where a run can stop is InvalidPosition", () =>
    Effect.gen(function* () {
      const fans = Flow.sequence(Counter, {
        all: Flow.all(Counter, { branch: Flow.sequence(Counter, { inside: add }) }),
        map: Flow.map(Counter, Flow.sequence(Counter, { mapped: add }), {
          prep: (s) => [s],
          post: () => Counter.next()
        })
      })
      assert.deepStrictEqual(yield* pauses(fans, "all", "map"), ["all 0 0", "map 1 1"])
      for (const name of ["branch", "inside", "mapped", "all/branch", "typo", "", "all/", "/all"]) {
        for (const names of [[name], ["all", name]]) {
          const error = yield* Effect.flip(Flow.run(fans, { n: 0 }, { pauseBefore: names }))
          assert.instanceOf(error, Flow.InvalidPosition)
          assert.deepStrictEqual(
            { path: error.path, reason: error.reason },
            { path: [name], reason: "pauseBefore names no node of this flow" }
          )
        }
      }
      assert.instanceOf(yield* Effect.flip(Flow.run(add, { n: 0 }, { pauseBefore: ["a"] })), Flow.InvalidPosition)
    })
  )

  it.effect("resume goes past the pause of its own node, but not of another that comes first after all", () =>
    Effect.gen(function* () {
      const wait = Node.make(Counter, {
        exec: () => Effect.sleep("1 second"),
        post: () => Counter.to("again", (s) => ({ n: s.n + 1 }))
      })
      const search = Flow.make(Counter, { start: "wait", nodes: { wait }, edges: { wait: { again: "wait" } } }).pipe(
        Flow.budget({ duration: "1 minute" })
      )
      const flow = Flow.make(Counter, {
        start: "search",
        nodes: { search, publish: set(99) },
        edges: { search: { exhausted: "publish" } }
      })
      const pauseBefore = ["wait", "publish"]
      const first = yield* Flow.run(flow, { n: 0 }, { pauseBefore })
      if (!Flow.isPaused(first)) return assert.fail("not paused")
      const second = yield* during("1 second", Flow.resume(flow, first.position, first.store, { pauseBefore }))
      if (!Flow.isPaused(second)) return assert.fail("not paused")
      assert.deepStrictEqual([second.position.path, second.store], [["search", "wait"], { n: 1 }])
      yield* TestClock.adjust("1 hour")
      const third = yield* Flow.resume(flow, second.position, second.store, { pauseBefore })
      if (!Flow.isPaused(third)) return assert.fail("the budget was spent, and what comes next was not paused before")
      assert.deepStrictEqual([third.position.path, third.store], [["publish"], { n: 1 }])
      return assert.deepStrictEqual(yield* Flow.resume(flow, third.position, third.store), {
        outcome: "default",
        store: { n: 99 },
        steps: 2
      })
    })
  )
})

describe("start and step", () => {
  it.effect("one step is one visit, until Done", () =>
    Effect.gen(function* () {
      const flow = Flow.sequence(Counter, { a: add, inner: Flow.sequence(Counter, { x: add, y: add }) })
      const position = (path: ReadonlyArray<string>, step: number, visits: Record<string, number>) => ({
        path,
        step,
        visits,
        calls: [],
        budgets: []
      })
      assert.deepStrictEqual(Flow.start(flow), position(["a"], 0, {}))
      const one = yield* Flow.step(flow)(Flow.start(flow), { n: 0 })
      assert.deepStrictEqual(one, { _tag: "Next", position: position(["inner", "x"], 1, { a: 1 }), store: { n: 1 } })
      if (one._tag === "Done") return
      const two = yield* Flow.step(flow)(one.position, one.store)
      assert.deepStrictEqual(two, {
        _tag: "Next",
        position: position(["inner", "y"], 2, { a: 1, "inner/x": 1 }),
        store: { n: 2 }
      })
      if (two._tag === "Done") return
      assert.deepStrictEqual(yield* Flow.step(flow)(two.position, two.store), {
        _tag: "Done",
        outcome: "default",
        store: { n: 3 }
      })
    })
  )

  it.effect("a fan, a batch or a fold is one step; a position is never inside of it", () =>
    Effect.gen(function* () {
      const steps = [
        Node.batch(Counter, { prep: () => [1, 2], exec: (i) => Effect.succeed(i) }),
        Node.fold(Counter, { prep: () => [1, 2], initial: 0, exec: (acc, i) => Effect.succeed(acc + i) }),
        Flow.all(Counter, { a: three, b: three }),
        Flow.map(Counter, three, { prep: (s) => [s, s], post: () => Counter.next() })
      ] as ReadonlyArray<Flow.Step<typeof Counter, "default">>
      for (const many of steps) {
        const flow = Flow.sequence(Counter, { many, last: add })
        assert.deepStrictEqual(Flow.start(flow).path, ["many"])
        const next = yield* Flow.step(flow)(Flow.start(flow), { n: 0 })
        assert.deepStrictEqual(next._tag === "Next" && next.position, {
          path: ["last"],
          step: 1,
          visits: { many: 1 },
          calls: [],
          budgets: []
        })
      }
    })
  )

  it.effect("an error is the error of the step, and no step is made", () =>
    Effect.gen(function* () {
      const flow = Flow.sequence(Counter, { a: add, fail: Node.make(Counter, { exec: () => Effect.fail("x") }) })
      const next = yield* Flow.step(flow)(Flow.start(flow), { n: 0 })
      if (next._tag === "Done") return assert.fail("done")
      return assert.deepStrictEqual(yield* failure(Flow.step(flow)(next.position, next.store)), {
        reasons: [{ fail: "x" }],
        site: { path: ["fail"], phase: "exec", attempt: 0, item: undefined }
      })
    })
  )

  it.effect("a caught error is a step, after which the run goes on along its edge", () =>
    Effect.gen(function* () {
      const fail = Node.make(Counter, { exec: () => Effect.fail("x") }).pipe(Flow.catch("caught"))
      const flow = Flow.make(Counter, { start: "fail", nodes: { fail, add }, edges: { fail: { caught: "add" } } })
      const next = yield* Flow.step(flow)(Flow.start(flow), { n: 0 })
      assert.deepStrictEqual(next, {
        _tag: "Next",
        position: { path: ["add"], step: 1, visits: { fail: 1 }, calls: [], budgets: [] },
        store: { n: 0 }
      })
    })
  )
})

describe("positions", () => {
  const Dated = Store.make("Dated", { at: Schema.Date, n: Schema.Number })
  const tick = Node.make(Dated, {
    post: () => Dated.next((s) => ({ at: new Date(s.at.getTime() + 1000), n: s.n + 1 }))
  })
  const inner = Flow.sequence(Dated, { one: tick, two: tick })
  const call = Flow.call(Counter, inner, {
    prep: (s) => ({ at: new Date(0), n: s.n }),
    post: (input, run) => Counter.next((s) => ({ n: s.n + run.store.at.getTime() + input.n + run.steps }))
  })

  it.effect("inside a call hold its stores as JSON, inside a budget when it began", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(5000)
      const flow = Flow.sequence(Counter, { a: add, call: call.pipe(Flow.budget({ steps: 5, duration: "1 minute" })) })
      const first = yield* Flow.step(flow)(Flow.start(flow), { n: 1 })
      if (first._tag === "Done") return assert.fail("done")
      assert.deepStrictEqual(first.position, {
        path: ["call"],
        step: 1,
        visits: { a: 1 },
        calls: [],
        budgets: [{ since: 1 }]
      })
      const second = yield* Flow.step(flow)(throughJson(first.position), first.store)
      if (second._tag === "Done") return assert.fail("done")
      assert.deepStrictEqual(second, {
        _tag: "Next",
        position: {
          path: ["call", "two"],
          step: 2,
          visits: { a: 1, call: 1, "call/one": 1 },
          calls: [
            {
              input: { at: "1970-01-01T00:00:00.000Z", n: 2 },
              store: { at: "1970-01-01T00:00:01.000Z", n: 3 },
              since: 1
            }
          ],
          budgets: [{ since: 1, started: 5000 }]
        },
        store: { n: 2 }
      })
      return assert.deepStrictEqual(yield* Flow.step(flow)(throughJson(second.position), second.store), {
        _tag: "Done",
        outcome: "default",
        store: { n: 2 + 2000 + 2 + 2 }
      })
    })
  )

  it.effect("inside nested calls and budgets hold theirs from the outermost to the innermost", () =>
    Effect.gen(function* () {
      const around = (inner: Flow.Step<typeof Counter, "default">, by: number) =>
        Flow.call(Counter, Flow.sequence(Counter, { add, inner }), {
          prep: (s) => ({ n: s.n + by }),
          post: (_input, run) => Counter.next(run.store)
        })
      const inner = Flow.sequence(Counter, { x: add, y: add }).pipe(Flow.budget({ steps: 5 }, "default"))
      const flow = around(around(inner, 100), 10).pipe(Flow.budget({ steps: 9 }, "default"))
      const { position } = yield* Effect.flip(Flow.run(flow, { n: 0 }, { maxSteps: 3 }))
      assert.deepStrictEqual(position, {
        path: ["inner", "inner", "y"],
        step: 3,
        visits: { add: 1, inner: 1, "inner/add": 1, "inner/inner/x": 1 },
        calls: [
          { input: { n: 10 }, store: { n: 11 }, since: 0 },
          { input: { n: 111 }, store: { n: 113 }, since: 1 }
        ],
        budgets: [{ since: 0 }, { since: 2 }]
      })
      assert.deepStrictEqual(yield* Flow.resume(flow, throughJson(position), { n: 0 }), yield* Flow.run(flow, { n: 0 }))
    })
  )

  it.effect("inside a call keep keys of its store that objects inherit", () =>
    Effect.gen(function* () {
      const Odd = Store.make("Odd", { ["__proto__"]: Schema.Array(Schema.Date), constructor: Schema.String })
      const step = Node.make(Odd, { post: () => Odd.next((s) => ({ constructor: `${s.constructor}!` })) })
      const flow = Flow.call(Counter, Flow.sequence(Odd, { a: step, b: step }), {
        prep: () => ({ ["__proto__"]: [new Date(7)], constructor: "c" }),
        post: (_input, run) => Counter.next({ n: run.store["__proto__"][0]!.getTime() + run.store.constructor.length })
      })
      let next = yield* Flow.step(flow)(Flow.start(flow), { n: 0 })
      while (next._tag === "Next") next = yield* Flow.step(flow)(throughJson(next.position), next.store)
      assert.deepStrictEqual(next, { _tag: "Done", outcome: "default", store: { n: 10 } })
    })
  )

  it.effect("a budget goes on after resume with what is left of it", () =>
    Effect.gen(function* () {
      const wait = Node.make(Counter, {
        exec: () => Effect.sleep("1 second"),
        post: () => Counter.to("again", (s) => ({ n: s.n + 1 }))
      })
      const seconds = Flow.make(Counter, { start: "wait", nodes: { wait }, edges: { wait: { again: "wait" } } })
      const timed = seconds.pipe(Flow.budget({ duration: "2500 millis" }))
      const next = yield* during("1 second", Flow.step(timed)(Flow.start(timed), { n: 0 }))
      if (next._tag === "Done") return assert.fail("done")
      const run = yield* during("1 minute", Flow.resume(timed, throughJson(next.position), next.store))
      assert.deepStrictEqual(run, { outcome: "exhausted", store: { n: 2 }, steps: 3 })
      const counted = spin.pipe(Flow.budget({ steps: 5 }))
      const { position, store } = yield* Effect.flip(Flow.run(counted, { n: 0 }, { maxSteps: 3 }))
      return assert.deepStrictEqual(yield* Flow.resume(counted, throughJson(position), store as { n: number }), {
        outcome: "exhausted",
        store: { n: 5 },
        steps: 5
      })
    })
  )

  it.effect("a budget of time does not start while the run is paused before it", () =>
    Effect.gen(function* () {
      const wait = Node.make(Counter, {
        exec: () => Effect.sleep("1 second"),
        post: () => Counter.next((s) => ({ n: s.n + 1 }))
      })
      const flow = Flow.sequence(Counter, {
        add,
        timed: Flow.sequence(Counter, { wait }).pipe(Flow.budget({ duration: "1 minute" }))
      })
      const paused = yield* Flow.run(flow, { n: 0 }, { pauseBefore: ["wait"] })
      if (!Flow.isPaused(paused)) return assert.fail("not paused")
      yield* TestClock.adjust("1 hour")
      const run = yield* during("1 second", Flow.resume(flow, throughJson(paused.position), paused.store))
      return assert.deepStrictEqual(run, { outcome: "default", store: { n: 2 }, steps: 2 })
    })
  )

  it.effect("count the visits of nodes whatever their ids are", () =>
    Effect.gen(function* () {
      for (const id of ["__proto__", "constructor", "a/b", "a~b", "~1", "/", "~0~1/", " ", "\n\"'"]) {
        const seen: Array<number> = []
        const look = Node.make(Counter, {
          exec: () => Effect.map(Node.Visit, (visit) => void seen.push(visit)),
          post: () => Counter.decide((s) => (s.n < 2 ? ["again", { n: s.n + 1 }] : "end"))
        })
        const flow = Flow.sequence(Counter, {
          outer: Flow.make(Counter, { start: id, nodes: { [id]: look }, edges: { [id]: { again: id } } } as never)
        }) as Flow.Flow<typeof Counter, string>
        let next = yield* Flow.step(flow)(Flow.start(flow), { n: 0 })
        while (next._tag === "Next") next = yield* Flow.step(flow)(throughJson(next.position), next.store)
        assert.deepStrictEqual([id, seen, next.store], [id, [0, 1, 2], { n: 2 }])
      }
    })
  )

  it.effect("that are not of the flow are InvalidPosition, which says why", () =>
    Effect.gen(function* () {
      const flow = Flow.sequence(Counter, {
        a: add,
        inner: Flow.sequence(Counter, { x: add }),
        call: call.pipe(Flow.budget({ steps: 9 })),
        fan: Flow.all(Counter, { branch: three })
      })
      const start = Flow.start(flow)
      const good = {
        input: { at: "1970-01-01T00:00:00.000Z", n: 0 },
        store: { at: "1970-01-01T00:00:00.000Z", n: 0 },
        since: 0
      }
      const inCall = { ...start, path: ["call", "one"], calls: [good], budgets: [{ since: 0 }] }
      assert.strictEqual((yield* Flow.resume(flow, inCall, { n: 0 })).steps, 3)
      const bad: ReadonlyArray<readonly [string, Partial<Flow.Position>]> = [
        ["nothing", { path: [] }],
        ["unknown", { path: ["b"] }],
        ["inherited", { path: ["constructor"] }],
        ["inherited", { path: ["__proto__"] }],
        ["empty id", { path: [""] }],
        ["a flow", { path: ["inner"] }],
        ["unknown inside", { path: ["inner", "y"] }],
        ["below a node", { path: ["a", "a"] }],
        ["a joined path", { path: ["inner/x"] }],
        ["in a fan", { path: ["fan", "branch"] }],
        ["in a fan", { path: ["fan", "branch", "a"] }],
        ["a call without its store", { ...inCall, calls: [] }],
        ["a call too many", { ...inCall, calls: [good, good] }],
        ["a call elsewhere", { calls: [good] }],
        ["a call with a store that does not fit", { ...inCall, calls: [{ ...good, store: { n: 0 } }] }],
        ["a call with an input that does not fit", { ...inCall, calls: [{ ...good, input: null }] }],
        ["a call that began in the future", { ...inCall, step: 1, calls: [{ ...good, since: 2 }] }],
        ["a call that began before the run", { ...inCall, calls: [{ ...good, since: -1 }] }],
        ["no budget where there is one", { ...inCall, budgets: [] }],
        ["a budget too many", { ...inCall, budgets: [{ since: 0 }, { since: 0 }] }],
        ["a budget elsewhere", { budgets: [{ since: 0 }] }],
        ["a budget that began in the future", { ...inCall, step: 1, budgets: [{ since: 2 }] }],
        ["a budget that began before the run", { ...inCall, budgets: [{ since: -1 }] }],
        ["a negative step", { step: -1 }],
        ["half a step", { step: 0.5 }],
        ["a step that is no number", { step: NaN }],
        ["endless steps", { step: Infinity }],
        ["visits of a node that is not there", { visits: { b: 1 } }],
        ["visits of nothing", { visits: { "": 1 } }],
        ["visits inside a node", { visits: { "a/a": 1 } }],
        ["visits inside a fan", { visits: { "fan/branch": 1 } }],
        ["negative visits", { visits: { a: -1 } }],
        ["half a visit", { visits: { a: 0.5 } }]
      ]
      for (const [why, change] of bad) {
        const position = { ...start, ...change } as Flow.Position
        for (const run of [Flow.resume(flow, position, { n: 0 }), Flow.step(flow)(position, { n: 0 })]) {
          const exit = yield* Effect.exit(run as Effect.Effect<unknown, unknown>)
          const error = Exit.isFailure(exit) ? Option.getOrUndefined(Cause.findErrorOption(exit.cause)) : undefined
          assert.instanceOf(error, Flow.InvalidPosition, why)
          const { message, path, reason } = error as Flow.InvalidPosition
          assert.deepStrictEqual([path, message], [position.path, `/${position.path.join("/")}: ${reason}`], why)
          assert.isAbove(reason.length, 5, why)
        }
      }
      for (const none of [null, undefined, 1, "a", [], {}, { path: ["a"] }, { ...start, calls: {} }]) {
        const error = yield* Effect.flip(Flow.resume(flow, none as never, { n: 0 }))
        assert.instanceOf(error, Flow.InvalidPosition)
        assert.include(String(error), "not a position")
      }
    })
  )

  it.effect("of a node by itself are empty", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(Flow.start(add).path, [])
      assert.deepStrictEqual(yield* Flow.resume(add, Flow.start(add), { n: 1 }), {
        outcome: "default",
        store: { n: 2 },
        steps: 1
      })
      const error = yield* Effect.flip(Flow.resume(add, { ...Flow.start(add), path: ["add"] }, { n: 1 }))
      assert.instanceOf(error, Flow.InvalidPosition)
    })
  )

  it.effect("a run that leaves the checks of its schema goes on step by step as in one go", () =>
    Effect.gen(function* () {
      const Positive = Store.make("Positive", { n: Schema.Number.check(Schema.isGreaterThan(0)) })
      const negate = Node.make(Positive, { post: () => Positive.next((s) => ({ n: -s.n })) })
      const inner = Flow.sequence(Positive, { a: negate, b: Node.make(Positive, { post: () => Positive.to("b") }) })
      const outer = Flow.call(Positive, inner, {
        prep: (s) => ({ n: -s.n }),
        post: (_i, run) => Positive.to(run.outcome, run.store)
      })
      const flow = Flow.sequence(Positive, { a: negate, outer })
      const whole = yield* Flow.run(flow, { n: 1 })
      assert.deepStrictEqual(whole, { outcome: "b", store: { n: -1 }, steps: 3 })
      let next = yield* Flow.step(flow)(Flow.start(flow), { n: 1 })
      while (next._tag === "Next") next = yield* Flow.step(flow)(throughJson(next.position), next.store)
      assert.deepStrictEqual(next, { _tag: "Done", outcome: "b", store: { n: -1 } })
      assert.instanceOf(yield* defect(Flow.run(flow, { n: -1 })), Store.InvalidStore)
    })
  )
})

describe("interruption", () => {
  it.effect("between visits that never wait commits no half of a visit", () =>
    Effect.gen(function* () {
      const ref = yield* Ref.make({ n: 0 })
      const fiber = yield* Effect.forkChild(Flow.runRef(spin, ref))
      yield* Effect.yieldNow
      yield* Effect.yieldNow
      yield* Fiber.interrupt(fiber)
      const { n } = yield* Ref.get(ref)
      assert.isAbove(n, 0)
      assert.deepStrictEqual(yield* Ref.get(ref), { n })
    })
  )

  it.effect("of a run through a lens leaves the whole store well formed", () =>
    Effect.gen(function* () {
      const App = Store.make("App", { a: Counter.schema, b: Counter.schema })
      const id = Optic.id<typeof App.Type>()
      const never = Node.make(Counter, { exec: () => Effect.never, post: () => Counter.next({ n: 9 }) })
      const ref = yield* Ref.make<typeof App.Type>({ a: { n: 0 }, b: { n: 0 } })
      const flow = Flow.sequence(App, {
        a: three.pipe(Flow.focus(id.key("a"))),
        b: Flow.sequence(Counter, { add, never }).pipe(Flow.focus(id.key("b")))
      })
      const fiber = yield* Effect.forkChild(Flow.runRef(flow, ref))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(yield* Ref.get(ref), { a: { n: 3 }, b: { n: 1 } })
    })
  )
})
