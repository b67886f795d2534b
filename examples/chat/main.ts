/** Chat in the terminal, over a pipe, or as a demonstration: `node examples/chat/main.ts --help`. */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Layer, Stdio } from "effect"
import { Command, Flag } from "effect/cli"
import { oneLineErrors, userError } from "../shared/cli.ts"
import { modelLayer } from "../shared/model.ts"
import { rules } from "./rules.ts"
import { demo, piped, scripted, show } from "./terminal.ts"

Command.make(
  "chat",
  {
    demo: Flag.Boolean("demo").pipe(
      Flag.withDescription("Have a short scripted conversation (as without a terminal and without input)"),
      Flag.withDefault(false)
    )
  },
  Effect.fn(
    function* (options) {
      const typed = yield* Stdio.Stdio.use(({ stdinIsTerminal }) => stdinIsTerminal)
      if (typed && !options.demo) return yield* show({ echo: false })
      const lines = options.demo ? demo : piped
      yield* Effect.provide(show({ echo: true }), scripted(lines))
    },
    Effect.provide(modelLayer(rules)),
    Effect.onInterrupt(() => Console.error("\ninterrupted")),
    Effect.mapError(userError)
  )
).pipe(
  Command.withDescription("Talk to a language model. `exit` or the end of the input ends the chat."),
  Command.run({ version: "0.1.0" }),
  Effect.provide(Layer.mergeAll(oneLineErrors, NodeServices.layer)),
  NodeRuntime.runMain
)
