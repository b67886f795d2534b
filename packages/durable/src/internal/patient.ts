/**
 * Patience with a database that does not answer for a while: it is begun anew, the
 * disk is full.
 *
 * @internal
 */
import * as Cause from "effect/Cause"
import * as ClusterError from "effect/cluster/ClusterError"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as SqlError from "effect/sql/SqlError"

/** The engine dies of a database that fails. What breaks a constraint would do so again. */
const failed = (cause: Cause.Cause<unknown>): boolean => {
  const error = Cause.squash(cause)
  const reason = error instanceof ClusterError.PersistenceError ? error.cause : error
  if (!SqlError.isSqlError(reason)) return false
  return reason.reason._tag !== "UniqueViolation" && reason.reason._tag !== "ConstraintError"
}

/** What the database itself says. */
const messageOf = (cause: Cause.Cause<unknown>): string => {
  let error = Cause.squash(cause)
  while (error instanceof Error && error.cause instanceof Error) error = error.cause
  return String(error)
}

const waits = Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("5 seconds")])

/** Asks again until the database answers. That it does not says nothing about the run that asks. */
export const patient = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  effect.pipe(
    Effect.sandbox,
    Effect.tapError((cause) =>
      failed(cause) ? Effect.logWarning("The database fails, and is asked again:", messageOf(cause)) : Effect.void
    ),
    Effect.retry({ schedule: waits, while: failed }),
    Effect.catch(Effect.failCause)
  )
