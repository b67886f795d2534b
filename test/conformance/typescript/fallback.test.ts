import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import { failure } from "../../core/support.ts"
import { maxRetries, succeedOn, timed } from "./support.ts"
import type { Failed } from "./support.ts"

const Entries = Schema.Array(Schema.Struct({ attempts: Schema.Number, result: Schema.String }))

const Report = Store.make("Report", { results: Entries, final: Schema.optionalKey(Entries) })

/** Reports the attempt that succeeded, which is the `n`th. */
const succeeding = (n: number) =>
  Node.make(Report, {
    exec: () => Effect.map(succeedOn(n), (attempts) => ({ attempts, result: "success" })),
    post: (_s, entry) => Report.next((s) => ({ results: [...s.results, entry] }))
  })

const failing = succeeding(Infinity)

/** A fallback that takes a while, and reports the attempt that was the last. */
const reportFailure = ({ attempt }: Failed) =>
  Effect.delay(Effect.succeed({ attempts: attempt, result: "fallback" }), 5)

const collect = Node.make(Report, { prep: (s) => s.results, post: (final) => Report.next({ final }) })

const run = <E>(step: Flow.Step<typeof Report, "default", E>) => timed(Flow.run(step, { results: [] }))

describe("Fallback Functionality Tests with Node", () => {
  it.effect("successful execution [R18]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* run(succeeding(1).pipe(Node.fallback(reportFailure))), {
        took: 0,
        outcome: "default",
        store: { results: [{ attempts: 1, result: "success" }] },
        steps: 1
      })
    })
  )

  it.effect("fallback after failure [R16 R18]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* run(failing.pipe(Node.retry(maxRetries(2)), Node.fallback(reportFailure))), {
        took: 5,
        outcome: "default",
        store: { results: [{ attempts: 2, result: "fallback" }] },
        steps: 1
      })
    })
  )

  it.effect("fallback in flow [R7 R18]", () =>
    Effect.gen(function* () {
      const flow = Flow.sequence(Report, { failing: failing.pipe(Node.fallback(reportFailure)), collect })
      const entries = [{ attempts: 1, result: "fallback" }]
      assert.deepStrictEqual(yield* run(flow), {
        took: 5,
        outcome: "default",
        store: { results: entries, final: entries },
        steps: 2
      })
    })
  )

  it.effect("no fallback implementation [R18]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* failure(run(failing)), {
        reasons: [{ fail: { attempt: 1 } }],
        site: { path: [], phase: "exec", attempt: 0, item: undefined }
      })
    })
  )

  it.effect("retry before fallback [R16 R18]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* run(failing.pipe(Node.retry(maxRetries(3, 10)), Node.fallback(reportFailure))), {
        took: 10 + 10 + 5,
        outcome: "default",
        store: { results: [{ attempts: 3, result: "fallback" }] },
        steps: 1
      })
    })
  )

  it.effect("eventual success after retries [R16]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* run(succeeding(2).pipe(Node.retry(maxRetries(3, 10)))), {
        took: 10,
        outcome: "default",
        store: { results: [{ attempts: 2, result: "success" }] },
        steps: 1
      })
    })
  )

  it.effect("custom error handling based on error type [R18]", () =>
    Effect.gen(function* () {
      const handled = { network: "offline", timeout: "too slow", other: "broken" }
      for (const [kind, result] of Object.entries(handled)) {
        const node = Node.make(Report, {
          exec: (): Effect.Effect<string, keyof typeof handled> => Effect.fail(kind as keyof typeof handled),
          post: (_s, result) => Report.next({ results: [{ attempts: 1, result }] })
        }).pipe(Node.fallback((error) => Effect.succeed(handled[error])))
        assert.deepStrictEqual(yield* run(node), {
          took: 0,
          outcome: "default",
          store: { results: [{ attempts: 1, result }] },
          steps: 1
        })
      }
    })
  )

  it.effect("flow with mixed retry patterns [R7 R16 R18]", () =>
    Effect.gen(function* () {
      const flow = Flow.sequence(Report, {
        once: failing.pipe(Node.fallback(reportFailure)),
        twice: succeeding(1).pipe(Node.retry(maxRetries(2, 10)), Node.fallback(reportFailure)),
        thrice: succeeding(2).pipe(Node.retry(maxRetries(3, 10))),
        collect
      })
      const entries = [
        { attempts: 1, result: "fallback" },
        { attempts: 1, result: "success" },
        { attempts: 2, result: "success" }
      ]
      assert.deepStrictEqual(yield* run(flow), {
        took: 5 + 10,
        outcome: "default",
        store: { results: entries, final: entries },
        steps: 4
      })
    })
  )
})
