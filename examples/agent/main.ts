/** Answers a question from a folder of documents: `node examples/agent/main.ts --help`. */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Layer, Stream } from "effect"
import { Argument, Command } from "effect/cli"
import { Flow } from "effect-pocketflow"
import { oneLineErrors, userError } from "../shared/cli.ts"
import { modelLayer } from "../shared/model.ts"
import { agent } from "./flow.ts"
import { Library } from "./library.ts"
import { rules } from "./rules.ts"

Command.make(
  "agent",
  {
    question: Argument.String("question").pipe(
      Argument.withDescription("A question about space missions"),
      Argument.withDefault("On which rocket was the probe that landed on Titan launched?")
    )
  },
  Effect.fn(
    function* ({ question }) {
      yield* Console.error(`Question: ${question}`)
      yield* Flow.stream(agent, { question }).pipe(
        Stream.runForEach((event) => {
          if (event._tag === "Completed") return Console.log(`\n${event.store.answer}`)
          const last = event.store.searches.at(-1)
          return event._tag === "Finished" && event.path.at(-1) === "search" && last
            ? Console.error(`Searched for "${last.query}": ${last.found ?? "nothing new"}`)
            : Effect.void
        })
      )
    },
    Effect.provide([modelLayer(rules), Library.corpus]),
    Effect.onInterrupt(() => Console.error("interrupted")),
    Effect.mapError(userError)
  )
).pipe(
  Command.withDescription(
    "Answers a question from the documents in examples/agent/corpus, and says where the answer is."
  ),
  Command.run({ version: "0.1.0" }),
  Effect.provide(Layer.mergeAll(oneLineErrors, NodeServices.layer)),
  NodeRuntime.runMain
)
