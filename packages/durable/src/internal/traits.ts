/**
 * Annotations of nodes that the durable runtime reads.
 *
 * @internal
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"

/** Undoes a visit, given the store right after it. */
export const Compensation = Context.Reference<((store: any) => Effect.Effect<unknown, never, any>) | undefined>(
  "@effect-pocketflow/durable/Compensation",
  { defaultValue: () => undefined }
)

/** Whether a visit is recorded in the same transaction as what it writes to the database of the engine. */
export const Transactional = Context.Reference<boolean>("@effect-pocketflow/durable/Transactional", {
  defaultValue: () => false
})
