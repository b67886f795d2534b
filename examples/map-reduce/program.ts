/** Shares out a fund among the applications in a folder: `npm run example -- map-reduce --help`. */
import { Console, Effect } from "effect"
import { Argument } from "effect/cli"
import { Flow } from "effect-pocketflow"
import { userError } from "../shared/cli.ts"
import * as Example from "../shared/example.ts"
import { samplesOf } from "../shared/files.ts"
import * as flags from "../shared/flags.ts"
import { modelLayer } from "../shared/model.ts"
import { statusLine } from "../shared/status.ts"
import { fund } from "./flow.ts"
import { toTable } from "./fund.ts"
import { rules } from "./rules.ts"

export const program = Example.make({
  name: "map-reduce",
  description: "Assesses applications with a language model, and shares out a fund among the best of them.",
  level: "first steps",
  teaches:
    "map: a small flow for each of many inputs, over a store of its own; reduce: plain code over the finished runs",
  counterpart: "pocketflow-map-reduce",
  flows: [fund({ concurrency: 1 })],
  options: {
    paths: Argument.String("path").pipe(
      Argument.withDescription("Text files, or folders of .txt files; by default the applications of this example"),
      Argument.variadic()
    ),
    budget: flags.int("budget", { description: "What there is to give", default: 6000, min: 0, metavar: "euros" }),
    concurrency: flags.concurrency("How many applications to assess at the same time")
  },
  run: Effect.fn(
    function* ({ budget, concurrency, paths }) {
      const samples = yield* samplesOf(import.meta.dirname)
      const status = yield* statusLine
      const { outcome, store } = yield* Flow.runForEach(
        fund({ concurrency }),
        { paths: paths.length > 0 ? paths : [samples], budget },
        (event) =>
          event._tag === "Started" && event.path.at(-1) === "assess"
            ? status.hint(`assessing ${event.store.files[event.item ?? 0]}`)
            : Effect.void
      ).pipe(Effect.ensuring(status.clear))
      const granted = store.verdicts.flatMap((verdict) =>
        verdict._tag === "Rated" && verdict.granted ? [verdict.amount] : []
      )
      const sum = granted.reduce((a, b) => a + b, 0)
      yield* Console.log(toTable(store.verdicts))
      yield* Console.log(`\nGranted: ${sum} of ${budget} euros, to ${granted.length} of ${store.verdicts.length}.`)
      if (outcome === "partial") yield* Console.error("Some applications are unclear: have a look at them yourself.")
      if (outcome === "nothing") return yield* userError({ message: "no application could be assessed" })
    },
    Effect.provide(modelLayer(rules))
  )
})
