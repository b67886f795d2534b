import { assert, describe, it } from "@effect/vitest"
import type * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Prompt from "effect/ai/Prompt"
import * as Tool from "effect/ai/Tool"
import * as Toolkit from "effect/ai/Toolkit"
import * as Cause from "effect/Cause"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import { inspect } from "node:util"
import { vi } from "vitest"
import { OpenAi } from "../../packages/ai/src/index.ts"
import * as Server from "./chatServer.ts"

const hello = LanguageModel.generateText({ prompt: "Hello" })
const streamed = Stream.runCollect(LanguageModel.streamText({ prompt: "Hello" }))
const calls: ReadonlyArray<Effect.Effect<unknown, AiError.AiError, LanguageModel.LanguageModel>> = [hello, streamed]

/** The failure of one call; the server must have seen exactly `requests`. */
const failureOf = Effect.fnUntraced(function* <A, E>(
  reply: Server.Reply,
  call: Effect.Effect<A, E, LanguageModel.LanguageModel>,
  requests = 1
) {
  const server = yield* Server.make(reply)
  const exit = yield* Effect.exit(Effect.provide(call, server.model()))
  assert.strictEqual(server.received.length, requests)
  if (Exit.isSuccess(exit)) return assert.fail(`a success: ${inspect(exit.value)}`)
  return Cause.squash(exit.cause) as AiError.AiError
})

const canary = "sk-canary-0123456789"

/** Everything a program could show of a failure. */
const shown = (exit: Exit.Exit<unknown, unknown>): string => {
  const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : exit
  return [
    inspect(exit, { depth: null, showHidden: true }),
    inspect(error, { depth: null, showHidden: true }),
    String(exit),
    String(error),
    JSON.stringify(exit),
    JSON.stringify(error),
    Exit.isFailure(exit) ? Cause.pretty(exit.cause) : ""
  ].join("\n")
}

describe("OpenAi", () => {
  describe("generateText", () => {
    it.effect("gives text, finish reason, usage and metadata", () =>
      Effect.gen(function* () {
        const server = yield* Server.make(Server.completion({ content: "Hi there." }))
        const response = yield* Effect.provide(hello, server.model({ apiKey: Redacted.make(canary) }))
        assert.strictEqual(response.text, "Hi there.")
        assert.strictEqual(response.finishReason, "stop")
        assert.deepStrictEqual({ ...response.usage }, {
          inputTokens: { total: 10, cacheRead: 4, uncached: 6 },
          outputTokens: { total: 5, reasoning: 2, text: 3 }
        } as any)
        assert.deepInclude(response.content[0], { id: "chatcmpl-1", modelId: "test-model-2026" })

        assert.strictEqual(server.received.length, 1)
        const { body, headers, path } = server.received[0]!
        assert.strictEqual(path, "/v1/chat/completions")
        assert.strictEqual(headers.authorization, `Bearer ${canary}`)
        assert.deepStrictEqual(body, {
          model: "test-model",
          messages: [{ role: "user", content: "Hello" }],
          stream: false
        })
      })
    )

    it.effect("sends every kind of message", () =>
      Effect.gen(function* () {
        const server = yield* Server.make(Server.completion({ content: "ok" }))
        yield* Effect.provide(
          LanguageModel.generateText({
            prompt: Prompt.fromMessages([
              Prompt.systemMessage({ content: "Be brief." }),
              Prompt.userMessage({
                content: [
                  Prompt.textPart({ text: "What is this?" }),
                  Prompt.filePart({ mediaType: "image/png", data: new Uint8Array([1, 2, 3]) }),
                  Prompt.filePart({ mediaType: "image/png", data: new URL("https://example.com/a.png") })
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
          server.model({ parameters: { temperature: 0, top_k: 5, model: "another", stream: true } })
        )
        assert.deepStrictEqual(server.received[0]!.body, {
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
                { type: "image_url", image_url: { url: "https://example.com/a.png" } }
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

    it.effect("refuses a file that the wire cannot carry, without a request", () =>
      Effect.gen(function* () {
        const error = yield* failureOf(
          Server.silence,
          LanguageModel.generateText({
            prompt: [{ role: "user", content: [{ type: "file", mediaType: "video/mp4", data: "AAAA" }] }]
          }),
          0
        )
        assert.strictEqual(
          error.message,
          'OpenAi.generateText: Invalid user input: Chat completions cannot carry a user\'s file of type "video/mp4"'
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
        const server = yield* Server.make(Server.completion({ content: "ok" }))
        yield* Effect.provide(hello, server.model())
        assert.isUndefined(server.received[0]!.headers.authorization)
        assert.notInclude(JSON.stringify(server.received[0]!.headers), canary)
      })
    )

    it.effect.each([
      { status: 400, tag: "InvalidRequestError", retryable: false },
      { status: 401, tag: "AuthenticationError", retryable: false },
      { status: 403, tag: "AuthenticationError", retryable: false },
      { status: 404, tag: "InvalidRequestError", retryable: false },
      { status: 408, tag: "InternalProviderError", retryable: true },
      { status: 409, tag: "InternalProviderError", retryable: true },
      { status: 418, tag: "UnknownError", retryable: false },
      { status: 422, tag: "InvalidRequestError", retryable: false },
      { status: 429, tag: "RateLimitError", retryable: true },
      { status: 500, tag: "InternalProviderError", retryable: true },
      { status: 502, tag: "InternalProviderError", retryable: true },
      { status: 503, tag: "InternalProviderError", retryable: true },
      { status: 529, tag: "InternalProviderError", retryable: true }
    ])("status $status is a $tag, asked once", ({ retryable, status, tag }) =>
      Effect.gen(function* () {
        for (const call of calls) {
          const error = yield* failureOf(
            Server.error(status, { code: "a_code" }, { "x-request-id": "req-1", "x-should-retry": "true" }),
            call
          )
          assert.strictEqual(error._tag, "AiError")
          assert.strictEqual(error.module, "OpenAi")
          assert.strictEqual(error.reason._tag, tag)
          assert.strictEqual(error.isRetryable, retryable)
          assert.deepStrictEqual((error.reason as AiError.UnknownError).http?.response, {
            status,
            headers: { "content-type": "application/json", "x-request-id": "req-1" }
          })
          assert.deepStrictEqual((error.reason as AiError.UnknownError).metadata, {
            openai: { code: "a_code", requestId: "req-1" }
          })
          if (status !== 429) assert.include(error.message, "the server's words")
        }
      })
    )

    it.effect.each([
      { status: 429, code: "insufficient_quota", tag: "QuotaExhaustedError" },
      { status: 400, code: "content_filter", tag: "ContentPolicyError" }
    ])("code $code is a $tag", ({ code, status, tag }) =>
      Effect.gen(function* () {
        const error = yield* failureOf(Server.error(status, { code }), hello)
        assert.strictEqual(error.reason._tag, tag)
      })
    )

    it.effect.each([
      { headers: { "retry-after": "70" }, millis: 70_000 },
      { headers: { "retry-after": "0" }, millis: 0 },
      { headers: { "retry-after-ms": "1500", "retry-after": "9" }, millis: 1500 },
      {
        headers: { date: "Thu, 01 Jan 2026 00:00:00 GMT", "retry-after": "Thu, 01 Jan 2026 00:01:00 GMT" },
        millis: 60_000
      },
      { headers: { "retry-after": "-1" }, millis: undefined },
      { headers: { "retry-after": "soon" }, millis: undefined },
      { headers: { "retry-after": "soon 12345" }, millis: undefined },
      { headers: { "retry-after": "sk-canary-12345" }, millis: undefined },
      { headers: { "retry-after": "" }, millis: undefined },
      { headers: {}, millis: undefined }
    ])("$headers asks for $millis ms", ({ headers, millis }) =>
      Effect.gen(function* () {
        const error = yield* failureOf(Server.error(429, {}, headers), hello)
        assert.strictEqual(error.retryAfter && Duration.toMillis(error.retryAfter), millis)
      })
    )

    it.effect.each([
      {
        name: "HTML with status 200",
        reply: Server.text(200, "text/html", "<html>Sign in</html>"),
        tag: "InvalidResponseError",
        says: "Expected a valid JSON string"
      },
      {
        name: "malformed JSON",
        reply: Server.text(200, "application/json", '{"choices":[{"mess'),
        tag: "InvalidResponseError",
        says: "Expected a valid JSON string"
      },
      {
        name: "an empty body",
        reply: Server.text(200, "application/json", ""),
        tag: "InvalidResponseError",
        says: "Expected a valid JSON string"
      },
      {
        name: "JSON of another shape",
        reply: Server.json({ error: { message: "no such route" } }),
        tag: "InvalidResponseError",
        says: 'Missing key\n  at ["choices"]'
      },
      {
        name: "empty choices",
        reply: Server.json({ choices: [] }),
        tag: "InvalidResponseError",
        says: "The server gave no choices"
      },
      {
        name: "no finish_reason",
        reply: Server.completion({ content: "Half an ans" }, null),
        tag: "InvalidResponseError",
        says: "The answer has no finish_reason"
      },
      {
        name: "null content",
        reply: Server.completion({ content: null }),
        tag: "InvalidOutputError",
        says: "The model said nothing"
      },
      {
        name: "empty content",
        reply: Server.completion({ content: "" }),
        tag: "InvalidOutputError",
        says: "The model said nothing"
      },
      {
        name: "finish_reason length",
        reply: Server.completion({ content: "Half an ans" }, "length"),
        tag: "InvalidOutputError",
        says: "The answer is cut off at the token limit"
      },
      {
        name: "an unknown finish_reason",
        reply: Server.completion({ content: "Half an ans" }, "model_length"),
        tag: "InvalidOutputError",
        says: 'The answer ended with finish_reason "model_length"'
      },
      {
        name: "finish_reason content_filter",
        reply: Server.completion({ content: "Half an ans" }, "content_filter"),
        tag: "ContentPolicyError",
        says: "The content filter stopped the answer"
      },
      {
        name: "a refusal",
        reply: Server.completion({ content: null, refusal: "I cannot help with that." }),
        tag: "ContentPolicyError",
        says: "I cannot help with that."
      },
      {
        name: "a body that breaks off",
        reply: Server.breakOff,
        tag: "NetworkError",
        says: "TransportError: terminated"
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
        const { reason } = yield* failureOf(Server.text(200, "text/html", "<html>Sign in</html>"), hello)
        assert.deepStrictEqual((reason as AiError.InvalidResponseError).http, {
          response: { status: 200, headers: { "content-type": "text/html" } },
          body: "<html>Sign in</html>"
        })
      })
    )

    it.effect.each([
      { baseURL: "http://127.0.0.1:1/v1", reason: "TransportError" },
      { baseURL: "not a url", reason: "InvalidUrlError" },
      { baseURL: `http://user:${canary}@127.0.0.1:1/v1`, reason: "TransportError" }
    ])("base URL $baseURL is a $reason", ({ baseURL, reason }) =>
      Effect.gen(function* () {
        for (const call of calls) {
          const exit = yield* Effect.exit(Effect.provide(call, OpenAi.layer({ model: "m", baseURL })))
          const error = Exit.isFailure(exit) ? (Cause.squash(exit.cause) as AiError.AiError) : assert.fail()
          assert.strictEqual(error.reason._tag, "NetworkError")
          assert.strictEqual((error.reason as AiError.NetworkError).reason, reason)
          assert.notInclude(shown(exit), canary)
        }
      })
    )
  })

  describe("interruption", () => {
    it.effect("before the reply closes the connection", () =>
      Effect.gen(function* () {
        for (const call of calls) {
          const server = yield* Server.make(Server.silence)
          const fiber = yield* Effect.forkChild(Effect.provide(call, server.model()))
          yield* server.asked
          yield* Fiber.interrupt(fiber)
          yield* server.aborted
          assert.strictEqual(server.received.length, 1)
        }
      })
    )

    it.effect("in the middle of the reply closes the connection", () =>
      Effect.gen(function* () {
        const fetch = globalThis.fetch
        yield* Effect.addFinalizer(() => Effect.sync(() => vi.restoreAllMocks()))
        for (const call of calls) {
          const replied = yield* Deferred.make<void>()
          vi.spyOn(globalThis, "fetch").mockImplementation(async (...args) => {
            const response = await fetch(...args)
            Deferred.doneUnsafe(replied, Effect.void)
            return response
          })
          const server = yield* Server.make(Server.stall)
          const fiber = yield* Effect.forkChild(Effect.provide(call, server.model()))
          yield* Deferred.await(replied)
          yield* Fiber.interrupt(fiber)
          yield* server.aborted
        }
      })
    )

    it.effect("between the events of a stream closes the connection", () =>
      Effect.gen(function* () {
        const server = yield* Server.make(Server.events([Server.chunk({ content: "one" })], false))
        const delta = yield* Deferred.make<void>()
        const fiber = yield* LanguageModel.streamText({ prompt: "Hello" }).pipe(
          Stream.runForEach((part) => (part.type === "text-delta" ? Deferred.succeed(delta, undefined) : Effect.void)),
          Effect.provide(server.model()),
          Effect.forkChild
        )
        yield* Deferred.await(delta)
        yield* Fiber.interrupt(fiber)
        yield* server.aborted
      })
    )

    it.effect("of a consumer that has enough closes the connection", () =>
      Effect.gen(function* () {
        const server = yield* Server.make(
          Server.events([Server.chunk({ content: "one" }), Server.chunk({ content: "two" })], false)
        )
        const parts = yield* LanguageModel.streamText({ prompt: "Hello" }).pipe(
          Stream.filter((part) => part.type === "text-delta"),
          Stream.take(1),
          Stream.runCollect,
          Effect.provide(server.model())
        )
        assert.deepStrictEqual(
          parts.map((part) => part.delta),
          ["one"]
        )
        yield* server.aborted
      })
    )
  })

  describe("secrets", () => {
    it.effect.each([
      { name: "an error", reply: Server.error(401, { message: `wrong key ${canary}`, code: canary }) },
      {
        name: "an error in HTML",
        reply: Server.text(500, "text/html", `<b>${canary}</b>`, { "x-request-id": canary })
      },
      { name: "a reply", reply: Server.text(200, "text/html", `<b>${canary}</b>`) },
      { name: "a stream", reply: Server.events([{ error: { message: canary } }]) },
      { name: "a refusal", reply: Server.completion({ content: null, refusal: `not with ${canary}` }) },
      { name: "a finish_reason", reply: Server.completion({ content: "x" }, canary) },
      {
        name: "the name of a tool",
        reply: Server.completion(
          { tool_calls: [{ id: "1", type: "function", function: { name: canary, arguments: "{}" } }] },
          "tool_calls"
        )
      },
      { name: "a streamed refusal", reply: Server.events([Server.chunk({ refusal: canary }, "stop")]) }
    ])("a key that the server echoes in $name is not shown", ({ reply }) =>
      Effect.gen(function* () {
        for (const call of calls) {
          const server = yield* Server.make(reply)
          const exit = yield* Effect.exit(Effect.provide(call, server.model({ apiKey: Redacted.make(canary) })))
          assert.isTrue(Exit.isFailure(exit))
          assert.notInclude(shown(exit), canary)
        }
      })
    )

    it.effect("a key that cannot be sent is not shown", () =>
      Effect.gen(function* () {
        const key = `${canary}\n${canary}`
        const server = yield* Server.make(Server.silence)
        const exit = yield* Effect.exit(Effect.provide(hello, server.model({ apiKey: Redacted.make(key) })))
        assert.strictEqual(server.received.length, 0)
        assert.include(shown(exit), '"Bearer <redacted>" is an invalid header value')
        assert.notInclude(shown(exit), canary)
      })
    )

    it.effect("spans show model and usage, not the key", () =>
      Effect.gen(function* () {
        const spans: Array<Tracer.NativeSpan> = []
        const tracer = Tracer.make({
          span: (options) => {
            const span = new Tracer.NativeSpan(options)
            spans.push(span)
            return span
          }
        })
        const server = yield* Server.make(Server.completion({ content: "Hi" }))
        yield* hello.pipe(Effect.provide(server.model({ apiKey: Redacted.make(canary) })), Effect.withTracer(tracer))
        const attributes = Object.fromEntries(spans.flatMap((span) => [...span.attributes]))
        assert.deepInclude(attributes, {
          "gen_ai.provider.name": "openai",
          "gen_ai.operation.name": "chat",
          "gen_ai.request.model": "test-model",
          "gen_ai.usage.input_tokens": 10,
          "gen_ai.usage.output_tokens": 5
        })
        assert.notInclude(inspect(spans, { depth: null }), canary)
      })
    )

    it.effect("the service does not show the key", () =>
      Effect.gen(function* () {
        const service = yield* LanguageModel.LanguageModel
        assert.notInclude(inspect(service, { depth: null, showHidden: true }), canary)
      }).pipe(Effect.provide(OpenAi.layer({ model: "m", apiKey: Redacted.make(canary) })))
    )
  })

  describe("generateObject", () => {
    const Person = Schema.Struct({ name: Schema.String, age: Schema.optionalKey(Schema.Finite) })

    it.effect("asks for a JSON schema and decodes the reply", () =>
      Effect.gen(function* () {
        const server = yield* Server.make(Server.completion({ content: '{"name":"Ada","age":null}' }))
        const { value } = yield* Effect.provide(
          LanguageModel.generateObject({ prompt: "Who?", schema: Person, objectName: "a/person" }),
          server.model()
        )
        assert.deepStrictEqual(value, { name: "Ada" })
        assert.deepStrictEqual(server.received[0]!.body.response_format, {
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
          Server.completion({ content: '{"name":1,"age":null}' }),
          LanguageModel.generateObject({ prompt: "Who?", schema: Person })
        )
        assert.strictEqual(error.reason._tag, "StructuredOutputError")
      })
    )

    it.effect("a schema that the server cannot take is an UnsupportedSchemaError, without a request", () =>
      Effect.gen(function* () {
        const error = yield* failureOf(
          Server.silence,
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
        const server = yield* Server.make(Server.completion(call("add", '{"a":2,"b":3}'), "tool_calls"))
        const response = yield* Effect.provide(sum, server.model())
        assert.strictEqual(response.finishReason, "tool-calls")
        assert.deepStrictEqual(
          response.toolResults.map((result) => result.result),
          [5]
        )
        assert.deepStrictEqual(server.received[0]!.body.tools, [
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
        assert.strictEqual(server.received[0]!.body.tool_choice, "auto")
      })
    )

    it.effect("are called from a stream", () =>
      Effect.gen(function* () {
        const delta = (fn: object, id?: string) => Server.chunk({ tool_calls: [{ index: 0, id, function: fn }] })
        const server = yield* Server.make(
          Server.events([
            delta({ name: "add", arguments: "" }, "call-1"),
            delta({ arguments: '{"a":2,' }),
            delta({ arguments: '"b":3}' }),
            Server.chunk({}, "tool_calls"),
            Server.done
          ])
        )
        const parts = yield* LanguageModel.streamText({ prompt: "2 + 3?", toolkit }).pipe(
          Stream.runCollect,
          Effect.provide([handlers, server.model()])
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
          Server.chunk({ tool_calls: [{ index: 0, id, function: { name: "add", arguments: args } }] })
        const server = yield* Server.make(
          Server.events([
            whole("call-1", '{"a":2,"b":3}'),
            whole("call-2", '{"a":4,"b":5}'),
            Server.chunk({}, "tool_calls")
          ])
        )
        const parts = yield* LanguageModel.streamText({ prompt: "?", toolkit }).pipe(
          Stream.runCollect,
          Effect.provide([handlers, server.model()])
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
          Server.completion({ tool_calls: [{ function: { name: "add", arguments: "{}" } }] }, "tool_calls"),
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
        const error = yield* failureOf(Server.completion(reply, "tool_calls"), sum)
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
          Server.silence,
          LanguageModel.generateText({ prompt: "?", toolkit: Toolkit.make(Search(undefined)) }),
          0
        )
        assert.strictEqual(error.reason._tag, "ToolConfigurationError")
      })
    )
  })

  describe("streamText", () => {
    it.effect("gives the text as it comes, then finish reason and usage", () =>
      Effect.gen(function* () {
        const server = yield* Server.make(
          Server.events([
            Server.chunk({ role: "assistant", content: "" }),
            Server.chunk({ content: "Hi " }),
            ": keep-alive\n\n",
            Server.chunk({ content: "there." }),
            Server.chunk({}, "stop"),
            { id: "chatcmpl-2", choices: [], usage: { prompt_tokens: 10, completion_tokens: 5 } },
            Server.done
          ])
        )
        const parts = yield* Effect.provide(streamed, server.model())
        assert.deepStrictEqual(
          parts.map((part) => part.type),
          ["response-metadata", "text-start", "text-delta", "text-delta", "text-end", "finish"]
        )
        assert.strictEqual(parts.map((part) => (part.type === "text-delta" ? part.delta : "")).join(""), "Hi there.")
        const finish = parts.at(-1)!
        assert.deepInclude(finish, { reason: "stop" })
        assert.strictEqual(finish.type === "finish" && finish.usage.inputTokens.total, 10)
        assert.deepStrictEqual(server.received[0]!.body, {
          model: "test-model",
          messages: [{ role: "user", content: "Hello" }],
          stream: true,
          stream_options: { include_usage: true }
        })
      })
    )

    const half = Server.chunk({ content: "Half an ans" })

    it.effect.each([
      {
        name: "HTML with status 200",
        reply: Server.text(200, "text/html", "<html>Sign in</html>"),
        tag: "InvalidResponseError",
        says: "The server gave no server-sent events"
      },
      {
        name: "a whole completion",
        reply: Server.completion({ content: "Hi" }),
        tag: "InvalidResponseError",
        says: "The server gave no server-sent events"
      },
      {
        name: "a stream that ends without finish_reason",
        reply: Server.events([half]),
        tag: "NetworkError",
        says: "The stream ended before the answer did"
      },
      {
        name: "[DONE] without finish_reason",
        reply: Server.events([half, Server.done]),
        tag: "NetworkError",
        says: "The stream ended before the answer did"
      },
      {
        name: "a malformed event",
        reply: Server.events([half, 'data: {"choi\n\n']),
        tag: "InvalidResponseError",
        says: "malformed server-sent event JSON"
      },
      {
        name: "an event of another shape",
        reply: Server.events([half, { choices: 1 }]),
        tag: "InvalidResponseError",
        says: "Expected array"
      },
      {
        name: "an error event",
        reply: Server.events([half, { error: { message: "overloaded" } }]),
        tag: "InternalProviderError",
        says: "overloaded"
      },
      {
        name: "a connection that breaks",
        reply: (response: Parameters<Server.Reply>[0]) => {
          Server.events([half], false)(response)
          setImmediate(() => response.destroy())
        },
        tag: "NetworkError",
        says: "TransportError: terminated"
      },
      {
        name: "finish_reason length",
        reply: Server.events([half, Server.chunk({}, "length"), Server.done]),
        tag: "InvalidOutputError",
        says: "The answer is cut off at the token limit"
      },
      {
        name: "nothing said",
        reply: Server.events([Server.chunk({}, "stop"), Server.done]),
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
        const server = yield* Server.make(Server.completion({ content: "ok" }))
        yield* configured({ OPENAI_API_KEY: canary, OPENAI_BASE_URL: server.baseURL, OPENAI_MODEL: "from-env" })
        assert.strictEqual(server.received[0]!.body.model, "from-env")
        assert.strictEqual(server.received[0]!.headers.authorization, `Bearer ${canary}`)
      })
    )

    it.effect("takes other configuration instead", () =>
      Effect.gen(function* () {
        const server = yield* Server.make(Server.completion({ content: "ok" }))
        yield* configured(
          { LOCAL_MODEL: "local" },
          {
            apiKey: Config.succeed(undefined),
            baseURL: Config.succeed(server.baseURL),
            model: Config.String("LOCAL_MODEL"),
            parameters: { seed: 1 }
          }
        )
        assert.deepInclude(server.received[0]!.body, { model: "local", seed: 1 })
        assert.isUndefined(server.received[0]!.headers.authorization)
      })
    )

    it.effect.each([
      { missing: "OPENAI_API_KEY", env: { OPENAI_MODEL: "m" } },
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
