/**
 * Following what is recorded: the machine moves on by how a visit has ended, made
 * just now or long ago.
 *
 * @internal
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { Recorded } from "../Recorder.ts"
import type { Cell } from "./cell.ts"
import type { Frame } from "./frame.ts"
import type { Machine } from "./machine.ts"
import type { AnyPatch } from "./patch.ts"
import { apply } from "./patch.ts"
import { isEffect, isSuccess } from "./settled.ts"
import { ForeignRecord, frameAt } from "./site.ts"
import type { NodeStep } from "./step.ts"
import * as transition from "./transition.ts"
import { Transition } from "./transition.ts"

type Eff = Effect.Effect<any, any, any>

/** Whether the work of a node is recorded part by part. */
export const isNested = (leaf: NodeStep): boolean =>
  leaf.fan !== undefined || leaf.shape === "batch" || leaf.shape === "fold"

/** Runs the phases of the visit that goes on, by the fiber that is here now. */
export const looping = (machine: Machine): Eff =>
  Effect.withFiber((fiber) => {
    machine.fiber = fiber
    return machine.loop(true)
  })

/** Goes on as the record of the visit says. */
export const follow = (machine: Machine, made: Recorded): Eff => {
  const recording = machine.recording!
  const { gate, locked } = recording
  const ending = Effect.flatMap(made.ending, (ending) =>
    Effect.withFiber((fiber): Eff => {
      machine.fiber = fiber
      switch (ending._tag) {
        case "Committed": {
          const { action, again, patch } = ending
          declared(machine, action, machine.leaf.actions)
          const live = recording.ended instanceof Transition ? recording.ended : undefined
          if (live === undefined && again !== undefined) {
            return Effect.map(transitionOf(machine, again), (transition) => commit(machine, action, patch, transition))
          }
          return Effect.sync(() => commit(machine, action, patch, live ?? transition.make(action, patch)))
        }
        case "Caught": {
          const frame = frameAt(machine, ending.frame)
          if (frame.step.kind !== "catch") return foreign(machine, "is of an error edge that is not there")
          declared(machine, ending.action, frame.step.edges)
          return Effect.sync(() => {
            write(frame.cell, ending.patch, transition.make(ending.action, ending.patch))
            machine.made()
            machine.abandon(frame, ending.action)
          })
        }
        case "Cut":
          return Effect.sync(() => {
            write(machine.cell, ending.patch, undefined)
            machine.made()
            spend(machine, frameAt(machine, ending.frame))
          })
        case "Spent":
          return Effect.sync(() => spend(machine, frameAt(machine, ending.frame)))
        case "Handled":
          return Effect.failCause(recording.cause ?? Cause.fail(ending.error))
        case "Failed":
          return Effect.failCause(recording.cause!)
        case "Prepared":
          return foreign(machine, "is of another kind of visit")
      }
    })
  )
  if (gate === undefined || made.order === undefined) return ending
  const { at } = made.order
  // Two workers that did not know of each other: what one has committed, the other has not seen.
  const taken = Effect.suspend(() => (gate.made > at ? foreign(machine, "has a place that is taken") : Effect.void))
  const turn = locked ? Effect.void : Effect.andThen(gate.after(at), taken)
  return Effect.tap(Effect.andThen(turn, ending), () => Effect.sync(() => gate.advance()))
}

const foreign = (machine: Machine, reason: string): Effect.Effect<never> =>
  Effect.die(new ForeignRecord({ key: machine.recording!.key, reason }))

/** What was committed once was declared then. */
const declared = (machine: Machine, action: string, actions: ReadonlyArray<string> | undefined): void => {
  if (action !== "" && actions?.includes(action) !== false) return
  const reason = `takes the action ${JSON.stringify(action)}, which is not declared`
  throw new ForeignRecord({ key: machine.recording!.key, reason })
}

const commit = (machine: Machine, action: string, patch: AnyPatch, transition: Transition): void => {
  write(machine.cell, patch, transition)
  if (machine.leaf.kind === "node") machine.made()
  machine.watching = undefined
  machine.leave(machine.frame, action)
}

const write = (cell: Cell, patch: AnyPatch, transition: Transition | undefined): void => {
  if (transition !== undefined) cell.log?.(transition)
  if (Object.keys(patch).length > 0) cell.set(apply(cell.get(), patch))
}

const spend = (machine: Machine, frame: Frame): void => {
  const { step } = frame
  if (step.kind !== "budget") {
    throw new ForeignRecord({ key: machine.recording!.key, reason: "is of a budget that is not there" })
  }
  machine.abandon(frame, step.outcome)
}

/** The transition that `post` gives when it is asked again. */
const transitionOf = (
  machine: Machine,
  again: { readonly input?: unknown; readonly output?: unknown }
): Effect.Effect<Transition, any, any> =>
  Effect.suspend(() => {
    const { leaf } = machine
    const recording = machine.recording!
    if (leaf.kind === "node" && !isNested(leaf)) {
      const snapshot = machine.cell.get()
      const given = leaf.prep === undefined ? snapshot : "input" in again ? again.input : leaf.prep(snapshot)
      machine.input = isEffect(given) && isSuccess(given) ? given.value : given
      machine.output = leaf.exec === undefined ? machine.input : again.output
    }
    machine.phase = "post"
    machine.watching = { path: machine.path, step: machine.owner.steps, attempt: 0, listener: undefined }
    return Effect.map(looping(machine), () => recording.ended as Transition)
  })
