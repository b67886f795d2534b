/** The web as a library: the pages that Brave's search API finds, each with what it quotes of them. */
import { type Cause, Effect, Layer, Redacted, Schedule, Schema } from "effect"
import { HttpClient, type HttpClientError, HttpClientRequest, HttpClientResponse } from "effect/http"
import { Library, SearchFailed } from "../shared/library.ts"

const Result = Schema.Struct({
  url: Schema.String,
  title: Schema.String,
  description: Schema.String,
  extra_snippets: Schema.optionalKey(Schema.Array(Schema.String))
})

/** Where nothing is found, there is no `web`. */
const Results = Schema.Struct({ web: Schema.optionalKey(Schema.Struct({ results: Schema.Array(Result) })) })

/**
 * Searches the web, by https://api-dashboard.search.brave.com/docs. A search that fails for the moment is tried again;
 * what a failed request says of itself is left out, since it holds the key.
 */
export const webLayer = (apiKey: Redacted.Redacted) =>
  Layer.effect(
    Library,
    Effect.gen(function* () {
      const client = (yield* HttpClient.HttpClient).pipe(
        HttpClient.mapRequest(HttpClientRequest.setHeader("X-Subscription-Token", Redacted.value(apiKey))),
        HttpClient.filterStatusOk,
        HttpClient.retryTransient({ schedule: Schedule.exponential("1 second"), times: 2 })
      )
      const found = (query: string) =>
        client
          .get("https://api.search.brave.com/res/v1/web/search", {
            acceptJson: true,
            urlParams: { q: query, count: 10, text_decorations: false, extra_snippets: true }
          })
          .pipe(Effect.flatMap(HttpClientResponse.schemaBodyJson(Results)), Effect.timeout("30 seconds"))
      return {
        search: (query) =>
          found(query).pipe(
            Effect.map(({ web }) => (web?.results ?? []).map(toDocument)),
            Effect.mapError((error) => new SearchFailed({ query, reason: reasonOf(error) }))
          )
      }
    })
  )

const toDocument = ({ description, extra_snippets = [], title, url }: typeof Result.Type) => ({
  id: url,
  title,
  text: [description, ...extra_snippets].join("\n\n")
})

const reasonOf = (error: Cause.TimeoutError | Schema.SchemaError | HttpClientError.HttpClientError): string => {
  if (error._tag !== "HttpClientError") return error._tag
  return error.reason._tag === "StatusCodeError" ? `status ${error.reason.response.status}` : error.reason._tag
}
