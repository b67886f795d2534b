import { assert, describe, it } from "@effect/vitest"
import { Durable } from "@effect-pocketflow/durable"
import { Effect, Fiber, Layer, Result, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Flow, Node, Store } from "effect-pocketflow"
import { isTimed } from "../../packages/durable/src/Waits.ts"
import { embedded, file, Log, when } from "./support.ts"

const engines = { memory: () => Durable.memory, embedded: () => embedded() } as const

const answer = Durable.signal("answer", Schema.Struct({ yes: Schema.Boolean, on: Schema.Date }))

describe.each(Object.entries(engines))("on %s", (name, engine) => {
  it.live("an approval suspends the run, is asked for once, and is answered by its token", () =>
    Effect.gen(function* () {
      const asked: Array<string> = []
      const flow = Flow.make(Log, {
        start: "approve",
        nodes: {
          approve: Durable.approval(Log, {
            signal: answer,
            request: (s, token) => Effect.sync(() => asked.push(`${s.n} ${token}`)),
            post: ({ on, yes }) => Log.to(yes ? "publish" : "drop", { lines: [on.toISOString()] })
          }),
          publish: Node.make(Log, { post: () => Log.to("published") })
        },
        edges: { approve: { publish: "publish" } }
      })
      const workflow = Durable.workflow(flow, { name: `approval-${name}`, version: "1", idempotencyKey: () => "k" })
      yield* Effect.gen(function* () {
        const run = yield* workflow.start({ lines: [], n: 7 })
        yield* when(Effect.map(workflow.poll(run), ({ _tag }) => _tag === "Suspended"))
        yield* workflow.resume(run)
        yield* when(Effect.map(workflow.poll(run), ({ _tag }) => _tag === "Suspended"))
        const [waiting, ...others] = yield* Durable.waiting(workflow, run)
        assert.deepStrictEqual(others, [])
        assert.strictEqual(waiting?.signal, "answer")
        assert.deepStrictEqual(waiting?.path, ["approve"])
        assert.deepStrictEqual(asked, [`7 ${waiting?.token}`])
        yield* answer.answer(waiting!.token, { yes: true, on: new Date(0) })
        const ended = yield* workflow.result(run)
        assert.deepStrictEqual(ended, {
          outcome: "published",
          store: { lines: ["1970-01-01T00:00:00.000Z"], n: 7 },
          steps: 2
        })
        assert.deepStrictEqual(yield* Durable.waiting(workflow, run), [])
        assert.lengthOf(asked, 1)
      }).pipe(Effect.provide(workflow.layer.pipe(Layer.provideMerge(engine()))))
    })
  )

  it.live("what runs beside an approval is done meanwhile, and not again", () =>
    Effect.gen(function* () {
      let worked = 0
      const work = Node.make(Log, {
        exec: () =>
          Effect.andThen(
            Effect.sleep(5),
            Effect.sync(() => ++worked)
          ),
        post: () => Log.next((s) => ({ n: s.n + 1 }))
      })
      const flow = Flow.all(Log, {
        approve: Durable.approval(Log, { signal: answer, post: () => Log.next({ lines: ["approved"] }) }),
        work: Flow.sequence(Log, { one: work, two: work, three: work })
      })
      const workflow = Durable.workflow(flow, { name: `beside-${name}`, version: "1", idempotencyKey: () => "k" })
      yield* Effect.gen(function* () {
        const run = yield* workflow.start({ lines: [], n: 0 })
        yield* when(Effect.map(workflow.poll(run), ({ _tag }) => _tag === "Suspended"))
        assert.strictEqual(worked, 3)
        const [waiting] = yield* Durable.waiting(workflow, run)
        yield* answer.answer(waiting!.token, { yes: true, on: new Date(0) })
        const ended = yield* workflow.result(run)
        assert.deepStrictEqual(ended.store, { lines: ["approved"], n: 3 })
        assert.strictEqual(worked, 3)
      }).pipe(Effect.provide(workflow.layer.pipe(Layer.provideMerge(engine()))))
    })
  )

  it.live("each run of a map waits for an answer of its own", () =>
    Effect.gen(function* () {
      const One = Store.make("One", { id: Schema.Number, yes: Schema.Boolean })
      const ask = Durable.approval(One, { signal: answer, post: ({ yes }) => One.next({ yes }) })
      const flow = Flow.map(Log, ask, {
        prep: () => [0, 1, 2].map((id) => ({ id, yes: false })),
        post: (_inputs, runs) => Log.next({ lines: runs.map(({ store }) => `${store.id} ${store.yes}`) }),
        concurrency: "unbounded"
      })
      const workflow = Durable.workflow(flow, { name: `map-${name}`, version: "1", idempotencyKey: () => "k" })
      yield* Effect.gen(function* () {
        const run = yield* workflow.start({ lines: [], n: 0 })
        yield* when(Effect.map(Durable.waiting(workflow, run), ({ length }) => length === 3))
        const waiting = yield* Durable.waiting(workflow, run)
        for (const [i, { token }] of waiting.entries()) {
          yield* answer.answer(token, { yes: i % 2 === 0, on: new Date(0) })
        }
        const ended = yield* workflow.result(run)
        assert.deepStrictEqual(ended.store.lines.map((line) => line.slice(2)).toSorted(), ["false", "true", "true"])
      }).pipe(Effect.provide(workflow.layer.pipe(Layer.provideMerge(engine()))))
    })
  )

  it.live("an answer with a wrong token is refused, and does the run no harm", () =>
    Effect.gen(function* () {
      const other = Durable.signal("other", Schema.Number)
      const flow = Durable.approval(Log, { signal: answer, post: ({ yes }) => Log.to(yes ? "yes" : "no") })
      const workflow = Durable.workflow(flow, { name: `token-${name}`, version: "1", idempotencyKey: () => "k" })
      yield* Effect.gen(function* () {
        const run = yield* workflow.start({ lines: [], n: 0 })
        yield* when(Effect.map(Durable.waiting(workflow, run), ({ length }) => length === 1))
        const [waiting] = yield* Durable.waiting(workflow, run)
        assert.deepEqual(
          yield* Effect.flip(other.answer(waiting!.token, 3)),
          new Durable.WrongToken({ signal: "other", reason: "is of another signal" })
        )
        assert.deepEqual(
          yield* Effect.flip(answer.answer("?" as Durable.Token, { yes: true, on: new Date(0) })),
          new Durable.WrongToken({ signal: "answer", reason: "is no token" })
        )
        yield* answer.answer(waiting!.token, { yes: true, on: new Date(0) })
        assert.strictEqual((yield* workflow.result(run)).outcome, "yes")
      }).pipe(Effect.provide(workflow.layer.pipe(Layer.provideMerge(engine()))))
    })
  )

  it.live.each([
    ["an answer before the deadline counts", 60_000, true, "yes"],
    ["without an answer, the other way is taken", 60, false, "late"]
  ] as const)("%s", ([title, within, answers, outcome]) =>
    Effect.gen(function* () {
      const asked: Array<string> = []
      const flow = Durable.approval(Log, {
        signal: answer,
        request: (_s, token) => Effect.sync(() => asked.push(token)),
        post: ({ yes }) => Log.to(yes ? "yes" : "no"),
        within: (s) => s.n,
        otherwise: () => Log.to("late")
      })
      const workflow = Durable.workflow(flow, { name: `${title}-${name}`, version: "1", idempotencyKey: () => "k" })
      yield* Effect.gen(function* () {
        const run = yield* workflow.start({ lines: [], n: within })
        if (answers) {
          yield* when(Effect.map(Durable.waiting(workflow, run), ({ length }) => length === 1))
          const [waiting] = yield* Durable.waiting(workflow, run)
          yield* answer.answer(waiting!.token, { yes: true, on: new Date(0) })
        }
        assert.strictEqual((yield* workflow.result(run)).outcome, outcome)
        assert.deepStrictEqual(yield* Durable.waiting(workflow, run), [])
        assert.lengthOf(asked, 1)
        // Too late: it is not refused, and changes nothing.
        yield* answer.answer(asked[0] as Durable.Token, { yes: false, on: new Date(0) })
        assert.strictEqual((yield* workflow.result(run)).outcome, outcome)
      }).pipe(Effect.provide(workflow.layer.pipe(Layer.provideMerge(engine()))))
    })
  )

  it.live("a second sleep in a visit is another one", () =>
    Effect.gen(function* () {
      const passed: Array<number> = []
      const flow = Node.make(Log, {
        exec: () =>
          Effect.gen(function* () {
            const waits = yield* Durable.Waits
            yield* waits.sleep(30)
            passed.push(1)
            yield* waits.sleep(30)
            passed.push(2)
          }),
        post: () => Log.to("awake")
      })
      const workflow = Durable.workflow(flow, { name: `twice-${name}`, version: "1", idempotencyKey: () => "k" })
      yield* workflow
        .execute({ lines: [], n: 0 })
        .pipe(Effect.provide(workflow.layer.pipe(Layer.provideMerge(engine()))))
      assert.deepStrictEqual(passed, [1, 1, 2])
    })
  )

  it.live("a node sleeps", () =>
    Effect.gen(function* () {
      const flow = Flow.sequence(Log, {
        wait: Durable.sleep(Log, (s) => s.n),
        note: Node.make(Log, { post: () => Log.to("awake") })
      })
      const workflow = Durable.workflow(flow, { name: `sleep-${name}`, version: "1", idempotencyKey: () => "k" })
      const before = Date.now()
      const run = yield* workflow
        .execute({ lines: [], n: 120 })
        .pipe(Effect.provide(workflow.layer.pipe(Layer.provideMerge(engine()))))
      assert.strictEqual(run.outcome, "awake")
      assert.isAtLeast(Date.now() - before, 120)
    })
  )
})

describe("embedded", () => {
  it.live("an answer may come while no worker is there", () =>
    Effect.gen(function* () {
      const filename = file()
      const flow = Durable.approval(Log, { signal: answer, post: ({ yes }) => Log.to(yes ? "yes" : "no") })
      const workflow = Durable.workflow(flow, { name: "later", version: "1", idempotencyKey: () => "k" })
      const run = yield* Effect.gen(function* () {
        const run = yield* workflow.start({ lines: [], n: 0 })
        yield* when(Effect.map(workflow.poll(run), ({ _tag }) => _tag === "Suspended"))
        return run
      }).pipe(Effect.provide(workflow.layer.pipe(Layer.provideMerge(embedded(filename)))))
      yield* Effect.gen(function* () {
        const [waiting] = yield* Durable.waiting(workflow, run)
        yield* answer.answer(waiting!.token, { yes: false, on: new Date(0) })
      }).pipe(Effect.provide(Durable.client({ filename })))
      const ended = yield* workflow
        .result(run)
        .pipe(Effect.provide(workflow.layer.pipe(Layer.provideMerge(embedded(filename)))))
      assert.strictEqual(ended.outcome, "no")
    })
  )

  it.live.each([
    ["the deadline passes while no worker is there", false, "late"],
    ["an answer that came in time counts after the deadline", true, "yes"]
  ] as const)("%s", ([title, answers, outcome]) =>
    Effect.gen(function* () {
      const filename = file()
      const flow = Durable.approval(Log, {
        signal: answer,
        post: ({ yes }) => Log.to(yes ? "yes" : "no"),
        within: "4 seconds",
        otherwise: () => Log.to("late")
      })
      const workflow = Durable.workflow(flow, { name: title, version: "1", idempotencyKey: () => "k" })
      const worker = () => workflow.layer.pipe(Layer.provideMerge(embedded(filename)))
      const run = yield* Effect.gen(function* () {
        const run = yield* workflow.start({ lines: [], n: 0 })
        yield* when(Effect.map(workflow.poll(run), ({ _tag }) => _tag === "Suspended"))
        return run
      }).pipe(Effect.provide(worker()))
      yield* Effect.gen(function* () {
        const [waiting] = yield* Durable.waiting(workflow, run)
        if (answers) yield* answer.answer(waiting!.token, { yes: true, on: new Date(0) })
        yield* Effect.sleep(Math.max(0, waiting!.since + 4_050 - Date.now()))
      }).pipe(Effect.provide(Durable.client({ filename })))
      const ended = yield* workflow.result(run).pipe(Effect.provide(worker()))
      assert.strictEqual(ended.outcome, outcome)
      assert.deepStrictEqual(yield* workflow.result(run).pipe(Effect.provide(worker())), ended)
    })
  )
})

describe("an approval whose deadline was added or taken away meanwhile", () => {
  const timed = Durable.approval(Log, {
    signal: answer,
    post: ({ yes }) => Log.to(yes ? "yes" : "no"),
    within: "1 day",
    otherwise: () => Log.to("late")
  })
  const untimed = Durable.approval(Log, { signal: answer, post: ({ yes }) => Log.to(yes ? "yes" : "no") })

  it.live.each([
    ["added", untimed, timed],
    ["taken away", timed, untimed]
  ] as const)("is refused: %s", ([title, before, after]) =>
    Effect.gen(function* () {
      const filename = file()
      const options = { name: `deadline ${title}`, version: "1", idempotencyKey: () => "k" }
      const one = Durable.workflow(before as typeof timed, options)
      const run = yield* Effect.gen(function* () {
        const run = yield* one.start({ lines: [], n: 0 })
        yield* when(Effect.map(one.poll(run), ({ _tag }) => _tag === "Suspended"))
        return run
      }).pipe(Effect.provide(one.layer.pipe(Layer.provideMerge(embedded(filename)))))
      const two = Durable.workflow(after as typeof timed, options)
      const refused = yield* Effect.gen(function* () {
        const [waiting] = yield* Durable.waiting(two, run)
        yield* answer.answer(waiting!.token, { yes: true, on: new Date(0) })
        yield* two.resume(run)
        return yield* Effect.flip(two.result(run))
      }).pipe(Effect.provide(two.layer.pipe(Layer.provideMerge(embedded(filename)))))
      assert.strictEqual(refused._tag, "BadRecord")
      assert.include((refused as Durable.BadRecord).reason, "a deadline, unlike now")
    })
  )
})

describe("what is waited for", () => {
  const run = (flow: Flow.Step<typeof Log, any, any, Durable.Waits>, seen: Durable.Signal<boolean>) =>
    Effect.gen(function* () {
      const workflow = Durable.workflow(flow, {
        name: "seen",
        version: "1",
        idempotencyKey: () => "k",
        error: Schema.String
      })
      return yield* Effect.gen(function* () {
        const run = yield* workflow.start({ lines: [], n: 0 })
        yield* when(Effect.map(Durable.waiting(workflow, run), (all) => all.some(({ path }) => path.join() === "last")))
        return (yield* Durable.waiting(workflow, run)).filter(({ signal }) => signal === seen.name)
      }).pipe(Effect.provide(Layer.fresh(workflow.layer.pipe(Layer.provideMerge(Durable.memory)))))
    })
  const last = Durable.approval(Log, { signal: answer, post: () => Log.next() })
  const other = Durable.signal("x/asked/y", Schema.Boolean)
  const asks = Durable.approval(Log, { signal: other, post: () => Log.next() })

  it.live("is not what something around it has ended", () =>
    Effect.gen(function* () {
      const fails = Node.make(Log, { exec: () => Effect.andThen(Effect.sleep(100), Effect.fail("no")) })
      const both = Flow.all(Log, { asks, fails }).pipe(Flow.catch("default"))
      assert.deepStrictEqual(yield* run(Flow.sequence(Log, { both, last }), other), [])
    })
  )
})

it("a token of a signal is none of one whose name begins like it", () => {
  const token = (name: string) => Buffer.from(JSON.stringify(["w", "r", `${name}@a#0`])).toString("base64url")
  assert.isTrue(Result.isFailure(isTimed("a", token("a%40b"))))
  assert.deepStrictEqual(isTimed("a@b", token("a%40b")), Result.succeed(false))
})

describe("in memory, without an engine", () => {
  it.effect("answers are given by a layer", () =>
    Effect.gen(function* () {
      const approve = Durable.approval(Log, { signal: answer, post: ({ yes }) => Log.to(yes ? "yes" : "no") })
      const run = yield* Flow.run(approve, { lines: [], n: 0 }).pipe(
        Effect.provide(Durable.answered({ answer: { yes: true, on: new Date(0) } }))
      )
      assert.strictEqual(run.outcome, "yes")
    })
  )

  it.effect("nobody answers within the time of the clock", () =>
    Effect.gen(function* () {
      const approve = Durable.approval(Log, {
        signal: answer,
        post: ({ yes }) => Log.to(yes ? "yes" : "no"),
        within: "3 days",
        otherwise: () => Log.to("late")
      })
      const run = (answers: Readonly<Record<string, unknown>>) =>
        Flow.run(approve, { lines: [], n: 0 }).pipe(Effect.provide(Durable.answered(answers)))
      const fiber = yield* Effect.forkChild(run({}))
      yield* TestClock.adjust("71 hours")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* Fiber.join(fiber)).outcome, "late")
      assert.strictEqual((yield* run({ answer: { yes: true, on: new Date(0) } })).outcome, "yes")
    })
  )
})
