/** Values that are nested deeper than anything that walks them can bear. */
import { assert, describe, it } from "@effect/vitest"
import type { ScriptedModel } from "@effect-pocketflow/testing"
import { Effect, Schema } from "effect"
import { AiError, Tool, Toolkit } from "effect/ai"
import { Flow, Store } from "effect-pocketflow"
import { ToolLoop } from "../../packages/ai/src/index.ts"
import { ask, call, play, shown } from "./tools.ts"

const { Conversation } = ToolLoop

const lists = (levels: number) => {
  let value: Schema.Json = []
  for (let level = 1; level < levels; level++) value = [value]
  return value
}
interface Tree {
  readonly children: ReadonlyArray<Tree>
}
const Tree = Schema.Struct({ children: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree)) })
const tree = (levels: number) => {
  let value: Tree = { children: [] }
  for (let level = 1; level < levels; level++) value = { children: [value] }
  return value
}
const levels = 20_000
const circle: Array<unknown> = []
circle.push(circle)

const kit = Toolkit.make(
  Tool.make("lists", { parameters: Schema.Struct({ levels: Schema.Number }), success: Schema.Json }),
  Tool.make("fails", { failure: Schema.Json }),
  Tool.make("polite", { failure: Schema.Json, failureMode: "return" }),
  Tool.make("tree", { success: Tree }),
  Tool.make("failingTree", { failure: Tree }),
  Tool.make("takes", { parameters: Schema.Struct({ value: Schema.Unknown }) }),
  Tool.make("takesTree", { parameters: Tree, needsApproval: () => true })
)
const layer = kit.toLayer({
  lists: ({ levels }) => Effect.succeed(lists(levels)),
  fails: () => Effect.fail(lists(levels)),
  polite: () => Effect.fail(lists(levels)),
  tree: () => Effect.succeed(tree(levels)),
  failingTree: () => Effect.fail(tree(levels)),
  takes: () => Effect.void,
  takesTree: () => Effect.void
})

const deep = `!${JSON.stringify("The tool was run, but its result is nested more than 256 deep")}`
const tokens = Flow.Channel<string>("tokens")
const run = (reply: ScriptedModel.Reply, failureMode: Tool.FailureMode, channel?: Flow.Channel<string>) =>
  play({ replies: [reply, "Done."] }, Flow.run(ToolLoop.make({ toolkit: kit, failureMode, channel }), ask)).pipe(
    Effect.provide(layer)
  )
/** It is one without a second turn. */
const failureOf = (reply: ScriptedModel.Reply, failureMode: Tool.FailureMode, channel?: Flow.Channel<string>) =>
  play({ replies: [reply] }, Effect.flip(Flow.run(ToolLoop.make({ toolkit: kit, failureMode, channel }), ask))).pipe(
    Effect.provide(layer),
    Effect.map(({ value }) => value)
  )
const reasonOf = (error: unknown) => (AiError.isAiError(error) ? error.reason._tag : error)

describe("ToolLoop, with what is nested too deep", () => {
  it.effect("results are failed ones, which tell the model, and can be kept", () =>
    Effect.gen(function* () {
      for (const [failureMode, calls] of [
        ["error", [call("lists", { levels }), call("polite"), call("lists", { levels: 2 })]],
        ["return", [call("lists", { levels }), call("fails"), call("lists", { levels: 2 })]]
      ] as const) {
        const { value } = yield* run(calls, failureMode)
        assert.strictEqual(shown(value.store)[2], `tool: ${deep} ${deep} [[]]`)
        const json = JSON.stringify(yield* Store.encode(Conversation, value.store))
        assert.deepStrictEqual(yield* Store.decode(Conversation, JSON.parse(json)), value.store)
      }
    })
  )

  it.effect("256 levels are not too many, 257 are", () =>
    Effect.gen(function* () {
      const { value } = yield* run([call("lists", { levels: 256 }), call("lists", { levels: 257 })], "error")
      assert.strictEqual(shown(value.store)[2], `tool: ${JSON.stringify(lists(256))} ${deep}`)
    })
  )

  it.effect("results for which the stack is too short are an AiError", () =>
    Effect.gen(function* () {
      for (const failureMode of ["error", "return"] as const) {
        assert.strictEqual(reasonOf(yield* failureOf([call("tree")], failureMode)), "ToolResultEncodingError")
      }
      assert.strictEqual(reasonOf(yield* failureOf([call("failingTree")], "return")), "ToolResultEncodingError")
    })
  )

  it.effect("a typed failure that is not told to anybody stays what it is", () =>
    Effect.gen(function* () {
      const error = yield* failureOf([call("fails")], "error")
      assert.isTrue(Array.isArray(error))
    })
  )

  it.effect("calls are an AiError: of a tool, of none, streamed or not, and nothing is run", () =>
    Effect.gen(function* () {
      for (const deep of [
        call("takes", { value: lists(levels) }),
        call("takesTree", tree(levels)),
        call("nonsense", lists(levels)),
        call("takes", { value: circle })
      ]) {
        for (const channel of [undefined, tokens]) {
          const error = yield* failureOf([call("lists", { levels: 1 }), deep], "return", channel)
          assert.strictEqual(reasonOf(error), "InvalidOutputError")
          assert.include(String(error), "The reply is nested more than 256 deep")
        }
      }
    })
  )
})
