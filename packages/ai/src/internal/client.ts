/**
 * The official client, and what it leaves open: how long a reply may take, how
 * large it may be, and whether it is text at all.
 *
 * The client makes the request; the reply is read here, by Effects, so that its
 * limits are timers of the `Clock` and interruption needs no other path.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type * as AiError from "effect/ai/AiError"
import OpenAI from "openai"
import type { Connection } from "../OpenAi.ts"
import * as Failure from "./failure.ts"
import * as Reply from "./reply.ts"

export interface Client {
  readonly failures: Failure.Failures
  readonly limits: Reply.Limits
  /**
   * Sends a request; gives the reply, if its status is a success. Leaving the scope aborts the request, also while the
   * reply is being read.
   */
  readonly send: (
    call: (client: OpenAI, init: { readonly signal: AbortSignal }) => { readonly asResponse: () => Promise<Response> }
  ) => Effect.Effect<Reply.Reply, AiError.AiErrorReason, Scope.Scope>
}

/** For requests to a path below the base URL. What is wrong with the options is thrown. */
export const make = (connection: Connection, path: string): Client => {
  const key = connection.apiKey === undefined ? "" : keyOf(connection.apiKey)
  const base = parseBaseURL(connection.baseURL ?? "https://api.openai.com/v1")
  if (base === undefined) throw new TypeError(`OpenAi: the option "baseURL" ${mustBeURL}`)
  const limits: Reply.Limits = {
    timeout: Duration.fromInputUnsafe(connection.timeout ?? "10 minutes"),
    idleTimeout: Duration.fromInputUnsafe(connection.idleTimeout ?? "2 minutes"),
    maxReplyBytes: connection.maxReplyBytes ?? 8 * 1024 * 1024
  }
  for (const [name, limit] of Object.entries(limits)) {
    if (!((Duration.isDuration(limit) ? Duration.toMillis(limit) : limit) > 0)) {
      throw new RangeError(`OpenAi: the option "${name}" must be more than 0`)
    }
  }
  const client = new OpenAI({
    baseURL: connection.baseURL ?? null,
    // The client insists on a key; without one the header is left out.
    apiKey: key || "none",
    defaultHeaders: key === "" ? { Authorization: null } : {},
    // Retries, logs and time limits are not the client's.
    maxRetries: 0,
    logLevel: "off",
    timeout: 2 ** 31 - 1,
    fetch: fetchSuccess,
    // `null` instead of what the client finds in the environment.
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null
  })
  const failures = Failure.make(base, path, key)

  return {
    failures,
    limits,
    send: Effect.fnUntraced(function* (call) {
      const { timeout } = limits
      const deadline = (yield* Clock.currentTimeMillis) + Duration.toMillis(timeout)
      const signal = yield* Effect.abortSignal
      const response = yield* Effect.tryPromise({
        try: () => call(client, { signal }).asResponse().catch(responseOf),
        catch: (thrown) =>
          failures.fromThrown(thrown, thrown instanceof OpenAI.APIConnectionError ? "TransportError" : "EncodeError")
      }).pipe(
        Effect.timeoutOrElse({
          duration: timeout,
          orElse: () => Effect.fail(failures.network(`No reply within ${Duration.format(timeout)}`))
        })
      )
      const reply = Reply.make(response, { ...limits, deadline, failures })
      if (response.ok) return reply
      // What the server says of its error may break off as well.
      const body = yield* Effect.orElseSucceed(reply.text, () => "")
      return yield* failures.fromStatus(response, body, yield* Clock.currentTimeMillis)
    })
  }
}

/** The URL of a server, or nothing. `fetch` takes none with a user. */
export const parseBaseURL = (text: string): URL | undefined => {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) && url.username + url.password === "" ? url : undefined
}

/** It is not shown, since it may hold a password. */
export const mustBeURL = 'must be a URL that begins with "http://" or "https://", without a user in it'

/** A key as it is sent, since `fetch` leaves out the space around it; nothing, if no header can hold it. */
export const parseKey = (text: string): string | undefined => {
  const key = text.trim()
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(key) ? key : undefined
}

export const mustFitHeader = "must be text that a header can hold"

const keyOf = (apiKey: Redacted.Redacted): string => {
  // Those who write no types may give a text as it is.
  const text: unknown = Redacted.isRedacted(apiKey) ? Redacted.value(apiKey) : undefined
  if (typeof text !== "string") throw new TypeError('OpenAi: the option "apiKey" must be a Redacted text')
  const key = parseKey(text)
  if (key === undefined) throw new TypeError(`OpenAi: the option "apiKey" ${mustFitHeader}`)
  return key
}

/** Takes a reply with an error past the client, which would read it without a limit. */
class ErrorReply extends Error {
  readonly response: Response
  constructor(response: Response) {
    super(`status ${response.status}`)
    this.response = response
  }
}

const fetchSuccess: typeof fetch = async (...args) => {
  const response = await fetch(...args)
  if (!response.ok) throw new ErrorReply(response)
  return response
}

const responseOf = (thrown: unknown): Response => {
  if (thrown instanceof Error && thrown.cause instanceof ErrorReply) return thrown.cause.response
  throw thrown
}
