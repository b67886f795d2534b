/**
 * Failures inside of something that goes on: what was made of them stays, over restarts.
 */
import { assert, describe, it } from "@effect/vitest"
import { Durable } from "@effect-pocketflow/durable"
import { Effect, Layer, Result, Schema } from "effect"
import { Flow, Node } from "effect-pocketflow"
import { embedded, file, Log, when } from "./support.ts"

class Flaky extends Schema.TaggedError<Flaky>()("Flaky", { attempt: Schema.Int }) {}

const add = (line: string) => Log.next((s: typeof Log.Type) => ({ lines: [...s.lines, line] }))

/** Fails the first time, and would not a second time. */
const flaky = () => {
  let attempts = 0
  const node = Node.make(Log, {
    exec: () =>
      Effect.suspend(() => (++attempts === 1 ? Effect.fail(new Flaky({ attempt: attempts })) : Effect.succeed("fine"))),
    post: (_s, line) => add(line)
  })
  return { node, attempts: () => attempts }
}

const answer = Durable.signal("answer", Schema.String)
const wait = Durable.approval(Log, { signal: answer, post: (line) => add(line) })
const inner = Node.make(Log, { post: () => add("after") })

/** Runs it until it waits; then again, in another process as it were, to the end. */
const overRestart = (flow: Flow.Step<typeof Log, any, any, Durable.Waits>) =>
  Effect.gen(function* () {
    const filename = file()
    const workflow = Durable.workflow(flow, {
      name: "failures",
      version: "1",
      idempotencyKey: () => "k",
      error: Flaky
    })
    const worker = () => workflow.layer.pipe(Layer.provideMerge(embedded(filename)))
    const run = yield* Effect.gen(function* () {
      const run = yield* workflow.start({ lines: [], n: 0 })
      yield* when(Effect.map(workflow.poll(run), ({ _tag }) => _tag === "Suspended"))
      return run
    }).pipe(Effect.provide(worker()))
    return yield* Effect.gen(function* () {
      for (const { token } of yield* Durable.waiting(workflow, run)) yield* answer.answer(token, "answered")
      const ended = yield* workflow.result(run)
      const steps = yield* Durable.steps(workflow, run)
      const replayed = yield* Durable.storeAfter(workflow, run, steps.at(-1)!.index)
      return { ended, steps, replayed }
    }).pipe(Effect.provide(worker()))
  })

describe("in a branch of all, a failure", () => {
  it.live("that an error edge has taken is not tried again", () =>
    Effect.gen(function* () {
      const { attempts, node } = flaky()
      const left = Flow.sequence(Log, {
        try: node.pipe(Flow.catch(({ attempt }) => add(`failed ${attempt}`))),
        inner
      })
      const { ended, replayed, steps } = yield* overRestart(
        Flow.sequence(Log, { both: Flow.all(Log, { left, right: wait }), inner })
      )
      assert.deepStrictEqual(ended.store.lines, ["failed 1", "after", "answered", "after"])
      assert.deepStrictEqual(replayed, ended.store)
      assert.strictEqual(attempts(), 1)
      assert.deepInclude(steps[0], { name: "both#0/left/try#0", kind: "error", action: undefined })
    })
  )

  it.live("that a map has kept is not tried again, nor asked for", () =>
    Effect.gen(function* () {
      const { attempts, node } = flaky()
      const each = Flow.map(Log, node, {
        prep: () => [{ lines: [], n: 0 }],
        mode: "result",
        post: (_inputs, runs) => add(runs.map((run) => (Result.isFailure(run) ? "kept" : "made")).join())
      })
      const { ended, replayed } = yield* overRestart(Flow.sequence(Log, { both: Flow.all(Log, { each, wait }) }))
      assert.deepStrictEqual(ended.store.lines, ["kept", "answered"])
      assert.deepStrictEqual(replayed, ended.store)
      assert.strictEqual(attempts(), 1)
    })
  )
})

describe("in a map whose other runs wait, a failure", () => {
  it.live("that is kept as a result is not tried again", () =>
    Effect.gen(function* () {
      const { attempts, node } = flaky()
      const either = Flow.make(Log, {
        start: "which",
        nodes: {
          which: Node.make(Log, { post: (s) => (s.n === 0 ? Log.to("try") : Log.to("wait")) }),
          try: node,
          wait
        },
        edges: { which: { try: "try", wait: "wait" } }
      })
      const each = Flow.map(Log, either, {
        prep: () => [0, 1, 2].map((n) => ({ lines: [], n })),
        mode: "result",
        concurrency: 3,
        post: (_inputs, runs) =>
          Log.next({
            lines: runs.map(
              Result.match({
                onFailure: (error) => `${error._tag} ${error.attempt}`,
                onSuccess: ({ store }) => store.lines.join()
              })
            )
          })
      })
      const { ended, replayed } = yield* overRestart(Flow.sequence(Log, { each }))
      assert.deepStrictEqual(ended.store.lines, ["Flaky 1", "answered", "answered"])
      assert.deepStrictEqual(replayed, ended.store)
      assert.strictEqual(attempts(), 1)
    })
  )
})

describe("a failure that is to stay but cannot be recorded", () => {
  it.live("is an error that names the node", () =>
    Effect.gen(function* () {
      class Opaque extends Error {
        readonly _tag = "Opaque"
      }
      const left = Node.make(Log, { exec: () => Effect.fail(new Opaque()), post: () => Log.next() }).pipe(
        Flow.catch(() => add("failed"))
      )
      const workflow = Durable.workflow(Flow.sequence(Log, { both: Flow.all(Log, { left, inner }) }), {
        name: "opaque",
        version: "1",
        idempotencyKey: () => "k"
      })
      const error = yield* Effect.flip(workflow.execute({ lines: [], n: 0 })).pipe(
        Effect.provide(workflow.layer.pipe(Layer.provideMerge(Durable.memory)))
      )
      assert.deepInclude(error, { _tag: "NotRecordable", path: ["both", "left"] })
    })
  )
})
