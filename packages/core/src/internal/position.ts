/**
 * From a machine to a `Position`.
 *
 * @internal
 */
import * as Result from "effect/Result"
import type { Position } from "../Position.ts"
import type { Frame, Machine, Tallies } from "./machine.ts"
import { encode } from "./store.ts"

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** The position before the visit that `machine` is at. */
export const positionOf = (machine: Machine): Position => {
  const calls: Array<Position["calls"][number]> = []
  const budgets: Array<Position["budgets"][number]> = []
  const pending = new Set<unknown>()
  for (let frame: Frame | undefined = machine.frame; frame !== undefined; frame = frame.parent) {
    const { at, cell, input, since, started, step } = frame
    pending.add(at)
    if (step.kind === "budget") budgets.unshift(started === undefined ? { since } : { since, started })
    if (step.kind === "call") {
      const json = (state: unknown) => Result.getOrThrow(encode(step.inner.store, state))
      calls.unshift({ input: json(input), store: json(cell.get()), since })
    }
  }
  const visits: Mutable<Position["visits"]> = {}
  const rest: Array<readonly [prefix: string, tallies: Tallies]> = [["", machine.tallies]]
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    for (const tally of next[1]) {
      if (tally === undefined) continue
      const path = next[0] + escape(tally.node.id)
      const count = pending.has(tally) ? tally.count - 1 : tally.count
      if (count > 0) visits[path] = count
      if (tally.inside.length > 0) rest.push([`${path}/`, tally.inside])
    }
  }
  return { path: machine.path, step: machine.steps, visits, calls, budgets }
}

// As in a JSON Pointer.
const escape = (id: string) => id.replaceAll("~", "~0").replaceAll("/", "~1")
export const unescape = (id: string) => id.replaceAll("~1", "/").replaceAll("~0", "~")
