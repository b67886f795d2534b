/**
 * A model that uses tools, as an ordinary flow: it decides, its calls are run,
 * it decides again, until it answers.
 *
 * @since 0.1.0
 */
import type { LanguageModel } from "effect/ai/LanguageModel"
import type * as Tool from "effect/ai/Tool"
import { Flow } from "effect-pocketflow"
import { Conversation } from "./toolLoop/conversation.ts"
import { nodes } from "./toolLoop/nodes.ts"
import type { AnyToolkit, CallError, CallServices, Name, Options } from "./toolLoop/nodes.ts"

export { answer, calls, Conversation } from "./toolLoop/conversation.ts"
export type { History } from "./toolLoop/conversation.ts"
export { nodes } from "./toolLoop/nodes.ts"
export type { AnyToolkit, Call, Options, Reply } from "./toolLoop/nodes.ts"
export { callsAt, review, reviewAt } from "./toolLoop/review.ts"

/**
 * Makes a flow in which a model uses tools until it answers.
 *
 * **When to use**
 *
 * Use where a model needs several turns and your flow should see them: each is a
 * visit that is watched, counted, paused, checkpointed and resumed. For one turn,
 * `LanguageModel.generateText({ toolkit })` in an `exec` is enough.
 *
 * **Details**
 *
 * - `allow` names the tools that are offered to the model. Others are not run
 *   either, whatever the model has been talked into.
 * - A call that is not allowed, of a tool that does not exist, or with parameters
 *   that do not fit, does not fail the run. Its result tells the model.
 * - A tool that fails does so by its `failureMode`: `"error"`, the default of
 *   `effect/ai` and always so with MCP, fails the node; `"return"` tells the model.
 *   The option `failureMode: "return"` makes it `"return"` for all.
 * - A tool that needs an approval is run if `approve` says so, or `review` did.
 * - A result that is nested too deep to be kept is a failed one.
 * - Calls that the provider executes are left to it.
 * - A handler may emit to a `Flow.Channel`.
 *
 * `Flow.call` puts the loop into a flow over another store. `Flow.budget` limits
 * its visits: a turn with calls is two, so 10 steps are 5 turns. After
 * `pauseBefore: ["call"]` a human sees `calls(store)`, and decides by `review`.
 *
 * **Errors**
 *
 * Typed failures of tools, of `approve` and of the toolkit itself, and `AiError`:
 * those of the model, and with the reason
 *
 * - `InvalidOutputError`: a reply that is not whole, such as one cut off at the
 *   token limit, or is nested hundreds deep; none of its calls is run
 * - `ToolResultEncodingError`: a tool gave what does not fit its schema, or
 *   overflows the stack; no `failureMode` hides it
 * - `ToolConfigurationError`: an allowed tool that the toolkit does not have
 *
 * **Gotchas**
 *
 * Results are committed together, when all calls of a reply have been run. A run
 * that is interrupted or fails before that and is resumed runs them all again. The
 * `toolCallId` that handlers get is then the same: use it as an idempotency key.
 *
 * **Example** (Research with one tool of two)
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Prompt, Tool, Toolkit } from "effect/ai"
 * import { Flow } from "effect-pocketflow"
 * import { ToolLoop } from "@effect-pocketflow/ai"
 * import { ScriptedModel } from "@effect-pocketflow/testing"
 *
 * const search = Tool.make("search", { parameters: Schema.Struct({ query: Schema.String }), success: Schema.String })
 * const toolkit = Toolkit.make(search, Tool.make("publish"))
 *
 * const research = ToolLoop.make({ toolkit, allow: ["search"] }).pipe(Flow.budget({ steps: 10 }))
 *
 * const program = Flow.run(research, { history: Prompt.make("How high is Mont Blanc?") }).pipe(
 *   Effect.map(({ outcome, store }) => ({ outcome, answer: ToolLoop.answer(store) })),
 *   Effect.provide(toolkit.toLayer({
 *     search: ({ query }) => Effect.succeed(`${query}: 4806 m`),
 *     publish: () => Effect.die("it is not allowed")
 *   })),
 *   Effect.provide(ScriptedModel.layer({
 *     replies: [
 *       [
 *         { type: "tool-call", name: "search", params: { query: "Mont Blanc" } },
 *         { type: "tool-call", name: "publish", params: {} }
 *       ],
 *       ({ prompt }) => prompt.includes("may not be used") ? "It is 4806 m high." : "Published."
 *     ]
 *   }))
 * )
 * await Effect.runPromise(program) // => { outcome: "answered", answer: "It is 4806 m high." }
 * ```
 *
 * **Example** (Answering with what there is)
 *
 * After a spent budget the last message is a tool's, so there is no answer yet. A
 * last turn without tools gives one; with one step it ends as `"exhausted"` if the
 * model asks for tools all the same.
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Prompt, Tool, Toolkit } from "effect/ai"
 * import { Flow } from "effect-pocketflow"
 * import { ToolLoop } from "@effect-pocketflow/ai"
 * import { ScriptedModel } from "@effect-pocketflow/testing"
 *
 * const toolkit = Toolkit.make(Tool.make("search", { success: Schema.String }))
 *
 * const loop = Flow.make(ToolLoop.Conversation, {
 *   start: "research",
 *   nodes: {
 *     research: ToolLoop.make({ toolkit }).pipe(Flow.budget({ steps: 10 })),
 *     conclude: ToolLoop.make({ toolkit: Toolkit.empty }).pipe(Flow.budget({ steps: 1 }))
 *   },
 *   edges: { research: { exhausted: "conclude" } }
 * })
 *
 * const program = Flow.run(loop, { history: Prompt.make("How deep is the sea?") }).pipe(
 *   Effect.map(({ outcome, store }) => ({ outcome, answer: ToolLoop.answer(store) })),
 *   Effect.provide(toolkit.toLayer({ search: () => Effect.succeed("It is deep.") })),
 *   Effect.provide(ScriptedModel.layer({
 *     rules: [{ when: ({ tools }) => tools.length > 0, reply: [{ type: "tool-call", name: "search", params: {} }] }],
 *     replies: ["Deep."]
 *   }))
 * )
 * await Effect.runPromise(program) // => { outcome: "answered", answer: "Deep." }
 * ```
 *
 * **Example** (The tools of an MCP server)
 *
 * ```ts no-run
 * import { NodeServices } from "@effect/platform-node"
 * import { Effect } from "effect"
 * import { McpClient, McpProtocol, Prompt } from "effect/ai"
 * import { ChildProcess } from "effect/process"
 * import { Flow } from "effect-pocketflow"
 * import { ToolLoop } from "@effect-pocketflow/ai"
 *
 * const Files = McpClient.layerStdio({
 *   name: "my-app",
 *   version: "1.0.0",
 *   command: ChildProcess.make("npx", ["-y", "@modelcontextprotocol/server-filesystem", "/data"]),
 *   protocol: McpProtocol.v2025_11_25
 * })
 *
 * // A tool that fails is told to the model. The tools are listed anew for each request and call, so
 * // that a server that is gone fails the run instead; `yield* McpClient.toolkit(client)` lists them once.
 * const loop = ToolLoop.make({
 *   toolkit: McpClient.McpClient.use((client) => McpClient.toolkit(client, "files__")),
 *   allow: ["files__read_text_file", "files__list_directory"],
 *   failureMode: "return"
 * })
 *
 * const program = Flow.run(loop, { history: Prompt.make("What is in the notes?") }).pipe(
 *   Effect.provide(Files),
 *   Effect.provide(NodeServices.layer)
 * )
 * ```
 *
 * @see {@link nodes} for the nodes of it
 * @category constructors
 * @since 0.1.0
 */
export const make = <
  K extends AnyToolkit,
  Allow extends Name<K> = Name<K>,
  Mode extends Tool.FailureMode = "error",
  E = never,
  R = never
>(
  options: Options<K, Allow, Mode, E, R>
): Flow.Flow<
  Conversation,
  "answered",
  CallError<K, Allow, Mode> | E,
  LanguageModel | CallServices<K, Allow> | R,
  "pending"
> =>
  Flow.make(Conversation, {
    start: "decide",
    nodes: nodes(options),
    edges: { decide: { call: "call", again: "decide" }, call: { called: "decide" } }
    // Of types that wait for `K`, the compiler does not see that they come to the same.
  }) as never
