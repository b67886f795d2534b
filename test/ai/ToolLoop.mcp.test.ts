/** A tool loop with the tools of an MCP server, which is another process. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ScriptedModel } from "@effect-pocketflow/testing"
import { Deferred, Effect, Fiber, Layer } from "effect"
import { McpClient, Prompt } from "effect/ai"
import { ChildProcess } from "effect/process"
import { Flow } from "effect-pocketflow"
import { fileURLToPath } from "node:url"
import { ToolLoop } from "../../packages/ai/src/index.ts"
import { protocol } from "./mcpServer.ts"
import { call, shown } from "./tools.ts"

const serverOf = (file: URL) =>
  McpClient.layerStdio({
    name: "test",
    version: "1.0.0",
    command: ChildProcess.make(process.execPath, [fileURLToPath(file)]),
    protocol
  }).pipe(Layer.provide(NodeServices.layer))
const Numbers = serverOf(new URL("./mcpServer.ts", import.meta.url))

const ask = { history: Prompt.make("What is 1 / 8?") }
const divide = (a: number, b: unknown) => call("numbers__divide", { a, b })

/** Found anew at each visit. */
const toolkit = McpClient.McpClient.use((client) => McpClient.toolkit(client, "numbers__"))

const play = <A, E, R>(replies: ScriptedModel.Script["replies"], program: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const value = yield* program
    const model = yield* ScriptedModel.ScriptedModel
    return { value, calls: yield* model.calls }
  }).pipe(Effect.provide([ScriptedModel.layer({ replies }), Numbers]))

describe("ToolLoop with MCP", () => {
  it.live("calls the tools of a server, resolved once or at each visit", () =>
    Effect.gen(function* () {
      const replies = [[divide(1, 8), divide(1, 4)], "It is 0.125."]
      for (const program of [
        Flow.run(ToolLoop.make({ toolkit }), ask),
        Effect.flatMap(toolkit, (resolved) => Flow.run(ToolLoop.make({ toolkit: resolved }), ask))
      ]) {
        const { calls, value } = yield* play(replies, program)
        assert.deepStrictEqual(shown(value.store).slice(2), [
          `tool: ${JSON.stringify('{"quotient":0.125}')} ${JSON.stringify('{"quotient":0.25}')}`,
          "assistant: It is 0.125."
        ])
        assert.deepStrictEqual(calls[0]?.tools, ["numbers__divide", "numbers__crash", "numbers__hang"])
      }
    })
  )

  it.live("keeps to the allowlist, which is of strings", () =>
    Effect.gen(function* () {
      const loop = ToolLoop.make({ toolkit, allow: ["numbers__divide"] })
      const { calls, value } = yield* play([[call("numbers__crash")], "Done."], Flow.run(loop, ask))
      assert.deepStrictEqual(
        calls.map(({ tools }) => tools),
        [["numbers__divide"], ["numbers__divide"]]
      )
      assert.include(shown(value.store)[2], "may not be used here")

      const { value: error } = yield* play(
        [],
        Effect.flip(Flow.run(ToolLoop.make({ toolkit, allow: ["divide"] }), ask))
      )
      assert.include(
        String(error),
        "'divide': It is allowed, but not in the toolkit, which has: numbers__divide, numbers__crash, numbers__hang"
      )
    })
  )

  it.live("a tool that fails there fails the node, or is told to the model", () =>
    Effect.gen(function* () {
      const { value: error } = yield* play([[divide(1, 0)]], Effect.flip(Flow.run(ToolLoop.make({ toolkit }), ask)))
      assert.isTrue(error._tag === "McpClientError" && error.reason._tag === "ToolError")
      assert.strictEqual(error.message, 'MCP tool reported an error: "cannot divide by 0"')

      const returning = ToolLoop.make({ toolkit, failureMode: "return" })
      const { value } = yield* play([[divide(1, 0), divide(1, "x"), divide(1, 2)], "Done."], Flow.run(returning, ask))
      const told = shown(value.store)[2] ?? ""
      assert.include(told, "cannot divide by 0")
      assert.include(told, "Invalid parameters for tool 'divide'")
      assert.include(told, JSON.stringify('{"quotient":0.5}'))
    })
  )

  it.live("a failure that is nested too deep is a typed error, or told to the model without what is in it", () =>
    Effect.gen(function* () {
      const hostile = McpClient.McpClient.use((client) => McpClient.toolkit(client))
      const run = (failureMode: "error" | "return") =>
        play(
          [[call("deep")], "Done."],
          Effect.provide(
            Flow.run(ToolLoop.make({ toolkit: hostile, failureMode }), ask),
            serverOf(new URL("./hostileMcpServer.ts", import.meta.url))
          )
        )
      const error = yield* Effect.flip(run("error"))
      assert.isTrue(error._tag === "McpClientError" && error.reason._tag === "ToolError")
      const { value } = yield* run("return")
      assert.include(shown(value.store)[2], "nested more than 256 deep")
    })
  )

  it.live("a server that dies in the middle of a call is a typed error, told or not", () =>
    Effect.gen(function* () {
      for (const failureMode of ["error", "return"] as const) {
        const loop = ToolLoop.make({ toolkit, failureMode })
        const { calls, value } = yield* play([[call("numbers__crash")]], Effect.flip(Flow.run(loop, ask)))
        assert.isTrue(value._tag === "McpClientError" && value.reason._tag === "TransportError", String(value))
        // Even where the model would be told of it, there are no tools to offer it any more.
        assert.strictEqual(calls.length, 1)
      }
    })
  )

  it.live("a call that hangs is given up when the run is interrupted, and the server lives on", () =>
    Effect.gen(function* () {
      const { value } = yield* play(
        [[call("numbers__hang")], [divide(1, 8)], "Done."],
        Effect.gen(function* () {
          const loop = ToolLoop.make({ toolkit })
          const begun = yield* Deferred.make<void>()
          const fiber = yield* Effect.forkChild(
            Flow.runForEach(loop, ask, (event) =>
              event._tag === "Started" && event.path[0] === "call" ? Deferred.succeed(begun, undefined) : Effect.void
            )
          )
          yield* Deferred.await(begun)
          yield* Fiber.interrupt(fiber)
          return ToolLoop.answer((yield* Flow.run(loop, ask)).store)
        })
      )
      assert.strictEqual(value, "Done.")
    })
  )
})
