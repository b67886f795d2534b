/** Writes an article from a folder of documents: `node examples/article/main.ts --help`. */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, FileSystem, Layer, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { Flow } from "effect-pocketflow"
import { Library } from "../agent/library.ts"
import { oneLineErrors, userError } from "../shared/cli.ts"
import { modelLayer } from "../shared/model.ts"
import { writeAtomically } from "../shared/output.ts"
import { article } from "./flow.ts"
import { rules } from "./rules.ts"

/** The first of the topics that come with the example. */
const firstTopic = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const topics = yield* fs.readFileString(`${import.meta.dirname}/topics.txt`)
  return topics.split("\n")[0]!
})

Command.make(
  "article",
  {
    topic: Flag.String("topic").pipe(
      Flag.withDescription("What to write about; the first line of topics.txt by default"),
      Flag.optional
    ),
    output: Flag.String("output").pipe(
      Flag.withDescription("The file to write; replaced as a whole, or not at all"),
      Flag.withDefault("out/article.md")
    )
  },
  Effect.fn(
    function* (options) {
      const topic = Option.isSome(options.topic) ? options.topic.value : yield* firstTopic
      const { outcome, store } = yield* Flow.run(article, { topic })
      yield* writeAtomically(options.output, store.text ?? "")
      yield* Console.log(`Wrote "${topic}" in ${store.sections.length} sections to ${options.output}.`)
      if (outcome === "partial") yield* Console.error("Some sections could not be written; they are marked.")
    },
    Effect.provide([modelLayer(rules), Library.corpus]),
    Effect.onInterrupt(() => Console.error("interrupted")),
    Effect.mapError(userError)
  )
).pipe(
  Command.withDescription("Writes an article about space missions from the documents in examples/agent/corpus."),
  Command.run({ version: "0.1.0" }),
  Effect.provide(Layer.mergeAll(oneLineErrors, NodeServices.layer)),
  NodeRuntime.runMain
)
