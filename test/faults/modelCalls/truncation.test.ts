/** A reply that is cut anywhere is no success, by call or by stream. */
import { assert, describe, it } from "@effect/vitest"
import { FakeOpenAi, OpenAiFault } from "@effect-pocketflow/testing"
import { Effect, Exit } from "effect"
import { chunk, errorOf, hello, modelOf, streamed } from "../../ai/support.ts"

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
