import { NodeHttpClient, NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer } from "effect"
import { HttpClient, HttpClientRequest, type HttpMethod, HttpRouter, HttpServerResponse } from "effect/http"
import { request } from "node:http"
import { address, pages, serve, withToken } from "./http.ts"

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

/** The status of a path, and what is there. The path is sent as it is: an URL would be put right. */
const sendRaw = (url: string, path: string) =>
  Effect.callback<readonly [status: number, text: string]>((resume) => {
    const { hostname, port } = new URL(url)
    request({ hostname, port, path }, (response) => {
      let text = ""
      response.setEncoding("utf8").on("data", (data) => (text += data))
      response.on("end", () => resume(Effect.succeed([response.statusCode ?? 0, text])))
    }).end()
  })

/** What a browser sends for a link. */
const link = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" }

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
          post({ origin: "null" }),
          post({ "sec-fetch-site": "same-origin" }),
          post({ "sec-fetch-site": "cross-site" }),
          post({ ...link, "sec-fetch-site": "cross-site" })
        ]),
        [200, 200, 403, 403, 403, 403, 200, 403, 403]
      )
      assert.strictEqual((yield* send("DELETE", "/", { origin: "http://evil.example" })).status, 403)
    }).pipe(live)
  )

  it.live("tells no page of another site anything, but can be linked to", () =>
    Effect.gen(function* () {
      const get = (headers: Readonly<Record<string, string>>) =>
        Effect.map(send("GET", "/", headers), ({ status }) => status)
      assert.deepStrictEqual(
        yield* Effect.all([
          get({ origin: "http://SELF" }),
          get({ origin: "http://127.0.0.1:1" }),
          get({ "sec-fetch-site": "none" }),
          get({ "sec-fetch-site": "same-origin" }),
          get({ "sec-fetch-site": "same-site" }),
          get({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script" }),
          get({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" }),
          get({ "sec-fetch-site": "cross-site", ...link }),
          get({ "sec-fetch-site": "cross-site", ...link, origin: "http://evil.example" })
        ]),
        [200, 403, 200, 200, 403, 403, 403, 200, 403]
      )
    }).pipe(live)
  )

  it.live("answers to those alone who know its token, where it has one", () =>
    Effect.gen(function* () {
      const token = "a-token"
      const layer = Layer.mergeAll(serve(routes, { grace: "1 second", port: 0, token }), NodeHttpClient.layerNodeHttp)
      yield* Effect.gen(function* () {
        const statuses = yield* Effect.forEach(
          [
            send("GET", "/"),
            send("GET", "/?token=another"),
            send("GET", "/?token="),
            send("GET", "/", { authorization: "Bearer another" }),
            send("GET", "/", { cookie: "token=a-token" }),
            send("GET", "/nothing"),
            send("GET", "/?token=a-token", { host: "evil.example" }),
            send("GET", "/").pipe(Effect.updateService(HttpClient.HttpClient, withToken(token)))
          ],
          (response) => Effect.map(response, ({ status }) => status)
        )
        assert.deepStrictEqual(statuses, [401, 401, 401, 401, 401, 401, 403, 200])

        const entered = yield* send("GET", "/?token=a-token")
        const [cookie = "", ...rest] = (entered.headers["set-cookie"] ?? "").split("; ")
        assert.deepStrictEqual([entered.status, entered.headers["location"]], [303, "/"])
        assert.deepStrictEqual(rest, ["Path=/", "HttpOnly", "SameSite=Strict"])
        assert.match(cookie, /^token-127-0-0-1-\d+=a-token$/)
        assert.strictEqual((yield* send("GET", "/", { cookie })).status, 200)
        assert.strictEqual((yield* sendRaw(yield* address, "//"))[0], 401)
      }).pipe(Effect.provide(layer))
    })
  )

  it.live("gives the files of its pages, and no others", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const root = yield* fs.makeTempDirectoryScoped()
      yield* fs.makeDirectory(`${root}/page/in`, { recursive: true })
      yield* fs.writeFileString(`${root}/page/in/ours.txt`, "ours")
      yield* fs.writeFileString(`${root}/theirs.txt`, "theirs")
      const server = yield* Layer.build(serve(pages(`${root}/page`), { grace: "1 second", port: 0 }))
      const url = yield* Effect.provideContext(address, server)
      assert.deepStrictEqual(yield* sendRaw(url, "/in/ours.txt"), [200, "ours"])
      const out = ["../theirs.txt", "in/../../theirs.txt"].flatMap((path) =>
        ["../", "%2e%2e/", "..%2f", "..%5c", "%2e%2e%2f", "%252e%252e%252f", "..\\"].map((up) =>
          path.replaceAll("../", up)
        )
      )
      const shared = ["..%2fhttp.ts", "%2e%2e/http.ts", "../http.ts"].map((path) => `shared/${path}`)
      for (const path of [...out, ...shared, `${root}/theirs.txt`, "in/ours.txt%00.html"]) {
        const [status, text] = yield* sendRaw(url, `/${path}`)
        assert.include([400, 403, 404], status, path)
        assert.notMatch(text, /theirs|import/, path)
      }
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
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
