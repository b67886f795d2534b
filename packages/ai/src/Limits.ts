/**
 * Limits that all who ask a language model share: how often, how much, and how
 * many at once.
 *
 * Each combinator takes a layer that provides a `LanguageModel` and gives one
 * that keeps the limit, whatever the model. Provide that layer once, and every
 * flow and every batch below shares it.
 *
 * @since 0.1.0
 */
import * as AiError from "effect/ai/AiError"
import type * as LanguageModel from "effect/ai/LanguageModel"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as RateLimiter from "effect/persistence/RateLimiter"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import { meter } from "./internal/meter.ts"
import { around } from "./internal/provider.ts"
import { ofPrompt } from "./internal/tokens.ts"

/**
 * Lets at most `permits` requests be on their way at once; others wait, first
 * come first served.
 *
 * **Details**
 *
 * A request ends with its reply: while tools run, it does not count. A stream
 * ends when it is consumed to its end, fails, or is given up.
 *
 * **Gotchas**
 *
 * Who holds a stream open and asks the same model in between may wait for
 * himself.
 *
 * **Example** (Three questions, two at a time)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { LanguageModel } from "effect/ai"
 * import { Limits, OfflineModel } from "@effect-pocketflow/ai"
 *
 * const Model = OfflineModel.layer([{ name: "echo", when: () => true, reply: ({ user }) => `${user}!` }]).pipe(
 *   Limits.withConcurrency(2)
 * )
 *
 * const replies = Effect.forEach(["a", "b", "c"], (prompt) => LanguageModel.generateText({ prompt }), {
 *   concurrency: "unbounded"
 * }).pipe(Effect.map((responses) => responses.map(({ text }) => text)), Effect.provide(Model))
 *
 * await Effect.runPromise(replies) // => ["a!", "b!", "c!"]
 * ```
 *
 * @category combinators
 * @since 0.1.0
 */
export const withConcurrency = (
  permits: number
): (<A, E, R>(
  layer: Layer.Layer<A | LanguageModel.LanguageModel, E, R>
) => Layer.Layer<A | LanguageModel.LanguageModel, E, R>) => {
  mustBePositive({ permits })
  return around((provider) =>
    Effect.map(Semaphore.make(permits), (semaphore) => ({
      ...provider,
      generateText: (options) => Semaphore.withPermit(semaphore, provider.generateText(options)),
      streamText: (options) =>
        Stream.unwrap(Effect.as(Semaphore.takeScoped(semaphore, 1), provider.streamText(options)))
    }))
  )
}

/**
 * Lets so many requests and tokens pass in a window of time; what comes too
 * soon waits.
 *
 * **Details**
 *
 * - `key` names the limit in the `RateLimiter`: models with one key share one
 *   limit. With `RateLimiter.layerStoreMemory` it is that of this process, with
 *   `RateLimiter.layerStoreRedis` that of all.
 * - `requests` and `tokens` are what a `window` (a minute by default) allows. The
 *   limit is a bucket that fills steadily: after a pause a whole window's worth
 *   may pass at once.
 * - Tokens are taken before a request, as many as its text is likely to have
 *   (a token for four characters), and what the reply costs beyond that after
 *   it, as the model reports it. A request larger than the whole limit waits
 *   its time and passes.
 *
 * **Errors**
 *
 * When the store of the `RateLimiter` fails, so does the call: `UnknownError`.
 *
 * **Example** (Sixty requests a minute)
 *
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { LanguageModel } from "effect/ai"
 * import { RateLimiter } from "effect/persistence"
 * import { Limits, OfflineModel } from "@effect-pocketflow/ai"
 *
 * const Model = OfflineModel.layer([{ name: "echo", when: () => true, reply: ({ user }) => `${user}!` }]).pipe(
 *   Limits.withRateLimit({ key: "echo", requests: 60, tokens: 10_000 }),
 *   Layer.provide(RateLimiter.layer),
 *   Layer.provide(RateLimiter.layerStoreMemory)
 * )
 *
 * const reply = LanguageModel.generateText({ prompt: "Hello" }).pipe(
 *   Effect.map(({ text }) => text),
 *   Effect.provide(Model)
 * )
 *
 * await Effect.runPromise(reply) // => "Hello!"
 * ```
 *
 * @category combinators
 * @since 0.1.0
 */
export const withRateLimit = (options: {
  readonly key: string
  readonly requests?: number | undefined
  readonly tokens?: number | undefined
  readonly window?: Duration.Input | undefined
}): (<A, E, R>(
  layer: Layer.Layer<A | LanguageModel.LanguageModel, E, R>
) => Layer.Layer<A | LanguageModel.LanguageModel, E, R | RateLimiter.RateLimiter>) => {
  const { key, requests, tokens, window = "1 minute" } = options
  mustBePositive({ requests, tokens })
  return around((provider) =>
    Effect.map(RateLimiter.RateLimiter, (limiter) => {
      /** Takes from a bucket; gives the time until that is there. */
      const take = (what: string, limit: number | undefined, amount: number) =>
        limit === undefined || amount === 0
          ? Effect.succeed(Duration.zero)
          : limiter
              .consume({
                algorithm: "token-bucket",
                onExceeded: "delay",
                key: `${key}/${what}`,
                limit,
                tokens: amount,
                window
              })
              .pipe(Effect.map(({ delay }) => delay))
      return meter(provider, {
        before: ({ prompt }) =>
          Effect.zipWith(take("requests", requests, 1), take("tokens", tokens, ofPrompt(prompt)), Duration.max).pipe(
            Effect.mapError(toAiError),
            Effect.flatMap(Effect.sleep)
          ),
        // The reply is there, whatever becomes of the count.
        spent: (sum, { prompt }) => Effect.ignore(take("tokens", tokens, Math.max(0, sum - ofPrompt(prompt))))
      })
    })
  )
}

// internal

/** A limit that allows nothing is a mistake in the program, and would look like a model that never replies. */
const mustBePositive = (limits: { readonly [name: string]: number | undefined }): void => {
  for (const [name, limit] of Object.entries(limits)) {
    if (limit !== undefined && !(limit >= 1)) throw new RangeError(`${name} must be at least 1, and is ${limit}`)
  }
}

const toAiError = (error: RateLimiter.RateLimiterError): AiError.AiError =>
  AiError.make({
    module: "Limits",
    method: "withRateLimit",
    reason: new AiError.UnknownError({ description: error.message })
  })
