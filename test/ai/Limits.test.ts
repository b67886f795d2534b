import { assert, describe, it } from "@effect/vitest"
import * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Tool from "effect/ai/Tool"
import * as Toolkit from "effect/ai/Toolkit"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Persistence from "effect/persistence/Persistence"
import * as RateLimiter from "effect/persistence/RateLimiter"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { Limits, ReplyCache, Retry } from "../../packages/ai/src/index.ts"
import { ScriptedModel } from "../../packages/testing/src/index.ts"

const ask = (prompt: string) => LanguageModel.generateText({ prompt })
const listen = (prompt: string) => LanguageModel.streamText({ prompt })

/** When each call began, in milliseconds. */
const beginnings = Effect.flatMap(ScriptedModel.ScriptedModel, ({ calls }) =>
  Effect.map(calls, (calls) => calls.map(({ at }) => at))
)

/** What an effect gives when time passes as it needs. */
const inTime = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect)
    yield* TestClock.adjust("1 hour")
    return yield* Fiber.join(fiber)
  })

/** A model whose every reply takes a second. */
const slow = ScriptedModel.layer({
  rules: [{ when: /./, reply: ["a", Effect.sleep("500 millis"), "b", Effect.sleep("500 millis")] }]
})
const six = ["1", "2", "3", "4", "5", "6"]

describe("Limits", () => {
  describe("withConcurrency", () => {
    const model = slow.pipe(Limits.withConcurrency(2))

    it.effect.each([
      { name: "calls", call: (prompt: string) => Effect.asVoid(ask(prompt)) },
      { name: "streams", call: (prompt: string) => Stream.runDrain(listen(prompt)) }
    ])("lets so many $name run at once, first come first served", ({ call }) =>
      Effect.gen(function* () {
        yield* inTime(Effect.forEach(six, call, { concurrency: "unbounded" }))
        assert.deepStrictEqual(yield* beginnings, [0, 0, 1000, 1000, 2000, 2000])
        const { calls } = yield* ScriptedModel.ScriptedModel
        assert.deepStrictEqual(
          (yield* calls).map(({ prompt }) => prompt),
          six
        )
      }).pipe(Effect.provide(model))
    )

    it.effect("is shared by all for whom the layer was built once", () =>
      Effect.gen(function* () {
        const flow = Effect.forEach(six.slice(0, 2), ask, { concurrency: "unbounded" })
        yield* inTime(Effect.all([flow, flow], { concurrency: "unbounded" }))
        assert.deepStrictEqual(yield* beginnings, [0, 0, 1000, 1000])
      }).pipe(Effect.provide(model))
    )

    it.effect("gives the place back after a failure, an interruption, and a stream that is given up", () =>
      Effect.gen(function* () {
        const failed = yield* Effect.exit(ask("fail"))
        assert.isTrue(Exit.isFailure(failed))
        const waiting = yield* Effect.forkChild(ask("hang"))
        yield* TestClock.adjust(1)
        const queued = yield* Effect.forkChild(ask("never begins"))
        yield* TestClock.adjust(1)
        yield* Fiber.interrupt(queued)
        yield* Fiber.interrupt(waiting)
        yield* Stream.runHead(listen("word by word"))
        assert.strictEqual((yield* ask("at last")).text, "ok")
        const { calls } = yield* ScriptedModel.ScriptedModel
        assert.deepStrictEqual(
          (yield* calls).map(({ prompt }) => prompt),
          ["fail", "hang", "word by word", "at last"]
        )
      }).pipe(
        Effect.provide(
          ScriptedModel.layer({
            rules: [
              { when: /hang/, reply: Effect.never },
              { when: /./, reply: "ok" }
            ],
            faults: { 0: Effect.die("broken") }
          }).pipe(Limits.withConcurrency(1))
        )
      )
    )

    it.effect("does not count while a tool runs, so that a tool may ask, too", () =>
      Effect.gen(function* () {
        const toolkit = Toolkit.make(Tool.make("Ask", { success: Schema.String }))
        const handlers = toolkit.toLayer(
          Effect.gen(function* () {
            const model = yield* LanguageModel.LanguageModel
            return { Ask: () => Effect.orDie(Effect.map(model.generateText({ prompt: "inner" }), ({ text }) => text)) }
          })
        )
        const limited = ScriptedModel.layer({
          rules: [
            { when: /inner/, reply: "yes" },
            { when: /outer/, reply: [{ type: "tool-call", name: "Ask", params: {} }] }
          ]
        }).pipe(Limits.withConcurrency(1))
        const { toolResults } = yield* LanguageModel.generateText({ prompt: "outer", toolkit }).pipe(
          Effect.provide(Layer.provideMerge(handlers, limited))
        )
        assert.strictEqual(toolResults[0]?.result, "yes")
      })
    )

    it("needs at least one", () => {
      const message = "Limits.withConcurrency: permits must be at least 1, and is"
      assert.throws(() => Limits.withConcurrency(0), `${message} 0`)
      assert.throws(() => Limits.withConcurrency(NaN), `${message} NaN`)
    })
  })

  describe("withRateLimit", () => {
    const limited = (script: ScriptedModel.Script, options: Partial<Parameters<typeof Limits.withRateLimit>[0]>) =>
      ScriptedModel.layer(script).pipe(
        Limits.withRateLimit({ key: "test", ...options }),
        Layer.provide(RateLimiter.layer),
        Layer.provide(RateLimiter.layerStoreMemory)
      )
    const always = (reply: ScriptedModel.Reply): ScriptedModel.Script => ({ rules: [{ when: /[^]*/, reply }] })

    it.effect("lets so many requests pass, then one after the other", () =>
      Effect.gen(function* () {
        yield* inTime(Effect.forEach(six, ask, { concurrency: "unbounded" }))
        assert.deepStrictEqual(yield* beginnings, [0, 0, 0, 20_000, 40_000, 60_000])
      }).pipe(Effect.provide(limited(always("ok"), { requests: 3 })))
    )

    it.effect("counts streams", () =>
      Effect.gen(function* () {
        yield* inTime(Effect.forEach(six.slice(0, 3), (prompt) => Stream.runDrain(listen(prompt))))
        assert.deepStrictEqual(yield* beginnings, [0, 500, 1000])
      }).pipe(Effect.provide(limited(always("ok"), { requests: 1, window: "500 millis" })))
    )

    it.effect("takes the tokens of the prompt before, and those of the reply after", () =>
      Effect.gen(function* () {
        const prompt = "x".repeat(40) // 10 tokens
        yield* inTime(Effect.forEach([prompt, prompt, prompt], ask))
        // 100 a second: 10 + 90 are there, then 10 ms for each token.
        assert.deepStrictEqual(yield* beginnings, [0, 100, 1100])
      }).pipe(
        Effect.provide(
          limited(
            always([
              { type: "finish", reason: "stop", usage: { inputTokens: { total: 30 }, outputTokens: { total: 70 } } }
            ]),
            { tokens: 100, window: "1 second" }
          )
        )
      )
    )

    it.effect("counts the characters of a reply that reports no tokens", () =>
      Effect.gen(function* () {
        const prompt = "x".repeat(40)
        yield* inTime(Effect.forEach([prompt, prompt], (prompt) => Stream.runDrain(listen(prompt))))
        assert.deepStrictEqual(yield* beginnings, [0, 1000])
      }).pipe(Effect.provide(limited(always("x".repeat(400)), { tokens: 20, window: "200 millis" })))
    )

    it.effect("takes the rest of a request afterwards that is larger than the limit", () =>
      Effect.gen(function* () {
        yield* inTime(Effect.forEach(["x".repeat(396), "x", "x"], ask))
        // 99 tokens, of which 10 are there, and 1 of the reply; then 1 and 1.
        assert.deepStrictEqual(yield* beginnings, [0, 9_100, 9_300])
      }).pipe(Effect.provide(limited(always("ok"), { tokens: 10, window: "1 second" })))
    )

    it.effect("lets nobody pass who came later and needs less", () =>
      Effect.gen(function* () {
        const prompts = ["x".repeat(40), "y".repeat(40), "z"]
        yield* inTime(Effect.forEach(prompts, ask, { concurrency: "unbounded" }))
        const { calls } = yield* ScriptedModel.ScriptedModel
        assert.deepStrictEqual(
          (yield* calls).map(({ prompt }) => prompt),
          prompts
        )
      }).pipe(Effect.provide(limited(always("ok"), { tokens: 10, window: "1 second" })))
    )

    it.effect("takes nothing from who gives up", () =>
      Effect.gen(function* () {
        yield* ask("passes")
        for (let i = 0; i < 5; i++) {
          const waiting = yield* Effect.forkChild(ask("gives up"))
          const behind = yield* Effect.forkChild(ask("gives up, too"))
          yield* TestClock.adjust("1 second")
          yield* Fiber.interruptAll([behind, waiting])
        }
        yield* inTime(ask("waits"))
        assert.deepStrictEqual(yield* beginnings, [0, 60_000])
      }).pipe(Effect.provide(limited(always("ok"), { requests: 1, tokens: 1000 })))
    )

    it.effect("fails a call when its store fails, and loses no reply to it", () => {
      let works = true
      const error = new RateLimiter.RateLimiterError({
        reason: new RateLimiter.RateLimitStoreError({ message: "the store is gone" })
      })
      const limiter = Layer.succeed(RateLimiter.RateLimiter, {
        consume: () => (works ? Effect.succeed({ delay: Duration.zero } as any) : Effect.fail(error))
      } as any)
      return Effect.gen(function* () {
        assert.strictEqual((yield* ask("?")).text, "ok")
        works = false
        const failure = yield* Effect.flip(ask("?"))
        assert.strictEqual(failure.message, "Limits.withRateLimit: the store is gone")
        const { calls } = yield* ScriptedModel.ScriptedModel
        assert.strictEqual((yield* calls).length, 1)
      }).pipe(
        Effect.provide(
          ScriptedModel.layer(always(Effect.sync(() => ((works = false), "ok")))).pipe(
            Limits.withRateLimit({ key: "test", tokens: 10 }),
            Layer.provide(limiter)
          )
        )
      )
    })

    it("needs a limit, of at least one", () => {
      const limit = (options: Partial<Parameters<typeof Limits.withRateLimit>[0]>) => () =>
        Limits.withRateLimit({ key: "k", ...options })
      assert.throws(limit({ requests: 0 }), "Limits.withRateLimit: requests must be at least 1, and is 0")
      assert.throws(limit({ tokens: -5 }), "Limits.withRateLimit: tokens must be at least 1, and is -5")
      assert.throws(limit({ requests: 1, window: 0 }), "Limits.withRateLimit: window must be at least 1, and is 0")
      assert.throws(limit({}), "Limits.withRateLimit: requests or tokens must be given")
    })
  })

  describe("are those of the requests that are made, in whatever order they are put around a model", () => {
    const busyOnce: ScriptedModel.Script = {
      rules: [{ when: /./, reply: "ok" }],
      faults: { 0: new AiError.RateLimitError({}) }
    }
    const limiter = Layer.provideMerge(RateLimiter.layer, RateLimiter.layerStoreMemory)
    const rate = Limits.withRateLimit({ key: "test", requests: 1 })

    it.effect.each([
      { order: "retry first", layer: ScriptedModel.layer(busyOnce).pipe(Retry.withRetry(), rate) },
      { order: "rate limit first", layer: ScriptedModel.layer(busyOnce).pipe(rate, Retry.withRetry()) }
    ])("each retry waits for the rate limit ($order)", ({ layer }) =>
      Effect.gen(function* () {
        yield* inTime(ask("?"))
        assert.deepStrictEqual(yield* beginnings, [0, 60_000])
      }).pipe(Effect.provide(Layer.provide(layer, limiter)))
    )

    const one = Limits.withConcurrency(1)
    it.effect.each([
      { order: "retry first", layer: ScriptedModel.layer(busyOnce).pipe(Retry.withRetry({ delay: "1 hour" }), one) },
      { order: "limit first", layer: ScriptedModel.layer(busyOnce).pipe(one, Retry.withRetry({ delay: "1 hour" })) }
    ])("who waits to ask again holds up nobody ($order)", ({ layer }) =>
      Effect.gen(function* () {
        const retrying = yield* Effect.forkChild(ask("busy"))
        yield* TestClock.adjust(1)
        assert.strictEqual((yield* ask("other")).text, "ok")
        yield* Fiber.interrupt(retrying)
      }).pipe(Effect.provide(layer))
    )

    const cache = ReplyCache.withCache({ name: "test" })
    const model = ScriptedModel.layer({ rules: [{ when: /./, reply: "ok" }] })
    it.effect.each([
      { order: "cache first", layer: model.pipe(cache, Retry.withRetry(), rate) },
      { order: "rate limit first", layer: model.pipe(rate, cache) }
    ])("who has the reply does not wait ($order)", ({ layer }) =>
      Effect.gen(function* () {
        yield* Effect.forEach([1, 2, 3], () => ask("?"))
        assert.deepStrictEqual(yield* beginnings, [0])
      }).pipe(Effect.provide(Layer.provide(layer, [limiter, Persistence.layerMemory])))
    )
  })
})
