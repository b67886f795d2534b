/**
 * OpenAI, and every server that speaks its protocol, as a model of embeddings.
 *
 * The layers provide `effect/ai`'s `EmbeddingModel` through the official `openai`
 * client, with the limits and failures of `OpenAi`.
 *
 * @since 0.1.0
 */
import * as AiError from "effect/ai/AiError"
import * as EmbeddingModel from "effect/ai/EmbeddingModel"
import { addGenAIAnnotations, type GenAITelemetryAttributeOptions } from "effect/ai/Telemetry"
import * as Arr from "effect/Array"
import type * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Client from "./internal/client.ts"
import { fromConfig, required } from "./internal/config.ts"
import * as embeddings from "./internal/embeddings.ts"
import type { Connection, ConnectionConfig } from "./OpenAi.ts"

/**
 * How to embed, whatever the server.
 *
 * @category models
 * @since 0.1.0
 */
export interface Settings {
  /** The length of the vectors, where the model leaves a choice; replies of another length fail. */
  readonly dimensions?: number | undefined
  /**
   * How many texts go into one request. By default 256: OpenAI takes at most 2048, and at most 300,000 tokens in all, and
   * a reply has to be within `maxReplyBytes`.
   */
  readonly inputsPerRequest?: number | undefined
  /** Further fields of the request, sent with each. */
  readonly parameters?: { readonly [parameter: string]: unknown } | undefined
}

/**
 * Which model to ask, where, and how.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends Connection, Settings {
  /** The name of the model, as the server knows it. */
  readonly model: string
}

/**
 * Provides an `EmbeddingModel` that asks a server for embeddings.
 *
 * **When to use**
 *
 * Use when the options are known in the program, as for a local server. For
 * keys and names from the environment there is `layerConfig`.
 *
 * **Details**
 *
 * - Vectors come in the order of the texts, whatever the order of the reply. They
 *   are asked for as base64, which is smaller, and taken as numbers as well.
 * - `embedMany` makes as many requests as `inputsPerRequest` says, one after the
 *   other. Calls of `embed` that run at once share requests. Nothing is retried.
 *
 * **Errors**
 *
 * Calls fail with `AiError`, with the reasons that `OpenAi.layer` lists for a
 * connection, a status, and a reply that cannot be read. Vectors that are too few
 * or too many, of different lengths, or not finite are an `InvalidResponseError`.
 *
 * **Example** (Asking a local server that may be down)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { EmbeddingModel } from "effect/ai"
 * import { OpenAiEmbedding } from "@effect-pocketflow/ai"
 *
 * const Local = OpenAiEmbedding.layer({ model: "nomic-embed-text", baseURL: "http://127.0.0.1:2/v1" })
 *
 * const program = Effect.gen(function* () {
 *   const model = yield* EmbeddingModel.EmbeddingModel
 *   const { vector } = yield* model.embed("Hello")
 *   return vector.length
 * }).pipe(
 *   Effect.catchReason("AiError", "NetworkError", () => Effect.succeed("Nobody is home.")),
 *   Effect.provide(Local)
 * )
 *
 * await Effect.runPromise(program) // => "Nobody is home."
 * ```
 *
 * @see {@link layerConfig}
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<EmbeddingModel.EmbeddingModel> =>
  Layer.effect(
    EmbeddingModel.EmbeddingModel,
    Effect.suspend(() => make(options))
  )

/**
 * Provides an `EmbeddingModel` as `layer` does, with options from the `Config`.
 *
 * **Details**
 *
 * Without other configs, `OPENAI_API_KEY` and `OPENAI_EMBEDDING_MODEL` must be
 * set, and `OPENAI_BASE_URL` may be.
 *
 * **Errors**
 *
 * The layer fails with a `ConfigError` as that of `OpenAi.layerConfig` does, which
 * never shows a value.
 *
 * **Example** (A base URL that is none)
 *
 * ```ts
 * import { ConfigProvider, Effect } from "effect"
 * import { EmbeddingModel } from "effect/ai"
 * import { OpenAiEmbedding } from "@effect-pocketflow/ai"
 *
 * const env = { OPENAI_API_KEY: "sk-1", OPENAI_EMBEDDING_MODEL: "any", OPENAI_BASE_URL: "localhost:11434/v1" }
 *
 * const program = EmbeddingModel.EmbeddingModel.pipe(
 *   Effect.provide(OpenAiEmbedding.layerConfig()),
 *   Effect.catchTag("ConfigError", (error) => Effect.succeed(error.message.includes('["OPENAI_BASE_URL"]'))),
 *   Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env })))
 * )
 *
 * await Effect.runPromise(program) // => true
 * ```
 *
 * @see {@link layer}
 * @category layers
 * @since 0.1.0
 */
export const layerConfig = (
  options: ConnectionConfig & Settings & { readonly model?: Config.Config<string> | undefined } = {}
): Layer.Layer<EmbeddingModel.EmbeddingModel, Config.ConfigError> =>
  Layer.effect(
    EmbeddingModel.EmbeddingModel,
    Effect.gen(function* () {
      const { apiKey, baseURL, model, ...others } = options
      return yield* make({
        ...others,
        ...(yield* fromConfig({ apiKey, baseURL })),
        model: yield* model ?? required("The name of the model", "OPENAI_EMBEDDING_MODEL")
      })
    })
  )

// internal

const make = ({ dimensions, inputsPerRequest = 256, model, parameters, ...connection }: Options) => {
  const client = Client.make(connection, "/embeddings")
  if (!(inputsPerRequest >= 1))
    throw new RangeError('OpenAiEmbedding: the option "inputsPerRequest" must be at least 1')

  const embed = Effect.fnUntraced(function* (input: Array<string>) {
    const request = { ...parameters, ...(dimensions === undefined ? {} : { dimensions }), model, input }
    const reply = yield* client.send((openai, init) =>
      openai.embeddings.create({ ...request, encoding_format: "base64" }, init)
    )
    return yield* embeddings.read(reply, client, { count: input.length, dimensions })
  }, Effect.scoped)

  return EmbeddingModel.make({
    embedMany: Effect.fnUntraced(
      function* ({ inputs }) {
        const span = yield* Effect.option(Effect.currentSpan)
        const annotate = (options: GenAITelemetryAttributeOptions) =>
          Option.map(span, (span) => addGenAIAnnotations(span, options))
        annotate({
          provider: { name: "openai" },
          operation: { name: "embeddings" },
          request: { model, encodingFormats: ["base64"] }
        })
        const replies = yield* Effect.forEach(Arr.chunksOf(inputs, inputsPerRequest), embed)
        const tokens = replies.flatMap((reply) => reply.inputTokens ?? [])
        const inputTokens = tokens.length === 0 ? undefined : tokens.reduce((sum, count) => sum + count)
        annotate({ response: { model: replies[0]?.model }, usage: { inputTokens } })
        return { results: replies.flatMap(({ vectors }) => vectors), usage: { inputTokens } }
      },
      Effect.mapError((reason) => AiError.make({ module: "OpenAiEmbedding", method: "embedMany", reason }))
    )
  })
}
