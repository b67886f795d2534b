/** What a hostile model, tool or caller can put into a request or a reply: each is a typed failure, never a defect. */
import { assert, describe, it } from "@effect/vitest"
import { OpenAiFault } from "@effect-pocketflow/testing"
import type * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Prompt from "effect/ai/Prompt"
import * as Tool from "effect/ai/Tool"
import * as Toolkit from "effect/ai/Toolkit"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { canary, chunk, completion, errorOf, failureOf, modelOf, serve } from "./support.ts"

const nested = (levels: number): string => `{"x":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`
const tooDeep = JSON.parse(nested(20_000))

const toolkit = Toolkit.make(Tool.make("look", { parameters: Schema.Unknown, success: Schema.String }))
const handlers = toolkit.toLayer({ look: () => Effect.succeed("seen") })
const ask = Effect.provide(LanguageModel.generateText({ prompt: "?", toolkit }), handlers)
const asked: Asked<unknown> = Effect.provide(
  Stream.runCollect(LanguageModel.streamText({ prompt: "?", toolkit })),
  handlers
)
type Asked<A> = Effect.Effect<A, AiError.AiError, LanguageModel.LanguageModel>
const called = (args: string) => [{ index: 0, id: "call-1", function: { name: "look", arguments: args } }]

describe("arguments of a tool", () => {
  it.effect("nested too deeply are a ToolParameterValidationError, with a key and without", () =>
    Effect.gen(function* () {
      for (const apiKey of [undefined, Redacted.make(canary)]) {
        const rows: ReadonlyArray<readonly [call: Asked<unknown>, reply: OpenAiFault.OpenAiFault]> = [
          [ask, completion({ tool_calls: called(nested(257)) }, "tool_calls")],
          [asked, OpenAiFault.events([chunk({ tool_calls: called(nested(20_000)) }, "tool_calls")])]
        ]
        for (const [call, reply] of rows) {
          const server = yield* serve(reply)
          const { reason } = errorOf(yield* Effect.exit(Effect.provide(call, modelOf(server, { apiKey }))))
          assert.deepInclude(reason, {
            _tag: "ToolParameterValidationError",
            toolName: "look",
            description: "The arguments are nested more than 256 deep"
          })
        }
      }
    })
  )

  it.effect("of 256 levels pass, however many there are side by side", () =>
    Effect.gen(function* () {
      for (const args of [nested(256), `{"x":[${"{},".repeat(100_000)}0]}`]) {
        const server = yield* serve(completion({ tool_calls: called(args) }, "tool_calls"))
        const { toolCalls } = yield* Effect.provide(ask, modelOf(server))
        assert.strictEqual(JSON.stringify(toolCalls[0]?.params), args)
      }
    })
  )
})

describe("a history", () => {
  const cyclic: Record<string, unknown> = {}
  cyclic["self"] = cyclic
  const call = (params: unknown) =>
    Prompt.assistantMessage({
      content: [Prompt.toolCallPart({ id: "1", name: "look", params, providerExecuted: false })]
    })
  const result = (result: unknown) =>
    Prompt.toolMessage({
      content: [Prompt.toolResultPart({ id: "1", name: "look", isFailure: false, result, providerExecuted: false })]
    })

  it.effect.each([
    { name: "too deep", value: tooDeep, says: "Maximum call stack size exceeded" },
    { name: "a bigint", value: { at: 1n }, says: "BigInt" },
    { name: "cyclic", value: cyclic, says: "circular" },
    { name: "a function", value: () => 0, says: "function" }
  ])("with $name is an InvalidUserInputError that names the message, without a request", ({ says, value }) =>
    Effect.gen(function* () {
      for (const [messages, where] of [
        [[call(value), result("seen")], 'the arguments of "look" in message 1'],
        [[call({}), result(value)], 'the result of "look" in message 2']
      ] as const) {
        const prompt = Prompt.fromMessages([
          Prompt.userMessage({ content: [Prompt.textPart({ text: "Hello" })] }),
          ...messages
        ])
        const { message, reason } = yield* failureOf(OpenAiFault.silence, LanguageModel.generateText({ prompt }), 0)
        assert.strictEqual(reason._tag, "InvalidUserInputError")
        assert.include(message, `Chat completions cannot carry ${where}`)
        assert.include(message, says)
      }
    })
  )

  it.effect.each(["constructor", "toString", "__proto__"])(
    "with a file of type %s is an InvalidUserInputError",
    (type) =>
      Effect.gen(function* () {
        const { reason } = yield* failureOf(
          OpenAiFault.silence,
          LanguageModel.generateText({
            prompt: [{ role: "user", content: [{ type: "file", mediaType: type, data: "AAAA" }] }]
          }),
          0
        )
        assert.strictEqual(reason._tag, "InvalidUserInputError")
      })
  )
})

describe("an object", () => {
  const object = LanguageModel.generateObject({ prompt: "?", schema: Schema.Struct({ x: Schema.Unknown }) })
  const escaped = canary.replaceAll("a", "\\u0061")

  it.effect("that hides the key behind escapes is given without it, and any other as it is", () =>
    Effect.gen(function* () {
      for (const [content, text] of [
        [`{"x":["${escaped}", 1], "${escaped}": 2}`, '{"x":["<redacted>",1],"<redacted>":2}'],
        ['{"x": "\\u0061 b"}', '{"x": "\\u0061 b"}']
      ] as const) {
        const server = yield* serve(completion({ content }))
        const response = yield* Effect.provide(object, modelOf(server, { apiKey: Redacted.make(canary) }))
        assert.strictEqual(response.text, text)
        assert.deepStrictEqual(response.value, { x: JSON.parse(text).x })
      }
    })
  )

  it.effect("nested too deeply is an InvalidOutputError", () =>
    Effect.gen(function* () {
      const { reason } = yield* failureOf(completion({ content: nested(257) }), object)
      assert.deepInclude(reason, {
        _tag: "InvalidOutputError",
        description: "The answer is nested more than 256 deep"
      })
    })
  )
})
