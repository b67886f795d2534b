import { assert, describe, it } from "@effect/vitest"
import { ScriptedModel } from "@effect-pocketflow/testing"
import { Deferred, Effect, Fiber, Ref, Schedule, Schema, Stream } from "effect"
import { AiError, LanguageModel, Response, Tool, Toolkit } from "effect/ai"
import { Flow, Node, Store } from "effect-pocketflow"
import { TextStream } from "../../packages/ai/src/index.ts"

const Chat = Store.make("Chat", { question: Schema.String, reply: Schema.optionalKey(Schema.String) })
const tokens = Flow.Channel<string>("tokens")

const answer = Node.make(Chat, {
  prep: (s) => s.question,
  exec: (prompt) => LanguageModel.streamText({ prompt }).pipe(TextStream.runInto(tokens)),
  post: (_, { text }) => Chat.to("answered", { reply: text })
})

const busy = new AiError.RateLimitError({})
const finish = Response.makePart("finish", {
  reason: "stop",
  usage: new Response.Usage({
    inputTokens: { uncached: 1, total: 3, cacheRead: 2, cacheWrite: undefined },
    outputTokens: { total: 4, text: 4, reasoning: undefined }
  }),
  response: undefined
})

/** The values that a channel gets while an effect runs, with what it gives. */
const heardOf = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const heard: Array<string> = []
    const result = yield* Ref.make<A | undefined>(undefined)
    const node = Node.make(Chat, {
      exec: () => Effect.flatMap(effect, (value) => Ref.set(result, value)),
      post: () => Chat.next()
    })
    yield* Flow.stream(node, { question: "" }, { channels: [tokens] }).pipe(
      Stream.filter(tokens.is),
      Stream.runForEach(({ value }) => Effect.sync(() => heard.push(value)))
    )
    return { heard, value: (yield* Ref.get(result))! }
  })

type Part = Response.StreamPart<{}>
const replyOf = (...parts: ReadonlyArray<Part>) => heardOf(TextStream.runInto(Stream.fromIterable(parts), tokens))

const text = (id: string, ...deltas: ReadonlyArray<string>): ReadonlyArray<Part> => [
  Response.makePart("text-start", { id }),
  ...deltas.map((delta) => Response.makePart("text-delta", { id, delta })),
  Response.makePart("text-end", { id })
]

describe("TextStream.runInto", () => {
  it.effect("is heard while the node runs, and whole in post", () =>
    Effect.gen(function* () {
      const heard = yield* Deferred.make<void>()
      const events = yield* Flow.stream(answer, { question: "Hi" }, { channels: [tokens] }).pipe(
        // The model goes on only after its first word was heard.
        Stream.tap((event) => (tokens.is(event) ? Deferred.succeed(heard, undefined) : Effect.void)),
        Stream.map((event) =>
          event._tag === "Emitted"
            ? `${event.path} ${event.attempt} ${event.item} ${event.value}`
            : `${event._tag} ${event.store.reply}`
        ),
        Stream.runCollect,
        Effect.provide(ScriptedModel.layer({ replies: [["Hel", Deferred.await(heard), "lo"]] }))
      )
      assert.deepStrictEqual(events, [
        "Started undefined",
        " 0 undefined Hel",
        " 0 undefined lo",
        "Finished Hello",
        "Completed Hello"
      ])
    })
  )

  it.effect("a retry emits again, under the next attempt, and its reply is only its own", () =>
    Effect.gen(function* () {
      const events = yield* Flow.stream(
        answer.pipe(Node.retry(Schedule.recurs(1))),
        { question: "Hi" },
        { channels: [tokens] }
      ).pipe(
        Stream.runCollect,
        Effect.provide(
          ScriptedModel.layer({
            replies: [
              ["Hel", busy],
              ["Hi", "!"]
            ]
          })
        )
      )
      assert.deepStrictEqual(
        events.flatMap((event) => (event._tag === "Emitted" ? [[event.attempt, event.value]] : [])),
        [
          [0, "Hel"],
          [1, "Hi"],
          [1, "!"]
        ]
      )
      assert.strictEqual(events.at(-1)?.store.reply, "Hi!")
    })
  )

  it.effect("is stamped with the item of a batch", () =>
    Effect.gen(function* () {
      const batch = Node.batch(Chat, {
        prep: () => ["one", "two"],
        exec: (prompt) => TextStream.runInto(LanguageModel.streamText({ prompt }), tokens),
        post: (_, replies) => Chat.next({ reply: replies.map(({ text }) => text).join(" ") }),
        concurrency: "unbounded"
      })
      const reply = ({ prompt }: ScriptedModel.Call) => [prompt.slice(0, 1), Effect.yieldNow, prompt.slice(1)]
      const events = yield* Flow.stream(batch, { question: "" }, { channels: [tokens] }).pipe(
        Stream.runCollect,
        Effect.provide(ScriptedModel.layer({ rules: [{ when: /./, reply }] }))
      )
      const of = (item: number) =>
        events.flatMap((event) => (event._tag === "Emitted" && event.item === item ? [event.value] : []))
      assert.deepStrictEqual(
        [of(0), of(1)],
        [
          ["o", "ne"],
          ["t", "wo"]
        ]
      )
      assert.strictEqual(events.at(-1)?.store.reply, "one two")
    })
  )

  it.effect("an interruption of the run closes the stream", () =>
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      const closed = yield* Ref.make(0)
      const hangs = Node.make(Chat, {
        exec: () =>
          LanguageModel.streamText({ prompt: "Hi" }).pipe(
            Stream.ensuring(Ref.update(closed, (n) => n + 1)),
            Stream.tap(() => Deferred.succeed(begun, undefined)),
            TextStream.runInto(tokens)
          ),
        post: (_, { text }) => Chat.next({ reply: text })
      })
      const fiber = yield* Effect.forkChild(
        Effect.provide(Flow.run(hangs, { question: "" }), ScriptedModel.layer({ replies: [["Hel", Effect.never]] }))
      )
      yield* Deferred.await(begun)
      assert.strictEqual(yield* Ref.get(closed), 0)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(yield* Ref.get(closed), 1)
    })
  )

  it.effect("reads a delta as it is taken, or two buffers ahead", () =>
    Effect.gen(function* () {
      let read = 0
      const endless = Stream.tap(
        Stream.forever(Stream.succeed(Response.makePart("text-delta", { id: "1", delta: "a" }))),
        () => Effect.sync(() => read++)
      )
      const node = Node.make(Chat, { exec: () => TextStream.runInto(endless, tokens), post: () => Chat.next() })
      for (const bufferSize of [1, 4, undefined]) {
        for (const takes of [1, 5, 40]) {
          read = 0
          const ahead = yield* Flow.stream(node, { question: "" }, { channels: [tokens], bufferSize }).pipe(
            Stream.filter(tokens.is),
            Stream.take(takes),
            // Whatever can be read without a further event being taken is read.
            Stream.tap(() => Effect.repeat(Effect.yieldNow, { times: 100 })),
            Stream.runCollect,
            Effect.map((taken) => read - taken.length)
          )
          assert.isAtMost(ahead, 2 * (bufferSize ?? 16))
          assert.isAtLeast(ahead, bufferSize ?? 16)
        }
      }
      const enough = yield* Deferred.make<void>()
      let taken = 0
      read = 0
      const run = Flow.runForEach(
        node,
        { question: "" },
        (event) =>
          Effect.gen(function* () {
            if (!tokens.is(event)) return
            assert.strictEqual(read, ++taken)
            if (taken === 10) return yield* Effect.andThen(Deferred.succeed(enough, undefined), Effect.never)
          }),
        { channels: [tokens] }
      )
      yield* Effect.raceFirst(run, Deferred.await(enough))
      assert.deepStrictEqual([read, taken], [10, 10])
    })
  )

  it.effect("gives the reply that generateText would have given", () =>
    Effect.gen(function* () {
      const toolkit = Toolkit.make(
        Tool.make("add", { parameters: Schema.Struct({ a: Schema.Number, b: Schema.Number }), success: Schema.Number })
      )
      const options = { prompt: "1 + 2", toolkit } as const
      const reply: ScriptedModel.Reply = [
        "Let me ",
        "add. ",
        { type: "tool-call", name: "add", params: { a: 1, b: 2 } },
        { type: "source", sourceType: "url", id: "s", url: "https://example.com", title: "Sums" }
      ]
      const { heard, value, whole } = yield* Effect.gen(function* () {
        const whole = yield* LanguageModel.generateText(options)
        return { whole, ...(yield* heardOf(LanguageModel.streamText(options).pipe(TextStream.runInto(tokens)))) }
      }).pipe(
        Effect.provide([
          toolkit.toLayer({ add: ({ a, b }) => Effect.succeed(a + b) }),
          ScriptedModel.layer({ rules: [{ when: /./, reply }] })
        ])
      )
      const shown = (response: LanguageModel.GenerateTextResponse<any, any>) => ({
        text: response.text,
        calls: response.toolCalls.map(({ name, params }) => [name, params]),
        results: response.toolResults.map(({ isFailure, name, result }) => [name, result, isFailure]),
        sources: response.content.filter((part) => part.type === "source"),
        finishReason: response.finishReason,
        usage: response.usage
      })
      assert.deepStrictEqual(heard, ["Let me ", "add. "])
      assert.deepStrictEqual(shown(value), shown(whole))
      assert.deepStrictEqual(shown(whole).results, [["add", 3, false]])
    })
  )

  it.effect("joins texts and reasoning where they began, with their metadata; reasoning is not heard", () =>
    Effect.gen(function* () {
      const { heard, value } = yield* replyOf(
        Response.makePart("reasoning-start", { id: "1", metadata: { lab: { id: "r" } } }),
        Response.makePart("reasoning-delta", { id: "1", delta: "Hm, " }),
        Response.makePart("text-start", { id: "1" }),
        Response.makePart("text-delta", { id: "1", delta: "Yes" }),
        Response.makePart("reasoning-delta", { id: "1", delta: "well." }),
        Response.makePart("reasoning-end", { id: "1", metadata: { lab: { signature: "s" } } }),
        Response.makePart("text-delta", { id: "1", delta: "." }),
        Response.makePart("text-end", { id: "1" }),
        ...text("empty"),
        // The same id again, and a delta without a start.
        ...text("1", "No."),
        Response.makePart("text-delta", { id: "2", delta: "Well." }),
        finish
      )
      assert.deepStrictEqual(heard, ["Yes", ".", "No.", "Well."])
      assert.deepStrictEqual(value.content, [
        Response.makePart("reasoning", { text: "Hm, well.", metadata: { lab: { id: "r", signature: "s" } } }),
        Response.makePart("text", { text: "Yes." }),
        Response.makePart("text", { text: "No." }),
        Response.makePart("text", { text: "Well." }),
        finish
      ])
      assert.deepStrictEqual([value.text, value.reasoningText], ["Yes.No.Well.", "Hm, well."])
      assert.deepStrictEqual([value.finishReason, value.usage.outputTokens.total], ["stop", 4])
    })
  )

  it.effect("leaves preliminary results and the making of parameters out", () =>
    Effect.gen(function* () {
      const result = (preliminary: boolean) =>
        Response.makePart("tool-result", {
          id: "c",
          name: "t",
          isFailure: false,
          result: 1,
          encodedResult: 1,
          providerExecuted: false,
          preliminary
        }) as never
      const { value } = yield* replyOf(
        Response.makePart("tool-params-start", { id: "c", name: "t", providerExecuted: false }),
        Response.makePart("tool-params-delta", { id: "c", delta: "{}" }),
        Response.makePart("tool-params-end", { id: "c" }),
        result(true),
        result(false),
        finish
      )
      assert.deepStrictEqual(value.content, [result(false), finish])
    })
  )

  it.effect("each run begins anew", () =>
    Effect.gen(function* () {
      const run = TextStream.runInto(Stream.fromIterable([...text("1", "once"), finish]), tokens)
      assert.deepStrictEqual([(yield* run).text, (yield* run).text], ["once", "once"])
    })
  )

  it.effect("half a reply is none: without a finish part it fails", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(TextStream.runInto(Stream.fromIterable(text("1", "Hel")), tokens))
      assert.strictEqual(error.message, "TextStream.runInto: Invalid output: The stream ended without a finish part")
      assert.strictEqual(error.reason._tag, "InvalidOutputError")
      assert.isTrue(error.isRetryable)
    })
  )

  it.effect("an error part fails it; an AiError stays what it is", () =>
    Effect.gen(function* () {
      const own = AiError.make({ module: "m", method: "n", reason: busy })
      const failureOf = (error: unknown) =>
        Effect.flip(TextStream.runInto(Stream.make(Response.makePart("error", { error }), finish), tokens))
      assert.strictEqual(yield* failureOf(own), own)
      const error = yield* failureOf({ code: "overloaded" })
      assert.strictEqual(error.reason._tag, "InternalProviderError")
      assert.include(error.message, "overloaded")
    })
  )

  it.effect("the failures of the stream keep their type", () =>
    Effect.gen(function* () {
      const stream = Stream.fail("cut" as const) as Stream.Stream<Part, "cut">
      const error: AiError.AiError | "cut" = yield* Effect.flip(TextStream.runInto(stream, tokens))
      assert.strictEqual(error, "cut")
    })
  )

  it.effect("a million deltas are joined in time", () =>
    Effect.gen(function* () {
      const deltas = Stream.map(Stream.range(1, 1_000_000), () =>
        Response.makePart("text-delta", { id: "1", delta: "0123456789" })
      )
      const { text } = yield* TextStream.runInto(Stream.concat(deltas, Stream.make(finish)), tokens)
      assert.strictEqual(text.length, 10_000_000)
    })
  )
})
