/**
 * What goes wrong between here and the server, as `AiError` reasons.
 *
 * Only chosen facts are copied into a reason, never the client's own errors:
 * those hold whole requests and responses. Every copied text has the key
 * replaced first, since servers do echo it.
 */
import * as AiError from "effect/ai/AiError"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as retryAfter from "./retryAfter.ts"

export interface Failures {
  /** Where requests go. */
  readonly url: string

  /** For what the client throws, or the reader of a body. */
  readonly fromThrown: (thrown: unknown, reason: AiError.NetworkError["reason"]) => AiError.NetworkError

  /** For a reply that is too late, or that ended too early. */
  readonly network: (description: string) => AiError.NetworkError

  /** For a reply whose status is no success. */
  readonly fromStatus: (response: Response, body: string, now: number) => AiError.AiErrorReason

  /** For an error in the middle of a stream. */
  readonly fromEvent: (data: unknown) => AiError.AiErrorReason

  /** For a reply that the server of this protocol would not give, with an `excerpt` of it. */
  readonly invalidResponse: (description: string, response: Response, excerpt?: string) => AiError.InvalidResponseError

  /** A text that is shown, without the key that the server may have echoed. */
  readonly clean: (text: string) => string

  /** The beginning of a text that may be large, to be shown. It holds neither the key nor the rest in memory. */
  readonly excerpt: (text: string) => string

  /** What a reply says, without the key: as it is, where there is none. */
  readonly cleanJson: (value: unknown) => unknown

  /** The value of a JSON text, without the key; nothing if it is none, or nested too deeply. */
  readonly parse: (json: string) => Option.Option<unknown>

  /** How much of the end of a text may be the beginning of the key. */
  readonly beginning: (text: string) => number
}

export const make = (base: URL, path: string, apiKey: string): Failures => {
  const clean = (text: string) => (apiKey === "" ? text : text.replaceAll(apiKey, "<redacted>"))
  // A short one, such as "ollama", is no secret but for form's sake, and a reply may well have the word.
  const secret = apiKey.length < 16 ? "" : apiKey
  const tells = (value: unknown): boolean => {
    if (typeof value === "string") return value.includes(secret)
    if (Array.isArray(value)) return value.some(tells)
    return (
      Predicate.isObject(value) && Object.entries(value).some(([key, value]) => key.includes(secret) || tells(value))
    )
  }
  const copyClean = (value: unknown): unknown => {
    if (typeof value === "string") return clean(value)
    if (Array.isArray(value)) return value.map(copyClean)
    if (!Predicate.isObject(value)) return value
    return Object.fromEntries(Object.entries(value).map(([key, value]) => [clean(key), copyClean(value)]))
  }
  const cleanJson = (value: unknown): unknown => (secret !== "" && tells(value) ? copyClean(value) : value)
  const parse = Option.liftThrowable((json: string) => cleanJson(JSON.parse(json)))
  const beginning = (text: string): number => {
    for (let length = Math.min(text.length, secret.length - 1); length > 0; length--) {
      if (text.endsWith(secret.slice(0, length))) return length
    }
    return 0
  }
  const excerpt = (text: string): string => {
    const start = clean(text.slice(0, 1000))
    // At its end there may be a part of the key.
    const whole = text.length > 1000 ? start.slice(0, start.length - beginning(start)) : start
    return whole.length > 500 ? `${copy(whole.slice(0, 500))}...` : copy(whole)
  }
  const method = "POST"
  const url = clean(`${base.protocol}//${base.host}${base.pathname.replace(/\/$/, "")}${path}`)

  const network = (reason: AiError.NetworkError["reason"], description: string) =>
    new AiError.NetworkError({ reason, method, url, description: clean(description) })

  const httpContext = ({ headers, status }: Response, body?: string | undefined): typeof AiError.HttpContext.Type => ({
    response: {
      status,
      headers: Object.fromEntries(
        [...headers].filter(([name]) => shownHeaders.includes(name)).map(([name, value]) => [name, clean(value)])
      )
    },
    body
  })

  /** What the server says of the error, in one of the shapes that servers give it. */
  const saidOf = (data: unknown) => {
    const { error, ...fields } = Option.getOrElse(decodeError(data), (): typeof ErrorBody.Type => ({}))
    const { code, message, type } = typeof error === "string" ? { message: error } : (error ?? fields)
    return { code: clean(String(code ?? type ?? "")), message: excerpt(message ?? "") }
  }

  return {
    url,
    clean,
    cleanJson,
    parse,
    excerpt,
    beginning,
    network: (description) => network("TransportError", description),
    fromThrown: (thrown, reason) => network(reason, messages(thrown)),
    fromStatus: (response, body, now) => {
      const { headers, status } = response
      const { code, message } = saidOf(Option.getOrUndefined(parse(body)))
      const requestId = clean(headers.get("x-request-id") ?? "")
      const description = AiError.buildErrorDescription({
        status,
        message: message || excerpt(body),
        method,
        url,
        errorCode: code,
        requestId,
        body: undefined
      })
      const common = { metadata: { openai: { code, requestId } }, http: httpContext(response) }
      const known = fromCode(code, { ...common, description })
      if (known !== undefined) return known
      return status === 429
        ? new AiError.RateLimitError({
            ...common,
            retryAfter: retryAfter.fromHeaders((name) => headers.get(name) ?? undefined, now)
          })
        : AiError.reasonFromHttpStatus({ ...common, description, status: statusClass[status] ?? status })
    },
    fromEvent: (data) => {
      const { code, message } = saidOf(data)
      const common = { metadata: { openai: { code } }, description: message || "The server sent an error" }
      return fromCode(code, common) ?? new AiError.InternalProviderError(common)
    },
    invalidResponse: (description, response, excerpted) =>
      new AiError.InvalidResponseError({
        description: AiError.buildErrorDescription({
          status: response.status,
          message: excerpt(description),
          method,
          url,
          body: undefined
        }),
        http: httpContext(response, excerpted)
      })
  }
}

const Said = Schema.Struct({
  message: Schema.optional(Schema.NullOr(Schema.String)),
  type: Schema.optional(Schema.NullOr(Schema.String)),
  code: Schema.optional(Schema.NullOr(Schema.Union([Schema.String, Schema.Finite])))
})
const ErrorBody = Schema.Struct({
  ...Said.fields,
  error: Schema.optional(Schema.Union([Schema.String, Said]))
})
const decodeError = Schema.decodeUnknownOption(ErrorBody)

const fromCode = (
  code: string,
  {
    description,
    ...common
  }: { readonly description: string } & Omit<ConstructorParameters<typeof AiError.QuotaExhaustedError>[0], "_tag">
): AiError.AiErrorReason | undefined => {
  switch (code) {
    case "insufficient_quota":
      return new AiError.QuotaExhaustedError(common)
    case "content_filter":
    case "content_policy_violation":
      return new AiError.ContentPolicyError({ ...common, description })
    default:
      return undefined
  }
}

/** Statuses that `AiError.reasonFromHttpStatus` does not know: a wrong request, or one worth sending again. */
const statusClass: Record<number, number> = { 404: 400, 413: 400, 422: 400, 408: 500, 409: 500 }

const shownHeaders = ["content-type", "x-request-id", ...retryAfter.headers]

/** A slice keeps the whole text in memory; a copy does not. */
const copy = (text: string): string => Buffer.from(text, "utf16le").toString("utf16le")

/** The messages of an error and of what caused it. */
const messages = (error: unknown): string =>
  error instanceof Error
    ? error.cause === undefined
      ? error.message
      : `${error.message} ${messages(error.cause)}`
    : String(error)
