/**
 * From a machine to a `Position`.
 *
 * @internal
 */
import * as Result from "effect/Result"
import type { Position } from "../Position.ts"
import type { Cell } from "./cell.ts"
import type { Frame, Tallies } from "./frame.ts"
import type { Machine } from "./machine.ts"
import { encode } from "./store.ts"

/** The store in `cell` at the position of `machine`: a visit that is going on will be made again, from before it. */
export const storeOf = (machine: Machine, cell: Cell): unknown =>
  machine.phase !== "boundary" && cell === machine.base ? machine.before : cell.get()

/** The position before the visit that `machine` is at. */
export const positionOf = (machine: Machine): Position => {
  const calls: Array<Position["calls"][number]> = []
  const budgets: Array<Position["budgets"][number]> = []
  // A visit that is going on will be made again.
  const pending = machine.phase === "boundary" ? undefined : machine.tally
  for (let frame: Frame | undefined = machine.frame; frame !== undefined; frame = frame.parent) {
    const { cell, input, since, started, step } = frame
    if (step.kind === "budget") budgets.unshift(started === undefined ? { since } : { since, started })
    if (step.kind === "call") {
      const json = (state: unknown) => Result.getOrThrow(encode(step.inner.store, state, { disableChecks: true }))
      calls.unshift({ input: json(input), store: json(storeOf(machine, cell)), since })
    }
  }
  const visits = new Map<string, number>()
  const rest: Array<readonly [prefix: string, tallies: Tallies]> = [["", machine.tallies]]
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    for (const tally of next[1]) {
      if (tally === undefined) continue
      const path = next[0] + escape(tally.node.id)
      const count = tally === pending ? tally.count - 1 : tally.count
      if (count > 0) visits.set(path, count)
      if (tally.inside !== undefined) rest.push([`${path}/`, tally.inside])
    }
  }
  return { path: machine.path, step: machine.steps, visits: Object.fromEntries(visits), calls, budgets }
}

// As in a JSON Pointer.
export const escape = (id: string) => id.replaceAll("~", "~0").replaceAll("/", "~1")
export const unescape = (id: string) => id.replaceAll("~1", "/").replaceAll("~0", "~")
