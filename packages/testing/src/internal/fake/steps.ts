/** How faults change the steps of a reply. */
import type * as Duration from "effect/Duration"
import type * as Schema from "effect/Schema"
import * as Wire from "./wire.ts"

const isObject = (value: Schema.Json | undefined): value is Schema.JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Other JSON, in the body or in each event. */
export const editJson = (change: (json: Schema.JsonObject) => Schema.Json) =>
  function* (steps: Wire.Steps): Generator<Wire.Step> {
    for (const step of steps) {
      if (Wire.$is("Json")(step) && isObject(step.value)) yield Wire.Json({ value: change(step.value) })
      else if (Wire.$is("Event")(step) && isObject(step.data)) yield Wire.Event({ data: change(step.data) })
      else yield step
    }
  }

export const editChoices = (change: (choice: Schema.JsonObject) => Schema.JsonObject) =>
  editJson((json) => ({
    ...json,
    choices: Array.isArray(json.choices)
      ? json.choices.map((choice: Schema.Json) => (isObject(choice) ? change(choice) : choice))
      : []
  }))

/** Another message, or the delta that is a part of it. */
export const editMessages = (change: (message: Schema.JsonObject) => Schema.JsonObject) =>
  editChoices(({ delta, message, ...choice }) => ({
    ...choice,
    ...(isObject(message) ? { message: change(message) } : {}),
    ...(isObject(delta) ? { delta: change(delta) } : {})
  }))

/** After half of a body, or after so many events, the end; or `then`, in place of what is left. */
export const endAfter = (events: number, then: Wire.Steps) =>
  function* (steps: Wire.Steps): Generator<Wire.Step> {
    let left = events
    for (const step of steps) {
      if (Wire.$is("Event")(step) && left-- === 0) break
      if (Wire.$is("Json")(step) || Wire.$is("Bytes")(step)) {
        const bytes = Wire.toBytes(step)
        yield Wire.Bytes({ bytes: bytes.subarray(0, Math.ceil(bytes.length / 2)) })
        break
      }
      yield step
    }
    yield* then
  }

/** The body in slices of so many bytes, with a pause after each. */
export const drip = (bytes: number, every: Duration.Input) =>
  slice(function* (all) {
    for (let start = 0; start < all.length; start += bytes) yield start
  }, every)

/** A pause before and after each byte of a character that has several. */
export const splitCodePoints = slice(function* (all) {
  yield 0
  for (let at = 1; at < all.length; at++) if (all[at]! >= 0x80 || all[at - 1]! >= 0x80) yield at
}, "2 millis")

function slice(starts: (all: Uint8Array) => Iterable<number>, every: Duration.Input) {
  return function* (steps: Wire.Steps): Generator<Wire.Step> {
    for (const step of steps) {
      if (!Wire.isContent(step)) {
        yield step
        continue
      }
      const all = Wire.toBytes(step)
      const ends = [...starts(all), all.length]
      for (const [index, end] of ends.entries()) {
        if (index === 0) continue
        yield Wire.Bytes({ bytes: all.subarray(ends[index - 1], end) })
        yield Wire.sleep(every)
      }
    }
  }
}

/** Half of the bytes, and a head that tells their length, or that of all. */
export const truncate = (contentLength: "half" | "whole") =>
  function* (steps: Wire.Steps): Generator<Wire.Step> {
    const all = [...steps]
    const whole = Buffer.concat(all.filter(Wire.isContent).map(Wire.toBytes))
    const bytes = whole.subarray(0, whole.length / 2)
    const length = contentLength === "half" ? bytes.length : whole.length
    for (const step of all) {
      if (Wire.$is("Head")(step)) {
        yield Wire.Head({ ...step, headers: { ...step.headers, "content-length": String(length) } })
      }
    }
    yield Wire.Bytes({ bytes })
    if (contentLength === "whole") yield Wire.Close({ reset: false })
  }

/** So many bytes in the text of the answer: in a stream before its first word, in one event or in many. */
export const fill = (bytes: number, options: { readonly events: "one" | "many"; readonly byte?: number }) =>
  function* (steps: Wire.Steps): Generator<Wire.Step> {
    const buffer = Buffer.alloc(65_536, options.byte ?? "a")
    let filled = false
    for (const step of steps) {
      const text = filled ? undefined : holed(step)
      if (text === undefined) {
        yield step
        continue
      }
      filled = true
      const [before = "", after = ""] = text.split(hole)
      const per = options.events === "many" && Wire.$is("Event")(step) ? buffer.length : bytes
      for (let start = 0; start < bytes; start += per) {
        yield Wire.Bytes({ bytes: Wire.utf8(before) })
        const end = Math.min(start + per, bytes)
        for (let at = start; at < end; at += buffer.length) {
          yield Wire.Bytes({ bytes: buffer.subarray(0, Math.min(buffer.length, end - at)) })
        }
        yield Wire.Bytes({ bytes: Wire.utf8(after) })
      }
    }
  }

const hole = "<filler>"

/** The text of a step that says something, with a hole in what it says. */
const holed = (step: Wire.Step): string | undefined => {
  const says = /"content":"(?=[^"])/
  if (!Wire.$is("Json")(step) && !Wire.$is("Event")(step)) return undefined
  const text = Buffer.from(Wire.toBytes(step)).toString("utf8")
  return says.test(text) ? text.replace(says, (found) => found + hole) : undefined
}
