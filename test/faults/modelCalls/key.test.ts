/** Whatever a server does with the key that it was sent, nothing shows it. */
import { assert, describe, it } from "@effect/vitest"
import { OpenAiFault } from "@effect-pocketflow/testing"
import { Cause, Effect, Exit, Logger, Redacted, Schema, Stream } from "effect"
import { type AiError, LanguageModel, Tool, Toolkit } from "effect/ai"
import { inspect } from "node:util"
import { vi } from "vitest"
import { calls, canary, chunk, modelOf, serve, shown, traced } from "../../ai/support.ts"

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

  // As it is, and as it is read from a file: what is sent has no space around it.
  const keys = [canary, ` ${canary}\r\n`]

  it.live.each(Object.keys(echoes).flatMap((name) => keys.map((key) => ({ name, key }))))(
    "when the server echoes $key in $name",
    ({ key, name }) =>
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
          const layer = modelOf(server, { apiKey: Redacted.make(key) })
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
