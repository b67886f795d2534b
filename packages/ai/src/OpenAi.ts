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
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import OpenAI from "openai"
import * as chatRequest from "./internal/chatRequest.ts"
import * as chatResponse from "./internal/chatResponse.ts"
import * as failure from "./internal/failure.ts"
import * as provider from "./internal/provider.ts"

/**
 * Which model to ask, where, and how.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The name of the model, as the server knows it. */
  readonly model: string
  /** Without a key (or with an empty one) no `Authorization` is sent. */
  readonly apiKey?: Redacted.Redacted | undefined
  /** Where `/chat/completions` is. By default `https://api.openai.com/v1`. */
  readonly baseURL?: string | undefined
  /** Sent with every request. */
  readonly parameters?: Parameters | undefined
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
 * - A call is one request. The client's own retries are off: use
 *   `Effect.retry`, with `isRetryable` and `retryAfter` of the error.
 * - Interrupting a call closes its connection. There is no time limit beyond
 *   the client's ten minutes for the head of the reply: use `Effect.timeout`.
 * - `generateObject` asks for `json_schema` output, in the subset that OpenAI
 *   supports.
 * - User messages may hold images. Earlier reasoning is not sent.
 * - Nothing is read from the environment, except the client's
 *   `OPENAI_CUSTOM_HEADERS`.
 *
 * **Errors**
 *
 * Calls fail with `AiError`. An answer that is not whole is never a success.
 * The `reason` is
 *
 * - `NetworkError`: no connection, or one that broke; a stream that ended early
 * - `AuthenticationError` (401, 403), `RateLimitError` (429, with `retryAfter`
 *   when the server names a delay), `QuotaExhaustedError`
 * - `InvalidRequestError` (400, 404, 413, 422), `UnknownError` (other 4xx)
 * - `InternalProviderError` (408, 409, 5xx, an error in the middle of a stream)
 * - `InvalidResponseError`: a reply that is not a chat completion, such as HTML,
 *   malformed JSON, or no choices
 * - `InvalidOutputError`: an answer cut off at the token limit, or empty
 * - `ContentPolicyError`: a refusal, or a content filter
 * - `StructuredOutputError`: an object that does not fit its schema
 * - `ToolNotFoundError`, `ToolParameterValidationError`: a wrong tool call
 * - `InvalidUserInputError`, `ToolConfigurationError`, `UnsupportedSchemaError`:
 *   a file, tool or schema that chat completions cannot carry; no request is made
 *
 * No error shows the key, even when the server echoes it.
 *
 * **Gotchas**
 *
 * The parameters of a tool are sent as they are, also when the tool is annotated
 * as strict: OpenAI then rejects schemas outside of its subset.
 *
 * **Example** (Asking a local server that may be down)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { LanguageModel } from "effect/ai"
 * import { OpenAi } from "@effect-pocketflow/ai"
 *
 * const Local = OpenAi.layer({ model: "llama3.2", baseURL: "http://127.0.0.1:1/v1" })
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
 * The layer fails with a `ConfigError` that names the missing variable. It never
 * shows a value.
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
  options: {
    readonly model?: Config.Config<string> | undefined
    readonly apiKey?: Config.Config<Redacted.Redacted | undefined> | undefined
    readonly baseURL?: Config.Config<string | undefined> | undefined
    readonly parameters?: Parameters | undefined
  } = {}
): Layer.Layer<LanguageModel.LanguageModel, Config.ConfigError> =>
  Layer.effect(
    LanguageModel.LanguageModel,
    Effect.gen(function* () {
      return yield* make({
        apiKey: yield* options.apiKey ?? Config.schema(Schema.Redacted(required("The API key")), "OPENAI_API_KEY"),
        model: yield* options.model ?? Config.schema(required("The name of the model"), "OPENAI_MODEL"),
        baseURL: yield* options.baseURL ?? Config.String("OPENAI_BASE_URL").pipe(Config.withDefault(undefined)),
        parameters: options.parameters
      })
    })
  )

// internal

const required = (what: string) => Schema.String.annotate({ message: `${what} is missing` })

const make = ({ apiKey, baseURL, model, parameters }: Options) => {
  const key = apiKey === undefined ? "" : Redacted.value(apiKey)
  const client = new OpenAI({
    baseURL: baseURL ?? null,
    // The client insists on a key; without one the header is left out.
    apiKey: key || "none",
    defaultHeaders: key === "" ? { Authorization: null } : {},
    // Retries and logs are the caller's to decide.
    maxRetries: 0,
    logLevel: "off",
    // `null` instead of what the client finds in the environment.
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null
  })
  const failures = failure.make(client.baseURL, key)

  /** Sends the request. Leaving the scope aborts it, also while the answer is being read. */
  const send = Effect.fnUntraced(function* <A>(
    options: LanguageModel.ProviderOptions,
    call: (request: chatRequest.Request, init: { readonly signal: AbortSignal }) => Promise<A>
  ) {
    addGenAIAnnotations(options.span, {
      provider: { name: "openai" },
      operation: { name: "chat" },
      request: { model }
    })
    const request = { ...parameters, ...(yield* chatRequest.make(options)), model }
    const signal = yield* Effect.abortSignal
    return yield* Effect.tryPromise({
      try: () => call(request, { signal }),
      catch: (thrown) => failures.fromThrown(thrown, "EncodeError")
    })
  })

  return provider.make({
    identity: { url: failures.url, model, parameters },
    codecTransformer: toCodecOpenAI,
    generateText: Effect.fnUntraced(
      function* (options) {
        const response = yield* send(options, (request, init) =>
          client.chat.completions.create({ ...request, stream: false }, init).asResponse()
        )
        const body = yield* Effect.tryPromise({
          try: () => response.text(),
          catch: (thrown) => failures.fromThrown(thrown, "TransportError")
        })
        return yield* chatResponse.toParts(failures.clean(body), { options, response, failures })
      },
      Effect.scoped,
      Effect.mapError(toAiError("generateText"))
    ),
    streamText: (options) =>
      send(options, (request, init) =>
        client.chat.completions
          .create(
            {
              stream_options: { include_usage: true },
              ...request,
              stream: true
            },
            init
          )
          .withResponse()
      ).pipe(
        Effect.map(({ data, response }) =>
          chatResponse.toStreamParts(
            Stream.map(
              Stream.fromAsyncIterable(data, (thrown) => failures.fromThrown(thrown, "TransportError")),
              failures.cleanJson
            ),
            { options, response, failures }
          )
        ),
        Stream.unwrap,
        Stream.mapError(toAiError("streamText"))
      )
  })
}

const toAiError =
  (method: string) =>
  (reason: AiError.AiErrorReason): AiError.AiError =>
    AiError.make({ module: "OpenAi", method, reason })
