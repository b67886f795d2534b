/** For the tests of the examples: a model without a network that is not always at hand: slow, busy, counted. */
import { OfflineModel } from "@effect-pocketflow/ai"
import { Effect, Layer, Stream } from "effect"
import { type AiError, LanguageModel, type Prompt } from "effect/ai"

/** The offline model of these rules, which does `f` with the text of the prompt before it replies: waits, fails, counts. */
export const offlineModel = (
  rules: ReadonlyArray<OfflineModel.Rule>,
  f: (prompt: string) => Effect.Effect<unknown, AiError.AiError>
): Layer.Layer<LanguageModel.LanguageModel> =>
  Layer.effect(
    LanguageModel.LanguageModel,
    LanguageModel.LanguageModel.use((model) =>
      LanguageModel.make({
        generateText: Effect.fnUntraced(function* ({ prompt }) {
          yield* f(textOf(prompt))
          const { text } = yield* model.generateText({ prompt })
          return [{ type: "text", text }, finish]
        }),
        streamText: () => Stream.die("only replies that are whole")
      })
    )
  ).pipe(Layer.provide(OfflineModel.layer(rules)))

const finish = { type: "finish", reason: "stop", usage: { inputTokens: {}, outputTokens: {} } } as const

const textOf = ({ content }: Prompt.Prompt): string =>
  content
    .flatMap((message) =>
      typeof message.content === "string"
        ? message.content
        : message.content.map((part) => (part.type === "text" ? part.text : ""))
    )
    .join("\n\n")
