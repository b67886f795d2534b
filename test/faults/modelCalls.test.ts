/**
 * Model calls over real HTTP: what a server or a network can do to a call and to a stream.
 *
 * Whatever it is, a call ends in time, with the typed error of its kind, after as many requests as its caller wanted; an
 * answer that is not whole is no success, memory is bounded, and nothing shows the key.
 */
import { assert, describe, it } from "@effect/vitest"
import { FakeOpenAi, OpenAiFault } from "@effect-pocketflow/testing"
import { Cause, Deferred, Duration, Effect, Exit, Fiber, Logger, Redacted, Schema, type Scope, Stream } from "effect"
import { type AiError, LanguageModel, Tool, Toolkit } from "effect/ai"
import { TestClock } from "effect/testing"
import { execFile } from "node:child_process"
import { inspect, promisify } from "node:util"
import { vi } from "vitest"
import type { OpenAi } from "../../packages/ai/src/index.ts"
import { calls, canary, chunk, errorOf, hello, modelOf, serve, shown, streamed, traced } from "../ai/support.ts"

type Form = "call" | "stream"
const forms: Record<Form, (typeof calls)[number]> = { call: hello, stream: streamed }
const both: ReadonlyArray<Form> = ["call", "stream"]

const textOf = (parts: unknown): string =>
  Array.isArray(parts)
    ? parts.map((part) => (part.type === "text-delta" ? part.delta : "")).join("")
    : (parts as { text: string }).text

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
    [{ date, "retry-after": "Wed, 31 Dec 2025 00:00:00 GMT" }, undefined],
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
// The limit that is not meant is far off, for slow machines.
const short: Partial<OpenAi.Options> = { timeout: "300 millis", idleTimeout: "10 seconds" }
const shortSilence: Partial<OpenAi.Options> = { timeout: "10 seconds", idleTimeout: "100 millis" }

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
  { name: "HTML with status 200", fault: OpenAiFault.body("<p>Sign in</p>"), ...invalid, says: "", forms: ["call"] },
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
    { name: "no [DONE]", fault: OpenAiFault.withoutDone }
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

describe("truncation is never a success", () => {
  it.live("of a body, at any byte", () =>
    Effect.gen(function* () {
      const whole = JSON.stringify({
        choices: [{ index: 0, message: { role: "assistant", content: "four" }, finish_reason: "stop" }],
        usage: { prompt_tokens: 1 }
      })
      const server = yield* FakeOpenAi.make({
        replies: Array.from({ length: whole.length + 1 }, (_, end) => OpenAiFault.body(whole.slice(0, end)))
      })
      const exits = yield* Effect.forEach(Array.from({ length: whole.length + 1 }), () => Effect.exit(hello)).pipe(
        Effect.provide(modelOf(server))
      )
      assert.deepStrictEqual(
        exits.flatMap((exit, end) => (Exit.isSuccess(exit) ? [end] : [])),
        [whole.length]
      )
    })
  )

  it.live("of a stream, at any byte before its finish_reason", () =>
    Effect.gen(function* () {
      const events = [
        chunk({ role: "assistant", content: "" }),
        chunk({ content: "one " }),
        chunk({ content: "two" }),
        chunk({}, "stop")
      ]
      const whole = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("")
      const headers = { "content-type": "text/event-stream" }
      const server = yield* FakeOpenAi.make({
        replies: Array.from({ length: whole.length + 1 }, (_, end) => OpenAiFault.body(whole.slice(0, end), headers))
      })
      const exits = yield* Effect.forEach(Array.from({ length: whole.length + 1 }), () => Effect.exit(streamed)).pipe(
        Effect.provide(modelOf(server))
      )
      assert.deepStrictEqual(
        exits.flatMap((exit, end) => (Exit.isSuccess(exit) ? [end] : [])),
        // The last event is whole without the lines that end it.
        [whole.length - 2, whole.length - 1, whole.length]
      )
      for (const exit of exits) if (Exit.isFailure(exit)) assert.isTrue(errorOf(exit).isRetryable)
    })
  )
})

describe("time limits", () => {
  it.live.each([
    { name: "no head", fault: OpenAiFault.silence, limits: short, limit: 300 },
    {
      name: "a byte now and then",
      fault: OpenAiFault.drip({ bytes: 1, every: "20 millis" }),
      limits: short,
      limit: 300
    },
    { name: "silence in the middle", fault: OpenAiFault.stall(), limits: shortSilence, limit: 100 }
  ])("$name ends at its limit of $limit ms", ({ fault, limit, limits }) =>
    Effect.gen(function* () {
      for (const call of calls) {
        const server = yield* serve(fault)
        const start = performance.now()
        errorOf(yield* Effect.exit(Effect.provide(call, modelOf(server, limits))))
        const elapsed = performance.now() - start
        assert.isAtLeast(elapsed, limit - 2)
        assert.isBelow(elapsed, limit + 1000)
        yield* server.aborted(0)
      }
    })
  )

  /** Lets virtual time pass until the call has ended; gives how much it was, and the error. */
  const virtual = Effect.fnUntraced(function* (fault: OpenAiFault.OpenAiFault, call: (typeof calls)[number]) {
    const server = yield* serve(fault)
    const fiber = yield* Effect.forkChild(Effect.exit(Effect.provide(call, modelOf(server))))
    yield* server.request(0)
    let seconds = 0
    for (; fiber.pollUnsafe() === undefined; seconds++) {
      yield* TestClock.withLive(Effect.sleep("2 millis"))
      yield* TestClock.adjust("1 second")
    }
    return { seconds, error: errorOf(yield* Fiber.join(fiber)) }
  })

  it.effect("are those of the Clock: by default 10 minutes for a reply", () =>
    Effect.gen(function* () {
      const { error, seconds } = yield* virtual(OpenAiFault.silence, hello)
      assert.include(error.message, "No reply within 10m")
      assert.approximately(seconds, 600, 5)
    })
  )

  it.effect("are those of the Clock: by default 2 minutes for a silence", () =>
    Effect.gen(function* () {
      for (const call of calls) {
        const { error, seconds } = yield* virtual(OpenAiFault.stall(), call)
        assert.include(error.message, "The reply fell silent for 2m")
        assert.isAtLeast(seconds, 120)
        assert.isBelow(seconds, 200)
      }
    })
  )

  it.live("do not count the time that the consumer of a stream takes as silence", () =>
    Effect.gen(function* () {
      const server = yield* serve(["one ", Effect.sleep("10 millis"), "two"])
      const parts = yield* LanguageModel.streamText({ prompt: "Hello" }).pipe(
        Stream.tap(() => Effect.sleep("300 millis")),
        Stream.runCollect,
        Effect.provide(modelOf(server, { idleTimeout: "250 millis" }))
      )
      assert.strictEqual(textOf(parts), "one two")
    })
  )

  it.live("honour Retry-After by the hand of the caller, or end at the deadline", () =>
    Effect.gen(function* () {
      const busy = (seconds: string) => OpenAiFault.status(429, { headers: { "retry-after": seconds } })
      const server = yield* FakeOpenAi.make({ faults: { 0: busy("0.1"), 2: busy("70") } })
      const patient = hello.pipe(
        Effect.catch((error) => Effect.delay(hello, error.retryAfter ?? 0)),
        Effect.provide(modelOf(server))
      )
      assert.strictEqual((yield* patient).text, "Hello")
      const [first, second] = (yield* server.requests).map(({ at }) => at)
      assert.isAtLeast(second! - first!, 99)
      assert.isTrue(Exit.isFailure(yield* Effect.exit(Effect.timeout(patient, "1 second"))))
      assert.strictEqual((yield* server.requests).length, 3)
    })
  )
})

describe("memory", () => {
  // Large beside what V8 leaves for its next collection, some 100 MB of it, whatever the limit.
  const cap = 128 * 1024 * 1024

  it.live.each([
    { name: "a body of 10 times the limit", form: "call", fault: OpenAiFault.large(10 * cap) },
    { name: "a line of a stream of 10 times the limit", form: "stream", fault: OpenAiFault.longLine(10 * cap) },
    { name: "events of 10 times the limit", form: "stream", fault: OpenAiFault.large(10 * cap) },
    {
      name: "an error of 10 times the limit",
      form: "call",
      fault: OpenAiFault.compose(OpenAiFault.status(500, { body: { content: "x" } }), OpenAiFault.large(10 * cap)),
      end: "500"
    }
  ])("$name takes at most 3 times the limit", ({ end = `larger than ${cap} bytes`, fault, form, name }) =>
    Effect.gen(function* () {
      const server = yield* FakeOpenAi.make({ rules: [{ when: /./, reply: "small" }], faults: { 50: fault } })
      const script = new URL("peak.ts", import.meta.url).pathname
      const { stdout } = yield* Effect.promise(() =>
        promisify(execFile)(process.execPath, [script, server.baseURL, String(cap), form])
      )
      const { grown, ...actual } = JSON.parse(stdout)
      console.log(`${name}: ${(grown / cap).toFixed(2)} times the limit`)
      assert.include(actual.end, end)
      assert.isAtMost(grown, 3 * cap)
    })
  )
})

describe("an interruption closes the socket within 100 ms", () => {
  /** On a busy machine this may take longer, but not each time. */
  const soon = (name: string, attempt: Effect.Effect<number, unknown, Scope.Scope>) =>
    it.live(name, () =>
      Effect.gen(function* () {
        const delays: Array<number> = []
        while (delays.length < 5 && !(delays.at(-1)! <= 100)) delays.push(yield* attempt)
        assert.isAtMost(delays.at(-1)!, 100, `milliseconds, after ${delays.join(", ")}`)
      })
    )

  const phases = {
    "before the head": OpenAiFault.silence,
    "in the middle of the body": OpenAiFault.stall(),
    "while bytes drip": OpenAiFault.drip({ bytes: 1, every: "20 millis" }),
    "in the middle of an error": OpenAiFault.compose(OpenAiFault.status(500), OpenAiFault.stall()),
    "of a reply without end": OpenAiFault.large(Infinity)
  }
  for (const [phase, fault] of Object.entries(phases)) {
    for (const form of both) {
      soon(
        `of a ${form}, ${phase}`,
        Effect.gen(function* () {
          const server = yield* serve(fault)
          const model = modelOf(server, { maxReplyBytes: Infinity })
          const fiber = yield* Effect.forkChild(Effect.provide(forms[form], model))
          yield* server.request(0)
          if (phase !== "before the head") yield* Effect.sleep("50 millis")
          assert.isUndefined(fiber.pollUnsafe())
          const start = Date.now()
          yield* Fiber.interrupt(fiber)
          const closed = yield* server.aborted(0)
          assert.strictEqual((yield* server.requests).length, 1)
          return closed - start
        })
      )
    }
  }

  const oneThenSilence = ["one", Effect.never]
  const deltas = LanguageModel.streamText({ prompt: "Hello" }).pipe(Stream.filter(({ type }) => type === "text-delta"))

  soon(
    "between the events of a stream",
    Effect.gen(function* () {
      const server = yield* serve(oneThenSilence)
      const heard = yield* Deferred.make<void>()
      const fiber = yield* deltas.pipe(
        Stream.runForEach(() => Deferred.succeed(heard, undefined)),
        Effect.provide(modelOf(server)),
        Effect.forkChild
      )
      yield* Deferred.await(heard)
      const start = Date.now()
      yield* Fiber.interrupt(fiber)
      return (yield* server.aborted(0)) - start
    })
  )

  const consumers: Record<string, Effect.Effect<unknown, unknown, LanguageModel.LanguageModel>> = {
    "has enough": Stream.runCollect(Stream.take(deltas, 1)),
    fails: Effect.flip(Stream.runForEach(deltas, () => Effect.fail("enough")))
  }
  for (const [what, consumer] of Object.entries(consumers)) {
    soon(
      `of the consumer of a stream, who ${what}`,
      Effect.gen(function* () {
        const server = yield* serve(oneThenSilence)
        yield* Effect.provide(consumer, modelOf(server))
        const start = Date.now()
        return (yield* server.aborted(0)) - start
      })
    )
  }
})

describe("the key is found nowhere", () => {
  const escaped = canary.replaceAll("a", "\\u0061")
  const toolCall = (name: string, args: string) =>
    OpenAiFault.events([
      chunk({ tool_calls: [{ index: 0, id: "1", function: { name, arguments: args.slice(0, 9) } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: args.slice(9) } }] }, "tool_calls")
    ])
  const choices = (choice: object) => [{ index: 0, finish_reason: "stop", message: { content: "x" }, ...choice }]
  const toolkit = Toolkit.make(Tool.make("look", { parameters: Schema.Struct({ at: Schema.Finite }) }))
  const withTools = Stream.runDrain(LanguageModel.streamText({ prompt: "Hello", toolkit })).pipe(
    Effect.provide(toolkit.toLayer({ look: () => Effect.void }))
  )
  const object = LanguageModel.generateObject({ prompt: "Hello", schema: Schema.Struct({ a: Schema.Finite }) })

  const asked: ReadonlyArray<Effect.Effect<unknown, AiError.AiError, LanguageModel.LanguageModel>> = [
    ...calls,
    withTools,
    object
  ]

  const echoes: Record<string, OpenAiFault.OpenAiFault> = {
    "an error": OpenAiFault.status(401, { message: `wrong key ${canary}`, code: canary, type: canary }),
    headers: OpenAiFault.status(500, {
      body: canary,
      headers: { "x-request-id": canary, "content-type": canary, "retry-after": canary }
    }),
    "an error that is escaped": OpenAiFault.status(400, { body: `{"error":{"message":"${escaped}"}}` }),
    HTML: OpenAiFault.body(`<b>${canary}</b>`, { "x-request-id": canary }),
    "JSON of another shape": OpenAiFault.body({ choices: canary }),
    "a reply": OpenAiFault.body({ id: canary, model: canary, choices: choices({}) }),
    "a reply that is escaped": OpenAiFault.body(
      `{"id":"${escaped}","choices":[{"finish_reason":"${escaped}","message":{"content":"x"}}]}`
    ),
    "a refusal": OpenAiFault.refusal(canary),
    "a finish_reason": OpenAiFault.finishReason(canary),
    "an object": OpenAiFault.body({ choices: choices({ message: { content: JSON.stringify({ a: canary }) } }) }),
    "an event": OpenAiFault.errorEvent(1, canary),
    "an event of another shape": OpenAiFault.events([{ choices: canary }]),
    "an event that is no JSON": OpenAiFault.events([`{"${canary}`]),
    "a stream": OpenAiFault.events([{ ...chunk({ content: "x" }, "stop"), id: canary, model: canary }]),
    "a refusal in parts": OpenAiFault.events([
      chunk({ refusal: canary.slice(0, 9) }),
      chunk({ refusal: canary.slice(9) }, "stop")
    ]),
    "the name of a tool": toolCall(canary, "{}"),
    "malformed arguments of a tool, in parts": toolCall("look", canary),
    "wrong arguments of a tool": toolCall("look", JSON.stringify({ at: canary })),
    "an error that breaks off": OpenAiFault.compose(
      OpenAiFault.status(500, { message: canary }),
      OpenAiFault.closeInBody
    )
  }

  it.live.each(Object.keys(echoes))("when the server echoes it in %s", (name) =>
    Effect.gen(function* () {
      const written: Array<unknown> = []
      vi.stubEnv("OPENAI_LOG", "debug")
      const spies = [
        ...(["log", "info", "warn", "error", "debug"] as const).map((level) => vi.spyOn(console, level)),
        vi.spyOn(process.stdout, "write"),
        vi.spyOn(process.stderr, "write")
      ]
      for (const spy of spies) spy.mockImplementation((...args: Array<unknown>) => written.push(args) > 0)
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          vi.unstubAllEnvs()
          for (const spy of spies) spy.mockRestore()
        })
      )
      const logged: Array<unknown> = []
      const logger = Logger.make((options) =>
        logged.push([options.message, options.cause, Cause.pretty(options.cause)])
      )

      for (const call of asked) {
        const server = yield* serve(echoes[name]!)
        const layer = modelOf(server, { apiKey: Redacted.make(canary) })
        const program = Effect.gen(function* () {
          const service = yield* LanguageModel.LanguageModel
          assert.notInclude(inspect(service, { depth: null, showHidden: true }), canary)
          const exit = yield* Effect.exit(Effect.tapCause(call, Effect.logError))
          if (Exit.isFailure(exit)) yield* Effect.log("failed", Cause.squash(exit.cause))
          return exit
        })
        const [exit, spans] = yield* traced(
          Effect.provide(program, [layer, Logger.layer([logger, Logger.defaultLogger])])
        )
        assert.strictEqual(Redacted.value((yield* server.request(0)).authorization!), `Bearer ${canary}`)
        assert.notInclude(inspect(layer, { depth: null, showHidden: true }), canary)
        assert.isAbove(spans.length, 0)
        assert.notInclude(inspect(spans, { depth: null, showHidden: true }), canary)
        if (Exit.isFailure(exit)) {
          assert.notInclude(shown(exit), canary)
          assert.isAbove(logged.length, 0)
        }
      }
      assert.notInclude(inspect([logged, written], { depth: null, showHidden: true }), canary)
      assert.isAbove(written.length, 0)
    })
  )

  it.live("when a request fails before it is answered", () =>
    Effect.gen(function* () {
      for (const call of calls) {
        for (const fault of [OpenAiFault.resetBeforeHead, OpenAiFault.resetInBody, OpenAiFault.silence]) {
          const server = yield* serve(fault)
          const exit = yield* call.pipe(
            Effect.provide(modelOf(server, { apiKey: Redacted.make(canary), timeout: 50 })),
            Effect.exit
          )
          assert.isTrue(Exit.isFailure(exit))
          assert.notInclude(shown(exit), canary)
        }
      }
    })
  )
})
