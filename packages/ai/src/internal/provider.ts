/**
 * What stands behind a language model: one request and its reply, before tools
 * are resolved and parts decoded.
 *
 * What limits, retries or keeps replies goes around a provider, so that it sees
 * each request once, and never a tool at work.
 */
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { adapt } from "./adapter.ts"

export type Provider = Parameters<typeof LanguageModel.make>[0] & {
  /** What else decides a reply, beside the request: the model, its parameters and where it is. Holds no secret. */
  readonly identity?: unknown
  /** Puts something below what this one adds; a provider that adds nothing has none. */
  readonly below?: (around: Around) => Provider
}

export type Around = (provider: Provider) => Provider

const providers = new WeakMap<LanguageModel.LanguageModel, Provider>()

export const make = (provider: Provider): Effect.Effect<LanguageModel.LanguageModel> =>
  Effect.tap(LanguageModel.make(provider), (model) => Effect.sync(() => providers.set(model, provider)))

/** The provider of a model that was made here; any other model becomes one. */
export const of = (model: LanguageModel.LanguageModel): Provider => providers.get(model) ?? adapt(model)

/** Around each request that is really made: below whatever asks again, or need not ask. */
export const atRequest = (provider: Provider, around: Around): Provider =>
  provider.below === undefined ? around(provider) : provider.below((inner) => atRequest(inner, around))

/** Above the requests: what goes around those later gets below. */
export const aboveRequest = (provider: Provider, around: Around): Provider => ({
  ...around(provider),
  below: (inner) => aboveRequest(inner(provider), around)
})

/** Takes the layer of a model and gives that of another; what else it provides stays. */
export const around =
  <R2>(wrap: (provider: Provider) => Effect.Effect<Provider, never, R2>) =>
  <A, E, R>(
    layer: Layer.Layer<A | LanguageModel.LanguageModel, E, R>
  ): Layer.Layer<A | LanguageModel.LanguageModel, E, R | Exclude<R2, Scope.Scope>> =>
    Layer.provideMerge(
      Layer.effect(
        LanguageModel.LanguageModel,
        Effect.flatMap(LanguageModel.LanguageModel, (model) => Effect.flatMap(wrap(of(model)), make))
      ),
      layer
    ) as never
