/**
 * When to ask a language model again, and after how long.
 *
 * @since 0.1.0
 */
import * as AiError from "effect/ai/AiError"
import type * as LanguageModel from "effect/ai/LanguageModel"
import type * as Response from "effect/ai/Response"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { checkLimits } from "./internal/options.ts"
import { aboveRequest, around } from "./internal/provider.ts"
import { fromHeaders } from "./internal/retryAfter.ts"

/**
 * How often to ask again, and how long to wait.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options<in E = unknown> {
  /** How many times more, at most. By default 2. */
  readonly times?: number | undefined
  /** The wait before the first retry; it doubles with each further one. By default half a second. */
  readonly delay?: Duration.Input | undefined
  /** The longest wait. By default a minute. */
  readonly maxDelay?: Duration.Input | undefined
  /** Which errors to ask again after. By default `isTransient`. */
  readonly while?: ((error: E) => boolean) | undefined
}

/**
 * Tells whether asking again may help: the failure is of the moment, not of the
 * request.
 *
 * **Details**
 *
 * That is a timeout, and an `AiError` that says so of itself: rate limits, a
 * server in trouble, a broken connection, an answer that is wrong or cut off.
 * A spent quota, a wrong key or request, a refusal and every other error stay.
 * So does `InvalidReply`, about which `Structured.generate` asks by itself.
 *
 * @category guards
 * @since 0.1.0
 */
export const isTransient = (error: unknown): boolean =>
  AiError.isAiError(error) ? error.isRetryable : Cause.isTimeoutError(error)

/**
 * A schedule for `Node.retry` and `Effect.retry`: asks again while that may help,
 * and waits as long as the server asks for.
 *
 * **Details**
 *
 * The wait doubles from `delay` to `maxDelay`, give or take a fifth, so that many
 * that fail together do not come again together. It is never shorter than the
 * `Retry-After` of the server, also of one that is in trouble (503); a server that
 * asks for more than `maxDelay` is not asked again, and its error is the result.
 * The schedule gives the waits.
 *
 * **Example** (A server that is busy once)
 *
 * ```ts
 * import { Duration, Effect } from "effect"
 * import { AiError } from "effect/ai"
 * import { Retry } from "@effect-pocketflow/ai"
 *
 * const busy = AiError.make({
 *   module: "Example",
 *   method: "ask",
 *   reason: new AiError.RateLimitError({ retryAfter: Duration.millis(20) })
 * })
 * let calls = 0
 * const ask = Effect.suspend(() => (++calls === 1 ? Effect.fail(busy) : Effect.succeed(`call ${calls}`)))
 *
 * await Effect.runPromise(Effect.retry(ask, Retry.schedule({ delay: "10 millis" }))) // => "call 2"
 * ```
 *
 * @see {@link withRetry}
 * @category constructors
 * @since 0.1.0
 */
export const schedule = <E = unknown>({
  delay = "500 millis",
  maxDelay = "1 minute",
  times = 2,
  while: again = isTransient
}: Options<E> = {}): Schedule.Schedule<Duration.Duration, E> => {
  const first = Duration.toMillis(delay)
  const longest = Duration.toMillis(maxDelay)
  checkLimits("Retry", { times, delay: first, maxDelay: longest }, 0)
  return Schedule.fromStepWithMetadata(
    Effect.succeed(({ attempt, input: error, now }: Schedule.InputMetadata<E>) => {
      const asked = Duration.toMillis(askedBy(error, now) ?? Duration.zero)
      if (attempt > times || asked > longest || !again(error)) return Cause.done(Duration.zero)
      return Effect.map(Random.nextBetween(0.8, 1.2), (jitter) => {
        const wait = Duration.millis(Math.max(asked, Math.min(longest, first * 2 ** (attempt - 1) * jitter)))
        return [wait, wait]
      })
    })
  )
}

/**
 * Asks again below the `LanguageModel` of a layer, so that nobody above sees
 * failures that pass.
 *
 * **When to use**
 *
 * Use where everybody who asks should have it. `schedule` with `Node.retry` does
 * it for one node, shows the attempts as `Node.Attempt`, and repeats what else
 * its `exec` does; both together multiply.
 *
 * **Details**
 *
 * It waits as `schedule` does. Only the request is repeated: tools that have run
 * do not run again. A stream is repeated only while nothing of the reply has been
 * given; after that its failure is passed on.
 *
 * Each request counts for the limits of `Limits` and `Budget`, and holds no permit
 * while it waits, in whatever order they are put around the model.
 *
 * **Example** (A model that fails once)
 *
 * ```ts no-run
 * import { OpenAi, Retry } from "@effect-pocketflow/ai"
 *
 * const Model = OpenAi.layerConfig().pipe(Retry.withRetry({ times: 4, maxDelay: "30 seconds" }))
 * ```
 *
 * @see {@link schedule}
 * @category combinators
 * @since 0.1.0
 */
export const withRetry = (
  options: Options<AiError.AiError> = {}
): (<A, E, R>(
  layer: Layer.Layer<A | LanguageModel.LanguageModel, E, R>
) => Layer.Layer<A | LanguageModel.LanguageModel, E, R>) =>
  around((provider) =>
    Effect.succeed(
      aboveRequest(provider, (provider) => ({
        ...provider,
        generateText: (request) => Effect.retry(provider.generateText(request), schedule(options)),
        streamText: (request) =>
          Stream.suspend(() => {
            const { while: again = isTransient } = options
            let begun = false
            return provider.streamText(request).pipe(
              // Metadata tell nothing yet. They are held back, since a stream that has given anything is retried anew.
              Stream.mapAccum(
                () => [] as ReadonlyArray<Response.StreamPartEncoded>,
                (held, part) => {
                  begun ||= part.type !== "response-metadata"
                  return begun ? [[], [...held, part]] : [[...held, part], []]
                }
              ),
              Stream.retry(schedule({ ...options, while: (error) => !begun && again(error) }))
            )
          })
      }))
    )
  )

// internal

/** `AiError` has the wait for rate limits alone; a server in trouble may ask for one as well. */
const askedBy = (error: unknown, now: number): Duration.Duration | undefined => {
  if (!AiError.isAiError(error)) return undefined
  const headers = "http" in error.reason ? error.reason.http?.response?.headers : undefined
  return error.retryAfter ?? (headers && fromHeaders((name) => textOf(headers[name]), now))
}

const textOf = (header: unknown) => (typeof header === "string" ? header : undefined)
