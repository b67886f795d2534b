/** Has a text written, judged and written anew: `npm run example -- judge --help`. */
import { Console, Effect } from "effect"
import { Argument, Flag } from "effect/cli"
import { Flow } from "effect-pocketflow"
import { oneLine, userError } from "../shared/cli.ts"
import * as Example from "../shared/example.ts"
import { readText } from "../shared/files.ts"
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
    rounds: Flag.Int("rounds").pipe(
      Flag.withMetavar("number"),
      Flag.withDescription("How many drafts to write at most (4)"),
      Flag.filter(
        (n) => n >= 1 && n <= 20,
        () => "from 1 to 20"
      ),
      Flag.withDefault(4)
    ),
    goal: Flag.Int("goal").pipe(
      Flag.withMetavar("points"),
      Flag.withDescription("The score that is good enough, of 10 (9)"),
      Flag.filter(
        (n) => n >= 1 && n <= 10,
        () => "from 1 to 10"
      ),
      Flag.withDefault(9)
    )
  },
  run: Effect.fn(
    function* ({ brief, goal, rounds }) {
      const text = yield* Effect.mapError(readText(brief), ({ message }) =>
        userError({ message: `${brief}: ${message}` })
      )
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
