/**
 * A language model that plays a script: it replies as a test says, fails where
 * the test says, and records how it was called.
 *
 * The service is `effect/ai`'s `LanguageModel`, so what is tested runs as it is.
 * Nothing is random and time is that of the `Clock`, so a script plays the same
 * under `TestClock`, and under every interleaving.
 *
 * @since 0.1.0
 */
import * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import type * as Response from "effect/ai/Response"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { toAiError, toParts, toPieces, toStream, toText } from "./internal/reply.ts"

/**
 * A call of the model, as it is recorded and as rules see it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Call {
  readonly method: "generateText" | "generateObject" | "streamText"
  /** The text of all messages, with a blank line between them, and the results of tools. */
  readonly prompt: string
  /** The names of the tools that the model may call. */
  readonly tools: ReadonlyArray<string>
  /** When it began, in milliseconds of the `Clock`. */
  readonly at: number
}

/**
 * What a call can fail with. Each is an Effect that fails with it, so it can stand where a script takes one.
 *
 * @category models
 * @since 0.1.0
 */
export type Failure = AiError.AiError | AiError.AiErrorReason

/**
 * A piece of a reply: a chunk of text, something to wait for or to fail with, or
 * a part of `effect/ai`'s `Response`, which is given as it is.
 *
 * **Details**
 *
 * A tool call without `id` gets one that names the call and its place in the
 * reply: `call-0-1`.
 *
 * @category models
 * @since 0.1.0
 */
export type Piece =
  | string
  | Effect.Effect<void, Failure>
  | Response.PartEncoded
  | Response.StreamPartEncoded
  | (Omit<Response.ToolCallPartEncoded, "id"> & { readonly id?: string })

/**
 * What the model replies.
 *
 * **Details**
 *
 * - a text; `streamText` gives it word by word
 * - an object; its JSON, for `generateObject`
 * - an array of pieces, in order; `streamText` gives each string as a chunk, the
 *   others join them. A finish part is added where there is none
 * - an Effect of a reply: `Effect.delay`, or a failure such as `RateLimitError`
 * - a function from the call to a reply
 *
 * **Gotchas**
 *
 * A part that is not in an array is an object like others, and sent as JSON.
 *
 * @category models
 * @since 0.1.0
 */
export type Reply =
  | string
  | Schema.JsonObject
  | ReadonlyArray<Piece>
  | Effect.Effect<Reply, Failure>
  | ((call: Call) => Reply)

/**
 * What to reply to some calls, as often as they come.
 *
 * **Details**
 *
 * `when` says to which: a predicate, or a pattern to be found anywhere in the
 * prompt, which includes what was said before.
 *
 * @category models
 * @since 0.1.0
 */
export interface Rule {
  readonly when: RegExp | ((call: Call) => boolean)
  readonly reply: Reply
}

/**
 * What the model does, call by call.
 *
 * **Details**
 *
 * A call is answered by its fault, else by the first rule that applies, else by
 * the first of `replies` that is left.
 *
 * `faults` are by the number of the call, from 0; all calls count, whatever
 * their method and end. A fault uses no reply, so that the next attempt gets it.
 * `Effect.never` is a call that hangs.
 *
 * @category models
 * @since 0.1.0
 */
export interface Script {
  readonly rules?: ReadonlyArray<Rule> | undefined
  readonly replies?: ReadonlyArray<Reply> | undefined
  readonly faults?: { readonly [call: number]: Effect.Effect<never, Failure> } | undefined
}

/**
 * A `LanguageModel` that tells what became of its script.
 *
 * @category models
 * @since 0.1.0
 */
export interface ScriptedModel extends LanguageModel.LanguageModel {
  /** The calls so far, in the order in which they began; the number of a call is its index. */
  readonly calls: Effect.Effect<ReadonlyArray<Call>>
  /** The places in the script that no call has used yet, such as `"replies[1]"`; none, if it was played to its end. */
  readonly unused: Effect.Effect<ReadonlyArray<string>>
}

/**
 * The scripted model that `layer` provides.
 *
 * @category services
 * @since 0.1.0
 */
export const ScriptedModel: Context.Service<ScriptedModel, ScriptedModel> = Context.Service(
  "@effect-pocketflow/testing/ScriptedModel"
)

/**
 * Makes a model that plays a script, from its beginning.
 *
 * **When to use**
 *
 * Use where a test has several models, or looks at one while it is at work;
 * else `layer` is shorter.
 *
 * **Details**
 *
 * Calls that run at once take their replies in the order in which they begin. A
 * call that is interrupted has used its reply.
 *
 * **Errors**
 *
 * Calls fail as scripted, with `AiError`. One for which the script has no reply
 * fails with the reason `InvalidUserInputError`, which names the call and its
 * prompt. A rule or a reply that throws is a defect.
 *
 * **Gotchas**
 *
 * The script alone decides: `toolChoice` is not obeyed, and a reply that does
 * not fit the method or the toolkit fails as that of any model would.
 *
 * **Example** (A tool call, and a stream that breaks off)
 *
 * ```ts
 * import { Effect, Schema, Stream } from "effect"
 * import { AiError, Tool, Toolkit } from "effect/ai"
 * import { ScriptedModel } from "@effect-pocketflow/testing"
 *
 * const parameters = Schema.Struct({ in: Schema.String })
 * const toolkit = Toolkit.make(Tool.make("Count", { parameters, success: Schema.Int }))
 *
 * const program = Effect.gen(function* () {
 *   const model = yield* ScriptedModel.make({
 *     rules: [{ when: /how many/, reply: [{ type: "tool-call", name: "Count", params: { in: "sea" } }] }],
 *     replies: [["Call me ", Effect.sleep("10 millis"), "Ish", new AiError.RateLimitError({})]]
 *   })
 *   const { toolResults } = yield* model.generateText({ prompt: "Say how many.", toolkit })
 *   const heard: Array<string> = []
 *   const { reason } = yield* model.streamText({ prompt: "Tell me a story." }).pipe(
 *     Stream.runForEach((part) => Effect.sync(() => part.type === "text-delta" && heard.push(part.delta))),
 *     Effect.flip
 *   )
 *   return { count: toolResults[0]?.result, heard, reason: reason._tag }
 * }).pipe(Effect.provide(toolkit.toLayer({ Count: (params) => Effect.succeed(params.in.length) })))
 *
 * await Effect.runPromise(program) // => { count: 3, heard: ["Call me ", "Ish"], reason: "RateLimitError" }
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (script: Script): Effect.Effect<ScriptedModel> =>
  Effect.suspend(() => {
    const { rules = [], replies = [], faults = {} } = script
    const calls: Array<Call> = []
    const unused = new Set([
      ...rules.map((_, index) => `rules[${index}]`),
      ...replies.map((_, index) => `replies[${index}]`),
      ...Object.keys(faults).map((call) => `faults[${call}]`)
    ])
    let played = 0

    const use = (place: string, reply: Reply): Reply => {
      unused.delete(place)
      return reply
    }
    const replyTo = (call: Call, number: number): Reply => {
      const fault = faults[number]
      if (fault !== undefined) return use(`faults[${number}]`, fault)
      const index = rules.findIndex(({ when }) =>
        typeof when === "function" ? when(call) : call.prompt.search(when) >= 0
      )
      const rule = rules[index]
      if (rule !== undefined) return use(`rules[${index}]`, rule.reply)
      const reply = replies[played]
      if (reply !== undefined) return use(`replies[${played++}]`, reply)
      return new AiError.InvalidUserInputError({
        description: `No rule applies and no reply is left for call ${number}: ${JSON.stringify(call.prompt)}`
      })
    }
    /** Records the call and takes its reply at once, so that no other call can come between. */
    const begin = (method: Call["method"], { prompt, tools }: LanguageModel.ProviderOptions) =>
      Effect.clockWith((clock) => {
        const at = clock.currentTimeMillisUnsafe()
        const call: Call = { method, prompt: toText(prompt), tools: tools.map(({ name }) => name), at }
        const number = calls.push(call) - 1
        return toPieces(replyTo(call, number), call, number)
      })

    return Effect.map(
      LanguageModel.make({
        generateText: (options) => {
          const method = options.responseFormat.type === "json" ? "generateObject" : "generateText"
          return begin(method, options).pipe(Effect.flatMap(toParts), Effect.mapError(toAiError(method)))
        },
        streamText: (options) =>
          Stream.mapError(Stream.unwrap(Effect.map(begin("streamText", options), toStream)), toAiError("streamText"))
      }),
      (model): ScriptedModel => ({
        ...model,
        calls: Effect.sync(() => [...calls]),
        unused: Effect.sync(() => [...unused])
      })
    )
  })

/**
 * Provides the `LanguageModel` that plays a script, and as `ScriptedModel` the
 * same with its records. Each layer that is built begins the script anew.
 *
 * **Example** (A node that is retried)
 *
 * ```ts
 * import { Effect, Schedule, Schema } from "effect"
 * import { AiError, LanguageModel } from "effect/ai"
 * import { Flow, Node, Store } from "effect-pocketflow"
 * import { ScriptedModel } from "@effect-pocketflow/testing"
 *
 * const Qa = Store.make("Qa", { question: Schema.String, answer: Schema.optionalKey(Schema.String) })
 * const answer = Node.make(Qa, {
 *   prep: (s) => s.question,
 *   exec: (prompt) => LanguageModel.generateText({ prompt }),
 *   post: (_, { text }) => Qa.to("answered", { answer: text })
 * }).pipe(Node.retry(Schedule.recurs(1)))
 *
 * const program = Effect.gen(function* () {
 *   const { store } = yield* Flow.run(answer, { question: "Why?" })
 *   const model = yield* ScriptedModel.ScriptedModel
 *   const calls = yield* model.calls
 *   return { answer: store.answer, prompts: calls.map(({ prompt }) => prompt), unused: yield* model.unused }
 * }).pipe(
 *   Effect.provide(ScriptedModel.layer({ replies: ["Because."], faults: { 0: new AiError.RateLimitError({}) } }))
 * )
 *
 * await Effect.runPromise(program) // => { answer: "Because.", prompts: ["Why?", "Why?"], unused: [] }
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (script: Script): Layer.Layer<ScriptedModel | LanguageModel.LanguageModel> =>
  Layer.effectContext(
    Effect.map(make(script), (model) =>
      Context.make(ScriptedModel, model).pipe(Context.add(LanguageModel.LanguageModel, model))
    )
  )
