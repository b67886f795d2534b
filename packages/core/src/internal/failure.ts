/**
 * Failures of a visit: error edges, and where it happened.
 *
 * @internal
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { FlowSite } from "../errors.ts"
import * as cell from "./cell.ts"
import type { Frame } from "./frame.ts"
import type { Machine } from "./machine.ts"
import { Attempt, Item } from "./references.ts"
import { expect } from "./transition.ts"
import type { Transition } from "./transition.ts"

/** An error edge that has caught an error, and the transition that it makes of it. */
export interface Edge {
  readonly frame: Frame
  readonly error: unknown
  readonly transition: Transition
  readonly edges: ReadonlyArray<string> | undefined
}

/** The nearest error edge that catches `cause`. */
export const edgeFor = (machine: Machine, cause: Cause.Cause<unknown>): Edge | undefined => {
  if (Cause.hasDies(cause)) return undefined
  const found = Cause.findErrorOption(cause)
  if (Option.isNone(found) || found.value === machine.owner.refusal) return undefined
  const error = found.value
  for (let frame = machine.frame; frame !== undefined; frame = frame.parent) {
    const { step } = frame
    const transition = step.kind === "catch" ? step.handle(error) : undefined
    if (step.kind === "catch" && transition !== undefined) {
      return { frame, error, transition: expect(transition), edges: step.edges }
    }
  }
  return undefined
}

/** Follows the nearest error edge that catches `cause`, if there is one; gives what is to be done then. */
export const recover = (machine: Machine, cause: Cause.Cause<unknown>): Effect.Effect<unknown> | undefined => {
  const edge = edgeFor(machine, cause)
  if (edge === undefined) return undefined
  const tell = failed(machine, edge.error)
  const action = cell.commit(edge.frame.cell, edge.transition, edge.edges, "an error edge")
  machine.made()
  machine.abandon(edge.frame, action)
  return tell(action)
}

/** Tells that the visit that is going on has failed. */
const failed = (machine: Machine, error: unknown): ((action: string) => Effect.Effect<unknown>) => {
  const { item, listener } = machine.options
  if (listener === undefined) return () => Effect.void
  // The phases of a call are not watched, and are not tried again.
  const attempt = machine.watching === undefined ? 0 : machine.watching.attempt
  const visit = { path: machine.path, step: machine.owner.steps, attempt, item }
  return (action) => listener.failed(visit, { error, action })
}

/** Notes in `cause` where it happened, unless a run inside this one already has. */
export const locate = <E>(machine: Machine, cause: Cause.Cause<E>): Cause.Cause<E> => {
  const noted = Cause.annotations(cause)
  if (machine.phase === "boundary" || Option.isSome(Context.getOption(noted, FlowSite))) return cause
  const { options, path, phase } = machine
  const attempt = Context.get(noted, Attempt)
  const item = Context.get(noted, Item) ?? options.item
  return Cause.annotate(cause, Context.make(FlowSite, { path, phase, attempt, item }))
}
