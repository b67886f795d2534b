import { assert, describe, it } from "@effect/vitest"
import { OpenAiFault } from "@effect-pocketflow/testing"
import type * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Prompt from "effect/ai/Prompt"
import * as Tool from "effect/ai/Tool"
import * as Toolkit from "effect/ai/Toolkit"
import * as Cause from "effect/Cause"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { inspect } from "node:util"
import { vi } from "vitest"
import { OpenAi } from "../../packages/ai/src/index.ts"
import {
  bodyOf,
  calls,
  canary,
  chunk,
  completion,
  errorOf,
  failureOf,
  hello,
  modelOf,
  serve,
  shown,
  streamed,
  traced
} from "./support.ts"

describe("OpenAi", () => {
  describe("generateText", () => {
    it.effect("gives text, finish reason, usage and metadata", () =>
      Effect.gen(function* () {
        const server = yield* serve(completion({ content: "Hi there." }))
        const response = yield* Effect.provide(hello, modelOf(server, { apiKey: Redacted.make(canary) }))
        assert.strictEqual(response.text, "Hi there.")
        assert.strictEqual(response.finishReason, "stop")
        assert.deepStrictEqual({ ...response.usage }, {
          inputTokens: { total: 10, cacheRead: 4, uncached: 6 },
          outputTokens: { total: 5, reasoning: 2, text: 3 }
        } as any)
        assert.deepInclude(response.content[0], { id: "chatcmpl-1", modelId: "test-model-2026" })

        const { authorization, path } = yield* server.request(0)
        assert.strictEqual(path, "/v1/chat/completions")
        assert.strictEqual(Redacted.value(authorization!), `Bearer ${canary}`)
        assert.deepStrictEqual(yield* bodyOf(server), {
          model: "test-model",
          messages: [{ role: "user", content: "Hello" }],
          stream: false
        })
      })
    )

    it.effect("sends every kind of message", () =>
      Effect.gen(function* () {
        const server = yield* serve(completion({ content: "ok" }))
        yield* Effect.provide(
          LanguageModel.generateText({
            prompt: Prompt.fromMessages([
              Prompt.systemMessage({ content: "Be brief." }),
              Prompt.userMessage({
                content: [
                  Prompt.textPart({ text: "What is this?" }),
                  Prompt.filePart({ mediaType: "image/png", data: new Uint8Array([1, 2, 3]) }),
                  Prompt.filePart({ mediaType: "image/png", data: new URL("https://example.com/a.png") }),
                  Prompt.filePart({ mediaType: "image/png", data: "AQID", options: { openai: { detail: "low" } } }),
                  Prompt.filePart({ mediaType: "application/pdf", data: "AQID", fileName: "a.pdf" }),
                  Prompt.filePart({ mediaType: "audio/mpeg", data: new Uint8Array([1, 2, 3]) })
                ]
              }),
              Prompt.assistantMessage({
                content: [
                  Prompt.reasoningPart({ text: "hm" }),
                  Prompt.toolCallPart({ id: "1", name: "look", params: { at: 1 }, providerExecuted: false })
                ]
              }),
              Prompt.toolMessage({
                content: [
                  Prompt.toolResultPart({
                    id: "1",
                    name: "look",
                    isFailure: false,
                    result: { seen: true },
                    providerExecuted: false
                  })
                ]
              }),
              Prompt.assistantMessage({ content: [Prompt.textPart({ text: "A cat." })] }),
              Prompt.userMessage({ content: [Prompt.textPart({ text: "Sure?" })] })
            ])
          }),
          modelOf(server, { parameters: { temperature: 0, top_k: 5, model: "another", stream: true } })
        )
        assert.deepStrictEqual(yield* bodyOf(server), {
          model: "test-model",
          stream: false,
          temperature: 0,
          top_k: 5,
          messages: [
            { role: "system", content: "Be brief." },
            {
              role: "user",
              content: [
                { type: "text", text: "What is this?" },
                { type: "image_url", image_url: { url: "data:image/png;base64,AQID" } },
                { type: "image_url", image_url: { url: "https://example.com/a.png" } },
                { type: "image_url", image_url: { url: "data:image/png;base64,AQID", detail: "low" } },
                { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,AQID" } },
                { type: "input_audio", input_audio: { data: "AQID", format: "mp3" } }
              ]
            },
            {
              role: "assistant",
              content: null,
              tool_calls: [{ id: "1", type: "function", function: { name: "look", arguments: '{"at":1}' } }]
            },
            { role: "tool", tool_call_id: "1", content: '{"seen":true}' },
            { role: "assistant", content: "A cat." },
            { role: "user", content: "Sure?" }
          ]
        })
      })
    )

    it.effect.each([
      { mediaType: "video/mp4", data: "AAAA", says: 'file of type "video/mp4"' },
      {
        mediaType: "application/pdf",
        data: new URL("https://example.com/a.pdf"),
        says: 'file of type "application/pdf" by its URL'
      }
    ])("refuses a $says, without a request", ({ data, mediaType, says }) =>
      Effect.gen(function* () {
        const error = yield* failureOf(
          OpenAiFault.silence,
          LanguageModel.generateText({
            prompt: [{ role: "user", content: [{ type: "file", mediaType, data }] }]
          }),
          0
        )
        assert.strictEqual(
          error.message,
          `OpenAi.generateText: Invalid user input: Chat completions cannot carry a user's ${says}`
        )
      })
    )

    it.effect("sends no Authorization without a key, and looks up nothing in the environment", () =>
      Effect.gen(function* () {
        yield* Effect.acquireRelease(
          Effect.sync(() =>
            ["OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"].forEach((name) =>
              vi.stubEnv(name, canary)
            )
          ),
          () => Effect.sync(() => vi.unstubAllEnvs())
        )
        const server = yield* serve(completion({ content: "ok" }))
        yield* Effect.provide(hello, modelOf(server))
        const { authorization, headers } = yield* server.request(0)
        assert.isUndefined(authorization)
        assert.notInclude(JSON.stringify(headers), canary)
      })
    )

    it.effect.each([
      { status: 429, code: "insufficient_quota", tag: "QuotaExhaustedError" },
      { status: 400, code: "content_filter", tag: "ContentPolicyError" }
    ])("code $code is a $tag", ({ code, status, tag }) =>
      Effect.gen(function* () {
        const error = yield* failureOf(OpenAiFault.status(status, { code }), hello)
        assert.strictEqual(error.reason._tag, tag)
      })
    )

    it.effect.each([
      {
        name: "an empty body",
        reply: OpenAiFault.body("", { "content-type": "application/json; charset=utf-8" }),
        tag: "InvalidResponseError",
        says: "The reply is not JSON"
      },
      {
        name: "JSON of another shape",
        reply: OpenAiFault.body({ message: "no such route" }),
        tag: "InvalidResponseError",
        says: 'Missing key\n  at ["choices"]'
      },
      {
        name: "no finish_reason",
        reply: completion({ content: "Half an ans" }, null),
        tag: "InvalidResponseError",
        says: "The answer has no finish_reason"
      },
      {
        name: "empty content",
        reply: completion({ content: "" }),
        tag: "InvalidOutputError",
        says: "The model said nothing"
      },
      {
        name: "an unknown finish_reason",
        reply: completion({ content: "Half an ans" }, "model_length"),
        tag: "InvalidOutputError",
        says: 'The answer ended with finish_reason "model_length"'
      },
      {
        name: "finish_reason content_filter",
        reply: completion({ content: "Half an ans" }, "content_filter"),
        tag: "ContentPolicyError",
        says: "The content filter stopped the answer"
      }
    ])("$name is a $tag", ({ reply, says, tag }) =>
      Effect.gen(function* () {
        const error = yield* failureOf(reply, hello)
        assert.strictEqual(error.reason._tag, tag)
        assert.include(error.message, says)
      })
    )

    it.effect("keeps the reply that it could not read", () =>
      Effect.gen(function* () {
        const date = "Thu, 01 Jan 2026 00:00:00 GMT"
        const { reason } = yield* failureOf(OpenAiFault.body("<html>Sign in</html>", { date }), hello)
        assert.deepStrictEqual((reason as AiError.InvalidResponseError).http, {
          response: { status: 200, headers: { "content-type": "text/html", date } },
          body: "<html>Sign in</html>"
        })
      })
    )

    it.effect("a Retry-After that is a date is read against the Clock, if the reply tells no date", () =>
      Effect.gen(function* () {
        const headers = { date: "", "retry-after": "Thu, 01 Jan 1970 00:01:10 GMT" }
        yield* TestClock.adjust("10 seconds")
        const { retryAfter } = yield* failureOf(OpenAiFault.status(429, { headers }), hello)
        assert.deepStrictEqual(retryAfter, Duration.minutes(1))
      })
    )

    it.effect("nobody at the other end is a NetworkError", () =>
      Effect.gen(function* () {
        for (const call of calls) {
          const model = OpenAi.layer({ model: "m", baseURL: "http://127.0.0.1:2/v1" })
          const { message, reason } = errorOf(yield* Effect.exit(Effect.provide(call, model)))
          assert.strictEqual(reason._tag === "NetworkError" && reason.reason, "TransportError")
          assert.include(message, "ECONNREFUSED")
        }
      })
    )
  })

  describe("options that cannot work are defects of the layer", () => {
    it.effect.each<{ options: Partial<OpenAi.Options>; says: string }>([
      { options: { baseURL: "not a url" }, says: '"baseURL" must be a URL that begins with "http://" or "https://"' },
      { options: { baseURL: "localhost:11434/v1" }, says: '"baseURL" must be a URL that begins with' },
      { options: { baseURL: `http://user:${canary}@127.0.0.1:1/v1` }, says: "without a user in it" },
      ...[`${canary}\n${canary}`, `${canary}\0`, `${canary}\u2026`].map((key) => ({
        options: { apiKey: Redacted.make(key) },
        says: '"apiKey" must be text that a header can hold'
      })),
      ...[canary, { key: canary }, Redacted.make(1)].map((apiKey) => ({
        options: { apiKey: apiKey as never },
        says: '"apiKey" must be a Redacted text'
      })),
      { options: { timeout: 0 }, says: '"timeout" must be more than 0' },
      { options: { idleTimeout: "0 seconds" }, says: '"idleTimeout" must be more than 0' },
      { options: { maxReplyBytes: Number.NaN }, says: '"maxReplyBytes" must be more than 0' }
    ])("$says", ({ options, says }) =>
      Effect.gen(function* () {
        const exit = yield* Effect.exit(Effect.provide(hello, OpenAi.layer({ model: "m", ...options })))
        assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
        assert.include(shown(exit), says)
        assert.notInclude(shown(exit), canary)
      })
    )
  })

  describe("secrets", () => {
    it.effect("is sent without the space around it, as that of a file has", () =>
      Effect.gen(function* () {
        for (const key of [`${canary}\n`, `\t ${canary}\u00a0\r\n`]) {
          const server = yield* serve(completion({ content: "ok" }))
          yield* Effect.provide(hello, modelOf(server, { apiKey: Redacted.make(key) }))
          assert.strictEqual(Redacted.value((yield* server.request(0)).authorization!), `Bearer ${canary}`)
        }
        const server = yield* serve(completion({ content: "ok" }))
        yield* Effect.provide(hello, modelOf(server, { apiKey: Redacted.make(" \n") }))
        assert.isUndefined((yield* server.request(0)).authorization)
      })
    )

    it.effect("a text that looks like the beginning of the key is given all the same", () =>
      Effect.gen(function* () {
        const server = yield* serve(["Ask", " sk-", "can", " I?", " ", canary.slice(0, 12)])
        const deltas = yield* Stream.runCollect(
          LanguageModel.streamText({ prompt: "Hello" }).pipe(
            Stream.filter((part) => part.type === "text-delta"),
            Stream.map(({ delta }) => delta)
          )
        ).pipe(Effect.provide(modelOf(server, { apiKey: Redacted.make(canary) })))
        assert.deepStrictEqual(deltas, ["A", "sk ", "sk-can I?", " ", canary.slice(0, 12)])
      })
    )

    it.effect("the part of a large reply that is shown ends with no part of the key", () =>
      Effect.gen(function* () {
        const server = yield* serve(OpenAiFault.body(`x${canary.repeat(100)}`))
        const model = modelOf(server, { apiKey: Redacted.make(canary) })
        const { reason } = errorOf(yield* Effect.exit(Effect.provide(hello, model)))
        assert.strictEqual((reason as AiError.InvalidResponseError).http?.body, `x${"<redacted>".repeat(49)}`)
      })
    )

    it.effect("a key that is a word for form's sake may be said", () =>
      Effect.gen(function* () {
        const server = yield* serve("The stop of ollama.")
        const model = modelOf(server, { apiKey: Redacted.make("stop") })
        assert.strictEqual((yield* Effect.provide(hello, model)).text, "The stop of ollama.")
      })
    )

    it.effect("the service does not show the key", () =>
      Effect.gen(function* () {
        const service = yield* LanguageModel.LanguageModel
        assert.notInclude(inspect(service, { depth: null, showHidden: true }), canary)
      }).pipe(Effect.provide(OpenAi.layer({ model: "m", apiKey: Redacted.make(canary) })))
    )
  })

  describe("spans", () => {
    const reply = { id: "chatcmpl-9", model: "test-model-2026", usage: { prompt_tokens: 10, completion_tokens: 5 } }
    const parameters: OpenAi.Parameters = {
      temperature: 0.5,
      top_p: 0.9,
      max_tokens: 7,
      frequency_penalty: 1,
      presence_penalty: -1,
      seed: 3,
      stop: "END"
    }

    it.effect.each([
      { name: "of a success", end: "stop" },
      { name: "of a failure", end: "length" }
    ])("$name have the attributes of the conventions", ({ end }) =>
      Effect.gen(function* () {
        for (const call of calls) {
          const server = yield* serve(
            OpenAiFault.compose(
              OpenAiFault.finishReason(end),
              OpenAiFault.edit((json) => ({ ...json, ...reply }))
            )
          )
          const [, spans] = yield* traced(Effect.exit(Effect.provide(call, modelOf(server, { parameters }))))
          assert.strictEqual(spans.length, 1)
          assert.deepStrictEqual(
            Object.fromEntries([...spans[0]!.attributes].filter(([name]) => name.startsWith("gen_ai"))),
            {
              "gen_ai.provider.name": "openai",
              "gen_ai.operation.name": "chat",
              "gen_ai.output.type": "text",
              "gen_ai.request.model": "test-model",
              "gen_ai.request.temperature": 0.5,
              "gen_ai.request.top_p": 0.9,
              "gen_ai.request.max_tokens": 7,
              "gen_ai.request.frequency_penalty": 1,
              "gen_ai.request.presence_penalty": -1,
              "gen_ai.request.seed": 3,
              "gen_ai.request.stop_sequences": ["END"],
              "gen_ai.response.id": "chatcmpl-9",
              "gen_ai.response.model": "test-model-2026",
              "gen_ai.response.finish_reasons": [end],
              "gen_ai.usage.input_tokens": 10,
              "gen_ai.usage.output_tokens": 5
            }
          )
        }
      })
    )
  })

  describe("generateObject", () => {
    const Person = Schema.Struct({ name: Schema.String, age: Schema.optionalKey(Schema.Finite) })

    it.effect("asks for a JSON schema and decodes the reply", () =>
      Effect.gen(function* () {
        const server = yield* serve(completion({ content: '{"name":"Ada","age":null}' }))
        const { value } = yield* Effect.provide(
          LanguageModel.generateObject({ prompt: "Who?", schema: Person, objectName: "a/person" }),
          modelOf(server)
        )
        assert.deepStrictEqual(value, { name: "Ada" })
        assert.deepStrictEqual((yield* bodyOf(server)).response_format, {
          type: "json_schema",
          json_schema: {
            name: "a_person",
            strict: true,
            schema: {
              type: "object",
              properties: {
                name: { type: "string" },
                age: { anyOf: [{ type: "number" }, { type: "null" }] }
              },
              required: ["name", "age"],
              additionalProperties: false
            }
          }
        })
      })
    )

    it.effect("a reply of another shape is a StructuredOutputError", () =>
      Effect.gen(function* () {
        const error = yield* failureOf(
          completion({ content: '{"name":1,"age":null}' }),
          LanguageModel.generateObject({ prompt: "Who?", schema: Person })
        )
        assert.strictEqual(error.reason._tag, "StructuredOutputError")
      })
    )

    it.effect("a schema that the server cannot take is an UnsupportedSchemaError, without a request", () =>
      Effect.gen(function* () {
        const error = yield* failureOf(
          OpenAiFault.silence,
          LanguageModel.generateObject({
            prompt: "Who?",
            schema: Schema.Union([Person, Schema.Struct({ a: Schema.String })])
          }),
          0
        )
        assert.strictEqual(error.reason._tag, "UnsupportedSchemaError")
      })
    )
  })

  describe("tools", () => {
    const Add = Tool.make("add", {
      description: "Adds two numbers",
      parameters: Schema.Struct({ a: Schema.Finite, b: Schema.Finite }),
      success: Schema.Finite
    })
    const toolkit = Toolkit.make(Add)
    const handlers = toolkit.toLayer({ add: ({ a, b }) => Effect.succeed(a + b) })
    const call = (name: string, args: string) => ({
      content: null,
      tool_calls: [{ id: "call-1", type: "function", function: { name, arguments: args } }]
    })
    const sum = Effect.provide(LanguageModel.generateText({ prompt: "2 + 3?", toolkit }), handlers)

    it.effect("are declared, called and resolved", () =>
      Effect.gen(function* () {
        const server = yield* serve(completion(call("add", '{"a":2,"b":3}'), "tool_calls"))
        const response = yield* Effect.provide(sum, modelOf(server))
        assert.strictEqual(response.finishReason, "tool-calls")
        assert.deepStrictEqual(
          response.toolResults.map((result) => result.result),
          [5]
        )
        assert.deepStrictEqual((yield* bodyOf(server)).tools, [
          {
            type: "function",
            function: {
              name: "add",
              description: "Adds two numbers",
              parameters: {
                type: "object",
                properties: { a: { type: "number" }, b: { type: "number" } },
                required: ["a", "b"],
                additionalProperties: true
              },
              strict: false
            }
          }
        ])
        assert.strictEqual((yield* bodyOf(server)).tool_choice, "auto")
      })
    )

    it.effect("are called from a stream", () =>
      Effect.gen(function* () {
        const delta = (fn: object, id?: string) => chunk({ tool_calls: [{ index: 0, id, function: fn }] })
        const server = yield* serve(
          OpenAiFault.events([
            delta({ name: "add", arguments: "" }, "call-1"),
            delta({ arguments: '{"a":2,' }),
            delta({ arguments: '"b":3}' }),
            chunk({}, "tool_calls"),
            "[DONE]"
          ])
        )
        const parts = yield* LanguageModel.streamText({ prompt: "2 + 3?", toolkit }).pipe(
          Stream.runCollect,
          Effect.provide([handlers, modelOf(server)])
        )
        assert.deepStrictEqual(
          parts.map((part) => part.type),
          ["response-metadata", "tool-call", "tool-result", "finish"]
        )
        assert.deepInclude(parts[2], { id: "call-1", result: 5 })
      })
    )

    it.effect("that share an index in a stream stay apart by their ids", () =>
      Effect.gen(function* () {
        const whole = (id: string, args: string) =>
          chunk({ tool_calls: [{ index: 0, id, function: { name: "add", arguments: args } }] })
        const server = yield* serve(
          OpenAiFault.events([
            whole("call-1", '{"a":2,"b":3}'),
            whole("call-2", '{"a":4,"b":5}'),
            chunk({}, "tool_calls")
          ])
        )
        const parts = yield* LanguageModel.streamText({ prompt: "?", toolkit }).pipe(
          Stream.runCollect,
          Effect.provide([handlers, modelOf(server)])
        )
        assert.deepStrictEqual(
          parts.flatMap((part) => (part.type === "tool-result" ? [part.result] : [])),
          [5, 9]
        )
      })
    )

    it.effect("a call without an id is an InvalidResponseError", () =>
      Effect.gen(function* () {
        const error = yield* failureOf(
          completion({ tool_calls: [{ function: { name: "add", arguments: "{}" } }] }, "tool_calls"),
          sum
        )
        assert.strictEqual(error.reason._tag, "InvalidResponseError")
      })
    )

    it.effect.each([
      { name: "of another name", reply: call("subtract", "{}"), tag: "ToolNotFoundError" },
      { name: "with malformed arguments", reply: call("add", '{"a":2,'), tag: "ToolParameterValidationError" },
      { name: "with __proto__", reply: call("add", '{"__proto__":{}}'), tag: "ToolParameterValidationError" }
    ])("a call $name is a $tag", ({ reply, tag }) =>
      Effect.gen(function* () {
        const error = yield* failureOf(completion(reply, "tool_calls"), sum)
        assert.strictEqual(error.reason._tag, tag)
      })
    )

    it.effect("that the provider runs are a ToolConfigurationError, without a request", () =>
      Effect.gen(function* () {
        const Search = Tool.providerDefined({
          id: "openai.web_search",
          customName: "Search",
          providerName: "web_search"
        })
        const error = yield* failureOf(
          OpenAiFault.silence,
          LanguageModel.generateText({ prompt: "?", toolkit: Toolkit.make(Search(undefined)) }),
          0
        )
        assert.strictEqual(error.reason._tag, "ToolConfigurationError")
      })
    )
  })

  describe("streamText", () => {
    it.effect("gives the text as it comes, then finish reason and usage, however the events are written", () =>
      Effect.gen(function* () {
        const server = yield* serve(
          OpenAiFault.body(
            [
              `data: ${JSON.stringify(chunk({ role: "assistant", content: "" }))}\n\n`,
              `data:${JSON.stringify(chunk({ content: "Hi " }))}\r\n\r\n`,
              ": keep-alive\n\nretry: 10\nid: 7\n\n",
              `event: message\ndata: ${JSON.stringify(chunk({ content: "there." }))}\n\n`,
              `data: ${JSON.stringify(chunk({}, "stop"))}\r\r`,
              'data: {"id": "chatcmpl-2", "choices": [],\ndata: "usage": { "prompt_tokens": 10 }}'
            ].join("")
          )
        )
        const parts = yield* Effect.provide(streamed, modelOf(server))
        assert.deepStrictEqual(
          parts.map((part) => part.type),
          ["response-metadata", "text-start", "text-delta", "text-delta", "text-end", "finish"]
        )
        assert.strictEqual(parts.map((part) => (part.type === "text-delta" ? part.delta : "")).join(""), "Hi there.")
        const finish = parts.at(-1)!
        assert.deepInclude(finish, { reason: "stop" })
        assert.strictEqual(finish.type === "finish" && finish.usage.inputTokens.total, 10)
        assert.deepStrictEqual(yield* bodyOf(server), {
          model: "test-model",
          messages: [{ role: "user", content: "Hello" }],
          stream: true,
          stream_options: { include_usage: true }
        })
      })
    )

    const half = chunk({ content: "Half an ans" })

    it.effect.each([
      {
        name: "a whole completion",
        reply: completion({ content: "Hi" }),
        tag: "InvalidResponseError",
        says: "The server gave no server-sent events"
      },
      {
        name: "[DONE] without finish_reason",
        reply: OpenAiFault.events([half, "[DONE]"]),
        tag: "NetworkError",
        says: "The stream ended before the answer did"
      },
      {
        name: "a malformed event",
        reply: OpenAiFault.events([half, '{"choi']),
        tag: "InvalidResponseError",
        says: "An event is not JSON"
      },
      {
        name: "an event of another shape",
        reply: OpenAiFault.events([half, { choices: 1 }]),
        tag: "InvalidResponseError",
        says: "Expected array"
      },
      {
        name: "nothing said",
        reply: OpenAiFault.events([chunk({}, "stop"), "[DONE]"]),
        tag: "InvalidOutputError",
        says: "The model said nothing"
      }
    ])("$name is a $tag", ({ reply, says, tag }) =>
      Effect.gen(function* () {
        const error = yield* failureOf(reply, streamed)
        assert.strictEqual(error.reason._tag, tag)
        assert.include(error.message, says)
        assert.include(error.message, "OpenAi.streamText")
      })
    )
  })

  describe("layerConfig", () => {
    const configured = (env: Record<string, string>, options?: Parameters<typeof OpenAi.layerConfig>[0]) =>
      Effect.provide(
        hello,
        OpenAi.layerConfig(options).pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env }))))
      )

    it.effect("reads key, base URL and model", () =>
      Effect.gen(function* () {
        const server = yield* serve(completion({ content: "ok" }))
        yield* configured({ OPENAI_API_KEY: canary, OPENAI_BASE_URL: server.baseURL, OPENAI_MODEL: "from-env" })
        assert.strictEqual((yield* bodyOf(server)).model, "from-env")
        assert.strictEqual(Redacted.value((yield* server.request(0)).authorization!), `Bearer ${canary}`)
      })
    )

    it.effect("takes other configuration instead", () =>
      Effect.gen(function* () {
        const server = yield* serve(completion({ content: "ok" }))
        yield* configured(
          { LOCAL_MODEL: "local" },
          {
            apiKey: Config.succeed(undefined),
            baseURL: Config.succeed(server.baseURL),
            model: Config.String("LOCAL_MODEL"),
            parameters: { seed: 1 }
          }
        )
        assert.deepInclude(yield* bodyOf(server), { model: "local", seed: 1 })
        assert.isUndefined((yield* server.request(0)).authorization)
      })
    )

    it.effect("refuses a base URL that is none, without showing it", () =>
      Effect.gen(function* () {
        const env = { OPENAI_API_KEY: "key", OPENAI_MODEL: "m", OPENAI_BASE_URL: `user:${canary}@localhost/v1` }
        const baseURL = Config.succeed(env.OPENAI_BASE_URL)
        for (const options of [{}, { baseURL }]) {
          const exit = yield* Effect.exit(configured(env, options))
          const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : assert.fail()
          assert.instanceOf(error, Config.ConfigError)
          assert.include(String(error), 'The base URL must be a URL that begins with "http://" or "https://"')
          assert.strictEqual(String(error).includes("OPENAI_BASE_URL"), options.baseURL === undefined)
          assert.notInclude(shown(exit), canary)
        }
      })
    )

    it.effect("refuses a key that no header can hold, without showing it", () =>
      Effect.gen(function* () {
        const env = { OPENAI_API_KEY: `${canary}\n${canary}`, OPENAI_MODEL: "m" }
        for (const options of [{}, { apiKey: Config.succeed(Redacted.make(env.OPENAI_API_KEY)) }]) {
          const exit = yield* Effect.exit(configured(env, options))
          const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : assert.fail()
          assert.instanceOf(error, Config.ConfigError)
          assert.include(String(error), "The API key must be text that a header can hold")
          assert.strictEqual(String(error).includes("OPENAI_API_KEY"), !("apiKey" in options))
          assert.notInclude(shown(exit), canary)
        }
      })
    )

    it.effect("a key that is not Redacted is a defect that names the option", () =>
      Effect.gen(function* () {
        const exit = yield* Effect.exit(configured({ OPENAI_MODEL: "m" }, { apiKey: Config.succeed(canary as never) }))
        assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
        assert.include(shown(exit), '"apiKey" must be a Redacted text')
        assert.notInclude(shown(exit), canary)
      })
    )

    it.effect("takes a key with space around it", () =>
      Effect.gen(function* () {
        const server = yield* serve(completion({ content: "ok" }))
        yield* configured({ OPENAI_API_KEY: `${canary}\n`, OPENAI_BASE_URL: server.baseURL, OPENAI_MODEL: "m" })
        assert.strictEqual(Redacted.value((yield* server.request(0)).authorization!), `Bearer ${canary}`)
      })
    )

    it.effect.each([
      { missing: "OPENAI_API_KEY", env: { OPENAI_MODEL: "m" } },
      { missing: "OPENAI_API_KEY", env: { OPENAI_MODEL: "m", OPENAI_API_KEY: " \n" } },
      { missing: "OPENAI_API_KEY", env: { OPENAI_MODEL: "m", OPENAI_API_KEY: "" } },
      { missing: "OPENAI_MODEL", env: { OPENAI_API_KEY: canary } }
    ])("$env fails with a ConfigError that names $missing", ({ env, missing }) =>
      Effect.gen(function* () {
        const exit = yield* Effect.exit(configured(env as Record<string, string>))
        const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : assert.fail()
        assert.instanceOf(error, Config.ConfigError)
        assert.include(String(error), `is missing\n  at ["${missing}"]`)
        assert.notInclude(shown(exit), canary)
      })
    )
  })
})
