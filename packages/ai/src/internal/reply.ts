/** The text of a reply, part by part, as long as it keeps within its limits. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type * as AiError from "effect/ai/AiError"
import * as Sse from "effect/encoding/Sse"
import type { Failures } from "./failure.ts"
import { isError } from "./json.ts"

export interface Limits {
  readonly timeout: Duration.Duration
  readonly idleTimeout: Duration.Duration
  readonly maxReplyBytes: number
}

export interface Reply {
  readonly response: Response
  /** The whole body. */
  readonly text: Effect.Effect<string, AiError.AiErrorReason>
  /** The JSON of each server-sent event, up to `[DONE]` or the end of the body, whichever comes first. */
  readonly events: Stream.Stream<unknown, AiError.AiErrorReason>
}

/** `deadline` is the time at which `timeout` is over. */
export const make = (
  response: Response,
  options: Limits & { readonly deadline: number; readonly failures: Failures }
): Reply => {
  const { deadline, failures, idleTimeout, maxReplyBytes, timeout } = options
  const reader = response.body?.getReader()
  const decoder = new TextDecoder("utf-8", { fatal: true })
  const tooLarge = () => failures.invalidResponse(`The reply is larger than ${maxReplyBytes} bytes`, response)

  const readBytes = Effect.tryPromise({
    try: async () => (await reader?.read())?.value,
    catch: (thrown) => failures.fromThrown(thrown, "TransportError")
  })
  const readInTime = Effect.gen(function* () {
    const left = deadline - (yield* Clock.currentTimeMillis)
    const late = () => Effect.fail(failures.network(`The reply was not complete within ${Duration.format(timeout)}`))
    const silent = () => Effect.fail(failures.network(`The reply fell silent for ${Duration.format(idleTimeout)}`))
    if (left <= 0) return yield* late()
    return yield* left < Duration.toMillis(idleTimeout)
      ? Effect.timeoutOrElse(readBytes, { duration: left, orElse: late })
      : Effect.timeoutOrElse(readBytes, { duration: idleTimeout, orElse: silent })
  })
  /** The next part of the text and how many bytes it was; nothing at the end. */
  const read = Effect.flatMap(readInTime, (bytes) =>
    Effect.try({
      try: () => ({ text: decoder.decode(bytes, { stream: bytes !== undefined }), bytes: bytes?.length }),
      catch: () => failures.invalidResponse("The reply is not valid UTF-8", response)
    })
  )

  const text = Effect.gen(function* () {
    let whole = ""
    let size = 0
    for (;;) {
      const { bytes, text } = yield* read
      if (bytes === undefined) return whole
      size += bytes
      if (size > maxReplyBytes) return yield* tooLarge()
      whole += text
    }
  })

  const events = Stream.suspend(() => {
    const items: Array<Sse.Event> = []
    const parser = Sse.makeParser((event) => event._tag === "Event" && items.push(event), {
      maxEventSize: maxReplyBytes
    })
    return Stream.unfold(false, (ended) =>
      ended
        ? Effect.succeed(undefined)
        : Effect.flatMap(read, ({ bytes, text }) => {
            const last = bytes === undefined
            if (parser.feed(last ? "\n\n" : text) !== undefined) return Effect.fail(tooLarge())
            return Effect.succeed([items.splice(0).map(({ data, event }) => ({ data, event, last })), last] as const)
          })
    ).pipe(
      Stream.flattenIterable,
      Stream.takeWhile(({ data }) => data !== "[DONE]"),
      Stream.mapEffect(({ data, event, last }) => {
        const json = failures.parse(data)
        if (Option.isNone(json)) {
          // What the body ends with may lack its blank line, or be cut off.
          if (last) return Effect.succeed([])
          return Effect.fail(failures.invalidResponse("An event is not JSON", response, failures.excerpt(data)))
        }
        return event === "error" || isError(json.value)
          ? Effect.fail(failures.fromEvent(json.value))
          : Effect.succeed([json.value])
      }),
      Stream.flattenIterable
    )
  })

  return { response, text, events }
}
