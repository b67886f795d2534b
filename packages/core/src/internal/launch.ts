/**
 * From a step and a store to a machine, and from a machine to what its run gives.
 *
 * @internal
 */
import * as Effect from "effect/Effect"
import { InvalidPosition } from "../errors.ts"
import type { RunOptions } from "../flow/run.ts"
import type { Position } from "../Position.ts"
import type { Cell } from "./cell.ts"
import { Machine } from "./machine.ts"
import type { Listener } from "./observe.ts"
import type { Records } from "./recording.ts"
import { positionOf } from "./position.ts"
import { restore } from "./restore.ts"
import type { AnyStep } from "./step.ts"

interface Options extends RunOptions {
  readonly listener?: Listener | undefined
  readonly records?: Records | undefined
}

/**
 * Runs `root` on `own`, from its start or `from` a position, to where the run stops: a `Run` or a `Paused`.
 * The Effect is good for one run.
 */
export const launch = (
  root: AnyStep,
  own: Cell,
  { listener, maxSteps, pauseBefore: names, records }: Options = {},
  from?: { readonly position: Position }
): Effect.Effect<any, any, any> => {
  const unknown = names && unknownName(root, names)
  if (unknown !== undefined) {
    return Effect.fail(new InvalidPosition({ path: [unknown], reason: "pauseBefore names no node of this flow" }))
  }
  const pauseBefore =
    names && ((path: ReadonlyArray<string>) => names.includes(path[path.length - 1]!) || names.includes(path.join("/")))
  const options = { maxSteps, listener, records, pauseBefore }
  const machine =
    from === undefined ? enter(root, new Machine(own, options)) : restore(root, own, from.position, options)
  if (!(machine instanceof Machine)) return Effect.fail(machine)
  return Effect.map(machine.run, () =>
    machine.outcome === undefined
      ? { position: positionOf(machine), store: own.get() }
      : { outcome: machine.outcome, store: own.get(), steps: machine.steps }
  )
}

const enter = (root: AnyStep, machine: Machine): Machine => {
  machine.enter(root)
  return machine
}

/** The first of `names` that is neither the id nor the path of a node where a run can stop. */
const unknownName = (root: AnyStep, names: ReadonlyArray<string>): string | undefined => {
  const unknown = new Set(names)
  const rest: Array<readonly [step: AnyStep, path: string]> = [[root, ""]]
  for (let next = rest.pop(); next !== undefined && unknown.size > 0; next = rest.pop()) {
    const [step, path] = next
    if (step.kind === "flow") {
      for (const [id, node] of step.nodes) {
        unknown.delete(id)
        unknown.delete(path + id)
        rest.push([node.step, `${path}${id}/`])
      }
    } else if (step.kind !== "node") {
      rest.push([step.inner, path])
    }
  }
  return unknown.values().next().value
}
