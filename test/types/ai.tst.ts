/** What is inferred of the model package, and what must not compile. */
import { Budget, Limits, OfflineModel, OpenAi, ReplyCache, Retry } from "@effect-pocketflow/ai"
import { Effect, Layer } from "effect"
import type { Config, Duration, Schedule } from "effect"
import type { AiError } from "effect/ai"
import { LanguageModel, Model } from "effect/ai"
import type { Persistence, RateLimiter } from "effect/persistence"
import { expectTypeOf } from "vitest"

// --- around the layer of a model ---------------------------------------------------

const limited = OpenAi.layerConfig().pipe(
  Limits.withRateLimit({ key: "gpt", requests: 500 }),
  Limits.withConcurrency(8),
  Retry.withRetry(),
  ReplyCache.withCache({ name: "gpt" })
)
expectTypeOf(limited).toEqualTypeOf<
  Layer.Layer<LanguageModel.LanguageModel, Config.ConfigError, RateLimiter.RateLimiter | Persistence.Persistence>
>()

// What else a layer provides stays.
const named = Model.make("us", "echo", OfflineModel.layer([])).pipe(Limits.withConcurrency(1))
expectTypeOf(named).toEqualTypeOf<Layer.Layer<LanguageModel.LanguageModel | Model.ProviderName | Model.ModelName>>()

// @ts-expect-error a layer without a model
Layer.succeed(Model.ModelName, "echo").pipe(Limits.withConcurrency(1))
// @ts-expect-error a rate limit has a name
Limits.withRateLimit({ requests: 500 })

// --- budgets ------------------------------------------------------------------------

const reply = LanguageModel.generateText({ prompt: "?" })
expectTypeOf(reply.pipe(Budget.within({ calls: 1 }), Effect.asVoid)).toEqualTypeOf<
  Effect.Effect<void, AiError.AiError | Budget.BudgetExceeded, LanguageModel.LanguageModel>
>()
expectTypeOf(Budget.within(Effect.void, { duration: "1 second" })).toEqualTypeOf<
  Effect.Effect<void, Budget.BudgetExceeded, LanguageModel.LanguageModel>
>()

// @ts-expect-error no such limit
Budget.within(reply, { call: 1 })

// --- retries -------------------------------------------------------------------------

expectTypeOf(Retry.schedule()).toEqualTypeOf<Schedule.Schedule<Duration.Duration>>()
expectTypeOf(Effect.retry(reply, Retry.schedule())).toEqualTypeOf<typeof reply>()
