/** A model that says what it is asked, so that one can see what is asked again after a crash, and what is not. */
import { Console, Effect, Layer } from "effect"
import { LanguageModel, Prompt } from "effect/ai"

export const announced = <E, R>(model: Layer.Layer<LanguageModel.LanguageModel, E, R>) =>
  Layer.effect(
    LanguageModel.LanguageModel,
    LanguageModel.LanguageModel.useSync((model) => ({
      ...model,
      generateText: before(model.generateText),
      generateObject: before(model.generateObject)
    }))
  ).pipe(Layer.provide(model))

/** What the line of a worker begins with when it asks the model; the rest is for what. */
export const asking = "asks the model for "

const announce = (prompt: Prompt.RawInput) => {
  const text = JSON.stringify(Prompt.make(prompt).content)
  const section = /\\nSection: (.*?)\\n/.exec(text)?.[1]
  return Console.log(`${asking}${section === undefined ? "an outline" : `a draft: ${section}`}`)
}

const before = <F extends (options: any) => Effect.Effect<any, any, any>>(ask: F): F =>
  ((options) => Effect.andThen(announce(options.prompt), ask(options))) as F
