/** An MCP server over stdio whose tools calculate with whole numbers of any length: `node examples/mcp/server.ts`. */
import { NodeRuntime, NodeStdio } from "@effect/platform-node"
import { Effect, Layer, Schema } from "effect"
import { McpProtocol, McpServer, Tool, Toolkit } from "effect/ai"

export const protocol = McpProtocol.v2025_11_25

const longest = 10_000

/** As text: a JSON number keeps no more than 16 digits. */
const Whole = Schema.String.check(Schema.isPattern(new RegExp(`^-?\\d{1,${longest}}$`))).annotate({
  description: "A whole number in decimal digits, such as -120"
})
const parameters = Schema.Struct({ a: Whole, b: Whole })
const failure = Schema.String

const toolkit = Toolkit.make(
  Tool.make("add", { description: "a + b", parameters, success: Whole, failure }),
  Tool.make("subtract", { description: "a - b", parameters, success: Whole, failure }),
  Tool.make("multiply", { description: "a * b", parameters, success: Whole, failure }),
  Tool.make("divide", {
    description: "a / b, rounded toward zero, and the remainder",
    parameters,
    success: Schema.Struct({ quotient: Whole, remainder: Whole }),
    failure
  }),
  Tool.make("power", {
    description: "a to the power of b. The result can be very long",
    parameters,
    success: Whole,
    failure
  })
)

type Pair = typeof parameters.Type

const calculate = (f: (a: bigint, b: bigint) => bigint) => (pair: Pair) =>
  Effect.suspend(() => {
    const digits = String(f(BigInt(pair.a), BigInt(pair.b)))
    return digits.replace("-", "").length > longest
      ? Effect.fail(`The result has more than ${longest} digits`)
      : Effect.succeed(digits)
  })

const handlers = toolkit.toLayer({
  add: calculate((a, b) => a + b),
  subtract: calculate((a, b) => a - b),
  multiply: calculate((a, b) => a * b),
  divide: (pair) =>
    BigInt(pair.b) === 0n
      ? Effect.fail(`${pair.a} cannot be divided by 0`)
      : Effect.all({
          quotient: calculate((a, b) => a / b)(pair),
          remainder: calculate((a, b) => a % b)(pair)
        }),
  power: (pair) =>
    BigInt(pair.b) < 0n || BigInt(pair.b) * BigInt(pair.a.length) > longest
      ? Effect.fail("The result is too long, or no whole number")
      : calculate((a, b) => a ** b)(pair)
})

const server = McpServer.layerStdio({
  name: "numbers",
  version: "1.0.0",
  protocols: [protocol],
  registrations: Layer.provide(McpServer.toolkit(toolkit), handlers)
}).pipe(Layer.provide(NodeStdio.layer))

if (import.meta.main) NodeRuntime.runMain(Layer.launch(server))
