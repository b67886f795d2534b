import { assert, describe, it } from "@effect/vitest"
import { Arbitraries, Property, replayInterleaving, Spec } from "@effect-pocketflow/testing"
import { Cause, Context, Effect, Exit, Fiber, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Flow, Node, Store } from "effect-pocketflow"
import * as Recorder from "effect-pocketflow/Recorder"
import * as fc from "fast-check"
import { holds } from "../holds.ts"

type Sample = typeof Spec.Sample.Type

/** Records as text, and a recorder that is cut off when it is to write more than `limit` of them. */
class Tape {
  readonly records = new Map<string, string>()
  readonly worked: Array<string> = []

  recorder(limit: number): Recorder.Recorder {
    const write = (key: string, record: unknown): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (this.records.size >= limit) return Effect.die("crashed")
        assert.isFalse(this.records.has(key), `${key} is used twice`)
        this.records.set(
          key,
          JSON.stringify(record, (_, value) => (value === Recorder.unset ? "unset" : value))
        )
        return Effect.void
      })
    const read = (text: string): Recorder.Recorded => {
      const { ending, order } = JSON.parse(text)
      if (ending._tag === "Handled") ending.error = new Spec.Oops()
      return { tag: ending._tag, at: 0, order, ending: Effect.succeed(ending) }
    }
    return {
      find: ({ key }) => Effect.sync(() => (this.records.has(key) ? read(this.records.get(key)!) : undefined)),
      record: ({ key }, visit) =>
        Effect.flatMap(visit, (made) => {
          this.worked.push(key)
          const recorded = { tag: made.ending._tag, at: 0, order: made.order, ending: Effect.succeed(made.ending) }
          return made.ending._tag === "Failed" ? Effect.succeed(recorded) : Effect.as(write(key, made), recorded)
        }),
      item: ({ key }, work) =>
        Effect.suspend(() =>
          this.records.has(key)
            ? Effect.succeed(itemOf(JSON.parse(this.records.get(key)!)))
            : Effect.tap(work, (value) => write(key, { value }))
        ),
      commits: (key) => Array.from(this.records.values()).filter((text) => JSON.parse(text).order?.of === key).length
    }
  }
}

/** Results of items as JSON has them. */
const itemOf = ({ value }: { value: any }): unknown =>
  value?._id !== "Result"
    ? value
    : value._tag === "Success"
      ? Exit.succeed(value.value).pipe(Effect.result, Effect.runSync)
      : Exit.fail(new Spec.Oops()).pipe(Effect.result, Effect.runSync)

const plain = (exit: Exit.Exit<unknown, unknown>): unknown =>
  Exit.isSuccess(exit) ? exit.value : String(Cause.squash(exit.cause))

/** Runs it as if the process had ended after so many records. */
const until = (tape: Tape, spec: Spec.Spec, state: Sample, limit: number) =>
  Effect.exit(
    Recorder.run(Spec.build(spec) as Flow.Step<typeof Spec.Sample, string, unknown>, state, tape.recorder(limit))
  )

describe("a random flow that is recorded", () => {
  const states = fc.record({ a: fc.nat(996), b: fc.nat(996) })

  holds(
    "is the same, and is again after a crash at any record",
    { ci: 300, soak: 20_000, counts: "graphs" },
    (options) =>
      Property.check(
        fc.tuple(Arbitraries.flow(), states, fc.nat(1e6), fc.nat(1e6)),
        ([spec, state, seed, at]) =>
          Effect.gen(function* () {
            const run = Flow.run(Spec.build(spec), state, { maxSteps: 300 })
            const expected = yield* replayInterleaving(Effect.exit(run), seed)
            if (plain(expected)?.toString().includes("no end after")) return yield* Property.discard
            const tape = new Tape()
            const whole = yield* replayInterleaving(until(tape, spec, state, Infinity), seed)
            assert.deepStrictEqual(plain(whole), plain(expected))
            const limit = at % (tape.records.size + 1)
            const cut = new Tape()
            yield* replayInterleaving(until(cut, spec, state, limit), seed)
            assert.isAtMost(cut.records.size, limit)
            const recorded = new Set(cut.records.keys())
            cut.worked.length = 0
            const again = yield* replayInterleaving(until(cut, spec, state, Infinity), seed)
            assert.deepStrictEqual(plain(again), plain(expected))
            assert.deepStrictEqual(
              cut.worked.filter((key) => recorded.has(key)),
              []
            )
          }) as Effect.Effect<void, any>,
        options
      )
  )
})

describe("a commit that another worker has made meanwhile", () => {
  it.effect("at a place that is taken, is no update that is lost without a word", () =>
    Effect.gen(function* () {
      const Sum = Store.make("Sum", { n: Schema.Number })
      class Current extends Context.Service<Current, number>()("Current") {}
      const add = Node.make(Sum, { prep: () => Current, post: (n) => Sum.next((s) => ({ n: s.n + n })) })
      const flow = Flow.forEach(add, { params: Current, prep: () => [1, 2] })
      const { find, ...rest } = new Tape().recorder(Infinity)
      const ending = { _tag: "Committed", action: "default", patch: { n: 2 } } as const
      const other: Recorder.Recorded = {
        tag: "Committed",
        at: 0,
        order: { of: "#0", at: 0 },
        ending: Effect.succeed(ending)
      }
      const exit = yield* Effect.exit(
        Recorder.run(
          flow,
          { n: 0 },
          {
            ...rest,
            find,
            record: (site, visit) => (site.key === "#0/1/#0" ? Effect.succeed(other) : rest.record(site, visit))
          }
        )
      )
      const defect = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
      assert.deepInclude(defect, { _tag: "ForeignRecord", key: "#0/1/#0", reason: "has a place that is taken" })
    })
  )
})

describe("runs on a shared store", () => {
  const Sum = Store.make("Sum", { n: Schema.Number })
  class Current extends Context.Service<Current, number>()("Current") {}
  const each = (post: (n: number, store: typeof Sum.Type) => number) =>
    Node.make(Sum, {
      prep: () => Current,
      exec: (n) => Effect.as(Effect.yieldNow, n),
      post: (n) => Sum.next((s) => ({ n: post(n, s) }))
    })

  it.effect("a commit that is new waits for all that were recorded", () =>
    Effect.gen(function* () {
      const flow = Flow.forEach(
        each((n, s) => s.n * 10 + n),
        { params: Current, prep: () => [1, 2], concurrency: 2 }
      )
      const tape = new Tape()
      // The second one had committed when the process ended.
      tape.records.set(
        "#0/1/#0",
        JSON.stringify({
          ending: { _tag: "Committed", action: "default", patch: { n: 2 } },
          order: { of: "#0", at: 0 }
        })
      )
      const recorder = tape.recorder(Infinity)
      const slow: Recorder.Recorder = {
        ...recorder,
        find: (site) => Effect.andThen(site.item === 1 ? Effect.sleep(1000) : Effect.void, recorder.find(site))
      }
      const fiber = yield* Effect.forkChild(Recorder.run(flow, { n: 0 }, slow))
      yield* TestClock.adjust(1000)
      assert.deepStrictEqual((yield* Fiber.join(fiber)).store, { n: 21 })
    })
  )

  it.effect("what they have changed and post has set back is set back", () =>
    Effect.gen(function* () {
      const flow = Flow.forEach(
        each((n) => n),
        { params: Current, prep: () => [1], post: () => Sum.next({ n: 7 }) }
      )
      const tape = new Tape()
      const run = yield* Recorder.run(flow, { n: 7 }, tape.recorder(Infinity))
      assert.deepStrictEqual(run.store, { n: 7 })
      const again = yield* Recorder.run(flow, { n: 7 }, tape.recorder(Infinity))
      assert.deepStrictEqual(again.store, { n: 7 })
    })
  )
})

describe("keys", () => {
  it.effect("name each visit by its path and place in the run", () =>
    Effect.gen(function* () {
      const Log = Store.make("Log", { lines: Schema.Array(Schema.String), n: Schema.Number })
      const write = Node.make(Log, { post: () => Log.next((s) => ({ lines: [...s.lines, "x"] })) })
      const each = Node.batch(Log, {
        prep: () => [1, 2],
        exec: (n) => Effect.as(Effect.yieldNow, n),
        post: (_items, results) => Log.next((s) => ({ n: s.n + results.length }))
      })
      const inner = Flow.sequence(Log, { "a/b": write, "c#d": each })
      const flow = Flow.sequence(Log, {
        first: write,
        both: Flow.all(Log, { left: inner, right: write }),
        call: Flow.call(Log, inner, { prep: (s) => s, post: (_, run) => Log.next({ n: run.store.n }) })
      })
      const tape = new Tape()
      const run = yield* Recorder.run(flow, { lines: [], n: 0 }, tape.recorder(Infinity))
      assert.deepStrictEqual(run, yield* Flow.run(flow, { lines: [], n: 0 }))
      assert.deepStrictEqual(Array.from(tape.records.keys()).toSorted(), [
        "both#1",
        "both#1/left/a~1b#0",
        "both#1/left/c~2d#1",
        "both#1/left/c~2d#1/0",
        "both#1/left/c~2d#1/1",
        "both#1/right/#0",
        "call#5",
        "call/a~1b#3",
        "call/c~2d#4",
        "call/c~2d#4/0",
        "call/c~2d#4/1",
        "first#0"
      ])
    })
  )
})
