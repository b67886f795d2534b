/** Solves a problem thought by thought: `npm run example -- thinking --help`. */
import { Console, Effect } from "effect"
import { Flow } from "effect-pocketflow"
import { oneLine, userError } from "../shared/cli.ts"
import * as Example from "../shared/example.ts"
import * as flags from "../shared/flags.ts"
import { modelLayer } from "../shared/model.ts"
import { reasoning } from "./flow.ts"
import { outline } from "./plan.ts"
import { rules } from "./rules.ts"

const river =
  "A farmer has to bring a wolf, a goat and a cabbage across a river. The boat carries the farmer and one of them. " +
  "Left alone, the wolf eats the goat, and the goat eats the cabbage. How do they all get across?"

export const program = Example.make({
  name: "thinking",
  description: "Solves a problem thought by thought, with a plan, and shows both.",
  level: "patterns",
  teaches:
    "a chain of thought as a self-loop: a plan that grows, thoughts that are evaluated, replies that are objected to",
  counterpart: "pocketflow-thinking",
  flows: [reasoning({ thoughts: 60 })],
  options: {
    problem: flags.text("problem", {
      description: "The problem; offline, one of bringing somebody across a river",
      default: river
    }),
    thoughts: flags.int("thoughts", { description: "How many thoughts may be needed", default: 60, min: 1 })
  },
  run: Effect.fn(
    function* ({ problem, thoughts }) {
      yield* Console.error(`${problem}\n`)
      const { outcome, store } = yield* Flow.runForEach(reasoning({ thoughts }), { problem }, (event) => {
        if (event._tag !== "Finished") return Effect.void
        const { objection, thoughts } = event.store
        const thought = thoughts.at(-1)
        const said = objection === undefined ? `${thought?.evaluation} ${thought?.thinking}` : `Not taken: ${objection}`
        return Console.error(oneLine(`${event.step + 1}. ${said}`))
      })
      yield* Console.error(`\n${outline(store.plan)}\n`)
      if (outcome === "exhausted") return yield* userError({ message: `No answer after ${thoughts} thoughts` })
      yield* Console.log(store.answer)
    },
    Effect.provide(modelLayer(rules))
  )
})
