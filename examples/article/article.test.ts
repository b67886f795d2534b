import { OfflineModel } from "@effect-pocketflow/ai"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, FileSystem, Layer, Stream } from "effect"
import { AiError, LanguageModel } from "effect/ai"
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
      const reason = new AiError.ContentPolicyError({ description: "not about Juno" })
      const refusal = AiError.make({ module: "test", method: "generateText", reason })
      const { outcome, store } = yield* writeWith((title) => (title === "Juno" ? Effect.fail(refusal) : Effect.void))
      assert.strictEqual(outcome, "partial")
      assert.deepStrictEqual(
        store.sections.filter(({ written }) => !written),
        [
          {
            title: "Juno",
            text: `> This section could not be written: ${refusal.message}\n> Its sources: Juno.`,
            written: false
          }
        ]
      )
      assert.include(store.text, "## Juno\n\n> This section could not be written")
      assert.include(store.text, "[galileo] Galileo")
      assert.notInclude(store.text, "[juno] Juno")
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
      assert.strictEqual((yield* Fiber.join(fiber)).outcome, "partial")
      assert.strictEqual(attempts, 3)
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
      assert.match(err, /^Offline/)
      assert.match(yield* fs.readFileString(output), /^# Moons of Jupiter\n/)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )
})
