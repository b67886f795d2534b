/** Has a text written, judged and written anew: `npm run example -- judge --help`. */
import { Console, Effect } from "effect"
import { Argument } from "effect/cli"
import { Flow } from "effect-pocketflow"
import { oneLine } from "../shared/cli.ts"
import * as Example from "../shared/example.ts"
import { readInput } from "../shared/files.ts"
import * as flags from "../shared/flags.ts"
import { modelLayer } from "../shared/model.ts"
import { copy } from "./flow.ts"
import { rules } from "./rules.ts"

export const program = Example.make({
  name: "judge",
  description: "Writes a product text from a brief, has it judged, and revises it by what the judge says.",
  level: "patterns",
  teaches:
    "evaluator and optimizer: write, judge, revise; a budget of rounds, and the best draft so far when it is spent",
  counterpart: "pocketflow-judge",
  flows: [copy({ rounds: 3 })],
  options: {
    brief: Argument.String("brief").pipe(
      Argument.withDescription("A file that says what to write; the kettle's of this example by default"),
      Argument.withDefault(`${import.meta.dirname}/data/kettle.txt`)
    ),
    rounds: flags.int("rounds", { description: "How many drafts to write at most", default: 4, min: 1, max: 20 }),
    goal: flags.int("goal", {
      description: "The score that is good enough, of 10",
      default: 9,
      min: 1,
      max: 10,
      metavar: "points"
    })
  },
  run: Effect.fn(
    function* ({ brief, goal, rounds }) {
      const text = yield* readInput(brief)
      const { outcome, store } = yield* Flow.runForEach(copy({ rounds }), { brief: text.trim(), goal }, (event) => {
        const draft = event.store.drafts.at(-1)
        return event._tag === "Finished" && event.path.at(-1) === "judge" && draft
          ? Console.error(
              oneLine(`Draft ${event.store.drafts.length}: ${draft.score}/10. ${draft.notes.join(" ")}`) +
                `\n${draft.text}\n`
            )
          : Effect.void
      })
      if (outcome === "bestSoFar")
        yield* Console.error(`Not good enough after ${rounds} rounds; this is the best of them.`)
      yield* Console.log(store.best?.text)
    },
    Effect.provide(modelLayer(rules))
  )
})
