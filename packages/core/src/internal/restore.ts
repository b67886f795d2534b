/**
 * From a `Position` back to a machine.
 *
 * @internal
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { InvalidPosition } from "../errors.ts"
import { Position } from "../Position.ts"
import * as cell from "./cell.ts"
import type { Cell } from "./cell.ts"
import { inside, tally } from "./frame.ts"
import type { Frame, Tally } from "./frame.ts"
import type { Begin } from "./launch.ts"
import type { Options } from "./machine.ts"
import { Machine } from "./machine.ts"
import { unescape } from "./position.ts"
import type { AnyStep, FlowStep } from "./step.ts"
import { decode } from "./store.ts"

/** A machine that is at `position`. */
export const restore = (root: AnyStep, own: Cell, position: Position, options: Options): Machine | InvalidPosition => {
  if (!Schema.is(Position)(position)) {
    const { path } = Object(position)
    const reason = "not a position; decode it by the schema Flow.Position"
    return new InvalidPosition({ path: Array.isArray(path) ? path.map(String) : [], reason })
  }
  const { path } = position
  const refuse = (reason: string) => new InvalidPosition({ path, reason })
  const machine = new Machine(own, options)
  machine.steps = position.step
  machine.passPause = true
  const since = [...position.calls, ...position.budgets].map((entered) => entered.since)
  if (![position.step, ...Object.values(position.visits), ...since].every((n) => Number.isSafeInteger(n) && n >= 0)) {
    return refuse("its counts are not natural numbers")
  }
  if (since.some((n) => n > position.step)) return refuse("it is inside of something that began after it")

  for (const [key, count] of Object.entries(position.visits)) {
    let tallies = machine.tallies
    let flow = flowIn(root)
    let found: Tally | undefined
    for (const id of key.split("/").map(unescape)) {
      const node = flow?.nodes.get(id)
      if (node === undefined) return refuse(`"visits" counts "${key}", which is not a node`)
      found = tally(tallies, node)
      tallies = inside(found)
      flow = flowIn(node.step)
    }
    found!.count = count
  }

  const ids = [...path]
  const calls = [...position.calls]
  const budgets = [...position.budgets]
  let step = root
  let frame: Frame | undefined
  while (step.kind !== "node") {
    if (step.kind === "call") {
      const { inner } = step
      const call = calls.shift()
      if (call === undefined) break
      // A run may leave the checks of a schema, and goes on then, as it would have.
      const options = { disableChecks: true }
      const state = Result.all([decode(inner.store, call.input, options), decode(inner.store, call.store, options)])
      if (Result.isFailure(state)) return refuse(`in a call, ${state.failure.message}`)
      frame = machine.push(step, frame, state.success[0], cell.fromValue(state.success[1]))
      frame.since = call.since
      step = step.inner
      continue
    }
    frame = machine.push(step, frame)
    if (step.kind === "budget") {
      if (budgets.length === 0) return refuse("it lacks a budget that the flow has there")
      Object.assign(frame, budgets.shift())
    }
    if (step.kind === "flow") {
      const id = ids.shift()
      const node = id === undefined ? undefined : step.nodes.get(id)
      if (node === undefined)
        return refuse(id === undefined ? "it ends at a flow, before a node" : `there is no node "${id}"`)
      machine.arrive(frame, node)
      step = node.step
    } else {
      step = step.inner
    }
  }
  if (ids.length > 0) return refuse(`it goes on with "${ids[0]}" after a node that is not a flow`)
  if (calls.length > 0 || budgets.length > 0) return refuse("it has more calls or budgets than the flow has there")
  machine.frame = frame
  machine.leaf = step
  return machine
}

/** Begins a run at `position`. */
export const at =
  (position: Position): Begin =>
  (root, own, options) =>
    restore(root, own, position, options)

/** The flow whose nodes come next in a path that has come to `step`. */
const flowIn = (step: AnyStep): FlowStep | undefined => {
  while (step.kind !== "flow") {
    if (step.kind === "node") return undefined
    step = step.inner
  }
  return step
}
