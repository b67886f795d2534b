/** A model behind a fake server, and the replies that tests give it. */
import { assert } from "@effect/vitest"
import { FakeOpenAi, OpenAiFault } from "@effect-pocketflow/testing"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import type * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import { inspect } from "node:util"
import { OpenAi } from "../../packages/ai/src/index.ts"

export const hello = LanguageModel.generateText({ prompt: "Hello" })
export const streamed = Stream.runCollect(LanguageModel.streamText({ prompt: "Hello" }))
export const calls: ReadonlyArray<Effect.Effect<unknown, AiError.AiError, LanguageModel.LanguageModel>> = [
  hello,
  streamed
]

/** A server that gives the same reply to every request. */
export const serve = (reply: FakeOpenAi.Reply) => FakeOpenAi.make({ rules: [{ when: () => true, reply }] })

export const modelOf = ({ baseURL }: FakeOpenAi.FakeOpenAi, options?: Partial<OpenAi.Options>) =>
  OpenAi.layer({ model: "test-model", baseURL, ...options })

/** The body of the only request. */
export const bodyOf = ({ requests }: FakeOpenAi.FakeOpenAi): Effect.Effect<any> =>
  Effect.map(requests, (requests) => {
    assert.strictEqual(requests.length, 1)
    return requests[0]!.body
  })

/** The failure of one call; the server must have seen exactly `requests`. */
export const failureOf = Effect.fnUntraced(function* <A, E>(
  reply: FakeOpenAi.Reply,
  call: Effect.Effect<A, E, LanguageModel.LanguageModel>,
  requests = 1
) {
  const server = yield* serve(reply)
  const exit = yield* Effect.exit(Effect.provide(call, modelOf(server)))
  assert.strictEqual((yield* server.requests).length, requests)
  return errorOf(exit)
})

export const errorOf = (exit: Exit.Exit<unknown, unknown>): AiError.AiError =>
  Exit.isSuccess(exit)
    ? assert.fail(`a success: ${inspect(exit.value)}`)
    : (Cause.squash(exit.cause) as AiError.AiError)

export const canary = "sk-canary-0123456789"

/** Everything a program could show of a result. */
export const shown = (exit: Exit.Exit<unknown, unknown>): string => {
  const value = Exit.isFailure(exit) ? Cause.squash(exit.cause) : exit.value
  return [
    ...[exit, value].flatMap((it) => [inspect(it, { depth: null, showHidden: true }), String(it), JSON.stringify(it)]),
    Exit.isFailure(exit) ? Cause.pretty(exit.cause) : ""
  ].join("\n")
}

/** What an effect gives, and the spans that it makes. */
export const traced = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>) {
  const spans: Array<Tracer.NativeSpan> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    }
  })
  return [yield* Effect.withTracer(effect, tracer), spans] as const
})

/** A completion whose first choice is `message`. */
export const completion = (message: object, finish_reason: string | null = "stop"): OpenAiFault.OpenAiFault =>
  OpenAiFault.body({
    id: "chatcmpl-1",
    model: "test-model-2026",
    choices: [{ index: 0, message: { role: "assistant", refusal: null, ...message }, finish_reason }],
    usage: {
      prompt_tokens: 10,
      completion_tokens: 5,
      prompt_tokens_details: { cached_tokens: 4 },
      completion_tokens_details: { reasoning_tokens: 2 }
    }
  })

/** An event of a stream. */
export const chunk = (delta: object, finish_reason: string | null = null) => ({
  id: "chatcmpl-2",
  model: "test-model-2026",
  choices: [{ index: 0, delta: { ...delta }, finish_reason }]
})
