/**
 * Where a step reads and writes its store: a `Ref`, a part of another cell seen
 * through a lens, or the own view of a branch that remembers its transitions.
 *
 * @internal
 */
import * as MutableRef from "effect/MutableRef"
import type * as Optic from "effect/Optic"
import * as Ref from "effect/Ref"
import { apply, diff } from "./patch.ts"
import type { AnyPatch } from "./patch.ts"
import { Transition, writesOf } from "./transition.ts"
import type { Path } from "./transition.ts"

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

export const fromValue = (store: any): Cell => fromRef(Ref.makeUnsafe(store))

export interface Branch extends Cell {
  readonly transitions: ReadonlyArray<Transition>
}

export const branch = (snapshot: any): Branch => {
  const transitions: Array<Transition> = []
  return { ...fromValue(snapshot), transitions, log: (transition) => transitions.push(transition) }
}

export const focus = (outer: Cell, lens: Optic.Lens<any, any>): Cell => ({
  get: () => lens.get(outer.get()),
  set: (store) => outer.set(lens.replace(store, outer.get())),
  log: outer.log && ((transition) => outer.log!(through(lens, transition, outer.get())))
})

/** What a transition does to a store: the action it takes and the patch it applies. */
export const resolve = (self: Transition, store: any): readonly [action: string, patch: AnyPatch | undefined] => {
  const update = typeof self.update === "function" ? self.update(store) : self.update
  if (self.action !== undefined) return [self.action, update]
  return typeof update === "string" ? [update, undefined] : update
}

/**
 * Applies a transition to the store and gives its action.
 *
 * It reads and writes in one turn, without an Effect in between, so it is as
 * atomic as `Ref.modify`.
 */
export const commit = (self: Cell, transition: Transition): string => {
  if (transition.update === undefined) return transition.action!
  const store = self.get()
  const [action, patch] = resolve(transition, store)
  self.log?.(transition)
  if (patch !== undefined) self.set(apply(store, patch))
  return action
}

/** `transition` followed by `last`, as one transition: the join of the branches. */
export const replay = (transitions: ReadonlyArray<Transition>, last: Transition): Transition =>
  new Transition(
    undefined,
    (store) => {
      let current = store
      let action = ""
      for (const transition of [...transitions, last]) {
        const [chosen, patch] = resolve(transition, current)
        if (patch !== undefined) current = apply(current, patch)
        action = chosen
      }
      return [action, diff(store, current)]
    },
    [...transitions, last].flatMap(writesOf)
  )

/** The same transition, seen from the store that `lens` looks into. */
const through = (lens: Optic.Lens<any, any>, self: Transition, snapshot: any): Transition => {
  const patchOf = (store: any): readonly [string, AnyPatch] => {
    const part = lens.get(store)
    const [action, patch] = resolve(self, part)
    return [action, patch === undefined ? {} : diff(store, lens.replace(apply(part, patch), store))]
  }
  const outer = Object.keys(patchOf(snapshot)[1])
  const writes = outer.flatMap((key) => writesOf(self).map((path): Path => (path[0] === key ? path : [key, ...path])))
  return new Transition(undefined, patchOf, writes)
}
