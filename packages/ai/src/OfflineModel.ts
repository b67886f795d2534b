/**
 * A language model without a network: rules that compute the reply from the
 * text of the prompt.
 *
 * The service is `effect/ai`'s `LanguageModel`, so a program built on it runs
 * unchanged in tests, in demonstrations and on a train.
 *
 * @since 0.1.0
 */
import * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import type * as Prompt from "effect/ai/Prompt"
import type * as AiResponse from "effect/ai/Response"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { textOf, toText } from "./internal/promptText.ts"
import * as provider from "./internal/provider.ts"

/**
 * The text of a prompt, as rules see it.
 *
 * **Details**
 *
 * Text parts and tool results (as JSON) count; reasoning and files do not.
 *
 * @category models
 * @since 0.1.0
 */
export interface PromptText {
  /** All system messages, one a line. */
  readonly system: string
  /** The last user message. */
  readonly user: string
  /** All messages, with a blank line between them. */
  readonly text: string
  /** All messages, in order, with who said them. */
  readonly history: ReadonlyArray<{ readonly role: Prompt.Message["role"]; readonly text: string }>
}

/**
 * How to reply to some prompts.
 *
 * **Details**
 *
 * - `name` is shown when no rule applies.
 * - `when` says whether the rule applies: a predicate, or a pattern to be found
 *   anywhere in `PromptText.text`.
 * - `reply` computes the reply. For `LanguageModel.generateObject` it is the
 *   JSON text of the object.
 *
 * **Gotchas**
 *
 * A pattern also finds what the system prompt and earlier turns say. Use a
 * predicate on `user` where only the last turn should count.
 *
 * @category models
 * @since 0.1.0
 */
export interface Rule {
  readonly name: string
  readonly when: RegExp | ((prompt: PromptText) => boolean)
  readonly reply: (prompt: PromptText) => string
}

/**
 * Provides a `LanguageModel` that answers by the first rule that applies.
 *
 * **When to use**
 *
 * Use to run a flow without a key, a network or a cost: in tests, examples and
 * demonstrations. The replies follow from the prompts, so a wrong prompt shows.
 *
 * **Details**
 *
 * `streamText` gives the reply word by word, and waits for `pace` before each:
 * a demonstration shows how a reply comes, and can be stopped in its middle. By
 * default it does not wait. Tokens are not counted: every number in `usage` is
 * `undefined`. Tools are never called.
 *
 * **Errors**
 *
 * Calls fail with `AiError`, whose `reason` is
 *
 * - `InvalidUserInputError` when no rule applies; it names the rules tried
 * - `InvalidRequestError` when `toolChoice` demands a tool call
 * - `InvalidOutputError` when the reply is empty, as for any other model
 * - `StructuredOutputError` when `generateObject` cannot decode the reply
 *
 * A rule that throws is a defect.
 *
 * **Example** (Answering arithmetic)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { LanguageModel } from "effect/ai"
 * import { OfflineModel } from "@effect-pocketflow/ai"
 *
 * const Model = OfflineModel.layer([{
 *   name: "sum",
 *   when: /\d+ \+ \d+/,
 *   reply: ({ user }) => {
 *     const [a, b] = (user.match(/\d+/g) ?? []).map(Number)
 *     return `The sum is ${a! + b!}.`
 *   }
 * }])
 *
 * const program = LanguageModel.generateText({ prompt: "What is 17 + 25?" }).pipe(
 *   Effect.map((response) => response.text),
 *   Effect.provide(Model)
 * )
 *
 * await Effect.runPromise(program) // => "The sum is 42."
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  rules: ReadonlyArray<Rule>,
  { pace }: { readonly pace?: Duration.Input | undefined } = {}
): Layer.Layer<LanguageModel.LanguageModel> =>
  Layer.effect(
    LanguageModel.LanguageModel,
    provider.make({
      generateText: (options) =>
        reply(rules, options).pipe(
          Effect.map((text): Array<AiResponse.PartEncoded> => [{ type: "text", text }, finish]),
          Effect.mapError(toAiError("generateText"))
        ),
      streamText: (options) =>
        reply(rules, options).pipe(
          Effect.map((text) => Stream.fromIterable(toStreamParts(text))),
          Stream.unwrap,
          pace === undefined
            ? identity
            : Stream.tap(({ type }) => (type === "text-delta" ? Effect.sleep(pace) : Effect.void)),
          Stream.mapError(toAiError("streamText"))
        )
    })
  )

// internal

const reply = Effect.fnUntraced(function* (
  rules: ReadonlyArray<Rule>,
  { prompt, toolChoice, tools }: LanguageModel.ProviderOptions
) {
  if (tools.length > 0 && demandsToolCall(toolChoice)) {
    return yield* new AiError.InvalidRequestError({
      parameter: "toolChoice",
      description: "The offline model cannot call tools"
    })
  }
  const text = toPromptText(prompt)
  const rule = rules.find(({ when }) => (typeof when === "function" ? when(text) : text.text.search(when) >= 0))
  if (rule === undefined) {
    return yield* new AiError.InvalidUserInputError({
      description: `No rule of the offline model applies. Tried: ${rules.map((rule) => rule.name).join(", ") || "none"}`
    })
  }
  const answer = rule.reply(text)
  if (answer === "") {
    return yield* new AiError.InvalidOutputError({ description: `The rule "${rule.name}" gave an empty reply` })
  }
  return answer
})

const demandsToolCall = (choice: LanguageModel.ToolChoice<string>): boolean =>
  choice === "required" || (typeof choice === "object" && ("tool" in choice || choice.mode === "required"))

const toPromptText = (prompt: Prompt.Prompt): PromptText => {
  const history = prompt.content.map((message) => ({ role: message.role, text: textOf(message) }))
  return {
    system: history
      .filter(({ role }) => role === "system")
      .map(({ text }) => text)
      .join("\n"),
    user: history.findLast(({ role }) => role === "user")?.text ?? "",
    text: toText(prompt),
    history
  }
}

const toStreamParts = (text: string): ReadonlyArray<AiResponse.StreamPartEncoded> => {
  const id = "text"
  const words = text.match(/\s+|\S+\s*/g) ?? []
  return [
    { type: "text-start", id },
    ...words.map((delta) => ({ type: "text-delta" as const, id, delta })),
    { type: "text-end", id },
    finish
  ]
}

const finish: AiResponse.FinishPartEncoded = {
  type: "finish",
  reason: "stop",
  usage: { inputTokens: {}, outputTokens: {} }
}

const toAiError =
  (method: string) =>
  (reason: AiError.AiErrorReason): AiError.AiError =>
    AiError.make({ module: "OfflineModel", method, reason })
