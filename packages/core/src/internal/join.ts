/**
 * Transitions of branches: as seen through a lens, joined, and in conflict.
 *
 * @internal
 */
import type * as Optic from "effect/Optic"
import * as Predicate from "effect/Predicate"
import type { AnyPatch } from "./patch.ts"
import { apply, diff } from "./patch.ts"
import { resolve, Transition, writesOf } from "./transition.ts"
import type { Path } from "./transition.ts"

/** `transitions` one after the other, as one; the action is that of `last`. */
export const replay = (transitions: ReadonlyArray<Transition>, last: Transition): Transition => {
  const parts = [...transitions, last]
  const update = (store: any) => {
    let current = store
    let action = ""
    for (const part of parts) {
      const [chosen, patch] = resolve(part, current)
      if (patch !== undefined) current = apply(current, patch)
      action = chosen
    }
    return [action, diff(store, current)]
  }
  return new Transition(undefined, update, { parts })
}

/** The same transition, seen from the store that `lens` looks into; `snapshot` is one of these. */
export const through = (lens: Optic.Lens<any, any>, self: Transition, snapshot: any): Transition => {
  if (self.parts !== undefined) {
    const parts = self.parts.map((part) => through(lens, part, snapshot))
    return replay(parts.slice(0, -1), parts[parts.length - 1]!)
  }
  const update = (store: any): readonly [string, AnyPatch] => {
    const part = lens.get(store)
    const [action, patch] = resolve(self, part)
    return [action, patch === undefined ? {} : diff(store, lens.replace(apply(part, patch), store))]
  }
  const changed = () => Object.keys(update(snapshot)[1]).map((key) => [key])
  // A lens that computes has no place for the mark; then what it changes is all that is known.
  const writes = writesOf(self).flatMap((path) => {
    const found = outer(lens, path, snapshot)
    return found === undefined ? changed() : [found]
  })
  return new Transition(undefined, update, { writes })
}

/** Where the path of a part is in the whole: found by replacing the value there with a mark. */
const outer = (lens: Optic.Lens<any, any>, [key, ...rest]: Path, snapshot: any): Path | undefined => {
  const mark = Symbol()
  const find = (before: any, after: any): Path | undefined => {
    for (const key of Object.keys(after)) {
      if (after[key] === mark) return [key]
      const inside =
        Predicate.isObject(after[key]) && after[key] !== before?.[key] ? find(before?.[key], after[key]) : undefined
      if (inside !== undefined) return [key, ...inside]
    }
    return undefined
  }
  try {
    const found = find(snapshot, lens.replace({ ...lens.get(snapshot), [key!]: mark }, snapshot))
    return found && [...found, ...rest]
  } catch {
    return undefined
  }
}

/** The first path that two branches set by value: the same one, or one inside the other. */
export const conflictOf = (
  branches: ReadonlyArray<{ readonly id: string; readonly transitions: ReadonlyArray<Transition> }>
): { readonly path: Path; readonly branches: readonly [string, string] } | undefined => {
  // By path: the branch that sets it, and those that set something inside of it.
  const at = new Map<string, string>()
  const inside = new Map<string, Set<string>>()
  for (const { id, transitions } of branches) {
    for (const path of transitions.flatMap(writesOf)) {
      const keys = path.map((_, i) => JSON.stringify(path.slice(0, i + 1)))
      const whole = keys.pop()!
      for (const [i, key] of [...keys, whole].entries()) {
        const other = at.get(key)
        if (other !== undefined && other !== id) return { path: path.slice(0, i + 1), branches: [other, id] }
      }
      for (const other of inside.get(whole) ?? []) {
        if (other !== id) return { path, branches: [other, id] }
      }
      at.set(whole, id)
      for (const key of keys) inside.set(key, (inside.get(key) ?? new Set()).add(id))
    }
  }
  return undefined
}
