/** A reply as what happens on its connection, step by step. A fault changes the steps. */
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type * as Http from "node:http"

export type Step = Data.TaggedEnum<{
  Head: { readonly status: number; readonly headers: Readonly<Record<string, string>> }
  /** A body as JSON. */
  Json: { readonly value: Schema.Json }
  /** A server-sent event; a text stays as it is, anything else becomes JSON. */
  Event: { readonly data: Schema.Json }
  Bytes: { readonly bytes: Uint8Array }
  /** Bytes outside of HTTP's framing. */
  Raw: { readonly text: string }
  Wait: { readonly until: Effect.Effect<unknown> }
  /** The end of the connection in the middle of the reply: with an error for the other side, or without. */
  Close: { readonly reset: boolean }
}>
export const { $is, Bytes, Close, Event, Head, Json, Raw, Wait } = Data.taggedEnum<Step>()

export type Steps = Iterable<Step>

export const json = (value: Schema.Json, status = 200, headers: Readonly<Record<string, string>> = {}): Steps => [
  Head({ status, headers: { "content-type": "application/json", ...headers } }),
  Json({ value })
]

/** An error in the shape of OpenAI. */
export const error = (
  status: number,
  message: string,
  { code = null, type = "invalid_request_error" }: { readonly code?: string | null; readonly type?: string } = {},
  headers?: Readonly<Record<string, string>>
): Steps => json({ error: { message, type, param: null, code } }, status, headers)

/** Time passes as it does for the other side of the connection, also where the test has its own clock. */
export const sleep = (duration: Duration.Input): Step =>
  Wait({ until: Effect.provideService(Effect.sleep(duration), Clock.Clock, Clock.Clock.defaultValue()) })

export type Content = Extract<Step, { readonly _tag: "Json" | "Event" | "Bytes" }>

export const isContent = (step: Step): step is Content => $is("Json")(step) || $is("Event")(step) || $is("Bytes")(step)

export const toBytes = (step: Content): Uint8Array => {
  if (step._tag === "Bytes") return step.bytes
  if (step._tag === "Json") return utf8(JSON.stringify(step.value))
  return utf8(`data: ${typeof step.data === "string" ? step.data : JSON.stringify(step.data)}\n\n`)
}

export const utf8 = (text: string): Uint8Array => Buffer.from(text, "utf8")

/** Takes the steps of a reply, each when the one before has left this process. */
export const send = Effect.fnUntraced(function* (steps: Steps, response: Http.ServerResponse) {
  for (const step of steps) {
    switch (step._tag) {
      case "Head":
        response.writeHead(step.status, step.headers)
        response.flushHeaders()
        break
      case "Wait":
        yield* step.until
        break
      case "Raw":
        yield* written((done) => response.socket?.write(step.text, done))
        break
      case "Close":
        if (step.reset) response.socket?.resetAndDestroy()
        else response.socket?.destroySoon()
        return
      default:
        yield* written((done) => response.write(toBytes(step), done))
    }
  }
  yield* written((done) => response.end(done))
})

/** What cannot be written any more waits for the end of its request. */
const written = (write: (done: (error?: Error | null) => void) => void): Effect.Effect<void> =>
  Effect.callback((resume) => write((error) => resume(error ? Effect.never : Effect.void)))
