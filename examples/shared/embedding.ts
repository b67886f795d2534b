/** Texts as vectors: by a real model where the environment names one, else by hashing their terms. */
import { OpenAiEmbedding } from "@effect-pocketflow/ai"
import { type Config, Effect, Hash, Layer } from "effect"
import { EmbeddingModel } from "effect/ai"
import { connection, variable } from "./model.ts"
import { termsOf } from "./text.ts"

/** The model that `OPENAI_EMBEDDING_MODEL` names, with a key or a server to ask as for the language model. */
export const namedEmbedding: Effect.Effect<
  { readonly name: string; readonly layer: Layer.Layer<EmbeddingModel.EmbeddingModel> } | undefined,
  Config.ConfigError
> = Effect.gen(function* () {
  const server = yield* connection
  const model = yield* variable("OPENAI_EMBEDDING_MODEL")
  return server === undefined || model === ""
    ? undefined
    : { name: model, layer: OpenAiEmbedding.layer({ ...server, model }) }
})

const dimensions = 2048

/**
 * Feature hashing (Weinberger et al., 2009): each term counts in one of 2048 places, and for or against, as its hash says.
 * Texts that share terms are alike; of synonyms it knows nothing.
 */
export const hashingEmbedding: Layer.Layer<EmbeddingModel.EmbeddingModel> = Layer.effect(
  EmbeddingModel.EmbeddingModel,
  EmbeddingModel.make({
    embedMany: ({ inputs }) => Effect.sync(() => ({ results: inputs.map(embed), usage: { inputTokens: undefined } }))
  })
)

/** The named model, or hashing. */
export const embeddingLayer: Layer.Layer<EmbeddingModel.EmbeddingModel, Config.ConfigError> = Layer.unwrap(
  Effect.map(namedEmbedding, (named) => named?.layer ?? hashingEmbedding)
)

/** The cosine of the angle between two vectors: 1 for the same direction, 0 for nothing in common. */
export const similarity = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): number =>
  dot(a, b) / (Math.sqrt(dot(a, a) * dot(b, b)) || 1)

// internal

const embed = (text: string): Array<number> => {
  const vector = Array.from({ length: dimensions }, () => 0)
  for (const term of termsOf(text)) {
    // The multiplication (by 2^32 over the golden ratio) spreads the terms over the upper bits.
    const hash = Math.imul(Hash.string(term), 0x9e3779b1) >>> 0
    vector[hash >>> 21]! += (hash >>> 20) % 2 === 0 ? 1 : -1
  }
  return vector
}

const dot = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): number =>
  a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0)
