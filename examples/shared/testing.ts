/** For the tests of the examples: an example as the command line runs it, and a terminal with a user. */
import { NodeServices } from "@effect/platform-node"
import { ConfigProvider, Effect, Layer, Predicate, Stdio, type Stream, Terminal } from "effect"
import { Command } from "effect/cli"
import { TestConsole } from "effect/testing"
import { createServer } from "node:net"
import { oneLineErrors } from "./cli.ts"
import { scripted } from "./terminal.ts"

/**
 * What an example prints, and whether it ends well: run with these arguments, offline, without a terminal and without
 * input. Output that is shown as it comes (`Terminal.display`) is in `out` as well, before the lines.
 */
export const runExample = <Name extends string, Input, Context, E, R extends NodeServices.NodeServices>(
  { command }: { readonly command: Command.Command<Name, Input, Context, E, R> },
  ...args: ReadonlyArray<string>
) => {
  const displayed: Array<string> = []
  const terminal = Layer.effect(
    Terminal.Terminal,
    Terminal.Terminal.useSync((terminal) =>
      Terminal.make({ ...terminal, display: (text) => Effect.sync(() => void displayed.push(text)) })
    )
  )
  return Effect.gen(function* () {
    const ok = yield* Command.runWith(command, { version: "0" })(args).pipe(Effect.isSuccess)
    const out = displayed.join("") + (yield* TestConsole.logLines).join("\n")
    return { ok, out, err: (yield* TestConsole.errorLines).join("\n") }
  }).pipe(
    Effect.provide([
      Layer.fresh(TestConsole.layer),
      oneLineErrors,
      ConfigProvider.layer(ConfigProvider.fromUnknown({}))
    ]),
    Effect.provide(Layer.mergeAll(terminal, Stdio.layerTest({})).pipe(Layer.provideMerge(NodeServices.layer)))
  )
}

const unused = Effect.die("unused")

/** A terminal with these lines as its user. */
export const terminal = <E, R>(
  lines: Stream.Stream<string, E, R>,
  display: Terminal.Terminal["display"] = () => unused
) =>
  Layer.provide(
    scripted(lines),
    Layer.succeed(
      Terminal.Terminal,
      Terminal.make({ columns: unused, rows: unused, size: unused, readInput: unused, readLine: unused, display })
    )
  )

/**
 * A test with a port for a server that goes and comes back. Where somebody else takes it in between, it is begun anew
 * with another one.
 */
export const withLastingPort = <A, E, R>(test: (port: number) => Effect.Effect<A, E, R>) =>
  Effect.scoped(Effect.flatMap(freePort, test)).pipe(
    Effect.retry({ times: 5, while: (error) => Predicate.isTagged(error, "CannotListen") })
  )

const freePort = Effect.callback<number>((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    server.close(() => resume(Effect.succeed(port)))
  })
})

/** For `--import`: a process takes the packages from their sources, as the tests do, so they need not be built. */
export const onSources = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from "node:module"
  const name = /^(?:effect-pocketflow|@effect-pocketflow\\/(\\w+))(?:\\/(\\w+))?$/
  registerHooks({
    resolve: (specifier, context, next) => {
      const found = name.exec(specifier)
      if (found === null) return next(specifier, context)
      const [, folder = "core", module = "index"] = found
      return next("${new URL("../../packages/", import.meta.url)}" + folder + "/src/" + module + ".ts", context)
    }
  })`)}`
