/** What workers are told, what they write down of what they did outside, and what they report. */
import type { History } from "@effect-pocketflow/durable"
import { appendFileSync, readFileSync } from "node:fs"
import type { Shape, Told } from "./shapes.ts"

/** A file; or a database of the server that the environment names, for one process, or for workers with a port each. */
export type Database = { readonly file: string } | { readonly postgres: string; readonly port?: number }

/** A run that is asked for. */
export interface Asked {
  readonly shape: Shape
  readonly id: string
}

/**
 * What a worker does: it begins `runs` and waits for them, or just serves if there
 * are none. `trace` is the file that it writes down in what it has done outside, `pause` the milliseconds that this
 * takes, `killAt` the number of the place where it kills itself.
 */
export interface Job {
  readonly database: Database
  readonly trace: string
  readonly runs: ReadonlyArray<Asked>
  readonly killAt?: number | undefined
  readonly pause?: number | undefined
}

/** A line of the trace. */
export type Line = Deed | { readonly begun: string; readonly id: string } | { readonly token: string }

/** Something was done outside. */
export interface Deed {
  readonly run: string
  readonly label: string
  readonly key: string
  readonly pid: number
  readonly at: number
}

/** How the runs have ended, and what is recorded of each. */
export interface Report {
  readonly ended: Readonly<Record<string, Told>>
  readonly records: Readonly<Record<string, ReadonlyArray<History.Entry>>>
}

export const append = (trace: string, line: Line): void => appendFileSync(trace, `${JSON.stringify(line)}\n`)

export const read = (trace: string): ReadonlyArray<Line> =>
  readFileSync(trace, "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line))

export const deeds = (lines: ReadonlyArray<Line>): ReadonlyArray<Deed> => lines.filter((line) => "label" in line)
