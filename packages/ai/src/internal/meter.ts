/** Counting what a provider is asked, and what that costs. */
import type * as AiError from "effect/ai/AiError"
import type * as LanguageModel from "effect/ai/LanguageModel"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Provider } from "./provider.ts"
import * as tokens from "./tokens.ts"

export interface Meter {
  /** Comes before each request: lets it pass, makes it wait, or fails it. */
  readonly before: (options: LanguageModel.ProviderOptions) => Effect.Effect<void, AiError.AiError>
  /** Comes after each whole reply, and after each failure that tells its cost. */
  readonly spent: (tokens: number, options: LanguageModel.ProviderOptions) => Effect.Effect<void>
}

export const meter = (provider: Provider, { before, spent }: Meter): Provider => ({
  ...provider,
  generateText: (options) =>
    before(options).pipe(
      Effect.andThen(provider.generateText(options)),
      Effect.tap((parts) => {
        const count = tokens.counter(options.prompt)
        return spent(
          parts.reduce((sum, part) => sum + (count(part) ?? 0), 0),
          options
        )
      }),
      Effect.tapError((error) => spent(tokens.ofError(error), options))
    ),
  streamText: (options) =>
    Stream.unwrap(
      Effect.map(before(options), () => {
        const count = tokens.counter(options.prompt)
        return provider.streamText(options).pipe(
          Stream.tap((part) => {
            const sum = count(part)
            return sum === undefined ? Effect.void : spent(sum, options)
          }),
          Stream.tapError((error) => spent(tokens.ofError(error), options))
        )
      })
    )
})
