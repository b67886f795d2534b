/** How a model is asked. What it is told, what is read, and how, is in the folder `structured`. */
import { assert, describe, it } from "@effect/vitest"
import { Structured } from "@effect-pocketflow/ai"
import { Context, Effect, Layer, Ref, Schema, SchemaGetter } from "effect"
import { AiError, LanguageModel, type Prompt } from "effect/ai"
import { ReplyCheck } from "../../packages/ai/src/internal/replyCheck.ts"
import { fenced } from "./structured/support.ts"

const { String: Text } = Schema

class Names extends Context.Service<Names, ReadonlyMap<string, string>>()("Names") {}

/** A model that gives these answers, one a call, and keeps what it was asked. */
const scripted = Effect.fnUntraced(function* (...answers: ReadonlyArray<string | AiError.AiErrorReason>) {
  const asked = yield* Ref.make<ReadonlyArray<Prompt.Prompt>>([])
  const checks: Array<boolean | undefined> = []
  const layer = Layer.effect(
    LanguageModel.LanguageModel,
    LanguageModel.make({
      generateText: Effect.fnUntraced(function* ({ prompt }) {
        const { length } = yield* Ref.getAndUpdate(asked, (before) => [...before, prompt])
        const answer = answers[length]!
        if (typeof answer !== "string") {
          return yield* AiError.make({ module: "Test", method: "generateText", reason: answer })
        }
        const check = yield* ReplyCheck
        checks.push(check && (yield* check(answer)))
        return [{ type: "text" as const, text: answer }]
      }),
      streamText: () => Effect.die("unused") as never
    })
  )
  /** Each call, as roles and texts. */
  const calls = Effect.map(Ref.get(asked), (prompts) =>
    prompts.map(({ content }) =>
      content.map(({ content, role }) => [
        role,
        typeof content === "string"
          ? content
          : content.map((part) => (part.type === "text" ? part.text : part.type)).join()
      ])
    )
  )
  return { calls, checks, layer }
})

describe("Structured.generate", () => {
  const Person = Schema.Struct({ name: Text, phone: Text })
  const good = fenced("name: Ann\nphone: 0555")
  const told = Structured.instructions(Person)
  const again = (why: string) => `Your reply cannot be used: ${why}. Reply again, with the whole block.`
  const missing = "the reply does not fit: phone (line 2): Missing key"
  const none = "the reply has no YAML or JSON block in a fence"

  it.effect("asks once where the first reply is good, with the instructions as the system message", () =>
    Effect.gen(function* () {
      const model = yield* scripted(good)
      const person = yield* Structured.generate(Person, "Who?").pipe(Effect.provide(model.layer))
      assert.deepStrictEqual(person, { name: "Ann", phone: "0555" })
      assert.deepStrictEqual(yield* model.calls, [
        [
          ["system", told],
          ["user", "Who?"]
        ]
      ])
    })
  )

  it.effect("adds the instructions to a system message that there is, and leaves the others", () =>
    Effect.gen(function* () {
      const model = yield* scripted(good)
      yield* Structured.generate(
        Person,
        [
          { role: "user", content: "Before." },
          { role: "system", content: "Be kind." },
          { role: "system", content: "Be brief." },
          { role: "assistant", content: "Yes." },
          {
            role: "user",
            content: [
              { type: "text", text: "Who?" },
              { type: "file", mediaType: "image/png", data: "AQID" }
            ]
          }
        ],
        { format: "json" }
      ).pipe(Effect.provide(model.layer))
      const json = Structured.instructions(Person, { format: "json" })
      assert.deepStrictEqual(yield* model.calls, [
        [
          ["user", "Before."],
          ["system", `Be kind.\n\n${json}`],
          ["system", "Be brief."],
          ["assistant", "Yes."],
          ["user", "Who?,file"]
        ]
      ])
    })
  )

  it.effect("asks again, with the reply and what is wrong with it, and keeps what was said", () =>
    Effect.gen(function* () {
      const model = yield* scripted(" \n", fenced("name: Ann"), good)
      const person = yield* Structured.generate(Person, "Who?").pipe(Effect.provide(model.layer))
      assert.deepStrictEqual(person, { name: "Ann", phone: "0555" })
      const first = [
        ["system", told],
        ["user", "Who?"]
      ]
      const second = [...first, ["user", again(none)]]
      const third = [...second, ["assistant", fenced("name: Ann")], ["user", again(missing)]]
      assert.deepStrictEqual(yield* model.calls, [first, second, third])
    })
  )

  it.effect.each([
    [undefined, 3],
    [0, 1],
    [1, 2],
    [4, 5]
  ] as const)("with %j times, fails with the last InvalidReply after %j calls", ([times, calls]) =>
    Effect.gen(function* () {
      const model = yield* scripted(...Array.from({ length: calls - 1 }, () => "?"), fenced("name: Ann"), good)
      const error = yield* Structured.generate(Person, "Who?", { times }).pipe(Effect.provide(model.layer), Effect.flip)
      assert.strictEqual(error._tag, "InvalidReply")
      assert.strictEqual(error.message, missing)
      assert.strictEqual((yield* model.calls).length, calls)
    })
  )

  it.effect("tells of each reply that cannot be used, the last one included", () =>
    Effect.gen(function* () {
      const model = yield* scripted(" \n", fenced("name: Ann"), good, "?")
      const told: Array<string> = []
      const ask = (times: number) =>
        Structured.generate(Person, "Who?", {
          times,
          onInvalid: (error) => Effect.map(Names, (names) => told.push(`${names.get("007")}: ${error.message}`))
        }).pipe(Effect.provideService(Names, new Map([["007", "Bond"]])), Effect.provide(model.layer))
      assert.deepStrictEqual(yield* ask(2), { name: "Ann", phone: "0555" })
      assert.strictEqual((yield* Effect.flip(ask(0))).message, none)
      assert.deepStrictEqual(told, [`Bond: ${none}`, `Bond: ${missing}`, `Bond: ${none}`])
    })
  )

  it.effect("lets errors of the model pass, whenever they come", () =>
    Effect.gen(function* () {
      const model = yield* scripted("?", new AiError.RateLimitError({}), good)
      const error = yield* Structured.generate(Person, "Who?").pipe(Effect.provide(model.layer), Effect.flip)
      assert.strictEqual(error._tag === "AiError" && error.reason._tag, "RateLimitError")
      assert.strictEqual((yield* model.calls).length, 2)
    })
  )

  it.effect("repeats a long reply in part, in whole characters", () =>
    Effect.gen(function* () {
      const model = yield* scripted(`a${"\u{1F600}".repeat(10_000)}`, good)
      yield* Structured.generate(Person, "Who?").pipe(Effect.provide(model.layer))
      const [, second] = yield* model.calls
      assert.deepStrictEqual(second![2], ["assistant", `a${"\u{1F600}".repeat(3999)}... (12002 more characters)`])
    })
  )

  it.effect("obeys the limits", () =>
    Effect.gen(function* () {
      const model = yield* scripted(good)
      const options = { maxBytes: 10, times: 0 }
      const error = yield* Structured.generate(Person, "Who?", options).pipe(Effect.provide(model.layer), Effect.flip)
      assert.strictEqual(error.message, "the reply is larger than 10 bytes")
    })
  )

  it.effect("tells whoever keeps replies which are good, in each call and nowhere else", () =>
    Effect.gen(function* () {
      const model = yield* scripted("?", good, good)
      yield* Effect.gen(function* () {
        yield* Structured.generate(Person, "Who?")
        yield* LanguageModel.generateText({ prompt: "Who?" })
      }).pipe(Effect.provide(model.layer))
      assert.deepStrictEqual(model.checks, [false, true, undefined])
    })
  )

  it.effect("decodes with the services that the schema needs, also for who keeps replies", () =>
    Effect.gen(function* () {
      const Named = Text.pipe(
        Schema.decodeTo(Text, {
          decode: SchemaGetter.transformEffect((id: string) => Effect.map(Names, (names) => names.get(id) ?? id)),
          encode: SchemaGetter.passthrough()
        })
      )
      const model = yield* scripted(fenced("007"))
      const name = yield* Structured.generate(Named, "Who?").pipe(
        Effect.provide(model.layer),
        Effect.provideService(Names, new Map([["007", "Bond"]]))
      )
      assert.deepStrictEqual([name, ...model.checks], ["Bond", true])
    })
  )
})
