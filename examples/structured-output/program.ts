/** Reads an order out of a mail: `npm run example -- structured-output --help`. */
import { Console, Effect, FileSystem } from "effect"
import { Argument } from "effect/cli"
import { Flow } from "effect-pocketflow"
import { oneLine } from "../shared/cli.ts"
import * as Example from "../shared/example.ts"
import * as flags from "../shared/flags.ts"
import { modelLayer } from "../shared/model.ts"
import { readOrder, refused } from "./flow.ts"
import { invoice } from "./invoice.ts"
import { rules } from "./rules.ts"

export const program = Example.make({
  name: "structured-output",
  description: "Reads what is ordered in a messy mail, and works out what it costs.",
  level: "first steps",
  teaches: "a typed value out of any model's reply; a wrong reply is shown to the model, field by field",
  counterpart: "pocketflow-structured-output",
  flows: [readOrder({ repairs: 2 })],
  options: {
    mail: Argument.File("mail", { mustExist: true }).pipe(
      Argument.withDescription("A text file with a mail (examples/structured-output/data/cafe-lumen.txt)"),
      Argument.withDefault(`${import.meta.dirname}/data/cafe-lumen.txt`)
    ),
    repairs: flags.int("repairs", {
      description: "How often the model may correct its reply",
      default: 2,
      min: 0,
      max: 5
    })
  },
  run: Effect.fn(
    function* ({ mail, repairs }) {
      const text = yield* FileSystem.FileSystem.use((fs) => fs.readFileString(mail))
      const { store } = yield* Flow.runForEach(
        readOrder({ repairs }),
        { text },
        (event) => (event._tag === "Emitted" ? Console.error(`Refused: ${oneLine(event.value)}`) : Effect.void),
        { channels: [refused] }
      )
      yield* Console.log(store.order ? invoice(store.order) : `No order: ${oneLine(store.noOrder ?? "")}`)
    },
    Effect.provide(modelLayer(rules))
  )
})
