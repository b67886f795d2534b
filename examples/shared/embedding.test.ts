import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer } from "effect"
import { EmbeddingModel } from "effect/ai"
import { embeddingLayer, namedEmbedding, similarity } from "./embedding.ts"

const environment = (env: Readonly<Record<string, string>>) => ConfigProvider.layer(ConfigProvider.fromUnknown(env))

describe("embeddings", () => {
  it.effect("are alike where texts share terms, without a model", () =>
    Effect.gen(function* () {
      const model = yield* EmbeddingModel.EmbeddingModel
      const { embeddings } = yield* model.embedMany([
        "The probe was launched in May.",
        "Probes launch in May",
        "Goats eat the hay",
        ""
      ])
      const [a = [], b = [], c = [], nothing = []] = embeddings.map(({ vector }) => vector)
      assert.deepStrictEqual([a, b], [b, a])
      assert.closeTo(similarity(a, b), 1, 1e-9)
      assert.strictEqual(similarity(a, c), 0)
      assert.strictEqual(similarity(a, nothing), 0)
    }).pipe(Effect.provide(Layer.provide(embeddingLayer, environment({}))))
  )

  it.effect.each([
    [{}, undefined],
    [{ OPENAI_EMBEDDING_MODEL: "nomic" }, undefined],
    [{ OPENAI_API_KEY: "sk-1" }, undefined],
    [{ OPENAI_API_KEY: "sk-1", OPENAI_EMBEDDING_MODEL: "large" }, "large"],
    [{ OPENAI_BASE_URL: "http://127.0.0.1:1/v1", OPENAI_EMBEDDING_MODEL: "nomic" }, "nomic"]
  ] as const)("are those of a model that is named, and can be asked: %j", ([env, name]) =>
    Effect.gen(function* () {
      assert.strictEqual((yield* namedEmbedding)?.name, name)
    }).pipe(Effect.provide(environment(env)))
  )
})
