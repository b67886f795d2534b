import { assert, describe, it } from "@effect/vitest"
import { FakeOpenAi, OpenAiFault } from "@effect-pocketflow/testing"
import { Cause, Deferred, Effect, Exit, Fiber, Redacted } from "effect"
import { inspect } from "node:util"
import * as Http from "./http.ts"

const content = (reply: { readonly body: any }) => reply.body.choices[0].message.content

describe("FakeOpenAi", () => {
  describe("chat completions", () => {
    it.live("without a script say what the user said last", () =>
      Effect.gen(function* () {
        const server = yield* FakeOpenAi.make()
        const { body, status } = yield* Http.chat(server, "", {
          messages: [
            { role: "system", content: "Be brief." },
            Http.user("no"),
            { role: "assistant", content: "no" },
            {
              role: "user",
              content: [
                { type: "text", text: "What is" },
                { type: "text", text: "this?" }
              ]
            }
          ]
        })
        const [{ at }] = (yield* server.requests) as [FakeOpenAi.Request]
        assert.strictEqual(status, 200)
        assert.deepStrictEqual(body, {
          id: "chatcmpl-0",
          object: "chat.completion",
          created: Math.floor(at / 1000),
          model: "m",
          choices: [
            {
              index: 0,
              message: { role: "assistant", content: "What is\nthis?", refusal: null },
              finish_reason: "stop"
            }
          ],
          usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 }
        })
      })
    )

    it.live("stream word by word, with usage if it is asked for", () =>
      Effect.gen(function* () {
        const server = yield* FakeOpenAi.make({ replies: ["one two", "one two"] })
        const plain = yield* Http.streamed(server, "Hi")
        assert.isTrue(plain.text.endsWith("data: [DONE]\n\n"))
        assert.deepStrictEqual(
          Http.eventsOf(plain.text).map(({ choices }) => choices),
          [
            [{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }],
            [{ index: 0, delta: { content: "one " }, finish_reason: null }],
            [{ index: 0, delta: { content: "two" }, finish_reason: null }],
            [{ index: 0, delta: {}, finish_reason: "stop" }]
          ]
        )
        const { text } = yield* Http.streamed(server, "Hi", { stream_options: { include_usage: true } })
        const [first, ...events] = Http.eventsOf(text)
        assert.deepInclude(first, { object: "chat.completion.chunk", id: "chatcmpl-1", model: "m", usage: null })
        assert.deepInclude(events.at(-1), {
          choices: [],
          usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
        })
      })
    )

    const calls: ReadonlyArray<FakeOpenAi.Piece> = [
      { type: "tool-call", name: "add", params: { a: 1, b: 2 } },
      "Now ",
      { type: "tool-call", name: "add", params: {}, id: "mine" }
    ]

    it.live("call tools", () =>
      Effect.gen(function* () {
        const server = yield* FakeOpenAi.make({ replies: [calls] })
        const { body } = yield* Http.chat(server, "Hi")
        assert.deepStrictEqual(body.choices, [
          {
            index: 0,
            message: {
              role: "assistant",
              content: "Now ",
              refusal: null,
              tool_calls: [
                { id: "call-0-0", type: "function", function: { name: "add", arguments: '{"a":1,"b":2}' } },
                { id: "mine", type: "function", function: { name: "add", arguments: "{}" } }
              ]
            },
            finish_reason: "tool_calls"
          }
        ])
      })
    )

    it.live("call tools in a stream, in parts", () =>
      Effect.gen(function* () {
        const server = yield* FakeOpenAi.make({ replies: [calls] })
        const { text } = yield* Http.streamed(server, "Hi")
        const deltas = Http.eventsOf(text).map(({ choices }) => choices[0].delta)
        const parts = deltas.flatMap(({ tool_calls }) => tool_calls ?? [])
        assert.deepStrictEqual(parts, [
          { index: 0, id: "call-0-0", type: "function", function: { name: "add", arguments: "" } },
          { index: 0, function: { arguments: '{"a":1' } },
          { index: 0, function: { arguments: ',"b":2}' } },
          { index: 1, id: "mine", type: "function", function: { name: "add", arguments: "" } },
          { index: 1, function: { arguments: "{" } },
          { index: 1, function: { arguments: "}" } }
        ])
        assert.strictEqual(deltas.map(({ content }) => content ?? "").join(""), "Now ")
      })
    )

    it.live("are an object's JSON, an Effect's value, a function's result, a fault's echo", () =>
      Effect.gen(function* () {
        const server = yield* FakeOpenAi.make({
          replies: [
            { name: "Ada" },
            Effect.succeed("later"),
            ({ body, path }) => `${path} ${Object.keys(body as object).join()}`,
            OpenAiFault.nullContent,
            OpenAiFault.edit(({ choices }) => ({ choices: choices! }))
          ]
        })
        const said: Array<unknown> = []
        for (let i = 0; i < 4; i++) said.push(content(yield* Http.chat(server, "Hi")))
        assert.deepStrictEqual(said, ['{"name":"Ada"}', "later", "/v1/chat/completions model,messages", null])
        const { body } = yield* Http.chat(server, "Hi")
        assert.deepStrictEqual(Object.keys(body), ["choices"])
        assert.strictEqual(content({ body }), "Hi")
      })
    )

    it.live("wait for the Effects among their pieces", () =>
      Effect.gen(function* () {
        const heard = yield* Deferred.make<void>()
        const went = yield* Deferred.make<void>()
        const pieces = ["one", Deferred.await(heard), Deferred.succeed(went, undefined), "two"]
        const server = yield* FakeOpenAi.make({ rules: [{ when: /./, reply: pieces }] })
        const response = yield* Http.post(server, "/chat/completions", {
          model: "m",
          messages: [Http.user("Hi")],
          stream: true
        })
        const reader = response.body!.getReader()
        let text = ""
        while (!text.includes("one"))
          text += Buffer.from((yield* Effect.promise(() => reader.read())).value!).toString()
        assert.notInclude(text, "two")
        assert.isFalse(yield* Deferred.isDone(went))
        yield* Deferred.succeed(heard, undefined)
        while (!text.includes("[DONE]")) {
          text += Buffer.from((yield* Effect.promise(() => reader.read())).value!).toString()
        }
        assert.include(text, "two")
        assert.strictEqual(content(yield* Http.chat(server, "Hi")), "onetwo")
      })
    )
  })

  describe("the script", () => {
    it.live("takes faults by number, then rules, then replies; a fault uses no reply", () =>
      Effect.gen(function* () {
        const server = yield* FakeOpenAi.make({
          rules: [
            { when: /blue/, reply: "sky" },
            { when: ({ prompt }) => prompt === "never", reply: "x" }
          ],
          replies: ["first", "second", "third"],
          faults: { 1: OpenAiFault.status(500), 9: OpenAiFault.silence }
        })
        const ask = (prompt: string) =>
          Effect.map(Http.chat(server, prompt), (reply) => (reply.status === 200 ? content(reply) : reply.status))
        assert.strictEqual(yield* ask("a"), "first")
        assert.strictEqual(yield* ask("b"), 500)
        assert.strictEqual(yield* ask("is it blue?"), "sky")
        assert.strictEqual(yield* ask("b"), "second")
        assert.deepStrictEqual(yield* server.unused, ["rules[1]", "replies[2]", "faults[9]"])
      })
    )

    it.live("a fault that breaks a reply leaves it for the next attempt", () =>
      Effect.gen(function* () {
        const server = yield* FakeOpenAi.make({ replies: ["one two"], faults: { 0: OpenAiFault.cut(2) } })
        const cut = yield* Http.streamed(server, "Hi")
        assert.deepStrictEqual(
          Http.eventsOf(cut.text).map(({ choices }) => choices[0].delta.content),
          ["", "one "]
        )
        assert.deepStrictEqual(yield* server.unused, ["replies[0]"])
        assert.strictEqual(content(yield* Http.chat(server, "Hi")), "one two")
        assert.deepStrictEqual(yield* server.unused, [])
      })
    )

    it.live("at its end says so", () =>
      Effect.gen(function* () {
        const server = yield* FakeOpenAi.make({ replies: [], rules: [{ when: /no/, reply: "x" }] })
        const { body, status } = yield* Http.chat(server, "Hi")
        assert.strictEqual(status, 400)
        assert.deepStrictEqual(body.error, {
          message: 'No rule applies and no reply is left for request 0: "Hi"',
          type: "invalid_request_error",
          param: null,
          code: null
        })
      })
    )

    it.live("begins anew with each layer", () =>
      Effect.gen(function* () {
        const first = Effect.gen(function* () {
          return content(yield* Http.chat(yield* FakeOpenAi.FakeOpenAi, "Hi"))
        })
        const layer = FakeOpenAi.layer({ replies: ["first"] })
        assert.strictEqual(yield* Effect.provide(first, layer), "first")
        assert.strictEqual(yield* Effect.provide(first, layer, { local: true }), "first")
      })
    )
  })

  describe("refuses", () => {
    const call = { role: "assistant", tool_calls: [{ id: "1" }, { id: "2" }] }
    const result = (id: string) => ({ role: "tool", tool_call_id: id, content: "" })
    const messages = (...messages: ReadonlyArray<object | null>) => ({ model: "m", messages })

    it.live.each([
      { path: "/chat/completions", body: "{", says: "We could not parse the JSON body of your request." },
      { path: "/chat/completions", body: {}, says: "you must provide a model parameter" },
      { path: "/chat/completions", body: { model: "m" }, says: "Missing required parameter: 'messages'." },
      { path: "/chat/completions", body: messages(), says: "[] is too short - 'messages'" },
      { path: "/chat/completions", body: messages({ role: "me" }), says: "Invalid value for 'messages[0].role'." },
      { path: "/chat/completions", body: messages(null), says: "Invalid value for 'messages[0].role'." },
      { path: "/chat/completions", body: messages(result("1")), says: "messages[0] with role 'tool'" },
      {
        path: "/chat/completions",
        body: messages(call, result("1"), result("1")),
        says: "messages[2] with role 'tool'"
      },
      { path: "/chat/completions", body: messages(call, result("1")), says: "did not have response messages: 2" },
      { path: "/chat/completions", body: messages(call, Http.user("x")), says: "response messages: 1, 2" },
      {
        path: "/chat/completions",
        body: { ...messages(Http.user("x")), stream_options: {} },
        says: "'stream_options' parameter is only allowed"
      },
      { path: "/chat/completions", body: { ...messages(Http.user("x")), tool_choice: "auto" }, says: "'tool_choice'" },
      {
        path: "/chat/completions",
        body: { ...messages(Http.user("x")), response_format: { type: "json_schema" } },
        says: "'response_format.json_schema.schema'"
      },
      { path: "/embeddings", body: { input: "x" }, says: "you must provide a model parameter" },
      { path: "/embeddings", body: { model: "m" }, says: "Missing required parameter: 'input'." },
      { path: "/embeddings", body: { model: "m", input: [] }, says: "'$.input' is invalid" },
      { path: "/embeddings", body: { model: "m", input: ["a", ""] }, says: "'$.input' is invalid" },
      { path: "/embeddings", body: { model: "m", input: Array(2049).fill("a") }, says: "maximum is 2048 inputs" },
      { path: "/embeddings", body: { model: "m", input: "a", dimensions: 0 }, says: "'dimensions'" },
      { path: "/embeddings", body: { model: "m", input: "a", encoding_format: "x" }, says: "'encoding_format'" }
    ])("$path: $says", ({ body, path, says }) =>
      Effect.gen(function* () {
        const server = yield* FakeOpenAi.make()
        const reply = yield* Http.json(server, path, body)
        assert.strictEqual(reply.status, 400)
        assert.strictEqual(reply.body.error.type, "invalid_request_error")
        assert.include(reply.body.error.message, says)
      })
    )

    it.live("what is no part of the protocol, with 404", () =>
      Effect.gen(function* () {
        const server = yield* FakeOpenAi.make()
        assert.deepStrictEqual(yield* Http.json(server, "/models", "{}"), {
          status: 404,
          body: {
            error: {
              message: "Invalid URL (POST /v1/models)",
              type: "invalid_request_error",
              param: null,
              code: null
            }
          }
        })
      })
    )

    it.live("nothing that is right: results behind their calls", () =>
      Effect.gen(function* () {
        const server = yield* FakeOpenAi.make({ replies: ["ok"] })
        const reply = yield* Http.json(
          server,
          "/chat/completions",
          messages(Http.user("x"), call, result("2"), result("1"))
        )
        assert.strictEqual(content(reply), "ok")
      })
    )
  })

  describe("embeddings", () => {
    it.live("follow from the words, as floats and as base64", () =>
      Effect.gen(function* () {
        const server = yield* FakeOpenAi.make()
        const input = ["A red fox", "fox, red, a!", "wolves"]
        const body = { model: "m", input, dimensions: 5 }
        const floats = yield* Http.json(server, "/embeddings", body)
        const base64 = yield* Http.json(server, "/embeddings", { ...body, encoding_format: "base64" })
        const vectors: Array<Array<number>> = floats.body.data.map(({ embedding }: any) => embedding)
        assert.deepStrictEqual(
          base64.body.data.map(({ embedding }: any) => {
            const bytes = Buffer.from(embedding, "base64")
            return [...new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)]
          }),
          vectors
        )
        assert.deepStrictEqual(vectors[0], vectors[1])
        assert.notDeepEqual(vectors[0], vectors[2])
        for (const vector of vectors) {
          assert.strictEqual(vector.length, 5)
          assert.approximately(Math.hypot(...vector), 1, 1e-6)
        }
        assert.deepStrictEqual(floats.body.usage, { prompt_tokens: 7, total_tokens: 7 })
        assert.deepStrictEqual(
          floats.body.data.map(({ index }: any) => index),
          [0, 1, 2]
        )
      })
    )

    it.live("take one text, and have 256 dimensions", () =>
      Effect.gen(function* () {
        const server = yield* FakeOpenAi.make()
        const { body } = yield* Http.json(server, "/embeddings", { model: "m", input: "?!" })
        assert.strictEqual(body.data[0].embedding.length, 256)
        assert.strictEqual((yield* server.requests)[0]!.prompt, "?!")
      })
    )
  })

  it.live("lists a model", () =>
    Effect.gen(function* () {
      const server = yield* FakeOpenAi.make()
      const models = yield* Effect.promise(async () => (await fetch(`${server.baseURL}/models`)).json())
      assert.deepStrictEqual(models, {
        object: "list",
        data: [{ id: "fake-model", object: "model", created: 0, owned_by: "effect-pocketflow" }]
      })
      assert.deepInclude((yield* server.requests)[0], { method: "GET", path: "/v1/models", body: "", prompt: "" })
    })
  )

  describe("records", () => {
    it.live("requests, without the keys in them", () =>
      Effect.gen(function* () {
        const server = yield* FakeOpenAi.make()
        const before = Date.now()
        const keys = { authorization: "Bearer sk-1", "api-key": "sk-2", cookie: "sk-3", "x-other": "shown" }
        yield* Http.json(
          server,
          "/chat/completions",
          { model: "m", messages: [Http.user("a"), Http.user("b")] },
          {
            headers: keys
          }
        )
        yield* Http.chat(server, "c")
        const requests = yield* server.requests
        assert.notInclude(inspect(requests, { depth: null, showHidden: true }), "sk-")
        assert.notInclude(JSON.stringify(requests), "sk-")
        const [first, second] = requests as [FakeOpenAi.Request, FakeOpenAi.Request]
        assert.strictEqual(Redacted.value(first.authorization!), "Bearer sk-1")
        assert.isUndefined(second.authorization)
        assert.deepInclude(first.headers, {
          authorization: "<redacted>",
          "api-key": "<redacted>",
          cookie: "<redacted>",
          "x-other": "shown"
        })
        assert.deepInclude(first, {
          method: "POST",
          path: "/v1/chat/completions",
          prompt: "a\n\nb",
          body: { model: "m", messages: [Http.user("a"), Http.user("b")] }
        })
        assert.isTrue(before <= first.at && first.at <= second.at && second.at <= Date.now())
      })
    )

    it.live("when the client closes a connection too early", () =>
      Effect.gen(function* () {
        const server = yield* FakeOpenAi.make({ faults: { 0: OpenAiFault.silence } })
        const fiber = yield* Effect.forkChild(Http.chat(server, "a"))
        assert.strictEqual((yield* server.request(0)).prompt, "a")
        const at = Date.now()
        yield* Fiber.interrupt(fiber)
        assert.isTrue((yield* server.aborted(0)) >= at)
      })
    )

    it.live("as a defect, that the server ended what should have been aborted", () =>
      Effect.gen(function* () {
        const server = yield* FakeOpenAi.make({ faults: { 0: OpenAiFault.closeInBody } })
        for (const number of [0, 1]) {
          yield* Effect.exit(Http.chat(server, "a"))
          const exit = yield* Effect.exit(server.aborted(number))
          assert.include(
            Exit.isFailure(exit) ? String(exit.cause) : "",
            `The server ended its reply to request ${number}`
          )
        }
      })
    )
  })

  it.live("listens where it is told, again and again; where another does is a defect", () =>
    Effect.gen(function* () {
      const { baseURL } = yield* Effect.scoped(FakeOpenAi.make())
      const port = Number(new URL(baseURL).port)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const server = yield* FakeOpenAi.make({ port })
          assert.strictEqual(server.baseURL, baseURL)
          assert.strictEqual(content(yield* Http.chat(server, "Hi")), "Hi")
          const exit = yield* Effect.exit(FakeOpenAi.make({ port }))
          assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
          assert.include(
            Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "",
            `FakeOpenAi cannot listen on 127.0.0.1:${port}: it is taken`
          )
        })
      )
      assert.strictEqual((yield* FakeOpenAi.make({ port })).baseURL, baseURL)
    })
  )

  it.live("stops with its scope, whatever is under way", () =>
    Effect.gen(function* () {
      const [server, fiber] = yield* Effect.scoped(
        Effect.gen(function* () {
          const server = yield* FakeOpenAi.make({ rules: [{ when: /./, reply: Effect.never }] })
          const fiber = yield* Effect.forkDetach(Effect.exit(Http.chat(server, "a")))
          yield* server.request(0)
          return [server, fiber] as const
        })
      )
      assert.isTrue(Exit.isFailure(yield* Fiber.join(fiber)))
      assert.isTrue(Exit.isFailure(yield* Effect.exit(Http.chat(server, "a"))))
    })
  )
})
