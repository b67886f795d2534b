/**
 * The store of a tool loop.
 *
 * @since 0.1.0
 */
import * as Prompt from "effect/ai/Prompt"
import * as Schema from "effect/Schema"
import { Store } from "effect-pocketflow"

/**
 * The schema of what was said: `Prompt.Prompt`, which leaves open what it takes
 * to make one. It takes a `Prompt`.
 *
 * @category models
 * @since 0.1.0
 */
export interface History extends Schema.Codec<Prompt.Prompt, Prompt.PromptEncoded> {
  readonly "~type.make.in": Prompt.Prompt
  readonly "~type.make": Prompt.Prompt
}

/**
 * The store of a tool loop: a conversation with a model.
 *
 * **Details**
 *
 * - `history`: what was said. Each tool call in it has its result, so that it can
 *   be sent to a model at any time, also after an interruption or a spent budget.
 * - `pending`: a reply that asks for tools, and what `review` has decided on them.
 *   The reply moves to the history together with the results; a loop that begins
 *   anew forgets it.
 *
 * Both survive `Store.encode` and `Store.decode`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Conversation extends Store.Store<
  "Conversation",
  {
    readonly history: History
    readonly pending: Schema.optionalKey<History>
  }
> {}

const History = Prompt.Prompt as History

/**
 * The store of a tool loop: a conversation with a model.
 *
 * @category stores
 * @since 0.1.0
 */
export const Conversation: Conversation = Store.make("Conversation", {
  history: History,
  pending: Schema.optionalKey(History)
})

/**
 * The tool calls that are to be run next.
 *
 * @category conversations
 * @since 0.1.0
 */
export const calls = ({ pending }: typeof Conversation.Type): ReadonlyArray<Prompt.ToolCallPart> =>
  pending === undefined ? [] : callsOf(pending)

/**
 * What the model has said last: the text of the last message, if it is the
 * model's; else it is empty.
 *
 * **Details**
 *
 * It is found in the history, so a further question has no answer of the one before.
 *
 * **Example** (A conversation goes on)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Prompt, Toolkit } from "effect/ai"
 * import { Flow } from "effect-pocketflow"
 * import { ToolLoop } from "@effect-pocketflow/ai"
 * import { ScriptedModel } from "@effect-pocketflow/testing"
 *
 * const loop = ToolLoop.make({ toolkit: Toolkit.empty })
 *
 * const program = Effect.gen(function* () {
 *   const first = yield* Flow.run(loop, { history: Prompt.make("My name is Ada.") })
 *   const second = yield* Flow.run(loop, { history: Prompt.concat(first.store.history, "What is my name?") })
 *   return [ToolLoop.answer(first.store), ToolLoop.answer(second.store)]
 * }).pipe(Effect.provide(ScriptedModel.layer({ replies: ["Hello.", "Ada."] })))
 *
 * await Effect.runPromise(program) // => ["Hello.", "Ada."]
 * ```
 *
 * @category conversations
 * @since 0.1.0
 */
export const answer = ({ history }: typeof Conversation.Type): string => {
  const last = history.content.at(-1)
  if (last?.role !== "assistant") return ""
  return last.content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("")
}

// internal

/** The calls that are ours to run. */
export const callsOf = ({ content }: Prompt.Prompt): ReadonlyArray<Prompt.ToolCallPart> =>
  content
    .flatMap((message) => (message.role === "assistant" ? message.content : []))
    .filter((part): part is Prompt.ToolCallPart => part.type === "tool-call" && !part.providerExecuted)
