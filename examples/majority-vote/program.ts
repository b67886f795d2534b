/** Asks several voters the same, and counts: `npm run example -- majority-vote --help`. */
import { Array as Arr, Console, Effect } from "effect"
import { Flag } from "effect/cli"
import { Flow } from "effect-pocketflow"
import { oneLine, userError } from "../shared/cli.ts"
import * as Example from "../shared/example.ts"
import * as flags from "../shared/flags.ts"
import { modelLayer } from "../shared/model.ts"
import { statusLine } from "../shared/status.ts"
import { poll, tally, votes } from "./flow.ts"
import { rules } from "./rules.ts"

const problem =
  "A group of 4 orders 3 soups at 6.85, 4 pizzas at 11.95 and 5 lemonades at 3.75 euros. " +
  "They add a tip of 10 percent and share the bill equally. How much does each of them pay, in euros?"

export const program = Example.make({
  name: "majority-vote",
  description: "Asks a language model the same problem several times, and takes the answer that most votes are for.",
  level: "first steps",
  teaches: "one question to many voters at once; failed votes are counted, and a tie is an outcome",
  counterpart: "pocketflow-majority-vote",
  flows: [poll],
  options: {
    problem: flags.text("problem", {
      description: "A problem whose answer is a number; offline a bill, in the words of the default",
      default: problem
    }),
    voters: flags
      .int("voters", { description: "How many to ask", default: 7, min: 1, max: 100 })
      .pipe(Flag.withAlias("n"))
  },
  run: Effect.fn(
    function* ({ problem, voters }) {
      yield* Console.error(`Problem: ${problem}\n`)
      const status = yield* statusLine
      const { outcome, store } = yield* Flow.runForEach(
        poll,
        { problem, voters },
        (event) =>
          event._tag === "Emitted" ? status.hint(`voter ${event.value.voter} of ${voters} is done`) : Effect.void,
        { channels: [votes] }
      ).pipe(Effect.ensuring(status.clear))
      const reasons = Arr.dedupe(store.ballots.map((ballot) => (ballot._tag === "Spoiled" ? ballot.reason : undefined)))
      // One cause, told once.
      if (reasons.length === 1 && reasons[0] !== undefined) return yield* userError({ message: reasons[0] })
      for (const ballot of store.ballots) {
        const vote = ballot._tag === "Cast" ? ballot.answer.toFixed(2) : "no vote"
        const why = ballot._tag === "Cast" ? ballot.thinking : ballot.reason
        yield* Console.error(oneLine(`Voter ${ballot.voter}: ${vote} (${why})`))
      }
      const counted = tally(store.ballots)
      for (const { answer, votes } of counted) {
        yield* Console.log(`${answer.toFixed(2).padStart(10)}  ${"█".repeat(votes)} ${votes}`)
      }
      if (outcome === "unanswered") return yield* userError({ message: "no voter gave an answer" })
      if (outcome === "tie") return yield* userError({ message: "a tie; ask one voter more" })
      yield* Console.log(`\n${store.answer}, by ${outcome}: ${counted[0]?.votes} of ${voters} voters`)
    },
    Effect.provide(modelLayer(rules))
  )
})
