/** The language model of the examples: a real one where the environment names it, else rules. */
import { OfflineModel, OpenAi } from "@effect-pocketflow/ai"
import { Config, Console, type Duration, Effect, Layer, Redacted, Schema } from "effect"
import type { LanguageModel } from "effect/ai"
import { offlineModel } from "./offline.ts"

/**
 * Asks OpenAI with `OPENAI_API_KEY`, the server at `OPENAI_BASE_URL` where that is set, and otherwise answers by
 * `rules`, after `latency` where a demonstration needs something to wait for. One line on stderr says which; it never
 * shows the key.
 */
export const modelLayer = (
  rules: ReadonlyArray<OfflineModel.Rule>,
  { latency }: { readonly latency?: Duration.Input } = {}
): Layer.Layer<LanguageModel.LanguageModel, Config.ConfigError> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const key = yield* variable("OPENAI_API_KEY")
      const server = yield* variable("OPENAI_BASE_URL")
      if (key === "" && server === "") {
        yield* Console.error(notice)
        return latency === undefined ? OfflineModel.layer(rules) : offlineModel(rules, () => Effect.sleep(latency))
      }
      const model = (yield* variable("OPENAI_MODEL")) || (server === "" ? "gpt-5-mini" : yield* name)
      yield* Console.error(`Asking the model ${model}.`)
      return OpenAi.layer({ apiKey: Redacted.make(key), baseURL: server || undefined, model })
    })
  )

const notice = "Offline: rules reply. Set OPENAI_API_KEY (or OPENAI_BASE_URL) for a real model."

/** An empty variable counts as none. */
const variable = (name: string) => Config.String(name).pipe(Config.withDefault(""))

/** Only OpenAI has a model that can be taken for granted. */
const name = Config.schema(Schema.String.annotate({ message: "The name of the model is missing" }), "OPENAI_MODEL")
