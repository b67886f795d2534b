/** How results look: as a file, as a table, and while they come in. */
import { Array as Arr, Effect } from "effect"
import { stringify } from "yaml"
import { oneLine } from "../shared/cli.ts"
import { fit, statusLine } from "../shared/status.ts"
import type { Progress } from "./flow.ts"
import type { Result } from "./Resume.ts"

type Tagged<Tag extends Result["_tag"]> = Extract<Result, { readonly _tag: Tag }>

const of = <Tag extends Result["_tag"]>(tag: Tag, results: ReadonlyArray<Result>): ReadonlyArray<Tagged<Tag>> =>
  results.filter((result): result is Tagged<Tag> => result._tag === tag)

/** The file that is written. */
export const toYaml = (results: ReadonlyArray<Result>): string =>
  stringify({
    resumes: of("Parsed", results).map(({ file, resume }) => ({ file, ...resume })),
    skipped: of("Skipped", results).map(({ file, reason }) => ({ file, reason })),
    failed: of("Failed", results).map(({ file, reason }) => ({ file, reason }))
  })

/** One line a résumé, then what became of the other files. At most 80 columns, but for the reasons. */
export const toTable = (results: ReadonlyArray<Result>): string => {
  const rows = of("Parsed", results).map(({ resume }) => [
    resume.name,
    resume.email ?? "-",
    String(resume.jobs.length),
    String(resume.skills.length)
  ])
  const table = [["Name", "E-mail", "Jobs", "Skills"], ...rows].map(([name, email, jobs, skills]) =>
    [fit(name!, 26), fit(email!, 38), jobs!.padStart(4), skills!.padStart(6)].join("  ")
  )
  const others = [...of("Skipped", results), ...of("Failed", results)]
  const lines = Object.values(Arr.groupBy(others, ({ _tag, reason }) => `${_tag} ${reason}`)).map((group) => {
    const files = group.slice(0, 3).map(({ file }) => file)
    const more = group.length > files.length ? ` and ${group.length - files.length} more` : ""
    return oneLine(`${group[0]._tag.toLowerCase()}: ${files.join(", ")}${more}: ${group[0].reason}`)
  })
  return [...(rows.length > 0 ? [...table, ""] : []), ...lines].join("\n")
}

/** Shows how far a batch is: in one line that changes, or line by line where that cannot be. */
export const progressLine = Effect.gen(function* () {
  const status = yield* statusLine
  let done = 0
  return {
    show: (total: number, event: Progress) => {
      if (event._tag !== "Asking") done++
      const again = event._tag === "Asking" && event.attempt > 0
      const count = `${String(done).padStart(String(total).length)}/${total}`
      const state = again ? `attempt ${event.attempt + 1}` : event._tag.toLowerCase()
      const line = `${count}  ${state.padEnd(9)}  ${event.file}`
      return event._tag !== "Asking" || again ? status.show(line) : status.hint(line)
    },
    clear: status.clear
  }
})
