/**
 * Visits that are recorded: the machine asks a `Recorder` how a visit has ended,
 * and follows what that says.
 *
 * A node is one question. What has work inside that is recorded by itself (the
 * items of a batch, the runs of a fan) is up to two: one for a `prep` that gives
 * an Effect, one for all that comes after the inside. So is a call.
 *
 * @internal
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import type { Ending, Order, Recorded, Recorder, Site } from "../Recorder.ts"
import { overdue, Spent, start, withinBudgets } from "./budget.ts"
import type { Edge } from "./failure.ts"
import { edgeFor, locate } from "./failure.ts"
import { follow, isNested, looping } from "./follow.ts"
import type { Machine } from "./machine.ts"
import type { AnyPatch } from "./patch.ts"
import { apply, diff } from "./patch.ts"
import type { Records } from "./recording.ts"
import { Recording } from "./recording.ts"
import { Gate } from "./gate.ts"
import { RecordItem, Visit, Watched } from "./references.ts"
import { isEffect, isSuccess, nothing } from "./settled.ts"
import { ForeignRecord, indexOf, part, siteOf, states, visitOf } from "./site.ts"
import type { NodeStep } from "./step.ts"
import type { Transition } from "./transition.ts"
import { check, resolve } from "./transition.ts"

type Eff = Effect.Effect<any, any, any>

/** Has `recorder` asked about each visit. */
export const records = (recorder: Recorder): Records => ({
  open: (machine) => Recording.of(recorder, machine),
  visit: recorded
})

/** What is due before the visit that `machine` is at: that it is made, or found to have been made. */
const recorded = (machine: Machine): Eff => {
  const { leaf } = machine
  const recording = machine.recording!
  const { returning } = recording
  recording.returning = false
  recording.ended = undefined
  recording.cause = undefined
  recording.inner = undefined
  recording.innerOver = false
  const site = siteOf(machine)
  recording.key = site.key
  const visit = Effect.flatMap(recording.recorder.find(site), (found): Eff => {
    if (found?.tag === "Spent") return follow(machine, found)
    if (returning) {
      machine.phase = "post"
      return question(machine, site, found, phases(machine, "post"))
    }
    const spent = found === undefined && machine.budgets > 0 ? overdue(machine) : undefined
    if (spent !== undefined) {
      const ending = { _tag: "Spent", frame: indexOf(machine, spent.frame) } as const
      return question(machine, site, found, Effect.succeed({ ending, order: undefined }))
    }
    if (machine.budgets > 0) start(machine, found?.at)
    machine.begin()
    if (leaf.kind === "call") return prepared(machine, site, found)
    return isNested(leaf) ? nested(machine, site, found) : question(machine, site, found, phases(machine, "prep"))
  })
  return Effect.as(visit, nothing)
}

/** Follows what is recorded, or what `visit` comes to. */
const question = (
  machine: Machine,
  site: Site,
  found: Recorded | undefined,
  visit: Effect.Effect<Made, any, any>
): Eff => {
  if (found !== undefined) return follow(machine, found)
  const { over, recorder, unlock } = machine.recording!
  if (over) return Effect.never
  const made = recorder.record(site, Effect.andThen(unlock, visit))
  return Effect.ensuring(
    Effect.flatMap(made, (made) => follow(machine, made)),
    unlock
  )
}

/** A visit whose work is recorded part by part: what is inside, then the rest. */
const nested = (machine: Machine, site: Site, found: Recorded | undefined): Eff => {
  const leaf = machine.leaf as NodeStep
  const recording = machine.recording!
  // Others wait for what was committed inside to a shared store, and a join wants the transitions.
  const lost = found !== undefined && found.tag !== "Committed"
  if (
    found !== undefined &&
    ((recording.gate === undefined && machine.cell.log === undefined) || (lost && leaf.shape !== "forEach"))
  ) {
    return follow(machine, found)
  }
  // Nothing of a visit inside that was given up is worth to be made: only what it has committed to a shared store.
  if (recording.over && found === undefined && leaf.shape !== "forEach") return Effect.never
  recording.innerOver = lost
  recording.kept = (index, result) => kept(machine, { ...part(site, String(index)), item: index }, result)
  const before = leaf.shape === "forEach" ? states(machine) : []
  const inside = Effect.suspend(() => {
    machine.phase = "exec"
    const due = leaf.fan !== undefined ? leaf.fan(machine.input, machine) : items(machine, leaf, site)
    const limited = machine.budgets > 0 ? withinBudgets(machine, due) : due
    return Effect.matchCauseEffect(Effect.provideService(limited, Visit, site.visit), {
      onFailure: (cause) =>
        !isError(cause)
          ? Effect.failCause(locate(machine, cause))
          : lost
            ? Effect.never
            : question(machine, site, found, settle(machine, Exit.failCause(cause), before)),
      onSuccess: (value) => {
        if (lost) return Effect.never
        machine.output = value
        const rest = value instanceof Spent ? cut(machine, value, before) : phases(machine, "post", before)
        return question(machine, site, found, rest)
      }
    })
  })
  const whole = Effect.flatMap(prepared(machine, part(site, "prep"), undefined), (ready) =>
    ready ? inside : Effect.void
  )
  if (!lost) return whole
  // It has ended with an error: what was committed inside until then is, and no more.
  const gate = recording.gate ?? (recording.inner ??= new Gate(site.key))
  const due = gate.after(found!.order?.at ?? recording.recorder.commits(gate.key))
  return Effect.andThen(Effect.raceFirst(due, whole), follow(machine, found!))
}

/** The Result of a run inside of `map`. That it is a failure is recorded: it would be made again. */
const kept = (machine: Machine, site: Site, result: Eff): Eff => {
  const { over, recorder } = machine.recording!
  return Effect.flatMap(recorder.find(site), (found) => {
    if (found !== undefined) return Effect.map(found.ending, (ending) => Result.fail(errorIn(site, ending)))
    return Effect.tap(result, (made: Result.Result<unknown, unknown>) =>
      over || Result.isSuccess(made)
        ? Effect.void
        : recorder.record(site, Effect.succeed({ ending: { _tag: "Handled", error: made.failure }, order: undefined }))
    )
  })
}

const errorIn = (site: Site, ending: Ending): unknown => {
  if (ending._tag === "Handled") return ending.error
  throw new ForeignRecord({ key: site.key, reason: "is of another kind of visit" })
}

/** The `exec` of a batch or a fold, each item recorded by itself. */
const items = (machine: Machine, leaf: NodeStep, site: Site): Eff =>
  leaf.exec === undefined
    ? Effect.succeed(machine.input)
    : Effect.provideService(leaf.exec(machine.input), RecordItem, (index, work) =>
        machine.recording!.recorder.item(
          { ...part(site, String(index)), item: index },
          Effect.provideService(Effect.suspend(work), RecordItem, undefined)
        )
      )

/** Has `prep` done, by itself; tells whether the visit goes on after it, or has ended with it. */
const prepared = (machine: Machine, site: Site, found: Recorded | undefined): Effect.Effect<boolean, any, any> =>
  Effect.suspend(() => {
    const { leaf } = machine
    const { recorder } = machine.recording!
    const goOn = (value: unknown): boolean => {
      if (leaf.kind === "call") machine.prepared(value)
      else machine.input = value
      return true
    }
    const read = (made: Recorded): Effect.Effect<boolean, any, any> =>
      made.tag === "Prepared"
        ? Effect.map(made.ending, (ending) => goOn((ending as { readonly value: unknown }).value))
        : Effect.as(follow(machine, made), false)
    if (found !== undefined) return read(found)
    machine.phase = "prep"
    const snapshot = machine.cell.get()
    const given = leaf.prep === undefined ? snapshot : leaf.prep(snapshot)
    // What is no Effect is a function of the store, and comes out the same again.
    if (!isEffect(given)) return Effect.succeed(goOn(given))
    if (isSuccess(given)) return Effect.succeed(goOn(given.value))
    const limited = machine.budgets > 0 ? withinBudgets(machine, given) : given
    const visit = Effect.matchCauseEffect(Effect.provideService(limited, Visit, visitOf(machine)), {
      onFailure: (cause) => settle(machine, Exit.failCause(cause)),
      onSuccess: (value): Effect.Effect<Made, any> =>
        value instanceof Spent
          ? cut(machine, value)
          : Effect.succeed({ ending: { _tag: "Prepared", value }, order: undefined })
    })
    const { over, unlock } = machine.recording!
    return Effect.ensuring(
      Effect.flatMap(
        Effect.flatMap(recorder.find(site), (found) =>
          found !== undefined
            ? Effect.succeed(found)
            : over
              ? Effect.never
              : recorder.record(site, Effect.andThen(unlock, visit))
        ),
        read
      ),
      unlock
    )
  })

// --- making a visit ------------------------------------------------------------

interface Made {
  readonly ending: Ending
  readonly order: Order | undefined
}

/** Runs the phases of the visit from one on, without a commit. It may be run again, and by another fiber. */
const phases = (
  machine: Machine,
  from: "prep" | "post",
  before: ReadonlyArray<unknown> = []
): Effect.Effect<Made, any, any> =>
  Effect.suspend(() => {
    const { leaf } = machine
    const recording = machine.recording!
    const visit = { path: machine.path, step: machine.owner.steps, attempt: 0, listener: undefined }
    recording.ended = undefined
    machine.phase = from
    machine.watching = visit
    // A function that a join asks again gets what `post` got: what cannot be worked out again is recorded.
    let pending = false
    const first =
      from === "post" || machine.cell.log === undefined || leaf.prep === undefined
        ? Effect.void
        : Effect.suspend(() => {
            const given = leaf.prep!(machine.cell.get())
            pending = isEffect(given) && !isSuccess(given)
            return Effect.map(Effect.isEffect(given) ? given : Effect.succeed(given), (value) =>
              machine.prepared(value)
            )
          })
    return Effect.matchCauseEffect(Effect.provideService(Effect.andThen(first, looping(machine)), Watched, visit), {
      onFailure: (cause) => settle(machine, Exit.failCause(cause), before),
      onSuccess: () =>
        recording.ended instanceof Spent
          ? cut(machine, recording.ended, before)
          : settle(machine, Exit.void, before, from === "prep" ? pending : undefined)
    })
  })

/** Not a defect, nor an interruption: these end a run, and are no ending of a visit. */
const isError = (cause: Cause.Cause<unknown>): boolean => Cause.hasFails(cause) && !Cause.hasDies(cause)

/** What the end of the phases comes to, on the store as it is now. */
const settle = (
  machine: Machine,
  exit: Exit.Exit<unknown, any>,
  before: ReadonlyArray<unknown> = [],
  pending?: boolean
): Effect.Effect<Made, any> => {
  if (Exit.isSuccess(exit)) return inTurn(machine, () => committed(machine, before, pending))
  const cause = locate(machine, exit.cause)
  if (!isError(cause)) return Effect.failCause(cause)
  const edge = edgeFor(machine, cause)
  // A join wants the function of the edge, which is asked again with the error.
  const lost = edge?.frame.cell.log !== undefined && typeof edge.transition.update === "function"
  if (edge !== undefined && !lost) return inTurn(machine, () => caught(machine, edge, before))
  if (machine.depth === 0) return Effect.failCause(cause)
  machine.recording!.cause = cause
  return Effect.succeed({
    ending: lost ? { _tag: "Handled", error: edge.error } : { _tag: "Failed" },
    order: undefined
  })
}

/** That the time of a budget was up during the visit. */
const cut = (machine: Machine, { frame }: Spent, before: ReadonlyArray<unknown> = []): Effect.Effect<Made> =>
  inTurn(machine, () => {
    const now = machine.cell.get()
    return { _tag: "Cut", frame: indexOf(machine, frame), patch: since(before[0], now, now) }
  })

/** The patch to `after` from the store as it is now, and from what it was before the visit. */
const since = (before: unknown, now: unknown, after: unknown): AnyPatch =>
  before === undefined ? diff(now, after) : { ...diff(before, after), ...diff(now, after) }

const committed = (machine: Machine, before: ReadonlyArray<unknown>, pending: boolean | undefined): Ending => {
  const { cell, input, leaf, output } = machine
  const transition = machine.recording!.ended as Transition
  const now = cell.get()
  const [action, patch = {}] = resolve(transition, now)
  check(action, leaf.actions, "post")
  if (cell.log === undefined) return { _tag: "Committed", action, patch: since(before[0], now, apply(now, patch)) }
  if (typeof transition.update !== "function") return { _tag: "Committed", action, patch }
  const own = leaf.kind === "node" && !isNested(leaf)
  const again = {
    ...(own && pending === true && { input }),
    ...(own && leaf.exec !== undefined && { output })
  }
  return { _tag: "Committed", action, patch, again }
}

const caught = (machine: Machine, { edges, frame, transition }: Edge, before: ReadonlyArray<unknown>): Ending => {
  const index = indexOf(machine, frame)
  const now = frame.cell.get()
  const [action, patch = {}] = resolve(transition, now)
  check(action, edges, "an error edge")
  const whole = frame.cell.log === undefined ? since(before[index + 1], now, apply(now, patch)) : patch
  return { _tag: "Caught", frame: index, action, patch: whole }
}

/** On a shared store: after all that was recorded, and alone until the commit is made. */
const inTurn = (machine: Machine, ending: () => Ending): Effect.Effect<Made> => {
  const recording = machine.recording!
  const { gate } = recording
  if (gate === undefined) return Effect.sync(() => ({ ending: ending(), order: undefined }))
  return gate.after(recording.recorder.commits(gate.key)).pipe(
    Effect.andThen(gate.lock.take(1)),
    Effect.andThen(
      Effect.sync(() => {
        recording.locked = true
        return { ending: ending(), order: { of: gate.key, at: gate.made } }
      })
    )
  )
}
