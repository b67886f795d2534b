import { assert, describe, it } from "@effect/vitest"
import { Effect, Ref, Schema, Stream } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import { add, Counter, defect, failure, Trail, visit } from "../support.ts"

const Report = Store.make("Report", { body: Schema.String, log: Schema.optionalKey(Schema.Json) })
const Text = Store.make("Text", {
  text: Schema.String,
  words: Schema.Number.pipe(Schema.withConstructorDefault(Effect.succeed(0)))
})

const count = Node.make(Text, {
  post: (s) => (s.text === "" ? Text.to("empty") : Text.to("counted", { words: s.text.split(" ").length }))
})

describe("call", () => {
  it.effect("runs a flow over a fresh store: prep makes it, post gets that state and the finished run", () =>
    Effect.gen(function* () {
      const posts: Array<unknown> = []
      const measure = Flow.call(Report, count, {
        prep: (s) => ({ text: s.body }),
        post: (input, run) => {
          posts.push(input, run)
          return Report.to(run.outcome, { log: run.store.words })
        }
      })
      assert.deepStrictEqual(yield* Flow.run(measure, { body: "four words of text" }), {
        outcome: "counted",
        store: { body: "four words of text", log: 4 },
        steps: 1
      })
      assert.deepStrictEqual(yield* Flow.run(measure, { body: "" }), {
        outcome: "empty",
        store: { body: "", log: 0 },
        steps: 1
      })
      assert.deepStrictEqual(posts, [
        { text: "four words of text", words: 0 },
        { outcome: "counted", store: { text: "four words of text", words: 4 }, steps: 1 },
        { text: "", words: 0 },
        { outcome: "empty", store: { text: "", words: 0 }, steps: 1 }
      ])
    })
  )

  it.effect("prep and post may be Effects with services", () =>
    Effect.gen(function* () {
      const measure = Flow.call(Report, count, {
        prep: (s) => Effect.as(Effect.yieldNow, { text: s.body }),
        post: (_input, run) => Effect.as(Effect.yieldNow, Report.next({ log: run.store.words }))
      })
      assert.deepStrictEqual((yield* Flow.run(measure, { body: "two words" })).store.log, 2)
    })
  )

  it.effect("the visits inside are visits of the run; the call itself is none", () =>
    Effect.gen(function* () {
      const runs: Array<number> = []
      const inner = Flow.sequence(Counter, { a: add, b: add, c: add })
      const call = Flow.call(Trail, inner, {
        prep: () => ({ n: 0 }),
        post: (_input, run) => {
          runs.push(run.steps)
          return Trail.next((s) => ({ seen: [...s.seen, String(run.store.n)] }))
        }
      })
      const flow = Flow.sequence(Trail, { first: visit("first"), call, last: visit("last") })
      assert.deepStrictEqual(yield* Flow.run(flow, { seen: [] }), {
        outcome: "default",
        store: { seen: ["first", "3", "last"] },
        steps: 5
      })
      assert.deepStrictEqual(runs, [3])
      const events = yield* Stream.runCollect(Flow.stream(flow, { seen: [] }))
      assert.deepStrictEqual(
        events.flatMap((event) => (event._tag === "Started" ? [`${event.step} ${event.path.join("/")}`] : [])),
        ["0 first", "1 call/a", "2 call/b", "3 call/c", "4 last"]
      )
    })
  )

  it.effect("a call whose own prep or post fails has made a visit, so a limit ends a loop of them", () =>
    Effect.gen(function* () {
      const prepFails = Flow.call(Counter, add, {
        prep: () => Effect.as(Effect.fail("prep"), { n: 0 }),
        post: () => Counter.next()
      }).pipe(Flow.catch("caught"))
      const postFails = Flow.call(Counter, add, {
        prep: () => ({ n: 0 }),
        post: () => Effect.as(Effect.fail("post"), Counter.next())
      }).pipe(Flow.catch("caught"))
      for (const [call, steps] of [
        [prepFails, 1],
        [postFails, 2]
      ] as const) {
        assert.deepStrictEqual(yield* Flow.run(call, { n: 7 }), { outcome: "caught", store: { n: 7 }, steps })
        const loop = Flow.make(Counter, { start: "call", nodes: { call }, edges: { call: { caught: "call" } } })
        const error = yield* Effect.flip(Flow.run(loop, { n: 0 }, { maxSteps: 4 }))
        assert.deepStrictEqual([error._tag, error.position.path], ["StepLimitExceeded", ["call"]])
      }
    })
  )

  it.effect("over a single node, Visit counts the calls", () =>
    Effect.gen(function* () {
      const seen: Array<number> = []
      const look = Node.make(Counter, { exec: () => Effect.map(Node.Visit, (visit) => void seen.push(visit)) })
      const call = Flow.call(Counter, look, {
        prep: (s) => s,
        post: () => Counter.decide((s) => (s.n < 2 ? ["again", { n: s.n + 1 }] : "end"))
      })
      const flow = Flow.make(Counter, { start: "call", nodes: { call }, edges: { call: { again: "call" } } })
      yield* Flow.run(flow, { n: 0 })
      let next = yield* Flow.step(flow)(Flow.start(flow), { n: 0 })
      while (next._tag === "Next") next = yield* Flow.step(flow)(next.position, next.store)
      assert.deepStrictEqual(seen, [0, 1, 2, 0, 1, 2])
    })
  )

  it.effect("over a single fan, Visit counts the calls, also from where the limit of steps was reached", () =>
    Effect.gen(function* () {
      const fan = Flow.all(
        Counter,
        { a: Flow.sequence(Counter, { x: add, y: add }) },
        { post: () => Effect.map(Node.Visit, (n) => Counter.next({ n })) }
      )
      const flow = Flow.call(Counter, fan, { prep: (s) => s, post: (_input, { store }) => Counter.next(store) })
      const named = Flow.sequence(Counter, { flow })
      const { position } = yield* Effect.flip(Flow.run(named, { n: 7 }, { maxSteps: 1 }))
      assert.deepStrictEqual(position.visits, { flow: 1 })
      const resumed = yield* Flow.resume(named, position, { n: 7 })
      assert.deepStrictEqual([resumed.store, resumed], [{ n: 0 }, yield* Flow.run(named, { n: 7 })])
    })
  )

  it.effect("each time it is entered its store is new; the stores of nested calls are apart", () =>
    Effect.gen(function* () {
      const innermost = Flow.call(Counter, Flow.sequence(Counter, { a: add, b: add }), {
        prep: () => ({ n: 100 }),
        post: (_input, run) => Counter.next((s) => ({ n: s.n + run.store.n }))
      })
      const call = Flow.call(Trail, Flow.sequence(Counter, { add, innermost }), {
        prep: (s) => ({ n: s.seen.length }),
        post: (_input, run) =>
          Trail.decide((s) => [s.seen.length < 2 ? "again" : "done", { seen: [...s.seen, String(run.store.n)] }])
      })
      const flow = Flow.make(Trail, { start: "call", nodes: { call }, edges: { call: { again: "call" } } })
      assert.deepStrictEqual(yield* Flow.run(flow, { seen: [] }), {
        outcome: "done",
        store: { seen: ["103", "104", "105"] },
        steps: 9
      })
    })
  )

  it.effect("the outer store does not change before post, whose update is on the store of then", () =>
    Effect.gen(function* () {
      const ref = yield* Ref.make({ n: 1 })
      const inner = Node.make(Counter, { exec: () => Ref.set(ref, { n: 50 }), post: () => Counter.next({ n: 3 }) })
      const call = Flow.call(Counter, inner, {
        prep: (s) => s,
        post: (input, run) => Counter.next((s) => ({ n: s.n * 1000 + input.n * 100 + run.store.n }))
      })
      yield* Flow.runRef(call, ref)
      assert.deepStrictEqual(yield* Ref.get(ref), { n: 50_103 })
    })
  )

  it.effect("failures of each part are located at the call or inside of it, and change nothing outside", () =>
    Effect.gen(function* () {
      const fails = Node.make(Counter, { exec: () => Effect.fail("inside") })
      const make = (at: "prep" | "inside" | "post") =>
        Flow.call(Counter, Flow.sequence(Counter, { add, b: at === "inside" ? fails : add }), {
          prep: (s) => (at === "prep" ? Effect.as(Effect.fail("prep"), s) : Effect.succeed(s)),
          post: () => (at === "post" ? Effect.as(Effect.fail("post"), Counter.next()) : Counter.next({ n: 9 }))
        })
      for (const [at, path, phase] of [
        ["prep", ["call"], "prep"],
        ["inside", ["call", "b"], "exec"],
        ["post", ["call"], "post"]
      ] as const) {
        const ref = yield* Ref.make({ n: 1 })
        const failed = yield* failure(Flow.runRef(Flow.sequence(Counter, { call: make(at) }), ref))
        assert.deepStrictEqual(failed, {
          reasons: [{ fail: at }],
          site: { path: [...path], phase, attempt: 0, item: undefined }
        })
        assert.deepStrictEqual(yield* Ref.get(ref), { n: 1 })
      }
    })
  )

  it.effect("an initial state that does not fit the inner store is a defect", () =>
    Effect.gen(function* () {
      const call = Flow.call(Counter, add, { prep: () => ({ n: "x" }) as never, post: () => Counter.next() })
      const error = yield* defect(Flow.run(call, { n: 0 }))
      assert.instanceOf(error, Store.InvalidStore)
      assert.strictEqual(error.store, "Counter")
    })
  )
})
