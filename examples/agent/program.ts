/** Answers a question from a folder of documents: `npm run example -- agent --help`. */
import { Config, Console, Effect, Layer, Redacted } from "effect"
import { FetchHttpClient } from "effect/http"
import { Flow } from "effect-pocketflow"
import { oneLine } from "../shared/cli.ts"
import * as Example from "../shared/example.ts"
import * as flags from "../shared/flags.ts"
import { Library } from "../shared/library.ts"
import { modelLayer } from "../shared/model.ts"
import { agent } from "./flow.ts"
import { rules } from "./rules.ts"
import { webLayer } from "./web.ts"

/** The web where there is a key for it, else the documents of the examples. */
const library = Layer.unwrap(
  Effect.gen(function* () {
    const apiKey = yield* Config.Redacted("BRAVE_SEARCH_API_KEY").pipe(Config.withDefault(Redacted.make("")))
    if (Redacted.value(apiKey) === "") return Library.corpus
    yield* Console.error("Searching the web.")
    return Layer.provide(webLayer(apiKey), FetchHttpClient.layer)
  })
)

export const program = Example.make({
  name: "agent",
  description: "Answers a question from documents that it searches for, and says where the answer is.",
  level: "patterns",
  teaches: "decide, search, answer in a loop, with a step budget whose end is an outcome like others",
  counterpart: "pocketflow-agent",
  flows: [agent],
  options: {
    question: flags.text("question", {
      description: "A question, about space missions where it does not search the web",
      default: "On which rocket was the probe that landed on Titan launched?"
    })
  },
  run: Effect.fn(
    function* ({ question }) {
      yield* Console.error(`Question: ${question}`)
      const { outcome, store } = yield* Flow.runForEach(agent, { question }, (event) => {
        const last = event.store.searches.at(-1)
        return event._tag === "Finished" && event.path.at(-1) === "search" && last
          ? Console.error(oneLine(`Searched for "${last.query}": ${last.found ?? "nothing new"}`))
          : Effect.void
      })
      yield* Console.log(`\n${store.answer}`)
      for (const { id, title } of store.sources) yield* Console.log(`[${id}] ${oneLine(title)}`)
      if (outcome === "unanswered") {
        yield* Console.error("Take this for no answer: what was read does not say it, or it cites what was not read.")
      }
    },
    Effect.provide([modelLayer(rules), library])
  )
})
