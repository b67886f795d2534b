import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer } from "effect"
import { LanguageModel } from "effect/ai"
import { TestConsole } from "effect/testing"
import { modelLayer, modelName } from "./model.ts"

/** What a question gives, and what is said on stderr, in this environment. */
const ask = (env: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    const exit = yield* LanguageModel.generateText({ prompt: "Hello" }).pipe(
      Effect.map(({ text }) => text),
      Effect.provide(
        modelLayer([{ name: "echo", when: () => true, reply: ({ user }) => `${user}!` }]).pipe(
          Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(env)))
        )
      ),
      Effect.catchTags({
        ConfigError: ({ message }) => Effect.succeed(message),
        AiError: ({ reason }) => Effect.succeed(reason._tag)
      })
    )
    return [exit, ...(yield* TestConsole.errorLines)]
  })

describe("the model of the examples", () => {
  const offline = "Offline: rules reply. Set OPENAI_API_KEY (or OPENAI_BASE_URL) for a real model."
  const nowhere = "http://127.0.0.1:1/v1"

  it.effect.each([{}, { OPENAI_API_KEY: "", OPENAI_BASE_URL: "", OPENAI_MODEL: "llama" }])(
    "is the rules without a key and a server (%#)",
    (env) =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* ask(env), ["Hello!", offline])
      })
  )

  it.effect("is the server that is named", () =>
    Effect.gen(function* () {
      const env = { OPENAI_BASE_URL: nowhere, OPENAI_MODEL: "llama" }
      assert.deepStrictEqual(yield* ask(env), ["NetworkError", "Asking the model llama."])
    })
  )

  it.effect("does not tell the key", () =>
    Effect.gen(function* () {
      const env = { OPENAI_API_KEY: "sk-secret", OPENAI_BASE_URL: nowhere, OPENAI_MODEL: "llama" }
      assert.notInclude((yield* ask(env)).join("\n"), "sk-secret")
    })
  )

  it.effect("has an address that is one", () =>
    Effect.gen(function* () {
      const said = yield* ask({ OPENAI_BASE_URL: "127.0.0.1:11434/v1", OPENAI_MODEL: "llama" })
      assert.deepStrictEqual(said, [
        'SchemaError(An address begins with http:// or https://\n  at ["OPENAI_BASE_URL"])'
      ])
    })
  )

  it.effect("must be named for another server than OpenAI's", () =>
    Effect.gen(function* () {
      const said = yield* ask({ OPENAI_API_KEY: "sk-secret", OPENAI_BASE_URL: nowhere })
      assert.deepStrictEqual(said, ['SchemaError(The name of the model is missing\n  at ["OPENAI_MODEL"])'])
    })
  )

  it.effect("has a name that tells it from others, and not the key", () =>
    Effect.gen(function* () {
      const nameIn = (env: Readonly<Record<string, string>>) =>
        Effect.provide(modelName, ConfigProvider.layer(ConfigProvider.fromUnknown(env)))
      assert.deepStrictEqual(
        [
          yield* nameIn({}),
          yield* nameIn({ OPENAI_API_KEY: "sk-secret" }),
          yield* nameIn({ OPENAI_API_KEY: "sk-secret", OPENAI_BASE_URL: nowhere, OPENAI_MODEL: "llama" })
        ],
        ["rules", "gpt-5-mini ", `llama ${nowhere}`]
      )
    })
  )
})
