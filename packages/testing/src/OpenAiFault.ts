/**
 * What can go wrong with a reply of `FakeOpenAi` on its way.
 *
 * A fault is a value. It takes the reply that a request would get and breaks it,
 * or puts something else in its place. Delays are in real time.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type * as Schema from "effect/Schema"
import * as Fault from "./internal/fake/fault.ts"
import * as Steps from "./internal/fake/steps.ts"
import * as Wire from "./internal/fake/wire.ts"

/**
 * Identifies a fault.
 *
 * @category type ids
 * @since 0.1.0
 */
export const TypeId: TypeId = "~@effect-pocketflow/testing/OpenAiFault"

/**
 * @category type ids
 * @since 0.1.0
 */
export type TypeId = "~@effect-pocketflow/testing/OpenAiFault"

/**
 * A fault of a server, for the script of `FakeOpenAi`.
 *
 * **Example** (A stream that ends in the middle)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { FakeOpenAi, OpenAiFault } from "@effect-pocketflow/testing"
 *
 * const program = Effect.gen(function* () {
 *   // The first event only says that the assistant speaks.
 *   const { baseURL } = yield* FakeOpenAi.make({ faults: { 0: OpenAiFault.cut(3) } })
 *   const messages = [{ role: "user", content: "one two three" }]
 *   const text = yield* Effect.promise(async () => {
 *     const body = JSON.stringify({ model: "any", messages, stream: true })
 *     return (await fetch(`${baseURL}/chat/completions`, { method: "POST", body })).text()
 *   })
 *   return text.match(/"content":"[^"]*"/g)
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program) // => ['"content":""', '"content":"one "', '"content":"two "']
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export interface OpenAiFault {
  readonly [TypeId]: TypeId
}

/**
 * Whether something is a fault.
 *
 * @category guards
 * @since 0.1.0
 */
export const isOpenAiFault = (value: unknown): value is OpenAiFault => Predicate.hasProperty(value, TypeId)

/** What was sent before is not lost with the connection that is reset. */
const flush = Wire.sleep("10 millis")

/**
 * Two faults at once: the second breaks what the first gives.
 *
 * **Example** (An error of which half is missing)
 *
 * ```ts
 * import { OpenAiFault } from "@effect-pocketflow/testing"
 *
 * const fault = OpenAiFault.compose(OpenAiFault.status(500), OpenAiFault.stall())
 *
 * OpenAiFault.isOpenAiFault(fault) // => true
 * ```
 *
 * @category combinators
 * @since 0.1.0
 */
export const compose = (first: OpenAiFault, second: OpenAiFault): OpenAiFault =>
  make((reply) => Fault.apply(second, Fault.apply(first, reply)))

// -----------------------------------------------------------------------------
// Other replies
// -----------------------------------------------------------------------------

/**
 * A status, with an error in the shape of OpenAI, or with another `body`.
 *
 * **Example** (Come back in a minute)
 *
 * ```ts
 * import { OpenAiFault } from "@effect-pocketflow/testing"
 *
 * const busy = OpenAiFault.status(503, { headers: { "retry-after": "60" } })
 * const spent = OpenAiFault.status(429, { code: "insufficient_quota", type: "insufficient_quota" })
 *
 * [busy, spent].every(OpenAiFault.isOpenAiFault) // => true
 * ```
 *
 * @category replies
 * @since 0.1.0
 */
export const status = (
  code: number,
  options: {
    readonly headers?: Readonly<Record<string, string>> | undefined
    readonly message?: string | undefined
    readonly type?: string | undefined
    readonly code?: string | undefined
    /** Sent in place of the error: a text as it is, anything else as JSON. */
    readonly body?: Schema.Json | Uint8Array | undefined
  } = {}
): OpenAiFault => {
  const { body, headers, message = `The server gives status ${code}`, type = "server_error" } = options
  if (body === undefined) return instead(Wire.error(code, message, { type, code: options.code ?? null }, headers))
  if (typeof body !== "string" && !(body instanceof Uint8Array)) return instead(Wire.json(body, code, headers))
  return instead([
    Wire.Head({ status: code, headers: { "content-type": "text/html", ...headers } }),
    Wire.Bytes({ bytes: typeof body === "string" ? Wire.utf8(body) : body })
  ])
}

/**
 * A body with status 200: a text as it is, such as the HTML of a proxy, anything else as JSON.
 *
 * @category replies
 * @since 0.1.0
 */
export const body = (
  body: Schema.Json | Uint8Array,
  headers?: Readonly<Record<string, string>> | undefined
): OpenAiFault => status(200, { body, headers })

/**
 * A stream of these events: a text as it is, such as `"[DONE]"`, anything else as JSON. Then the reply ends.
 *
 * @category replies
 * @since 0.1.0
 */
export const events = (events: ReadonlyArray<Schema.Json>): OpenAiFault =>
  instead([
    Wire.Head({ status: 200, headers: { "content-type": "text/event-stream" } }),
    ...events.map((data) => Wire.Event({ data }))
  ])

/**
 * The reply with other JSON: that of the body, or of each event of a stream.
 *
 * **Example** (Embeddings in another order)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { FakeOpenAi, OpenAiFault } from "@effect-pocketflow/testing"
 *
 * const reversed = OpenAiFault.edit((body) => ({ ...body, data: (body.data as Array<never>).toReversed() }))
 *
 * const program = Effect.gen(function* () {
 *   const { baseURL } = yield* FakeOpenAi.make({ faults: { 0: reversed } })
 *   const { data }: any = yield* Effect.promise(async () => {
 *     const body = JSON.stringify({ model: "any", input: ["a", "b"] })
 *     return (await fetch(`${baseURL}/embeddings`, { method: "POST", body })).json()
 *   })
 *   return data.map(({ index }: { index: number }) => index)
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program) // => [1, 0]
 * ```
 *
 * @category replies
 * @since 0.1.0
 */
export const edit = (change: (json: Schema.JsonObject) => Schema.Json): OpenAiFault => changed(Steps.editJson(change))

/**
 * No choices.
 *
 * @category replies
 * @since 0.1.0
 */
export const emptyChoices: OpenAiFault = edit((json) => ({ ...json, choices: [] }))

/**
 * A message that says nothing: `content` is `null`.
 *
 * @category replies
 * @since 0.1.0
 */
export const nullContent: OpenAiFault = changed(Steps.editMessages((message) => ({ ...message, content: null })))

/**
 * A refusal in place of the text.
 *
 * @category replies
 * @since 0.1.0
 */
export const refusal = (text: string): OpenAiFault =>
  // In a stream the first event is the one with a role.
  changed(Steps.editMessages(({ role }) => (role === undefined ? {} : { role, content: null, refusal: text })))

/**
 * Another `finish_reason`: `"length"` for an answer that is cut off, `null` for one that has no end.
 *
 * @category replies
 * @since 0.1.0
 */
export const finishReason = (reason: string | null): OpenAiFault =>
  changed(
    Steps.editChoices((choice) => (choice.finish_reason === null ? choice : { ...choice, finish_reason: reason }))
  )

/**
 * A text of so many bytes, or without end (`Infinity`); this process holds a small part of it only. A stream gives it in
 * many events.
 *
 * @category replies
 * @since 0.1.0
 */
export const large = (bytes: number): OpenAiFault => changed(Steps.fill(bytes, { events: "many" }))

/**
 * As `large`, but a stream gives the text in one event, on one line.
 *
 * @category replies
 * @since 0.1.0
 */
export const longLine = (bytes: number): OpenAiFault => changed(Steps.fill(bytes, { events: "one" }))

/**
 * Bytes that are no UTF-8, in the middle of a text; the JSON around it is right.
 *
 * @category replies
 * @since 0.1.0
 */
export const invalidUtf8: OpenAiFault = changed(Steps.fill(3, { events: "one", byte: 0xff }))

/**
 * An error in a stream, after so many events.
 *
 * @category replies
 * @since 0.1.0
 */
export const errorEvent = (after: number, message = "The server had an error"): OpenAiFault =>
  changed(
    Steps.endAfter(after, [Wire.Event({ data: { error: { message, type: "server_error", param: null, code: null } } })])
  )

// -----------------------------------------------------------------------------
// Replies that end early
// -----------------------------------------------------------------------------

/**
 * The connection is reset before the head of the reply.
 *
 * @category ends
 * @since 0.1.0
 */
export const resetBeforeHead: OpenAiFault = instead([Wire.Close({ reset: true })])

/**
 * The connection is reset in the middle of the body; of a stream, after its second event.
 *
 * @category ends
 * @since 0.1.0
 */
export const resetInBody: OpenAiFault = changed(Steps.endAfter(2, [flush, Wire.Close({ reset: true })]))

/**
 * The connection is reset in the middle of a chunk of HTTP's transfer encoding.
 *
 * @category ends
 * @since 0.1.0
 */
export const resetInChunk: OpenAiFault = changed(
  Steps.endAfter(2, [Wire.Raw({ text: "3e8\r\n{" }), flush, Wire.Close({ reset: true })])
)

/**
 * The connection is closed in the middle of the body, without an error; of a stream, after its second event.
 *
 * @category ends
 * @since 0.1.0
 */
export const closeInBody: OpenAiFault = changed(Steps.endAfter(2, [Wire.Close({ reset: false })]))

/**
 * The first half of the body, as if that were all of it. With `contentLength: "whole"` the head promises all of it, and
 * the connection is closed.
 *
 * @category ends
 * @since 0.1.0
 */
export const truncated = (options: { readonly contentLength: "half" | "whole" }): OpenAiFault =>
  changed(Steps.truncate(options.contentLength))

/**
 * A stream ends after so many events. Nothing is wrong with the connection.
 *
 * @category ends
 * @since 0.1.0
 */
export const cut = (after: number): OpenAiFault => changed(Steps.endAfter(after, []))

/**
 * A stream without its last event, `[DONE]`.
 *
 * @category ends
 * @since 0.1.0
 */
export const withoutDone: OpenAiFault = changed(function* (steps) {
  for (const step of steps) if (!Wire.$is("Event")(step) || step.data !== "[DONE]") yield step
})

// -----------------------------------------------------------------------------
// Slow replies
// -----------------------------------------------------------------------------

/**
 * No reply at all.
 *
 * @category delays
 * @since 0.1.0
 */
export const silence: OpenAiFault = instead([Wire.Wait({ until: Effect.never })])

/**
 * The head of the reply comes late.
 *
 * @category delays
 * @since 0.1.0
 */
export const slowHead = (delay: Duration.Input): OpenAiFault =>
  changed(function* (steps) {
    yield Wire.sleep(delay)
    yield* steps
  })

/**
 * Nothing more comes after the first half of the body, or after so many events of a stream.
 *
 * @category delays
 * @since 0.1.0
 */
export const stall = (after = 2): OpenAiFault => changed(Steps.endAfter(after, [Wire.Wait({ until: Effect.never })]))

/**
 * The body comes so many bytes at a time.
 *
 * @category delays
 * @since 0.1.0
 */
export const drip = (options: { readonly bytes: number; readonly every: Duration.Input }): OpenAiFault =>
  changed(Steps.drip(options.bytes, options.every))

/**
 * Each byte of a character that has several comes in a chunk of its own.
 *
 * @category delays
 * @since 0.1.0
 */
export const splitCodePoints: OpenAiFault = changed(Steps.splitCodePoints)

// internal, as functions: the constants above need them

function changed(change: (steps: Wire.Steps) => Wire.Steps): OpenAiFault {
  return make(Effect.map(change))
}

function instead(steps: Wire.Steps): OpenAiFault {
  return make(() => Effect.succeed(steps))
}

function make(change: Fault.Fault["change"]): OpenAiFault {
  const fault: Fault.Fault = { [TypeId]: TypeId, change }
  return fault
}
