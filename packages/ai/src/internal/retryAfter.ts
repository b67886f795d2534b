/** How long a server asks to be left alone. */
import * as Duration from "effect/Duration"

/** The headers that tell. */
export const headers = ["retry-after", "retry-after-ms", "date"]

/** Milliseconds, seconds, or a date, which is read against the server's own clock; against `now`, if it tells no time. */
export const fromHeaders = (get: (name: string) => string | undefined, now: number): Duration.Duration | undefined => {
  const millis = get("retry-after-ms")
  const after = get("retry-after")
  if (millis !== undefined) return toDelay(Number(millis))
  if (after === undefined) return undefined
  if (/^\d+(\.\d+)?$/.test(after)) return toDelay(Number(after) * 1000)
  // A time that is past asks for no wait.
  return toDelay(Math.max(0, parseDate(after) - (parseDate(get("date") ?? "") || now)))
}

/** `Date.parse` finds a date in almost any text; HTTP has three forms (RFC 9110, 5.6.7), all of them in GMT. */
const parseDate = (text: string): number =>
  forms.some((form) => form.test(text)) ? Date.parse(text.endsWith("GMT") ? text : `${text} GMT`) : Number.NaN

const forms = [
  /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/,
  /^[A-Z][a-z]+day, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/,
  /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/
]

const toDelay = (millis: number): Duration.Duration | undefined =>
  Number.isFinite(millis) && millis >= 0 ? Duration.millis(millis) : undefined
