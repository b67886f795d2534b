/** A connection from the configuration. Its errors name the variable, and show no value. */
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { Connection, ConnectionConfig } from "../OpenAi.ts"
import { mustBeURL, mustFitHeader, parseBaseURL, parseKey } from "./client.ts"

const isMissing = (what: string) => Schema.String.annotate({ message: `${what} is missing` })

export const required = (what: string, name: string): Config.Config<string> => Config.schema(isMissing(what), name)

export const fromConfig = Effect.fnUntraced(function* ({
  apiKey,
  baseURL
}: Pick<ConnectionConfig, "apiKey" | "baseURL">): Effect.fn.Return<
  Required<Pick<Connection, "apiKey" | "baseURL">>,
  Config.ConfigError
> {
  const key = yield* apiKey ?? Config.map(Config.schema(ApiKey, "OPENAI_API_KEY"), (key) => Redacted.make(key))
  const base = yield* baseURL ?? Config.schema(BaseURL, "OPENAI_BASE_URL").pipe(Config.withDefault(undefined))
  if (Redacted.isRedacted(key) && parseKey(Redacted.value(key)) === undefined) {
    return yield* Config.fail(new ConfigProvider.SourceError({ message: `The API key ${mustFitHeader}` }))
  }
  if (base !== undefined && parseBaseURL(base) === undefined) {
    return yield* Config.fail(new ConfigProvider.SourceError({ message: `The base URL ${mustBeURL}` }))
  }
  return { apiKey: key, baseURL: base }
})

const ApiKey = isMissing("The API key").check(
  Schema.makeFilter((text) => {
    const key = parseKey(text)
    return key === undefined ? `The API key ${mustFitHeader}` : key !== "" || "The API key is missing"
  })
)

const BaseURL = Schema.String.check(
  Schema.makeFilter((text) => (parseBaseURL(text) === undefined ? `The base URL ${mustBeURL}` : undefined))
)
