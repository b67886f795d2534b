import type { Spec } from "@effect-pocketflow/testing"
import { Effect } from "effect"

/** The specs that a spec is made of. */
export const innerOf = (spec: Spec.Spec): ReadonlyArray<Spec.Spec> => {
  if (spec.kind === "flow") return Object.values(spec.nodes)
  if (spec.kind === "all") return Object.values(spec.branches)
  return "inner" in spec ? [spec.inner] : []
}

/** A spec, and all that are in it. */
export const specsIn = (spec: Spec.Spec): ReadonlyArray<Spec.Spec> => [spec, ...innerOf(spec).flatMap(specsIn)]

/** How deep steps are nested; a loop and its budget are one. */
export const depthOf = (spec: Spec.Spec): number => {
  if (spec.kind === "budget" && spec.inner.kind === "flow") return depthOf(spec.inner)
  const inner = innerOf(spec)
  return inner.length === 0 ? 0 : 1 + Math.max(...inner.map(depthOf))
}

/** A promise that settles after so many microtasks. */
export const turns = (n: number): Promise<void> =>
  n === 0 ? Promise.resolve() : Promise.resolve().then(() => turns(n - 1))

/** Waits, in real time, for something to be so. */
export const until = (so: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => (so() ? Effect.void : Effect.andThen(Effect.sleep(1), until(so))))
