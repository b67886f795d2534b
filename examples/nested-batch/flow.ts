/** Grades of pupils in classes in schools: a flow for each pupil, in a flow for each class, in one for each school. */
import { Array as Arr, Context, type Result, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import { averageIn, foldersIn, rosterOf } from "./grades.ts"

const listOf = <S extends Schema.Constraint>(schema: S) => Schema.Array(schema).pipe(Store.withInitial([]))

// -----------------------------------------------------------------------------
// A pupil: on the store of the class
// -----------------------------------------------------------------------------

const Class = Store.make("Class", {
  folder: Schema.String,
  pupils: listOf(Schema.Struct({ name: Schema.String, average: Schema.Finite })),
  problems: listOf(Schema.String)
})

/** Whom a run is about. */
class Pupil extends Context.Service<Pupil, { readonly name: string; readonly file: string }>()(
  "examples/nested-batch/Pupil"
) {}

const grade = Node.make(Class, {
  prep: () => Pupil,
  exec: ({ file }) => averageIn(file),
  post: ({ name }, average) => Class.to("graded", ({ pupils }) => ({ pupils: [...pupils, { name, average }] })),
  actions: ["graded"]
}).pipe(
  Flow.catchTag("NoGrades", ({ message }) =>
    Class.to("missing", ({ problems }) => ({ problems: [...problems, message] }))
  )
)

// -----------------------------------------------------------------------------
// A class: `pupil` for each of its pupils
// -----------------------------------------------------------------------------

const pupil = Flow.sequence(Class, { grade })

const pupils = Flow.forEach(pupil, {
  params: Pupil,
  prep: ({ folder }) => rosterOf(folder),
  post: (roster, outcomes) => {
    // They came as they were finished; what is shown has the order of the roster.
    const rank = ({ name }: { readonly name: string }) => roster.findIndex((pupil) => pupil.name === name)
    return Class.to(outcomes.includes("missing") ? "partial" : "complete", ({ problems, pupils }) => ({
      pupils: pupils.toSorted((a, b) => rank(a) - rank(b)),
      problems: problems.toSorted()
    }))
  },
  concurrency: 4,
  actions: ["complete", "partial"]
})

// -----------------------------------------------------------------------------
// A school: `oneClass` for each of its classes, over a store of its own
// -----------------------------------------------------------------------------

const School = Store.make("School", {
  folder: Schema.String,
  classes: listOf(Class.schema),
  problems: listOf(Schema.String)
})

const oneClass = Flow.sequence(Class, { pupils })

const classes = Flow.map(School, oneClass, {
  prep: ({ folder }) => foldersIn(folder),
  post: (_folders, runs) => {
    const { outcome, problems, stores } = joined(runs)
    return School.to(outcome, { classes: stores, problems })
  },
  concurrency: 2,
  mode: "result",
  actions: ["complete", "partial"]
})

// -----------------------------------------------------------------------------
// All schools: `school` for each of them
// -----------------------------------------------------------------------------

const Report = Store.make("Report", {
  folder: Schema.String,
  schools: listOf(School.schema),
  problems: listOf(Schema.String)
})

const school = Flow.sequence(School, { classes })

const schools = Flow.map(Report, school, {
  prep: ({ folder }) => foldersIn(folder),
  post: (_folders, runs) => {
    const { outcome, problems, stores } = joined(runs)
    return Report.to(outcome, { schools: stores, problems })
  },
  concurrency: 2,
  mode: "result",
  actions: ["complete", "partial"]
})

export const report = Flow.sequence(Report, { schools })

/** The stores of the runs that went well, and the problems of the others. */
const joined = <T, E extends { readonly message: string }>(
  runs: ReadonlyArray<Result.Result<Flow.Run<T, "complete" | "partial">, E>>
) => {
  const [done, failed] = Arr.separate(runs)
  const complete = failed.length === 0 && done.every(({ outcome }) => outcome === "complete")
  return {
    outcome: complete ? ("complete" as const) : ("partial" as const),
    stores: done.map(({ store }) => store),
    problems: failed.map(({ message }) => message)
  }
}
