/**
 * Where a visit is that is recorded: its key, and the stores around it.
 *
 * @internal
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type { Site } from "../Recorder.ts"
import { earlier } from "./frame.ts"
import type { Frame } from "./frame.ts"
import type { Machine } from "./machine.ts"
import { name } from "./recording.ts"

/** That a record does not fit the visit that it is found for: the run dies of it. */
export class ForeignRecord extends Data.TaggedError("ForeignRecord")<{
  readonly key: string
  readonly reason: string
}> {}

/** The next question of `machine`. */
export const siteOf = (machine: Machine): Site => {
  const recording = machine.recording!
  const { item, parent } = machine.options
  const { leaf, path } = machine
  const inner = path.slice(parent === undefined ? 0 : parent.path.length + (machine.options.id === undefined ? 0 : 1))
  const index = recording.asked++
  return {
    key: `${recording.prefix}${inner.map(name).join("/")}#${index}`,
    prefix: recording.prefix,
    index,
    path,
    get visit() {
      return visitOf(machine)
    },
    item,
    annotations: leaf.kind === "node" ? leaf.annotations : Context.empty(),
    target: (frame) => targetOf(machine, frame),
    initial:
      leaf.kind === "call"
        ? { store: leaf.inner.store, many: false }
        : leaf.shape === "map"
          ? { store: leaf.branches[0]![1].store, many: true }
          : undefined
  }
}

/** A part of a visit that is recorded by itself. */
export const part = (site: Site, id: string): Site => ({ ...site, key: `${site.key}/${id}`, prefix: `${site.key}/` })

export const visitOf = (machine: Machine): number => Math.max(0, earlier(machine.frame))

export const indexOf = (machine: Machine, frame: Frame): number => {
  let index = 0
  for (let at = machine.frame; at !== frame; at = at!.parent) index++
  return index
}

export const frameAt = (machine: Machine, index: number): Frame => {
  let frame = machine.frame
  for (let i = 0; i < index; i++) frame = frame?.parent
  if (frame === undefined) throw new ForeignRecord({ key: machine.recording!.key, reason: "is of another flow" })
  return frame
}

/** The state that the leaf works on, and those of the frames around it. */
export const states = (machine: Machine): ReadonlyArray<unknown> => {
  const states = [machine.cell.get()]
  for (let { frame } = machine; frame !== undefined; frame = frame.parent) states.push(frame.cell.get())
  return states
}

/** The state that a patch is of: the leaf's own, or that of a frame. */
const targetOf = (machine: Machine, index?: number): ReturnType<Site["target"]> => {
  const frame = index === undefined ? machine.frame : frameAt(machine, index)
  const cell = index === undefined ? machine.cell : frame!.cell
  let store = index === undefined ? machine.leaf.store : frame!.step.store
  for (let at = frame; store === undefined && at !== undefined && at.step.kind !== "focus"; at = at.parent) {
    store = at.step.kind === "call" ? at.step.inner.store : at.step.store
    if (at.step.kind === "call") break
  }
  // What a `forEach` comes to is followed from before its runs, or from after them.
  const { leaf } = machine
  return { store, state: leaf.kind === "node" && leaf.shape === "forEach" ? undefined : cell.get() }
}
