/** Writes tested code for a problem: `npm run example -- code-generator --help`. */
import { Console, Effect, FileSystem, Option } from "effect"
import { Argument } from "effect/cli"
import { Flow } from "effect-pocketflow"
import { oneLine, userError } from "../shared/cli.ts"
import * as Example from "../shared/example.ts"
import { checkOutput } from "../shared/files.ts"
import * as flags from "../shared/flags.ts"
import { modelLayer } from "../shared/model.ts"
import { writeAtomically } from "../shared/output.ts"
import { codeGenerator, type Task } from "./flow.ts"
import { rules } from "./rules.ts"
import { Sandbox } from "./sandbox.ts"
import { passes, renderFailures, type Test } from "./task.ts"

/** The first of the problems that come with the example. */
const firstProblem = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const problems = yield* fs.readFileString(`${import.meta.dirname}/problems.txt`)
  return problems.split("\n")[0]!
})

export const program = Example.make({
  name: "code-generator",
  description: "Writes tests and code for a problem, runs them in a sandbox, and revises what fails.",
  level: "systems",
  teaches:
    "tests, code, a run in a sandbox, a revision by what failed, in a loop with a budget; code that nobody has read",
  counterpart: "pocketflow-code-generator",
  flows: [codeGenerator({ revisions: 5 })],
  options: {
    problem: Argument.String("problem").pipe(
      Argument.withDescription("What the function solve shall do; the first line of problems.txt by default"),
      Argument.optional
    ),
    revisions: flags.int("revisions", { description: "How often tests or code may be revised", default: 5, min: 0 }),
    output: flags.output("file", "out/code-generator/solve.js")
  },
  run: Effect.fn(
    function* ({ output, revisions, ...options }) {
      yield* checkOutput(output)
      const problem = Option.isSome(options.problem) ? options.problem.value : yield* firstProblem
      yield* Console.error(`Problem: ${problem}`)
      const { outcome, store } = yield* Flow.runForEach(codeGenerator({ revisions }), { problem }, (event) =>
        event._tag === "Finished" ? show(event.path.at(-1), event.store) : Effect.void
      )
      const changed = Array.from(new Set(store.revisions.flatMap(({ tests }) => tests))).toSorted((a, b) => a - b)
      if (changed.length > 0) yield* Console.error(`Look at what was changed in the tests: ${changed.join(", ")}.`)
      if (outcome === "exhausted") {
        return yield* userError({ message: `After ${revisions} revisions some tests still fail; nothing was written` })
      }
      yield* writeAtomically(output, `${store.code}\n\nexport { solve }\n`)
      yield* Console.log(`Wrote ${output}: ${store.tests.length} tests pass.`)
    },
    Effect.provide([modelLayer(rules), Sandbox.layer])
  )
})

/** What a node has done. */
const show = (node: string | undefined, { code, outcomes, revisions, tests }: typeof Task.Type) => {
  const shownTests = tests.map((test, i) => testLine(test, i + 1))
  switch (node) {
    case "specify":
      return say(`${tests.length} tests:`, ...shownTests)
    case "implement":
      return say(code)
    case "run": {
      const passed = tests.filter((test, i) => passes(test, outcomes[i])).length
      return say(`${passed} of ${tests.length} tests pass.`, renderFailures(tests, outcomes))
    }
    case "revise": {
      const last = revisions.at(-1)
      const changed = shownTests.filter((_, i) => last?.tests.includes(i + 1))
      return say(oneLine(last?.reason ?? ""), ...changed, ...(last?.code ? [code] : []))
    }
    default:
      return Effect.void
  }
}

const say = (...texts: ReadonlyArray<string>) => Console.error(`\n${texts.join("\n").trimEnd()}`)

const testLine = ({ expected, input, name }: typeof Test.Type, number: number) =>
  oneLine(`${number}. ${name}: ${JSON.stringify(input).slice(1, -1)} gives ${JSON.stringify(expected)}`)
