/**
 * What a human decides on the tool calls of a loop before they are run.
 *
 * @since 0.1.0
 */
import * as Prompt from "effect/ai/Prompt"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import type { Flow } from "effect-pocketflow"
import { Store } from "effect-pocketflow"
import { calls, callsOf, Conversation } from "./conversation.ts"

/**
 * Decides on the tool calls that are to be run next: `true` approves, `false`
 * refuses, `undefined` leaves it open.
 *
 * **When to use**
 *
 * Use after `pauseBefore: ["call"]`, also in another process: decisions are kept in
 * the store until the calls have been run. Where a human can be asked while the
 * flow waits, the option `approve` is enough.
 *
 * **Details**
 *
 * A no counts for every tool, and the model is told of it. A yes is the approval
 * that some tools need; it allows nothing that `allow` does not. What is left open
 * is as it was: decided earlier, or else up to `approve`. Of calls with the same
 * id all are refused if one is.
 *
 * **Example** (One yes, one no, in another process)
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Prompt, Tool, Toolkit } from "effect/ai"
 * import { Flow, Store } from "effect-pocketflow"
 * import { ToolLoop } from "@effect-pocketflow/ai"
 * import { ScriptedModel } from "@effect-pocketflow/testing"
 *
 * const File = Schema.Struct({ file: Schema.String })
 * const toolkit = Toolkit.make(Tool.make("remove", { parameters: File, success: Schema.String, needsApproval: true }))
 * const loop = ToolLoop.make({ toolkit })
 *
 * const begin = Effect.gen(function* () {
 *   const paused = yield* Flow.run(loop, { history: Prompt.make("Clean up.") }, { pauseBefore: ["call"] })
 *   if (!Flow.isPaused(paused)) return ToolLoop.answer(paused.store)
 *   const store = yield* Store.encode(ToolLoop.Conversation, paused.store)
 *   return JSON.stringify({ position: paused.position, store })
 * })
 *
 * const goOn = Effect.fnUntraced(function* (kept: string) {
 *   const json = JSON.parse(kept)
 *   const position = yield* Schema.decodeUnknownEffect(Flow.Position)(json.position)
 *   const store = yield* Store.decode(ToolLoop.Conversation, json.store)
 *   // ToolLoop.calls(store) are what to show to the human.
 *   const decided = ToolLoop.review(store, ({ params }) => JSON.stringify(params).includes("draft"))
 *   // It may ask for tools again: then pause and keep it again.
 *   const run = yield* Flow.resume(loop, position, decided, { pauseBefore: ["call"] })
 *   return ToolLoop.answer(run.store)
 * })
 *
 * const program = Effect.flatMap(begin, goOn).pipe(
 *   Effect.provide(toolkit.toLayer({ remove: ({ file }) => Effect.succeed(`${file} is gone`) })),
 *   Effect.provide(ScriptedModel.layer({
 *     replies: [
 *       [
 *         { type: "tool-call", name: "remove", params: { file: "draft.txt" } },
 *         { type: "tool-call", name: "remove", params: { file: "thesis.txt" } }
 *       ],
 *       ({ prompt }) => [/draft.txt is gone/, /thesis.txt is gone/, /not approved/].map((it) => it.test(prompt)).join()
 *     ]
 *   }))
 * )
 * await Effect.runPromise(program) // => "true,false,true"
 * ```
 *
 * @see {@link calls} for what is to be decided
 * @see {@link reviewAt} where the loop is inside of another flow
 * @category conversations
 * @since 0.1.0
 */
export const review: {
  (
    decide: (call: Prompt.ToolCallPart) => boolean | undefined
  ): (self: typeof Conversation.Type) => typeof Conversation.Type
  (self: typeof Conversation.Type, decide: (call: Prompt.ToolCallPart) => boolean | undefined): typeof Conversation.Type
} = dual(2, (self: typeof Conversation.Type, decide: (call: Prompt.ToolCallPart) => boolean | undefined) => {
  if (self.pending === undefined) return self
  const before = decisionsOf(self.pending)
  const content = callsOf(self.pending).flatMap((call) => {
    const approved = decide(call) ?? before.get(call.id)
    return approved === undefined ? [] : [Prompt.toolApprovalResponsePart({ approvalId: call.id, approved })]
  })
  return { ...self, pending: Prompt.fromMessages([...replyOf(self.pending), Prompt.toolMessage({ content })]) }
})

/**
 * The tool calls that are to be run next, of a loop that a flow over another
 * store calls. See `reviewAt`.
 *
 * @category conversations
 * @since 0.1.0
 */
export const callsAt = (
  position: Flow.Position
): Effect.Effect<ReadonlyArray<Prompt.ToolCallPart>, Store.InvalidStore> => Effect.map(conversationAt(position), calls)

/**
 * The same as `review`, of a loop that a flow over another store calls: its
 * conversation is then in the position.
 *
 * **Errors**
 *
 * `InvalidStore`: the position is not inside of a tool loop that was entered by
 * `Flow.call`.
 *
 * **Example** (A loop within a report)
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Prompt, Tool, Toolkit } from "effect/ai"
 * import { Flow, Store } from "effect-pocketflow"
 * import { ToolLoop } from "@effect-pocketflow/ai"
 * import { ScriptedModel } from "@effect-pocketflow/testing"
 *
 * const toolkit = Toolkit.make(Tool.make("search"), Tool.make("publish"))
 * const Report = Store.make("Report", { topic: Schema.String, text: Schema.optionalKey(Schema.String) })
 * const report = Flow.call(Report, ToolLoop.make({ toolkit }), {
 *   prep: (s) => ({ history: Prompt.make(s.topic) }),
 *   post: (_, { store }) => Report.to("reported", { text: ToolLoop.answer(store) })
 * })
 *
 * const program = Effect.gen(function* () {
 *   const paused = yield* Flow.run(report, { topic: "The sea" }, { pauseBefore: ["call"] })
 *   if (!Flow.isPaused(paused)) return paused.store.text
 *   const names = (yield* ToolLoop.callsAt(paused.position)).map(({ name }) => name)
 *   const position = yield* ToolLoop.reviewAt(paused.position, ({ name }) => name !== "publish")
 *   const { store } = yield* Flow.resume(report, position, paused.store)
 *   return [names, store.text]
 * }).pipe(
 *   Effect.provide(toolkit.toLayer({ search: () => Effect.void, publish: () => Effect.die("it is refused") })),
 *   Effect.provide(ScriptedModel.layer({
 *     replies: [
 *       [
 *         { type: "tool-call", name: "search", params: {} },
 *         { type: "tool-call", name: "publish", params: {} }
 *       ],
 *       "I may not publish it."
 *     ]
 *   }))
 * )
 * await Effect.runPromise(program) // => [["search", "publish"], "I may not publish it."]
 * ```
 *
 * @category conversations
 * @since 0.1.0
 */
export const reviewAt: {
  (
    decide: (call: Prompt.ToolCallPart) => boolean | undefined
  ): (self: Flow.Position) => Effect.Effect<Flow.Position, Store.InvalidStore>
  (
    self: Flow.Position,
    decide: (call: Prompt.ToolCallPart) => boolean | undefined
  ): Effect.Effect<Flow.Position, Store.InvalidStore>
} = dual(
  2,
  Effect.fnUntraced(function* (self: Flow.Position, decide: (call: Prompt.ToolCallPart) => boolean | undefined) {
    const conversation = yield* conversationAt(self)
    if (calls(conversation).length === 0) return self
    const store = yield* Store.encode(Conversation, review(conversation, decide))
    return {
      ...self,
      calls: self.calls.map((call, index) => (index === self.calls.length - 1 ? { ...call, store } : call))
    }
  })
)

// internal

/** The innermost call is the one that the position is right inside of. */
const conversationAt = ({ calls }: Flow.Position) => Store.decode(Conversation, calls.at(-1)?.store)

// Decisions are kept beside the calls that they are about, in the words of `effect/ai`, and leave with them.

/** The decisions, by the ids of the calls. A no wins. */
export const decisionsOf = ({ content }: Prompt.Prompt): ReadonlyMap<string, boolean> => {
  const decisions = new Map<string, boolean>()
  for (const { approvalId, approved } of content.flatMap(responsesIn)) {
    decisions.set(approvalId, approved && decisions.get(approvalId) !== false)
  }
  return decisions
}

/** What the model itself has said, without the decisions: `LanguageModel` would act on them. */
export const replyOf = ({ content }: Prompt.Prompt): ReadonlyArray<Prompt.Message> =>
  content.filter((message) => message.role !== "tool")

const responsesIn = (message: Prompt.Message): ReadonlyArray<Prompt.ToolApprovalResponsePart> =>
  message.role === "tool" ? message.content.filter((part) => part.type === "tool-approval-response") : []
