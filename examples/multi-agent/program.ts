/** Two agents play Taboo: `npm run example -- multi-agent --help`. */
import { Console, Effect } from "effect"
import { Flag } from "effect/cli"
import { Flow } from "effect-pocketflow"
import { oneLine } from "../shared/cli.ts"
import * as Example from "../shared/example.ts"
import * as flags from "../shared/flags.ts"
import { modelLayer } from "../shared/model.ts"
import { cards } from "./cards.ts"
import { taboo } from "./flow.ts"
import { rules } from "./rules.ts"
import { said, table } from "./table.ts"

export const program = Example.make({
  name: "multi-agent",
  description: "Two agents play Taboo: one gives hints without the forbidden words, the other guesses.",
  level: "patterns",
  teaches: "two flows that run at once and talk through queues, each with a store of its own, and end together",
  counterpart: "pocketflow-multi-agent",
  flows: [taboo],
  options: {
    word: Flag.String("word").pipe(
      Flag.withDescription("The word to guess (nostalgic); offline, one of the cards in cards.ts"),
      Flag.withDefault("nostalgic")
    ),
    forbidden: Flag.String("forbidden").pipe(
      Flag.withMetavar("word"),
      Flag.withDescription("A word that no hint may have; may be repeated (what is on the card)"),
      Flag.atLeast(0)
    ),
    rounds: flags.int("rounds", { description: "How many guesses there are", default: 6, min: 1 })
  },
  run: Effect.fn(
    function* ({ rounds, word, ...options }) {
      const onCard = cards.find((card) => card.word === word)?.forbidden ?? []
      const forbidden = options.forbidden.length > 0 ? options.forbidden : onCard
      yield* Console.error(`The word is "${word}". Forbidden: ${forbidden.join(", ") || "nothing else"}`)
      const { outcome } = yield* Flow.runForEach(
        taboo,
        { word, forbidden, rounds },
        (event) => {
          if (said.is(event)) return Console.log(oneLine(`${event.value.who}: ${event.value.what}`))
          return event._tag === "Finished" && event.action === "foul"
            ? Console.error("(a hint was not allowed)")
            : Effect.void
        },
        { channels: [said] }
      )
      yield* Console.log(endings[outcome])
    },
    Effect.provide([modelLayer(rules), table])
  )
})

const endings = {
  guessed: "Guessed.",
  unguessed: "Not guessed in time.",
  speechless: "The hinter had no hint that is allowed."
}
