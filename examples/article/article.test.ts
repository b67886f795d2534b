import { OfflineModel } from "@effect-pocketflow/ai"
import { ScriptedModel } from "@effect-pocketflow/testing"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, FileSystem, Layer, Logger, Stream } from "effect"
import { AiError, LanguageModel } from "effect/ai"
import { TerminalCapabilities } from "effect/cli"
import { TestClock } from "effect/testing"
import { Flow } from "effect-pocketflow"
import { Library } from "../shared/library.ts"
import { sentencesOf } from "../shared/text.ts"
import { runExample } from "../shared/testing.ts"
import { article } from "./flow.ts"
import { program } from "./program.ts"
import { rules } from "./rules.ts"

const offline = Layer.mergeAll(Library.corpus, OfflineModel.layer(rules)).pipe(Layer.provideMerge(NodeServices.layer))

const topic = "How spacecraft use gravity assists"

/** Writes the article with a model that does `f` before it drafts the section with this title. */
const writeWith = (f: (title: string) => Effect.Effect<void, AiError.AiError>) =>
  Effect.gen(function* () {
    const { generateText } = yield* LanguageModel.LanguageModel
    const model = yield* LanguageModel.make({
      generateText: Effect.fnUntraced(function* ({ prompt }) {
        const [, title] = /Section: (.*?)\\n/.exec(JSON.stringify(prompt)) ?? []
        if (title !== undefined) yield* f(title)
        const { text } = yield* generateText({ prompt })
        return [{ type: "text", text }, finish]
      }),
      streamText: () => Stream.die("unused")
    })
    return yield* Effect.provideService(Flow.run(article, { topic }), LanguageModel.LanguageModel, model)
  })

const finish = { type: "finish", reason: "stop", usage: { inputTokens: {}, outputTokens: {} } } as const

describe("article", () => {
  it.effect("writes about every topic with sentences of the sources it names", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const topics = (yield* fs.readFileString(`${import.meta.dirname}/topics.txt`)).trim().split("\n")
      assert.isAbove(topics.length, 5)
      for (const topic of topics) {
        const { outcome, store } = yield* Flow.run(article, { topic })
        assert.strictEqual(outcome, "complete")
        assert.isAtLeast(store.sections.length, 3)
        const known = store.documents.flatMap(({ text }) => sentencesOf(text))
        for (const { text } of store.sections) {
          const [, body = "", source = ""] = /^(.*) \[([\w-]+)\]$/.exec(text) ?? []
          for (const sentence of sentencesOf(body)) assert.include(known, sentence)
          assert.include(store.text, `- [${source}] `)
        }
      }
    }).pipe(Effect.provide(offline))
  )

  it.effect("drafts four sections at a time", () =>
    Effect.gen(function* () {
      let now = 0
      let most = 0
      const slow = Effect.acquireUseRelease(
        Effect.sync(() => (most = Math.max(most, ++now))),
        () => Effect.sleep("10 seconds"),
        () => Effect.sync(() => now--)
      )
      const fiber = yield* Effect.forkChild(writeWith(() => Effect.asVoid(slow)))
      yield* Effect.repeat(TestClock.adjust("1 second"), { times: 24 })
      assert.strictEqual((yield* Fiber.join(fiber)).store.sections.length, 5)
      assert.strictEqual(most, 4)
    }).pipe(Effect.provide(offline))
  )

  it.effect("marks a section that cannot be written, and keeps the others", () =>
    Effect.gen(function* () {
      const reason = new AiError.ContentPolicyError({ description: "account acme-42, key sk-secret\n\n## Injected" })
      const refusal = AiError.make({ module: "test", method: "generateText", reason })
      const logged: Array<unknown> = []
      const { outcome, store } = yield* writeWith((title) =>
        title === "Juno" ? Effect.fail(refusal) : Effect.void
      ).pipe(Effect.provide(Logger.layer([Logger.make(({ message }) => logged.push(message))])))
      assert.strictEqual(outcome, "partial")
      assert.deepStrictEqual(
        store.sections.filter(({ written }) => !written),
        [
          {
            title: "Juno",
            text: "> This section could not be written: the language model failed.\n> Its sources: Juno.",
            written: false
          }
        ]
      )
      assert.include(store.text, "## Juno\n\n> This section could not be written")
      assert.include(store.text, "[galileo] Galileo")
      assert.notInclude(store.text, "[juno] Juno")
      // What the provider says is for the log.
      assert.notMatch(store.text, /acme|secret|Injected/)
      assert.deepStrictEqual(logged, [[`No draft of "Juno": ${refusal.message}`]])
    }).pipe(Effect.provide(offline))
  )

  it.effect("gives up on a section after three attempts of a minute", () =>
    Effect.gen(function* () {
      let attempts = 0
      const fiber = yield* Effect.forkChild(
        writeWith((title) =>
          title === "Juno"
            ? Effect.andThen(
                Effect.sync(() => attempts++),
                Effect.never
              )
            : Effect.void
        )
      )
      yield* Effect.repeat(TestClock.adjust("10 seconds"), { times: 20 })
      const { outcome, store } = yield* Fiber.join(fiber)
      assert.strictEqual(outcome, "partial")
      assert.include(store.text, "> This section could not be written: the language model took too long.")
      assert.strictEqual(attempts, 3)
    }).pipe(Effect.provide([offline, Logger.layer([])]))
  )

  /** The article that a model writes with these replies, while time goes by; and how often it was asked. */
  const writeWithReplies = (...replies: ReadonlyArray<ScriptedModel.Reply>) =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.exit(Flow.run(article, { topic })))
      yield* Effect.repeat(TestClock.adjust("1 second"), { times: 9 })
      const { calls } = yield* ScriptedModel.ScriptedModel
      return { exit: yield* Fiber.join(fiber), calls: (yield* calls).length }
    }).pipe(Effect.provide(ScriptedModel.layer({ replies })), Effect.provide([offline, Logger.layer([])]))

  const headings = (...sources: ReadonlyArray<string>) => ["A", "B", "C"].map((title) => ({ title, sources }))
  const good = { sections: headings("juno") }
  const draft = "It flew by. [juno]"

  it.effect.each([
    { sections: [] },
    { sections: [...headings("juno"), ...headings("juno"), ...headings("juno")] },
    { sections: headings() },
    { sections: headings("juno", "atlantis") },
    { sections: [{ title: "A\n\n# Injected", sources: ["juno"] }, ...headings("juno")] },
    { sections: [{ title: " ", sources: ["juno"] }, ...headings("juno")] }
  ])("asks again for an outline that is none: %j", (bad) =>
    Effect.gen(function* () {
      const once = yield* writeWithReplies(bad, good, draft, draft, draft)
      assert(once.exit._tag === "Success")
      assert.deepStrictEqual([once.exit.value.outcome, once.calls], ["complete", 5])
      const thrice = yield* writeWithReplies(bad, bad, bad)
      assert.deepStrictEqual([thrice.exit._tag, thrice.calls], ["Failure", 3])
    })
  )

  it.effect.each(["", " \n", "It flew by.", "It flew by. [galileo]"])(
    "asks again for a draft without its sources, and then marks it: %j",
    (bad) =>
      Effect.gen(function* () {
        const { calls, exit } = yield* writeWithReplies(good, bad, draft, draft, bad, bad)
        assert(exit._tag === "Success")
        assert.deepStrictEqual([exit.value.outcome, calls], ["partial", 6])
        const [marked, ...others] = exit.value.store.sections
        assert.strictEqual(
          marked?.text,
          "> This section could not be written: the drafts cited none of their sources.\n> Its sources: Juno."
        )
        assert.deepStrictEqual(
          others.map(({ text }) => text),
          [draft, draft]
        )
      })
  )

  it.effect("has three sections where there is one document", () =>
    Effect.gen(function* () {
      const { outcome, store } = yield* Flow.run(article, { topic: "Hayabusa" })
      const [{ text = "" } = {}] = store.documents
      assert.deepStrictEqual([outcome, store.documents.length, store.sections.length], ["complete", 1, 3])
      // All that the document says, once, in its order.
      assert.deepStrictEqual(
        store.sections.flatMap(({ text }) => sentencesOf(text.replace(" [hayabusa2]", ""))),
        sentencesOf(text)
      )
    }).pipe(Effect.provide(offline))
  )

  it.effect("fails where nothing is known", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Flow.run(article, { topic: "knitting" }))
      assert.strictEqual(error.message, 'There is no document about "knitting"')
      assert.strictEqual(error._tag, "NothingKnown")
    }).pipe(Effect.provide(offline))
  )

  it.effect("is written by the command", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const output = `${yield* fs.makeTempDirectoryScoped()}/new/article.md`
      const { err, ok, out } = yield* runExample(program, "--topic", "Moons of Jupiter", "--output", output)
      assert.deepStrictEqual({ ok, out }, { ok: true, out: `Wrote "Moons of Jupiter" in 5 sections to ${output}.` })
      assert.match(err, /^Offline.*$/)
      assert.match(yield* fs.readFileString(output), /^# Moons of Jupiter\n/)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("shows in a terminal what it is at", () =>
    Effect.gen(function* () {
      const output = `${yield* FileSystem.FileSystem.use((fs) => fs.makeTempDirectoryScoped())}/article.md`
      const { out } = yield* runExample(program, "--output", output).pipe(
        Effect.provideService(TerminalCapabilities.TerminalCapabilities, {
          canAnimate: true,
          canColor: false,
          canPrompt: false
        })
      )
      const shown = out.split("\r\x1b[K")
      assert.deepStrictEqual(shown.slice(0, 3), ["", "outline ...", "drafts ..."])
      assert.include(shown, "drafted: Juno")
      assert.match(shown.at(-1) ?? "", /^Wrote /)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )
})
