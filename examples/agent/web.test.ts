import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Redacted } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import { Library } from "../shared/library.ts"
import { webLayer } from "./web.ts"

/** Searches a web that answers like this, one answer a request, and tells what it was asked. */
const searchOf = Effect.fnUntraced(function* (...answers: ReadonlyArray<Response>) {
  const requests: Array<{ readonly url: string; readonly key: string | undefined }> = []
  const client = HttpClient.make((request, url) => {
    requests.push({ url: url.href, key: request.headers["x-subscription-token"] })
    return Effect.succeed(HttpClientResponse.fromWeb(request, answers[requests.length - 1]!))
  })
  const layer = Layer.provide(webLayer(Redacted.make("brave-secret")), Layer.succeed(HttpClient.HttpClient, client))
  const fiber = yield* Effect.forkChild(
    Library.use(({ search }) => search("tallest tree")).pipe(Effect.provide(layer), Effect.result)
  )
  yield* Effect.repeat(TestClock.adjust("1 second"), { times: 5 })
  return { result: yield* Fiber.join(fiber), requests }
})

const found = {
  web: {
    results: [
      {
        url: "https://a.example/tree",
        title: "Trees",
        description: "Hyperion is 116 m high.",
        extra_snippets: ["A redwood."]
      },
      { url: "https://b.example", title: "More", description: "Moss." }
    ]
  }
}

describe("the web", () => {
  it.effect("is searched, and gives documents", () =>
    Effect.gen(function* () {
      const { requests, result } = yield* searchOf(Response.json(found))
      assert.deepInclude(result, {
        _tag: "Success",
        success: [
          { id: "https://a.example/tree", title: "Trees", text: "Hyperion is 116 m high.\n\nA redwood." },
          { id: "https://b.example", title: "More", text: "Moss." }
        ]
      })
      const address = "https://api.search.brave.com/res/v1/web/search"
      const query = "q=tallest+tree&count=10&text_decorations=false&extra_snippets=true"
      assert.deepStrictEqual(requests, [{ url: `${address}?${query}`, key: "brave-secret" }])
    })
  )

  it.effect("may know nothing", () =>
    Effect.gen(function* () {
      assert.deepInclude((yield* searchOf(Response.json({}))).result, { _tag: "Success", success: [] })
    })
  )

  it.effect("is asked again when it is busy", () =>
    Effect.gen(function* () {
      const { requests, result } = yield* searchOf(new Response("", { status: 503 }), Response.json(found))
      assert.deepStrictEqual([requests.length, result._tag], [2, "Success"])
    })
  )

  it.effect.each([
    [() => new Response("", { status: 401 }), "status 401"],
    [() => Response.json({ web: { results: "none" } }), "SchemaError"],
    [() => new Response("<html>"), "DecodeError"]
  ] as const)("fails with the reason, and without the key (%#)", ([answer, reason]) =>
    Effect.gen(function* () {
      const { result } = yield* searchOf(answer())
      assert.isTrue(result._tag === "Failure")
      if (result._tag !== "Failure") return
      assert.strictEqual(result.failure.message, `The search for "tallest tree" failed: ${reason}`)
      assert.notInclude(JSON.stringify(result.failure), "brave-secret")
    })
  )
})
