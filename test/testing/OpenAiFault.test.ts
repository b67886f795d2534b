import { assert, describe, it } from "@effect/vitest"
import { FakeOpenAi, OpenAiFault } from "@effect-pocketflow/testing"
import { Effect, Fiber, Option } from "effect"
import * as Http from "./http.ts"

const messages = [Http.user("one two")]
const request = { model: "m", messages }

/** What a client gets, plain and as a stream. */
const seen = Effect.fnUntraced(function* (fault: OpenAiFault.OpenAiFault, stream: boolean) {
  const server = yield* FakeOpenAi.make({ rules: [{ when: /./, reply: fault }] })
  const response = yield* Http.post(server, "/chat/completions", { ...request, stream })
  const { status } = response
  return { status, headers: Object.fromEntries(response.headers), ...(yield* Http.chunksOf(response)) }
})

const choicesOf = (text: string) => Http.eventsOf(text).flatMap(({ choices }) => choices)

describe("OpenAiFault", () => {
  it("isOpenAiFault", () => {
    assert.isTrue(OpenAiFault.isOpenAiFault(OpenAiFault.cut(1)))
    assert.isFalse(OpenAiFault.isOpenAiFault({ cut: 1 }))
  })

  it.live("compose breaks what the first fault gives", () =>
    Effect.gen(function* () {
      const fault = OpenAiFault.compose(OpenAiFault.status(500), OpenAiFault.closeInBody)
      const { end, status, text } = yield* seen(fault, false)
      assert.deepStrictEqual([status, end, text.slice(0, 8)], [500, false, '{"error"'])
    })
  )

  describe("other replies", () => {
    it.live("status is an error of OpenAI, with headers", () =>
      Effect.gen(function* () {
        const fault = OpenAiFault.status(429, { code: "c", type: "t", message: "m", headers: { "retry-after": "-1" } })
        for (const stream of [false, true]) {
          const { headers, status, text } = yield* seen(fault, stream)
          assert.strictEqual(status, 429)
          assert.deepInclude(headers, { "retry-after": "-1", "content-type": "application/json" })
          assert.deepStrictEqual(JSON.parse(text), { error: { message: "m", type: "t", param: null, code: "c" } })
        }
      })
    )

    it.live("body is HTML, bytes, or JSON; status may have one", () =>
      Effect.gen(function* () {
        const html = yield* seen(OpenAiFault.body("<p>Hi</p>"), false)
        assert.deepInclude(html, { status: 200, text: "<p>Hi</p>" })
        assert.strictEqual(html.headers["content-type"], "text/html")
        const bytes = yield* seen(OpenAiFault.body(Uint8Array.of(0x7b, 0x7d), { "content-type": "x/y" }), false)
        assert.deepInclude(bytes, { status: 200, text: "{}" })
        assert.strictEqual(bytes.headers["content-type"], "x/y")
        const json = yield* seen(OpenAiFault.status(502, { body: [1] }), true)
        assert.deepInclude(json, { status: 502, text: "[1]" })
        assert.strictEqual(json.headers["content-type"], "application/json")
      })
    )

    it.live("events are a stream", () =>
      Effect.gen(function* () {
        const { end, headers, text } = yield* seen(OpenAiFault.events([{ a: 1 }, "x"]), true)
        assert.strictEqual(headers["content-type"], "text/event-stream")
        assert.deepStrictEqual([text, end], ['data: {"a":1}\n\ndata: x\n\n', true])
      })
    )

    it.live("refusal, nullContent, emptyChoices, finishReason change the answer", () =>
      Effect.gen(function* () {
        const message = (content: string | null, refusal: string | null) => ({ role: "assistant", content, refusal })
        const choice = (message: object, finish_reason: string | null) => [{ index: 0, message, finish_reason }]
        const cases = [
          {
            fault: OpenAiFault.refusal("No."),
            choices: choice({ role: "assistant", content: null, refusal: "No." }, "stop")
          },
          { fault: OpenAiFault.nullContent, choices: choice(message(null, null), "stop") },
          { fault: OpenAiFault.emptyChoices, choices: [] },
          { fault: OpenAiFault.finishReason("length"), choices: choice(message("one two", null), "length") },
          { fault: OpenAiFault.finishReason(null), choices: choice(message("one two", null), null) }
        ]
        for (const { choices, fault } of cases) {
          assert.deepStrictEqual(JSON.parse((yield* seen(fault, false)).text).choices, choices)
        }
      })
    )

    it.live("refusal, nullContent, emptyChoices, finishReason change the answer of a stream", () =>
      Effect.gen(function* () {
        const choices = (fault: OpenAiFault.OpenAiFault) =>
          Effect.map(seen(fault, true), ({ text }) =>
            choicesOf(text).map(({ delta, finish_reason }) => [delta, finish_reason])
          )
        const first = { role: "assistant", content: "" }
        assert.deepStrictEqual(yield* choices(OpenAiFault.refusal("No.")), [
          [{ role: "assistant", content: null, refusal: "No." }, null],
          [{}, null],
          [{}, null],
          [{}, "stop"]
        ])
        assert.deepStrictEqual(
          (yield* choices(OpenAiFault.nullContent)).map(([delta]) => delta.content),
          [null, null, null, null]
        )
        assert.deepStrictEqual(yield* choices(OpenAiFault.emptyChoices), [])
        assert.deepStrictEqual(yield* choices(OpenAiFault.finishReason("length")), [
          [first, null],
          [{ content: "one " }, null],
          [{ content: "two" }, null],
          [{}, "length"]
        ])
      })
    )

    it.live("large and longLine give so many bytes of text", () =>
      Effect.gen(function* () {
        const size = 200_000
        for (const fault of [OpenAiFault.large(size), OpenAiFault.longLine(size)]) {
          const { text } = yield* seen(fault, false)
          assert.strictEqual(JSON.parse(text).choices[0].message.content, `${"a".repeat(size)}one two`)
        }
        const texts = (text: string) => choicesOf(text).flatMap(({ delta }) => delta.content ?? [])
        const large = texts((yield* seen(OpenAiFault.large(size), true)).text)
        assert.strictEqual(large.length, 6)
        assert.strictEqual(large.join("").replaceAll("one ", "").length, size + 3)
        const line = texts((yield* seen(OpenAiFault.longLine(size), true)).text)
        assert.deepStrictEqual(
          line.map(({ length }) => length),
          [0, size + 4, 3]
        )
      })
    )

    it.live("large without end goes on until the client has enough", () =>
      Effect.gen(function* () {
        const server = yield* FakeOpenAi.make({ faults: { 0: OpenAiFault.large(Infinity) } })
        const response = yield* Http.post(server, "/chat/completions", request)
        let bytes = 0
        yield* Effect.promise(async () => {
          for await (const chunk of response.body!) if ((bytes += chunk.length) > 10_000_000) break
        })
        yield* server.aborted(0)
        assert.isBelow(bytes, 20_000_000)
      })
    )

    it.live("invalidUtf8 is in the text only", () =>
      Effect.gen(function* () {
        for (const stream of [false, true]) {
          const { chunks, text } = yield* seen(OpenAiFault.invalidUtf8, stream)
          assert.throws(() => new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks)))
          assert.include(text, `"content":"\uFFFD\uFFFD\uFFFDone `)
        }
      })
    )

    it.live("errorEvent comes after so many events", () =>
      Effect.gen(function* () {
        const { text } = yield* seen(OpenAiFault.errorEvent(2, "overloaded"), true)
        const events = Http.eventsOf(text)
        assert.strictEqual(events.length, 3)
        assert.strictEqual(events[2].error.message, "overloaded")
      })
    )
  })

  describe("early ends", () => {
    it.live("resetBeforeHead gives nothing", () =>
      Effect.gen(function* () {
        const server = yield* FakeOpenAi.make({ faults: { 0: OpenAiFault.resetBeforeHead } })
        const error = (yield* Effect.flip(Http.post(server, "/chat/completions", request))) as any
        assert.strictEqual(error.cause.cause.code, "ECONNRESET")
      })
    )

    it.live.each([
      { name: "resetInBody", fault: OpenAiFault.resetInBody },
      { name: "resetInChunk", fault: OpenAiFault.resetInChunk },
      { name: "closeInBody", fault: OpenAiFault.closeInBody }
    ])("$name is no end of the reply", ({ fault }) =>
      Effect.gen(function* () {
        const plain = yield* seen(fault, false)
        assert.deepInclude(plain, { status: 200, end: false })
        assert.match(plain.text, /^\{"id"/)
        const streamed = yield* seen(fault, true)
        assert.deepInclude(streamed, { status: 200, end: false })
        assert.strictEqual(choicesOf(streamed.text).length, 2)
      })
    )

    it.live("truncated ends, or promises more", () =>
      Effect.gen(function* () {
        const half = yield* seen(OpenAiFault.truncated({ contentLength: "half" }), false)
        assert.deepInclude(half, { status: 200, end: true })
        assert.strictEqual(half.headers["content-length"], String(half.text.length))
        assert.throws(() => JSON.parse(half.text))
        const whole = yield* seen(OpenAiFault.truncated({ contentLength: "whole" }), false)
        assert.deepInclude(whole, { status: 200, end: false })
        assert.isAbove(Number(whole.headers["content-length"]), whole.text.length)
      })
    )

    it.live("cut ends a stream after so many events, withoutDone before the last", () =>
      Effect.gen(function* () {
        const none = yield* seen(OpenAiFault.cut(0), true)
        assert.deepInclude(none, { status: 200, text: "", end: true })
        const some = yield* seen(OpenAiFault.cut(3), true)
        assert.isTrue(some.end)
        assert.deepStrictEqual(
          choicesOf(some.text).map(({ delta }) => delta.content),
          ["", "one ", "two"]
        )
        const { end, text } = yield* seen(OpenAiFault.withoutDone, true)
        assert.isTrue(end)
        assert.notInclude(text, "DONE")
        assert.strictEqual(choicesOf(text).at(-1).finish_reason, "stop")
      })
    )
  })

  describe("delays", () => {
    it.live("silence never replies", () =>
      Effect.gen(function* () {
        const server = yield* FakeOpenAi.make({ faults: { 0: OpenAiFault.silence } })
        const fiber = yield* Effect.forkChild(Http.post(server, "/chat/completions", request))
        yield* server.request(0)
        yield* Effect.sleep("20 millis")
        assert.isUndefined(fiber.pollUnsafe())
        yield* Fiber.interrupt(fiber)
      })
    )

    it.effect("slowHead and drip take real time, also under a TestClock", () =>
      Effect.gen(function* () {
        const timed = Effect.fnUntraced(function* (fault: OpenAiFault.OpenAiFault) {
          const start = performance.now()
          const { end } = yield* seen(fault, false)
          assert.isTrue(end)
          return performance.now() - start
        })
        assert.isAbove(yield* timed(OpenAiFault.slowHead("50 millis")), 45)
        assert.isAbove(yield* timed(OpenAiFault.drip({ bytes: 60, every: "20 millis" })), 70)
      })
    )

    it.live("stall gives a part, and then nothing", () =>
      Effect.gen(function* () {
        for (const stream of [false, true]) {
          const server = yield* FakeOpenAi.make({ faults: { 0: OpenAiFault.stall(1) } })
          const response = yield* Http.post(server, "/chat/completions", { ...request, stream })
          const reader = response.body!.getReader()
          const first = yield* Effect.promise(() => reader.read())
          assert.isAbove(first.value!.length, 0)
          const more = yield* Effect.timeoutOption(
            Effect.promise(() => reader.read()),
            "20 millis"
          )
          assert.isTrue(Option.isNone(more))
        }
      })
    )

    it.live("splitCodePoints gives each byte of a character in a chunk of its own", () =>
      Effect.gen(function* () {
        const server = yield* FakeOpenAi.make({
          rules: [{ when: /./, reply: "aé" }],
          faults: { 0: OpenAiFault.splitCodePoints, 1: OpenAiFault.splitCodePoints }
        })
        for (const stream of [false, true]) {
          const response = yield* Http.post(server, "/chat/completions", { ...request, stream })
          const { chunks, text } = yield* Http.chunksOf(response)
          assert.include(text, '"content":"aé"')
          assert.deepStrictEqual(
            chunks.filter(([byte]) => byte! >= 0x80).map((chunk) => [...chunk]),
            [[0xc3], [0xa9]]
          )
        }
      })
    )
  })
})
