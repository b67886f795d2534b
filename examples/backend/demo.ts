/** A client of the API, and what it shows. It is derived from the API: no path, no status and no JSON is written here. */
import { Console, Effect, Stream } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { HttpApiClient } from "effect/http-api"
import { Api } from "./api.ts"

export const demonstrate = Effect.fn(function* (url: string, traces: Effect.Effect<string>) {
  const client = yield* HttpApiClient.make(Api, { baseUrl: url })

  yield* Console.log(`The service at ${url}:`, yield* client.health())

  yield* Console.log("\nAn article, as it is written:")
  yield* client.articles.watch({ payload: { topic: "How spacecraft use gravity assists", tone: "short" } }).pipe(
    Stream.unwrap,
    Stream.runForEach((progress) => {
      switch (progress._tag) {
        case "Drafted":
          return Console.log(`  drafted: ${progress.section}`)
        case "Finished":
          return Console.log(`  finished: ${progress.step}`)
        case "Written":
          return Console.log(`\n${progress.article.text.trim()}`)
      }
    }),
    // How a server sets the wait before a reconnection; this one does not.
    Effect.catchTag("Retry", Effect.die)
  )

  yield* Console.log("\nFailures have types:")
  yield* client.articles.write({ payload: { topic: "Knitting patterns" } }).pipe(
    Effect.andThen(({ text }) => Console.log(text)),
    Effect.catchTag("UnknownTopic", ({ _tag, message }) => Console.log(`  ${_tag}: ${message}`))
  )

  yield* Console.log("\nThe same for those who do not have the client:")
  const request = HttpClientRequest.post(`${url}/articles`).pipe(HttpClientRequest.bodyJsonUnsafe({ topic: "" }))
  const response = yield* HttpClient.execute(request)
  yield* Console.log(`  ${response.status} ${yield* response.text}`)

  yield* Console.log(`\nThe traces of these requests:\n${yield* traces}`)
})
