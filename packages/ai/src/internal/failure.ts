/**
 * What goes wrong between here and the server, as `AiError` reasons.
 *
 * Only chosen facts are copied into a reason, never the client's own errors:
 * those hold whole requests and responses. Every copied text has the key
 * replaced first, since servers do echo it.
 */
import * as Duration from "effect/Duration"
import * as AiError from "effect/ai/AiError"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

export interface Failures {
  /** Where requests go. */
  readonly url: string

  /** For what the client throws, or the reader of a body. */
  readonly fromThrown: (thrown: unknown, reason: AiError.NetworkError["reason"]) => AiError.NetworkError

  /** For a reply that is too late, or that ended too early. */
  readonly network: (description: string) => AiError.NetworkError

  /** For a reply whose status is no success. */
  readonly fromStatus: (response: Response, body: string) => AiError.AiErrorReason

  /** For an error in the middle of a stream. */
  readonly fromEvent: (data: unknown) => AiError.AiErrorReason

  /** For a reply that the server of this protocol would not give. */
  readonly invalidResponse: (description: string, response: Response, body?: string) => AiError.InvalidResponseError

  /** The text of a reply, without the key that the server may have echoed. */
  readonly clean: (text: string) => string

  /** The value of a JSON text, without the key; nothing if it is none, or nested too deeply. */
  readonly parse: (json: string) => Option.Option<unknown>
}

export const make = (base: URL, path: string, apiKey: string): Failures => {
  const clean = (text: string) => (apiKey === "" ? text : text.replaceAll(apiKey, "<redacted>"))
  const cleanJson = (value: unknown): unknown => {
    if (typeof value === "string") return clean(value)
    if (Array.isArray(value)) return value.map(cleanJson)
    if (!Predicate.isObject(value)) return value
    return Object.fromEntries(Object.entries(value).map(([key, value]) => [clean(key), cleanJson(value)]))
  }
  const parse = Option.liftThrowable((json: string) => cleanJson(JSON.parse(json)))
  const method = "POST"
  const url = clean(`${base.protocol}//${base.host}${base.pathname.replace(/\/$/, "")}${path}`)

  const network = (reason: AiError.NetworkError["reason"], description: string) =>
    new AiError.NetworkError({ reason, method, url, description: clean(description) })

  const httpContext = ({ headers, status }: Response, body?: string): typeof AiError.HttpContext.Type => ({
    response: {
      status,
      headers: Object.fromEntries(
        [...headers].filter(([name]) => shownHeaders.includes(name)).map(([name, value]) => [name, clean(value)])
      )
    },
    body: body === undefined ? undefined : excerpt(clean(body))
  })

  /** What the server says of the error, in one of the shapes that servers give it. */
  const saidOf = (data: unknown) => {
    const { error, ...fields } = Option.getOrElse(decodeError(data), (): typeof ErrorBody.Type => ({}))
    const { code, message, type } = typeof error === "string" ? { message: error } : (error ?? fields)
    return { code: clean(String(code ?? type ?? "")), message: excerpt(clean(message ?? "")) }
  }

  return {
    url,
    clean,
    parse,
    network: (description) => network("TransportError", description),
    fromThrown: (thrown, reason) => network(reason, messages(thrown)),
    fromStatus: (response, body) => {
      const { headers, status } = response
      const { code, message } = saidOf(Option.getOrUndefined(parse(body)))
      const requestId = clean(headers.get("x-request-id") ?? "")
      const description = AiError.buildErrorDescription({
        status,
        message: message || excerpt(clean(body)),
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
        ? new AiError.RateLimitError({ ...common, retryAfter: retryAfter(headers) })
        : AiError.reasonFromHttpStatus({ ...common, description, status: statusClass[status] ?? status })
    },
    fromEvent: (data) => {
      const { code, message } = saidOf(data)
      const common = { metadata: { openai: { code } }, description: message || "The server sent an error" }
      return fromCode(code, common) ?? new AiError.InternalProviderError(common)
    },
    invalidResponse: (description, response, body) =>
      new AiError.InvalidResponseError({
        description: AiError.buildErrorDescription({
          status: response.status,
          message: excerpt(clean(description)),
          method,
          url,
          body: undefined
        }),
        http: httpContext(response, body)
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

const shownHeaders = ["content-type", "retry-after", "x-request-id"]

const excerpt = (text: string): string => (text.length > 500 ? `${text.slice(0, 500)}...` : text)

/** The messages of an error and of what caused it. */
const messages = (error: unknown): string =>
  error instanceof Error
    ? error.cause === undefined
      ? error.message
      : `${error.message} ${messages(error.cause)}`
    : String(error)

/** The delay a server asks for: milliseconds, seconds, or a date (read against the server's own clock). */
const retryAfter = (headers: Headers): Duration.Duration | undefined => {
  const millis = headers.get("retry-after-ms")
  const after = headers.get("retry-after")
  if (millis !== null) return toDelay(Number(millis))
  if (after === null) return undefined
  if (/^\d+(\.\d+)?$/.test(after)) return toDelay(Number(after) * 1000)
  // `Date.parse` finds a date in almost any text; a header has the one form.
  return httpDate.test(after) ? toDelay(Date.parse(after) - Date.parse(headers.get("date") ?? "")) : undefined
}

const httpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

const toDelay = (millis: number): Duration.Duration | undefined =>
  Number.isFinite(millis) && millis >= 0 ? Duration.millis(millis) : undefined
