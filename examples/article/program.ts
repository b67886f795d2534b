/** Writes an article from a folder of documents: `npm run example -- article --help`. */
import { Console, Effect, FileSystem, Logger, Option } from "effect"
import { Flag } from "effect/cli"
import { Flow } from "effect-pocketflow"
import * as Example from "../shared/example.ts"
import { checkOutput } from "../shared/files.ts"
import * as flags from "../shared/flags.ts"
import { Library } from "../shared/library.ts"
import { modelLayer } from "../shared/model.ts"
import { writeAtomically } from "../shared/output.ts"
import { statusLine } from "../shared/status.ts"
import { article, drafted } from "./flow.ts"
import { rules } from "./rules.ts"

/** The first of the topics that come with the example. */
const firstTopic = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const topics = yield* fs.readFileString(`${import.meta.dirname}/topics.txt`)
  return topics.split("\n")[0]!
})

export const program = Example.make({
  name: "article",
  description: "Writes an article about space missions from the documents in examples/shared/corpus.",
  level: "first steps",
  teaches: "an outline, a draft of each section at once, the whole; a section that fails is marked, not lost",
  counterpart: "pocketflow-workflow",
  flows: [article],
  options: {
    topic: Flag.String("topic").pipe(
      Flag.withDescription("What to write about; the first line of topics.txt by default"),
      Flag.filter(
        (topic) => topic.trim() !== "",
        () => "more than nothing"
      ),
      Flag.optional
    ),
    output: flags.output("file", "out/article/article.md")
  },
  run: Effect.fn(
    function* (options) {
      yield* checkOutput(options.output)
      const topic = Option.isSome(options.topic) ? options.topic.value : yield* firstTopic
      const status = yield* statusLine
      const { outcome, store } = yield* Flow.runForEach(
        article,
        { topic },
        (event) => {
          if (drafted.is(event)) return status.hint(`drafted: ${event.value}`)
          return event._tag === "Started" ? status.hint(`${event.path.join("/")} ...`) : Effect.void
        },
        { channels: [drafted] }
      ).pipe(Effect.ensuring(status.clear), Effect.provideService(Logger.LogToStderr, true))
      yield* writeAtomically(options.output, store.text ?? "")
      yield* Console.log(`Wrote "${topic}" in ${store.sections.length} sections to ${options.output}.`)
      if (outcome === "partial") yield* Console.error("Some sections could not be written; they are marked.")
    },
    Effect.provide([modelLayer(rules), Library.corpus])
  )
})
