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
import * as TestClock from "effect/testing/TestClock"
import { Flow } from "effect-pocketflow"
import { OfflineModel, ToolLoop } from "../../packages/ai/src/index.ts"

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
        ],
        tools: [],
        results: [{ name: "t", text: '{"ok":1}', isFailure: false }]
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

  it.effect("takes its time, where it is told to", () =>
    Effect.gen(function* () {
      const rules = [{ name: "echo", when: () => true, reply: ({ user }: OfflineModel.PromptText) => user }]
      const fiber = yield* LanguageModel.generateText({ prompt: "Hi" }).pipe(
        Effect.provide(OfflineModel.layer(rules, { latency: "2 seconds" })),
        Effect.forkChild
      )
      yield* TestClock.adjust("1999 millis")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assert.strictEqual((yield* Fiber.join(fiber)).text, "Hi")
    })
  )

  describe("tools", () => {
    const params = { text: Schema.String }
    const toolkit = Toolkit.make(
      Tool.make("shout", { parameters: Schema.Struct(params), success: Schema.String }),
      Tool.make("measure", { parameters: Schema.Struct(params), success: Schema.Struct({ length: Schema.Int }) }),
      Tool.make("fail", { failure: Schema.String, failureMode: "return" })
    )
    const handlers = toolkit.toLayer({
      shout: ({ text }) => Effect.succeed(text.toUpperCase()),
      measure: ({ text }) => Effect.succeed({ length: text.length }),
      fail: () => Effect.fail("no luck")
    })
    const callsIn = (text: string) =>
      Array.from(text.matchAll(/(\w+)\((\w*)\)/g), ([, name = "", text]) => ({ name, params: text ? { text } : {} }))
    const Caller = OfflineModel.layer([
      { name: "report", when: ({ results }) => results.length > 0, reply: ({ results }) => JSON.stringify(results) },
      { name: "calls", when: ({ user }) => user.includes("("), reply: ({ user }) => callsIn(user) },
      { name: "nothing", when: /^nothing$/, reply: () => [] },
      { name: "offered", when: () => true, reply: ({ tools }) => `offered: ${tools.join()}` }
    ])
    const ask = (prompt: Prompt.RawInput, toolChoice?: LanguageModel.ToolChoice<keyof typeof toolkit.tools>) =>
      LanguageModel.generateText({
        prompt,
        toolkit,
        toolCallValidation: "deferred",
        disableToolCallResolution: true,
        ...(toolChoice && { toolChoice })
      }).pipe(Effect.provide([Caller, handlers]))

    it.effect("rules call them, and answer by what they give", () =>
      Effect.gen(function* () {
        const loop = ToolLoop.make({ toolkit })
        const first = yield* Flow.run(loop, { history: Prompt.make("shout(hi), measure(hello), fail()") })
        assert.deepStrictEqual(JSON.parse(ToolLoop.answer(first.store)), [
          { name: "shout", text: "HI", isFailure: false },
          { name: "measure", text: '{"length":5}', isFailure: false },
          { name: "fail", text: "no luck", isFailure: true }
        ])
        // A further question has no results yet, and its calls have ids of their own.
        const history = Prompt.concat(first.store.history, "shout(ho)")
        const second = yield* Flow.run(loop, { history })
        assert.deepStrictEqual(JSON.parse(ToolLoop.answer(second.store)), [
          { name: "shout", text: "HO", isFailure: false }
        ])
        assert.deepStrictEqual(idsOf(second.store.history), ["call-0", "call-1", "call-2", "call-3"])
        assert.deepStrictEqual(idsOf((yield* Flow.run(loop, { history })).store.history), idsOf(second.store.history))
      }).pipe(Effect.provide([Caller, handlers]))
    )

    it.effect("ids are none that the prompt uses", () =>
      Effect.gen(function* () {
        const idsAfter = (...ids: ReadonlyArray<string>) => {
          const content = ids.map((id) =>
            Prompt.toolCallPart({ id, name: "fail", params: {}, providerExecuted: false })
          )
          const before = Prompt.fromMessages([Prompt.assistantMessage({ content })])
          return Effect.map(ask(Prompt.concat(before, "shout(a), shout(b)")), ({ toolCalls }) =>
            toolCalls.map(({ id }) => id)
          )
        }
        assert.deepStrictEqual(yield* idsAfter(), ["call-0", "call-1"])
        assert.deepStrictEqual(yield* idsAfter("call-1", "other"), ["call-2", "call-3"])
        // The beginning of the conversation was cut off.
        assert.deepStrictEqual(yield* idsAfter("call-2", "call-3"), ["call-4", "call-5"])
      })
    )

    it.effect("calls are streamed whole", () =>
      Effect.gen(function* () {
        const parts = yield* LanguageModel.streamText({ prompt: "shout(hi)", toolkit }).pipe(
          Stream.runCollect,
          Effect.provide([Caller, handlers])
        )
        assert.deepStrictEqual(
          parts.map((part) => {
            switch (part.type) {
              case "tool-call":
                return `${part.id}: ${part.name}(${JSON.stringify(part.params)})`
              case "tool-result":
                return part.result
              case "finish":
                return part.reason
              default:
                return part.type
            }
          }),
          ['call-0: shout({"text":"hi"})', "HI", "tool-calls"]
        )
      })
    )

    it.effect("rules see and may call what the request offers", () =>
      Effect.gen(function* () {
        for (const [choice, offered] of [
          [undefined, "shout,measure,fail"],
          ["none", ""],
          [{ oneOf: ["measure", "fail"] }, "measure,fail"]
        ] as const) {
          assert.strictEqual((yield* ask("hello", choice)).text, `offered: ${offered}`)
        }
        for (const [prompt, choice, message] of [
          ["divide()", undefined, 'calls "divide". The tools that may be called: shout, measure, fail'],
          ["shout(a), fail()", { tool: "shout" }, 'calls "fail". The tools that may be called: shout'],
          ["shout(a)", { oneOf: ["fail"] }, 'calls "shout". The tools that may be called: fail'],
          ["shout(a)", "none", 'calls "shout". The tools that may be called: none']
        ] as const) {
          const error = yield* Effect.flip(ask(prompt, choice))
          assert.strictEqual(error.reason._tag, "InvalidOutputError")
          assert.include(error.message, `The rule "calls" ${message}`)
        }
      })
    )

    it.effect("a call that is demanded must come", () =>
      Effect.gen(function* () {
        for (const choice of ["required", { tool: "shout" }, { mode: "required", oneOf: ["shout"] }] as const) {
          assert.lengthOf((yield* ask("shout(a)", choice)).toolCalls, 1)
          const error = yield* Effect.flip(ask("hello", choice))
          assert.strictEqual(error.reason._tag, "InvalidOutputError")
          assert.include(error.message, 'The rule "offered" calls no tool, and one is demanded')
        }
      })
    )

    it.effect("no calls are an empty reply", () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(ask("nothing"))
        assert.strictEqual(error.reason._tag, "InvalidOutputError")
        assert.include(error.message, 'The rule "nothing" gave an empty reply')
      })
    )
  })
})

const idsOf = ({ content }: Prompt.Prompt) =>
  content.flatMap((message) =>
    message.role === "assistant" ? message.content.flatMap((part) => (part.type === "tool-call" ? part.id : [])) : []
  )
