/** Around any model: what it is asked, what it gives and what it fails with stay the same. */
import { assert, describe, it } from "@effect/vitest"
import * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Model from "effect/ai/Model"
import { toCodecOpenAI } from "effect/ai/OpenAiStructuredOutput"
import * as Tool from "effect/ai/Tool"
import * as Toolkit from "effect/ai/Toolkit"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Limits, OfflineModel, Retry } from "../../packages/ai/src/index.ts"
import { ScriptedModel } from "../../packages/testing/src/index.ts"
import { traced } from "./support.ts"

const toolkit = Toolkit.make(
  Tool.make("Add", {
    parameters: Schema.Struct({ a: Schema.FiniteFromString, b: Schema.FiniteFromString }),
    success: Schema.FiniteFromString
  })
)
const handlers = toolkit.toLayer({ Add: ({ a, b }) => Effect.succeed(a + b) })

const usage = { inputTokens: { total: 3 }, outputTokens: { total: 4, reasoning: 1 } }
const reply: ScriptedModel.Reply = [
  { type: "response-metadata", id: "r1", modelId: "m", timestamp: undefined },
  { type: "reasoning", text: "hm" },
  "Let me ",
  "see.",
  { type: "tool-call", id: "c1", name: "Add", params: { a: "1", b: "2" } },
  { type: "finish", reason: "tool-calls", usage }
]

type Call = Effect.Effect<unknown, unknown, LanguageModel.LanguageModel | Tool.Handler<"Add">>

/** The same call of a model as it is, and with two limits around it. */
const both = (script: ScriptedModel.Script, call: Call) => {
  const result = (layer: Layer.Layer<ScriptedModel.ScriptedModel | LanguageModel.LanguageModel>) =>
    Effect.gen(function* () {
      const result = yield* Effect.result(call)
      const { calls } = yield* ScriptedModel.ScriptedModel
      return { result, calls: yield* calls }
    }).pipe(Effect.provide([layer, handlers]))
  const model = ScriptedModel.layer(script)
  return Effect.all([result(model), result(model.pipe(Limits.withConcurrency(1), Retry.withRetry({ times: 0 })))])
}

const same = (name: string, script: ScriptedModel.Script, call: Call) =>
  it.effect(name, () =>
    Effect.gen(function* () {
      const [plain, wrapped] = yield* both(script, call)
      assert.deepStrictEqual(wrapped, plain)
      assert.strictEqual(plain.calls.length, 1)
    })
  )

const value = Schema.Struct({ when: Schema.DateFromString, n: Schema.optionalKey(Schema.FiniteFromString) })

describe("around any model", () => {
  same("a text", { replies: ["Hello you."] }, LanguageModel.generateText({ prompt: "Hi" }))
  same("all parts, and a tool at work", { replies: [reply] }, LanguageModel.generateText({ prompt: "1 + 2?", toolkit }))
  same(
    "a tool call that is left alone",
    { replies: [reply] },
    LanguageModel.generateText({ prompt: "1 + 2?", toolkit, disableToolCallResolution: true })
  )
  same(
    "a tool call that nobody checks",
    { replies: [[{ type: "tool-call", id: "c1", name: "Sub", params: 1 }]] },
    LanguageModel.generateText({
      prompt: "?",
      toolkit,
      disableToolCallResolution: true,
      toolCallValidation: "deferred"
    })
  )
  same(
    "a tool call with wrong parameters",
    { replies: [[{ type: "tool-call", id: "c1", name: "Add", params: { a: 1 } }]] },
    LanguageModel.generateText({ prompt: "?", toolkit })
  )
  same(
    "one of the tools",
    { replies: [reply] },
    LanguageModel.generateText({ prompt: "?", toolkit, toolChoice: { oneOf: ["Add"] } })
  )
  same(
    "an object",
    { replies: [{ when: "2026-01-02T03:04:05.000Z", n: "4" }] },
    LanguageModel.generateObject({ prompt: "?", schema: value })
  )
  it.effect("an object in two pieces", () =>
    Effect.gen(function* () {
      const pieces = ['{ "when": "2026-01-02T03:04:05.000Z"', "}"].map((text) => ({ type: "text" as const, text }))
      const results = yield* both({ replies: [pieces] }, LanguageModel.generateObject({ prompt: "?", schema: value }))
      const values = results.map(({ result }) => Result.isSuccess(result) && (result.success as any).value)
      const expected = { when: new Date("2026-01-02T03:04:05.000Z") }
      assert.deepStrictEqual(values, [expected, expected])
    })
  )
  it.effect("an object in a form that only its model decodes", () =>
    Effect.gen(function* () {
      const schema = Schema.Struct({ at: Schema.Date, note: Schema.Option(Schema.String), big: Schema.BigInt })
      const { codec } = toCodecOpenAI(schema)
      const object = { at: new Date(0), note: Option.some("x"), big: 12345678901234567890n }
      const text = JSON.stringify(Schema.encodeSync(codec as Schema.Codec<typeof schema.Type, unknown>)(object))
      const foreign = Layer.effect(
        LanguageModel.LanguageModel,
        LanguageModel.make({
          codecTransformer: toCodecOpenAI,
          generateText: () =>
            Effect.succeed([
              { type: "text", text },
              { type: "finish", reason: "stop", usage }
            ]),
          streamText: () => Stream.empty
        })
      )
      const call = Effect.map(LanguageModel.generateObject({ prompt: "?", schema }), ({ value }) => value)
      assert.deepStrictEqual(yield* Effect.provide(call, foreign), object)
      assert.deepStrictEqual(yield* Effect.provide(call, foreign.pipe(Limits.withConcurrency(1))), object)
    })
  )
  same(
    "an object that does not fit",
    { replies: [{ when: 1 }] },
    Effect.mapError(LanguageModel.generateObject({ prompt: "?", schema: value }), ({ reason }) => reason._tag)
  )
  same("a stream", { replies: [["Let me ", "see."]] }, Stream.runCollect(LanguageModel.streamText({ prompt: "?" })))
  same(
    "a stream with a tool at work",
    { replies: [["Let me ", { type: "tool-call", id: "c1", name: "Add", params: { a: "1", b: "2" } }]] },
    Stream.runCollect(LanguageModel.streamText({ prompt: "?", toolkit }))
  )
  same(
    "a stream that breaks off",
    { replies: [["Let me ", new AiError.RateLimitError({})]] },
    Effect.gen(function* () {
      const heard: Array<unknown> = []
      const error = yield* LanguageModel.streamText({ prompt: "?" }).pipe(
        Stream.runForEach((part) => Effect.sync(() => heard.push(part))),
        Effect.flip
      )
      return { error, heard }
    })
  )
  same("a failure", { faults: { 0: new AiError.RateLimitError({}) } }, LanguageModel.generateText({ prompt: "?" }))

  it.effect("what else the layer provides stays", () =>
    Effect.gen(function* () {
      const layer = Model.make(
        "us",
        "echo",
        OfflineModel.layer([{ name: "echo", when: () => true, reply: () => "ok" }])
      )
      const program = Effect.all([
        Model.ProviderName,
        Effect.map(LanguageModel.generateText({ prompt: "?" }), ({ text }) => text)
      ])
      const limited = layer.pipe(Limits.withConcurrency(1))
      assert.deepStrictEqual(yield* Effect.provide(program, limited), ["us", "ok"])
    })
  )

  it.effect("a model that was made here keeps its one span", () =>
    Effect.gen(function* () {
      const layer = OfflineModel.layer([{ name: "echo", when: () => true, reply: () => "ok" }]).pipe(
        Limits.withConcurrency(1),
        Retry.withRetry()
      )
      const [, spans] = yield* traced(LanguageModel.generateText({ prompt: "?" }).pipe(Effect.provide(layer)))
      assert.deepStrictEqual(
        spans.map(({ name }) => name),
        ["LanguageModel.generateText"]
      )
    })
  )
})
