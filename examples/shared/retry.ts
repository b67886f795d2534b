/** When to ask a language model again. */
import { type Cause, Schedule } from "effect"
import type { AiError } from "effect/ai"

/** Twice more, where the failure says that it may pass: too slow, too many requests, a broken connection. */
export const whenItMayPass = {
  schedule: Schedule.exponential("500 millis"),
  times: 2,
  while: (error: AiError.AiError | Cause.TimeoutError) => error._tag === "TimeoutError" || error.isRetryable
}
