/**
 * What goes wrong between here and the server, as `AiError` reasons.
 *
 * Only chosen facts are copied into a reason, never the client's own errors:
 * those hold whole requests and responses. Every copied text has the secrets
 * replaced first, since servers do echo keys.
 */
import * as Duration from "effect/Duration"
import * as AiError from "effect/ai/AiError"
import OpenAI from "openai"

export interface Failures {
  /** Where requests go, without user and password. */
  readonly url: string

  /** For what the client throws; `otherwise` is what an exception of no known class means. */
  readonly fromThrown: (thrown: unknown, otherwise: AiError.NetworkError["reason"]) => AiError.AiErrorReason

  /** For a reply that a chat completions server would not give. */
  readonly invalidResponse: (description: string, response: Response, body?: string) => AiError.InvalidResponseError

  /** For a reply that ended too early. */
  readonly cutOff: (description: string) => AiError.NetworkError

  /** The text, or the JSON value, of a reply, without a secret that the server may have echoed. */
  readonly clean: (text: string) => string
  readonly cleanJson: <A>(value: A) => A
}

export const make = (baseURL: string, apiKey: string): Failures => {
  const base = URL.parse(baseURL)
  const secrets = [apiKey, base?.password ?? ""].filter((secret) => secret !== "")
  const clean = (text: string) => secrets.reduce((text, secret) => text.replaceAll(secret, "<redacted>"), text)
  const method = "POST"
  const shownBase = base === null ? baseURL : `${base.protocol}//${base.host}${base.pathname}`
  const url = `${shownBase.replace(/\/$/, "")}/chat/completions`

  const network = (reason: AiError.NetworkError["reason"], thrown: unknown) =>
    new AiError.NetworkError({ reason, method, url, description: clean(messages(thrown)) })

  const httpContext = (status: number, headers: Headers, body?: string): typeof AiError.HttpContext.Type => ({
    response: {
      status,
      headers: Object.fromEntries(
        [...headers].filter(([name]) => shownHeaders.includes(name)).map(([name, value]) => [name, clean(value)])
      )
    },
    body: body === undefined ? undefined : excerpt(clean(body))
  })

  const fromStatus = (error: InstanceType<typeof OpenAI.APIError>, status: number): AiError.AiErrorReason => {
    const headers = error.headers ?? new Headers()
    const code = clean(String(error.code ?? error.type ?? ""))
    const requestId = clean(error.requestID ?? "")
    const description = AiError.buildErrorDescription({
      status,
      message: excerpt(clean(error.message)),
      method,
      url,
      errorCode: code,
      requestId,
      body: undefined
    })
    const common = { metadata: { openai: { code, requestId } }, http: httpContext(status, headers) }
    switch (code) {
      case "insufficient_quota":
        return new AiError.QuotaExhaustedError(common)
      case "content_filter":
      case "content_policy_violation":
        return new AiError.ContentPolicyError({ ...common, description })
    }
    return status === 429
      ? new AiError.RateLimitError({ ...common, retryAfter: retryAfter(headers) })
      : AiError.reasonFromHttpStatus({ ...common, description, status: statusClass[status] ?? status })
  }

  const cleanJson = <A>(value: A): A => {
    const text = JSON.stringify(value) ?? ""
    const cleaned = clean(text)
    return cleaned === text ? value : JSON.parse(cleaned)
  }

  return {
    url,
    clean,
    cleanJson,
    fromThrown: (thrown, otherwise) => {
      if (thrown instanceof OpenAI.APIConnectionError) return network("TransportError", thrown)
      if (thrown instanceof OpenAI.APIError) {
        // An error that the server sent in the middle of a stream has no status.
        return thrown.status === undefined
          ? new AiError.InternalProviderError({ description: excerpt(clean(thrown.message)) })
          : fromStatus(thrown, thrown.status)
      }
      if (thrown instanceof SyntaxError) return new AiError.InvalidResponseError({ description: clean(thrown.message) })
      return network(base === null ? "InvalidUrlError" : otherwise, thrown)
    },
    invalidResponse: (description, response, body) =>
      new AiError.InvalidResponseError({
        description: AiError.buildErrorDescription({
          status: response.status,
          message: clean(description),
          method,
          url,
          body: undefined
        }),
        http: httpContext(response.status, response.headers, body)
      }),
    cutOff: (description) => new AiError.NetworkError({ reason: "TransportError", method, url, description })
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
