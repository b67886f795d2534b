/**
 * Where a step reads and writes its store: a `Ref`, a part of another cell seen
 * through a lens, or the own view of a branch that remembers its transitions.
 *
 * @internal
 */
import * as MutableRef from "effect/MutableRef"
import type * as Optic from "effect/Optic"
import * as Ref from "effect/Ref"
import { through } from "./join.ts"
import { apply } from "./patch.ts"
import type { Transition } from "./transition.ts"
import { check, resolve } from "./transition.ts"

export interface Cell {
  readonly get: () => any
  readonly set: (store: any) => void
  /** Told of each transition before it is applied, if somebody replays them later. */
  readonly log: ((transition: Transition) => void) | undefined
}

export const fromRef = (ref: Ref.Ref<any>): Cell => ({
  get: () => Ref.getUnsafe(ref),
  set: (store) => MutableRef.set(ref.ref, store),
  log: undefined
})

/** The store of a run that nobody else sees: the usual one, so it is as direct as can be. */
class Value implements Cell {
  readonly log = undefined
  private store: any
  constructor(store: any) {
    this.store = store
  }
  get() {
    return this.store
  }
  set(store: any) {
    this.store = store
  }
}

export const fromValue = (store: any): Cell => new Value(store)

export interface Branch extends Cell {
  readonly transitions: ReadonlyArray<Transition>
}

export const branch = (snapshot: any): Branch => {
  const transitions: Array<Transition> = []
  const log = (transition: Transition) => {
    if (transition.parts === undefined) transitions.push(transition)
    else transition.parts.forEach(log)
  }
  let store = snapshot
  return { get: () => store, set: (next) => void (store = next), transitions, log }
}

export const focus = (outer: Cell, lens: Optic.Lens<any, any>): Cell => ({
  get: () => lens.get(outer.get()),
  set: (store) => outer.set(lens.replace(store, outer.get())),
  log: outer.log && ((transition) => outer.log!(through(lens, transition, outer.get())))
})

/**
 * Applies a transition to the store and gives its action.
 *
 * It reads and writes in one turn, without an Effect in between, so it is as
 * atomic as `Ref.modify`.
 */
export const commit = (self: Cell, transition: Transition, actions?: ReadonlyArray<string>, by = "post"): string => {
  const store = self.get()
  const [action, patch] = resolve(transition, store)
  check(action, actions, by)
  self.log?.(transition)
  if (patch !== undefined) self.set(apply(store, patch))
  return action
}
