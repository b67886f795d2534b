import { assert, describe, it } from "@effect/vitest"
import { Effect, Ref, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import { failure } from "../../core/support.ts"
import { moment, timed } from "../support.ts"

const Result = Schema.Struct({ attempts: Schema.Number, result: Schema.String })
const Results = Store.make("Results", {
  results: Schema.Array(Result),
  final: Schema.optionalKey(Schema.Union([Schema.String, Schema.Array(Result)]))
})

const nothing = { results: [] }

/** A node that always fails or never does, with a fallback; leaves its result and how many attempts it took. */
const attempt = (
  exec: Effect.Effect<string, string>,
  maxRetries: number,
  fallback: Effect.Effect<string> = Effect.succeed("fallback")
) => {
  let attempts = 0
  return Node.make(Results, {
    exec: () => {
      attempts++
      return exec
    },
    post: (_s, result) => Results.next((s) => ({ results: [...s.results, { attempts, result }] }))
  }).pipe(
    // PocketFlow's max_retries counts attempts.
    Node.retry({ times: maxRetries - 1 }),
    Node.fallback(() => fallback)
  )
}

/** A run of one such node that ended with `result` after so many attempts. */
const ended = (attempts: number, result: string) => ({
  outcome: "default" as const,
  store: { results: [{ attempts, result }] },
  steps: 1
})

/** Without a fallback the run fails with the error of exec, and nothing is committed. */
const withoutFallback = (error: Error, work: Effect.Effect<void>) =>
  Effect.gen(function* () {
    const ref = yield* Ref.make<typeof Results.Type>(nothing)
    const node = Node.make(Results, {
      exec: () => Effect.andThen(work, Effect.fail(error)),
      post: () => Results.next({ final: "post" })
    })
    assert.deepStrictEqual(yield* failure(Flow.runRef(node, ref)), {
      reasons: [{ fail: error }],
      site: { path: [], phase: "exec", attempt: 0, item: undefined }
    })
    assert.deepStrictEqual(yield* Ref.get(ref), nothing)
  })

describe("TestExecFallback", () => {
  const succeeds = Effect.succeed("success")
  const fails = Effect.fail("intended")

  it.effect("test_successful_execution [R1 R18]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Flow.run(attempt(succeeds, 1), nothing), ended(1, "success"))
    })
  )

  it.effect("test_fallback_after_failure [R16 R18]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Flow.run(attempt(fails, 2), nothing), ended(2, "fallback"))
    })
  )

  it.effect("test_fallback_in_flow [R7 R18]", () =>
    Effect.gen(function* () {
      const flow = Flow.sequence(Results, {
        attempt: attempt(fails, 1),
        finish: Node.make(Results, { prep: (s) => s.results, post: (final) => Results.next({ final }) })
      })
      const results = [{ attempts: 1, result: "fallback" }]
      assert.deepStrictEqual(yield* Flow.run(flow, nothing), {
        outcome: "default",
        store: { results, final: results },
        steps: 2
      })
    })
  )

  it.effect("test_no_fallback_implementation [R18 R29]", () => withoutFallback(new Error("of exec"), Effect.void))

  it.effect("test_retry_before_fallback [R16 R18]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Flow.run(attempt(fails, 3), nothing), ended(3, "fallback"))
    })
  )
})

describe("TestAsyncExecFallback", () => {
  const succeeds = Effect.as(moment, "success")
  const fails = Effect.andThen(moment, Effect.fail("intended"))
  const fallback = Effect.as(moment, "async_fallback")

  it.effect("test_async_successful_execution [R1 R18 R26]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* timed(Flow.run(attempt(succeeds, 1, fallback), nothing)), {
        value: ended(1, "success"),
        millis: 10
      })
    })
  )

  it.effect("test_async_fallback_after_failure [R16 R18 R26]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* timed(Flow.run(attempt(fails, 2, fallback), nothing)), {
        value: ended(2, "async_fallback"),
        millis: 30
      })
    })
  )

  it.effect("test_async_fallback_in_flow [R7 R18 R26]", () =>
    Effect.gen(function* () {
      const flow = Flow.sequence(Results, {
        attempt: attempt(fails, 1, fallback),
        finish: Node.make(Results, {
          prep: (s) => Effect.as(moment, s.results.at(-1)!.result),
          post: (final) => Effect.as(moment, Results.to("done", { final }))
        })
      })
      assert.deepStrictEqual(yield* timed(Flow.run(flow, nothing)), {
        value: {
          outcome: "done",
          store: { results: [{ attempts: 1, result: "async_fallback" }], final: "async_fallback" },
          steps: 2
        },
        millis: 40
      })
    })
  )

  it.effect("test_async_no_fallback_implementation [R18 R26 R29]", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* timed(withoutFallback(new Error("of exec"), moment))).millis, 10)
    })
  )

  it.effect("test_async_retry_before_fallback [R16 R18 R26]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* timed(Flow.run(attempt(fails, 3, fallback), nothing)), {
        value: ended(3, "async_fallback"),
        millis: 40
      })
    })
  )
})
