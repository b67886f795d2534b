/** Answers a question with the tools of an MCP server: `npm run example -- mcp --help`. */
import { ToolLoop } from "@effect-pocketflow/ai"
import { Config, Console, Effect, Option, Result } from "effect"
import { McpClient, type Prompt } from "effect/ai"
import { Argument, Flag } from "effect/cli"
import { ChildProcess } from "effect/process"
import { Flow } from "effect-pocketflow"
import { oneLine, userError } from "../shared/cli.ts"
import * as Example from "../shared/example.ts"
import { modelLayer } from "../shared/model.ts"
import { ask, assistant } from "./flow.ts"
import { rules } from "./rules.ts"
import { protocol } from "./server.ts"
import { wordsOf } from "./words.ts"

/** `power` is left out: one call of it can keep the server busy. */
const harmless = ["add", "subtract", "multiply", "divide"]

export const program = Example.make({
  name: "mcp",
  description: "Answers a question with the tools of an MCP server, which runs as a process of its own.",
  level: "patterns",
  teaches: "the tools of an MCP server in a loop: which of them are allowed, several at once, one that fails",
  counterpart: "pocketflow-mcp",
  flows: [assistant([])],
  options: {
    question: Argument.String("question").pipe(
      Argument.withDescription("What to ask"),
      Argument.withDefault("What is (982713504867129384651 + 73916582047365810293746529) * (120 - 77) / 7?")
    ),
    server: Flag.String("server").pipe(
      Flag.withMetavar("command"),
      Flag.withDescription("The command of another server, with its arguments; it is run without a shell"),
      Flag.optional
    ),
    allow: Flag.String("allow").pipe(
      Flag.withMetavar("tool"),
      Flag.withDescription("A tool that may be used; may be repeated (all but power, with the server of the example)"),
      Flag.atLeast(0)
    )
  },
  run: Effect.fn(
    function* ({ allow: named, question, server }) {
      const [program, ...args] = Option.isSome(server) ? yield* commandOf(server.value) : own
      const command = ChildProcess.make(program, args, { env: yield* environment })
      const allow = named.length > 0 || Option.isSome(server) ? named : harmless
      const session = Effect.gen(function* () {
        yield* showTools(allow)
        yield* Console.error(`Question: ${question}`)
        const { outcome, store } = yield* Flow.runForEach(assistant(allow), ask(question), (event) =>
          event._tag === "Finished" && event.path.at(-1) === "call" ? showCalls(event.store.history) : Effect.void
        )
        if (outcome === "unanswered") return yield* userError({ message: "The model came to no answer" })
        yield* Console.log(ToolLoop.answer(store))
      })
      yield* Effect.provide(
        session,
        McpClient.layerStdio({ name: "effect-pocketflow", version: "0.1.0", command, protocol })
      )
    },
    Effect.provide(modelLayer(rules))
  )
})

/** A server has no business with what else is in the environment: keys, for example. */
const environment = Effect.map(
  Effect.forEach(["PATH", "HOME"], (name) =>
    Effect.map(Config.option(Config.String(name)), (value) => [name, Option.getOrUndefined(value)] as const)
  ),
  Object.fromEntries
)

const own = [process.execPath, `${import.meta.dirname}/server.ts`] as const

const commandOf = (line: string) =>
  wordsOf(line).pipe(
    Result.filterOrFail(isCommand, () => "it is empty"),
    Effect.fromResult,
    Effect.mapError((message) => userError({ message: `--server: ${message}` }))
  )

const isCommand = (words: ReadonlyArray<string>): words is readonly [string, ...Array<string>] =>
  words[0] !== undefined && words[0] !== ""

/** Shows what the server offers, and which of it is allowed. */
const showTools = Effect.fn(function* (allow: ReadonlyArray<string>) {
  const client = yield* McpClient.McpClient
  const tools = yield* client.listTools()
  yield* Console.error(`Tools of ${oneLine(client.serverInfo?.name ?? "the server")}, + is allowed:`)
  for (const { description = "", name } of tools) {
    yield* Console.error(oneLine(`${allow.includes(name) ? "+" : "-"} ${name}: ${description}`).slice(0, 100))
  }
  const unknown = allow.find((name) => !tools.some((tool) => tool.name === name))
  if (unknown !== undefined) return yield* userError({ message: `--allow: there is no tool "${unknown}"` })
  if (allow.length === 0) return yield* userError({ message: "No tool is allowed. Choose with --allow" })
})

/** The calls that were made last, and what they gave. */
const showCalls = ({ content }: Prompt.Prompt) => {
  const [called, told] = content.slice(-2)
  const calls = called?.role === "assistant" ? called.content.filter((part) => part.type === "tool-call") : []
  const results = told?.role === "tool" ? told.content.filter((part) => part.type === "tool-result") : []
  return Effect.forEach(calls, ({ id, name, params }) => {
    const result = results.find((result) => result.id === id)
    const text = typeof result?.result === "string" ? result.result : JSON.stringify(result?.result)
    return Console.error(oneLine(`${name}(${JSON.stringify(params)}) ${result?.isFailure ? "failed" : "gave"} ${text}`))
  })
}
