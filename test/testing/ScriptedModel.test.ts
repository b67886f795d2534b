import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, Layer, Schedule, Schema, Stream } from "effect"
import { AiError, LanguageModel, Prompt, Tool, Toolkit } from "effect/ai"
import { TestClock } from "effect/testing"
import { Flow, Node, Store } from "effect-pocketflow"
import { exploreInterleavings, ScriptedModel } from "../../packages/testing/src/index.ts"

const busy = new AiError.RateLimitError({ retryAfter: Duration.seconds(1) })
const usage = { inputTokens: {}, outputTokens: {} }

/** Parts, without what decoding adds to them. */
const plain = (parts: ReadonlyArray<object>): ReadonlyArray<object> =>
  parts.map((part) => Object.fromEntries(Object.entries(part).filter(([key]) => !/^(~.*|metadata|usage)$/.test(key))))

const ask = (prompt: Prompt.RawInput) => Effect.map(LanguageModel.generateText({ prompt }), (response) => response.text)

const stream = (prompt: Prompt.RawInput) => Effect.map(Stream.runCollect(LanguageModel.streamText({ prompt })), plain)

const records = Effect.flatMap(ScriptedModel.ScriptedModel, ({ calls, unused }) => Effect.all({ calls, unused }))

const play = <A, E, R>(script: ScriptedModel.Script, program: Effect.Effect<A, E, R>) =>
  Effect.provide(program, ScriptedModel.layer(script))

describe("replies", () => {
  it.effect("are given in order, and recorded", () =>
    play(
      { replies: ["one", "two", "three"] },
      Effect.gen(function* () {
        assert.deepStrictEqual([yield* ask("a"), yield* ask("b")], ["one", "two"])
        yield* TestClock.adjust("3 seconds")
        assert.deepStrictEqual(yield* records, {
          calls: [
            { method: "generateText", prompt: "a", tools: [], at: 0 },
            { method: "generateText", prompt: "b", tools: [], at: 0 }
          ],
          unused: ["replies[2]"]
        })
        yield* stream("c")
        assert.deepStrictEqual(yield* records, {
          calls: [
            { method: "generateText", prompt: "a", tools: [], at: 0 },
            { method: "generateText", prompt: "b", tools: [], at: 0 },
            { method: "streamText", prompt: "c", tools: [], at: 3000 }
          ],
          unused: []
        })
      })
    )
  )

  it.effect("of rules come first, and as often as these apply", () =>
    play(
      {
        rules: [
          { when: /sum/g, reply: ({ prompt }) => `of ${prompt.length}` },
          { when: ({ method, prompt }) => method === "streamText" && prompt === "now", reply: "streamed" },
          { when: /never/, reply: "unused" }
        ],
        replies: [({ prompt }) => prompt.toUpperCase(), ""]
      },
      Effect.gen(function* () {
        assert.deepStrictEqual(
          [yield* ask("the sum"), yield* ask("now"), yield* ask("sum"), yield* ask("nothing")],
          ["of 7", "NOW", "of 3", ""]
        )
        assert.deepStrictEqual(yield* stream("now"), [
          { type: "text-start", id: "text-0" },
          { type: "text-delta", id: "text-0", delta: "streamed" },
          { type: "text-end", id: "text-0" },
          { type: "finish", reason: "stop" }
        ])
        assert.deepStrictEqual((yield* records).unused, ["rules[2]"])
      })
    )
  )

  it.effect("see the text of all messages", () =>
    play(
      { replies: [({ prompt }) => prompt] },
      Effect.gen(function* () {
        const reply = yield* ask(
          Prompt.fromMessages([
            Prompt.systemMessage({ content: "Be kind." }),
            Prompt.assistantMessage({
              content: [Prompt.reasoningPart({ text: "hm" }), Prompt.textPart({ text: "one" })]
            }),
            Prompt.userMessage({
              content: [
                Prompt.textPart({ text: "two" }),
                Prompt.filePart({ mediaType: "image/png", data: "AQID" }),
                Prompt.textPart({ text: "three" })
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
                }),
                Prompt.toolResultPart({
                  id: "2",
                  name: "t",
                  isFailure: false,
                  result: undefined,
                  modelOutput: [Prompt.textPart({ text: "shown" })],
                  providerExecuted: false
                })
              ]
            })
          ])
        )
        assert.strictEqual(reply, 'Be kind.\n\none\n\ntwo\nthree\n\n{"ok":1}\nshown')
      })
    )
  )

  it.effect("are objects for generateObject; one that does not fit is a StructuredOutputError", () =>
    play(
      {
        replies: [{ title: "Tea", pages: 3 }, { title: "Tea" }, '{"title":"Tea","pages":4}', { title: "Tea", pages: 5 }]
      },
      Effect.gen(function* () {
        const schema = Schema.Struct({ title: Schema.String, pages: Schema.Int })
        const object = Effect.map(LanguageModel.generateObject({ prompt: "A book", schema }), ({ value }) => value)
        assert.deepStrictEqual(yield* object, { title: "Tea", pages: 3 })
        assert.strictEqual((yield* Effect.flip(object)).reason._tag, "StructuredOutputError")
        assert.deepStrictEqual(yield* object, { title: "Tea", pages: 4 })
        assert.strictEqual(yield* ask("A book"), '{"title":"Tea","pages":5}')
        const { calls } = yield* records
        assert.deepStrictEqual(
          calls.map(({ method }) => method),
          ["generateObject", "generateObject", "generateObject", "generateText"]
        )
      })
    )
  )

  it.effect("are failures, whole errors and their reasons", () => {
    const own = AiError.make({ module: "Mine", method: "generateText", reason: busy })
    return play(
      { replies: [busy, own, Effect.fail(busy), () => busy] },
      Effect.gen(function* () {
        const scripted = AiError.make({ module: "ScriptedModel", method: "generateText", reason: busy })
        const errors = yield* Effect.replicateEffect(Effect.flip(ask("a")), 4)
        assert.deepStrictEqual(errors, [scripted, own, scripted, scripted])
      })
    )
  })

  it.effect("can take their time, or for ever", () =>
    play(
      { replies: [Effect.delay(Effect.succeed("late"), "2 seconds"), Effect.never] },
      Effect.gen(function* () {
        const late = yield* Effect.forkChild(ask("a"), { startImmediately: true })
        yield* TestClock.adjust(1999)
        assert.isUndefined(late.pollUnsafe())
        yield* TestClock.adjust(1)
        assert.strictEqual(yield* Fiber.join(late), "late")
        const never = yield* Effect.forkChild(Effect.timeoutOption(ask("b"), "1 hour"), { startImmediately: true })
        yield* TestClock.adjust("1 hour")
        assert.isTrue((yield* Fiber.join(never))._tag === "None")
        assert.deepStrictEqual(
          (yield* records).calls.map(({ at }) => at),
          [0, 2000]
        )
        assert.deepStrictEqual((yield* records).unused, [])
      })
    )
  )

  it.effect("that throw, and rules that do, are defects", () => {
    const raise = (defect: string) => {
      throw defect
    }
    return play(
      {
        rules: [{ when: ({ prompt }) => prompt === "rule" && raise("worst"), reply: "" }],
        replies: [Effect.die("bad"), () => raise("worse")]
      },
      Effect.gen(function* () {
        const defects = yield* Effect.forEach(["a", "b", "rule"], (prompt) =>
          ask(prompt).pipe(
            Effect.as("no defect"),
            Effect.catchDefect((defect) => Effect.succeed(defect))
          )
        )
        assert.deepStrictEqual(defects, ["bad", "worse", "worst"])
      })
    )
  })
})

describe("pieces", () => {
  it.effect("are given as they are to generateText, with the texts joined", () =>
    play(
      {
        replies: [
          [
            { type: "reasoning", text: "hm" },
            "a",
            Effect.void,
            "b",
            { type: "source", sourceType: "url", id: "s", url: "http://a", title: "A" },
            "c",
            { type: "finish", reason: "length", usage }
          ]
        ]
      },
      Effect.gen(function* () {
        const response = yield* LanguageModel.generateText({ prompt: "a" })
        assert.deepStrictEqual(plain(response.content), [
          { type: "reasoning", text: "hm" },
          { type: "text", text: "ab" },
          { type: "source", sourceType: "url", id: "s", url: new URL("http://a"), title: "A" },
          { type: "text", text: "c" },
          { type: "finish", reason: "length" }
        ])
      })
    )
  )

  it.effect("are words by default in a stream", () =>
    play(
      { replies: [" hello  big\nworld!"] },
      Effect.gen(function* () {
        const parts = yield* stream("a")
        assert.deepStrictEqual(
          parts.map((part) => ("delta" in part ? part.delta : "type" in part && part.type)),
          ["text-start", " ", "hello  ", "big\n", "world!", "text-end", "finish"]
        )
      })
    )
  )

  it.effect("are chunks of a stream, as they are given", () =>
    play(
      {
        replies: [
          ["Hel", Effect.void, "lo wor", { type: "reasoning-start", id: "r" }, { type: "reasoning-end", id: "r" }, "ld"]
        ]
      },
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* stream("a"), [
          { type: "text-start", id: "text-0" },
          { type: "text-delta", id: "text-0", delta: "Hel" },
          { type: "text-delta", id: "text-0", delta: "lo wor" },
          { type: "text-end", id: "text-0" },
          { type: "reasoning-start", id: "r" },
          { type: "reasoning-end", id: "r" },
          { type: "text-start", id: "text-5" },
          { type: "text-delta", id: "text-5", delta: "ld" },
          { type: "text-end", id: "text-5" },
          { type: "finish", reason: "stop" }
        ])
      })
    )
  )

  it.effect("arrive when they are due, up to a fault in the midst of them", () => {
    const pieces = ["a", Effect.sleep("1 second"), "b", Effect.sleep("1 second"), busy, "c"] as const
    return play(
      { replies: [pieces, pieces] },
      Effect.gen(function* () {
        const heard: Array<string> = []
        const fiber = yield* LanguageModel.streamText({ prompt: "a" }).pipe(
          Stream.runForEach((part) => Effect.sync(() => heard.push("delta" in part ? part.delta : part.type))),
          Effect.flip,
          Effect.forkChild({ startImmediately: true })
        )
        yield* TestClock.adjust(999)
        assert.deepStrictEqual(heard, ["text-start", "a"])
        yield* TestClock.adjust(1)
        assert.deepStrictEqual(heard, ["text-start", "a", "b"])
        yield* TestClock.adjust(1000)
        assert.deepStrictEqual(heard, ["text-start", "a", "b"])
        assert.deepStrictEqual(
          yield* Fiber.join(fiber),
          AiError.make({ module: "ScriptedModel", method: "streamText", reason: busy })
        )
        const whole = yield* Effect.forkChild(Effect.flip(ask("a")), { startImmediately: true })
        yield* TestClock.adjust(1999)
        assert.isUndefined(whole.pollUnsafe())
        yield* TestClock.adjust(1)
        assert.deepStrictEqual((yield* Fiber.join(whole)).reason, busy)
      })
    )
  })

  it.effect("that the method does not have are an InvalidOutputError", () =>
    play(
      { replies: [[{ type: "text-start", id: "t" }], [{ type: "text", text: "whole" }]] },
      Effect.gen(function* () {
        const errors = [yield* Effect.flip(ask("a")), yield* Effect.flip(stream("a"))]
        assert.deepStrictEqual(
          errors.map(({ reason }) => reason._tag),
          ["InvalidOutputError", "InvalidOutputError"]
        )
      })
    )
  )
})

describe("tool calls", () => {
  const toolkit = Toolkit.make(
    Tool.make("Add", { parameters: Schema.Struct({ a: Schema.Int, b: Schema.Int }), success: Schema.Int })
  )
  const Tools = toolkit.toLayer({ Add: ({ a, b }) => Effect.succeed(a + b) })
  const replies: ReadonlyArray<ScriptedModel.Reply> = [
    "No call.",
    [
      "I add.",
      { type: "tool-call", name: "Add", params: { a: 1, b: 2 } },
      { type: "tool-call", id: "mine", name: "Add", params: { a: 3, b: 4 } }
    ]
  ]
  const call = { type: "tool-call", name: "Add", providerExecuted: false }
  const result = { type: "tool-result", name: "Add", providerExecuted: false, isFailure: false, preliminary: false }
  const called = [
    { ...call, id: "call-1-1", params: { a: 1, b: 2 } },
    { ...call, id: "mine", params: { a: 3, b: 4 } }
  ]
  const resolved = [
    { ...result, id: "call-1-1", result: 3, encodedResult: 3 },
    { ...result, id: "mine", result: 7, encodedResult: 7 }
  ]
  const finish = { type: "finish", reason: "tool-calls" }

  it.effect("are resolved by generateText", () =>
    play(
      { replies },
      Effect.gen(function* () {
        yield* ask("a")
        const { content } = yield* LanguageModel.generateText({ prompt: "b", toolkit })
        assert.deepStrictEqual(plain(content), [{ type: "text", text: "I add." }, ...called, finish, ...resolved])
        assert.deepStrictEqual((yield* records).calls, [
          { method: "generateText", prompt: "a", tools: [], at: 0 },
          { method: "generateText", prompt: "b", tools: ["Add"], at: 0 }
        ])
      })
    ).pipe(Effect.provide(Tools))
  )

  it.effect("are resolved by streamText", () =>
    play(
      { replies },
      Effect.gen(function* () {
        yield* ask("a")
        const content = yield* Stream.runCollect(LanguageModel.streamText({ prompt: "b", toolkit }))
        assert.deepStrictEqual(plain(content), [
          { type: "text-start", id: "text-0" },
          { type: "text-delta", id: "text-0", delta: "I add." },
          { type: "text-end", id: "text-0" },
          ...called,
          ...resolved,
          finish
        ])
      })
    ).pipe(Effect.provide(Tools))
  )

  it.effect("are heard before the stream breaks off", () =>
    play(
      { replies: [[{ type: "tool-call", id: "mine", name: "Add", params: { a: 3, b: 4 } }, Effect.sleep(1), busy]] },
      Effect.gen(function* () {
        const heard: Array<object> = []
        const fiber = yield* LanguageModel.streamText({ prompt: "b", toolkit }).pipe(
          Stream.runForEach((part) => Effect.sync(() => heard.push(part))),
          Effect.flip,
          Effect.forkChild({ startImmediately: true })
        )
        yield* TestClock.adjust(1)
        assert.deepStrictEqual((yield* Fiber.join(fiber)).reason, busy)
        assert.deepStrictEqual(plain(heard), called.slice(1))
      })
    ).pipe(Effect.provide(Tools))
  )

  it.effect("with parameters that do not fit fail as those of any model", () =>
    play(
      { replies: [[{ type: "tool-call", name: "Add", params: { a: "one" } }]] },
      Effect.gen(function* () {
        const error = yield* Effect.flip(LanguageModel.generateText({ prompt: "b", toolkit }))
        assert.strictEqual(error.reason._tag, "ToolParameterValidationError")
      })
    ).pipe(Effect.provide(Tools))
  )
})

describe("faults", () => {
  it.effect("fail the calls with their numbers, and use no reply", () =>
    play(
      {
        rules: [{ when: /rule/, reply: "by rule" }],
        replies: ["one", "two"],
        faults: { 0: busy, 2: new AiError.InvalidOutputError({ description: "cut off" }), 3: busy, 9: busy }
      },
      Effect.gen(function* () {
        const tag = Effect.match({
          onFailure: (error: AiError.AiError) => error.reason._tag,
          onSuccess: (text: unknown) => text
        })
        assert.deepStrictEqual(
          [yield* tag(ask("a")), yield* tag(ask("a")), yield* tag(ask("rule")), yield* tag(stream("b"))],
          ["RateLimitError", "one", "InvalidOutputError", "RateLimitError"]
        )
        assert.deepStrictEqual((yield* records).unused, ["rules[0]", "replies[1]", "faults[9]"])
        assert.deepStrictEqual([yield* ask("b"), yield* ask("rule")], ["two", "by rule"])
        const { calls, unused } = yield* records
        assert.deepStrictEqual(unused, ["faults[9]"])
        assert.deepStrictEqual(
          calls.map(({ method, prompt }) => `${method} ${prompt}`),
          [
            "generateText a",
            "generateText a",
            "generateText rule",
            "streamText b",
            "generateText b",
            "generateText rule"
          ]
        )
      })
    )
  )
})

describe("a script that has no reply", () => {
  it.effect("fails, naming the call and the prompt", () =>
    Effect.gen(function* () {
      const model = yield* ScriptedModel.make({ rules: [{ when: /x/, reply: "x" }], replies: ["one"] })
      assert.strictEqual((yield* model.generateText({ prompt: "a" })).text, "one")
      const errors = [
        yield* Effect.flip(model.generateText({ prompt: 'a "b"' })),
        yield* Effect.flip(Stream.runDrain(model.streamText({ prompt: "c" }))),
        yield* Effect.flip(model.generateObject({ prompt: "d", schema: Schema.Struct({}) }))
      ]
      assert.deepStrictEqual(
        errors.map(({ message, reason }) => [reason._tag, message]),
        [
          [
            "InvalidUserInputError",
            'ScriptedModel.generateText: Invalid user input: No rule applies and no reply is left for call 1: "a \\"b\\""'
          ],
          [
            "InvalidUserInputError",
            'ScriptedModel.streamText: Invalid user input: No rule applies and no reply is left for call 2: "c"'
          ],
          [
            "InvalidUserInputError",
            'ScriptedModel.generateObject: Invalid user input: No rule applies and no reply is left for call 3: "d"'
          ]
        ]
      )
      assert.lengthOf(yield* model.calls, 4)
    })
  )
})

describe("a model", () => {
  it.effect("begins anew with each layer that is built, and each that is made", () =>
    Effect.gen(function* () {
      const Model = ScriptedModel.layer({ replies: ["one"] })
      assert.deepStrictEqual(yield* Effect.replicateEffect(Effect.provide(ask("a"), Layer.fresh(Model)), 2), [
        "one",
        "one"
      ])
      const make = ScriptedModel.make({ replies: ["one"] })
      const texts = yield* Effect.replicateEffect(
        Effect.flatMap(make, (model) => Effect.provideService(ask("a"), LanguageModel.LanguageModel, model)),
        2
      )
      assert.deepStrictEqual(texts, ["one", "one"])
    })
  )

  it.effect("gives calls at once their replies in the order in which they begin", () =>
    play(
      { replies: [Effect.delay(Effect.succeed("slow"), "2 seconds"), "fast", "faster"] },
      Effect.gen(function* () {
        const all = yield* Effect.forkChild(Effect.forEach(["a", "b", "c"], ask, { concurrency: "unbounded" }))
        yield* TestClock.adjust("2 seconds")
        assert.deepStrictEqual(yield* Fiber.join(all), ["slow", "fast", "faster"])
      })
    )
  )

  it.live("does so under every interleaving", () =>
    Effect.gen(function* () {
      const prompts = ["a", "b", "c", "d"]
      const slow = (prompt: string) =>
        Effect.andThen(
          Effect.yieldNow,
          Effect.map(ask(prompt), (reply) => ({ prompt, reply }))
        )
      const program = play(
        { replies: ["0", Effect.delay(Effect.succeed("1"), 5), ["2", Effect.sleep(1)], "3"] },
        Effect.gen(function* () {
          const replies = yield* Effect.forEach(prompts, slow, { concurrency: "unbounded" })
          const { calls, unused } = yield* records
          const byNumber = replies.toSorted((a, b) => Number(a.reply) - Number(b.reply))
          return [calls.map(({ prompt }) => prompt).join() === byNumber.map(({ prompt }) => prompt).join(), unused]
        })
      )
      const { outcomes } = yield* exploreInterleavings(program, { runs: 50, seed: 1 })
      assert.deepStrictEqual(
        outcomes.map(({ count, exit }) => ({ count, exit })),
        [{ count: 50, exit: Exit.succeed([true, []]) }]
      )
    })
  )

  it.effect("serves the nodes of a flow, and their retries", () => {
    const Qa = Store.make("Qa", { question: Schema.String, answer: Schema.optionalKey(Schema.String) })
    const answer = Node.make(Qa, {
      prep: (s) => s.question,
      exec: ask,
      post: (_, answer) => Qa.to("answered", { answer })
    }).pipe(Node.timeout("5 seconds"), Node.retry(Schedule.spaced("1 second").pipe(Schedule.upTo({ times: 3 }))))
    return play(
      { replies: ["Because."], faults: { 0: busy, 1: Effect.never } },
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Flow.run(answer, { question: "Why?" }), { startImmediately: true })
        yield* TestClock.adjust("1 second")
        yield* TestClock.adjust("5 seconds")
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(yield* Fiber.join(fiber), {
          outcome: "answered",
          store: { question: "Why?", answer: "Because." },
          steps: 1
        })
        const call = { method: "generateText" as const, prompt: "Why?", tools: [] }
        assert.deepStrictEqual(yield* records, {
          calls: [
            { ...call, at: 0 },
            { ...call, at: 1000 },
            { ...call, at: 7000 }
          ],
          unused: []
        })
      })
    )
  })
})
