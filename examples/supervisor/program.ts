/** Answers a question under supervision: `npm run example -- supervisor --help`. */
import { Console, Effect } from "effect"
import { Flow } from "effect-pocketflow"
import { oneLine } from "../shared/cli.ts"
import * as Example from "../shared/example.ts"
import * as flags from "../shared/flags.ts"
import { Library } from "../shared/library.ts"
import { modelLayer } from "../shared/model.ts"
import { supervisor } from "./flow.ts"
import { rules } from "./rules.ts"

export const program = Example.make({
  name: "supervisor",
  description: "Answers a question from documents, and has a supervisor send the answer back until it is good.",
  level: "patterns",
  teaches:
    "a whole flow as a step of another one; its answer is judged, and sent back with the reason, so often and no more",
  counterpart: "pocketflow-supervisor",
  flows: [supervisor({ attempts: 3 })],
  options: {
    question: flags.text("question", {
      description: "A question about space missions, of more than one part perhaps",
      default: "When was Cassini launched, and who discovered Titan?"
    }),
    attempts: flags.int("attempts", { description: "How many answers the agent may give", default: 3, min: 1, max: 10 })
  },
  run: Effect.fn(
    function* ({ attempts, question }) {
      yield* Console.error(`Question: ${question}`)
      let shown = 0
      const { outcome, store } = yield* Flow.runForEach(
        supervisor({ attempts }),
        { question },
        Effect.fnUntraced(function* (event) {
          if (event.path.at(-1) !== "supervise") return
          const { answer, queries, rejections } = event.store
          if (event._tag === "Started") {
            for (const query of queries.slice(shown)) yield* Console.error(`Searched for "${oneLine(query)}"`)
            shown = queries.length
            yield* Console.error(`Answer: ${oneLine(answer)}`)
          } else if (event._tag === "Finished") {
            const reason = event.action === "accepted" ? "" : `: ${oneLine(rejections.at(-1)?.reason ?? "")}`
            yield* Console.error(`Supervisor: ${event.action}${reason}\n`)
          }
        })
      )
      yield* Console.log(store.answer)
      if (outcome === "givenUp") yield* Console.error("\nThe supervisor has not accepted this answer.")
    },
    Effect.provide([modelLayer(rules), Library.corpus])
  )
})
