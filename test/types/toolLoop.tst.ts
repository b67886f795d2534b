/** What is inferred of streams into a flow and of tool loops, and what must not compile. */
import { TextStream, ToolLoop } from "@effect-pocketflow/ai"
import type { Cause, Stream } from "effect"
import { Context, Effect, Layer, Schema } from "effect"
import { LanguageModel, McpClient, Prompt, Tool, Toolkit } from "effect/ai"
import type { AiError, McpClientError, Response } from "effect/ai"
import { Flow, Node, Store } from "effect-pocketflow"
import type { Conversation } from "@effect-pocketflow/ai/ToolLoop"
import { expectTypeOf } from "vitest"

class NotFound extends Schema.TaggedError<NotFound>()("NotFound", {}) {}
class Full extends Schema.TaggedError<Full>()("Full", {}) {}
class Refused extends Schema.TaggedError<Refused>()("Refused", {}) {}
class Index extends Context.Service<Index, {}>()("Index") {}
class Disk extends Context.Service<Disk, {}>()("Disk") {}
class Human extends Context.Service<Human, {}>()("Human") {}

const toolkit = Toolkit.make(
  Tool.make("search", { success: Schema.String, failure: NotFound, dependencies: [Index] }),
  Tool.make("save", { failure: Full, dependencies: [Disk] }),
  Tool.make("polite", { failure: Refused, failureMode: "return" })
)
type Handlers = Tool.HandlersFor<typeof toolkit.tools>
type Model = LanguageModel.LanguageModel

// --- the errors and services of a loop are those of the tools that it allows ----------

const loop = ToolLoop.make({ toolkit })
expectTypeOf(loop).toEqualTypeOf<
  Flow.Flow<Conversation, "answered", AiError.AiError | NotFound | Full, Model | Handlers | Index | Disk, "pending">
>()
expectTypeOf(ToolLoop.make({ toolkit, allow: ["search"] })).toEqualTypeOf<
  Flow.Flow<Conversation, "answered", AiError.AiError | NotFound, Model | Handlers | Index, "pending">
>()
expectTypeOf(ToolLoop.make({ toolkit, allow: [] })).toEqualTypeOf<
  Flow.Flow<Conversation, "answered", AiError.AiError, Model | Handlers, "pending">
>()
expectTypeOf(ToolLoop.make({ toolkit, allow: ["save"], failureMode: "return" })).toEqualTypeOf<
  Flow.Flow<Conversation, "answered", AiError.AiError, Model | Handlers | Disk, "pending">
>()

declare const approve: (call: Prompt.ToolCallPart) => Effect.Effect<boolean, Refused, Human>
expectTypeOf(ToolLoop.make({ toolkit, allow: ["polite"], approve })).toEqualTypeOf<
  Flow.Flow<Conversation, "answered", AiError.AiError | Refused, Model | Handlers | Human, "pending">
>()

// --- a toolkit that has its handlers, and those of MCP --------------------------------

declare const resolved: Toolkit.WithHandler<typeof toolkit.tools>
expectTypeOf(ToolLoop.make({ toolkit: resolved, allow: ["search", "polite"] })).toEqualTypeOf<
  Flow.Flow<Conversation, "answered", AiError.AiError | NotFound, Model | Index, "pending">
>()
declare const mcp: Effect.Success<ReturnType<typeof McpClient.toolkit>>
expectTypeOf(ToolLoop.make({ toolkit: mcp, allow: ["any", "name"] })).toEqualTypeOf<
  Flow.Flow<Conversation, "answered", AiError.AiError | McpClientError.McpClientError, Model, "pending">
>()
expectTypeOf(ToolLoop.make({ toolkit: mcp, failureMode: "return" })).toEqualTypeOf<
  Flow.Flow<Conversation, "answered", AiError.AiError, Model, "pending">
>()
const found = McpClient.McpClient.use((client) => McpClient.toolkit(client))
expectTypeOf(ToolLoop.make({ toolkit: found, failureMode: "return" })).toEqualTypeOf<
  Flow.Flow<
    Conversation,
    "answered",
    AiError.AiError | McpClientError.McpClientError,
    Model | McpClient.McpClient,
    "pending"
  >
>()

// --- the nodes ------------------------------------------------------------------------

const { call, decide } = ToolLoop.nodes({ toolkit, allow: ["search"] })
expectTypeOf(decide.pipe(Node.timeout("1 minute"))).toEqualTypeOf<
  Node.Node<
    Conversation,
    Prompt.Prompt,
    ToolLoop.Reply,
    "call" | "again" | "answered",
    AiError.AiError | Cause.TimeoutError,
    Model | Handlers,
    never,
    "pending"
  >
>()
expectTypeOf(call).toEqualTypeOf<
  Node.Node<
    Conversation,
    ToolLoop.Call,
    Prompt.ToolResultPart,
    "called",
    AiError.AiError | NotFound,
    Handlers | Index,
    never,
    never
  >
>()
expectTypeOf<typeof Conversation.Type>().toEqualTypeOf<{
  readonly history: Prompt.Prompt
  readonly pending?: Prompt.Prompt
}>()

// --- must not compile -------------------------------------------------------------------

const ask = { history: Prompt.make("Why?") }
const handlers: Layer.Layer<Handlers> = Layer.empty as never
const services = Layer.mergeAll(handlers, Layer.succeed(Index, {}), Layer.succeed(Disk, {}))
const model: Layer.Layer<Model> = Layer.empty as never

// @ts-expect-error a misspelt name
ToolLoop.make({ toolkit, allow: ["serach"] })
// @ts-expect-error a misspelt name, beside a right one
ToolLoop.make({ toolkit: resolved, allow: ["search", "svae"] })
// @ts-expect-error a misspelt name, for the nodes
ToolLoop.nodes({ toolkit, allow: ["serach"] })
// @ts-expect-error a misspelt option
ToolLoop.make({ toolkit, alow: ["search"] })
// @ts-expect-error no toolkit
ToolLoop.make({ toolkit: Tool.make("search") })
// @ts-expect-error an approval that is no Effect
ToolLoop.make({ toolkit, approve: () => true })

const run = Flow.run(loop, ask).pipe(Effect.provide(model))
expectTypeOf(Effect.provide(run, services)).toEqualTypeOf<
  Effect.Effect<Flow.Run<typeof Conversation.Type, "answered">, AiError.AiError | NotFound | Full>
>()
// @ts-expect-error a missing layer of handlers
Effect.runPromise(Effect.provide(run, Layer.mergeAll(Layer.succeed(Index, {}), Layer.succeed(Disk, {}))))
// @ts-expect-error a missing service of a tool
Effect.runPromise(Effect.provide(run, handlers))
// @ts-expect-error a missing model
Effect.runPromise(Effect.provide(Flow.run(loop, ask), services))
// @ts-expect-error an error of a tool that nobody handles
const handled: Effect.Effect<unknown, AiError.AiError | NotFound> = Effect.provide(run, services)
// @ts-expect-error a tag that no allowed tool fails with
ToolLoop.make({ toolkit, allow: ["search"] }).pipe(Flow.catchTag("Full", "full"))
// @ts-expect-error an outcome that the loop does not have
loop.pipe(Flow.mapOutcome({ exhausted: "answered" }))
// @ts-expect-error a store without a history
Flow.run(loop, { messages: [] })
// @ts-expect-error a history that is no prompt
Flow.run(loop, { history: "Why?" })
// @ts-expect-error messages that are no prompt
Flow.stream(loop, { history: [{ role: "user", content: "Why?" }] })
const Report = Store.make("Report", { topic: Schema.String })
Flow.call(Report, loop, { prep: (s) => ({ history: Prompt.make(s.topic) }), post: () => Report.next() })
// @ts-expect-error a history that is no prompt, for a loop that is called
Flow.call(Report, loop, { prep: (s) => ({ history: s.topic }), post: () => Report.next() })
expectTypeOf<Store.Init<Conversation>>().toEqualTypeOf<{
  readonly history: Prompt.Prompt
  readonly pending?: Prompt.Prompt
}>()

// --- what a human decides -------------------------------------------------------------

declare const state: typeof Conversation.Type
declare const position: Flow.Position
expectTypeOf(ToolLoop.review(state, ({ name }) => (name === "save" ? undefined : true))).toEqualTypeOf(state)
expectTypeOf(ToolLoop.reviewAt(position, () => false)).toEqualTypeOf<Effect.Effect<Flow.Position, Store.InvalidStore>>()
// @ts-expect-error a decision that is no yes and no no
ToolLoop.review(state, () => "yes")
// @ts-expect-error a decision that is still to be made
ToolLoop.review(state, () => Effect.succeed(true))

// --- streams ------------------------------------------------------------------------------

const Chat = Store.make("Chat", { reply: Schema.String })
const tokens = Flow.Channel<string>("tokens")
const plain = LanguageModel.streamText({ prompt: "Hi" }).pipe(TextStream.runInto(tokens))
expectTypeOf(plain).toEqualTypeOf<Effect.Effect<LanguageModel.GenerateTextResponse<{}>, AiError.AiError, Model>>()
const withTools = TextStream.runInto(
  LanguageModel.streamText({ prompt: "Hi", toolkit, disableToolCallResolution: true, toolCallValidation: "deferred" }),
  tokens
)
expectTypeOf(withTools).toEqualTypeOf<
  Effect.Effect<LanguageModel.GenerateTextResponse<typeof toolkit.tools, "deferred">, AiError.AiError, Model>
>()
declare const failing: Stream.Stream<Response.StreamPart<{}>, Refused, Human>
expectTypeOf(TextStream.runInto(failing, tokens)).toEqualTypeOf<
  Effect.Effect<LanguageModel.GenerateTextResponse<{}>, AiError.AiError | Refused, Human>
>()
Node.make(Chat, { exec: () => plain, post: (_, { text }) => Chat.next({ reply: text }) })

// @ts-expect-error a channel of something else
LanguageModel.streamText({ prompt: "Hi" }).pipe(TextStream.runInto(Flow.Channel<number>("numbers")))
// @ts-expect-error a stream of texts, without what a reply is made of
TextStream.runInto({} as Stream.Stream<string>, tokens)
void handled
