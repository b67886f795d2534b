/**
 * Budgets: when one is spent, the step that it limits ends with its outcome.
 *
 * @internal
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Frame } from "./frame.ts"
import type { Machine } from "./machine.ts"

/** That the budget of `frame` is spent; also what an Effect gives that it has cut off. */
export class Spent {
  readonly frame: Frame
  readonly outcome: string
  constructor(frame: Frame, outcome: string) {
    this.frame = frame
    this.outcome = outcome
  }
}

/** The budgets that the run is in, innermost first, with what is left of each. */
function* left(machine: Machine) {
  const now = machine.fiber.getRef(Clock.Clock).currentTimeMillisUnsafe()
  for (let frame = machine.frame; frame !== undefined; frame = frame.parent) {
    const { step } = frame
    if (step.kind !== "budget") continue
    const { duration, outcome, steps = Infinity } = step
    yield {
      frame,
      now,
      spent: new Spent(frame, outcome),
      steps: steps - (machine.steps - frame.since),
      millis: duration === undefined ? Infinity : (frame.started ?? now) + Duration.toMillis(duration) - now
    }
  }
}

/** The outermost budget that is spent. */
export const overdue = (machine: Machine): Spent | undefined => {
  let outermost: Spent | undefined
  for (const { millis, spent, steps } of left(machine)) {
    if (steps <= 0 || millis <= 0) outermost = spent
  }
  return outermost
}

/** The time of the budgets that the run is in runs from their first visit, which may have begun before. */
export const start = (machine: Machine, began?: number): void => {
  for (const { frame, millis, now } of left(machine)) {
    if (millis < Infinity) frame.started ??= began ?? now
  }
}

/** `due`, until the time of a budget is up. */
export const withinBudgets = (machine: Machine, due: Effect.Effect<any, any, any>): Effect.Effect<any, any, any> => {
  let tightest = { millis: Infinity, spent: undefined as Spent | undefined }
  for (const budget of left(machine)) {
    if (budget.millis <= tightest.millis) tightest = budget
  }
  if (tightest.millis === Infinity) return due
  return Effect.map(
    Effect.timeoutOption(due, tightest.millis),
    Option.getOrElse(() => tightest.spent)
  )
}
