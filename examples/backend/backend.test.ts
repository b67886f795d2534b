import { OfflineModel } from "@effect-pocketflow/ai"
import { ScriptedModel } from "@effect-pocketflow/testing"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Exit, Fiber, Layer, Logger, Queue, Scope, Stream, Tracer } from "effect"
import { AiError, type LanguageModel } from "effect/ai"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import { HttpApiClient, OpenApi } from "effect/http-api"
import { TestClock } from "effect/testing"
import { Flow } from "effect-pocketflow"
import { address, serve } from "../shared/http.ts"
import { Library } from "../shared/library.ts"
import { runExample } from "../shared/testing.ts"
import { recordSpans } from "../shared/trace.ts"
import { Api } from "./api.ts"
import { commission, type Tone } from "./flow.ts"
import { program } from "./program.ts"
import { rules } from "./rules.ts"
import { routes } from "./server.ts"
import { Writer } from "./writer.ts"

const topic = "How spacecraft use gravity assists"
const offline = OfflineModel.layer(rules)
const corpus = Layer.provide(Library.corpus, NodeServices.layer)

/** A server as the program makes it, until the scope is closed: its address and the client of its API. */
const start = (
  model: Layer.Layer<LanguageModel.LanguageModel>,
  { articles = 4, grace = "1 second" }: { readonly articles?: number; readonly grace?: Duration.Input } = {}
) =>
  Effect.gen(function* () {
    const server = serve(routes, { grace, port: 0 }).pipe(
      Layer.provide(Writer.layer({ articles, timeout: Duration.minutes(1) })),
      Layer.provide([model, corpus])
    )
    const url = yield* Effect.provideContext(address, yield* Layer.build(server))
    return { url, client: yield* HttpApiClient.make(Api, { baseUrl: url }) }
  })

/** Three sections, each of whose drafts takes as long as `draft`. */
const scripted = (draft: Effect.Effect<unknown, AiError.AiErrorReason>, rewritten = "# An article without a source") =>
  ScriptedModel.layer({
    rules: [
      { when: /^Outline/, reply: { sections: titles.map((title) => ({ title, sources: ["juno"] })) } },
      { when: /^Write/, reply: Effect.as(draft, "It flew by the Earth. [juno]") },
      { when: /^Rewrite/, reply: rewritten }
    ]
  })

const titles = ["Juno", "The Earth", "Jupiter"]

/** What the scripted model makes an article of. */
const written = (section: string, list = "- [juno] Juno") =>
  `# ${topic}\n\n${titles.map((title) => `## ${title}\n\n${section}`).join("\n\n")}\n\n## Sources\n\n${list}\n`

const live = Effect.provide([NodeServices.layer, FetchHttpClient.layer])

describe("the flow", () => {
  const write = (tone: typeof Tone.Type) => Effect.map(Flow.run(commission, { topic, tone }), ({ store }) => store.text)

  it.effect("puts on a tone, and keeps the headings and the sources", () =>
    Effect.gen(function* () {
      const [plain, short, friendly] = yield* Effect.all([write("plain"), write("short"), write("friendly")])
      const frame = (text: string) => text.match(/^#.*$|\[[\w-]+\]/gm)
      assert.deepStrictEqual([frame(short), frame(friendly)], [frame(plain), frame(plain)])
      assert.isBelow(short.length, 0.8 * plain.length)
      assert.include(friendly, "So what is the story of Juno?")
    }).pipe(Effect.provide(Layer.merge(offline, corpus)))
  )

  /** The article of a model that rewrites it like this, and how often it was asked to. */
  const rewrite = (reply: string) =>
    Effect.gen(function* () {
      const { calls } = yield* ScriptedModel.ScriptedModel
      const fiber = yield* Effect.forkChild(write("short"))
      yield* Effect.repeat(TestClock.adjust("1 second"), { times: 5 })
      const text = yield* Fiber.join(fiber)
      return [text, (yield* calls).filter(({ prompt }) => prompt.startsWith("Rewrite")).length]
    }).pipe(Effect.provide(Layer.merge(scripted(Effect.void, reply), corpus)))

  const good = written("It flew. [juno]")

  it.effect.each([
    { lost: "all of it", reply: "# An article without a source" },
    { lost: "each source, but in the list", reply: written("It flew.") },
    { lost: "a source of one section", reply: good.replace("It flew. [juno]", "It flew.") },
    { lost: "the words of a heading", reply: good.replace("## Juno", "## About Juno") },
    { lost: "a heading", reply: good.replace("## Jupiter\n\n", "") },
    {
      lost: "the order",
      reply: good.replace("## Juno", "## Jupiter").replace(/## Jupiter(?=\n\n.*\n\n## Sources)/, "## Juno")
    },
    { lost: "the truth", reply: written("It flew. [juno] [atlantis]") }
  ])("keeps the article as it was when the tone costs $lost", ({ reply }) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* rewrite(reply), [written("It flew by the Earth. [juno]"), 3])
    })
  )

  it.effect("keeps the list of sources, whatever becomes of it", () =>
    Effect.gen(function* () {
      for (const reply of [
        good,
        written("It flew. [juno]", "- [juno] Another title"),
        good.split("\n\n## Sources")[0]!
      ])
        assert.deepStrictEqual(yield* rewrite(reply), [good, 1])
    })
  )
})

describe("the API", () => {
  it.live("writes an article, and tells its progress", () =>
    Effect.gen(function* () {
      const { client } = yield* start(offline)
      const article = yield* client.articles.write({ payload: { topic, tone: "short" } })
      assert.deepStrictEqual(
        { ...article, text: article.text.split("\n")[0] },
        { topic, tone: "short", complete: true, text: `# ${topic}` }
      )

      const events = yield* Stream.runCollect(
        Stream.unwrap(client.articles.watch({ payload: { topic, tone: "short" } }))
      )
      const sections = article.text.match(/(?<=^## )(?!Sources$).+/gm)!
      assert.deepStrictEqual(events, [
        { _tag: "Finished", step: "outline" },
        ...sections.map((section) => ({ _tag: "Drafted" as const, section })),
        ...["drafts", "combine", "restyle"].map((step) => ({ _tag: "Finished" as const, step })),
        { _tag: "Written", article }
      ])
    }).pipe(Effect.scoped, live)
  )

  it.live("says what is wrong with a request", () =>
    Effect.gen(function* () {
      const { url } = yield* start(offline)
      const post = (body: string) =>
        HttpClient.execute(
          HttpClientRequest.post(`${url}/articles`).pipe(HttpClientRequest.bodyText(body, "application/json"))
        ).pipe(Effect.flatMap((response) => Effect.map(response.text, (text) => [response.status, text])))

      const tooShort = 'Expected a value with a length of at least 3\n  at ["topic"]'
      assert.deepStrictEqual(yield* post('{"topic":""}'), [
        400,
        JSON.stringify({ _tag: "InvalidRequest", message: tooShort })
      ])
      assert.deepStrictEqual(yield* post(`{"topic":"Knitting"}`), [
        404,
        JSON.stringify({ _tag: "UnknownTopic", message: 'There is no document about "Knitting"' })
      ])
      assert.strictEqual((yield* post("{"))[0], 400)
      assert.strictEqual((yield* post(JSON.stringify({ topic, more: "x".repeat(70_000) })))[0], 413)
    }).pipe(Effect.scoped, live)
  )

  it.live("refuses what is too much, with the time to come again", () =>
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      const go = yield* Deferred.make<void>()
      const { client, url } = yield* start(
        scripted(Effect.andThen(Deferred.succeed(begun, undefined), Deferred.await(go))),
        {
          articles: 1
        }
      )
      const first = yield* Effect.forkChild(client.articles.write({ payload: { topic } }))
      yield* Deferred.await(begun)
      assert.deepStrictEqual(yield* client.health(), { status: "ok", writing: 1 })

      for (const path of ["/articles", "/articles/progress"]) {
        const response = yield* HttpClient.execute(
          HttpClientRequest.post(url + path).pipe(HttpClientRequest.bodyJsonUnsafe({ topic }))
        )
        assert.deepStrictEqual([response.status, response.headers["retry-after"]], [429, "10"])
      }
      const error = yield* Effect.flip(client.articles.write({ payload: { topic } }))
      assert.deepStrictEqual("_tag" in error && error._tag === "TooBusy" && error.retryAfter, 10)

      yield* Deferred.succeed(go, undefined)
      assert.isTrue((yield* Fiber.join(first)).complete)
      assert.deepStrictEqual(yield* client.health(), { status: "ok", writing: 0 })
    }).pipe(Effect.scoped, live)
  )

  it.live("tells the log what a model that fails has said, and not the client", () =>
    Effect.gen(function* () {
      const reason = new AiError.AuthenticationError({ kind: "InvalidKey" })
      const model = ScriptedModel.layer({ rules: [{ when: /./, reply: Effect.fail(reason) }] })
      const logged: Array<unknown> = []
      const { client } = yield* start(model).pipe(
        Effect.provide(Logger.layer([Logger.make(({ message }) => logged.push(message))]))
      )
      const message = "The language model does not answer as it should"
      const whole = yield* Effect.flip(client.articles.write({ payload: { topic } }))
      const events = yield* Effect.flip(Stream.runDrain(Stream.unwrap(client.articles.watch({ payload: { topic } }))))
      assert.deepStrictEqual(
        [whole, events].map((error) => "_tag" in error && [error._tag, "message" in error && error.message]),
        [
          ["Unavailable", message],
          ["Unavailable", message]
        ]
      )
      const said = "ScriptedModel.generateObject: InvalidKey: Verify your API key is correct"
      assert.deepStrictEqual(logged, [[said], [said]])
    }).pipe(Effect.scoped, live)
  )

  it.live("says which sections could not be written, and not what the model has said", () =>
    Effect.gen(function* () {
      const reason = new AiError.ContentPolicyError({ description: "account acme-42, key sk-secret\n\n## Injected" })
      const logged: Array<unknown> = []
      const { client } = yield* start(scripted(Effect.fail(reason))).pipe(
        Effect.provide(Logger.layer([Logger.make(({ message }) => logged.push(message))]))
      )
      const { complete, text } = yield* client.articles.write({ payload: { topic } })
      const excuse = "> This section could not be written: the language model failed.\n> Its sources: Juno."
      assert.deepStrictEqual([complete, text], [false, written(excuse, "")])
      assert.strictEqual(logged.length, 3)
      assert.match(String(logged[0]), /^No draft of "Juno": .*account acme-42, key sk-secret/)
    }).pipe(Effect.scoped, live)
  )

  /** A server whose model never replies: it says when it is asked, and when it is given up. */
  const startStuck = Effect.gen(function* () {
    const asked = yield* Queue.unbounded<void>()
    const given = yield* Queue.unbounded<void>()
    const stuck = Queue.offer(asked, undefined).pipe(
      Effect.andThen(Effect.never),
      Effect.onInterrupt(() => Queue.offer(given, undefined))
    )
    const { client } = yield* start(ScriptedModel.layer({ rules: [{ when: /./, reply: stuck }] }))
    const write = client.articles.write({ payload: { topic } })
    const watch = Stream.runDrain(Stream.unwrap(client.articles.watch({ payload: { topic } })))
    return { asked: Queue.take(asked), given: Queue.take(given), client, requests: [write, watch] }
  })

  // The time is virtual, the connections are not.
  it.effect("gives up an article that takes too long", () =>
    Effect.gen(function* () {
      const { asked, given, requests } = yield* startStuck
      for (const request of requests) {
        const late = yield* Effect.forkChild(Effect.flip(request))
        yield* asked
        yield* TestClock.adjust("1 minute")
        const error = yield* Fiber.join(late)
        assert.strictEqual("message" in error && error.message, "The article took too long")
        yield* given
      }
    }).pipe(Effect.scoped, live)
  )

  it.live("gives up an article that nobody waits for", () =>
    Effect.gen(function* () {
      const { asked, client, given, requests } = yield* startStuck
      for (const request of requests) {
        const waiting = yield* Effect.forkChild(request)
        yield* asked
        yield* Fiber.interrupt(waiting)
        yield* given
        yield* until(Effect.map(client.health(), ({ writing }) => writing === 0))
      }
    }).pipe(Effect.scoped, live)
  )

  it.live("ends well: what is under way is finished, and nothing new is begun", () =>
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      const go = yield* Deferred.make<void>()
      const scope = yield* Scope.make()
      const { client } = yield* start(
        scripted(Effect.andThen(Deferred.succeed(begun, undefined), Deferred.await(go))),
        {
          grace: "10 seconds"
        }
      ).pipe(Scope.provide(scope))
      const underWay = yield* Effect.forkChild(client.articles.write({ payload: { topic } }))
      yield* Deferred.await(begun)

      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
      yield* until(Effect.map(Effect.exit(client.health()), Exit.isFailure))
      assert.isUndefined(closing.pollUnsafe())
      assert.isUndefined(underWay.pollUnsafe())

      yield* Deferred.succeed(go, undefined)
      assert.isTrue((yield* Fiber.join(underWay)).complete)
      yield* Effect.timeout(Fiber.join(closing), "2 seconds") // and not when the client lets go of its connection
    }).pipe(Effect.scoped, live)
  )

  it.live("interrupts what is not finished in time", () =>
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      const given = yield* Deferred.make<void>()
      const stuck = Effect.andThen(Deferred.succeed(begun, undefined), Effect.never).pipe(
        Effect.onInterrupt(() => Deferred.succeed(given, undefined))
      )
      const scope = yield* Scope.make()
      const { client } = yield* Scope.provide(start(scripted(stuck), { grace: "100 millis" }), scope)
      const underWay = yield* Effect.forkChild(Effect.exit(client.articles.write({ payload: { topic } })))
      yield* Deferred.await(begun)
      yield* Scope.close(scope, Exit.void)
      yield* Deferred.await(given)
      assert.isTrue(Exit.isFailure(yield* Fiber.join(underWay)))
    }).pipe(Effect.scoped, live)
  )

  it.live("has a trace of each request, with the visits of the flow in it", () =>
    Effect.gen(function* () {
      const { tracer, tree } = yield* recordSpans
      const { client } = yield* Effect.provideService(start(scripted(Effect.void)), Tracer.Tracer, tracer)
      yield* client.articles.write({ payload: { topic } })
      assert.deepStrictEqual((yield* tree).replace(/  [\d.]+ ms/g, "").split("\n"), [
        "POST /articles  -> 200",
        "  Writer.write",
        "    write/outline  -> default",
        "      LanguageModel.generateObject",
        "    write/drafts  -> default",
        ...titles.map(() => "      LanguageModel.generateText"),
        "    write/combine  -> complete"
      ])
    }).pipe(Effect.scoped, live)
  )

  it("documents each status", () => {
    const { paths } = OpenApi.fromApi(Api)
    assert.deepStrictEqual(
      [paths["/articles"]?.post, paths["/articles/progress"]?.post, paths["/health"]?.get].map((operation) =>
        Object.keys(operation?.responses ?? {}).join(" ")
      ),
      ["200 400 404 429 503", "200 400 429", "200"]
    )
  })
})

describe("the program", () => {
  it.live("shows itself and ends, without a terminal", () =>
    Effect.gen(function* () {
      const { err, ok, out } = yield* runExample(program)
      assert.deepStrictEqual(
        [ok, err],
        [true, "Offline: rules reply. Set OPENAI_API_KEY (or OPENAI_BASE_URL) for a real model."]
      )
      assert.include(out, "  drafted: Galileo\n")
      assert.include(out, '  UnknownTopic: There is no document about "Knitting patterns"\n')
      assert.include(out, '  400 {"_tag":"InvalidRequest"')
      assert.match(out, /\nPOST \/articles\/progress .*\n  Writer\.watch .*\n    write\/outline /)
    })
  )

  it.live("says in one line why it cannot serve", () =>
    Effect.gen(function* () {
      const { url } = yield* start(offline)
      const { port } = new URL(url)
      const { err, ok } = yield* runExample(program, "--port", port)
      assert.isFalse(ok)
      assert.include(err, `error: Cannot listen on port ${port}: Error: listen EADDRINUSE`)
    }).pipe(Effect.scoped, live)
  )
})

const until = <E, R>(condition: Effect.Effect<boolean, E, R>) =>
  Effect.repeat(Effect.delay(condition, "10 millis"), { until: (holds) => holds })
