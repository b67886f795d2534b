import { OfflineModel } from "@effect-pocketflow/ai"
import { ScriptedModel } from "@effect-pocketflow/testing"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Logger, Scope, Stream } from "effect"
import { AiError, type LanguageModel } from "effect/ai"
import { FetchHttpClient, HttpClient } from "effect/http"
import { HttpApiClient } from "effect/http-api"
import { TestClock } from "effect/testing"
import { Flow } from "effect-pocketflow"
import { itInBrowser, openPage } from "../shared/browser.ts"
import { address, serve } from "../shared/http.ts"
import { Library } from "../shared/library.ts"
import { runExample, withLastingPort } from "../shared/testing.ts"
import { type Change, Conversations } from "./conversations.ts"
import { chat, words } from "./flow.ts"
import { program } from "./program.ts"
import { rules } from "./rules.ts"
import { Api, routes } from "./server.ts"

const corpus = Layer.provide(Library.corpus, NodeServices.layer)
const offline = OfflineModel.layer(rules)
const scripted = (...replies: ReadonlyArray<ScriptedModel.Reply>) => ScriptedModel.layer({ replies })

const second = Effect.sleep("1 second")

const asked = (content: string) => ({ role: "user" as const, content })
const answered = (content: string) => ({ role: "assistant" as const, content })

describe("a turn", () => {
  it.effect("finds documents, and replies from them word by word", () =>
    Effect.gen(function* () {
      const messages = [asked("What is a gravity assist?")]
      const events = yield* Stream.runCollect(Flow.stream(chat, { messages }, { channels: [words] }))
      const last = events.at(-1)
      assert(last?._tag === "Completed")
      const { documents, messages: said } = last.store
      assert.deepStrictEqual(
        documents.map(({ id }) => id),
        ["gravity-assist", "juno"]
      )
      assert.match(said[1]?.content ?? "", /^A gravity assist is a close flyby of a planet that/)
      assert.strictEqual(
        events
          .filter(words.is)
          .map(({ value }) => value)
          .join(""),
        said[1]?.content
      )
      assert.isAbove(events.filter(words.is).length, 20)
    }).pipe(Effect.provide(Layer.merge(offline, corpus)))
  )

  it.effect("knows what the question before was about", () =>
    Effect.gen(function* () {
      const messages = [asked("Which probe landed on Titan?"), answered("Huygens."), asked("Who was it named after?")]
      const { store } = yield* Flow.run(chat, { messages })
      assert.include(
        store.documents.map(({ id }) => id),
        "huygens"
      )
      assert.include(store.messages[3]?.content, "named after Christiaan Huygens")
    }).pipe(Effect.provide(Layer.merge(offline, corpus)))
  )
})

/** Until all fibers wait. */
const settled = Effect.repeat(TestClock.adjust(0), { times: 9 })

/** A conversation with this model, and what its pages are told from now on. */
const open = (model: Layer.Layer<LanguageModel.LanguageModel>) =>
  Effect.gen(function* () {
    const layer = Conversations.layer({ capacity: 10 }).pipe(Layer.provide([model, corpus]))
    const { get } = Context.get(yield* Layer.build(layer), Conversations)
    const conversation = yield* get("1")
    const heard: Array<typeof Change.Type> = []
    yield* Effect.forkScoped(Stream.runForEach(conversation.changes, (change) => Effect.sync(() => heard.push(change))))
    yield* settled
    return { ...conversation, heard }
  })

describe("a conversation", () => {
  it.effect("tells all at first, and then what is new", () =>
    Effect.gen(function* () {
      const { heard, say } = yield* open(scripted([second, "Hel", second, "lo", second]))
      yield* say("Hi")
      yield* Effect.repeat(Effect.andThen(settled, TestClock.adjust("1 second")), { times: 3 })
      const messages = [asked("Hi")]
      assert.deepStrictEqual(heard, [
        { _tag: "Shown", view: { messages: [], reply: null, trouble: null } },
        { _tag: "Shown", view: { messages, reply: { attempt: 0, text: "" }, trouble: null } },
        { _tag: "Said", text: "Hel" },
        { _tag: "Said", text: "lo" },
        { _tag: "Shown", view: { messages: [...messages, answered("Hello")], reply: null, trouble: null } }
      ])
    }).pipe(Effect.scoped)
  )

  it.effect("gives all there is to who comes again, in the middle of a reply", () =>
    Effect.gen(function* () {
      const { changes, say } = yield* open(scripted(["Hel", second, "lo", second]))
      yield* say("Hi")
      yield* settled
      const again = yield* Effect.forkChild(Stream.runCollect(Stream.take(changes, 2)))
      yield* settled
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(again), [
        { _tag: "Shown", view: { messages: [asked("Hi")], reply: { attempt: 0, text: "Hel" }, trouble: null } },
        { _tag: "Said", text: "lo" }
      ])
    }).pipe(Effect.scoped)
  )

  it.effect("stops a reply: the model is interrupted, what it has said stays, and the next question is asked", () =>
    Effect.gen(function* () {
      const interrupted = yield* Deferred.make<void>()
      const stuck = Effect.onInterrupt(Effect.never, () => Deferred.succeed(interrupted, undefined))
      const { heard, say, stop } = yield* open(scripted(["It was", stuck], "In 1997."))
      yield* say("When?")
      yield* settled
      assert.strictEqual((yield* Effect.flip(say("When now?"))).message, "There is a reply to wait for, or to stop")
      yield* stop
      yield* Deferred.await(interrupted)
      const messages = [asked("When?"), answered("It was")]
      yield* settled
      assert.deepStrictEqual(heard.at(-1), { _tag: "Shown", view: { messages, reply: null, trouble: "stopped" } })

      yield* say("When now?")
      yield* settled
      const more = [...messages, asked("When now?"), answered("In 1997.")]
      assert.deepStrictEqual(heard.at(-1), { _tag: "Shown", view: { messages: more, reply: null, trouble: null } })
    }).pipe(Effect.scoped)
  )

  it.effect("begins a reply anew that broke off, and says so when it fails", () =>
    Effect.gen(function* () {
      const busy = Effect.fail(new AiError.RateLimitError({}))
      const refused = Effect.fail(new AiError.ContentPolicyError({ description: "no" }))
      const { heard, say } = yield* open(scripted(["Hel", busy], ["Hello"], refused))
      yield* say("Hi")
      yield* Effect.repeat(TestClock.adjust("1 second"), { times: 3 })
      const messages = [asked("Hi"), answered("Hello")]
      assert.deepStrictEqual(heard.at(-1), { _tag: "Shown", view: { messages, reply: null, trouble: null } })

      yield* say("Hi again")
      yield* settled
      assert.deepStrictEqual(heard.at(-1), {
        _tag: "Shown",
        view: { messages: [...messages, asked("Hi again")], reply: null, trouble: "failed" }
      })
    }).pipe(Effect.scoped, Effect.provide(Logger.layer([])))
  )
})

const start = (model: Layer.Layer<LanguageModel.LanguageModel>, port = 0) =>
  Layer.build(
    serve(routes, { grace: "100 millis", port }).pipe(
      Layer.provide(Conversations.layer({ capacity: 10 })),
      Layer.provide([model, corpus])
    )
  ).pipe(Effect.flatMap((server) => Effect.provideContext(address, server)))

const live = Effect.provide([NodeServices.layer, FetchHttpClient.layer])

describe("the server", () => {
  it.live("refuses what is no id and no question", () =>
    Effect.gen(function* () {
      const url = yield* start(offline)
      const { chat } = yield* HttpApiClient.make(Api, { baseUrl: url })
      const params = { id: crypto.randomUUID() }
      assert.isTrue((yield* Effect.exit(chat.say({ params, payload: { text: " " } })))._tag === "Failure")
      assert.strictEqual((yield* HttpClient.get(`${url}/conversations/1/changes`)).status, 400)
    }).pipe(Effect.scoped, live)
  )

  it.live("is shown by the program, which ends without a terminal", () =>
    Effect.gen(function* () {
      const { ok, out } = yield* runExample(program, "--pace", "5")
      assert.isTrue(ok)
      assert.match(out, /\n> What is a gravity assist\?\nA gravity assist is a close flyby .* measure it\.\n/)
      assert.match(out, /\n> Tell me about the two Voyager probes\.\nThe two Voyager probes .* \[stopped\]\n/)
    })
  )
})

describe("the page", () => {
  itInBrowser("shows a reply as it comes, and stops it", () =>
    Effect.gen(function* () {
      const interrupted = yield* Deferred.make<void>()
      const stuck = Effect.onInterrupt(Effect.never, () => Deferred.succeed(interrupted, undefined))
      const url = yield* start(scripted(["It is <b>here</b> ", stuck], "Good."))
      const { page, problems } = yield* openPage(url)
      const bubbles = Effect.promise(() => page.locator("#messages > p").allInnerTexts())
      yield* Effect.promise(async () => {
        await page.getByLabel("Your question").fill("Where & <i>when</i>?")
        await page.keyboard.press("Enter")
        await page.getByText("It is <b>here</b>").waitFor()
      })
      assert.deepStrictEqual(yield* bubbles, ["Where & <i>when</i>?", "It is <b>here</b> "])
      assert.isTrue(yield* Effect.promise(() => page.getByRole("button", { name: "Send" }).isDisabled()))

      yield* Effect.promise(() => page.getByRole("button", { name: "Stop" }).click())
      yield* Deferred.await(interrupted)
      yield* Effect.promise(() => page.getByText("Stopped.", { exact: true }).waitFor())

      yield* Effect.promise(async () => {
        await page.getByLabel("Your question").fill("And now?")
        await page.getByRole("button", { name: "Send" }).click()
        await page.getByText("Good.").waitFor()
        await page.reload()
        await page.getByText("Good.").waitFor()
      })
      assert.deepStrictEqual(yield* bubbles, ["Where & <i>when</i>?", "It is <b>here</b> ", "And now?", "Good."])
      assert.deepStrictEqual(problems, [])
    }).pipe(Effect.scoped)
  )

  itInBrowser("connects again when the server comes back", () =>
    withLastingPort(
      Effect.fnUntraced(function* (port) {
        const scope = yield* Scope.make()
        const url = yield* Scope.provide(start(offline, port), scope)
        const { page } = yield* openPage(url)
        const ask = async (question: string, reply: RegExp) => {
          await page.getByLabel("Your question").fill(question)
          await page.keyboard.press("Enter")
          await page.getByText(reply).waitFor()
        }
        yield* Effect.promise(() => ask("Hello", /^Hello! Ask me/))

        yield* Scope.close(scope, Exit.void)
        yield* Effect.promise(() => page.getByText("Connecting again ...").waitFor())
        yield* start(offline, port)
        // The new server knows nothing of the conversation; neither does the page then.
        yield* Effect.promise(() => page.getByText(/^Hello! Ask me/).waitFor({ state: "detached" }))
        yield* Effect.promise(() => ask("Which probe landed on Titan?", /^Huygens was a probe/))
      })
    )
  )
})
