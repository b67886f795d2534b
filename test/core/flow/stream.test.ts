import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Fiber, Optic, Schedule, Schema, Stream } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import { TestClock } from "effect/testing"
import { add, Counter, during, failure, Trail, visit } from "../support.ts"

/** One line for each event: tag, step, path, item, attempt, and what is special. */
const line = (event: Flow.FlowEvent<{ readonly n: number }, string, unknown>): string => {
  if (event._tag === "Completed") return `Completed ${event.outcome} ${event.steps} n=${event.store.n}`
  const at = `${event._tag} ${event.step} /${event.path.join("/")}`
  const stamps = `${event.item === undefined ? "" : ` item=${event.item}`}${event.attempt === 0 ? "" : ` attempt=${event.attempt}`}`
  const more =
    event._tag === "Finished"
      ? ` ${event.action} ${JSON.stringify(event.patch)}`
      : event._tag === "Failed"
        ? ` ${event.action} ${String(event.error)}`
        : event._tag === "Emitted"
          ? ` ${event.channel}=${String(event.value)}`
          : ""
  return `${at}${stamps}${more} n=${event.store.n}`
}

const lines = <A extends string, E>(
  flow: Flow.Step<typeof Counter, A, E>,
  options?: { readonly channels?: ReadonlyArray<Flow.Channel<any>> }
) => Effect.map(Stream.runCollect(Flow.stream(flow, { n: 0 }, options)), (events) => events.map(line))

/** The lines of all events until a failure, and the failure. */
const until = <A, E>(stream: Stream.Stream<A, E>, line: (event: A) => string) =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    const exit = yield* Effect.exit(
      Stream.runForEach(stream, (event) => Effect.sync(() => void lines.push(line(event))))
    )
    return { lines, reasons: Exit.isFailure(exit) ? exit.cause.reasons : [] }
  })

const tokens = Flow.Channel<string>("tokens")

describe("events", () => {
  it.effect("tell of each visit where it is, what it did, and the store after it", () =>
    Effect.gen(function* () {
      const Draft = Store.make("Draft", { n: Schema.Number, note: Schema.optionalKey(Schema.String) })
      const flow = Flow.sequence(Draft, {
        write: Node.make(Draft, { post: () => Draft.next({ note: "new", n: 0 }) }),
        inner: Flow.sequence(Draft, {
          clear: Node.make(Draft, { post: () => Draft.to("done", { note: Store.unset }) })
        })
      })
      const events = yield* Stream.runCollect(Flow.stream(flow, { n: 0 }))
      const visit = { attempt: 0, item: undefined }
      const written = { n: 0, note: "new" }
      assert.deepStrictEqual(events, [
        {
          _tag: "Started",
          path: ["write"],
          step: 0,
          ...visit,
          position: { path: ["write"], step: 0, visits: {}, calls: [], budgets: [] },
          store: { n: 0 }
        },
        {
          _tag: "Finished",
          path: ["write"],
          step: 0,
          ...visit,
          action: "default",
          patch: { note: "new" },
          store: written
        },
        {
          _tag: "Started",
          path: ["inner", "clear"],
          step: 1,
          ...visit,
          position: { path: ["inner", "clear"], step: 1, visits: { write: 1 }, calls: [], budgets: [] },
          store: written
        },
        {
          _tag: "Finished",
          path: ["inner", "clear"],
          step: 1,
          ...visit,
          action: "done",
          patch: { note: Store.unset },
          store: { n: 0 }
        },
        { _tag: "Completed", outcome: "done", steps: 2, store: { n: 0 } }
      ])
    })
  )

  it.effect("of a node by itself have an empty path", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* lines(add), [
        "Started 0 / n=0",
        'Finished 0 / default {"n":1} n=1',
        "Completed default 1 n=1"
      ])
    })
  )

  it.effect("inside a fan have its step, and its store until the join", () =>
    Effect.gen(function* () {
      const two = Flow.sequence(Counter, { x: add, y: add })
      const flow = Flow.sequence(Counter, { first: add, all: Flow.all(Counter, { a: two, b: add }), last: add })
      assert.deepStrictEqual(yield* lines(flow), [
        "Started 0 /first n=0",
        'Finished 0 /first default {"n":1} n=1',
        "Started 1 /all n=1",
        "Started 1 /all/a/x n=1",
        'Finished 1 /all/a/x default {"n":2} n=1',
        "Started 1 /all/a/y n=1",
        'Finished 1 /all/a/y default {"n":3} n=1',
        "Started 1 /all/b n=1",
        'Finished 1 /all/b default {"n":2} n=1',
        'Finished 1 /all default {"n":4} n=4',
        "Started 2 /last n=4",
        'Finished 2 /last default {"n":5} n=5',
        "Completed default 3 n=5"
      ])
    })
  )

  it.effect("inside map and forEach have the item; forEach changes the store at once", () =>
    Effect.gen(function* () {
      class Current extends Context.Service<Current, number>()("test/Current") {}
      const one = Flow.sequence(Counter, { x: add })
      const flow = Flow.sequence(Counter, {
        map: Flow.map(Counter, one, {
          prep: () => [{ n: 10 }, { n: 20 }],
          post: (_inputs, runs) => Counter.next({ n: runs.reduce((sum, run) => sum + run.store.n, 0) })
        }),
        each: Flow.forEach(one, { params: Current, prep: () => [7, 8] })
      })
      assert.deepStrictEqual(yield* lines(flow), [
        "Started 0 /map n=0",
        "Started 0 /map/x item=0 n=0",
        'Finished 0 /map/x item=0 default {"n":11} n=0',
        "Started 0 /map/x item=1 n=0",
        'Finished 0 /map/x item=1 default {"n":21} n=0',
        'Finished 0 /map default {"n":32} n=32',
        "Started 1 /each n=32",
        "Started 1 /each/x item=0 n=32",
        'Finished 1 /each/x item=0 default {"n":33} n=33',
        "Started 1 /each/x item=1 n=33",
        'Finished 1 /each/x item=1 default {"n":34} n=34',
        "Finished 1 /each default {} n=34",
        "Completed default 2 n=34"
      ])
    })
  )

  it.effect("inside a call count on, with the outer store; through a lens the patch is of the part", () =>
    Effect.gen(function* () {
      const Part = Store.make("Part", { m: Schema.Number })
      const more = Node.make(Part, { post: () => Part.next((s) => ({ m: s.m + 1 })) })
      const lens = Optic.makeLens<typeof Counter.Type, typeof Part.Type>(
        (s) => ({ m: s.n }),
        ({ m }) => ({ n: m })
      )
      const flow = Flow.sequence(Counter, {
        call: Flow.call(Counter, Flow.sequence(Counter, { x: add, y: add }), {
          prep: () => ({ n: 5 }),
          post: (_input, run) => Counter.next(run.store)
        }),
        lens: more.pipe(Flow.focus(lens))
      })
      assert.deepStrictEqual(yield* lines(flow), [
        "Started 0 /call/x n=0",
        'Finished 0 /call/x default {"n":6} n=0',
        "Started 1 /call/y n=0",
        'Finished 1 /call/y default {"n":7} n=0',
        "Started 2 /lens n=7",
        'Finished 2 /lens default {"m":8} n=8',
        "Completed default 3 n=8"
      ])
    })
  )

  it.effect("a visit that fails says so when it is caught, and else only starts", () =>
    Effect.gen(function* () {
      const fail = Node.make(Counter, { exec: () => Effect.fail("x") })
      const edge = (error: string) => Counter.to(`no ${error}`, (s) => ({ n: s.n + 10 }))
      const caught = Flow.make(Counter, {
        start: "add",
        nodes: { add, fail: fail.pipe(Flow.catch(edge)), last: add },
        edges: { add: { default: "fail" }, fail: { "no x": "last" } }
      })
      assert.deepStrictEqual(yield* lines(caught), [
        "Started 0 /add n=0",
        'Finished 0 /add default {"n":1} n=1',
        "Started 1 /fail n=1",
        "Failed 1 /fail no x x n=11",
        "Started 2 /last n=11",
        'Finished 2 /last default {"n":12} n=12',
        "Completed default 3 n=12"
      ])
      const { lines: seen, reasons } = yield* until(Flow.stream(Flow.sequence(Counter, { add, fail }), { n: 0 }), line)
      assert.deepStrictEqual(seen, ["Started 0 /add n=0", 'Finished 0 /add default {"n":1} n=1', "Started 1 /fail n=1"])
      assert.deepStrictEqual(
        reasons.map((reason) => reason._tag === "Fail" && reason.error),
        ["x"]
      )
    })
  )

  it.effect("a failure has the last attempt, its error as it is, and the place where an edge caught it", () =>
    Effect.gen(function* () {
      class Current extends Context.Service<Current, number>()("test/Current") {}
      const error = new Error("x")
      const fail = Node.make(Counter, { exec: () => Effect.fail(error) }).pipe(Node.retry(Schedule.recurs(2)))
      const inside = Flow.sequence(Counter, { fail: fail.pipe(Flow.catch("default")) })
      const around = Flow.forEach(Flow.sequence(Counter, { add, fail }), { params: Current, prep: () => [1] })
      const flow = Flow.sequence(Counter, {
        flow: Flow.sequence(Counter, { fail }).pipe(Flow.catch("default")),
        all: Flow.all(Counter, { a: inside }),
        each: around.pipe(Flow.catch("failed"))
      })
      const events = yield* Stream.runCollect(Flow.stream(flow, { n: 0 }))
      const of = (path: ReadonlyArray<string>, step: number) => ({ _tag: "Failed", path, step, item: undefined, error })
      assert.deepStrictEqual(events.filter(({ _tag }) => _tag === "Failed") as ReadonlyArray<unknown>, [
        { ...of(["flow", "fail"], 0), attempt: 2, action: "default", store: { n: 0 } },
        { ...of(["all", "a", "fail"], 1), attempt: 2, action: "default", store: { n: 0 } },
        { ...of(["each"], 2), attempt: 0, action: "failed", store: { n: 1 } }
      ])
      assert.deepStrictEqual(
        events.filter(({ _tag }) => _tag === "Started").length - events.filter(({ _tag }) => _tag === "Failed").length,
        // The two that have finished, and the one that has failed inside of the fan.
        3
      )
    })
  )

  it.effect("a call that fails by itself says so by its own path, and counts as a visit", () =>
    Effect.gen(function* () {
      const call = (fails: "prep" | "post") =>
        Flow.call(Counter, Flow.sequence(Counter, { add }), {
          prep: (s) => (fails === "prep" ? Effect.fail("x") : Effect.succeed(s)),
          post: () => Effect.fail("y")
        }).pipe(Flow.catch("default"))
      assert.deepStrictEqual(yield* lines(Flow.sequence(Counter, { prep: call("prep"), post: call("post") })), [
        "Failed 0 /prep default x n=0",
        "Started 1 /post/add n=0",
        'Finished 1 /post/add default {"n":1} n=0',
        "Failed 2 /post default y n=0",
        "Completed default 3 n=0"
      ])
    })
  )

  it.effect("maxSteps ends the stream as it ends a run, after the events that led there", () =>
    Effect.gen(function* () {
      const flow = Flow.sequence(Counter, { a: add, b: add })
      const { lines: seen, reasons } = yield* until(Flow.stream(flow, { n: 0 }, { maxSteps: 1 }), line)
      assert.deepStrictEqual(seen, ["Started 0 /a n=0", 'Finished 0 /a default {"n":1} n=1'])
      const [reason] = reasons
      assert.instanceOf(reason?._tag === "Fail" && reason.error, Flow.StepLimitExceeded)
    })
  )

  it.effect("a defect is a defect of the stream", () =>
    Effect.gen(function* () {
      for (const flow of [
        Node.make(Counter, { exec: () => Effect.die("boom") }),
        Node.make(Counter, {
          prep: (): number => {
            throw "boom"
          }
        })
      ] as ReadonlyArray<Flow.Step<typeof Counter, "default">>) {
        const { lines: seen, reasons } = yield* until(Flow.stream(flow, { n: 0 }), line)
        assert.deepStrictEqual(seen, ["Started 0 / n=0"])
        assert.deepStrictEqual(
          reasons.map((reason) => reason._tag === "Die" && reason.defect),
          ["boom"]
        )
      }
      const { reasons } = yield* until(Flow.stream(add, { n: "x" } as never), line)
      assert.instanceOf(reasons[0]?._tag === "Die" && reasons[0].defect, Store.InvalidStore)
    })
  )

  it.effect("say the last attempt of a visit; a run inside an exec does not count for it", () =>
    Effect.gen(function* () {
      const flaky = Node.make(Counter, {
        exec: () => Effect.flatMap(Node.Attempt, (attempt) => (attempt < 2 ? Effect.fail("x") : Effect.void))
      }).pipe(Node.retry(Schedule.recurs(5)))
      const opaque = Node.make(Counter, { exec: () => Flow.run(flaky, { n: 0 }) })
      assert.deepStrictEqual(yield* lines(Flow.sequence(Counter, { flaky, opaque })), [
        "Started 0 /flaky n=0",
        "Finished 0 /flaky attempt=2 default {} n=0",
        "Started 1 /opaque n=0",
        "Finished 1 /opaque default {} n=0",
        "Completed default 2 n=0"
      ])
    })
  )

  it.effect("of a batch say the most attempts that an item took", () =>
    Effect.gen(function* () {
      const batch = Node.batch(Counter, {
        prep: () => [2, 1, 0],
        exec: (times, i) =>
          Effect.flatMap(Node.Attempt, (attempt) =>
            Effect.delay(attempt < times ? Effect.fail("x") : Effect.void, i * 100)
          ),
        concurrency: "unbounded"
      }).pipe(Node.retry(Schedule.recurs(5)))
      assert.deepStrictEqual(yield* during("1 second", lines(batch)), [
        "Started 0 / n=0",
        "Finished 0 / attempt=2 default {} n=0",
        "Completed default 1 n=0"
      ])
    })
  )
})

describe("positions", () => {
  /** The positions of what has started, once all is over. */
  const positions = <A extends string, E>(flow: Flow.Step<typeof Counter, A, E>) =>
    Effect.map(Stream.runCollect(Flow.stream(flow, { n: 0 })), (events) =>
      events.flatMap((event) => (event._tag === "Started" ? [event.position] : []))
    )

  it.effect("are of when the visit started, whenever they are read", () =>
    Effect.gen(function* () {
      const count = Node.make(Counter, { post: (s) => Counter.to(s.n < 2 ? "again" : "done", { n: s.n + 1 }) })
      const loop = Flow.make(Counter, {
        start: "count",
        nodes: { count, inner: Flow.sequence(Counter, { x: add }) },
        edges: { count: { again: "inner" }, inner: { default: "count" } }
      })
      const none = { calls: [], budgets: [] }
      assert.deepStrictEqual(yield* positions(loop), [
        { path: ["count"], step: 0, visits: {}, ...none },
        { path: ["inner", "x"], step: 1, visits: { count: 1 }, ...none },
        { path: ["count"], step: 2, visits: { count: 1, "inner/x": 1 }, ...none }
      ])
    })
  )

  it.effect("inside a call have its store; a budget begins with the visit", () =>
    Effect.gen(function* () {
      const flow = Flow.sequence(Counter, {
        call: Flow.call(Counter, Flow.sequence(Counter, { x: add, y: add }), {
          prep: () => ({ n: 5 }),
          post: (_input, run) => Counter.next(run.store)
        }),
        timed: Flow.sequence(Counter, { z: add, end: add }).pipe(Flow.budget({ duration: "1 second" }))
      })
      const call = { input: { n: 5 }, since: 0 }
      assert.deepStrictEqual(yield* positions(flow), [
        { path: ["call", "x"], step: 0, visits: { call: 1 }, calls: [{ ...call, store: { n: 5 } }], budgets: [] },
        {
          path: ["call", "y"],
          step: 1,
          visits: { call: 1, "call/x": 1 },
          calls: [{ ...call, store: { n: 6 } }],
          budgets: []
        },
        {
          path: ["timed", "z"],
          step: 2,
          visits: { call: 1, "call/x": 1, "call/y": 1 },
          calls: [],
          budgets: [{ since: 2 }]
        },
        {
          path: ["timed", "end"],
          step: 3,
          visits: { call: 1, "call/x": 1, "call/y": 1, "timed/z": 1 },
          calls: [],
          budgets: [{ since: 2, started: 0 }]
        }
      ])
    })
  )

  it.effect("are never inside a fan", () =>
    Effect.gen(function* () {
      class Current extends Context.Service<Current, number>()("test/Current") {}
      const flow = Flow.sequence(Counter, {
        all: Flow.all(Counter, { a: add }),
        each: Flow.forEach(Flow.sequence(Counter, { x: add }), { params: Current, prep: () => [1, 2] })
      })
      assert.deepStrictEqual(
        (yield* positions(flow)).map((position) => position?.path),
        [["all"], undefined, ["each"], undefined, undefined]
      )
    })
  )

  it.effect("that nobody reads do nothing: a call may have a store that cannot be encoded", () =>
    Effect.gen(function* () {
      const Opaque = Store.make("Opaque", {
        f: Schema.declare((u: unknown): u is () => void => typeof u === "function")
      })
      const call = Flow.call(Counter, Node.make(Opaque, {}), {
        prep: () => ({ f: () => {} }),
        post: () => Counter.next()
      })
      const [started] = yield* Stream.runCollect(Flow.stream(call, { n: 0 }))
      assert.strictEqual(started?._tag, "Started")
      assert.throws(() => started?._tag === "Started" && started.position)
    })
  )
})

describe("from a position", () => {
  const flow = Flow.sequence(Counter, { a: add, b: add, c: add })
  const at = Effect.map(Flow.run(flow, { n: 0 }, { pauseBefore: ["b"] }), (paused) => {
    assert(Flow.isPaused(paused))
    return paused
  })
  const rest = [
    "Started 1 /b n=1",
    'Finished 1 /b default {"n":2} n=2',
    "Started 2 /c n=2",
    'Finished 2 /c default {"n":3} n=3'
  ]

  it.effect("a run is watched as if it had not stopped", () =>
    Effect.gen(function* () {
      const { position: from, store } = yield* at
      const events = yield* Stream.runCollect(Flow.stream(flow, store, { from, pauseBefore: ["b"] }))
      assert.deepStrictEqual(
        events.map((event) => event._tag === "Paused" || line(event)),
        [...rest, "Completed default 3 n=3"]
      )
      const lines: Array<string> = []
      const run = yield* Flow.runForEach(flow, store, (event) => Effect.sync(() => lines.push(line(event))), { from })
      assert.deepStrictEqual([run, lines], [{ outcome: "default", store: { n: 3 }, steps: 3 }, rest])
    })
  )

  it.effect("the store is taken as it is: without defaults and without checks", () =>
    Effect.gen(function* () {
      const Sparse = Store.make("Sparse", {
        n: Schema.Number.check(Schema.isGreaterThan(0)),
        note: Schema.optionalKey(Schema.String).pipe(Schema.withConstructorDefault(Effect.succeed("none")))
      })
      const node = Node.make(Sparse, {})
      const run = yield* Flow.runForEach(node, { n: -1 }, () => Effect.void, { from: Flow.start(node) })
      assert.deepStrictEqual(run.store, { n: -1 })
      const begun = yield* Flow.runForEach(node, { n: 1 }, () => Effect.void, { from: undefined })
      assert.deepStrictEqual(begun.store, { n: 1, note: "none" })
    })
  )

  it.effect("that the flow does not have it is InvalidPosition", () =>
    Effect.gen(function* () {
      const { position, store } = yield* at
      for (const from of [{ ...position, path: ["d"] }, null as never]) {
        const { lines, reasons } = yield* until(Flow.stream(flow, store, { from }), line)
        const [reason] = reasons
        assert.deepStrictEqual(lines, [])
        assert.instanceOf(reason?._tag === "Fail" && reason.error, Flow.InvalidPosition)
        assert.instanceOf(
          yield* Effect.flip(Flow.runForEach(flow, store, () => Effect.void, { from })),
          Flow.InvalidPosition
        )
      }
    })
  )
})

describe("a pause", () => {
  const flow = Flow.sequence(Counter, { a: add, b: add })
  const position: Flow.Position = { path: ["b"], step: 1, visits: { a: 1 }, calls: [], budgets: [] }

  it.effect("ends the stream, with what is needed to go on", () =>
    Effect.gen(function* () {
      const events = yield* Stream.runCollect(Flow.stream(flow, { n: 0 }, { pauseBefore: ["b"] }))
      assert.deepStrictEqual(
        events.map(({ _tag }) => _tag),
        ["Started", "Finished", "Paused"]
      )
      assert.deepStrictEqual(events[2], { _tag: "Paused", position, store: { n: 1 } })
    })
  )

  it.effect("is a result of runForEach", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const watch = (pauseBefore: ReadonlyArray<string>) =>
        Flow.runForEach(flow, { n: 0 }, (event) => Effect.sync(() => seen.push(event._tag)), { pauseBefore })
      assert.deepStrictEqual(yield* watch(["b"]), { position, store: { n: 1 } })
      assert.deepStrictEqual(seen, ["Started", "Finished"])
      assert.deepStrictEqual(yield* watch([]), { outcome: "default", store: { n: 2 }, steps: 2 })
      assert.instanceOf(yield* Effect.flip(watch(["c"])), Flow.InvalidPosition)
    })
  )
})

describe("channels", () => {
  const speak = (...words: ReadonlyArray<string>) =>
    Effect.forEach(words, (word) => tokens.emit(word), { discard: true })

  it.effect("deliver what an exec emits, where it was emitted", () =>
    Effect.gen(function* () {
      const flow = Flow.sequence(Counter, { add, speak: Node.make(Counter, { exec: () => speak("a", "b") }) })
      const events = yield* Stream.runCollect(Flow.stream(flow, { n: 0 }, { channels: [tokens] }))
      const emitted: ReadonlyArray<unknown> = events.filter(tokens.is)
      assert.deepStrictEqual(emitted, [
        {
          _tag: "Emitted",
          path: ["speak"],
          step: 1,
          attempt: 0,
          item: undefined,
          channel: "tokens",
          value: "a",
          store: { n: 1 }
        },
        {
          _tag: "Emitted",
          path: ["speak"],
          step: 1,
          attempt: 0,
          item: undefined,
          channel: "tokens",
          value: "b",
          store: { n: 1 }
        }
      ])
      assert.deepStrictEqual(
        events.map((event) => event._tag),
        ["Started", "Finished", "Started", "Emitted", "Emitted", "Finished", "Completed"]
      )
    })
  )

  it.effect("that are not listed are silent, as all are outside of a stream", () =>
    Effect.gen(function* () {
      const other = Flow.Channel<number>("other")
      const node = Node.make(Counter, { exec: () => Effect.andThen(other.emit(1), speak("a")) })
      assert.deepStrictEqual(yield* lines(node), [
        "Started 0 / n=0",
        "Finished 0 / default {} n=0",
        "Completed default 1 n=0"
      ])
      assert.deepStrictEqual(yield* lines(node, { channels: [other] }), [
        "Started 0 / n=0",
        "Emitted 0 / other=1 n=0",
        "Finished 0 / default {} n=0",
        "Completed default 1 n=0"
      ])
      assert.deepStrictEqual(yield* Flow.run(node, { n: 0 }), { outcome: "default", store: { n: 0 }, steps: 1 })
      assert.isUndefined(yield* tokens.emit("nowhere"))
    })
  )

  it.effect("are told apart by their ids", () =>
    Effect.gen(function* () {
      const a = Flow.Channel<string>("a")
      const b = Flow.Channel<string>("b")
      const node = Node.make(Counter, { exec: () => Effect.andThen(a.emit("for a"), b.emit("for b")) })
      const events = yield* Stream.runCollect(Flow.stream(node, { n: 0 }, { channels: [a, b] }))
      assert.deepStrictEqual(
        [a, b].map((channel) => events.filter(channel.is).map((event) => event.value)),
        [["for a"], ["for b"]]
      )
    })
  )

  it.effect("values have the attempt and the item that they come from", () =>
    Effect.gen(function* () {
      class Current extends Context.Service<Current, number>()("test/Current") {}
      const retried = Node.make(Counter, {
        exec: () =>
          Effect.flatMap(Node.Attempt, (n) => Effect.andThen(speak(`try ${n}`), n < 1 ? Effect.fail("x") : Effect.void))
      }).pipe(Node.retry(Schedule.recurs(1)))
      const batch = Node.batch(Counter, {
        prep: () => ["a", "b"],
        exec: (item) =>
          Effect.flatMap(Node.Attempt, (n) =>
            Effect.andThen(speak(item), n === 0 && item === "b" ? Effect.fail("x") : Effect.void)
          ),
        concurrency: 2
      }).pipe(Node.retry(Schedule.recurs(1)))
      const each = Flow.forEach(Node.make(Counter, { exec: () => speak("each") }), {
        params: Current,
        prep: () => [1, 2]
      })
      const emitted = yield* Effect.map(
        lines(Flow.sequence(Counter, { retried, batch, each }), { channels: [tokens] }),
        (all) => all.filter((line) => line.startsWith("Emitted"))
      )
      assert.deepStrictEqual(emitted, [
        "Emitted 0 /retried tokens=try 0 n=0",
        "Emitted 0 /retried attempt=1 tokens=try 1 n=0",
        "Emitted 1 /batch item=0 tokens=a n=0",
        "Emitted 1 /batch item=1 tokens=b n=0",
        "Emitted 1 /batch item=1 attempt=1 tokens=b n=0",
        "Emitted 2 /each item=0 tokens=each n=0",
        "Emitted 2 /each item=1 tokens=each n=0"
      ])
    })
  )

  it.effect("a run inside an exec speaks through the visit around it", () =>
    Effect.gen(function* () {
      const inner = Flow.sequence(Counter, { speak: Node.make(Counter, { exec: () => speak("inside") }) })
      const outer = Flow.sequence(Counter, { outer: Node.make(Counter, { exec: () => Flow.run(inner, { n: 9 }) }) })
      assert.deepStrictEqual(yield* lines(outer, { channels: [tokens] }), [
        "Started 0 /outer n=0",
        "Emitted 0 /outer tokens=inside n=0",
        "Finished 0 /outer default {} n=0",
        "Completed default 1 n=0"
      ])
    })
  )
})

describe("the consumer", () => {
  it.effect("that is slow holds up the run, by the size of the buffer", () =>
    Effect.gen(function* () {
      for (const bufferSize of [1, 8]) {
        let emitted = 0
        const speaker = Node.make(Counter, {
          exec: () =>
            Effect.forEach(
              Array.from({ length: 100 }, (_, i) => i),
              (i) =>
                Effect.andThen(
                  tokens.emit(`${i}`),
                  Effect.sync(() => emitted++)
                ),
              { discard: true }
            )
        })
        const gate = yield* Deferred.make<void>()
        const seen: Array<string> = []
        const stream = Flow.stream(speaker, { n: 0 }, { channels: [tokens], bufferSize })
        const consumer = yield* Effect.forkChild(
          Stream.runForEach(stream, (event) =>
            Effect.andThen(
              Deferred.await(gate),
              Effect.sync(() => void seen.push(event._tag === "Emitted" ? event.value : event._tag))
            )
          )
        )
        yield* TestClock.adjust("1 hour")
        // What the consumer has taken, and as much again.
        assert.isAtMost(emitted, 2 * bufferSize)
        assert.deepStrictEqual(seen, [])
        yield* Deferred.succeed(gate, undefined)
        yield* Fiber.join(consumer)
        assert.deepStrictEqual(seen, [
          "Started",
          ...Array.from({ length: 100 }, (_, i) => String(i)),
          "Finished",
          "Completed"
        ])
      }
    })
  )

  it.effect("that stops interrupts the run, whose finalizers run; nothing goes on behind it", () =>
    Effect.gen(function* () {
      const events: Array<string> = []
      const forever = Node.make(Counter, {
        exec: () =>
          Effect.acquireUseRelease(
            Effect.sync(() => void events.push("acquire")),
            () => Effect.andThen(tokens.emit("one"), Effect.sleep("1 hour")),
            () => Effect.sync(() => void events.push("release"))
          ),
        post: () => Counter.next((s) => (events.push("post"), { n: s.n + 1 }))
      })
      const flow = Flow.sequence(Counter, { forever, never: Node.make(Counter, { prep: () => events.push("never") }) })
      const first = Flow.stream(flow, { n: 0 }, { channels: [tokens] }).pipe(Stream.filter(tokens.is), Stream.take(1))
      assert.strictEqual((yield* Stream.runCollect(first)).length, 1)
      yield* TestClock.adjust("2 hours")
      assert.deepStrictEqual(events, ["acquire", "release"])
    })
  )

  it.effect("that is interrupted interrupts the run", () =>
    Effect.gen(function* () {
      let interrupted = 0
      const forever = Node.make(Counter, {
        exec: () => Effect.onInterrupt(Effect.never, () => Effect.sync(() => interrupted++))
      })
      const flow = Flow.all(Counter, { a: forever, b: Flow.sequence(Counter, { add, forever }) })
      const ended = yield* during(
        "1 second",
        Effect.timeoutOption(Stream.runDrain(Flow.stream(flow, { n: 0 })), "1 second")
      )
      assert.deepStrictEqual([ended._tag, interrupted], ["None", 2])
    })
  )

  it.effect("sees events as they happen, in an endless run, too", () =>
    Effect.gen(function* () {
      const spin = Flow.make(Trail, {
        start: "a",
        nodes: { a: visit("a", "again") },
        edges: { a: { again: "a" } }
      })
      const steps = yield* Flow.stream(spin, { seen: [] }).pipe(
        Stream.take(101),
        Stream.map((event) => (event._tag === "Completed" ? -1 : event.step)),
        Stream.runCollect
      )
      assert.deepStrictEqual(
        steps,
        Array.from({ length: 101 }, (_, i) => Math.floor(i / 2))
      )
    })
  )
})

describe("runForEach", () => {
  const speaker = Node.make(Counter, {
    exec: () => Effect.andThen(tokens.emit("a"), tokens.emit("b")),
    post: () => Counter.to("spoken", (s) => ({ n: s.n + 1 }))
  })

  it.effect("gives the run, and its function the events of the stream but the last", () =>
    Effect.gen(function* () {
      const flow = Flow.sequence(Counter, { add, all: Flow.all(Counter, { a: add, b: add }), speaker })
      for (const channels of [[], [tokens]]) {
        const seen: Array<string> = []
        const run = yield* Flow.runForEach(flow, { n: 0 }, (event) => Effect.sync(() => seen.push(line(event))), {
          channels
        })
        assert.deepStrictEqual(run, { outcome: "spoken", store: { n: 4 }, steps: 3 })
        assert.deepStrictEqual([...seen, "Completed spoken 3 n=4"], yield* lines(flow, { channels }))
      }
    })
  )

  it.effect("waits for its function", () =>
    Effect.gen(function* () {
      const at: Array<string> = []
      const run = Flow.runForEach(
        speaker,
        { n: 0 },
        (event) =>
          Effect.andThen(
            Effect.sleep("1 second"),
            Effect.sync(() => at.push(event._tag))
          ),
        { channels: [tokens] }
      )
      const fiber = yield* Effect.forkChild(run)
      const seen: Array<ReadonlyArray<string>> = []
      for (let i = 0; i < 4; i++) {
        yield* TestClock.adjust("999 millis")
        seen.push([...at])
        yield* TestClock.adjust("1 millis")
      }
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(seen, [[], ["Started"], ["Started", "Emitted"], ["Started", "Emitted", "Emitted"]])
      assert.deepStrictEqual(at, ["Started", "Emitted", "Emitted", "Finished"])
    })
  )

  it.effect("fails as the run does, and keeps to maxSteps", () =>
    Effect.gen(function* () {
      const fail = Node.make(Counter, { exec: () => Effect.fail("x") })
      const seen: Array<string> = []
      const f = (event: { readonly _tag: string }) => Effect.sync(() => seen.push(event._tag))
      assert.strictEqual(yield* Effect.flip(Flow.runForEach(Flow.sequence(Counter, { add, fail }), { n: 0 }, f)), "x")
      assert.deepStrictEqual(seen, ["Started", "Finished", "Started"])
      const error = yield* Effect.flip(
        Flow.runForEach(Flow.sequence(Counter, { a: add, b: add }), { n: 0 }, f, { maxSteps: 1 })
      )
      assert.instanceOf(error, Flow.StepLimitExceeded)
    })
  )

  it.effect(
    "a failure of its function ends the run, and is none of the visit: nothing in the flow gets to see it",
    () =>
      Effect.gen(function* () {
        class Current extends Context.Service<Current, number>()("test/Current") {}
        let released = 0
        let attempts = 0
        const emits = Node.make(Counter, {
          exec: () =>
            Effect.suspend(() => {
              attempts++
              return tokens.emit("a")
            }).pipe(Effect.ensuring(Effect.sync(() => released++)))
        }).pipe(
          Node.retry(Schedule.recurs(2)),
          Node.fallback(() => Effect.void)
        )
        const deaf = Node.make(Counter, {
          exec: () => Effect.exit(tokens.emit("a")),
          post: () => Counter.next({ n: 9 })
        })
        const params = { params: Current, prep: () => [1, 2], concurrency: 2 }
        const flows: ReadonlyArray<Flow.Step<typeof Counter, "default">> = [
          emits.pipe(Flow.catch("default")),
          Flow.all(Counter, { a: emits, b: Flow.sequence(Counter, { emits }) }).pipe(Flow.catch("default")),
          Flow.forEach(emits, params).pipe(Flow.catch("default")),
          Flow.map(Counter, emits, { prep: () => [{ n: 1 }], post: () => Counter.next(), mode: "result" }),
          deaf
        ]
        for (const flow of flows) {
          for (const tag of ["Started", "Emitted", "Finished"]) {
            let told = 0
            const run = Flow.runForEach(
              flow,
              { n: 0 },
              (event) =>
                event._tag === tag
                  ? Effect.andThen(
                      Effect.sync(() => told++),
                      Effect.fail(tag)
                    )
                  : Effect.void,
              { channels: [tokens] }
            )
            assert.deepStrictEqual(yield* failure(run), { reasons: [{ fail: tag }], site: undefined })
            assert.strictEqual(told, 1)
          }
        }
        assert.strictEqual(attempts, released)
      })
  )

  it.effect("runs its function with the services of the caller, outside of the visit", () =>
    Effect.gen(function* () {
      class Name extends Context.Service<Name, string>()("test/Name") {}
      const named = Node.make(Counter, { exec: () => Effect.provideService(tokens.emit("a"), Name, "the node's") })
      const seen: Array<unknown> = []
      const retried = Node.make(Counter, {
        exec: () =>
          Effect.flatMap(Node.Attempt, (n) =>
            Effect.andThen(tokens.emit(`try ${n}`), n < 1 ? Effect.fail("x") : Effect.void)
          )
      }).pipe(Node.retry(Schedule.recurs(1)))
      const run = Flow.runForEach(
        Flow.sequence(Counter, { named, retried }),
        { n: 0 },
        (event) =>
          Effect.gen(function* () {
            if (event._tag !== "Emitted") return
            seen.push([event.value, yield* Name, yield* Node.Attempt])
            // This is no part of the visit, so nobody hears it.
            if (event.value === "a") yield* tokens.emit("an echo")
          }),
        { channels: [tokens] }
      )
      yield* Effect.provideService(run, Name, "the caller's")
      assert.deepStrictEqual(seen, [
        ["a", "the caller's", 0],
        ["try 0", "the caller's", 0],
        ["try 1", "the caller's", 0]
      ])
    })
  )

  it.effect("a defect of its function is one of the run, and an interruption of the run one of its function", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(Flow.runForEach(add, { n: 0 }, () => Effect.die("listener")))
      assert.isTrue(Exit.isFailure(exit) && exit.cause.reasons.some((r) => r._tag === "Die" && r.defect === "listener"))
      let interrupted = 0
      const never = Flow.runForEach(add, { n: 0 }, () =>
        Effect.onInterrupt(Effect.never, () => Effect.sync(() => interrupted++))
      )
      assert.strictEqual((yield* during("1 second", Effect.timeoutOption(never, "1 second")))._tag, "None")
      assert.strictEqual(interrupted, 1)
    })
  )
})
