/** Counting what a provider is asked, and what that costs. */
import type * as AiError from "effect/ai/AiError"
import type * as LanguageModel from "effect/ai/LanguageModel"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type Around, atRequest } from "./provider.ts"
import * as tokens from "./tokens.ts"

export interface Meter {
  /** Comes before each request: lets it pass, makes it wait, or fails it. */
  readonly before: (options: LanguageModel.ProviderOptions) => Effect.Effect<void, AiError.AiError>
  /** Comes after each request, however it ended. */
  readonly spent: (tokens: number, options: LanguageModel.ProviderOptions) => Effect.Effect<void>
}

export const meter =
  ({ before, spent }: Meter): Around =>
  (provider) =>
    atRequest(provider, (provider) => ({
      ...provider,
      generateText: (options) => {
        const { add, cost } = tokens.counter(options.prompt)
        const request = provider.generateText(options).pipe(
          Effect.tap((parts) => Effect.sync(() => parts.forEach(add))),
          Effect.onExit((exit) => spent(cost(exit), options))
        )
        return Effect.andThen(before(options), request)
      },
      streamText: (options) => {
        const { add, cost } = tokens.counter(options.prompt)
        const request = provider.streamText(options).pipe(
          Stream.tap((part) => Effect.sync(() => add(part))),
          Stream.onExit((exit) => spent(cost(exit), options))
        )
        return Stream.unwrap(Effect.as(before(options), request))
      }
    }))
