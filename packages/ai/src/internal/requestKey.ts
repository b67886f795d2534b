/** A name for exactly one request of a model: equal requests have equal names. */
import type * as LanguageModel from "effect/ai/LanguageModel"
import * as Prompt from "effect/ai/Prompt"
import * as Tool from "effect/ai/Tool"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { createHash } from "node:crypto"
import type { Provider } from "./provider.ts"

/** Fails for what cannot be written down, such as a schema that has no JSON Schema; the model will say so, too. */
export const make = Effect.fnUntraced(function* (
  method: "generateText" | "streamText",
  { identity }: Provider,
  { prompt, responseFormat, toolChoice, tools }: LanguageModel.ProviderOptions
) {
  const messages = yield* encodePrompt(prompt)
  const text = yield* Effect.try(() =>
    JSON.stringify({
      method,
      identity,
      messages,
      toolChoice,
      tools: tools.map((tool) => ({
        name: tool.name,
        description: Tool.getDescription(tool),
        parameters: Tool.isProviderDefined(tool) ? tool.args : Tool.getJsonSchema(tool),
        strict: Tool.getStrictMode(tool)
      })),
      responseFormat: responseFormat.type === "json" && {
        name: responseFormat.objectName,
        schema: Schema.toJsonSchemaDocument(responseFormat.schema)
      }
    })
  )
  return createHash("sha256").update(text).digest("hex")
})

const encodePrompt = Schema.encodeEffect(Schema.toCodecJson(Prompt.Prompt))
