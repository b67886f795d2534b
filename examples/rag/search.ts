/** Two ways of searching: by embeddings where a model is configured, else by words. */
import { type Config, Context, Effect, Layer, Schema } from "effect"
import { type AiError, EmbeddingModel } from "effect/ai"
import MiniSearch from "minisearch"
import { namedEmbedding, similarity } from "../shared/embedding.ts"
import type { Document } from "../shared/library.ts"
import { termOf } from "../shared/text.ts"

export class Search extends Context.Service<
  Search,
  {
    /** The way of searching. What another one has indexed is of no use to it. */
    readonly name: string
    /** Makes an index of passages, as text that can be saved. */
    readonly index: (passages: ReadonlyArray<typeof Document.Type>) => Effect.Effect<string, AiError.AiError>
    /** The ids of the passages that have to do with a question, best first. */
    readonly find: (index: string, question: string) => Effect.Effect<ReadonlyArray<string>, AiError.AiError>
  }
>()("examples/rag/Search") {
  /** Words and how rare they are (BM25), without a model. */
  static readonly words = Layer.succeed(Search, {
    name: "words",
    index: (passages) =>
      Effect.sync(() => {
        const index = new MiniSearch<typeof Document.Type>(fields)
        index.addAll(passages)
        return JSON.stringify(index)
      }),
    find: (index, question) =>
      Effect.sync(() =>
        MiniSearch.loadJSON<typeof Document.Type>(index, fields)
          .search(question)
          .map(({ id }) => id)
      )
  })

  /** The angles between embeddings; `name` is that of the model. */
  static readonly embeddings = (name: string) =>
    Layer.effect(
      Search,
      Effect.map(EmbeddingModel.EmbeddingModel, (model) => ({
        name,
        index: Effect.fnUntraced(function* (passages) {
          const { embeddings } = yield* model.embedMany(passages.map(({ text, title }) => `${title}\n${text}`))
          return encode(embeddings.map(({ vector }, i) => ({ id: passages[i]!.id, vector })))
        }),
        find: Effect.fnUntraced(function* (index, question) {
          const { vector } = yield* model.embed(question)
          return decode(index)
            .map((passage) => ({ id: passage.id, score: similarity(passage.vector, vector) }))
            .filter(({ score }) => score > relevant)
            .toSorted((a, b) => b.score - a.score)
            .map(({ id }) => id)
        })
      }))
    )

  /** By the model that the environment names, if it does. */
  static readonly layer: Layer.Layer<Search, Config.ConfigError> = Layer.unwrap(
    Effect.map(namedEmbedding, (model) =>
      model === undefined ? Search.words : Layer.provide(Search.embeddings(model.name), model.layer)
    )
  )
}

// internal

const fields = { fields: ["title", "text"], processTerm: termOf, searchOptions: { boost: { title: 2 } } }

/** Below it, texts have nothing to do with each other, for most models. */
const relevant = 0.2

const Vectors = Schema.fromJsonString(
  Schema.Array(Schema.Struct({ id: Schema.String, vector: Schema.Array(Schema.Finite) }))
)
const encode = Schema.encodeSync(Vectors)
const decode = Schema.decodeSync(Vectors)
