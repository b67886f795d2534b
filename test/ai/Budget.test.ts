import { assert, describe, it } from "@effect/vitest"
import * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Persistence from "effect/persistence/Persistence"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { Budget, ReplyCache, Retry } from "../../packages/ai/src/index.ts"
import { Flow, Node, Store } from "../../packages/core/src/index.ts"
import { ScriptedModel } from "../../packages/testing/src/index.ts"

const ask = LanguageModel.generateText({ prompt: "12345678" })
const listen = Stream.runDrain(LanguageModel.streamText({ prompt: "12345678" }))

const costs = (input: number, output: number): ScriptedModel.Piece => ({
  type: "finish",
  reason: "stop",
  usage: { inputTokens: { total: input }, outputTokens: { total: output } }
})
const always = (reply: ScriptedModel.Reply) => ScriptedModel.layer({ rules: [{ when: /./, reply }] })

const callsMade = Effect.flatMap(ScriptedModel.ScriptedModel, ({ calls }) => Effect.map(calls, ({ length }) => length))

describe("Budget.within", () => {
  it.effect("gives what the effect gives, where the budget is enough", () =>
    Effect.gen(function* () {
      const replies = yield* Effect.all([ask, ask]).pipe(Budget.within({ calls: 2, tokens: 10, duration: "1 second" }))
      assert.deepStrictEqual(
        replies.map(({ text }) => text),
        ["ok", "ok"]
      )
    }).pipe(Effect.provide(always(["ok", costs(4, 1)])))
  )

  it.effect("keeps the failure of the effect", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Budget.within(Effect.fail("mine"), { calls: 0 }))
      assert.strictEqual(error, "mine")
    }).pipe(Effect.provide(always("ok")))
  )

  it.effect.each([
    { name: "calls", call: Effect.asVoid(ask) },
    { name: "streams", call: listen }
  ])("does not make one of the $name too many", ({ call }) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Budget.within(Effect.forever(call), { calls: 3 }))
      assert.deepStrictEqual(error, new Budget.BudgetExceeded({ limit: "calls", allowed: 3, calls: 3, tokens: 15 }))
      assert.strictEqual(error.message, "The budget of 3 calls is spent (3 calls, 15 tokens)")
      assert.strictEqual(yield* callsMade, 3)
    }).pipe(Effect.provide(always(["ok", costs(4, 1)])))
  )

  it.effect.each([
    { name: "calls", call: Effect.asVoid(ask) },
    { name: "streams", call: listen }
  ])("counts the tokens of $name, and loses no reply that is paid for", ({ call }) =>
    Effect.gen(function* () {
      const replies = yield* Ref.make(0)
      const counted = Effect.andThen(
        call,
        Ref.update(replies, (n) => n + 1)
      )
      const error = yield* Effect.flip(Budget.within(Effect.forever(counted), { tokens: 10 }))
      assert.deepStrictEqual(error, new Budget.BudgetExceeded({ limit: "tokens", allowed: 10, calls: 2, tokens: 10 }))
      assert.strictEqual(yield* Ref.get(replies), 2)
    }).pipe(Effect.provide(always(["ok", costs(3, 2)])))
  )

  it.effect("counts four characters as a token where the model reports none", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Budget.within(Effect.forever(ask), { tokens: 1 }))
      // 8 characters of the prompt, 9 of the reply
      assert.strictEqual(error instanceof Budget.BudgetExceeded && error.tokens, 2 + 3)
    }).pipe(Effect.provide(always("123456789")))
  )

  it.effect.each([
    { name: "calls", call: Effect.asVoid(ask) },
    { name: "streams", call: listen }
  ])("counts failed $name, and the tokens that they cost", ({ call }) =>
    Effect.gen(function* () {
      const error = yield* Effect.retry(call, { times: 9 }).pipe(Budget.within({ calls: 2 }), Effect.flip)
      assert.deepStrictEqual(error, new Budget.BudgetExceeded({ limit: "calls", allowed: 2, calls: 2, tokens: 14 }))
    }).pipe(
      Effect.provide(
        always(
          new AiError.InvalidOutputError({
            description: "cut off",
            usage: { promptTokens: 3, completionTokens: 4, totalTokens: 7 }
          })
        )
      )
    )
  )

  it.effect("interrupts what goes on when time is up", () =>
    Effect.gen(function* () {
      const interrupted = yield* Ref.make(false)
      const fiber = yield* ask.pipe(
        Effect.onInterrupt(() => Ref.set(interrupted, true)),
        Budget.within({ duration: "3 seconds" }),
        Effect.flip,
        Effect.forkChild
      )
      yield* TestClock.adjust("2999 millis")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust(1)
      const error = yield* Fiber.join(fiber)
      assert.strictEqual(error.message, "The budget of 3000 ms is spent (1 calls, 2 tokens)")
      assert.isTrue(yield* Ref.get(interrupted))
    }).pipe(Effect.provide(always(Effect.never)))
  )

  it.effect("interrupts the other branches", () =>
    Effect.gen(function* () {
      const stopped = yield* Ref.make(0)
      const branch = Effect.onInterrupt(Effect.andThen(ask, Effect.never), () => Ref.update(stopped, (n) => n + 1))
      const error = yield* Effect.all([branch, branch, Effect.andThen(Effect.yieldNow, ask)], {
        concurrency: "unbounded"
      }).pipe(Budget.within({ calls: 2 }), Effect.flip)
      assert.strictEqual(error._tag, "BudgetExceeded")
      assert.strictEqual(yield* Ref.get(stopped), 2)
    }).pipe(Effect.provide(always("ok")))
  )

  it.effect.each([
    { name: "a catch", around: <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.ignore(self) },
    { name: "a retry", around: <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.retry(self, Schedule.recurs(5)) },
    { name: "uninterruptible", around: <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.uninterruptible(self) }
  ])("is not got around by $name", ({ around }) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Budget.within(around(ask), { calls: 0 }))
      assert.deepStrictEqual(error, new Budget.BudgetExceeded({ limit: "calls", allowed: 0, calls: 0, tokens: 0 }))
      assert.strictEqual(yield* callsMade, 0)
    }).pipe(Effect.provide(always("ok")))
  )

  it.effect("nests: what is spent inside counts outside", () =>
    Effect.gen(function* () {
      const inner = Effect.forever(ask).pipe(
        Budget.within({ calls: 2 }),
        Effect.catchTag("BudgetExceeded", ({ calls }) => Effect.succeed(calls))
      )
      const done = yield* Ref.make<ReadonlyArray<number>>([])
      const error = yield* Effect.forever(
        Effect.flatMap(inner, (calls) => Ref.update(done, (all) => [...all, calls]))
      ).pipe(Budget.within({ calls: 5 }), Effect.flip)
      assert.deepStrictEqual(error, new Budget.BudgetExceeded({ limit: "calls", allowed: 5, calls: 5, tokens: 15 }))
      assert.deepStrictEqual(yield* Ref.get(done), [2, 2])
    }).pipe(Effect.provide(always("ok")))
  )

  it.effect("leaves the store of a flow at what was committed", () =>
    Effect.gen(function* () {
      const Essay = Store.make("Essay", { drafts: Schema.Array(Schema.String) })
      const write = Node.make(Essay, {
        exec: () => Effect.map(ask, ({ text }) => text),
        post: (_, text) => Essay.to("again", (s) => ({ drafts: [...s.drafts, text] }))
      }).pipe(Node.fallback(() => Effect.succeed("without a model")))
      const essay = Flow.make(Essay, { start: "write", nodes: { write }, edges: { write: { again: "write" } } })
      const ref = yield* Ref.make<Store.Type<typeof Essay>>({ drafts: [] })
      const error = yield* Flow.runRef(essay, ref).pipe(Budget.within({ calls: 2 }), Effect.flip)
      assert.strictEqual(error._tag, "BudgetExceeded")
      assert.deepStrictEqual(yield* Ref.get(ref), { drafts: ["ok", "ok"] })
    }).pipe(Effect.provide(always("ok")))
  )

  it.effect("fails the calls of a fiber that outlives it", () =>
    Effect.gen(function* () {
      const left = yield* Ref.make<Fiber.Fiber<AiError.AiError> | undefined>(undefined)
      const program = Effect.gen(function* () {
        yield* Ref.set(left, yield* Effect.forkDetach(Effect.flip(Effect.forever(ask))))
        return yield* Effect.never
      })
      yield* Effect.flip(Budget.within(program, { calls: 2 }))
      const error = yield* Fiber.join((yield* Ref.get(left))!)
      assert.strictEqual(error.message, "Budget.within: The budget of 2 calls is spent (2 calls, 6 tokens)")
    }).pipe(Effect.provide(always("ok")))
  )

  it.effect("counts what was heard of a stream that is given up, or breaks off", () =>
    Effect.gen(function* () {
      const some = LanguageModel.streamText({ prompt: "12345678" }).pipe(Stream.take(3), Stream.runDrain)
      const broken = Effect.ignore(Stream.runDrain(LanguageModel.streamText({ prompt: "break" })))
      // 2 of the prompt and 1 or 2 of the reply
      const first = yield* Effect.flip(Budget.within(Effect.forever(some), { tokens: 20 }))
      const second = yield* Effect.flip(Budget.within(Effect.forever(broken), { tokens: 20 }))
      for (const { limit, tokens } of [first, second] as ReadonlyArray<Budget.BudgetExceeded>) {
        assert.strictEqual(limit, "tokens")
        assert.isTrue(tokens >= 20 && tokens < 30, String(tokens))
      }
    }).pipe(
      Effect.provide(
        ScriptedModel.layer({
          rules: [
            { when: /break/, reply: ["abcd", "efgh", new AiError.NetworkError({ ...lost })] },
            { when: /./, reply: ["abcd", "efgh", "ijkl"] }
          ]
        })
      )
    )
  )
  const lost = { reason: "TransportError", method: "POST", url: "http://127.0.0.1", description: "" } as const

  it.effect("counts each request that a retry makes, and none that a cache answers", () =>
    Effect.gen(function* () {
      const all = Effect.all([ask, ask, ask])
      const fiber = yield* Effect.forkChild(Effect.result(Budget.within(all, { calls: 2, tokens: 10 })))
      yield* TestClock.adjust("1 minute")
      const replies = yield* Fiber.join(fiber)
      assert.strictEqual(replies._tag === "Success" && replies.success.length, 3)
      assert.strictEqual(yield* callsMade, 2)
      const none = yield* Budget.within(all, { calls: 0 })
      assert.strictEqual(none.length, 3)
    }).pipe(
      Effect.provide(
        ScriptedModel.layer({
          rules: [{ when: /./, reply: ["ok", costs(4, 1)] }],
          faults: { 0: new AiError.RateLimitError({}) }
        }).pipe(ReplyCache.withCache({ name: "test" }), Retry.withRetry(), Layer.provide(Persistence.layerMemory))
      )
    )
  )

  it.effect("is no budget that is no number", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(Budget.within(ask, { calls: Number(undefined) }))
      assert.include(String(exit), "Budget.within: calls must be at least 0, and is NaN")
    }).pipe(Effect.provide(always("ok")))
  )

  it("has an error that is data", () => {
    const error = new Budget.BudgetExceeded({ limit: "duration", allowed: 10, calls: 1, tokens: 2 })
    const json = Schema.encodeSync(Budget.BudgetExceeded)(error)
    assert.deepStrictEqual(Schema.decodeSync(Budget.BudgetExceeded)(json), error)
  })
})
