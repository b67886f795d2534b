/**
 * Limits that all who ask a language model share: how often, how much, and how
 * many at once.
 *
 * Each combinator takes a layer that provides a `LanguageModel` and gives one
 * that keeps the limit, whatever the model.
 *
 * Who shares a layer shares its limits: provide it once, at the edge of the
 * program (`ManagedRuntime.make`, or the last `Effect.provide` of `main`). A layer
 * that is provided in an `exec`, or for each request of a server, is built each
 * time, and limits nobody.
 *
 * @since 0.1.0
 */
import * as AiError from "effect/ai/AiError"
import type * as LanguageModel from "effect/ai/LanguageModel"
import type * as Prompt from "effect/ai/Prompt"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as RateLimiter from "effect/persistence/RateLimiter"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import { type Meter, meter } from "./internal/meter.ts"
import { checkLimits } from "./internal/options.ts"
import { around, atRequest } from "./internal/provider.ts"
import { ofPrompt } from "./internal/tokens.ts"

/**
 * Lets at most `permits` requests be on their way at once; others wait, first
 * come first served.
 *
 * **Details**
 *
 * A request ends with its reply: while tools run, it does not count, nor while
 * `Retry.withRetry` waits, nor where `ReplyCache.withCache` has the reply, in
 * whatever order they are put around the model. A stream ends when it is consumed
 * to its end, fails, or is given up.
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
  checkLimits("Limits.withConcurrency", { permits })
  return around((provider) =>
    Effect.map(Semaphore.make(permits), (semaphore) =>
      atRequest(provider, (provider) => ({
        ...provider,
        generateText: (options) => Semaphore.withPermit(semaphore, provider.generateText(options)),
        streamText: (options) =>
          Stream.unwrap(Effect.as(Semaphore.takeScoped(semaphore, 1), provider.streamText(options)))
      }))
    )
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
 *   (one for four characters; images, files and earlier tool calls have none),
 *   and what it costs beyond that after it, as the model reports it. Of a request
 *   larger than the whole limit, the rest is taken afterwards.
 * - Requests wait in the order in which they come. Who gives up has taken
 *   nothing, but for the first of them: it counts as a request while it waits for
 *   tokens.
 * - What `Retry.withRetry` repeats counts each time, and what
 *   `ReplyCache.withCache` has does not count, in whatever order they are put
 *   around the model.
 *
 * **Errors**
 *
 * When the store of the `RateLimiter` fails, so does the call: `UnknownError`.
 * Limits that allow nothing throw a `RangeError`.
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
  const { requests, tokens, window = "1 minute" } = options
  checkLimits("Limits.withRateLimit", { requests, tokens, window: Duration.toMillis(window) })
  if (requests === undefined && tokens === undefined) {
    throw new RangeError("Limits.withRateLimit: requests or tokens must be given")
  }
  return around((provider) =>
    Effect.zipWith(RateLimiter.RateLimiter, Semaphore.make(1), (limiter, queue) =>
      meter(rateOf(limiter, queue, { ...options, window }))(provider)
    )
  )
}

// internal

/** One at a time looks at the limit, and the others wait behind: whoever gives up there has taken nothing. */
const rateOf = (
  limiter: RateLimiter.RateLimiter,
  queue: Semaphore.Semaphore,
  { key, requests, tokens, window }: Parameters<typeof withRateLimit>[0] & { readonly window: Duration.Input }
): Meter => {
  const bucket = { algorithm: "token-bucket", window } as const
  const wait = (what: string, limit: number | undefined, amount: number): Effect.Effect<void, AiError.AiError> =>
    limit === undefined || amount === 0
      ? Effect.void
      : limiter.consume({ ...bucket, key: `${key}/${what}`, limit, tokens: amount, onExceeded: "fail" }).pipe(
          Effect.asVoid,
          Effect.catch((error) =>
            error.reason._tag === "RateLimitExceeded"
              ? Effect.delay(wait(what, limit, amount), Duration.max(error.reason.retryAfter, Duration.millis(1)))
              : Effect.fail(toAiError(error))
          )
        )
  const ahead = (prompt: Prompt.Prompt) => Math.min(tokens ?? 0, ofPrompt(prompt))
  return {
    before: ({ prompt }) =>
      Semaphore.withPermit(queue, Effect.andThen(wait("requests", requests, 1), wait("tokens", tokens, ahead(prompt)))),
    // The reply is there, whatever becomes of the count.
    spent: (sum, { prompt }) => {
      const more = sum - ahead(prompt)
      if (tokens === undefined || more <= 0) return Effect.void
      const debt = { ...bucket, key: `${key}/tokens`, limit: tokens, tokens: more, onExceeded: "delay" } as const
      return Effect.ignoreCause(limiter.consume(debt))
    }
  }
}

const toAiError = (error: RateLimiter.RateLimiterError): AiError.AiError =>
  AiError.make({
    module: "Limits",
    method: "withRateLimit",
    reason: new AiError.UnknownError({ description: error.message })
  })
