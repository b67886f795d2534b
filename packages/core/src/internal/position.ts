/**
 * From a machine to a `Position`.
 *
 * @internal
 */
import * as Result from "effect/Result"
import type { Position } from "../Position.ts"
import type { Cell } from "./cell.ts"
import type { Frame, Noted, Tallies, Tally } from "./frame.ts"
import { nearest } from "./frame.ts"
import type { Machine } from "./machine.ts"
import type { CallStep } from "./step.ts"
import { encode } from "./store.ts"

/** The store in `cell` at the position of `machine`: a visit that is going on will be made again, from before it. */
export const storeOf = (machine: Machine, cell: Cell): unknown =>
  machine.phase !== "boundary" && cell === machine.base ? machine.before : cell.get()

/** The position before the visit that `machine` is at. */
export const positionOf = (machine: Machine): Position => mark(machine)()

/**
 * Marks where `machine` is. The position is made when somebody asks for it,
 * however far the machine has gone on by then.
 */
export const mark = (machine: Machine): (() => Position) => {
  const { path, steps, tallies } = machine
  const last = (machine.last ??= { tally: undefined, next: undefined })
  const calls: Array<{ readonly frame: Frame; readonly step: CallStep; readonly store: unknown }> = []
  const budgets: Array<Position["budgets"][number]> = []
  for (let { frame }: Machine = machine; frame !== undefined; frame = frame.parent) {
    const { cell, since, started, step } = frame
    if (step.kind === "budget") budgets.unshift(started === undefined ? { since } : { since, started })
    if (step.kind === "call") calls.unshift({ frame, step, store: storeOf(machine, cell) })
  }
  // A visit that is going on will be made again.
  const pending = machine.phase === "boundary" ? undefined : nearest(machine.frame, false)
  let position: Position | undefined
  return () =>
    (position ??= {
      path,
      step: steps,
      visits: visitsOf(tallies, laterThan(last, pending)),
      calls: calls.map(({ frame, step, store }) => {
        const json = (state: unknown) => Result.getOrThrow(encode(step.inner.store, state, { disableChecks: true }))
        return { input: json(frame.input), store: json(store), since: frame.since }
      }),
      budgets
    })
}

/** Notes the visit that begins, if there is a mark that it has to be counted back for. */
export const note = (machine: Machine): void => {
  if (machine.last === undefined) return
  machine.last = machine.last.next = { tally: nearest(machine.frame, false), next: undefined }
}

/** The visits that count by now and did not at a mark: those noted after it, and the one that was `pending`. */
const laterThan = (last: Noted, pending: Tally | undefined): ReadonlyMap<Tally | undefined, number> => {
  const later = new Map<Tally | undefined, number>([[pending, 1]])
  for (let noted = last.next; noted !== undefined; noted = noted.next) {
    later.set(noted.tally, (later.get(noted.tally) ?? 0) + 1)
  }
  return later
}

const visitsOf = (tallies: Tallies, later: ReadonlyMap<Tally | undefined, number>): Position["visits"] => {
  const visits = new Map<string, number>()
  const rest: Array<readonly [prefix: string, tallies: Tallies]> = [["", tallies]]
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    for (const tally of next[1]) {
      if (tally === undefined) continue
      const path = next[0] + escape(tally.node.id)
      const count = tally.count - (later.get(tally) ?? 0)
      if (count > 0) visits.set(path, count)
      if (tally.inside !== undefined) rest.push([`${path}/`, tally.inside])
    }
  }
  return Object.fromEntries(visits)
}

// As in a JSON Pointer.
export const escape = (id: string) => id.replaceAll("~", "~0").replaceAll("/", "~1")
export const unescape = (id: string) => id.replaceAll("~1", "/").replaceAll("~0", "~")
