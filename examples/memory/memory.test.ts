import { OfflineModel } from "@effect-pocketflow/ai"
import { ScriptedModel } from "@effect-pocketflow/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { AiError, EmbeddingModel } from "effect/ai"
import { Flow } from "effect-pocketflow"
import { noted } from "../shared/chat.ts"
import { hashingEmbedding } from "../shared/embedding.ts"
import { runExample, terminal } from "../shared/testing.ts"
import { memory } from "./flow.ts"
import { program } from "./program.ts"
import { rules } from "./rules.ts"

/** The end of a chat over these lines, and what was noted beside it. */
const chat = (window: number, ...lines: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const notes: Array<string> = []
    const { outcome, store } = yield* Flow.runForEach(
      memory({ window }),
      {},
      (event) => Effect.sync(() => event._tag === "Emitted" && notes.push(event.value)),
      { channels: [noted] }
    )
    return { outcome, store, notes, replies: store.turns.map(({ assistant }) => assistant) }
  }).pipe(Effect.provide(terminal(Stream.fromIterable(lines))))

const offline = Layer.merge(OfflineModel.layer(rules), hashingEmbedding)

const goats = "My sister Ida keeps eleven goats."
const others = ["The fog horn broke.", "There is soup for supper.", "The ferry comes on Mondays."]
const question = "How many goats does my sister have?"

describe("memory", () => {
  it.effect("keeps the last turns, and recalls one that has left the window", () =>
    Effect.gen(function* () {
      const { notes, outcome, replies, store } = yield* chat(2, goats, ...others, question)
      assert.deepStrictEqual(
        { outcome, notes, window: store.turns.map(({ user }) => user), reply: replies.at(-1) },
        {
          outcome: "goodbye",
          notes: [`remembers: ${goats}`],
          window: ["The ferry comes on Mondays.", question],
          reply: `You told me: "${goats}"`
        }
      )
      assert.deepStrictEqual(
        store.memories.map(({ turn }) => turn.user),
        [goats, "The fog horn broke.", "There is soup for supper."]
      )
    }).pipe(Effect.provide(offline))
  )

  it.effect("asks with the window and with what was recalled, and with nothing else", () =>
    Effect.gen(function* () {
      yield* chat(1, goats, ...others, question)
      const calls = yield* (yield* ScriptedModel.ScriptedModel).calls
      const [last = ""] = calls.slice(-1).map(({ prompt }) => prompt)
      assert.strictEqual(
        last.slice(last.indexOf("<earlier>\n")),
        `<earlier>\nuser: ${goats}\nassistant: 1\n</earlier>\n\nThe ferry comes on Mondays.\n\n4\n\n${question}`
      )
      assert.notInclude(calls[3]?.prompt, "<earlier>\n")
    }).pipe(Effect.provide([ScriptedModel.layer({ replies: ["1", "2", "3", "4", "5"] }), hashingEmbedding]))
  )

  it.effect("does not remember what it was not told", () =>
    Effect.gen(function* () {
      const { notes, replies } = yield* chat(1, goats, ...others, "Where is my boat?")
      assert.deepStrictEqual([notes, replies], [[], ["I do not remember that you told me."]])
    }).pipe(Effect.provide(offline))
  )

  it.effect("loses nothing while there are no embeddings, and catches up", () => {
    let broken = true
    const reason = new AiError.ContentPolicyError({ description: "no" })
    const flaky = Layer.effect(
      EmbeddingModel.EmbeddingModel,
      Effect.gen(function* () {
        const model = yield* EmbeddingModel.EmbeddingModel
        return yield* EmbeddingModel.make({
          embedMany: ({ inputs }) =>
            broken
              ? Effect.fail(AiError.make({ module: "test", method: "embedMany", reason }))
              : Effect.map(model.embedMany(inputs), ({ embeddings }) => ({
                  results: embeddings.map(({ vector }) => [...vector]),
                  usage: { inputTokens: undefined }
                }))
        })
      })
    ).pipe(Layer.provide(hashingEmbedding))
    return Effect.gen(function* () {
      const during = yield* chat(1, goats, ...others, question)
      assert.deepStrictEqual(
        during.store.turns.map(({ user }) => user),
        [goats, ...others, question]
      )
      assert.strictEqual(during.replies.at(-1), `You told me: "${goats}"`)
      assert.match(during.notes[0] ?? "", /^will remember this later: /)
      broken = false
      const after = yield* Flow.run(memory({ window: 1 }), during.store).pipe(
        Effect.provide(terminal(Stream.make("Good night.")))
      )
      assert.deepStrictEqual(
        after.store.memories.map(({ turn }) => turn.user),
        [goats, ...others, question]
      )
      assert.deepStrictEqual(
        after.store.turns.map(({ user }) => user),
        ["Good night."]
      )
    }).pipe(Effect.provide(Layer.merge(OfflineModel.layer(rules), flaky)))
  })

  it.effect("fails as the model does", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(chat(1, "Hello"))
      assert.strictEqual(error._tag === "AiError" && error.reason._tag, "ContentPolicyError")
    }).pipe(
      Effect.provide([
        ScriptedModel.layer({ faults: { 0: new AiError.ContentPolicyError({ description: "no" }) } }),
        hashingEmbedding
      ])
    )
  )

  it.effect("has a demonstration", () =>
    Effect.gen(function* () {
      const { ok, out } = yield* runExample(program, "--demo")
      assert.isTrue(ok)
      assert.include(
        out,
        "> How many goats does my sister have?\n" +
          "(remembers: My sister Ida keeps eleven goats on the next island.)\n" +
          'You told me: "My sister Ida keeps eleven goats on the next island."\n'
      )
      assert.match(out, /> Where is my boat\?\nI do not remember that you told me\.\n\n> Goodbye\.\n$/)
    })
  )
})
