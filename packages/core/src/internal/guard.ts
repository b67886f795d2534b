/**
 * What may stand between a run and its next visit: a spent budget, a pause, the
 * limit of steps, somebody who watches or records.
 *
 * @internal
 */
import * as Effect from "effect/Effect"
import { StepLimitExceeded } from "../errors.ts"
import { overdue, start } from "./budget.ts"
import type { Machine } from "./machine.ts"
import { observe } from "./observe.ts"
import { mark, note, positionOf, storeOf } from "./position.ts"
import { nothing } from "./settled.ts"

/**
 * Begins the next visit, or moves or halts the machine in its place. Gives what
 * has to be run first, if there is something.
 */
export const cross = (machine: Machine): Effect.Effect<unknown, any, any> | undefined => {
  if (machine.recording !== undefined) return machine.options.records!.visit(machine)
  const { listener, maxSteps, pauseBefore } = machine.options
  const pass = machine.passPause
  machine.passPause = false
  const spent = machine.budgets > 0 ? overdue(machine) : undefined
  if (spent !== undefined) {
    machine.abandon(spent.frame, spent.outcome)
    return undefined
  }
  const pause = pauseBefore !== undefined && !pass && isNamed(machine, pauseBefore)
  machine.halted = pause || (machine.single && machine.visited)
  if (machine.halted) return undefined
  if (maxSteps !== undefined && machine.steps >= maxSteps) {
    const { owner } = machine
    const position = positionOf(owner)
    const store = storeOf(owner, owner.root)
    owner.refusal = new StepLimitExceeded({ limit: maxSteps, position, store })
    return Effect.fail(owner.refusal)
  }
  const watched = machine.watched && machine.leaf.kind !== "call"
  // Inside a fan the run stands before the fan, and its store may be past that.
  const position = watched && listener !== undefined && machine.depth === 0 ? mark(machine) : undefined
  if (machine.budgets > 0) start(machine)
  machine.begin()
  note(machine)
  if (!watched) return undefined
  machine.committed = undefined
  return Effect.as(observe(machine, machine.traced, position), nothing)
}

/** Whether a name is that of the leaf, or of a flow that is entered with it. */
const isNamed = (machine: Machine, named: (path: ReadonlyArray<string>) => boolean): boolean => {
  let path = machine.path
  for (let frame = machine.frame; frame !== undefined && frame.step.kind !== "call"; frame = frame.parent) {
    if (frame.at === undefined) continue
    if (named(path)) return true
    if (frame.since !== machine.steps) return false
    path = path.slice(0, -1)
  }
  return false
}
