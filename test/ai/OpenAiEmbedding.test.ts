import { assert, describe, it } from "@effect/vitest"
import { FakeOpenAi, OpenAiFault } from "@effect-pocketflow/testing"
import type * as AiError from "effect/ai/AiError"
import * as EmbeddingModel from "effect/ai/EmbeddingModel"
import * as Cause from "effect/Cause"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { OpenAiEmbedding } from "../../packages/ai/src/index.ts"
import { canary, errorOf, shown, traced } from "./support.ts"

const modelOf = ({ baseURL }: FakeOpenAi.FakeOpenAi, options?: Partial<OpenAiEmbedding.Options>) =>
  OpenAiEmbedding.layer({ model: "test-model", baseURL, ...options })

const embedMany = (texts: ReadonlyArray<string>) =>
  Effect.flatMap(EmbeddingModel.EmbeddingModel, (model) => model.embedMany(texts))

const vectorsOf = ({ embeddings }: EmbeddingModel.EmbedManyResponse) => embeddings.map(({ vector }) => vector)

/** The vectors that the server computes, by another client. */
const expected = ({ baseURL }: FakeOpenAi.FakeOpenAi, input: ReadonlyArray<string>, fields: object = {}) =>
  Effect.promise(async () => {
    const body = JSON.stringify({ model: "m", input, ...fields })
    const { data }: any = await (await fetch(`${baseURL}/embeddings`, { method: "POST", body })).json()
    return data.map(({ embedding }: any) => embedding) as ReadonlyArray<ReadonlyArray<number>>
  })

/** The failure of one call; the server must have seen one request. */
const failureOf = Effect.fnUntraced(function* (
  fault: OpenAiFault.OpenAiFault,
  options?: Partial<OpenAiEmbedding.Options>
) {
  const server = yield* FakeOpenAi.make({ faults: { 0: fault } })
  const exit = yield* Effect.exit(Effect.provide(embedMany(["a", "b"]), modelOf(server, options)))
  assert.strictEqual((yield* server.requests).length, 1)
  return errorOf(exit)
})

const texts = ["a red fox", "two wolves", "the fox"]

describe("OpenAiEmbedding", () => {
  it.effect("gives a vector a text, and the tokens", () =>
    Effect.gen(function* () {
      const server = yield* FakeOpenAi.make()
      const reply = yield* Effect.provide(embedMany(texts), modelOf(server, { apiKey: Redacted.make(canary) }))
      assert.deepStrictEqual(vectorsOf(reply), yield* expected(server, texts))
      assert.strictEqual(reply.usage.inputTokens, 7)
      const { authorization, body, path } = yield* server.request(0)
      assert.strictEqual(path, "/v1/embeddings")
      assert.strictEqual(Redacted.value(authorization!), `Bearer ${canary}`)
      assert.deepStrictEqual(body, { model: "test-model", input: texts, encoding_format: "base64" })
    })
  )

  it.effect("asks for dimensions, and sends further parameters", () =>
    Effect.gen(function* () {
      const server = yield* FakeOpenAi.make()
      const model = modelOf(server, { dimensions: 3, parameters: { user: "me", model: "another", input: "x" } })
      const reply = yield* Effect.provide(embedMany(texts), model)
      assert.deepStrictEqual(vectorsOf(reply), yield* expected(server, texts, { dimensions: 3 }))
      const { body } = yield* server.request(0)
      assert.deepInclude(body, { model: "test-model", input: texts, dimensions: 3, user: "me" })
    })
  )

  it.effect("splits many texts, in order, and adds up the tokens", () =>
    Effect.gen(function* () {
      const server = yield* FakeOpenAi.make()
      const reply = yield* Effect.provide(embedMany(texts), modelOf(server, { inputsPerRequest: 2 }))
      const requests = yield* server.requests
      assert.deepStrictEqual(
        requests.map(({ prompt }) => prompt),
        ["a red fox\n\ntwo wolves", "the fox"]
      )
      assert.deepStrictEqual(vectorsOf(reply), yield* expected(server, texts))
      assert.strictEqual(reply.usage.inputTokens, 7)
    })
  )

  it.effect("calls of embed that run at once share a request", () =>
    Effect.gen(function* () {
      const server = yield* FakeOpenAi.make()
      const vectors = yield* Effect.gen(function* () {
        const { embed } = yield* EmbeddingModel.EmbeddingModel
        const replies = yield* Effect.forEach(texts, embed, { concurrency: "unbounded" })
        return replies.map(({ vector }) => vector)
      }).pipe(Effect.provide(modelOf(server)))
      assert.strictEqual((yield* server.requests).length, 1)
      assert.deepStrictEqual(vectors, yield* expected(server, texts))
    })
  )

  const data = (change: (data: ReadonlyArray<any>) => unknown) =>
    OpenAiFault.edit((json) => ({ ...json, data: change(json["data"] as ReadonlyArray<any>) as null }))
  const vectors = (change: (vector: string, index: number) => unknown) =>
    data((data) => data.map((item, index) => ({ ...item, embedding: change(item.embedding, index) })))
  const base64 = (...values: ReadonlyArray<number>) => Buffer.from(new Float32Array(values).buffer).toString("base64")

  it.effect.each([
    { name: "in another order", fault: data((data) => data.toReversed()) },
    { name: "without an index", fault: data((data) => data.map(({ embedding }) => ({ embedding }))) },
    {
      name: "as numbers",
      fault: vectors((vector) => [...new Float32Array(new Uint8Array(Buffer.from(vector, "base64")).buffer)])
    }
  ])("takes vectors $name", ({ fault }) =>
    Effect.gen(function* () {
      const server = yield* FakeOpenAi.make({ faults: { 0: fault } })
      const reply = yield* Effect.provide(embedMany(texts), modelOf(server))
      assert.deepStrictEqual(vectorsOf(reply), yield* expected(server, texts))
    })
  )

  it.effect.each([
    { name: "too few", fault: data((data) => data.slice(1)), says: "1 embeddings for 2 texts" },
    { name: "too many", fault: data((data) => [...data, ...data]), says: "4 embeddings for 2 texts" },
    {
      name: "of one text twice",
      fault: data((data) => data.map((item) => ({ ...item, index: 0 }))),
      says: "no embedding for text 1"
    },
    {
      name: "of different lengths",
      fault: vectors((vector, index) => (index === 0 ? vector : base64(1))),
      says: "Embedding 1 has 1 dimensions instead of 256"
    },
    { name: "that are empty", fault: vectors(() => ""), says: "Embedding 0 has 0 dimensions" },
    {
      name: "not finite",
      fault: vectors(() => base64(1, Number.NaN)),
      says: "Embedding 0 has numbers that are not finite"
    },
    { name: "not base64", fault: vectors(() => "???"), says: "Embedding 0 is not base64" },
    { name: "of half a number", fault: vectors(() => "AAAA"), says: "Embedding 0 is not base64" },
    { name: "of another shape", fault: vectors(() => true), says: "Invalid response" },
    { name: "in HTML", fault: OpenAiFault.body("<html>"), says: "The reply is text/html, not JSON" }
  ])("vectors $name are an InvalidResponseError", ({ fault, says }) =>
    Effect.gen(function* () {
      const error = yield* failureOf(fault)
      assert.deepInclude(error, { module: "OpenAiEmbedding", method: "embedMany" })
      assert.strictEqual(error.reason._tag, "InvalidResponseError")
      assert.include(error.message, says)
    })
  )

  it.effect("vectors of other dimensions than asked for are an InvalidResponseError", () =>
    Effect.gen(function* () {
      const error = yield* failureOf(
        vectors(() => base64(1, 0)),
        { dimensions: 3 }
      )
      assert.include(error.message, "Embedding 0 has 2 dimensions instead of 3")
    })
  )

  // The rows of the table in test/faults/modelCalls/replies.test.ts that show: it is the same client.
  it.effect.each([
    { name: "a status", fault: OpenAiFault.status(503), tag: "InternalProviderError" },
    { name: "a reset", fault: OpenAiFault.resetInBody, tag: "NetworkError" },
    { name: "too much", fault: OpenAiFault.body("x".repeat(6000)), tag: "InvalidResponseError" },
    { name: "invalid UTF-8", fault: OpenAiFault.body(Uint8Array.of(0xff)), tag: "InvalidResponseError" }
  ])("$name is a $tag", ({ fault, tag }) =>
    Effect.gen(function* () {
      assert.strictEqual((yield* failureOf(fault, { maxReplyBytes: 5000 })).reason._tag, tag)
    })
  )

  it.effect("a key that the server echoes is not shown", () =>
    Effect.gen(function* () {
      for (const fault of [OpenAiFault.status(401, { message: canary }), OpenAiFault.body({ data: canary })]) {
        const server = yield* FakeOpenAi.make({ faults: { 0: fault } })
        const model = modelOf(server, { apiKey: Redacted.make(canary) })
        const exit = yield* Effect.exit(Effect.provide(embedMany(["a"]), model))
        assert.isTrue(Exit.isFailure(exit))
        assert.notInclude(shown(exit), canary)
      }
    })
  )

  it.effect("spans have the attributes of the conventions", () =>
    Effect.gen(function* () {
      const server = yield* FakeOpenAi.make()
      const [, spans] = yield* traced(Effect.provide(embedMany(texts), modelOf(server)))
      const attributes = spans.find(({ name }) => name === "EmbeddingModel.embedMany")!.attributes
      assert.deepStrictEqual(Object.fromEntries(attributes), {
        "gen_ai.provider.name": "openai",
        "gen_ai.operation.name": "embeddings",
        "gen_ai.request.model": "test-model",
        "gen_ai.request.encoding_formats": ["base64"],
        "gen_ai.response.model": "test-model",
        "gen_ai.usage.input_tokens": 7
      })
    })
  )

  it.effect.each<{ options: Partial<OpenAiEmbedding.Options>; says: string }>([
    { options: { baseURL: "localhost:1/v1" }, says: '"baseURL" must be a URL' },
    { options: { inputsPerRequest: 0 }, says: '"inputsPerRequest" must be at least 1' }
  ])("an option that cannot work is a defect of the layer: $says", ({ options, says }) =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(
        Effect.provide(embedMany(texts), OpenAiEmbedding.layer({ model: "m", ...options }))
      )
      assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      assert.include(shown(exit), says)
    })
  )

  describe("layerConfig", () => {
    const configured = (env: Record<string, string>, options?: Parameters<typeof OpenAiEmbedding.layerConfig>[0]) =>
      Effect.provide(
        embedMany(["a"]),
        OpenAiEmbedding.layerConfig(options).pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env }))))
      )

    it.effect("reads key, base URL and model; takes other configuration instead", () =>
      Effect.gen(function* () {
        const { baseURL, request } = yield* FakeOpenAi.make()
        const env = { OPENAI_API_KEY: canary, OPENAI_BASE_URL: baseURL, OPENAI_EMBEDDING_MODEL: "from-env" }
        yield* configured(env)
        assert.deepInclude((yield* request(0)).body, { model: "from-env" })
        assert.strictEqual(Redacted.value((yield* request(0)).authorization!), `Bearer ${canary}`)
        yield* configured(env, { model: Config.succeed("other"), apiKey: Config.succeed(undefined), dimensions: 4 })
        assert.deepInclude((yield* request(1)).body, { model: "other", dimensions: 4 })
        assert.isUndefined((yield* request(1)).authorization)
      })
    )

    it.effect("fails with a ConfigError that names what is missing", () =>
      Effect.gen(function* () {
        const error: AiError.AiError | Config.ConfigError = yield* Effect.flip(configured({ OPENAI_API_KEY: "key" }))
        assert.strictEqual(error._tag, "ConfigError")
        assert.include(String(error), 'The name of the model is missing\n  at ["OPENAI_EMBEDDING_MODEL"]')
      })
    )
  })
})
