/** How long a server asks to be left alone. */
import * as Duration from "effect/Duration"

/** The headers that tell. */
export const headers = ["retry-after", "retry-after-ms", "date"]

/** Milliseconds, seconds, or a date, which is read against the server's own clock. */
export const fromHeaders = (get: (name: string) => string | undefined): Duration.Duration | undefined => {
  const millis = get("retry-after-ms")
  const after = get("retry-after")
  if (millis !== undefined) return toDelay(Number(millis))
  if (after === undefined) return undefined
  if (/^\d+(\.\d+)?$/.test(after)) return toDelay(Number(after) * 1000)
  // `Date.parse` finds a date in almost any text; a header has the one form.
  return httpDate.test(after) ? toDelay(Date.parse(after) - Date.parse(get("date") ?? "")) : undefined
}

const httpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

const toDelay = (millis: number): Duration.Duration | undefined =>
  Number.isFinite(millis) && millis >= 0 ? Duration.millis(millis) : undefined
