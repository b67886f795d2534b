/** An MCP server over stdio: `node test/ai/mcpServer.ts`. */
import { NodeRuntime, NodeStdio } from "@effect/platform-node"
import { Effect, Layer, Schema } from "effect"
import { McpProtocol, McpServer, Tool, Toolkit } from "effect/ai"

export const protocol = McpProtocol.v2025_11_25

const toolkit = Toolkit.make(
  Tool.make("divide", {
    description: "Divides a by b",
    parameters: Schema.Struct({ a: Schema.Number, b: Schema.Number }),
    success: Schema.Struct({ quotient: Schema.Number }),
    failure: Schema.String
  }),
  Tool.make("crash", { parameters: Tool.EmptyParams, description: "Ends the process in the middle of the call" }),
  Tool.make("hang", { parameters: Tool.EmptyParams, description: "Never answers" })
)

const handlers = toolkit.toLayer({
  divide: ({ a, b }) => (b === 0 ? Effect.fail("cannot divide by 0") : Effect.succeed({ quotient: a / b })),
  crash: () => Effect.sync(() => process.exit(1)),
  hang: () => Effect.never
})

const server = McpServer.layerStdio({
  name: "numbers",
  version: "1.0.0",
  protocols: [protocol],
  registrations: Layer.provide(McpServer.toolkit(toolkit), handlers)
}).pipe(Layer.provide(NodeStdio.layer))

if (import.meta.main) NodeRuntime.runMain(Layer.launch(server))
