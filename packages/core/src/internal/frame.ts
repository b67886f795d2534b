/**
 * The steps that a run is inside of, and how often it has visited what.
 *
 * @internal
 */
import type { Cell } from "./cell.ts"
import type { AnyStep, NodeStep, Wired } from "./step.ts"

/** A step that the run is inside of. */
export interface Frame {
  readonly step: Exclude<AnyStep, NodeStep>
  readonly parent: Frame | undefined
  /** The store that is seen inside. */
  readonly cell: Cell
  /** In a flow: the node that control is at, and the tallies of all of its nodes. */
  at: Tally | undefined
  readonly tallies: Tallies
  /** In a call: the store that it began with. */
  readonly input: unknown
  /** In a call or a budget: the number of steps when it was entered; in a budget: the time in milliseconds. */
  since: number
  started: number | undefined
}

/** How often a node was visited in this run, and the same for the nodes inside of it. */
export interface Tally {
  readonly node: Wired
  inside: Tallies | undefined
  count: number
}

/** A visit of a run that is watched, and the one after it: counts go on, and so can be counted back. */
export interface Noted {
  readonly tally: Tally | undefined
  next: Noted | undefined
}

/** By `Wired.index`. */
export type Tallies = Array<Tally | undefined>

export const tally = (tallies: Tallies, node: Wired): Tally =>
  (tallies[node.index] ??= { node, inside: undefined, count: 0 })

export const inside = (tally: Tally): Tallies => (tally.inside ??= [])

/** The node that a leaf is, or is all of; out of a call (whose own visit has been counted) only on request. */
export const nearest = (frame: Frame | undefined, outOfCall: boolean): Tally | undefined => {
  while (frame !== undefined && frame.at === undefined) {
    if (frame.step.kind === "call" && !outOfCall) return undefined
    frame = frame.parent
  }
  return frame?.at
}

/** How often that node was visited before the visit that has been counted. */
export const earlier = (frame: Frame | undefined): number => (nearest(frame, true)?.count ?? 1) - 1
