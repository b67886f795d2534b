/**
 * Model calls over real HTTP: what a server or a network can do to a call and to a stream.
 *
 * Whatever it is, a call ends in time, with the typed error of its kind, after as many requests as its caller wanted; an
 * answer that is not whole is no success.
 */
import { assert, describe, it } from "@effect/vitest"
import { FakeOpenAi, OpenAiFault } from "@effect-pocketflow/testing"
import { Duration, Effect } from "effect"
import type { AiError } from "effect/ai"
import type { OpenAi } from "../../../packages/ai/src/index.ts"
import { calls, chunk, errorOf, hello, modelOf, serve, streamed } from "../../ai/support.ts"
import { both, type Form, forms, short, shortSilence, textOf } from "./support.ts"

interface Row {
  readonly name: string
  readonly fault: OpenAiFault.OpenAiFault
  readonly tag: AiError.AiErrorReason["_tag"]
  readonly retryable: boolean
  readonly says: string
  readonly forms?: ReadonlyArray<Form>
  readonly retryAfter?: number
  readonly options?: Partial<OpenAi.Options>
}

const network = { tag: "NetworkError", retryable: true } as const
const invalid = { tag: "InvalidResponseError", retryable: false } as const

const statuses = (
  [
    [400, "InvalidRequestError", false],
    [401, "AuthenticationError", false],
    [403, "AuthenticationError", false],
    [404, "InvalidRequestError", false],
    [408, "InternalProviderError", true],
    [409, "InternalProviderError", true],
    [418, "UnknownError", false],
    [422, "InvalidRequestError", false],
    [429, "RateLimitError", true],
    [500, "InternalProviderError", true],
    [502, "InternalProviderError", true],
    [503, "InternalProviderError", true],
    [529, "InternalProviderError", true]
  ] as const
).map(([status, tag, retryable]): Row => ({
  name: `status ${status}`,
  // `x-should-retry` is for the client's own retries.
  fault: OpenAiFault.status(status, { message: "the server's words", headers: { "x-should-retry": "true" } }),
  tag,
  retryable,
  says: status === 429 ? "Rate limit" : "the server's words"
}))

const date = "Thu, 01 Jan 2026 00:00:00 GMT"
const retryAfters = (
  [
    [{ "retry-after": "70" }, 70_000],
    [{ "retry-after": "0" }, 0],
    [{ "retry-after": "1.5" }, 1500],
    [{ "retry-after-ms": "1500", "retry-after": "9" }, 1500],
    [{ date, "retry-after": "Thu, 01 Jan 2026 00:01:00 GMT" }, 60_000],
    // The forms of a date before RFC 1123.
    [{ date, "retry-after": "Thursday, 01-Jan-26 00:02:00 GMT" }, 120_000],
    [{ date, "retry-after": "Thu Jan  1 00:03:00 2026" }, 180_000],
    // The server is past it: no wait.
    [{ date, "retry-after": "Wed, 31 Dec 2025 00:00:00 GMT" }, 0],
    [{ "retry-after": "-1" }, undefined],
    [{ "retry-after": "soon" }, undefined],
    [{ "retry-after": "soon 12345" }, undefined],
    [{ "retry-after": "sk-canary-12345" }, undefined],
    [{ "retry-after": "" }, undefined]
  ] as const
).map(([headers, millis]): Row => ({
  name: `429 with ${JSON.stringify(headers)}`,
  fault: OpenAiFault.status(429, { headers }),
  tag: "RateLimitError",
  retryable: true,
  says: "Rate limit",
  ...(millis === undefined ? {} : { retryAfter: millis })
}))

const tenMegabytes = 10 * 1024 * 1024

const nested = "[".repeat(100_000) + "]".repeat(100_000)
const deep = [nested, `{"choices":${nested}}`, `{"id":${nested}}`, `{"choices":[{"message":{"content":${nested}}}]}`]

const rows: ReadonlyArray<Row> = [
  ...statuses,
  ...retryAfters,
  { name: "a reset before the head", fault: OpenAiFault.resetBeforeHead, ...network, says: "ECONNRESET" },
  { name: "a reset in the body", fault: OpenAiFault.resetInBody, ...network, says: "terminated" },
  { name: "a reset in a chunk", fault: OpenAiFault.resetInChunk, ...network, says: "terminated" },
  { name: "a connection closed in the body", fault: OpenAiFault.closeInBody, ...network, says: "terminated" },
  { name: "no head", fault: OpenAiFault.silence, ...network, says: "No reply within 300ms", options: short },
  {
    name: "a slow head",
    fault: OpenAiFault.slowHead("10 seconds"),
    ...network,
    says: "No reply within",
    options: short
  },
  {
    name: "a byte now and then",
    fault: OpenAiFault.drip({ bytes: 1, every: "50 millis" }),
    ...network,
    says: "The reply was not complete within 300ms",
    options: short
  },
  {
    name: "silence in the middle",
    fault: OpenAiFault.stall(),
    ...network,
    says: "The reply fell silent for 100ms",
    options: shortSilence
  },
  {
    name: "silence beyond the deadline",
    fault: OpenAiFault.stall(),
    ...network,
    says: "The reply was not complete within 300ms",
    options: short
  },
  {
    name: "silence in the middle of an error",
    fault: OpenAiFault.compose(OpenAiFault.status(500), OpenAiFault.stall()),
    tag: "InternalProviderError",
    retryable: true,
    says: "500",
    options: shortSilence
  },
  {
    name: "an error without end",
    fault: OpenAiFault.compose(OpenAiFault.status(500, { body: { content: "x" } }), OpenAiFault.large(Infinity)),
    tag: "InternalProviderError",
    retryable: true,
    says: "500"
  },
  {
    name: "HTML with status 200",
    fault: OpenAiFault.body("<p>Sign in</p>"),
    ...invalid,
    says: "The reply is text/html, not JSON",
    forms: ["call"]
  },
  {
    name: "HTML with status 200",
    fault: OpenAiFault.body("<p>Sign in</p>"),
    ...invalid,
    says: "no server-sent events",
    forms: ["stream"]
  },
  {
    name: "truncated JSON, of the right length",
    fault: OpenAiFault.truncated({ contentLength: "half" }),
    ...invalid,
    says: "The reply is not JSON",
    forms: ["call"]
  },
  {
    name: "a truncated stream, of the right length",
    fault: OpenAiFault.truncated({ contentLength: "half" }),
    ...network,
    says: "The stream ended before the answer did",
    forms: ["stream"]
  },
  ...deep.map((json): Row => ({
    name: `JSON of depth 100,000 in ${json.slice(0, 12)}`,
    fault: OpenAiFault.body(`data: ${json}\n\n`),
    ...invalid,
    says: "",
    forms: ["stream"]
  })),
  ...deep.map((json): Row => ({
    name: `JSON of depth 100,000 in ${json.slice(0, 12)}`,
    fault: OpenAiFault.body(json),
    ...invalid,
    says: "",
    forms: ["call"]
  })),
  {
    name: "an error of depth 100,000",
    fault: OpenAiFault.status(500, { body: `{"error":${nested}}` }),
    tag: "InternalProviderError",
    retryable: true,
    says: "[[["
  },
  {
    name: "less than the promised length",
    fault: OpenAiFault.truncated({ contentLength: "whole" }),
    ...network,
    says: "terminated"
  },
  { name: "no choices", fault: OpenAiFault.emptyChoices, ...invalid, says: "no choices", forms: ["call"] },
  {
    name: "no choices",
    fault: OpenAiFault.emptyChoices,
    ...network,
    says: "The stream ended before the answer did",
    forms: ["stream"]
  },
  {
    name: "null content",
    fault: OpenAiFault.nullContent,
    tag: "InvalidOutputError",
    retryable: true,
    says: "The model said nothing"
  },
  {
    name: "a refusal",
    fault: OpenAiFault.refusal("I cannot help with that."),
    tag: "ContentPolicyError",
    retryable: false,
    says: "I cannot help with that."
  },
  {
    name: "finish_reason length",
    fault: OpenAiFault.finishReason("length"),
    tag: "InvalidOutputError",
    retryable: true,
    says: "The answer is cut off at the token limit"
  },
  { name: "invalid UTF-8", fault: OpenAiFault.invalidUtf8, ...invalid, says: "The reply is not valid UTF-8" },
  {
    name: "10 MB",
    fault: OpenAiFault.large(tenMegabytes),
    ...invalid,
    says: "larger than 8388608 bytes"
  },
  { name: "no end", fault: OpenAiFault.large(Infinity), ...invalid, says: "larger than 8388608 bytes" },
  {
    name: "a line of 10 MB",
    fault: OpenAiFault.longLine(tenMegabytes),
    ...invalid,
    says: "larger than 8388608 bytes",
    forms: ["stream"]
  },
  {
    name: "many bytes in many tool calls",
    fault: OpenAiFault.events(
      Array.from({ length: 100 }, (_, index) =>
        chunk({ tool_calls: [{ index, id: `${index}`, function: { name: "a", arguments: "x".repeat(100) } }] })
      )
    ),
    ...invalid,
    says: "larger than 5000 bytes",
    forms: ["stream"],
    options: { maxReplyBytes: 5000 }
  },
  {
    name: "a stream that is cut",
    fault: OpenAiFault.cut(2),
    ...network,
    says: "The stream ended before the answer did",
    forms: ["stream"]
  },
  {
    name: "an error in the middle",
    fault: OpenAiFault.errorEvent(2, "overloaded"),
    tag: "InternalProviderError",
    retryable: true,
    says: "overloaded",
    forms: ["stream"]
  },
  {
    name: "an error with status 200",
    fault: OpenAiFault.body({ error: { message: "overloaded" } }),
    tag: "InternalProviderError",
    retryable: true,
    says: "overloaded",
    forms: ["call"]
  },
  {
    name: "no quota left, with status 200",
    fault: OpenAiFault.body({ error: { message: "m", code: "insufficient_quota" } }),
    tag: "QuotaExhaustedError",
    retryable: false,
    says: "",
    forms: ["call"]
  },
  {
    name: "no quota left, said in the middle",
    fault: OpenAiFault.events([chunk({ content: "Hi" }), { error: { message: "m", code: "insufficient_quota" } }]),
    tag: "QuotaExhaustedError",
    retryable: false,
    says: "",
    forms: ["stream"]
  }
]

describe.each(both)("a %s that meets", (form) => {
  for (const row of rows.filter(({ forms = both }) => forms.includes(form))) {
    it.live(`${row.name} is a ${row.tag}, asked as often as wanted`, () =>
      Effect.gen(function* () {
        const { fault, options, retryAfter, retryable, says, tag } = row
        const server = yield* serve(fault)
        const call = Effect.provide(forms[form], modelOf(server, options))
        const error = errorOf(yield* Effect.exit(call))
        assert.strictEqual((yield* server.requests).length, 1)
        assert.deepStrictEqual(
          {
            tag: error.reason._tag,
            retryable: error.isRetryable,
            retryAfter: error.retryAfter && Duration.toMillis(error.retryAfter),
            where: `${error.module}.${error.method}`
          },
          { tag, retryable, retryAfter, where: form === "call" ? "OpenAi.generateText" : "OpenAi.streamText" }
        )
        assert.include(error.message, says)
        yield* Effect.exit(Effect.retry(call, { times: 2 }))
        assert.strictEqual((yield* server.requests).length, 4)
      })
    )
  }
})

describe("what is whole is a success", () => {
  const said = "Grüße, 世界 👋"

  it.live.each([
    { name: "split code points", fault: OpenAiFault.splitCodePoints },
    { name: "a head that comes in time", fault: OpenAiFault.slowHead("20 millis") },
    { name: "bytes that drip in time", fault: OpenAiFault.drip({ bytes: 50, every: "1 millis" }) },
    { name: "no [DONE]", fault: OpenAiFault.withoutDone },
    { name: "an error that is null", fault: OpenAiFault.edit((json) => ({ ...json, error: null })) }
  ])("$name", ({ fault }) =>
    Effect.gen(function* () {
      for (const call of calls) {
        const server = yield* FakeOpenAi.make({ replies: [said], faults: { 0: fault } })
        assert.strictEqual(textOf(yield* Effect.provide(call, modelOf(server))), said)
      }
    })
  )

  it.live("a reply just below the limit, and a stream that is longer in bytes but not in text", () =>
    Effect.gen(function* () {
      const server = yield* serve("x".repeat(10_000))
      assert.strictEqual(
        textOf(yield* Effect.provide(hello, modelOf(server, { maxReplyBytes: 11_000 }))).length,
        10_000
      )
      const long = yield* serve("x ".repeat(500))
      assert.strictEqual(textOf(yield* Effect.provide(streamed, modelOf(long, { maxReplyBytes: 1000 }))).length, 1000)
    })
  )
})
