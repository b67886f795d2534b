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
import type { Machine } from "./machine.ts"
import { Attempt, Item } from "./references.ts"
import { expect } from "./transition.ts"

/** Follows the nearest error edge that catches `cause`, if there is one; gives what is to be done then. */
export const recover = (machine: Machine, cause: Cause.Cause<unknown>): Effect.Effect<unknown> | undefined => {
  if (Cause.hasDies(cause)) return undefined
  const error = Cause.findErrorOption(cause)
  if (Option.isNone(error) || error.value === machine.owner.refusal) return undefined
  for (let frame = machine.frame; frame !== undefined; frame = frame.parent) {
    const { step } = frame
    const transition = step.kind === "catch" ? step.handle(error.value) : undefined
    if (step.kind === "catch" && transition !== undefined) {
      const tell = failed(machine, error.value)
      const action = cell.commit(frame.cell, expect(transition), step.edges, "an error edge")
      machine.made()
      machine.abandon(frame, action)
      return tell(action)
    }
  }
  return undefined
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
