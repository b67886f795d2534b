/**
 * Any language model as a provider.
 *
 * The model is asked to leave tool calls alone, and its decoded parts are encoded
 * again: whoever asks through the provider resolves, checks and decodes them.
 */
import * as AiError from "effect/ai/AiError"
import type * as LanguageModel from "effect/ai/LanguageModel"
import * as Response from "effect/ai/Response"
import type * as Tool from "effect/ai/Tool"
import type * as Toolkit from "effect/ai/Toolkit"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Provider } from "./provider.ts"

export const adapt = (model: LanguageModel.LanguageModel): Provider => ({
  generateText: Effect.fnUntraced(function* (options) {
    const { responseFormat } = options
    if (responseFormat.type === "text")
      return yield* encodeParts((yield* model.generateText(toOptions(options))).content)
    const { objectName, schema } = responseFormat
    const { content, value } = yield* model.generateObject({
      ...toOptions(options),
      objectName,
      schema: schema as ObjectSchema
    })
    // The text of the reply may be in a form that only this model decodes.
    const text = yield* Effect.mapError(encodeObject(schema)(value), toAiError("generateObject"))
    const parts = yield* encodeParts(content)
    const first = parts.find(({ type }) => type === "text")
    return parts.map((part) => (part.type === "text" ? { ...part, text: part === first ? text : "" } : part))
  }),
  streamText: (options) =>
    model
      .streamText(toOptions(options))
      .pipe(Stream.mapEffect((part) => Effect.mapError(encodeStreamPart(part), toAiError("streamText")))),
  supportsSystemMessagesInHistory: model.supportsSystemMessagesInHistory,
  // The model makes its own JSON Schema.
  codecTransformer: (schema) => ({ codec: Schema.toCodecJson(schema) as never, jsonSchema: {} })
})

const encodeObject = (schema: Schema.Top) =>
  Schema.encodeUnknownEffect(Schema.fromJsonString(Schema.toCodecJson(schema as ObjectSchema)))

const toOptions = ({ prompt, toolChoice, tools }: LanguageModel.ProviderOptions) => ({
  prompt,
  toolkit: withoutHandlers(tools),
  toolChoice,
  toolCallValidation: "deferred" as const,
  disableToolCallResolution: true as const
})

/** Says that it needs no services: what `Tool.Any` may need would be anything. */
const withoutHandlers = (tools: ReadonlyArray<Tool.Any>) =>
  ({
    tools: Object.fromEntries(tools.map((tool) => [tool.name, tool])),
    handle: () => Effect.die("A provider runs no tools")
  }) as unknown as Toolkit.WithHandler<Record<string, Tool.Tool<string, NoServices>>>

/** A provider is given any schema; what services it needs is known where the object is asked for. */
type ObjectSchema = Schema.Codec<unknown, Record<string, unknown>>

type NoServices = {
  readonly parameters: Schema.Codec<unknown>
  readonly success: Schema.Codec<unknown>
  readonly failure: Schema.Codec<unknown>
  readonly failureMode: Tool.FailureMode
}

const encodeParts = (parts: ReadonlyArray<unknown>) => Effect.mapError(encodeAll(parts), toAiError("generateText"))

// Of a tool call that is left alone the parameters are as the model sent them.
const encodeAll = Schema.encodeUnknownEffect(Schema.mutable(Schema.Array(Response.Part())))
const encodeStreamPart = Schema.encodeUnknownEffect(Response.StreamPart())

const toAiError =
  (method: string) =>
  (error: Schema.SchemaError): AiError.AiError =>
    AiError.make({ module: "LanguageModel", method, reason: AiError.InvalidOutputError.fromSchemaError(error) })
