import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { HttpClient, HttpClientRequest, type HttpMethod, HttpRouter, HttpServerResponse } from "effect/http"
import { address, serve } from "./http.ts"

const routes = HttpRouter.add("*", "/", HttpServerResponse.text("hello"))

const live = Effect.provide(Layer.mergeAll(serve(routes, { grace: "1 second", port: 0 }), NodeHttpClient.layerNodeHttp))

/** What the server answers to a request with these headers. */
const send = Effect.fnUntraced(function* (
  method: HttpMethod.HttpMethod,
  path: string,
  headers: Readonly<Record<string, string>> = {}
) {
  const url = yield* address
  const filled = Object.entries(headers).map(([name, value]) => [name, value.replace("SELF", new URL(url).host)])
  const request = HttpClientRequest.make(method)(url + path, { headers: Object.fromEntries(filled) })
  return yield* HttpClient.execute(request)
})

describe("a server of the examples", () => {
  it.live("answers to its own name alone", () =>
    Effect.gen(function* () {
      const statuses = yield* Effect.forEach(
        [
          "SELF",
          "localhost",
          "LOCALHOST:80",
          "evil.example",
          "evil.example:80",
          "127.0.0.1.evil.example",
          "x@127.0.0.1"
        ],
        (host) => Effect.map(send("GET", "/", { host }), ({ status }) => status)
      )
      assert.deepStrictEqual(statuses, [200, 200, 200, 403, 403, 403, 403])
    }).pipe(live)
  )

  it.live("lets no page of another site change anything", () =>
    Effect.gen(function* () {
      const post = (headers: Readonly<Record<string, string>>) =>
        Effect.map(send("POST", "/", headers), ({ status }) => status)
      assert.deepStrictEqual(
        yield* Effect.all([
          post({}),
          post({ origin: "http://SELF" }),
          post({ origin: "https://SELF" }),
          post({ origin: "http://127.0.0.1:1" }),
          post({ origin: "http://evil.example" }),
          post({ origin: "null" })
        ]),
        [200, 200, 403, 403, 403, 403]
      )
      assert.strictEqual((yield* send("DELETE", "/", { origin: "http://evil.example" })).status, 403)
    }).pipe(live)
  )

  it.live("allows pages what is theirs, whatever the answer is", () =>
    Effect.gen(function* () {
      const answers = [
        yield* send("GET", "/"),
        yield* send("GET", "/nothing"),
        yield* send("POST", "/", { origin: "http://evil.example" })
      ]
      for (const { headers } of answers) {
        assert.match(headers["content-security-policy"] ?? "", /^default-src 'none'; script-src 'self';/)
        assert.strictEqual(headers["x-content-type-options"], "nosniff")
        assert.isUndefined(headers["access-control-allow-origin"])
      }
      assert.deepStrictEqual(
        answers.map(({ status }) => status),
        [200, 404, 403]
      )
    }).pipe(live)
  )
})
