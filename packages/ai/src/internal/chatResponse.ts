/**
 * What a chat completions server answers, as the parts of a response.
 *
 * The reply is decoded, not trusted. Whole or streamed, it is a success only
 * when the server calls it finished and the model said something in it.
 */
import * as AiError from "effect/ai/AiError"
import type * as LanguageModel from "effect/ai/LanguageModel"
import type * as AiResponse from "effect/ai/Response"
import { addGenAIAnnotations } from "effect/ai/Telemetry"
import * as Tool from "effect/ai/Tool"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Client } from "./client.ts"
import type { Failures } from "./failure.ts"
import { isDeep, maxDepth } from "./deep.ts"
import { decodeBody, nullish } from "./json.ts"
import type { Reply as ServerReply } from "./reply.ts"

/** What is known about the request whose answer is read. */
export interface Exchange {
  readonly options: LanguageModel.ProviderOptions
  readonly client: Client
  readonly reply: ServerReply
}

export const toParts = Effect.fnUntraced(function* (
  exchange: Exchange
): Effect.fn.Return<Array<AiResponse.PartEncoded>, AiError.AiErrorReason> {
  const { failures } = exchange.client
  const { invalid, value: reply } = yield* decodeReply(exchange.reply, failures)
  annotate(reply, exchange)
  if (reply.choices.length === 0) return yield* invalid("The server gave no choices")
  const answer = add(empty(), reply)
  const end = yield* conclude(answer, exchange, () => invalid("The answer has no finish_reason"))
  const content = said(reply)?.content ?? ""
  const text = exchange.options.responseFormat.type === "json" ? yield* toObjectText(content, failures) : content
  return [metadata(reply), ...(text ? [{ type: "text" as const, text }] : []), ...end]
})

export const toStreamParts = (
  exchange: Exchange
): Stream.Stream<AiResponse.StreamPartEncoded, AiError.AiErrorReason> => {
  const { failures, limits } = exchange.client
  const { events, response } = exchange.reply
  const onEvent = Effect.fnUntraced(function* (answer: Answer, event: unknown) {
    const chunk = yield* Effect.mapError(decode(event), (error) => failures.invalidResponse(error.message, response))
    annotate(chunk, exchange)
    const after = add(answer, chunk)
    // The key may be echoed in pieces: what may be its beginning waits for the rest.
    const text = failures.clean(after.held)
    const delta = text.slice(0, text.length - failures.beginning(text))
    const parts = [...(answer.empty ? [metadata(chunk)] : []), ...toTextParts(answer, delta)]
    if (after.size > limits.maxReplyBytes) {
      return yield* failures.invalidResponse(`The answer is larger than ${limits.maxReplyBytes} bytes`, response)
    }
    const held = text.slice(delta.length)
    return [{ ...after, held, started: answer.started || delta !== "" }, parts] as const
  })
  const onEnd = Effect.fnUntraced(function* (answer: Answer) {
    const end = yield* conclude(answer, exchange, () =>
      answer.empty && response.headers.get("content-type")?.includes("text/event-stream") !== true
        ? failures.invalidResponse("The server gave no server-sent events", response)
        : failures.network("The stream ended before the answer did")
    )
    const last = toTextParts(answer, answer.held)
    const parts: Array<AiResponse.StreamPartEncoded> = answer.spoke ? [...last, { type: "text-end", id: textId }] : []
    return [answer, [...parts, ...end]] as const
  })
  return events.pipe(
    Stream.map(Option.some),
    Stream.concat(Stream.succeed(Option.none())),
    Stream.mapAccumEffect(empty, (answer, event) =>
      Option.isSome(event) ? onEvent(answer, event.value) : onEnd(answer)
    )
  )
}

const toTextParts = (answer: Answer, delta: string): Array<AiResponse.StreamPartEncoded> => [
  ...(delta === "" || answer.started ? [] : [{ type: "text-start" as const, id: textId }]),
  ...(delta === "" ? [] : [{ type: "text-delta" as const, id: textId, delta }])
]

// -----------------------------------------------------------------------------
// The wire format
// -----------------------------------------------------------------------------

const Message = Schema.Struct({
  content: nullish(Schema.String),
  refusal: nullish(Schema.String),
  tool_calls: nullish(
    Schema.Array(
      Schema.Struct({
        index: nullish(Schema.Int),
        id: nullish(Schema.String),
        function: nullish(Schema.Struct({ name: nullish(Schema.String), arguments: nullish(Schema.String) }))
      })
    )
  )
})

/** A completion (whose choices have a `message`) or a chunk of one (whose choices have a `delta`). */
const Reply = Schema.Struct({
  id: nullish(Schema.String),
  model: nullish(Schema.String),
  choices: Schema.Array(
    Schema.Struct({
      index: nullish(Schema.Int),
      finish_reason: nullish(Schema.String),
      message: nullish(Message),
      delta: nullish(Message)
    })
  ),
  usage: nullish(
    Schema.Struct({
      prompt_tokens: nullish(Schema.Int),
      completion_tokens: nullish(Schema.Int),
      prompt_tokens_details: nullish(Schema.Struct({ cached_tokens: nullish(Schema.Int) })),
      completion_tokens_details: nullish(Schema.Struct({ reasoning_tokens: nullish(Schema.Int) }))
    })
  )
})
type Reply = typeof Reply.Type

const decode = Schema.decodeUnknownEffect(Reply)
const decodeReply = decodeBody(Reply)

/** Of several choices the first one is the answer. */
const firstChoice = (reply: Reply) => reply.choices.find((choice) => !choice.index)

const said = (reply: Reply) => {
  const choice = firstChoice(reply)
  return choice?.delta ?? choice?.message
}

// -----------------------------------------------------------------------------
// The answer so far
// -----------------------------------------------------------------------------

interface ToolCall {
  readonly id: string
  name: string
  arguments: string
}

interface Answer {
  readonly empty: boolean
  /** Whether there was text: what a stream has given away is not kept. */
  readonly spoke: boolean
  /** Whether a stream has given any away, and what it has not yet. */
  readonly started: boolean
  readonly held: string
  readonly refusal: string
  /** Those of one answer only, so they are added to in place. */
  readonly toolCalls: { readonly all: Array<ToolCall>; readonly found: Map<string, ToolCall> }
  readonly finishReason: string | undefined
  readonly usage: Reply["usage"]
  /** The bytes of all that was said. */
  readonly size: number
}

const empty = (): Answer => ({
  empty: true,
  spoke: false,
  started: false,
  held: "",
  refusal: "",
  toolCalls: { all: [], found: new Map() },
  finishReason: undefined,
  usage: undefined,
  size: 0
})

const add = (answer: Answer, reply: Reply): Answer => {
  const { content, refusal, tool_calls } = said(reply) ?? {}
  tool_calls?.forEach((delta, position) => addToolCall(answer.toolCalls, delta, position))
  return {
    empty: false,
    spoke: answer.spoke || Boolean(content),
    started: answer.started,
    held: answer.held + (content ?? ""),
    refusal: answer.refusal + (refusal ?? ""),
    toolCalls: answer.toolCalls,
    finishReason: firstChoice(reply)?.finish_reason ?? answer.finishReason,
    usage: reply.usage ?? answer.usage,
    size: answer.size + sizeOf(content) + sizeOf(refusal) + (tool_calls ? sizeOf(JSON.stringify(tool_calls)) : 0)
  }
}

const sizeOf = (text: string | null | undefined): number => (text ? Buffer.byteLength(text) : 0)

const addToolCall = (
  { all, found }: Answer["toolCalls"],
  delta: NonNullable<(typeof Message.Type)["tool_calls"]>[number],
  position: number
): void => {
  const index = String(delta.index ?? position)
  // Some servers give every call of a stream the same index, but its own id.
  const key = delta.id ? `${index} ${delta.id}` : index
  const before = found.get(key)
  const toolCall = before ?? { id: delta.id ?? "", name: "", arguments: "" }
  if (before === undefined) all.push(toolCall)
  toolCall.name = delta.function?.name ?? toolCall.name
  toolCall.arguments += delta.function?.arguments ?? ""
  found.set(key, toolCall).set(index, toolCall)
}

/** The parts that end a complete answer: tool calls and `finish`. Any other answer fails. */
const conclude = Effect.fnUntraced(function* (
  answer: Answer,
  { client: { failures }, options }: Exchange,
  unfinished: () => AiError.AiErrorReason
): Effect.fn.Return<Array<AiResponse.ToolCallPartEncoded | AiResponse.FinishPartEncoded>, AiError.AiErrorReason> {
  const usage = toUsage(answer.usage)
  const {
    inputTokens: { total: promptTokens },
    outputTokens: { total: completionTokens }
  } = usage
  const notAnAnswer = (description: string) =>
    new AiError.InvalidOutputError({ description, usage: { promptTokens, completionTokens } })

  if (answer.refusal !== "")
    return yield* new AiError.ContentPolicyError({ description: failures.clean(answer.refusal) })
  switch (answer.finishReason) {
    case "stop":
    case "tool_calls":
      break
    case "content_filter":
      return yield* new AiError.ContentPolicyError({ description: "The content filter stopped the answer" })
    case "length":
      return yield* notAnAnswer("The answer is cut off at the token limit")
    case undefined:
      return yield* unfinished()
    default:
      return yield* notAnAnswer(`The answer ended with finish_reason "${answer.finishReason}"`)
  }
  if (!answer.spoke && answer.toolCalls.all.length === 0) return yield* notAnAnswer("The model said nothing")
  const toolCalls = yield* Effect.forEach(answer.toolCalls.all, (toolCall) =>
    toToolCallPart(toolCall, options, failures)
  )
  return [...toolCalls, { type: "finish", reason: toolCalls.length === 0 ? "stop" : "tool-calls", usage }]
})

const toToolCallPart = Effect.fnUntraced(function* (
  { id, name, ...toolCall }: ToolCall,
  { toolCallValidation, tools }: LanguageModel.ProviderOptions,
  { clean, cleanJson }: Failures
): Effect.fn.Return<AiResponse.ToolCallPartEncoded, AiError.AiErrorReason> {
  if (toolCallValidation !== "deferred" && !tools.some((tool) => tool.name === name)) {
    return yield* new AiError.ToolNotFoundError({ toolName: name, availableTools: tools.map((tool) => tool.name) })
  }
  if (id === "") return yield* new AiError.InvalidResponseError({ description: `The call of "${name}" has no id` })
  const wrong = (description: string) => new AiError.ToolParameterValidationError({ toolName: name, description })
  const params = yield* Effect.try({
    // A tool without parameters may be called with no text at all.
    try: () => Tool.unsafeSecureJsonParse(toolCall.arguments || "{}"),
    catch: (error) => wrong(clean(String(error)))
  })
  if (isDeep(params)) return yield* wrong(`The arguments are nested more than ${maxDepth} deep`)
  return { type: "tool-call", id, name, params: cleanJson(params) }
})

/** The text of an object, also without a key that hides behind its escapes. What is not JSON is for others to refuse. */
const toObjectText = Effect.fnUntraced(function* (text: string, { cleanJson }: Failures) {
  const json = Option.getOrUndefined(parseJson(text))
  if (isDeep(json)) {
    return yield* new AiError.InvalidOutputError({ description: `The answer is nested more than ${maxDepth} deep` })
  }
  const clean = cleanJson(json)
  return clean === json ? text : JSON.stringify(clean)
})

const parseJson = Option.liftThrowable((text: string): unknown => JSON.parse(text))

const toUsage = (usage: Answer["usage"]): AiResponse.FinishPartEncoded["usage"] => {
  const input = usage?.prompt_tokens ?? undefined
  const cached = usage?.prompt_tokens_details?.cached_tokens ?? undefined
  const output = usage?.completion_tokens ?? undefined
  const reasoning = usage?.completion_tokens_details?.reasoning_tokens ?? undefined
  return {
    inputTokens: { total: input, cacheRead: cached, uncached: minus(input, cached) },
    outputTokens: { total: output, reasoning, text: minus(output, reasoning) }
  }
}

const minus = (total: number | undefined, part: number | undefined) =>
  total === undefined || part === undefined ? undefined : total - part

const metadata = ({ id, model }: Reply): AiResponse.ResponseMetadataPartEncoded => ({
  type: "response-metadata",
  id: id ?? undefined,
  modelId: model ?? undefined
})

/** What the server says of its answer is on the span also when the answer is none. */
const annotate = (reply: Reply, { options }: Exchange): void => {
  const finishReason = firstChoice(reply)?.finish_reason
  addGenAIAnnotations(options.span, {
    response: { id: reply.id, model: reply.model, finishReasons: finishReason ? [finishReason] : undefined },
    usage: { inputTokens: reply.usage?.prompt_tokens, outputTokens: reply.usage?.completion_tokens }
  })
}

// An answer has one text.
const textId = "text"
