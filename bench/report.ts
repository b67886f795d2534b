/** Results as tables in Markdown. */
import type { Measured } from "./measure.ts"
import { sizeOf } from "./measure.ts"
import type { Summary } from "./statistics.ts"
import { format, summarize } from "./statistics.ts"
import type { Subject } from "./subjects.ts"
import { bareOf } from "./subjects.ts"
import { nameOf, reached, targets } from "./targets.ts"
import type { WorkloadId } from "./workloads.ts"
import { workloadIds, workloads } from "./workloads.ts"

/** One result: of a subject, on a workload. */
export interface Result extends Summary {
  readonly subject: string
  readonly workload: WorkloadId
  readonly size: number
}

export const resultsOf = (subjects: ReadonlyArray<Subject>, measured: Measured): ReadonlyArray<Result> =>
  subjects.flatMap((subject) =>
    workloadIds.flatMap((workload) => {
      const samples = measured.get(subject.id)?.get(workload)
      return samples === undefined
        ? []
        : [{ subject: subject.id, workload, size: sizeOf(subject, workload), ...summarize(samples) }]
    })
  )

type Cell = string | undefined

/** A table in Markdown, its columns padded so that it also reads in a terminal; columns of numbers stand right. */
export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<Cell>>): string => {
  const all = [head, ...rows].map((row) => row.map((cell) => (cell ?? "-").replaceAll("|", "\\|")))
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]!.length), 3))
  const right = head.map((_, column) => all.slice(1).every((row) => /^(\d|-\d|-$)/.test(row[column]!)))
  const line = (row: ReadonlyArray<string>) =>
    `| ${row.map((cell, at) => (right[at] === true ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!))).join(" | ")} |`
  const rule = `|${widths.map((width, at) => (right[at] === true ? `${"-".repeat(width + 1)}:` : "-".repeat(width + 2))).join("|")}|`
  return [line(all[0]!), rule, ...all.slice(1).map(line)].join("\n")
}

const find = (results: ReadonlyArray<Result>, subject: string, workload: WorkloadId): Result | undefined =>
  results.find((result) => result.subject === subject && result.workload === workload)

/** A row for each subject, a column for each workload; nothing, if there is nothing to show. */
const grid = (
  title: string,
  subjects: ReadonlyArray<Subject>,
  results: ReadonlyArray<Result>,
  cell: (result: Result, subject: Subject) => Cell
): string | undefined => {
  const ids = workloadIds.filter((id) => results.some(({ workload }) => workload === id))
  const rows = subjects.flatMap((subject) => {
    const cells = ids.map((id) => {
      const result = find(results, subject.id, id)
      return result && cell(result, subject)
    })
    return cells.some((cell) => cell !== undefined) ? [[subject.label, ...cells]] : []
  })
  return rows.length === 0 ? undefined : table([title, ...ids], rows)
}

const against = (
  title: string,
  subjects: ReadonlyArray<Subject>,
  results: ReadonlyArray<Result>,
  other: (subject: Subject) => string
): string | undefined =>
  grid(title, subjects, results, (result, subject) => {
    const base = find(results, other(subject), result.workload)
    return base && format(result.median / base.median)
  })

export const speed = (subjects: ReadonlyArray<Subject>, results: ReadonlyArray<Result>): string =>
  [
    grid("µs, median", subjects, results, ({ median }) => format(median)),
    against("times (a) async loop", subjects, results, () => "loop"),
    against("times (b) pocketflow", subjects, results, () => "pocketflow"),
    against("times (c) bare Effect", subjects, results, bareOf)
  ]
    .filter((table) => table !== undefined)
    .join("\n\n")

export const spread = (subjects: ReadonlyArray<Subject>, results: ReadonlyArray<Result>): string | undefined =>
  grid("µs, min - max", subjects, results, ({ max, min }) => `${format(min)} - ${format(max)}`)

/** What each workload is, and where a slow system did a smaller one. */
export const legend = (subjects: ReadonlyArray<Subject>, results: ReadonlyArray<Result>): string =>
  table(
    ["workload", "what", "time for one", "smaller sizes"],
    workloadIds.map((id) => [
      id,
      workloads[id].title,
      workloads[id].unit,
      subjects
        .flatMap((subject) => {
          const size = find(results, subject.id, id)?.size
          return size === undefined || size === workloads[id].size
            ? []
            : [`${subject.label}: ${size.toLocaleString("en-US")}`]
        })
        .join("; ")
    ])
  )

/** What was aimed at, and what was measured, in some unit. */
export interface Aim {
  readonly name: string
  readonly limit: number
  readonly value: number
  readonly unit?: string
}

export const aimsOf = (measured: Measured): ReadonlyArray<Aim> =>
  targets.flatMap((target) => {
    const value = reached(target, measured)
    return value === undefined
      ? []
      : [{ name: nameOf(target), limit: target.target, value, ...(target.kind === "extra" && { unit: "µs" }) }]
  })

export const aimTable = (aims: ReadonlyArray<Aim>): string =>
  table(
    ["target", "at most", "measured", "met"],
    aims.map(({ limit, name, unit, value }) => [
      name,
      ...[limit, value].map((n) => (unit === undefined ? format(n) : `${format(n)} ${unit}`)),
      value <= limit ? "yes" : "no"
    ])
  )
