import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Option, Schedule, Tracer } from "effect"
import { Flow, Node } from "effect-pocketflow"
import { add, Counter, during, Trail, visit } from "./support.ts"

/** Runs `effect` with a tracer, and gives the spans in the order in which they began. */
const traced = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const spans: Array<Tracer.NativeSpan> = []
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        spans.push(span)
        return span
      }
    })
    yield* Effect.exit(Effect.withTracer(effect, tracer))
    return spans
  })

const summary = (span: Tracer.NativeSpan): Record<string, unknown> => ({
  name: span.name,
  parent: Option.match(span.parent, {
    onNone: () => undefined,
    onSome: (parent) => (parent._tag === "Span" ? parent.name : parent.spanId)
  }),
  ended: span.status._tag === "Ended" ? span.status.exit._tag : span.status._tag,
  ...Object.fromEntries(span.attributes)
})

describe("a tracer", () => {
  it.effect("gets one span for each visit, with its path, step, visit, attempts and action", () =>
    Effect.gen(function* () {
      const more = Node.make(Trail, { post: () => Trail.decide((s) => (s.seen.length < 2 ? "again" : "end")) })
      const flow = Flow.make(Trail, {
        start: "inner",
        nodes: { inner: Flow.sequence(Trail, { x: visit("x") }), more },
        edges: { inner: { default: "more" }, more: { again: "inner" } }
      })
      const spans = yield* traced(Flow.run(flow, { seen: [] }))
      const span = (path: string, step: number, visit: number, action: string) => ({
        name: path,
        parent: undefined,
        ended: "Success",
        "flow.path": path,
        "flow.step": step,
        "flow.visit": visit,
        "flow.attempts": 1,
        "flow.action": action
      })
      assert.deepStrictEqual(spans.map(summary), [
        span("inner/x", 0, 0, "default"),
        span("more", 1, 0, "again"),
        span("inner/x", 2, 1, "default"),
        span("more", 3, 1, "end")
      ])
    })
  )

  it.effect(
    "gets the failure of a visit, and how many attempts it took; an outcome that is an error edge is none",
    () =>
      Effect.gen(function* () {
        const flaky = (times: number) =>
          Node.make(Counter, {
            exec: () => Effect.flatMap(Node.Attempt, (n) => (n < times ? Effect.fail("busy") : Effect.void))
          }).pipe(Node.retry(Schedule.recurs(2)))
        const flow = Flow.sequence(Counter, {
          second: flaky(1),
          caught: flaky(9).pipe(Flow.catch("default")),
          fails: flaky(9)
        })
        const spans = yield* traced(Flow.run(flow, { n: 0 }))
        assert.deepStrictEqual(
          spans.map((span) => [span.name, span.attributes.get("flow.attempts"), span.attributes.get("flow.action")]),
          [
            ["second", 2, "default"],
            ["caught", 3, undefined],
            ["fails", 3, undefined]
          ]
        )
        const errors = spans.map(({ status }) =>
          status._tag === "Ended" && Exit.isFailure(status.exit)
            ? status.exit.cause.reasons.map((reason) => reason._tag === "Fail" && reason.error)
            : status._tag
        )
        assert.deepStrictEqual(errors, ["Ended", ["busy"], ["busy"]])
      })
  )

  it.effect("gets the phase of a failure, and the item of a batch", () =>
    Effect.gen(function* () {
      const failed = Effect.fail("x")
      const nodes: ReadonlyArray<Flow.Step<typeof Counter, string, string>> = [
        Node.make(Counter, { prep: () => failed }),
        Node.make(Counter, { exec: () => failed }),
        Node.make(Counter, { post: () => Effect.as(failed, Counter.next()) }),
        Node.batch(Counter, { prep: () => [1, 2], exec: (n) => (n === 2 ? failed : Effect.succeed(n)) })
      ]
      const seen = yield* Effect.forEach(nodes, (node) => traced(Effect.exit(Flow.run(node, { n: 0 }))))
      assert.deepStrictEqual(
        seen.flat().map(({ attributes }) => [attributes.get("flow.phase"), attributes.get("flow.item")]),
        [
          ["prep", undefined],
          ["exec", undefined],
          ["post", undefined],
          ["exec", 1]
        ]
      )
    })
  )

  it.effect("gets the spans inside of a fan under that of the fan, those in an exec under that of its visit", () =>
    Effect.gen(function* () {
      const inside = Node.make(Counter, { exec: () => Effect.withSpan(Effect.void, "mine") })
      const flow = Flow.sequence(Counter, {
        all: Flow.all(Counter, { a: Flow.sequence(Counter, { inside }), b: add }),
        map: Flow.map(Counter, add, { prep: (s) => [s, s], post: () => Counter.next() }),
        call: Flow.call(Counter, Flow.sequence(Counter, { add }), { prep: (s) => s, post: () => Counter.next() })
      })
      const spans = yield* traced(Effect.withSpan(Flow.run(flow, { n: 0 }), "request"))
      assert.deepStrictEqual(
        spans.map(summary).map((span) => [span["name"], span["parent"], span["flow.item"]]),
        [
          ["request", undefined, undefined],
          ["all", "request", undefined],
          ["all/a/inside", "all", undefined],
          ["mine", "all/a/inside", undefined],
          ["all/b", "all", undefined],
          ["map", "request", undefined],
          ["map", "map", 0],
          ["map", "map", 1],
          ["call/add", "request", undefined]
        ]
      )
      assert.isTrue(spans.every((span) => span.status._tag === "Ended"))
    })
  )

  it.effect("gets the times of the visits, and their ends when they are interrupted", () =>
    Effect.gen(function* () {
      const wait = Node.make(Counter, { exec: () => Effect.sleep("1 second") })
      const never = Node.make(Counter, { exec: () => Effect.never })
      const run = Flow.run(Flow.sequence(Counter, { a: wait, b: never }), { n: 0 })
      const spans = yield* during("1 minute", traced(Effect.timeoutOption(run, "5 seconds")))
      const second = 1_000_000_000n
      assert.deepStrictEqual(
        spans.map(({ name, startTime, status }) => [
          name,
          startTime,
          status._tag === "Ended" && status.endTime,
          status._tag === "Ended" && status.exit._tag
        ]),
        [
          ["a", 0n, second, "Success"],
          ["b", second, 5n * second, "Failure"]
        ]
      )
    })
  )

  it.effect("does not change what a run does", () =>
    Effect.gen(function* () {
      const look = Node.make(Trail, {
        prep: () => Node.Visit,
        exec: (visit) => Effect.map(Effect.all([Node.Visit, Node.Attempt]), (both) => [visit, ...both].join("")),
        post: (_visit, text) => Trail.decide((s) => [s.seen.length < 3 ? "again" : "end", { seen: [...s.seen, text] }])
      })
      const flow = Flow.make(Trail, { start: "look", nodes: { look }, edges: { look: { again: "look" } } })
      const plain = yield* Flow.run(flow, { seen: [] })
      const ends: Array<unknown> = []
      yield* traced(Effect.map(Flow.run(flow, { seen: [] }), (run) => void ends.push(run)))
      assert.deepStrictEqual(ends, [plain])
      assert.deepStrictEqual(plain.store.seen, ["000", "110", "220", "330"])
    })
  )

  it.effect("gets nothing where it is switched off, and no span is made where none is installed", () =>
    Effect.gen(function* () {
      const spans = yield* traced(Effect.withTracerEnabled(Flow.run(add, { n: 0 }), false))
      assert.deepStrictEqual(spans, [])
      const seen: Array<unknown> = []
      const look = Node.make(Counter, {
        exec: () =>
          Effect.map(
            Effect.context<never>(),
            (context) => void seen.push(Context.getOption(context, Tracer.ParentSpan))
          )
      })
      yield* Flow.run(Flow.sequence(Counter, { look }), { n: 0 })
      assert.deepStrictEqual(seen, [Option.none()])
    })
  )
})
