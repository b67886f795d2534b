/**
 * Stores as the reference model has them.
 *
 * @internal
 */
import type { Sample } from "./sample.ts"

/** An action and an update of the store; `writes` are the keys that it sets by value. */
export interface Transition {
  readonly action: (s: Sample) => string
  readonly patch: (s: Sample) => Partial<Sample>
  readonly writes: ReadonlyArray<"a" | "b">
}

/** A store, or what a step sees of one. */
export interface View {
  readonly get: () => Sample
  readonly commit: (transition: Transition) => void
}

export const viewOf = (state: Sample, committed: Array<Transition> = []): View => {
  let current = state
  return {
    get: () => current,
    commit: (transition) => {
      committed.push(transition)
      current = { ...current, ...transition.patch(current) }
    }
  }
}

const swap = <T extends Partial<Sample>>({ a, b, ...rest }: T): T =>
  ({ ...rest, ...(b !== undefined && { a: b }), ...(a !== undefined && { b: a }) }) as T

export const swapped = (view: View): View => ({
  get: () => swap(view.get()),
  commit: ({ action, patch, writes }) =>
    view.commit({
      action: (s) => action(swap(s)),
      patch: (s) => swap(patch(swap(s))),
      writes: writes.map((key) => (key === "a" ? "b" : "a"))
    })
})
