/** Chat in the terminal, over a pipe, or as a demonstration: `npm run example -- chat --help`. */
import { Effect, Stdio } from "effect"
import { Flag } from "effect/cli"
import * as Example from "../shared/example.ts"
import { modelLayer } from "../shared/model.ts"
import { chat } from "./flow.ts"
import { rules } from "./rules.ts"
import { demo, piped, scripted, show } from "./terminal.ts"

export const program = Example.make({
  name: "chat",
  description: "Talk to a language model. `exit` or the end of the input ends the chat.",
  level: "first steps",
  teaches: "one node that loops, with the history in the store; replies word by word; a clean end",
  counterpart: "pocketflow-chat",
  flows: [chat],
  options: {
    demo: Flag.Boolean("demo").pipe(
      Flag.withDescription("Have a short scripted conversation (as without a terminal and without input)"),
      Flag.withDefault(false)
    )
  },
  run: Effect.fn(
    function* (options) {
      const typed = yield* Stdio.Stdio.use(({ stdinIsTerminal }) => stdinIsTerminal)
      if (typed && !options.demo) return yield* show({ echo: false })
      const lines = options.demo ? demo : piped
      yield* Effect.provide(show({ echo: true }), scripted(lines))
    },
    Effect.provide(modelLayer(rules))
  )
})
