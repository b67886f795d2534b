import { assert, describe, it } from "@effect/vitest"
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Prompt from "effect/ai/Prompt"
import * as Tool from "effect/ai/Tool"
import * as Toolkit from "effect/ai/Toolkit"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { OfflineModel } from "../../packages/ai/src/index.ts"

const Model = OfflineModel.layer([
  {
    name: "sum",
    when: /\d+ \+ \d+/g,
    reply: ({ user }) => String((user.match(/\d+/g) ?? []).reduce((sum, digits) => sum + Number(digits), 0))
  },
  { name: "shout", when: ({ user }) => user.endsWith("!"), reply: ({ user }) => user.toUpperCase() },
  { name: "json", when: /as JSON/, reply: ({ user }) => JSON.stringify({ words: user.split(" ").length }) },
  { name: "all", when: /show all/, reply: (prompt) => JSON.stringify(prompt) },
  { name: "nothing", when: /^nothing$/, reply: () => "" },
  { name: "never", when: /first wins: 1 \+ 1/, reply: () => "the second rule" }
])

const ask = (prompt: Prompt.RawInput) =>
  LanguageModel.generateText({ prompt }).pipe(
    Effect.map((response) => response.text),
    Effect.provide(Model)
  )

describe("OfflineModel", () => {
  it.effect("computes the reply from the prompt, every time anew", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* ask("17 + 25"), "42")
      assert.strictEqual(yield* ask("1 + 1"), "2")
      assert.strictEqual(yield* ask("hello!"), "HELLO!")
    })
  )

  it.effect("the first rule that applies wins", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* ask("first wins: 1 + 1"), "2")
    })
  )

  it.effect("rules see system, user, text and history", () =>
    Effect.gen(function* () {
      const reply = yield* ask(
        Prompt.fromMessages([
          Prompt.systemMessage({ content: "Be kind." }),
          Prompt.systemMessage({ content: "show all" }),
          Prompt.userMessage({ content: [Prompt.textPart({ text: "one" })] }),
          Prompt.assistantMessage({
            content: [Prompt.reasoningPart({ text: "hm" }), Prompt.textPart({ text: "two" })]
          }),
          Prompt.userMessage({
            content: [
              Prompt.textPart({ text: "three" }),
              Prompt.filePart({ mediaType: "image/png", data: "AQID" }),
              Prompt.textPart({ text: "four" })
            ]
          }),
          Prompt.toolMessage({
            content: [
              Prompt.toolResultPart({
                id: "1",
                name: "t",
                isFailure: false,
                result: { ok: 1 },
                providerExecuted: false
              })
            ]
          })
        ])
      )
      assert.deepStrictEqual(JSON.parse(reply), {
        system: "Be kind.\nshow all",
        user: "three\nfour",
        text: 'Be kind.\n\nshow all\n\none\n\ntwo\n\nthree\nfour\n\n{"ok":1}',
        history: [
          { role: "system", text: "Be kind." },
          { role: "system", text: "show all" },
          { role: "user", text: "one" },
          { role: "assistant", text: "two" },
          { role: "user", text: "three\nfour" },
          { role: "tool", text: '{"ok":1}' }
        ]
      })
    })
  )

  it.effect("streams the reply word by word", () =>
    Effect.gen(function* () {
      const parts = yield* LanguageModel.streamText({ prompt: " hello  big\nworld!" }).pipe(
        Stream.runCollect,
        Effect.provide(Model)
      )
      assert.deepStrictEqual(
        parts.map((part) => (part.type === "text-delta" ? part.delta : part.type)),
        ["text-start", " ", "HELLO  ", "BIG\n", "WORLD!", "text-end", "finish"]
      )
    })
  )

  it.effect("gives objects from JSON", () =>
    Effect.gen(function* () {
      const object = (prompt: string) =>
        LanguageModel.generateObject({ prompt, schema: Schema.Struct({ words: Schema.Int }) }).pipe(
          Effect.provide(Model)
        )
      assert.deepStrictEqual((yield* object("count as JSON")).value, { words: 3 })
      const error = yield* Effect.flip(object("not json!"))
      assert.strictEqual(error.reason._tag, "StructuredOutputError")
    })
  )

  it.effect("no rule that applies is an InvalidUserInputError naming the rules", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(ask("hello"))
      assert.strictEqual(error.reason._tag, "InvalidUserInputError")
      assert.strictEqual(
        error.message,
        "OfflineModel.generateText: Invalid user input: No rule of the offline model applies. Tried: sum, shout, json, all, nothing, never"
      )
      const none = yield* LanguageModel.streamText({ prompt: "hello" }).pipe(
        Stream.runDrain,
        Effect.provide(OfflineModel.layer([])),
        Effect.flip
      )
      assert.strictEqual(
        none.message,
        "OfflineModel.streamText: Invalid user input: No rule of the offline model applies. Tried: none"
      )
    })
  )

  it.effect("streams at a pace", () =>
    Effect.gen(function* () {
      const heard: Array<readonly [millis: number, delta: string]> = []
      const rule: OfflineModel.Rule = { name: "echo", when: () => true, reply: ({ user }) => user }
      const fiber = yield* LanguageModel.streamText({ prompt: "one two three" }).pipe(
        Stream.runForEach((part) =>
          Effect.map(Clock.currentTimeMillis, (now) => part.type === "text-delta" && heard.push([now, part.delta]))
        ),
        Effect.provide(OfflineModel.layer([rule], { pace: "1 second" })),
        Effect.forkChild
      )
      yield* Effect.repeat(TestClock.adjust("500 millis"), { times: 5 })
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(heard, [
        [1000, "one "],
        [2000, "two "],
        [3000, "three"]
      ])
    })
  )

  it.effect("an empty reply is an InvalidOutputError", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(ask("nothing"))
      assert.strictEqual(error.reason._tag, "InvalidOutputError")
    })
  )

  it.effect("a demanded tool call is an InvalidRequestError; an offered tool is not called", () =>
    Effect.gen(function* () {
      const toolkit = Toolkit.make(Tool.make("t"))
      const call = (toolChoice: LanguageModel.ToolChoice<"t">) =>
        LanguageModel.generateText({ prompt: "1 + 1", toolkit, toolChoice }).pipe(
          Effect.provide([Model, toolkit.toLayer({ t: () => Effect.void })])
        )
      for (const choice of ["required", { tool: "t" }, { mode: "required", oneOf: ["t"] }] as const) {
        const error = yield* Effect.flip(call(choice))
        assert.strictEqual(error.reason._tag, "InvalidRequestError")
      }
      for (const choice of ["auto", "none", { oneOf: ["t"] }] as const) {
        assert.strictEqual((yield* call(choice)).text, "2")
      }
    })
  )
})
