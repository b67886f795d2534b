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
import { textOf, textOfPart, toText } from "./internal/promptText.ts"
import * as provider from "./internal/provider.ts"

/**
 * The text of a prompt, as rules see it.
 *
 * **Details**
 *
 * Text parts and tool results (as JSON) count; reasoning, files and tool calls do not.
 *
 * **Gotchas**
 *
 * When `Structured.generate` asks again, `user` is what it complains about. What
 * the model was asked is then the first user message:
 * `history.find(({ role }) => role === "user")`. That holds for a rule's `when`, too.
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
  /** The names of the tools that may be called. */
  readonly tools: ReadonlyArray<string>
  /** What the tools have given since the last user message, in order. */
  readonly results: ReadonlyArray<ToolResult>
}

/**
 * The result of a tool, as rules see it.
 *
 * @category models
 * @since 0.1.0
 */
export interface ToolResult {
  readonly name: string
  /** What the model is told: a text as it is, anything else as JSON. */
  readonly text: string
  readonly isFailure: boolean
}

/**
 * A call of a tool that the request offers; `params` as they are encoded.
 *
 * @category models
 * @since 0.1.0
 */
export interface ToolCall {
  readonly name: string
  readonly params: unknown
}

/**
 * How to reply to some prompts.
 *
 * **Details**
 *
 * - `name` is shown when no rule applies.
 * - `when` says whether the rule applies: a predicate, or a pattern to be found
 *   anywhere in `PromptText.text`.
 * - `reply` computes the reply: a text, or tool calls. For
 *   `LanguageModel.generateObject` it is the JSON text of the object.
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
  readonly reply: (prompt: PromptText) => string | ReadonlyArray<ToolCall>
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
 * Each reply takes `latency`, and `streamText` gives it word by word, with `pace`
 * before each: a demonstration shows how replies come, and what concurrency gains.
 * By default nothing waits. Tokens are not counted: every number in `usage` is
 * `undefined`. The id of a tool call follows from the prompt, and is none that is
 * used there.
 *
 * **Errors**
 *
 * Calls fail with `AiError`, whose `reason` is
 *
 * - `InvalidUserInputError` when no rule applies; it names the rules tried
 * - `InvalidOutputError` when the reply is empty, as for any other model; when it
 *   calls a tool that may not be called; or when it calls none and `toolChoice`
 *   demands a call. It names the rule
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
 * **Example** (Calling a tool, and answering by its result)
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Prompt, Tool, Toolkit } from "effect/ai"
 * import { Flow } from "effect-pocketflow"
 * import { OfflineModel, ToolLoop } from "@effect-pocketflow/ai"
 *
 * const parameters = Schema.Struct({ city: Schema.String })
 * const toolkit = Toolkit.make(Tool.make("weather", { parameters, success: Schema.String }))
 *
 * const Model = OfflineModel.layer([{
 *   name: "weather",
 *   when: ({ user }) => user.startsWith("Weather in "),
 *   reply: ({ results, user }) =>
 *     results.length > 0
 *       ? results.map(({ text }) => text).join()
 *       : user.slice("Weather in ".length).split(" and ").map((city) => ({ name: "weather", params: { city } }))
 * }])
 *
 * const program = Flow.run(ToolLoop.make({ toolkit }), { history: Prompt.make("Weather in Oslo and Rome") }).pipe(
 *   Effect.map(({ store }) => ToolLoop.answer(store)),
 *   Effect.provide([Model, toolkit.toLayer({ weather: ({ city }) => Effect.succeed(`${city}: sunny`) })])
 * )
 *
 * await Effect.runPromise(program) // => "Oslo: sunny,Rome: sunny"
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  rules: ReadonlyArray<Rule>,
  { latency, pace }: { readonly latency?: Duration.Input | undefined; readonly pace?: Duration.Input | undefined } = {}
): Layer.Layer<LanguageModel.LanguageModel> =>
  Layer.effect(
    LanguageModel.LanguageModel,
    provider.make({
      generateText: (request) =>
        reply(rules, request, latency).pipe(
          Effect.map((parts): Array<AiResponse.PartEncoded> => [...parts, finish(parts)]),
          Effect.mapError(toAiError("generateText"))
        ),
      streamText: (request) =>
        reply(rules, request, latency).pipe(
          Effect.map((parts) => Stream.fromIterable([...parts.flatMap(toStreamParts), finish(parts)])),
          Stream.unwrap,
          pace === undefined
            ? identity
            : Stream.tap(({ type }) => (type === "text-delta" ? Effect.sleep(pace) : Effect.void)),
          Stream.mapError(toAiError("streamText"))
        )
    })
  )

// internal

type Part = AiResponse.TextPartEncoded | AiResponse.ToolCallPartEncoded

const reply = Effect.fnUntraced(function* (
  rules: ReadonlyArray<Rule>,
  { prompt, toolChoice, tools }: LanguageModel.ProviderOptions,
  latency: Duration.Input | undefined
) {
  if (latency !== undefined) yield* Effect.sleep(latency)
  const offered = callable(toolChoice, tools)
  const text = toPromptText(prompt, offered)
  const rule = rules.find(({ when }) => (typeof when === "function" ? when(text) : text.text.search(when) >= 0))
  if (rule === undefined) {
    return yield* new AiError.InvalidUserInputError({
      description: `No rule of the offline model applies. Tried: ${rules.map((rule) => rule.name).join(", ") || "none"}`
    })
  }
  const invalid = (what: string) => new AiError.InvalidOutputError({ description: `The rule "${rule.name}" ${what}` })
  const answer = rule.reply(text)
  if (answer.length === 0) return yield* invalid("gave an empty reply")
  if (typeof answer === "string") {
    if (tools.length > 0 && demandsToolCall(toolChoice)) return yield* invalid("calls no tool, and one is demanded")
    return [{ type: "text", text: answer }] satisfies ReadonlyArray<Part>
  }
  const unknown = answer.find(({ name }) => !offered.includes(name))
  if (unknown !== undefined) {
    return yield* invalid(`calls "${unknown.name}". The tools that may be called: ${offered.join(", ") || "none"}`)
  }
  return toToolCalls(answer, prompt)
})

/** The names of the tools that may be called; those beside `oneOf` have already been left out. */
const callable = (choice: LanguageModel.ToolChoice<string>, tools: LanguageModel.ProviderOptions["tools"]) =>
  choice === "none"
    ? []
    : tools
        .map(({ name }) => name)
        .filter((name) => typeof choice === "string" || !("tool" in choice) || choice.tool === name)

const demandsToolCall = (choice: LanguageModel.ToolChoice<string>): boolean =>
  choice === "required" || (typeof choice === "object" && ("tool" in choice || choice.mode === "required"))

/** Calls with the first ids that the prompt does not use: the same prompt gives the same. */
const toToolCalls = (calls: ReadonlyArray<ToolCall>, { content }: Prompt.Prompt): ReadonlyArray<Part> => {
  const used = new Set(partsOf(content).flatMap((part) => (part.type === "tool-call" ? part.id : [])))
  let next = used.size
  return calls.map(({ name, params }) => {
    while (used.has(`call-${next}`)) next++
    return { type: "tool-call", id: `call-${next++}`, name, params }
  })
}

const toPromptText = (prompt: Prompt.Prompt, tools: ReadonlyArray<string>): PromptText => {
  const history = prompt.content.map((message) => ({ role: message.role, text: textOf(message) }))
  const asked = history.findLastIndex(({ role }) => role === "user")
  return {
    system: history
      .filter(({ role }) => role === "system")
      .map(({ text }) => text)
      .join("\n"),
    user: history[asked]?.text ?? "",
    text: toText(prompt),
    history,
    tools,
    results: partsOf(prompt.content.slice(asked + 1)).flatMap((part) =>
      part.type === "tool-result" ? toToolResult(part) : []
    )
  }
}

const toToolResult = (part: Prompt.ToolResultPart): ToolResult => ({
  name: part.name,
  text: part.modelOutput === undefined && typeof part.result === "string" ? part.result : textOfPart(part),
  isFailure: part.isFailure
})

const partsOf = (messages: ReadonlyArray<Prompt.Message>): ReadonlyArray<Prompt.Part> =>
  messages.flatMap(({ content }): ReadonlyArray<Prompt.Part> => (typeof content === "string" ? [] : content))

const toStreamParts = (part: Part): ReadonlyArray<AiResponse.StreamPartEncoded> => {
  if (part.type === "tool-call") return [part]
  const id = "text"
  const words = part.text.match(/\s+|\S+\s*/g) ?? []
  return [
    { type: "text-start", id },
    ...words.map((delta) => ({ type: "text-delta" as const, id, delta })),
    { type: "text-end", id }
  ]
}

const finish = (parts: ReadonlyArray<Part>): AiResponse.FinishPartEncoded => ({
  type: "finish",
  reason: parts.some(({ type }) => type === "tool-call") ? "tool-calls" : "stop",
  usage: { inputTokens: {}, outputTokens: {} }
})

const toAiError =
  (method: string) =>
  (reason: AiError.AiErrorReason): AiError.AiError =>
    AiError.make({ module: "OfflineModel", method, reason })
