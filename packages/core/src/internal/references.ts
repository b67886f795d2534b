/**
 * What a running step can ask about its surroundings. All have defaults, so
 * they cost nothing until somebody provides or reads them.
 *
 * @internal
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { Listener } from "./observe.ts"

export const Attempt = Context.Reference<number>("effect-pocketflow/Node/Attempt", { defaultValue: () => 0 })

export const Visit = Context.Reference<number>("effect-pocketflow/Node/Visit", { defaultValue: () => 0 })

/** The index of the item, element or input that is being worked on. */
export const Item = Context.Reference<number | undefined>("effect-pocketflow/Node/Item", {
  defaultValue: () => undefined
})

/** The visit that is going on, where somebody watches. */
export const Watched = Context.Reference<WatchedVisit | undefined>("effect-pocketflow/Flow/Watched", {
  defaultValue: () => undefined
})

export interface WatchedVisit {
  readonly path: ReadonlyArray<string>
  readonly step: number
  readonly listener: Listener | undefined
  /** The last attempt that was begun. */
  attempt: number
}

/** Gives the result of an item, where the items of a batch are recorded. */
export const RecordItem = Context.Reference<
  ((index: number, work: () => Effect.Effect<any, any, any>) => Effect.Effect<any, any, any>) | undefined
>("effect-pocketflow/Flow/RecordItem", { defaultValue: () => undefined })
