/**
 * The nodes of a tool loop.
 *
 * @since 0.1.0
 */
import * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Prompt from "effect/ai/Prompt"
import type * as Tool from "effect/ai/Tool"
import type * as Toolkit from "effect/ai/Toolkit"
import * as Effect from "effect/Effect"
import type { Flow } from "effect-pocketflow"
import { Node, Store } from "effect-pocketflow"
import { isDeep, maxDepth } from "../internal/deep.ts"
import * as toolCall from "../internal/toolCall.ts"
import * as TextStream from "../TextStream.ts"
import { callsOf, Conversation } from "./conversation.ts"
import { decisionsOf, replyOf } from "./review.ts"

/**
 * A tool call that is to be run, the conversation before it, and what `review`
 * has decided on it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Call {
  readonly call: Prompt.ToolCallPart
  readonly history: Prompt.Prompt
  readonly approved: boolean | undefined
}

/**
 * What the model replied, before any tool is run.
 *
 * @category models
 * @since 0.1.0
 */
export type Reply = LanguageModel.GenerateTextResponse<{}, "deferred">

/**
 * A toolkit with its handlers, or an Effect of it: a `Toolkit`, or what
 * `McpClient.toolkit` gives.
 *
 * @category models
 * @since 0.1.0
 */
export type AnyToolkit = Toolkit.WithHandler<any> | Effect.Effect<Toolkit.WithHandler<any>, any, any>

/**
 * What the model may do, and how.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options<K extends AnyToolkit, Allow extends string, Mode extends Tool.FailureMode, E, R> {
  /** An Effect of a toolkit is run for each request and each call, so it may follow changes. */
  readonly toolkit: K
  /** The names of the tools that are offered and run; all, by default. */
  readonly allow?: ReadonlyArray<Allow> | undefined
  /** `"return"` tells the model of every typed failure of a tool, instead of what the tool itself says. */
  readonly failureMode?: Mode | undefined
  /** Decides on calls of tools that need an approval, where `review` has not. Without it they are refused. */
  readonly approve?: ((call: Prompt.ToolCallPart) => Effect.Effect<boolean, E, R>) | undefined
  /** How many calls of one reply run at a time; 1 by default. */
  readonly concurrency?: number | "unbounded" | undefined
  /** Replies are streamed, and their text is emitted here. */
  readonly channel?: Flow.Channel<string> | undefined
}

/** The tools of a toolkit. */
type Tools<K> =
  K extends Toolkit.WithHandler<infer T>
    ? T
    : K extends Effect.Effect<Toolkit.WithHandler<infer T>, any, any>
      ? T
      : never
/** The names of its tools. */
export type Name<K> = keyof Tools<K> & string
/** What it takes to get at a toolkit. */
type ToolkitError<K> = K extends Effect.Effect<any, infer E, any> ? E : never
type ToolkitServices<K> = K extends Effect.Effect<any, any, infer R> ? R : never

// These infer what is already there, so that a hover shows what comes of it, and an exported loop can be declared.

/** The services of the node `call`. */
export type CallServices<K, Allow extends string> = [
  ToolkitServices<K> | Tool.HandlerServices<Tools<K>[Allow]>
] extends [infer R]
  ? R
  : never
/** The errors of the node `call`. */
export type CallError<K, Allow extends string, Mode> = [
  AiError.AiError | ToolkitError<K> | (Mode extends "error" ? Tool.HandlerError<Tools<K>[Allow]> : never)
] extends [infer E]
  ? E
  : never

/**
 * The nodes of a tool loop, to be retried, limited and wired with others.
 *
 * **Details**
 *
 * - `decide` asks the model. It ends with `"call"` when the reply asks for tools,
 *   with `"again"` when the model pauses its turn, and else with `"answered"`.
 * - `call` runs the tool calls, as a batch: `Node.retry` repeats only the call that
 *   failed (and asks `approve` again), events tell the index of the call as `item`,
 *   and results are in the order of the calls.
 *
 * **Errors**
 *
 * Those of `make`.
 *
 * **Example** (Asking again when the model is busy)
 *
 * ```ts
 * import { Effect, Schedule, Schema } from "effect"
 * import { AiError, Prompt, Tool, Toolkit } from "effect/ai"
 * import { Flow, Node } from "effect-pocketflow"
 * import { ToolLoop } from "@effect-pocketflow/ai"
 * import { ScriptedModel } from "@effect-pocketflow/testing"
 *
 * const toolkit = Toolkit.make(Tool.make("today", { success: Schema.String }))
 * const { call, decide } = ToolLoop.nodes({ toolkit })
 *
 * const loop = Flow.make(ToolLoop.Conversation, {
 *   start: "decide",
 *   nodes: { decide: decide.pipe(Node.retry(Schedule.recurs(2))), call },
 *   edges: { decide: { call: "call", again: "decide" }, call: { called: "decide" } }
 * })
 *
 * const program = Flow.run(loop, { history: Prompt.make("Which day is it?") }).pipe(
 *   Effect.map(({ store }) => ToolLoop.answer(store)),
 *   Effect.provide(toolkit.toLayer({ today: () => Effect.succeed("Monday") })),
 *   Effect.provide(ScriptedModel.layer({
 *     replies: [[{ type: "tool-call", name: "today", params: {} }], "It is Monday."],
 *     faults: { 0: new AiError.RateLimitError({}) }
 *   }))
 * )
 * await Effect.runPromise(program) // => "It is Monday."
 * ```
 *
 * @see {@link make} for the loop as it is
 * @category constructors
 * @since 0.1.0
 */
export const nodes = <
  K extends AnyToolkit,
  Allow extends Name<K> = Name<K>,
  Mode extends Tool.FailureMode = "error",
  E = never,
  R = never
>(
  options: Options<K, Allow, Mode, E, R>
): {
  readonly decide: Node.Node<
    Conversation,
    Prompt.Prompt,
    Reply,
    "call" | "again" | "answered",
    AiError.AiError | ToolkitError<K>,
    LanguageModel.LanguageModel | ToolkitServices<K>,
    never,
    "pending"
  >
  readonly call: Node.Node<
    Conversation,
    Call,
    Prompt.ToolResultPart,
    "called",
    CallError<K, Allow, Mode> | E,
    CallServices<K, Allow> | R,
    never,
    never
  >
} => {
  const { channel, concurrency } = options
  const toolkit: AnyToolkit = options.toolkit
  const resolve = Effect.map(
    Effect.isEffect(toolkit) ? toolkit : Effect.succeed(toolkit),
    (toolkit): toolCall.Options => ({ ...options, toolkit })
  )
  const ask = (prompt: Prompt.Prompt) =>
    Effect.gen(function* () {
      const toolkit = yield* toolCall.allowed(yield* resolve)
      const request = { prompt, toolkit, disableToolCallResolution: true, toolCallValidation: "deferred" } as const
      return yield* channel === undefined
        ? LanguageModel.generateText(request)
        : LanguageModel.streamText(request).pipe(TextStream.runInto(channel))
    })
  const decide = Node.make(Conversation, {
    prep: ({ history }) => history,
    exec: (history) => Effect.tap(ask(history), check),
    post: (_history, reply) => {
      const said = saidIn(reply)
      if (callsOf(said).length > 0) return Conversation.to("call", { pending: said })
      return Conversation.to(reply.finishReason === "pause" ? "again" : "answered", ({ history }) => ({
        history: Prompt.concat(history, said),
        pending: Store.unset
      }))
    },
    actions: ["call", "again", "answered"]
  })
  const call = Node.batch(Conversation, {
    prep: ({ history, pending = Prompt.empty }) => {
      const decisions = decisionsOf(pending)
      return callsOf(pending).map((call): Call => ({ call, history, approved: decisions.get(call.id) }))
    },
    exec: ({ approved, call, history }) =>
      Effect.flatMap(resolve, (options) => toolCall.run(call, history, { ...options, approved })),
    post: (_calls, content) =>
      Conversation.to("called", ({ history, pending = Prompt.empty }) => ({
        // No message without content: whoever was asked first may have taken the calls away.
        history:
          content.length === 0
            ? history
            : Prompt.fromMessages([...history.content, ...replyOf(pending), Prompt.toolMessage({ content })]),
        pending: Store.unset
      })),
    concurrency,
    actions: ["called"]
  })
  // The implementation knows no more of the toolkit than its names.
  return { decide, call } as never
}

// internal

const saidIn = ({ content }: Reply) => Prompt.fromResponseParts(content)

/** A reply that cannot be gone on with is none, and none of its calls is run. */
const check = (reply: Reply): Effect.Effect<void, AiError.AiError> => {
  if (!isWhole(reply)) return invalid(`The reply is not whole: it finished with "${reply.finishReason}"`)
  return isDeep(saidIn(reply).content) ? invalid(`The reply is nested more than ${maxDepth} deep`) : Effect.void
}

// The same reasons as in `LanguageModel`, which runs no tools for others either. Without a finish part there is none.
const isWhole = ({ content }: Reply): boolean => {
  const finish = content.find((part) => part.type === "finish")
  return finish === undefined || ["stop", "tool-calls", "pause"].includes(finish.reason)
}

const invalid = (description: string) =>
  Effect.fail(
    AiError.make({ module: "ToolLoop", method: "decide", reason: new AiError.InvalidOutputError({ description }) })
  )
