/** The language model of the examples: a real one where the environment names it, else rules. */
import { OfflineModel, OpenAi } from "@effect-pocketflow/ai"
import { Config, Console, Effect, Layer, Redacted, Schema } from "effect"
import type { LanguageModel } from "effect/ai"

/**
 * Asks OpenAI with `OPENAI_API_KEY`, the server at `OPENAI_BASE_URL` where that is set, and otherwise answers by
 * `rules`, which may take their time, as a model does. One line on stderr says which; it never shows the key.
 */
export const modelLayer = (
  rules: ReadonlyArray<OfflineModel.Rule>,
  options?: Parameters<typeof OfflineModel.layer>[1]
): Layer.Layer<LanguageModel.LanguageModel, Config.ConfigError> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const settings = yield* online
      if (settings === undefined) {
        yield* Console.error(notice)
        return OfflineModel.layer(rules, options)
      }
      yield* Console.error(`Asking the model ${settings.model}.`)
      return OpenAi.layer(settings)
    })
  )

/** What tells the model that `modelLayer` asks from others; it has no key. */
export const modelName: Effect.Effect<string, Config.ConfigError> = Effect.suspend(() =>
  Effect.map(online, (settings) => (settings === undefined ? "rules" : `${settings.model} ${settings.baseURL ?? ""}`))
)

/** The real model that the environment names, if it names one. */
const online = Effect.gen(function* () {
  const server = yield* connection
  if (server === undefined) return undefined
  const model = (yield* variable("OPENAI_MODEL")) || (server.baseURL === undefined ? "gpt-5-mini" : yield* name)
  return { ...server, model }
})

const notice = "Offline: rules reply. Set OPENAI_API_KEY (or OPENAI_BASE_URL) for a real model."

/** Where to ask, if the environment says so. */
export const connection = Effect.gen(function* () {
  const key = yield* variable("OPENAI_API_KEY")
  const server = yield* address
  return key === "" && server === "" ? undefined : { apiKey: Redacted.make(key), baseURL: server || undefined }
})

/** An empty variable counts as none. */
export const variable = (name: string) => Config.String(name).pipe(Config.withDefault(""))

const address = Config.schema(
  Schema.String.check(Schema.isPattern(/^$|^https?:\/\/./, { message: "An address begins with http:// or https://" })),
  "OPENAI_BASE_URL"
).pipe(Config.withDefault(""))

/** Only OpenAI has a model that can be taken for granted. */
const name = Config.schema(Schema.String.annotate({ message: "The name of the model is missing" }), "OPENAI_MODEL")
