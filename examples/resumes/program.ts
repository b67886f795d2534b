/** Reads résumés from text files into one YAML file: `npm run example -- resumes --help`. */
import { Console, Duration, Effect } from "effect"
import { Argument, Flag } from "effect/cli"
import { Flow } from "effect-pocketflow"
import { userError } from "../shared/cli.ts"
import * as Example from "../shared/example.ts"
import { samplesOf } from "../shared/files.ts"
import * as flags from "../shared/flags.ts"
import { modelLayer } from "../shared/model.ts"
import { seconds } from "../shared/status.ts"
import { progress, resumes } from "./flow.ts"
import { progressLine, toTable } from "./report.ts"
import type { Result } from "./Resume.ts"
import { rules } from "./rules.ts"

/** How long a reply takes offline, where times are compared: about as long as that of a fast model. */
const latency = "300 millis"

const options = {
  paths: Argument.String("path").pipe(
    Argument.withDescription("Text files, or folders of .txt files; by default the résumés of this example"),
    Argument.variadic()
  ),
  concurrency: flags.concurrency("How many files to parse at the same time"),
  output: flags.output("file", "out/resumes/resumes.yaml"),
  compare: Flag.Boolean("compare").pipe(
    Flag.withDescription(
      `First parse one file at a time, then several, and show both times (offline a reply takes ${latency})`
    ),
    Flag.withDefault(false)
  )
}

export const program = Example.make({
  name: "resumes",
  description: "Reads résumés from text files into one YAML file, with a language model.",
  level: "first steps",
  teaches: "a batch, one file at a time or many, with both times; YAML that is checked; failures that are recorded",
  counterpart: "pocketflow-map-reduce",
  flows: [resumes({ concurrency: 1 })],
  options,
  run: ({ compare, ...settings }) =>
    compare
      ? Effect.provide(sideBySide(settings), modelLayer(rules, { latency }))
      : Effect.provide(readAll(settings), modelLayer(rules))
})

interface Settings {
  readonly paths: ReadonlyArray<string>
  readonly concurrency: number
  readonly output: string
}

/** Runs the flow, and shows how far it is. */
const runShown = Effect.fn(function* ({ concurrency, output, paths }: Settings) {
  const samples = yield* samplesOf(import.meta.dirname)
  const line = yield* progressLine
  return yield* Flow.runForEach(
    resumes({ concurrency }),
    { paths: paths.length > 0 ? paths : [samples], output },
    (event) => (event._tag === "Emitted" ? line.show(event.store.files.length, event.value) : Effect.void),
    { channels: [progress] }
  ).pipe(Effect.ensuring(line.clear))
})

type Run = Effect.Success<ReturnType<typeof runShown>>

const readAll = Effect.fn(function* (settings: Settings) {
  const run = yield* runShown(settings)
  const { output, results } = run.store
  if (run.outcome === "written" || results.length > 1) yield* Console.log(toTable(results))
  if (run.outcome === "written") yield* Console.log(`written: ${output}`)
  yield* failIfIncomplete(run)
})

const sideBySide = Effect.fn(function* (settings: Settings) {
  const [sequential] = yield* Effect.timed(runShown({ ...settings, concurrency: 1 }))
  const [parallel, run] = yield* Effect.timed(runShown(settings))
  const faster = Duration.toMillis(sequential) / Duration.toMillis(parallel)
  yield* Console.log(
    `one at a time: ${seconds(sequential)}   ${settings.concurrency} at a time: ${seconds(parallel)}   ` +
      `(${faster.toFixed(1)} times as fast)`
  )
  yield* failIfIncomplete(run)
})

const failIfIncomplete = ({ outcome, store }: Run) => {
  const problem = problemIn(outcome, store.results)
  return problem === undefined ? Effect.void : Effect.fail(userError({ message: problem }))
}

/** What makes the program end with an exit code other than 0. */
const problemIn = (outcome: "written" | "nothing", results: ReadonlyArray<Result>): string | undefined => {
  const others = results.filter((result) => result._tag !== "Parsed")
  const failed = others.filter(({ _tag }) => _tag === "Failed").length
  const count = failed > 0 ? `${failed} of ${results.length} files failed` : undefined
  if (outcome === "written") return count
  const reason = others.length === 1 ? `${others[0]!.file}: ${others[0]!.reason}` : (count ?? "no file is a résumé")
  return `${reason}; nothing was written`
}
