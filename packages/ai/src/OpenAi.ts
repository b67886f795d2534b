/**
 * OpenAI, and every server that speaks its chat completions, as a language model.
 *
 * The layers provide `effect/ai`'s `LanguageModel` through the official `openai`
 * client. `layer` takes its options as values, `layerConfig` reads them from the
 * configuration.
 *
 * @since 0.1.0
 */
import * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import { toCodecOpenAI } from "effect/ai/OpenAiStructuredOutput"
import { addGenAIAnnotations } from "effect/ai/Telemetry"
import type * as Config from "effect/Config"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import type { Span } from "effect/Tracer"
import type OpenAI from "openai"
import * as chatRequest from "./internal/chatRequest.ts"
import * as chatResponse from "./internal/chatResponse.ts"
import * as Client from "./internal/client.ts"
import { fromConfig, required } from "./internal/config.ts"
import * as provider from "./internal/provider.ts"

/**
 * Which server to ask, and how long and how much to listen: what `OpenAi` and
 * `OpenAiEmbedding` have in common.
 *
 * **Gotchas**
 *
 * Node's `fetch` has limits of its own, of 5 minutes for the head of a reply and
 * for a silence in it. Longer ones need another dispatcher.
 *
 * **Example** (One server for both)
 *
 * ```ts
 * import { Layer } from "effect"
 * import { OpenAi, OpenAiEmbedding } from "@effect-pocketflow/ai"
 *
 * const local: OpenAi.Connection = { baseURL: "http://127.0.0.1:11434/v1", idleTimeout: "30 seconds" }
 *
 * const Models = Layer.mergeAll(
 *   OpenAi.layer({ ...local, model: "llama3.2" }),
 *   OpenAiEmbedding.layer({ ...local, model: "nomic-embed-text" })
 * )
 *
 * Layer.isLayer(Models) // => true
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export interface Connection {
  /**
   * Without a key (or with an empty one) no `Authorization` is sent; space around it is left out. One of fewer than 16
   * characters is hidden in errors, but not in what a model says: it may be a word of it.
   */
  readonly apiKey?: Redacted.Redacted | undefined
  /** What the paths of the protocol are below; usually it ends in `/v1`. By default `https://api.openai.com/v1`. */
  readonly baseURL?: string | undefined
  /** The longest time from a request to the last byte of its reply; a number is in milliseconds. By default 10 minutes. */
  readonly timeout?: Duration.Input | undefined
  /** The longest silence in the middle of a reply; a number is in milliseconds. By default 2 minutes. */
  readonly idleTimeout?: Duration.Input | undefined
  /**
   * The largest body; in a stream, the largest event, and the largest answer. By default 8 MiB. A reply that is larger
   * takes up to 3 times as much memory, one that is just below up to 5 times, and text beyond Latin-1 up to twice that;
   * V8 adds some tens of MB of its own before it collects.
   */
  readonly maxReplyBytes?: number | undefined
}

/**
 * Which model to ask, where, and how.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends Connection {
  /** The name of the model, as the server knows it. */
  readonly model: string
  /** Sent with every request. */
  readonly parameters?: Parameters | undefined
}

/**
 * A `Connection` whose key and place come from the configuration.
 *
 * @category models
 * @since 0.1.0
 */
export interface ConnectionConfig extends Omit<Connection, "apiKey" | "baseURL"> {
  /** By default `OPENAI_API_KEY`, which must be set. */
  readonly apiKey?: Config.Config<Redacted.Redacted | undefined> | undefined
  /** By default `OPENAI_BASE_URL`, which may be set. */
  readonly baseURL?: Config.Config<string | undefined> | undefined
}

/**
 * Further fields of the request: those of OpenAI with their types
 * (`temperature`, `max_completion_tokens`, `reasoning_effort`, ...), and
 * whatever else a server understands.
 *
 * **Gotchas**
 *
 * Fields that the language model sets itself, such as `model` and `messages`,
 * cannot be replaced.
 *
 * @category models
 * @since 0.1.0
 */
export type Parameters = Omit<
  Partial<OpenAI.ChatCompletionCreateParamsNonStreaming>,
  "model" | "messages" | "n" | "response_format" | "stream" | "tools" | "tool_choice"
> & { readonly [parameter: string]: unknown }

/**
 * Provides a `LanguageModel` that asks a chat completions server.
 *
 * **When to use**
 *
 * Use when the options are known in the program, as for a local server. For
 * keys and names from the environment there is `layerConfig`.
 *
 * **Details**
 *
 * - A call is one request. The client's own retries are off: put
 *   `Retry.withRetry` around the layer, or use `Retry.schedule` for one node.
 * - Interrupting a call closes its connection, as does a limit of the
 *   `Connection` that is exceeded. Time is that of the `Clock`.
 * - `generateObject` asks for `json_schema` output, in the subset that OpenAI
 *   supports.
 * - User messages may hold images (`options: { openai: { detail: "low" } }` sets
 *   how closely to look), PDF files, and audio as WAV or MP3. Earlier reasoning
 *   is not sent.
 * - The span of a call has the attributes of OpenTelemetry's conventions for
 *   generative AI: model, parameters, finish reason, tokens.
 * - Nothing is read from the environment, except the client's
 *   `OPENAI_CUSTOM_HEADERS`.
 *
 * **Errors**
 *
 * Calls fail with `AiError`. An answer that is not whole is never a success.
 * The `reason` is
 *
 * - `NetworkError`: no connection, or one that broke; a stream that ended early;
 *   a reply that took longer than `timeout`, or was silent for `idleTimeout`
 * - `AuthenticationError` (401, 403), `RateLimitError` (429, with `retryAfter`
 *   when the server names a delay), `QuotaExhaustedError`
 * - `InvalidRequestError` (400, 404, 413, 422), `UnknownError` (other 4xx)
 * - `InternalProviderError` (408, 409, 5xx, an error in place of a reply or in
 *   the middle of a stream)
 * - `InvalidResponseError`: a reply that is not a chat completion, such as HTML,
 *   malformed JSON, invalid UTF-8, or no choices; more than `maxReplyBytes`
 * - `InvalidOutputError`: an answer cut off at the token limit, or empty; an
 *   object of more than 256 levels
 * - `ContentPolicyError`: a refusal, or a content filter
 * - `StructuredOutputError`: an object that does not fit its schema
 * - `ToolNotFoundError`, `ToolParameterValidationError`: a wrong tool call
 * - `InvalidUserInputError`, `ToolConfigurationError`, `UnsupportedSchemaError`:
 *   a file, tool, schema or history that chat completions cannot carry; no request
 *   is made
 *
 * No error shows the key, even when the server echoes it. An option that cannot
 * work, such as a `baseURL` without `http://` or a key that no header can hold, is
 * a defect of the layer.
 *
 * **Gotchas**
 *
 * The parameters of a tool are sent as they are, also when the tool is annotated
 * as strict: OpenAI then rejects schemas outside of its subset.
 *
 * **Example** (A model of OpenAI, asked again while that may help)
 *
 * ```ts no-run
 * import { Redacted } from "effect"
 * import { OpenAi, Retry } from "@effect-pocketflow/ai"
 *
 * const Model = OpenAi.layer({ model: "gpt-5-mini", apiKey: Redacted.make("sk-...") }).pipe(Retry.withRetry())
 * ```
 *
 * **Example** (Asking a local server that may be down)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { LanguageModel } from "effect/ai"
 * import { OpenAi } from "@effect-pocketflow/ai"
 *
 * const Local = OpenAi.layer({ model: "llama3.2", baseURL: "http://127.0.0.1:2/v1" })
 *
 * const program = LanguageModel.generateText({ prompt: "Hello" }).pipe(
 *   Effect.map((response) => response.text),
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
export const layer = (options: Options): Layer.Layer<LanguageModel.LanguageModel> =>
  Layer.effect(
    LanguageModel.LanguageModel,
    Effect.suspend(() => make(options))
  )

/**
 * Provides a `LanguageModel` as `layer` does, with options from the `Config`.
 *
 * **Details**
 *
 * Without other configs, `OPENAI_API_KEY` and `OPENAI_MODEL` must be set, and
 * `OPENAI_BASE_URL` may be.
 *
 * **Errors**
 *
 * The layer fails with a `ConfigError` that names the variable that is missing, the
 * `OPENAI_BASE_URL` that is none, or the `OPENAI_API_KEY` that no header can hold.
 * It never shows a value.
 *
 * **Example** (A missing key)
 *
 * ```ts
 * import { Config, ConfigProvider, Effect } from "effect"
 * import { LanguageModel } from "effect/ai"
 * import { OpenAi } from "@effect-pocketflow/ai"
 *
 * const Model = OpenAi.layerConfig({
 *   model: Config.String("OPENAI_MODEL").pipe(Config.withDefault("gpt-5-mini"))
 * })
 *
 * const program = LanguageModel.generateText({ prompt: "Hello" }).pipe(
 *   Effect.map((response) => response.text),
 *   Effect.provide(Model),
 *   Effect.catchTag("ConfigError", (error) => Effect.succeed(error.message)),
 *   Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({})))
 * )
 *
 * await Effect.runPromise(program) // => 'SchemaError(The API key is missing\n  at ["OPENAI_API_KEY"])'
 * ```
 *
 * @see {@link layer}
 * @category layers
 * @since 0.1.0
 */
export const layerConfig = (
  options: ConnectionConfig & {
    readonly model?: Config.Config<string> | undefined
    readonly parameters?: Parameters | undefined
  } = {}
): Layer.Layer<LanguageModel.LanguageModel, Config.ConfigError> =>
  Layer.effect(
    LanguageModel.LanguageModel,
    Effect.gen(function* () {
      const { apiKey, baseURL, model, ...others } = options
      return yield* make({
        ...others,
        ...(yield* fromConfig({ apiKey, baseURL })),
        model: yield* model ?? required("The name of the model", "OPENAI_MODEL")
      })
    })
  )

// internal

const make = ({ model, parameters, ...connection }: Options) => {
  const client = Client.make(connection, "/chat/completions")

  const send = Effect.fnUntraced(function* (options: LanguageModel.ProviderOptions, stream: boolean) {
    annotate(options.span, { ...parameters, model })
    const request = { ...parameters, ...(yield* chatRequest.make(options)), model }
    const reply = yield* client.send((openai, init) =>
      stream
        ? openai.chat.completions.create({ stream_options: { include_usage: true }, ...request, stream: true }, init)
        : openai.chat.completions.create({ ...request, stream: false }, init)
    )
    return { client, options, reply }
  })

  return provider.make({
    identity: { url: client.failures.url, model, parameters },
    codecTransformer: toCodecOpenAI,
    generateText: (options) =>
      send(options, false).pipe(
        Effect.flatMap(chatResponse.toParts),
        Effect.scoped,
        Effect.mapError(toAiError("generateText"))
      ),
    streamText: (options) =>
      send(options, true).pipe(
        Effect.map(chatResponse.toStreamParts),
        Stream.unwrap,
        Stream.mapError(toAiError("streamText"))
      )
  })
}

const annotate = (span: Span, parameters: Parameters & { readonly model: string }): void =>
  addGenAIAnnotations(span, {
    provider: { name: "openai" },
    operation: { name: "chat" },
    request: {
      model: parameters.model,
      temperature: parameters.temperature,
      topP: parameters.top_p,
      maxTokens: parameters.max_completion_tokens ?? parameters.max_tokens,
      frequencyPenalty: parameters.frequency_penalty,
      presencePenalty: parameters.presence_penalty,
      seed: parameters.seed,
      stopSequences: typeof parameters.stop === "string" ? [parameters.stop] : parameters.stop
    }
  })

const toAiError =
  (method: string) =>
  (reason: AiError.AiErrorReason): AiError.AiError =>
    AiError.make({ module: "OpenAi", method, reason })
