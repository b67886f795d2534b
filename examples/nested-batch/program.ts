/** Averages of pupils, classes and schools: `npm run example -- nested-batch --help`. */
import { Console, Effect, Option, Path } from "effect"
import { Argument } from "effect/cli"
import { Flow } from "effect-pocketflow"
import { userError } from "../shared/cli.ts"
import * as Example from "../shared/example.ts"
import { samplesOf } from "../shared/files.ts"
import { fit } from "../shared/status.ts"
import { report } from "./flow.ts"
import { meanOf } from "./grades.ts"

export const program = Example.make({
  name: "nested-batch",
  description: "Averages the grades of pupils, classes and schools from a tree of folders. No model is asked.",
  level: "patterns",
  teaches: "batches in batches, three levels deep: shared stores, stores of their own, and problems that are kept",
  counterpart: "pocketflow-nested-batch",
  flows: [report],
  options: {
    folder: Argument.String("folder").pipe(
      Argument.withDescription("A folder of schools: <school>/<class>/roster.txt and <school>/<class>/<pupil>.txt"),
      Argument.optional
    )
  },
  run: Effect.fn(function* ({ folder }) {
    const { basename } = yield* Path.Path
    const samples = yield* samplesOf(import.meta.dirname)
    const { store } = yield* Flow.run(report, { folder: Option.getOrElse(folder, () => samples) })
    for (const school of store.schools) {
      const pupils = school.classes.flatMap(({ pupils }) => pupils)
      yield* Console.log(row(0, basename(school.folder), pupils))
      for (const { folder, pupils } of school.classes) {
        yield* Console.log(row(2, basename(folder), pupils))
        for (const pupil of pupils) yield* Console.log(row(4, pupil.name, [pupil]))
      }
    }
    const classes = store.schools.flatMap(({ classes }) => classes)
    for (const { problems } of [store, ...store.schools, ...classes]) {
      for (const problem of problems) yield* Console.error(`Not counted: ${problem}`)
    }
    if (classes.every(({ pupils }) => pupils.length === 0)) return yield* userError({ message: "there are no grades" })
  })
})

/** A name and the average of pupils: of all pupils alike, however large their classes are. */
const row = (indent: number, name: string, pupils: ReadonlyArray<{ readonly average: number }>): string => {
  const average = pupils.length === 0 ? "-" : meanOf(pupils.map(({ average }) => average)).toFixed(1)
  return `${" ".repeat(indent)}${fit(name, 24 - indent)} ${average.padStart(5)}`
}
