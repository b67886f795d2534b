import { assert, describe, it } from "@effect/vitest"
import * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Tool from "effect/ai/Tool"
import * as Toolkit from "effect/ai/Toolkit"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { Flow, Node, Store } from "../../packages/core/src/index.ts"
import { Retry } from "../../packages/ai/src/index.ts"
import { ScriptedModel } from "../../packages/testing/src/index.ts"

const failure = (reason: AiError.AiErrorReason) => AiError.make({ module: "Test", method: "test", reason })
const busy = (retryAfter?: Duration.Input) =>
  new AiError.RateLimitError(retryAfter === undefined ? {} : { retryAfter: Duration.fromInputUnsafe(retryAfter) })
const broken = new AiError.InternalProviderError({ description: "broken" })
const wrongKey = new AiError.AuthenticationError({ kind: "InvalidKey" })

/** A jitter of 1: the number in the middle. */
const evenly = Effect.provideService(Random.Random, { nextIntUnsafe: () => 0, nextDoubleUnsafe: () => 0.5 })

/** What an effect ends with when time passes as it needs, and when it did, in milliseconds. */
const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(
      Effect.all([Effect.result(effect), Effect.clockWith((clock) => clock.currentTimeMillis)])
    )
    yield* TestClock.adjust("1 day")
    return yield* Fiber.join(fiber)
  }).pipe(evenly)

/** When each of the attempts at something that fails like this was made. */
const attempts = (errors: ReadonlyArray<unknown>, options?: Retry.Options) =>
  Effect.gen(function* () {
    const at: Array<number> = []
    const start = yield* Clock.currentTimeMillis
    const attempt = Effect.clockWith((clock) =>
      Effect.suspend(() => {
        const error = errors[at.push(clock.currentTimeMillisUnsafe() - start) - 1]
        return error === undefined ? Effect.succeed("done") : Effect.fail(error)
      })
    )
    const [result] = yield* timed(Effect.retry(attempt, Retry.schedule(options)))
    return { at, end: result._tag === "Success" ? result.success : result.failure }
  })

describe("Retry", () => {
  describe("isTransient", () => {
    it.each<readonly [string, unknown, boolean]>([
      ["a rate limit", failure(busy()), true],
      ["a server in trouble", failure(broken), true],
      ["a timeout", new Cause.TimeoutError(), true],
      ["an answer that is cut off", failure(new AiError.InvalidOutputError({ description: "" })), true],
      ["a spent quota", failure(new AiError.QuotaExhaustedError({})), false],
      ["a wrong key", failure(wrongKey), false],
      ["a refusal", failure(new AiError.ContentPolicyError({ description: "" })), false],
      ["another error", new Error("oh"), false],
      ["nothing", undefined, false]
    ])("%s: %s", (_, error, expected) => {
      assert.strictEqual(Retry.isTransient(error), expected)
    })
  })

  describe("schedule", () => {
    const passing = failure(broken)

    it.effect("waits twice as long each time, up to the longest wait", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(
          yield* attempts([passing, passing, passing, passing], { times: 4, maxDelay: "3 seconds" }),
          {
            at: [0, 500, 1500, 3500, 6500],
            end: "done"
          }
        )
      })
    )

    it.effect("makes two more attempts by default, and ends with the last error", () =>
      Effect.gen(function* () {
        const last = failure(busy())
        assert.deepStrictEqual(yield* attempts([passing, passing, last]), { at: [0, 500, 1500], end: last })
      })
    )

    it.effect("makes none for zero times", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* attempts([passing], { times: 0 }), { at: [0], end: passing })
      })
    )

    it.effect("stops at an error that stays", () =>
      Effect.gen(function* () {
        const end = failure(wrongKey)
        assert.deepStrictEqual(yield* attempts([passing, end]), { at: [0, 500], end })
      })
    )

    it.effect.each<readonly [Duration.Input, number]>([
      ["0 millis", 500],
      ["200 millis", 500],
      ["7 seconds", 7000],
      ["1 minute", 60_000]
    ])("waits for a server that asks for %s", ([asked, wait]) =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* attempts([failure(busy(asked))]), { at: [0, wait], end: "done" })
      })
    )

    it.effect("gives up on a server that asks for more than the longest wait", () =>
      Effect.gen(function* () {
        const end = failure(busy("61 seconds"))
        assert.deepStrictEqual(yield* attempts([end]), { at: [0], end })
      })
    )

    it.effect("waits for a server in trouble that asks for it", () =>
      Effect.gen(function* () {
        const troubled = (headers: Readonly<Record<string, string>>) =>
          failure(new AiError.InternalProviderError({ description: "", http: { response: { status: 503, headers } } }))
        assert.deepStrictEqual(
          yield* attempts([troubled({ "retry-after": "9" }), troubled({ "retry-after": "soon" })]),
          { at: [0, 9000, 10_000], end: "done" }
        )
        const end = troubled({ "retry-after": "61" })
        assert.deepStrictEqual(yield* attempts([end]), { at: [0], end })
      })
    )

    it.effect("asks again after what it is told to", () =>
      Effect.gen(function* () {
        const again = { while: (error: unknown) => error === "odd" }
        assert.deepStrictEqual(yield* attempts(["odd"], again), { at: [0, 500], end: "done" })
        assert.deepStrictEqual(yield* attempts([passing], again), { at: [0], end: passing })
      })
    )

    it.effect("spreads the waits by a fifth, and never below what the server asks for", () =>
      Effect.gen(function* () {
        const wait = (error: AiError.AiError) =>
          Effect.gen(function* () {
            const fiber = yield* Effect.forkChild(
              Effect.gen(function* () {
                let failed = false
                yield* Effect.retry(
                  Effect.suspend(() => (failed ? Effect.void : ((failed = true), Effect.fail(error)))),
                  Retry.schedule({ delay: "1 second" })
                )
                return yield* Effect.clockWith((clock) => clock.currentTimeMillis)
              })
            )
            const before = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
            yield* TestClock.adjust("2 seconds")
            return (yield* Fiber.join(fiber)) - before
          })
        const free: Array<number> = []
        const bound: Array<number> = []
        for (let i = 0; i < 50; i++) {
          free.push(yield* wait(passing))
          bound.push(yield* wait(failure(busy("1 second"))))
        }
        assert.isTrue(free.every((millis) => millis >= 800 && millis <= 1200))
        assert.isTrue(Math.min(...free) < 900 && Math.max(...free) > 1100)
        assert.isTrue(bound.every((millis) => millis >= 1000 && millis <= 1200))
      }).pipe(Random.withSeed(1))
    )

    it.effect("is a policy of a node", () =>
      Effect.gen(function* () {
        const Qa = Store.make("Qa", { answer: Schema.String })
        const answer = Node.make(Qa, {
          exec: () =>
            Effect.all([Node.Attempt, Effect.map(LanguageModel.generateText({ prompt: "?" }), ({ text }) => text)]),
          post: (_, [attempt, text]) => Qa.next({ answer: `${text} ${attempt}` })
        }).pipe(Node.retry(Retry.schedule()))
        const [result, at] = yield* timed(Flow.run(answer, { answer: "" }))
        assert.deepStrictEqual([result._tag === "Success" && result.success.store, at], [{ answer: "ok 1" }, 2000])
      }).pipe(Effect.provide(ScriptedModel.layer({ replies: ["ok"], faults: { 0: busy("2 seconds") } })))
    )
  })

  describe("withRetry", () => {
    const model = (script: ScriptedModel.Script, options?: Retry.Options<AiError.AiError>) =>
      ScriptedModel.layer(script).pipe(Retry.withRetry(options))
    const beginnings = Effect.flatMap(ScriptedModel.ScriptedModel, ({ calls }) =>
      Effect.map(calls, (calls) => calls.map(({ at }) => at))
    )

    it.effect("asks again below the service", () =>
      Effect.gen(function* () {
        const [result] = yield* timed(LanguageModel.generateText({ prompt: "?" }))
        assert.strictEqual(result._tag === "Success" && result.success.text, "ok")
        assert.deepStrictEqual(yield* beginnings, [0, 500, 5500])
      }).pipe(Effect.provide(model({ replies: ["ok"], faults: { 0: broken, 1: busy("5 seconds") } })))
    )

    it.effect("asks once for what stays", () =>
      Effect.gen(function* () {
        const [result] = yield* timed(LanguageModel.generateText({ prompt: "?" }))
        assert.strictEqual(result._tag === "Failure" && result.failure.reason._tag, "AuthenticationError")
        assert.deepStrictEqual(yield* beginnings, [0])
      }).pipe(Effect.provide(model({ faults: { 0: wrongKey } })))
    )

    it.effect("does not run a tool again", () => {
      let ran = 0
      const toolkit = Toolkit.make(Tool.make("Fail", { failure: AiError.AiError }))
      const handlers = toolkit.toLayer({
        Fail: () => Effect.suspend(() => (ran++, Effect.fail(failure(broken))))
      })
      return Effect.gen(function* () {
        const [result] = yield* timed(LanguageModel.generateText({ prompt: "?", toolkit }))
        assert.strictEqual(result._tag, "Failure")
        assert.strictEqual(ran, 1)
        assert.deepStrictEqual(yield* beginnings, [0])
      }).pipe(Effect.provide([model({ replies: [[{ type: "tool-call", name: "Fail", params: {} }]] }), handlers]))
    })

    const metadata = { type: "response-metadata", id: "1", modelId: "m", timestamp: undefined } as const
    const heard = Stream.runFold(
      LanguageModel.streamText({ prompt: "?" }),
      () => "",
      (text, part) => (part.type === "text-delta" ? text + part.delta : text)
    )

    it.effect("repeats a stream that has not begun", () =>
      Effect.gen(function* () {
        const [result] = yield* timed(heard)
        assert.strictEqual(result._tag === "Success" && result.success, "all of it")
        assert.deepStrictEqual(yield* beginnings, [0, 500, 1500])
      }).pipe(
        Effect.provide(
          model({
            replies: [
              [{ type: "response-metadata", id: "1", modelId: "m", timestamp: undefined }, broken],
              "all of it"
            ],
            faults: { 0: broken }
          })
        )
      )
    )

    it.effect("ends when a stream never begins", () =>
      Effect.gen(function* () {
        const [result] = yield* timed(heard)
        assert.strictEqual(result._tag === "Failure" && result.failure.reason, broken)
        assert.deepStrictEqual(yield* beginnings, [0, 500, 1500])
      }).pipe(Effect.provide(model({ rules: [{ when: /./, reply: [metadata, broken] }] })))
    )

    it.effect("asks again after what it is told to", () =>
      Effect.gen(function* () {
        const [result] = yield* timed(heard)
        assert.strictEqual(result._tag === "Success" && result.success, "all of it")
        assert.deepStrictEqual(yield* beginnings, [0, 500])
      }).pipe(
        Effect.provide(
          model(
            { replies: ["all of it"], faults: { 0: wrongKey } },
            { while: ({ reason }: AiError.AiError) => reason._tag === "AuthenticationError" }
          )
        )
      )
    )

    it.effect("passes on the failure of a stream that has begun", () =>
      Effect.gen(function* () {
        const [result] = yield* timed(heard)
        assert.strictEqual(result._tag === "Failure" && result.failure.reason, broken)
        assert.deepStrictEqual(yield* beginnings, [0])
      }).pipe(Effect.provide(model({ replies: [["some", broken], "all of it"] })))
    )
  })
})
