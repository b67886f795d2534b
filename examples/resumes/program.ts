/** Reads résumés from text files into one YAML file: `npm run example -- resumes --help`. */
import { Console, Effect } from "effect"
import { Argument } from "effect/cli"
import { Flow } from "effect-pocketflow"
import { userError } from "../shared/cli.ts"
import * as Example from "../shared/example.ts"
import { samplesOf } from "../shared/files.ts"
import * as flags from "../shared/flags.ts"
import { modelLayer } from "../shared/model.ts"
import { progress, resumes } from "./flow.ts"
import { progressLine, toTable } from "./report.ts"
import type { Result } from "./Resume.ts"
import { rules } from "./rules.ts"

const options = {
  paths: Argument.String("path").pipe(
    Argument.withDescription("Text files, or folders of .txt files; by default the résumés of this example"),
    Argument.variadic()
  ),
  concurrency: flags.concurrency("How many files to parse at the same time"),
  output: flags.output("file", "out/resumes/resumes.yaml")
}

export const program = Example.make({
  name: "resumes",
  description: "Reads résumés from text files into one YAML file, with a language model.",
  level: "first steps",
  teaches: "a batch, one file at a time or many; YAML that is checked; failures that are recorded; progress",
  counterpart: "pocketflow-batch-node",
  flows: [resumes({ concurrency: 1 })],
  options,
  run: Effect.fn(
    function* ({ concurrency, output, paths }) {
      const samples = yield* samplesOf(import.meta.dirname)
      const line = yield* progressLine
      const run = yield* Flow.runForEach(
        resumes({ concurrency }),
        { paths: paths.length > 0 ? paths : [samples], output },
        (event) => (event._tag === "Emitted" ? line.show(event.store.files.length, event.value) : Effect.void),
        { channels: [progress] }
      ).pipe(Effect.ensuring(line.clear))
      const { results } = run.store
      if (run.outcome === "written" || results.length > 1) yield* Console.log(toTable(results))
      if (run.outcome === "written") yield* Console.log(`written: ${output}`)
      const problem = problemIn(run.outcome, results)
      if (problem !== undefined) return yield* userError({ message: problem })
    },
    Effect.provide(modelLayer(rules))
  )
})

/** What makes the program end with an exit code other than 0. */
const problemIn = (outcome: "written" | "nothing", results: ReadonlyArray<Result>): string | undefined => {
  const others = results.filter((result) => result._tag !== "Parsed")
  const failed = others.filter(({ _tag }) => _tag === "Failed").length
  const count = failed > 0 ? `${failed} of ${results.length} files failed` : undefined
  if (outcome === "written") return count
  const reason = others.length === 1 ? `${others[0]!.file}: ${others[0]!.reason}` : (count ?? "no file is a résumé")
  return `${reason}; nothing was written`
}
