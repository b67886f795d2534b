import { OfflineModel } from "@effect-pocketflow/ai"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Ref, Stdio, Stream } from "effect"
import { AiError, LanguageModel } from "effect/ai"
import { TestClock } from "effect/testing"
import { Flow } from "effect-pocketflow"
import { said } from "../shared/chat.ts"
import { channels, pipedOr, show } from "../shared/terminal.ts"
import { terminal } from "../shared/testing.ts"
import { demo } from "./demo.ts"
import { chat } from "./flow.ts"
import { rules } from "./rules.ts"

const offline = OfflineModel.layer(rules)

/** What the user sees of a chat over these lines. */
const screen = <E, R>(lines: Stream.Stream<string, E, R>, echo = true) =>
  Effect.gen(function* () {
    const shown = yield* Ref.make("")
    const display = (text: string) => Ref.update(shown, (before) => before + text)
    const events = Flow.stream(chat, { messages: [] }, { channels })
    yield* Effect.provide(show(events, { echo }), terminal(lines, display))
    return yield* Ref.get(shown)
  })

/** The replies to these lines. */
const replies = (...lines: ReadonlyArray<string>) =>
  Flow.run(chat, { messages: [] }).pipe(
    Effect.provide(terminal(Stream.fromIterable(lines))),
    Effect.map(({ store }) => store.messages.filter(({ role }) => role === "assistant").map(({ content }) => content))
  )

describe("chat", () => {
  it.effect("keeps the whole conversation in the store", () =>
    Effect.gen(function* () {
      const run = yield* Flow.run(chat, { messages: [] }).pipe(
        Effect.provide(terminal(Stream.make("My name is Ada.", " ", "exit", "never read")))
      )
      assert.deepStrictEqual(run, {
        outcome: "goodbye",
        store: {
          messages: [
            { role: "user", content: "My name is Ada." },
            { role: "assistant", content: "Nice to meet you, Ada. What is on your mind?" }
          ]
        },
        steps: 2
      })
    }).pipe(Effect.provide(offline))
  )

  it.effect("shows the reply word by word, and who said what", () =>
    Effect.gen(function* () {
      const transcript = "\n> I am late\nHow long have you been late?\n\n> Goodbye.\n"
      assert.strictEqual(yield* screen(Stream.make("I am late")), transcript)
      assert.strictEqual(yield* screen(Stream.make("I am late"), false), transcript.replace("I am late\n", ""))

      const hostile = yield* screen(Stream.make("I am \u001b[2J\u0007red"))
      assert.strictEqual(hostile, "\n> I am [2Jred\nHow long have you been [2Jred?\n\n> Goodbye.\n")

      const words = yield* Flow.stream(chat, { messages: [] }, { channels: [said] }).pipe(
        Stream.filter(said.is),
        Stream.map(({ value }) => value),
        Stream.runCollect,
        Effect.provide(terminal(Stream.make("I am late")))
      )
      assert.deepStrictEqual(words, ["How ", "long ", "have ", "you ", "been ", "late?"])
    }).pipe(Effect.provide(offline))
  )

  it.effect("reads lines from a pipe, and has a demonstration where there are none", () =>
    Effect.gen(function* () {
      const stdin = (text: string) => Stdio.layerTest({ stdin: Stream.fromIterable(text).pipe(Stream.encodeText) })
      assert.deepStrictEqual(yield* Stream.runCollect(pipedOr(demo)).pipe(Effect.provide(stdin("one\ntwo"))), [
        "one",
        "two"
      ])
      assert.deepStrictEqual(yield* Stream.runCollect(pipedOr(demo)).pipe(Effect.provide(stdin(""))), demo)
      assert.include(yield* screen(Stream.fromIterable(demo)), "You told me that your name is Ada.")
    }).pipe(Effect.provide(offline))
  )

  it.effect("asks again when the model is busy, and begins the reply anew", () =>
    Effect.gen(function* () {
      let calls = 0
      const usage = { inputTokens: {}, outputTokens: {} }
      const finish = { type: "finish", reason: "stop", usage } as const
      const busy = AiError.make({ module: "test", method: "streamText", reason: new AiError.RateLimitError({}) })
      const flaky = Layer.effect(
        LanguageModel.LanguageModel,
        LanguageModel.make({
          generateText: () => Effect.die("unused"),
          streamText: () => {
            const text = Stream.make(
              { type: "text-start", id: "1" } as const,
              { type: "text-delta", id: "1", delta: "Hel" } as const
            )
            return calls++ === 0
              ? Stream.concat(text, Stream.fail(busy))
              : Stream.concat(text, Stream.make({ type: "text-delta", id: "1", delta: "lo" } as const, finish))
          }
        })
      )
      const fiber = yield* Effect.forkChild(Effect.provide(screen(Stream.make("Hi")), flaky))
      yield* Effect.repeat(TestClock.adjust("100 millis"), { times: 9 })
      assert.strictEqual(yield* Fiber.join(fiber), "\n> Hi\nHel\nHello\n\n> Goodbye.\n")
    })
  )
})

describe("the rules", () => {
  it.effect("remember the name, and what was said", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(
        yield* replies(
          "What is my name?",
          "Call me Bo.",
          "I own a red kite.",
          "The kite is torn.",
          "So what's my name?",
          "What did I say about the kite?",
          "What did I tell you about snow?"
        ),
        [
          "You have not told me yet.",
          "Nice to meet you, Bo. What is on your mind?",
          '"you own a red kite": please tell me more about that.',
          "Earlier you said that you own a red kite. How do the two go together?",
          "You told me that your name is Bo.",
          'You said: "The kite is torn."',
          "You have said nothing about snow so far."
        ]
      )
    }).pipe(Effect.provide(offline))
  )

  it.effect("turn around what the user says", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(
        yield* replies("I need my coffee!", "I am angry because you forgot me.", "Are you real?"),
        [
          "What would change if you had your coffee?",
          "Is that the whole reason, that I forgot you?",
          'You ask: "Are I real?" What answer do you hope for?'
        ]
      )
    }).pipe(Effect.provide(offline))
  )
})
