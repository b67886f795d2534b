/** Tools, a diary of what they did, and conversations in short. */
import { assert } from "@effect/vitest"
import { ScriptedModel } from "@effect-pocketflow/testing"
import { Context, Effect, Layer, Ref, Schema } from "effect"
import { Prompt, Tool, Toolkit } from "effect/ai"
import { Flow } from "effect-pocketflow"
import { ToolLoop } from "../../packages/ai/src/index.ts"

export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", { query: Schema.String }) {}
export class Diary extends Context.Service<Diary, Ref.Ref<ReadonlyArray<string>>>()("Diary") {}

export const query = Schema.Struct({ query: Schema.String })
export const toolkit = Toolkit.make(
  Tool.make("search", { parameters: query, success: Schema.String, failure: NotFound, dependencies: [Diary] }),
  Tool.make("lookup", { parameters: query, success: Schema.String, failure: NotFound, failureMode: "return" }),
  Tool.make("save", { parameters: Schema.Struct({ text: Schema.String }), dependencies: [Diary] }),
  Tool.make("remove", { parameters: query, success: Schema.Date, needsApproval: ({ query }) => query !== "draft" }),
  Tool.make("broken", { success: Schema.Number })
)

const note = (line: string) => Effect.flatMap(Diary, (diary) => Ref.update(diary, (lines) => [...lines, line]))
const find = (query: string) =>
  query.startsWith("no") ? Effect.fail(new NotFound({ query })) : Effect.succeed(`all about ${query}`)

export const handlers = toolkit.toLayer({
  search: ({ query }) => Effect.andThen(note(`search ${query}`), find(query)),
  lookup: ({ query }) => find(query),
  save: ({ text }) => note(`save ${text}`),
  remove: () => Effect.succeed(new Date(0)),
  broken: () => Effect.succeed("a number" as never)
})

export const diary = Layer.effect(Diary, Ref.make<ReadonlyArray<string>>([]))
export const call = (name: string, params: unknown = {}, id?: string) =>
  ({ type: "tool-call", name, params, ...(id && { id }) }) as const
export const search = (query: string) => call("search", { query })

/** Runs with a script; gives also what the model was asked, and what the tools did. */
export const play = <A, E, R>(script: ScriptedModel.Script, program: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const value = yield* program
    const model = yield* ScriptedModel.ScriptedModel
    assert.deepStrictEqual(yield* model.unused, [])
    return { value, calls: yield* model.calls, diary: yield* Effect.flatMap(Diary, Ref.get) }
  }).pipe(Effect.provide([ScriptedModel.layer(script), handlers, diary]))

export const ask = { history: Prompt.make("Tell me of the sea.") }

/** The messages, in short: tool results with `!` are failures. */
export const shown = ({ history }: typeof ToolLoop.Conversation.Type): ReadonlyArray<string> =>
  history.content.map(({ content, role }) =>
    typeof content === "string"
      ? `${role}: ${content}`
      : `${role}: ${content
          .map((part) => {
            if (part.type === "text") return part.text
            if (part.type === "tool-call") return `${part.name}(${JSON.stringify(part.params)})`
            if (part.type === "tool-result") return `${part.isFailure ? "!" : ""}${JSON.stringify(part.result)}`
            return part.type
          })
          .join(" ")}`
  )

export const denied = (reason: string) => `!${JSON.stringify({ type: "execution-denied", reason })}`

export const loop = ToolLoop.make({ toolkit })

/** What the model is told of one reply that asks for tools. */
export const told = <E, R>(
  loop: Flow.Flow<ToolLoop.Conversation, "answered", E, R>,
  ...pieces: ReadonlyArray<ScriptedModel.Piece>
) =>
  Effect.map(play({ replies: [pieces, "Done."] }, Flow.run(loop, ask)), ({ diary, value }) => ({
    diary,
    told: shown(value.store).at(2)
  }))

/** No message with tool calls is without their results, right after it and in their order. */
export const isWellFormed = ({ history }: typeof ToolLoop.Conversation.Type): boolean =>
  history.content.every((message, index) => {
    const calls = message.role === "assistant" ? message.content.filter((part) => part.type === "tool-call") : []
    const next = history.content[index + 1]
    const results = next?.role === "tool" ? next.content.filter((part) => part.type === "tool-result") : []
    return calls.length === 0 || calls.map(({ id }) => id).join() === results.map(({ id }) => id).join()
  })
