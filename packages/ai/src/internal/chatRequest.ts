/**
 * What a language model is asked, as the body of a chat completions request.
 *
 * Whatever the wire format cannot carry fails; nothing is dropped except what
 * has no meaning for the server: earlier reasoning and tool approvals.
 */
import * as Effect from "effect/Effect"
import type * as LanguageModel from "effect/ai/LanguageModel"
import * as AiError from "effect/ai/AiError"
import { toCodecOpenAI } from "effect/ai/OpenAiStructuredOutput"
import * as Prompt from "effect/ai/Prompt"
import * as Tool from "effect/ai/Tool"
import * as Base64 from "effect/encoding/Base64"
import type OpenAI from "openai"

export type Request = OpenAI.ChatCompletionCreateParamsNonStreaming
type Message = OpenAI.ChatCompletionMessageParam

export const make = Effect.fnUntraced(function* (options: LanguageModel.ProviderOptions) {
  const messages = yield* Effect.forEach(options.prompt.content, toMessages)
  const request: Omit<Request, "model"> = { messages: messages.flat() }
  if (options.tools.length > 0) {
    request.tools = yield* Effect.forEach(options.tools, toTool)
    request.tool_choice = toToolChoice(options.toolChoice)
  }
  if (options.responseFormat.type === "json") {
    request.response_format = yield* toResponseFormat(options.responseFormat)
  }
  return request
})

const toMessages = Effect.fnUntraced(function* (
  message: Prompt.Message,
  index: number
): Effect.fn.Return<Array<Message>, Failure> {
  switch (message.role) {
    case "system":
      return [{ role: "system", content: message.content }]
    case "user":
      return [{ role: "user", content: yield* toUserContent(message.content) }]
    case "assistant":
      return [yield* toAssistantMessage(message.content, index)]
    case "tool":
      return yield* Effect.forEach(
        message.content.filter((part) => part.type === "tool-result"),
        (part) => toToolMessage(part, index)
      )
  }
})

const toUserContent = (parts: ReadonlyArray<Prompt.UserMessagePart>) =>
  parts.length === 1 && parts[0]?.type === "text"
    ? Effect.succeed(parts[0].text)
    : Effect.forEach(parts, (part): Effect.Effect<OpenAI.ChatCompletionContentPart, Failure> => {
        if (part.type === "text") return Effect.succeed({ type: "text", text: part.text })
        const content = toFileContent(part)
        return content === undefined
          ? Effect.fail(
              unsupported(`a user's file of type "${part.mediaType}"${part.data instanceof URL ? " by its URL" : ""}`)
            )
          : Effect.succeed(content)
      })

/** Only images can be anywhere; other files are a part of the message. */
const toFileContent = (part: Prompt.FilePart): OpenAI.ChatCompletionContentPart | undefined => {
  const { data, fileName, mediaType, options } = part
  if (mediaType.startsWith("image/")) {
    const url = data instanceof URL ? data.href : toDataUrl(mediaType, data)
    const { detail } = (options["openai"] ?? {}) as Partial<OpenAI.ChatCompletionContentPartImage.ImageURL>
    return { type: "image_url", image_url: detail === undefined ? { url } : { url, detail } }
  }
  if (data instanceof URL) return undefined
  const format = audioFormats.get(mediaType)
  if (format !== undefined) return { type: "input_audio", input_audio: { data: toBase64(data), format } }
  return mediaType === "application/pdf"
    ? { type: "file", file: { filename: fileName ?? "file.pdf", file_data: toDataUrl(mediaType, data) } }
    : undefined
}

const audioFormats = new Map<string, "wav" | "mp3">([
  ["audio/wav", "wav"],
  ["audio/x-wav", "wav"],
  ["audio/mpeg", "mp3"],
  ["audio/mp3", "mp3"]
])

const toBase64 = (data: string | Uint8Array): string => (typeof data === "string" ? data : Base64.encode(data))

const toDataUrl = (mediaType: string, data: string | Uint8Array): string => `data:${mediaType};base64,${toBase64(data)}`

const toAssistantMessage = Effect.fnUntraced(function* (
  parts: ReadonlyArray<Prompt.AssistantMessagePart>,
  index: number
) {
  let text = ""
  const toolCalls: Array<OpenAI.ChatCompletionMessageFunctionToolCall> = []
  for (const part of parts) {
    switch (part.type) {
      case "text":
        text += part.text
        break
      case "tool-call":
        toolCalls.push({
          id: part.id,
          type: "function",
          function: {
            name: part.name,
            arguments: yield* toJson(part.params ?? {}, `the arguments of "${part.name}" in message ${index}`)
          }
        })
        break
      case "reasoning":
      case "tool-approval-request":
        break
      default:
        return yield* unsupported(`an assistant's part of type "${part.type}"`)
    }
  }
  const message: OpenAI.ChatCompletionAssistantMessageParam = { role: "assistant", content: text }
  return toolCalls.length === 0 ? message : { ...message, content: text || null, tool_calls: toolCalls }
})

const toToolMessage = (part: Prompt.ToolResultPart, index: number): Effect.Effect<Message, Failure> =>
  Effect.map(
    part.modelOutput
      ? Effect.succeed(Prompt.toolModelOutputToText(part.modelOutput))
      : toJson(part.result ?? null, `the result of "${part.name}" in message ${index}`),
    (content) => ({ role: "tool", tool_call_id: part.id, content })
  )

/** The JSON of what the program or a tool made: it may have cycles, bigints, or more levels than the stack. */
const toJson = (value: unknown, what: string): Effect.Effect<string, Failure> =>
  Effect.try({
    // `undefined`, whatever its type says, for functions and symbols.
    try: (): string | undefined => JSON.stringify(value),
    catch: (error) => unsupported(`${what}: ${String(error)}`)
  }).pipe(
    Effect.filterOrFail(
      (json) => json !== undefined,
      () => unsupported(`${what}: a ${typeof value}`)
    )
  )

const toTool = (tool: Tool.Any): Effect.Effect<OpenAI.ChatCompletionTool, Failure> => {
  if (Tool.isProviderDefined(tool)) {
    return Effect.fail(
      new AiError.ToolConfigurationError({
        toolName: tool.name,
        description: "Chat completions have no tools that the provider runs"
      })
    )
  }
  const description = Tool.getDescription(tool)
  return Effect.map(
    orUnsupportedSchema(() => Tool.getJsonSchema(tool)),
    (parameters) => ({
      type: "function",
      function: {
        name: tool.name,
        parameters,
        ...(description === undefined ? {} : { description }),
        strict: Tool.getStrictMode(tool) ?? false
      }
    })
  )
}

const toToolChoice = (choice: LanguageModel.ToolChoice<string>): OpenAI.ChatCompletionToolChoiceOption => {
  if (typeof choice === "string") return choice
  return "tool" in choice ? { type: "function", function: { name: choice.tool } } : (choice.mode ?? "auto")
}

const toResponseFormat = (format: LanguageModel.ProviderOptions["responseFormat"] & { readonly type: "json" }) =>
  Effect.map(
    orUnsupportedSchema(() => toCodecOpenAI(format.schema).jsonSchema),
    (schema): OpenAI.ResponseFormatJSONSchema => ({
      type: "json_schema",
      // The server allows 64 characters of this alphabet.
      json_schema: { name: format.objectName.replace(/[^\w-]/g, "_").slice(0, 64), strict: true, schema }
    })
  )

type Failure = AiError.InvalidUserInputError | AiError.ToolConfigurationError | AiError.UnsupportedSchemaError

const unsupported = (what: string) =>
  new AiError.InvalidUserInputError({ description: `Chat completions cannot carry ${what}` })

const orUnsupportedSchema = <A>(evaluate: () => A) =>
  Effect.try({
    try: evaluate,
    catch: (error) => new AiError.UnsupportedSchemaError({ description: String(error) })
  })
