import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import type * as Prompt from "effect/ai/Prompt"
import * as Tool from "effect/ai/Tool"
import * as Toolkit from "effect/ai/Toolkit"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import * as Persistence from "effect/persistence/Persistence"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { ReplyCheck } from "../../packages/ai/src/internal/replyCheck.ts"
import { OpenAi, ReplyCache, Structured } from "../../packages/ai/src/index.ts"
import { FakeOpenAi, ScriptedModel } from "../../packages/testing/src/index.ts"
import { traced } from "./support.ts"

const ask = (prompt: Prompt.RawInput) => Effect.map(LanguageModel.generateText({ prompt }), ({ text }) => text)
const listen = (prompt: string) => Stream.runCollect(LanguageModel.streamText({ prompt }))

/** A model that counts its calls: its replies are "call 1", "call 2", ... */
const counting = (options?: Partial<Parameters<typeof ReplyCache.withCache>[0]>) => {
  let calls = 0
  return ScriptedModel.layer({ rules: [{ when: /[^]*/, reply: () => `call ${++calls}` }] }).pipe(
    ReplyCache.withCache({ name: "test", ...options })
  )
}
const inMemory = <A, E, R>(layer: Layer.Layer<A, E, R | Persistence.Persistence>) =>
  Layer.provide(layer, Persistence.layerMemory) as Layer.Layer<A, E, Exclude<R, Persistence.Persistence>>

const scripted = (...replies: ReadonlyArray<ScriptedModel.Reply>) =>
  inMemory(ScriptedModel.layer({ replies }).pipe(ReplyCache.withCache({ name: "test" })))

const Person = Schema.Struct({ name: Schema.String, age: Schema.Int })
const toolkit = Toolkit.make(
  Tool.make("Look", { parameters: Schema.Struct({ at: Schema.Int }), success: Schema.String })
)

describe("ReplyCache.withCache", () => {
  it.effect("answers the same request from what it has", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Effect.forEach(["a", "b", "a", "b"], ask), ["call 1", "call 2", "call 1", "call 2"])
    }).pipe(Effect.provide(inMemory(counting())))
  )

  it.effect("asks for whatever differs", () =>
    Effect.gen(function* () {
      const requests: ReadonlyArray<Effect.Effect<unknown, unknown, LanguageModel.LanguageModel>> = [
        ask("a"),
        LanguageModel.generateObject({ prompt: "a", schema: Person }),
        LanguageModel.generateObject({ prompt: "a", schema: Schema.Struct({ name: Schema.String }) }),
        ask([{ role: "system", content: "a" }]),
        ask([
          { role: "user", content: "a" },
          { role: "assistant", content: "b" },
          { role: "user", content: "a" }
        ]),
        ask([
          {
            role: "user",
            content: [
              { type: "text", text: "a" },
              { type: "file", mediaType: "image/png", data: new Uint8Array([1]) }
            ]
          }
        ]),
        ask([
          {
            role: "user",
            content: [
              { type: "text", text: "a" },
              { type: "file", mediaType: "image/png", data: new Uint8Array([2]) }
            ]
          }
        ]),
        Stream.runDrain(LanguageModel.streamText({ prompt: "a" })),
        LanguageModel.generateText({ prompt: "a", toolkit, disableToolCallResolution: true }),
        LanguageModel.generateText({ prompt: "a", toolkit, toolChoice: "required", disableToolCallResolution: true })
      ]
      for (const request of [...requests, ...requests]) yield* request
      const { calls } = yield* ScriptedModel.ScriptedModel
      assert.strictEqual((yield* calls).length, requests.length)
    }).pipe(
      Effect.provide(
        inMemory(
          ScriptedModel.layer({ rules: [{ when: /[^]*/, reply: { name: "Ada", age: 36 } }] }).pipe(
            ReplyCache.withCache({ name: "test" })
          )
        )
      )
    )
  )

  it.effect("keeps the replies of other models apart by their name", () =>
    Effect.gen(function* () {
      const replies = yield* Effect.forEach(["one", "two", "one"], (name) =>
        Effect.provide(ask("a"), scriptedUnder(name))
      )
      assert.deepStrictEqual(replies, ["I am one", "I am two", "I am one"])
    }).pipe(Effect.provide(Persistence.layerMemory))
  )
  const scriptedUnder = (name: string) =>
    ScriptedModel.layer({ rules: [{ when: /./, reply: `I am ${name}` }] }).pipe(ReplyCache.withCache({ name }))

  it.effect("keeps the replies of models of OpenAi apart by all that decides them, but for the key", () =>
    Effect.gen(function* () {
      const server = yield* FakeOpenAi.make()
      const other = yield* FakeOpenAi.make()
      const options: OpenAi.Options = { model: "a", baseURL: server.baseURL }
      const ask = (options: OpenAi.Options) =>
        LanguageModel.generateText({ prompt: "a" }).pipe(
          Effect.provide(OpenAi.layer(options).pipe(ReplyCache.withCache({ name: "one" })))
        )
      const different = [
        options,
        { ...options, model: "b" },
        { ...options, parameters: { temperature: 0 } },
        { ...options, baseURL: other.baseURL }
      ]
      const same = [
        options,
        { ...options, apiKey: Redacted.make("sk-1") },
        { ...options, timeout: "1 minute" as const }
      ]
      yield* Effect.forEach([...different, ...different, ...same], ask)
      assert.strictEqual((yield* server.requests).length + (yield* other.requests).length, different.length)
    }).pipe(Effect.provide(Persistence.layerMemory))
  )

  it.effect("forgets what is too old", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* ask("a"), "call 1")
      yield* TestClock.adjust("59 minutes")
      assert.strictEqual(yield* ask("a"), "call 1")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* ask("a"), "call 2")
    }).pipe(Effect.provide(inMemory(counting({ timeToLive: "1 hour" }))))
  )

  it.effect("gives a stream again in the same pieces", () =>
    Effect.gen(function* () {
      const first = yield* listen("a")
      assert.deepStrictEqual(yield* listen("a"), first)
      const { calls } = yield* ScriptedModel.ScriptedModel
      assert.strictEqual((yield* calls).length, 1)
    }).pipe(Effect.provide(inMemory(counting())))
  )

  it.effect("keeps no stream that was not heard to its end", () =>
    Effect.gen(function* () {
      yield* Stream.runHead(LanguageModel.streamText({ prompt: "a" }))
      yield* listen("a")
      const { calls } = yield* ScriptedModel.ScriptedModel
      assert.strictEqual((yield* calls).length, 2)
    }).pipe(Effect.provide(inMemory(counting())))
  )

  it.effect("runs the tools that a kept reply calls", () =>
    Effect.gen(function* () {
      let looked = 0
      const look = LanguageModel.generateText({ prompt: "a", toolkit }).pipe(
        Effect.map(({ toolResults }) => toolResults[0]?.result),
        Effect.provide(toolkit.toLayer({ Look: ({ at }) => Effect.sync(() => `${at}: ${++looked}`) }))
      )
      assert.deepStrictEqual(yield* Effect.all([look, look]), ["7: 1", "7: 2"])
      const { calls } = yield* ScriptedModel.ScriptedModel
      assert.strictEqual((yield* calls).length, 1)
    }).pipe(Effect.provide(scripted([{ type: "tool-call", name: "Look", params: { at: 7 } }])))
  )

  describe("does not keep", () => {
    const layer = (...replies: ReadonlyArray<ScriptedModel.Reply>) =>
      ScriptedModel.layer({ replies }).pipe(
        ReplyCache.withCache({ name: "test" }),
        Layer.provide(Persistence.layerKvs),
        Layer.provideMerge(KeyValueStore.layerMemory)
      )

    /** Nothing is in the store after the bad reply; the good one is. */
    const isAskedAgain = <A, E>(
      call: Effect.Effect<A, E, LanguageModel.LanguageModel>,
      bad: ScriptedModel.Reply,
      good: ScriptedModel.Reply
    ) =>
      Effect.gen(function* () {
        const store = yield* KeyValueStore.KeyValueStore
        yield* Effect.result(call)
        assert.strictEqual(yield* store.size, 0)
        yield* call
        assert.strictEqual(yield* store.size, 1)
        yield* call
        const { calls } = yield* ScriptedModel.ScriptedModel
        assert.strictEqual((yield* calls).length, 2)
      }).pipe(Effect.provide(layer(bad, good)))

    it.effect("a failure", () => isAskedAgain(ask("a"), new AiError.RateLimitError({}), "ok"))
    it.effect("an object that does not fit its schema", () =>
      isAskedAgain(
        LanguageModel.generateObject({ prompt: "a", schema: Person }),
        { name: "Ada", age: "old" },
        { name: "Ada", age: 36 }
      )
    )
    it.effect("a tool call with wrong parameters", () =>
      isAskedAgain(
        LanguageModel.generateText({ prompt: "a", toolkit }).pipe(
          Effect.provide(toolkit.toLayer({ Look: () => Effect.succeed("") }))
        ),
        [{ type: "tool-call", name: "Look", params: { at: "here" } }],
        [{ type: "tool-call", name: "Look", params: { at: 1 } }]
      )
    )
    it.effect("a call of a tool that there is not", () =>
      isAskedAgain(
        LanguageModel.generateText({
          prompt: "a",
          toolkit,
          disableToolCallResolution: true,
          toolCallValidation: "deferred"
        }),
        [{ type: "tool-call", name: "Look around", params: {} }],
        "ok"
      )
    )
    it.effect("an answer that was cut off", () =>
      isAskedAgain(
        ask("a"),
        ["cut", { type: "finish", reason: "length", usage: { inputTokens: {}, outputTokens: {} } }],
        "ok"
      )
    )
    it.effect("a text that Structured cannot use", () =>
      Effect.gen(function* () {
        const store = yield* KeyValueStore.KeyValueStore
        const person = Structured.generate(Person, "Who?")
        assert.deepStrictEqual(yield* Effect.all([person, person]), [
          { name: "Ada", age: 36 },
          { name: "Ada", age: 36 }
        ])
        // The reply that was refused is asked for each time; the one after it is kept.
        const { calls } = yield* ScriptedModel.ScriptedModel
        assert.strictEqual((yield* calls).length, 3)
        assert.strictEqual(yield* store.size, 1)
      }).pipe(
        Effect.provide(layer("```yaml\nname: Ada\n```", "```yaml\nname: Ada\nage: 36\n```", "```yaml\nname: Ada\n```"))
      )
    )
  })

  it.effect("asks again when what it has is not what is asked for any more", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* ask("a"), "call 1")
      const strict = Effect.provideService(ask("a"), ReplyCheck, (text) => Effect.succeed(text === "call 2"))
      assert.strictEqual(yield* strict, "call 2")
      assert.strictEqual(yield* strict, "call 2")
      assert.strictEqual(yield* ask("a"), "call 2")
    }).pipe(Effect.provide(inMemory(counting())))
  )

  describe("a store that is no use costs a warning, not the reply", () => {
    const useless = {
      fails: Effect.fail(new Persistence.PersistenceError({ message: "broken" })),
      dies: Effect.die(new Error("broken")),
      hangs: Effect.never
    }
    it.effect.each(["fails", "dies", "hangs"] as const)("one that %s", (how) => {
      const persistence = Layer.succeed(Persistence.Persistence, {
        make: () => Effect.succeed({ get: () => useless[how], set: () => useless[how] } as any)
      })
      const logged: Array<unknown> = []
      const logger = Logger.make(({ message }) => void logged.push(message))
      return Effect.gen(function* () {
        const both = Effect.all([ask("a"), Effect.map(listen("b"), ({ length }) => length)])
        const fiber = yield* Effect.forkChild(Effect.provide(both, Logger.layer([logger])))
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual(yield* Fiber.join(fiber), ["call 1", 5])
        assert.strictEqual(logged.length, 2)
      }).pipe(Effect.provide(Layer.provide(counting(), persistence)))
    })
  })

  it.effect("leaves alone what it cannot judge", () => {
    class Service extends Context.Service<Service, string>()("Service") {}
    const needy = Toolkit.make(
      Tool.make("Look", {
        parameters: Schema.Struct({
          at: Schema.String.pipe(
            Schema.decodeTo(Schema.String, {
              decode: SchemaGetter.transformEffect(() => Effect.map(Service, (service) => service)),
              encode: SchemaGetter.passthrough()
            })
          )
        })
      })
    )
    const deep = "[".repeat(20_000) + "]".repeat(20_000)
    return Effect.gen(function* () {
      const options = { prompt: "a", disableToolCallResolution: true, toolCallValidation: "deferred" } as const
      const { toolCalls } = yield* LanguageModel.generateText({ ...options, toolkit: needy })
      assert.strictEqual(toolCalls.length, 1)
      const nested = yield* LanguageModel.generateText({ ...options, toolkit: anything })
      assert.strictEqual(nested.toolCalls.length, 1)
      const { calls } = yield* ScriptedModel.ScriptedModel
      assert.strictEqual((yield* calls).length, 2)
    }).pipe(
      Effect.provide(
        scripted(
          [{ type: "tool-call", name: "Look", params: { at: "here" } }],
          [{ type: "tool-call", name: "Any", params: { x: JSON.parse(deep) } }]
        )
      )
    ) as Effect.Effect<void>
  })
  const anything = Toolkit.make(Tool.make("Any", { parameters: Schema.Struct({ x: Schema.Unknown }) }))

  it.effect("tells on the span whether it had the reply", () =>
    Effect.gen(function* () {
      const [, spans] = yield* traced(Effect.all([ask("a"), ask("a")]))
      const outer = spans.filter(({ parent }) => parent._tag === "None")
      assert.deepStrictEqual(
        outer.map(({ attributes }) => attributes.get("reply_cache.hit")),
        [false, true]
      )
    }).pipe(Effect.provide(inMemory(counting())))
  )

  describe("in files", () => {
    const files = (directory: string) => Layer.provide(Persistence.layerKvs, KeyValueStore.layerFileSystem(directory))
    const withFiles = <A, E>(
      test: (
        directory: string,
        fs: FileSystem.FileSystem
      ) => Effect.Effect<A, E, LanguageModel.LanguageModel | ScriptedModel.ScriptedModel>
    ) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const directory = yield* fs.makeTempDirectoryScoped()
        return yield* Effect.provide(test(directory, fs), Layer.provide(counting(), files(directory)))
      }).pipe(Effect.provide(NodeServices.layer))

    it.effect("replies are there for the next process", () =>
      withFiles((directory) =>
        Effect.gen(function* () {
          assert.strictEqual(yield* ask("a"), "call 1")
          const later = Layer.provide(counting(), files(directory))
          assert.deepStrictEqual(yield* Effect.provide(Effect.forEach(["a", "b"], ask), later), ["call 1", "call 1"])
        }).pipe(Effect.provide(NodeServices.layer))
      )
    )

    it.effect.each(["", "{", "[]", "[null,null]", '[{"_tag":"Success","value":7},null]', "\u0000"])(
      "a broken file is asked for again, and mended (%j)",
      (content) =>
        withFiles((directory, fs) =>
          Effect.gen(function* () {
            yield* ask("a")
            const [file] = yield* fs.readDirectory(directory)
            yield* fs.writeFileString(`${directory}/${file}`, content)
            assert.deepStrictEqual(yield* Effect.all([ask("a"), ask("a")]), ["call 2", "call 2"])
          })
        )
    )

    it.effect("a folder that cannot be written costs a warning, not the reply", () =>
      withFiles((directory, fs) =>
        Effect.gen(function* () {
          const logged: Array<unknown> = []
          const logger = Logger.make(({ logLevel, message }) => void logged.push([logLevel, message]))
          yield* fs.remove(directory, { recursive: true })
          const replies = yield* Effect.all([ask("a"), ask("a")]).pipe(Effect.provide(Logger.layer([logger])))
          assert.deepStrictEqual(replies, ["call 1", "call 2"])
          const warning = /^A reply could not be kept: Failed to set key [0-9a-f]{64} in backing store$/
          assert.strictEqual(logged.length, 2)
          assert.isTrue(
            logged.every((entry) => warning.test(String((entry as any)[1]))),
            JSON.stringify(logged)
          )
        })
      )
    )
  })
})
