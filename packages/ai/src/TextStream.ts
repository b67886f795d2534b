/**
 * A model's streamed reply: heard through a channel as it comes, and whole in
 * the end.
 *
 * @since 0.1.0
 */
import * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Response from "effect/ai/Response"
import type * as Tool from "effect/ai/Tool"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Inspectable from "effect/Inspectable"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type { Flow } from "effect-pocketflow"

/**
 * Runs the stream of a reply, emits its text to a channel, and gives the reply
 * as `generateText` would have given it.
 *
 * **When to use**
 *
 * Use in an `exec` that streams: `Flow.runForEach` or `Flow.stream` shows the
 * tokens while the node runs, and `post` gets the text, tool calls, usage and
 * finish reason.
 *
 * **Details**
 *
 * Each text delta is emitted, in order; reasoning is not. The stream is closed
 * when the node is interrupted. It waits for whoever watches: `Flow.runForEach`
 * takes one delta at a time; with `Flow.stream` the model may be ahead by two of
 * its `bufferSize`, which are 32 events by default.
 *
 * An event tells its `attempt`: when `Node.retry` asks again, the reply begins
 * anew, so whoever shows it drops what an earlier attempt has said. In a batch it
 * also tells the `item`.
 *
 * **Errors**
 *
 * Those of the stream, and `AiError` with the reason
 *
 * - `InvalidOutputError`: the stream ended without a finish part. One that was cut
 *   off looks the same, and half a reply must not pass for a whole one
 * - `InternalProviderError`: the stream holds an error part
 *
 * **Example** (A retry begins the reply anew)
 *
 * ```ts
 * import { Effect, Schedule, Schema, Stream } from "effect"
 * import { AiError, LanguageModel } from "effect/ai"
 * import { Flow, Node, Store } from "effect-pocketflow"
 * import { TextStream } from "@effect-pocketflow/ai"
 * import { ScriptedModel } from "@effect-pocketflow/testing"
 *
 * const Chat = Store.make("Chat", { question: Schema.String, reply: Schema.optionalKey(Schema.String) })
 * const tokens = Flow.Channel<string>("tokens")
 *
 * const answer = Node.make(Chat, {
 *   prep: (s) => s.question,
 *   exec: (prompt) => LanguageModel.streamText({ prompt }).pipe(TextStream.runInto(tokens)),
 *   post: (_, { text }) => Chat.to("answered", { reply: text })
 * }).pipe(Node.retry(Schedule.recurs(1)))
 *
 * const screens = Flow.stream(answer, { question: "Hi" }, { channels: [tokens] }).pipe(
 *   Stream.filter(tokens.is),
 *   Stream.scan(() => ({ attempt: 0, text: "" }), (screen, { attempt, value }) => ({
 *     attempt,
 *     text: attempt === screen.attempt ? screen.text + value : value
 *   })),
 *   Stream.map(({ text }) => text),
 *   Stream.runCollect,
 *   Effect.provide(ScriptedModel.layer({
 *     replies: [["Hel", new AiError.RateLimitError({})], ["Hello", " there"]]
 *   }))
 * )
 * await Effect.runPromise(screens) // => ["", "Hel", "Hello", "Hello there"]
 * ```
 *
 * **Example** (Tokens on the way to a result, within a budget)
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { LanguageModel } from "effect/ai"
 * import { Flow, Node, Store } from "effect-pocketflow"
 * import { Budget, TextStream } from "@effect-pocketflow/ai"
 * import { ScriptedModel } from "@effect-pocketflow/testing"
 *
 * const Chat = Store.make("Chat", { question: Schema.String, reply: Schema.optionalKey(Schema.String) })
 * const tokens = Flow.Channel<string>("tokens")
 *
 * const answer = Node.make(Chat, {
 *   prep: (s) => s.question,
 *   exec: (prompt) => LanguageModel.streamText({ prompt }).pipe(TextStream.runInto(tokens)),
 *   post: (_, { text }) => Chat.to("answered", { reply: text })
 * })
 *
 * const heard: Array<string> = []
 * const program = Flow.runForEach(
 *   answer,
 *   { question: "Hi" },
 *   (event) => Effect.sync(() => tokens.is(event) && heard.push(event.value)),
 *   { channels: [tokens] }
 * ).pipe(
 *   Budget.within({ calls: 10, duration: "1 minute" }),
 *   Effect.provide(ScriptedModel.layer({ replies: [["Hello", " there"]] }))
 * )
 * const { store } = await Effect.runPromise(program)
 * heard // => ["Hello", " there"]
 * store.reply // => "Hello there"
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const runInto: {
  (
    channel: Flow.Channel<string>
  ): <Tools extends Record<string, Tool.Any>, Mode extends Response.ToolParametersMode, E, R>(
    self: Stream.Stream<Response.StreamPart<Tools, Mode>, E, R>
  ) => Effect.Effect<LanguageModel.GenerateTextResponse<Tools, Mode>, E | AiError.AiError, R>
  <Tools extends Record<string, Tool.Any>, Mode extends Response.ToolParametersMode, E, R>(
    self: Stream.Stream<Response.StreamPart<Tools, Mode>, E, R>,
    channel: Flow.Channel<string>
  ): Effect.Effect<LanguageModel.GenerateTextResponse<Tools, Mode>, E | AiError.AiError, R>
} = dual(2, (self: Stream.Stream<StreamPart, unknown, any>, channel: Flow.Channel<string>) =>
  Effect.suspend(() => {
    const reply = new Reply()
    return self.pipe(
      Stream.runForEach((part) => {
        reply.add(part)
        if (part.type === "text-delta") return channel.emit(part.delta)
        return part.type === "error" ? Effect.fail(toAiError(part.error)) : Effect.void
      }),
      Effect.andThen(Effect.suspend(() => (reply.finished ? Effect.succeed(reply.whole()) : Effect.fail(unfinished()))))
    )
  })
)

// internal

type StreamPart = Response.StreamPart<Record<string, Tool.Any>>
type Part = Response.Part<Record<string, Tool.Any>>

/** A text or a piece of reasoning, as it grows. Its deltas are joined once, at the end. */
interface Block {
  readonly type: "text" | "reasoning"
  readonly deltas: Array<string>
  readonly metadata: Record<string, Response.ProviderMetadata[string]>
}

const isBlock = (part: Part | Block): part is Block => "deltas" in part

class Reply {
  finished = false
  /** Blocks are where they began, since others may go on at the same time. */
  private readonly content: Array<Part | Block> = []
  private readonly open = new Map<string, Block>()

  add(part: StreamPart): void {
    switch (part.type) {
      case "text-start":
      case "text-delta":
      case "text-end":
        return this.grow("text", part)
      case "reasoning-start":
      case "reasoning-delta":
      case "reasoning-end":
        return this.grow("reasoning", part)
      case "tool-params-start":
      case "tool-params-delta":
      case "tool-params-end":
      case "error":
        return
      case "tool-result":
        if (part.preliminary) return
        break
      case "finish":
        this.finished = true
    }
    this.content.push(part)
  }

  whole(): LanguageModel.GenerateTextResponse<Record<string, Tool.Any>> {
    return new LanguageModel.GenerateTextResponse(
      this.content.flatMap((part): ReadonlyArray<Part> => {
        if (!isBlock(part)) return [part]
        const text = part.deltas.join("")
        // Providers refuse empty texts in a history; empty reasoning may carry a signature.
        if (part.type === "text" && text === "") return []
        return [Response.makePart(part.type, { text, metadata: part.metadata })]
      })
    )
  }

  private grow(
    type: Block["type"],
    part: { readonly type: string; readonly id: string; readonly delta?: string; readonly metadata: Block["metadata"] }
  ): void {
    const key = `${type} ${part.id}`
    let block = part.type.endsWith("-start") ? undefined : this.open.get(key)
    if (block === undefined) {
      block = { type, deltas: [], metadata: {} }
      this.open.set(key, block)
      this.content.push(block)
    }
    if (part.delta !== undefined) block.deltas.push(part.delta)
    for (const [provider, metadata] of Object.entries(part.metadata)) {
      const before = block.metadata[provider]
      block.metadata[provider] =
        Predicate.isObject(before) && Predicate.isObject(metadata) ? Object.assign({}, before, metadata) : metadata
    }
  }
}

const toAiError = (error: unknown): AiError.AiError =>
  AiError.isAiError(error)
    ? error
    : failure(new AiError.InternalProviderError({ description: Inspectable.toStringUnknown(error) }))

const unfinished = () =>
  failure(new AiError.InvalidOutputError({ description: "The stream ended without a finish part" }))

const failure = (reason: AiError.AiErrorReason) => AiError.make({ module: "TextStream", method: "runInto", reason })
