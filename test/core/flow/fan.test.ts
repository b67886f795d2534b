import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Optic, Ref, Result, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import { TestClock } from "effect/testing"
import { add, Counter, defect, during, failure, set, Trail, visit } from "../support.ts"

/** Leaves a name in the trail after a while. */
const later = (name: string, millis: number) =>
  Node.make(Trail, {
    exec: () => Effect.sleep(millis),
    post: () => Trail.next((s) => ({ seen: [...s.seen, name] }))
  })

/** A flow whose written keys are not known to the types. */
const untyped = <S extends Store.Any, A extends string, E>(step: Flow.Step<S, A, E>) =>
  step as Flow.Step<S, A, E, never, string>

describe("all", () => {
  it.effect("branches start from one snapshot, and see only what they did themselves", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const look = (name: string, millis: number) =>
        Node.make(Counter, {
          exec: (s) =>
            Effect.andThen(
              Effect.sleep(millis),
              Effect.sync(() => void log.push(`${name}${s.n}`))
            ),
          post: () => Counter.next((s) => ({ n: s.n + 1 }))
        })
      const flow = Flow.all(Counter, {
        a: Flow.sequence(Counter, { x: look("a", 10), y: look("a", 10) }),
        b: Flow.sequence(Counter, { x: look("b", 5), y: look("b", 100) })
      })
      const run = yield* during(105, Flow.run(flow, { n: 7 }))
      assert.deepStrictEqual(log, ["b7", "a7", "a8", "b8"])
      assert.deepStrictEqual(run, { outcome: "default", store: { n: 11 }, steps: 1 })
    })
  )

  it.effect("transitions are replayed in key order, whatever ends first and however many run at a time", () =>
    Effect.gen(function* () {
      for (const concurrency of [undefined, 1, 2, "unbounded"] as const) {
        const flow = Flow.all(
          Trail,
          {
            slow: Flow.sequence(Trail, { x: later("slow 1", 50), y: later("slow 2", 50) }),
            fast: later("fast", 1),
            none: visit("none"),
            middle: later("middle", 10)
          },
          { concurrency }
        )
        const run = yield* during(1000, Flow.run(flow, { seen: ["before"] }))
        assert.deepStrictEqual(run, {
          outcome: "default",
          store: { seen: ["before", "slow 1", "slow 2", "fast", "none", "middle"] },
          steps: 1
        })
      }
    })
  )

  it.effect("no more branches run at a time than asked for; without a number all do", () =>
    Effect.gen(function* () {
      for (const [concurrency, most] of [
        [1, 1],
        [2, 2],
        [undefined, 4]
      ] as const) {
        let now = 0
        let max = 0
        const branch = Node.make(Counter, {
          exec: () =>
            Effect.acquireUseRelease(
              Effect.sync(() => (max = Math.max(max, ++now))),
              () => Effect.sleep(10),
              () => Effect.sync(() => now--)
            )
        })
        const flow = Flow.all(Counter, { a: branch, b: branch, c: branch, d: branch }, { concurrency })
        yield* during(100, Flow.run(flow, { n: 0 }))
        assert.deepStrictEqual([max, now], [most, 0])
      }
    })
  )

  it.effect("post gets the outcomes by key; its transition is applied last, on what the branches made", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const flow = Flow.all(
        Counter,
        {
          a: Node.make(Counter, { post: () => Counter.to("left", (s) => ({ n: s.n + 1 })) }),
          b: Flow.sequence(Counter, { x: add, y: Node.make(Counter, { post: () => Counter.to("right") }) })
        },
        {
          post: (outcomes) => {
            seen.push(outcomes)
            return Counter.to(`${outcomes.a}-${outcomes.b}`, (s) => ({ n: s.n * 10 }))
          }
        }
      )
      const run = yield* Flow.run(flow, { n: 1 })
      assert.deepStrictEqual(run, { outcome: "left-right", store: { n: 30 }, steps: 1 })
      assert.deepStrictEqual(seen, [{ a: "left", b: "right" }])
    })
  )

  it.effect("nothing is committed before the join, and all of it at once", () =>
    Effect.gen(function* () {
      const ref = yield* Ref.make({ seen: [] as ReadonlyArray<string> })
      const looks: Array<number> = []
      const look = Effect.map(Ref.get(ref), (s) => void looks.push(s.seen.length))
      const flow = Flow.all(
        Trail,
        { a: later("a", 10), b: Flow.sequence(Trail, { x: visit("x"), y: later("y", 20) }) },
        {
          post: () =>
            Effect.as(
              look,
              Trail.to("done", (s) => ({ seen: [...s.seen, "post"] }))
            )
        }
      )
      const fiber = yield* Effect.forkChild(Flow.runRef(flow, ref))
      yield* TestClock.adjust(15)
      yield* look
      yield* TestClock.adjust(5)
      assert.strictEqual(yield* Fiber.join(fiber), "done")
      assert.deepStrictEqual(looks, [0, 0])
      assert.deepStrictEqual(yield* Ref.get(ref), { seen: ["a", "x", "y", "post"] })
    })
  )

  it.effect("nothing is committed where a branch or post fails", () =>
    Effect.gen(function* () {
      const fails = Node.make(Counter, { exec: () => Effect.fail("branch") })
      const flows = [
        Flow.all(Counter, { a: add, b: Flow.sequence(Counter, { add, fails }) }),
        Flow.all(Counter, { a: add, b: add }, { post: () => Effect.as(Effect.fail("post"), Counter.next()) }),
        Flow.all(
          Counter,
          { a: add },
          {
            post: () =>
              Counter.next((): { n: number } => {
                throw "update"
              })
          }
        )
      ]
      for (const [i, expected] of [{ fail: "branch" }, { fail: "post" }, { die: "update" }].entries()) {
        const ref = yield* Ref.make({ n: 0 })
        const { reasons } = (yield* failure(Flow.runRef(flows[i]!, ref))) as { reasons: unknown }
        assert.deepStrictEqual([reasons, yield* Ref.get(ref)], [[expected], { n: 0 }])
      }
    })
  )

  it.effect("the replay is on the store as it is at the join", () =>
    Effect.gen(function* () {
      const ref = yield* Ref.make<typeof Trail.Type>({ seen: ["before"] })
      const fiber = yield* Effect.forkChild(Flow.runRef(Flow.all(Trail, { a: later("a", 10), b: visit("b") }), ref))
      yield* TestClock.adjust(5)
      yield* Ref.update(ref, (s) => ({ seen: [...s.seen, "meanwhile"] }))
      yield* TestClock.adjust(5)
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(yield* Ref.get(ref), { seen: ["before", "meanwhile", "a", "b"] })
    })
  )

  it.effect("the snapshot is that of the beginning, also for a branch that begins later", () =>
    Effect.gen(function* () {
      const ref = yield* Ref.make({ n: 1 })
      const seen: Array<number> = []
      const look = Node.make(Counter, {
        exec: (s) =>
          Effect.andThen(
            Effect.sync(() => void seen.push(s.n)),
            Effect.sleep(10)
          )
      })
      const fiber = yield* Effect.forkChild(
        Flow.runRef(Flow.all(Counter, { a: look, b: look }, { concurrency: 1 }), ref)
      )
      yield* TestClock.adjust(5)
      yield* Ref.set(ref, { n: 2 })
      yield* TestClock.adjust(15)
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(seen, [1, 1])
    })
  )

  it.effect(
    "what a step does to the keys of a store it does as a branch, too: adding, removing, setting to undefined",
    () =>
      Effect.gen(function* () {
        const Keys = Store.make("Keys", {
          there: Schema.optional(Schema.String),
          constructor: Schema.optional(Schema.String),
          gone: Schema.optional(Schema.String)
        })
        const step = Node.make(Keys, {
          post: () => Keys.next({ there: undefined, gone: Store.unset, constructor: undefined } as never)
        }) as Flow.Step<typeof Keys, "default">
        const init = { gone: "x" } as typeof Keys.Type
        const ref = yield* Ref.make(init)
        yield* Flow.runRef(step, ref)
        const alone = Object.entries(yield* Ref.get(ref))
        assert.deepStrictEqual(alone, [
          ["there", undefined],
          ["constructor", undefined]
        ])
        for (const flow of [
          Flow.all(Keys, { step }),
          Flow.all(Keys, { in: Flow.all(Keys, { step }), other: Node.make(Keys, {}) })
        ]) {
          yield* Ref.set(ref, init)
          yield* Flow.runRef(flow as never as Flow.Step<typeof Keys, "default">, ref)
          assert.deepStrictEqual(Object.entries(yield* Ref.get(ref)), alone)
        }
      })
  )

  it.effect("a key that one branch removes is not there for the functions of the next", () =>
    Effect.gen(function* () {
      const Note = Store.make("Note", { note: Schema.optionalKey(Schema.String), keys: Schema.Array(Schema.String) })
      const remove = Node.make(Note, { post: () => Note.next({ note: Store.unset }) })
      const look = Node.make(Note, { post: () => Note.next((s) => ({ keys: Object.keys(s) })) })
      const run = yield* Flow.run(Flow.all(Note, { remove, look }), { note: "x", keys: [] })
      assert.deepStrictEqual(run, { outcome: "default", store: { keys: ["keys"] }, steps: 1 })
    })
  )

  it.effect("a decision is made again at the replay; the outcome is the one that the branch went by", () =>
    Effect.gen(function* () {
      const take = Node.make(Counter, {
        post: () => Counter.decide((s) => (s.n > 0 ? ["took", { n: s.n - 1 }] : "empty"))
      })
      const flow = Flow.all(Counter, { a: take, b: take }, { post: ({ a, b }) => Counter.to(`${a} ${b}`) })
      const run = yield* Flow.run(flow, { n: 1 })
      assert.deepStrictEqual(run, { outcome: "took took", store: { n: 0 }, steps: 1 })
    })
  )

  it.effect("the first failure interrupts the other branches, whose finalizers run", () =>
    Effect.gen(function* () {
      const events: Array<string> = []
      const slow = (name: string) =>
        Node.make(Counter, {
          exec: () =>
            Effect.acquireUseRelease(
              Effect.sync(() => void events.push(`acquire ${name}`)),
              () => Effect.never,
              () =>
                Effect.delay(
                  Effect.sync(() => void events.push(`release ${name}`)),
                  10
                )
            )
        })
      const flow = Flow.all(Counter, {
        a: slow("a"),
        b: Flow.sequence(Counter, { add, fail: Node.make(Counter, { exec: () => Effect.delay(Effect.fail("b"), 5) }) }),
        c: Flow.sequence(Counter, { add, c: slow("c") })
      })
      const failed = yield* during(100, failure(Flow.run(flow, { n: 0 })))
      assert.deepStrictEqual(failed, {
        reasons: [{ fail: "b" }],
        site: { path: ["b", "fail"], phase: "exec", attempt: 0, item: undefined }
      })
      assert.deepStrictEqual(events, ["acquire a", "acquire c", "release a", "release c"])
    })
  )

  it.effect("a branch may be a forEach, a map, a call or a lens on its own view", () =>
    Effect.gen(function* () {
      class Current extends Context.Service<Current, number>()("test/Current") {}
      const each = Flow.forEach(
        Node.make(Counter, { prep: () => Current, post: (by) => Counter.next((s) => ({ n: s.n + by })) }),
        { params: Current, prep: (s) => [s.n, 20] }
      )
      const call = Flow.call(Counter, add, {
        prep: () => ({ n: 100 }),
        post: (_i, run) => Counter.next((s) => ({ n: s.n + run.store.n }))
      })
      const lens = add.pipe(Flow.focus(Optic.id<typeof Counter.Type>().pick(["n"])))
      const flow = Flow.all(Counter, { each, call, lens } as never) as never as Flow.Step<typeof Counter, "default">
      const ref = yield* Ref.make({ n: 1 })
      yield* Flow.runRef(flow, ref)
      assert.deepStrictEqual(yield* Ref.get(ref), { n: 1 + (1 + 20) + 101 + 1 })
    })
  )

  it.effect("of nothing is one visit with the action default", () =>
    Effect.gen(function* () {
      const run = yield* Flow.run(Flow.all(Counter, {}), { n: 1 })
      assert.deepStrictEqual(run, { outcome: "default", store: { n: 1 }, steps: 1 })
    })
  )

  it.effect("branches may have the names of what objects inherit", () =>
    Effect.gen(function* () {
      const branches = { ["__proto__"]: visit("p", "x"), constructor: visit("c", "y") }
      const flow = Flow.all(Trail, branches, {
        post: (outcomes) => Trail.to(Object.entries(outcomes).flat().join(" "))
      })
      const run = yield* Flow.run(flow, { seen: [] })
      assert.deepStrictEqual(run, { outcome: "__proto__ x constructor y", store: { seen: ["p", "c"] }, steps: 1 })
    })
  )
})

describe("WriteConflict", () => {
  const Pair = Store.make("Pair", { a: Schema.Number, b: Schema.Number, note: Schema.optionalKey(Schema.String) })
  const App = Store.make("App", {
    n: Schema.Number,
    m: Schema.Number,
    pair: Schema.Struct({ a: Schema.Number, b: Schema.Number, note: Schema.optionalKey(Schema.String) }),
    pairs: Schema.Struct({ pairs: Schema.Struct({ a: Schema.Number, b: Schema.Number }) })
  })
  const app = { n: 0, m: 0, pair: { a: 1, b: 2 }, pairs: { pairs: { a: 1, b: 2 } } }
  const id = Optic.id<typeof App.Type>()

  const patch = (patch: { a?: number; b?: number; note?: string }) =>
    untyped(Node.make(Pair, { post: () => Pair.next(patch as {}) }))
  const inPair = Flow.focus(id.key("pair"))
  const counter = (n: number) => set(n).pipe(Flow.focus(id.pick(["n"])))

  /** The error of the branches, after which nothing may be committed, or the store that they make. */
  const join = <S extends Store.Any>(
    store: S,
    init: Store.Type<S>,
    branches: Record<string, Flow.Step<NoInfer<S>, string, unknown>>
  ) =>
    Effect.gen(function* () {
      const ref = yield* Ref.make(init)
      const posts: Array<unknown> = []
      const flow = Flow.all(store, branches as never, {
        post: ((outcomes: unknown) => {
          posts.push(outcomes)
          return (store as never as typeof Counter).next()
        }) as never
      }) as never as Flow.Step<S, string, unknown>
      const error = yield* Effect.flip(Effect.asVoid(Flow.runRef(flow, ref))).pipe(Effect.option)
      const after = yield* Ref.get(ref)
      if (error._tag === "None") return after
      assert.instanceOf(error.value, Flow.WriteConflict)
      assert.deepStrictEqual([after, posts], [init, []])
      const { branches: names, key } = error.value as Flow.WriteConflict
      return `${key}: ${names.join(" ")}`
    })

  it.effect("two branches that set a key by value are in conflict, and nothing is committed", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        yield* join(Pair, { a: 0, b: 0 }, { x: patch({ a: 1 }), y: patch({ b: 1 }), z: patch({ b: 2, a: 2 }) }),
        "b: y z"
      )
      assert.strictEqual(
        yield* join(Counter, { n: 0 }, { x: set(1), y: Flow.sequence(Counter, { add, set: set(1) }) }),
        "n: x y"
      )
    })
  )

  it.effect("setting a key to the value that it has is setting it", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* join(Counter, { n: 0 }, { x: set(0), y: set(5) }), "n: x y")
      assert.strictEqual(yield* join(App, app, { x: counter(0), y: counter(5) }), "n: x y")
    })
  )

  it.effect("removing a key is setting it", () =>
    Effect.gen(function* () {
      const unset = untyped(Node.make(Pair, { post: () => Pair.next({ note: Store.unset }) }))
      const init = { a: 0, b: 0, note: "x" }
      assert.strictEqual(yield* join(Pair, init, { x: unset, y: patch({ note: "y" }) }), "note: x y")
    })
  )

  it.effect("functions never conflict, with values neither: the order of the branches decides", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* join(Counter, { n: 1 }, { x: add, y: add }), { n: 3 })
      assert.deepStrictEqual(yield* join(Counter, { n: 1 }, { x: set(5), y: add }), { n: 6 })
      assert.deepStrictEqual(yield* join(Counter, { n: 1 }, { x: add, y: set(5) }), { n: 5 })
    })
  )

  it.effect("one branch may set a key many times, and different branches different keys", () =>
    Effect.gen(function* () {
      const twice = Flow.sequence(Counter, { x: set(1), y: set(2) })
      assert.deepStrictEqual(yield* join(Counter, { n: 0 }, { x: twice, y: add }), { n: 3 })
      assert.deepStrictEqual(yield* join(Pair, { a: 0, b: 0 }, { x: patch({ a: 1 }), y: patch({ b: 2 }) }), {
        a: 1,
        b: 2
      })
    })
  )

  it.effect("through a lens a conflict is found by the path of the key", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* join(App, app, { x: counter(1), y: counter(2) }), "n: x y")
      assert.strictEqual(
        yield* join(App, app, { x: patch({ a: 5 }).pipe(inPair), y: patch({ b: 6, a: 7 }).pipe(inPair) }),
        "pair.a: x y"
      )
      const whole = untyped(Node.make(App, { post: () => App.next({ pair: { a: 8, b: 9 } }) }))
      assert.strictEqual(yield* join(App, app, { x: patch({ a: 5 }).pipe(inPair), whole }), "pair: x whole")
      assert.strictEqual(yield* join(App, app, { whole, y: patch({ a: 5 }).pipe(inPair) }), "pair: whole y")
    })
  )

  it.effect("through a lens different keys are merged, and functions compose", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(
        yield* join(App, app, { x: patch({ a: 5 }).pipe(inPair), y: patch({ b: 6 }).pipe(inPair), z: counter(7) }),
        { ...app, pair: { a: 5, b: 6 }, n: 7 }
      )
      const more = add.pipe(Flow.focus(id.pick(["n"])))
      assert.deepStrictEqual(yield* join(App, app, { x: more, y: more, z: Flow.sequence(App, { a: more, b: more }) }), {
        ...app,
        n: 4
      })
    })
  )

  it.effect("through a lens that computes, what a transition changes is what it sets", () =>
    Effect.gen(function* () {
      const tenth = (key: "n" | "m") =>
        Optic.makeLens<typeof App.Type, typeof Counter.Type>(
          (s) => ({ n: s[key] / 10 }),
          ({ n }, s) => ({ ...s, [key]: n * 10 })
        )
      const inTenth = (key: "n" | "m", n: number) => set(n).pipe(Flow.focus(tenth(key)))
      assert.strictEqual(yield* join(App, app, { x: inTenth("n", 1), y: inTenth("n", 2) }), "n: x y")
      assert.strictEqual(yield* join(App, app, { x: counter(1), y: inTenth("n", 2) }), "n: x y")
      assert.deepStrictEqual(yield* join(App, app, { x: inTenth("n", 1), y: inTenth("m", 2) }), {
        ...app,
        n: 10,
        m: 20
      })
    })
  )

  it.effect("through a lens, a key may be called as the one that it is in", () =>
    Effect.gen(function* () {
      const Nested = Store.make("Nested", { m: Schema.Number, pairs: Schema.Number })
      const Outer = Store.make("Outer", { pairs: Schema.Struct({ m: Schema.Number, pairs: Schema.Number }) })
      const lens = Flow.focus(Optic.id<typeof Outer.Type>().key("pairs"))
      const x = untyped(Node.make(Nested, { post: () => Nested.next({ pairs: 5 }) })).pipe(lens)
      const y = untyped(Node.make(Nested, { post: () => Nested.next({ m: 6 }) })).pipe(lens)
      assert.deepStrictEqual(yield* join(Outer, { pairs: { m: 1, pairs: 2 } }, { x, y }), { pairs: { m: 6, pairs: 5 } })
      const deep = Flow.focus(id.key("pairs").key("pairs"))
      const Plain = Store.make("Plain", { a: Schema.Number, b: Schema.Number })
      const inDeep = (p: { a?: number; b?: number }) =>
        untyped(Node.make(Plain, { post: () => Plain.next(p as {}) })).pipe(deep)
      assert.strictEqual(yield* join(App, app, { x: inDeep({ a: 5 }), y: inDeep({ a: 6 }) }), "pairs.pairs.a: x y")
      assert.deepStrictEqual(yield* join(App, app, { x: inDeep({ a: 5 }), y: inDeep({ b: 6 }) }), {
        ...app,
        pairs: { pairs: { a: 5, b: 6 } }
      })
    })
  )

  it.effect("a nested all hands up what its branches and its post set", () =>
    Effect.gen(function* () {
      const inner = untyped(Flow.all(Pair, { x: patch({ a: 1 }), y: patch({ b: 2 }) }))
      assert.strictEqual(yield* join(Pair, { a: 0, b: 0 }, { inner, other: patch({ b: 3 }) }), "b: inner other")
      const post = untyped(Flow.all(Pair, {}, { post: () => Pair.next({ a: 1 }) }))
      assert.strictEqual(yield* join(Pair, { a: 0, b: 0 }, { post, other: patch({ a: 3 }) }), "a: post other")
      assert.deepStrictEqual(
        yield* join(Counter, { n: 0 }, { x: Flow.all(Counter, { a: add, b: add }), y: Flow.all(Counter, { a: add }) }),
        { n: 3 }
      )
      const lensed = inner.pipe(inPair)
      assert.strictEqual(yield* join(App, app, { lensed, other: patch({ b: 3 }).pipe(inPair) }), "pair.b: lensed other")
    })
  )

  it.effect("can be caught, as the error of the all", () =>
    Effect.gen(function* () {
      const flow = Flow.all(Counter, { x: untyped(set(1)), y: untyped(set(2)) }).pipe(
        Flow.catchTag("WriteConflict", (error) => Counter.to("conflict", { n: error.branches.length }))
      )
      assert.deepStrictEqual(yield* Flow.run(flow, { n: 0 }), { outcome: "conflict", store: { n: 2 }, steps: 1 })
    })
  )
})

describe("map", () => {
  const Sum = Store.make("Sum", {
    values: Schema.Array(Schema.Number),
    total: Schema.Number.pipe(Schema.withConstructorDefault(Effect.succeed(0)))
  })
  const Job = Store.make("Job", { jobs: Schema.Array(Schema.Number), log: Schema.optionalKey(Schema.Json) })

  it.effect("each run has a store of its own; inputs and runs come in input order", () =>
    Effect.gen(function* () {
      for (const concurrency of [1, 2, "unbounded"] as const) {
        const seen: Array<unknown> = []
        const inner = Flow.sequence(Counter, {
          wait: Node.make(Counter, { exec: (s) => Effect.sleep(100 - s.n) }),
          add: Node.make(Counter, { post: (s) => (s.n > 5 ? Counter.to("big") : Counter.to("small", { n: s.n * 2 })) })
        })
        const flow = Flow.map(Job, inner, {
          prep: (s) => s.jobs.map((n) => ({ n })),
          post: (inputs, runs) => {
            seen.push(inputs, runs)
            return Job.to("mapped")
          },
          concurrency
        })
        const run = yield* during(1000, Flow.run(flow, { jobs: [1, 9, 3] }))
        assert.deepStrictEqual(run, { outcome: "mapped", store: { jobs: [1, 9, 3] }, steps: 1 })
        assert.deepStrictEqual(seen, [
          [{ n: 1 }, { n: 9 }, { n: 3 }],
          [
            { outcome: "small", store: { n: 2 }, steps: 2 },
            { outcome: "big", store: { n: 9 }, steps: 2 },
            { outcome: "small", store: { n: 6 }, steps: 2 }
          ]
        ])
      }
    })
  )

  it.effect("prep may be an Effect of any Iterable, of states that leave out what has a default", () =>
    Effect.gen(function* () {
      const sum = Node.make(Sum, { post: (s) => Sum.next({ total: s.values.reduce((a, b) => a + b, s.total) }) })
      const flow = Flow.map(Job, sum, {
        prep: (s) => Effect.succeed(new Set([{ values: s.jobs }, { values: [5], total: 1 }])),
        post: (inputs, runs) => Job.next({ log: [inputs.map((i) => i.total), runs.map((run) => run.store.total)] })
      })
      const run = yield* Flow.run(flow, { jobs: [1, 2] })
      assert.deepStrictEqual(run.store.log, [
        [0, 1],
        [3, 6]
      ])
      const none = Flow.map(Job, sum, {
        prep: () => [],
        post: (inputs, runs) => Job.next({ log: [...inputs, ...runs].length })
      })
      assert.deepStrictEqual((yield* Flow.run(none, { jobs: [] })).store.log, 0)
    })
  )

  it.effect("a state that does not fit the inner store is a defect", () =>
    Effect.gen(function* () {
      const flow = Flow.map(Job, add, { prep: () => [{ n: 1 }, { n: "x" } as never], post: () => Job.next() })
      const error = yield* defect(Flow.run(flow, { jobs: [] }))
      assert.instanceOf(error, Store.InvalidStore)
      assert.strictEqual(error.store, "Counter")
    })
  )

  it.effect("runs one at a time by default, and never more than asked for", () =>
    Effect.gen(function* () {
      for (const [concurrency, most] of [
        [undefined, 1],
        [3, 3]
      ] as const) {
        let now = 0
        let max = 0
        const inner = Node.make(Counter, {
          exec: () =>
            Effect.acquireUseRelease(
              Effect.sync(() => (max = Math.max(max, ++now))),
              () => Effect.sleep(10),
              () => Effect.sync(() => now--)
            )
        })
        const flow = Flow.map(Job, inner, {
          prep: (s) => s.jobs.map((n) => ({ n })),
          post: () => Job.next(),
          concurrency
        })
        yield* during(100, Flow.run(flow, { jobs: [1, 2, 3, 4, 5] }))
        assert.deepStrictEqual([max, now], [most, 0])
      }
    })
  )

  const odd = Node.make(Counter, {
    exec: (s) => (s.n % 2 === 1 ? Effect.fail(`odd ${s.n}`) : Effect.never),
    post: () => Counter.to("even")
  })

  it.effect("fails fast: the other runs are interrupted and post is not called", () =>
    Effect.gen(function* () {
      let interrupted = 0
      const inner = Node.make(Counter, {
        exec: (s) =>
          s.n === 3
            ? Effect.delay(Effect.fail("three"), 10)
            : Effect.onInterrupt(Effect.never, () => Effect.sync(() => interrupted++))
      })
      const flow = Flow.map(Job, inner, {
        prep: (s) => s.jobs.map((n) => ({ n })),
        post: () => Job.next({ log: "post" }),
        concurrency: 3
      })
      assert.deepStrictEqual(yield* during(10, failure(Flow.run(flow, { jobs: [1, 2, 3, 4] }))), {
        reasons: [{ fail: "three" }],
        site: { path: [], phase: "exec", attempt: 0, item: 2 }
      })
      assert.strictEqual(interrupted, 2)
    })
  )

  it.effect("in the mode result every run has its Result, in input order; a defect still fails the step", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const flow = (inner: Flow.Step<typeof Counter, string, string>) =>
        Flow.map(Job, inner, {
          prep: (s) => s.jobs.map((n) => ({ n })),
          post: (_inputs, runs) => {
            seen.push(runs)
            return Job.next()
          },
          mode: "result",
          concurrency: "unbounded"
        })
      const even = Node.make(Counter, {
        exec: (s) => Effect.delay(s.n % 2 === 1 ? Effect.fail(`odd ${s.n}`) : Effect.succeed(s.n), 10 - s.n),
        post: () => Counter.to("even")
      })
      yield* during(100, Flow.run(flow(even), { jobs: [1, 2, 3] }))
      assert.deepStrictEqual(seen, [
        [Result.fail("odd 1"), Result.succeed({ outcome: "even", store: { n: 2 }, steps: 1 }), Result.fail("odd 3")]
      ])
      const broken = Node.make(Counter, { exec: (s): Effect.Effect<void, string> => Effect.die(`boom ${s.n}`) })
      assert.strictEqual(yield* defect(Flow.run(flow(broken), { jobs: [1] })), "boom 1")
      assert.strictEqual(seen.length, 1)
      const interrupted = Effect.timeoutOption(Flow.run(flow(odd), { jobs: [1, 2] }), 100)
      assert.strictEqual((yield* during(100, interrupted))._tag, "None")
    })
  )
})

describe("forEach", () => {
  class Current extends Context.Service<Current, number>()("test/Current") {}
  const Total = Store.make("Total", {
    numbers: Schema.Array(Schema.Number),
    sum: Schema.Number,
    log: Schema.optionalKey(Schema.Json)
  })
  const numbers = [1, 2, 3, 4]

  const addCurrent = Node.make(Total, {
    prep: () => Current,
    exec: (n) => Effect.as(Effect.sleep(10 - n), n),
    post: (n) => Total.to(n % 2 === 0 ? "even" : "odd", (s) => ({ sum: s.sum + n }))
  })

  it.effect("each run gets its element as a service; elements and outcomes come in order, on one store", () =>
    Effect.gen(function* () {
      for (const concurrency of [undefined, 1, 3, "unbounded"] as const) {
        const flow = Flow.forEach(addCurrent, {
          params: Current,
          prep: (s) => s.numbers,
          post: (elements, outcomes) => Total.to("done", { log: [elements, outcomes] }),
          concurrency
        })
        const run = yield* during(100, Flow.run(flow, { numbers, sum: 100 }))
        assert.deepStrictEqual(run, {
          outcome: "done",
          store: { numbers, sum: 110, log: [numbers, ["odd", "even", "odd", "even"]] },
          steps: 1
        })
      }
    })
  )

  it.effect("without post the action is default; prep may be an Effect of any Iterable", () =>
    Effect.gen(function* () {
      for (const prep of [() => new Set(numbers), () => Effect.succeed(numbers.values())]) {
        const flow = Flow.forEach(addCurrent, { params: Current, prep: prep as () => Set<number> })
        const run = yield* during(100, Flow.run(flow, { numbers, sum: 0 }))
        assert.deepStrictEqual(run, { outcome: "default", store: { numbers, sum: 10 }, steps: 1 })
      }
      const none = Flow.forEach(addCurrent, { params: Current, prep: () => [] as Array<number> })
      assert.deepStrictEqual(yield* Flow.run(none, { numbers, sum: 0 }), {
        outcome: "default",
        store: { numbers, sum: 0 },
        steps: 1
      })
    })
  )

  it.effect("one after the other by default: each run sees what the one before has committed", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const look = Node.make(Total, {
        prep: (s) => Effect.map(Current, (n) => ({ n, sum: s.sum })),
        exec: ({ n, sum }) =>
          Effect.delay(
            Effect.sync(() => void seen.push(`${n}: ${sum}`)),
            5 - n
          ),
        post: ({ n, sum }) => Total.next({ sum: sum + n })
      })
      yield* during(100, Flow.run(Flow.forEach(look, { params: Current, prep: (s) => s.numbers }), { numbers, sum: 0 }))
      assert.deepStrictEqual(seen, ["1: 0", "2: 1", "3: 3", "4: 6"])
    })
  )

  it.effect("every transition is committed at once: after a failure those of the other runs stay", () =>
    Effect.gen(function* () {
      const ref = yield* Ref.make<typeof Total.Type>({ numbers, sum: 0 })
      let interrupted = 0
      const failAtThree = Node.make(Total, {
        prep: () => Current,
        exec: (n) =>
          (n === 3 ? Effect.delay(Effect.fail("three"), 5) : Effect.sleep(n)).pipe(
            Effect.onInterrupt(() => Effect.sync(() => interrupted++))
          ),
        post: () => Effect.map(Current, (n) => Total.next((s) => ({ sum: s.sum + n })))
      })
      const flow = Flow.forEach(failAtThree, {
        params: Current,
        prep: () => [1, 2, 3, 4, 100],
        post: () => Total.next({ log: "post" }),
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(yield* during(100, failure(Flow.runRef(flow, ref))), {
        reasons: [{ fail: "three" }],
        site: { path: [], phase: "exec", attempt: 0, item: 2 }
      })
      assert.deepStrictEqual(yield* Ref.get(ref), { numbers, sum: 7 })
      assert.strictEqual(interrupted, 1)
    })
  )

  it.effect("an element comes from the nearest forEach around", () =>
    Effect.gen(function* () {
      const inner = Flow.forEach(addCurrent, {
        params: Current,
        prep: () => Effect.map(Current, (outer) => [outer * 10, outer * 10 + 1])
      })
      const after = Node.make(Total, {
        prep: () => Current,
        post: (n) => Total.next((s) => ({ log: [...((s.log ?? []) as Array<number>), n] }))
      })
      const flow = Flow.forEach(Flow.sequence(Total, { inner, after }), { params: Current, prep: () => [1, 2] })
      const run = yield* during(100, Effect.provideService(Flow.run(flow, { numbers, sum: 0 }), Current, 99))
      assert.deepStrictEqual(run.store, { numbers, sum: 10 + 11 + 20 + 21, log: [1, 2] })
    })
  )

  it.effect(
    "10,000 runs at once, each with its own number of yields, lose no increment",
    () =>
      Effect.gen(function* () {
        const increment = Node.make(Total, {
          prep: () => Current,
          exec: (i) => Effect.repeat(Effect.yieldNow, { times: (i * 7919) % 5 }),
          post: () => Total.next((s) => ({ sum: s.sum + 1 }))
        })
        const flow = Flow.forEach(increment, {
          params: Current,
          prep: () => Array.from({ length: 10_000 }, (_, i) => i),
          concurrency: "unbounded"
        })
        const run = yield* Flow.run(flow, { numbers: [], sum: 0 })
        assert.deepStrictEqual(run, { outcome: "default", store: { numbers: [], sum: 10_000 }, steps: 1 })
      }),
    60_000
  )
})
