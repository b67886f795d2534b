/** Puts filters on images: `npm run example -- batch-flow --help`. */
import { Console, Effect } from "effect"
import { Argument, Flag } from "effect/cli"
import { Flow } from "effect-pocketflow"
import { userError } from "../shared/cli.ts"
import * as Example from "../shared/example.ts"
import { samplesOf } from "../shared/files.ts"
import * as flags from "../shared/flags.ts"
import { statusLine } from "../shared/status.ts"
import { album } from "./flow.ts"
import { Filter } from "./images.ts"

export const program = Example.make({
  name: "batch-flow",
  description: "Puts every filter on every image, and draws what came of it on a contact sheet. No model is asked.",
  level: "first steps",
  teaches: "a flow with a branch, run for each element on a shared store; the element is a typed service",
  counterpart: "pocketflow-batch-flow",
  flows: [album({ concurrency: 1 })],
  options: {
    paths: Argument.String("path").pipe(
      Argument.withDescription("Images, or folders of them (JPEG, PNG, WebP); by default those of this example"),
      Argument.variadic()
    ),
    filters: Flag.Literals("filter", Filter.literals).pipe(
      Flag.withAlias("f"),
      Flag.withDescription("A filter to use; can be given several times (all of them)"),
      Flag.atLeast(0)
    ),
    output: flags.output("folder", "out/batch-flow"),
    concurrency: flags.concurrency("How many pictures to draw at the same time")
  },
  run: Effect.fn(function* ({ concurrency, filters, output, paths }) {
    const samples = yield* samplesOf(import.meta.dirname)
    const status = yield* statusLine
    const { outcome, store } = yield* Flow.runForEach(
      album({ concurrency }),
      {
        paths: paths.length > 0 ? paths : [samples],
        filters: filters.length > 0 ? Array.from(new Set(filters)) : Filter.literals,
        output
      },
      ({ _tag, item = 0, path, store }) =>
        _tag === "Started" && path.at(-1) === "draw"
          ? status.hint(`drawing ${item + 1}/${store.images.length * store.filters.length}`)
          : Effect.void
    ).pipe(Effect.ensuring(status.clear))
    for (const { outcome, target } of store.results) {
      if (outcome !== "unreadable") yield* Console.log(`${outcome.padEnd(8)}  ${target}`)
    }
    for (const problem of store.problems) yield* Console.error(problem)
    if (outcome === "nothing") return yield* userError({ message: "no image could be read" })
    yield* Console.log(`\n${Math.ceil(store.bytes / 1024)} KB written, and ${output}/contact-sheet.png`)
    if (store.problems.length > 0) return yield* userError({ message: "some images could not be read" })
  })
})
