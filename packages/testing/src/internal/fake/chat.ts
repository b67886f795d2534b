/** Chat completions: what the server refuses, and the steps of its replies. */
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type { Piece, Request } from "../../FakeOpenAi.ts"
import * as Wire from "./wire.ts"

/** What is read of a request; whatever is absent or of another shape is refused, or of no interest. */
interface Body {
  readonly model?: string
  readonly messages?: ReadonlyArray<Message>
  readonly stream?: boolean
  readonly stream_options?: { readonly include_usage?: boolean }
  readonly tools?: ReadonlyArray<unknown>
  readonly tool_choice?: unknown
  readonly response_format?: { readonly type?: string; readonly json_schema?: { readonly schema?: unknown } }
}

interface Message {
  readonly role?: string
  readonly content?: string | null | ReadonlyArray<{ readonly type?: string; readonly text?: string }>
  readonly tool_calls?: ReadonlyArray<{ readonly id?: string }>
  readonly tool_call_id?: string
}

const textOf = ({ content }: Message): string =>
  typeof content === "string" ? content : (content ?? []).flatMap(({ text }) => text ?? []).join("\n")

const messagesOf = (body: unknown): ReadonlyArray<Message> => {
  const messages = (body as Body | null | undefined)?.messages
  return Array.isArray(messages) ? messages.filter((message) => typeof message === "object" && message !== null) : []
}

/** The text of all messages. */
export const promptOf = (body: unknown): string => messagesOf(body).map(textOf).join("\n\n")

/** The text of the last user message. */
export const lastWords = (body: unknown): string => {
  const last = messagesOf(body).findLast(({ role }) => role === "user")
  return last === undefined ? "" : textOf(last)
}

/** Why no server would take the body, or nothing. */
export const objection = (input: unknown): string | undefined => {
  const body = input as Body
  if (typeof body.model !== "string") return "you must provide a model parameter"
  if (!Array.isArray(body.messages)) return "Missing required parameter: 'messages'."
  if (body.messages.length === 0) return "[] is too short - 'messages'"
  if (body.stream_options !== undefined && body.stream !== true) {
    return "The 'stream_options' parameter is only allowed when 'stream' is enabled."
  }
  if (body.tool_choice !== undefined && body.tools === undefined) {
    return "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified."
  }
  if (body.response_format?.type === "json_schema" && typeof body.response_format.json_schema?.schema !== "object") {
    return "Missing required parameter: 'response_format.json_schema.schema'."
  }
  return objectionToMessages(body.messages)
}

const roles: ReadonlyArray<unknown> = ["system", "developer", "user", "assistant", "tool", "function"]

/** The results of tools stand right behind the message that called these tools. */
const objectionToMessages = (messages: ReadonlyArray<Message>): string | undefined => {
  let open: ReadonlyArray<unknown> = []
  for (const [index, message] of messages.entries()) {
    if (!roles.includes(message?.role)) return `Invalid value for 'messages[${index}].role'.`
    if (message.role === "tool") {
      if (!open.includes(message.tool_call_id)) {
        return `Invalid parameter: messages[${index}] with role 'tool' must be a response to a preceding message with 'tool_calls'.`
      }
      open = open.filter((id) => id !== message.tool_call_id)
    } else {
      if (open.length > 0) return unanswered(open)
      open = (message.tool_calls ?? []).map(({ id }) => id)
    }
  }
  return open.length > 0 ? unanswered(open) : undefined
}

const unanswered = (ids: ReadonlyArray<unknown>) =>
  `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${ids.join(", ")}`

/** The steps of a reply to a request without objections. */
export const reply = (pieces: ReadonlyArray<Piece>, request: Request, number: number): Wire.Steps => {
  const body = request.body as Body
  const exchange = {
    id: `chatcmpl-${number}`,
    created: Math.floor(request.at / 1000),
    model: body.model!,
    usage: usageOf(request.prompt, pieces),
    finish_reason: pieces.some(isToolCall) ? "tool_calls" : "stop",
    calls: pieces.filter(isToolCall)
  }
  return body.stream === true
    ? streamed(pieces, exchange, number, body.stream_options?.include_usage === true)
    : whole(pieces, exchange, number)
}

interface Exchange {
  readonly id: string
  readonly created: number
  readonly model: string
  readonly usage: Schema.JsonObject
  readonly finish_reason: string
  readonly calls: ReadonlyArray<ToolCall>
}

type ToolCall = Exclude<Piece, string | Effect.Effect<unknown>>

const isToolCall = (piece: Piece): piece is ToolCall => typeof piece !== "string" && !Effect.isEffect(piece)

const idOf = (call: ToolCall, number: number, index: number): string => call.id ?? `call-${number}-${index}`

/** A word is a token. */
export const countTokens = (text: string): number => text.match(/\S+/g)?.length ?? 0

const usageOf = (prompt: string, pieces: ReadonlyArray<Piece>): Schema.JsonObject => {
  const said = pieces.map((piece) =>
    typeof piece === "string" ? piece : isToolCall(piece) ? `${piece.name} ${JSON.stringify(piece.params)}` : ""
  )
  const prompt_tokens = countTokens(prompt)
  const completion_tokens = countTokens(said.join(""))
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens }
}

const whole = (pieces: ReadonlyArray<Piece>, exchange: Exchange, number: number): Wire.Steps => {
  const { calls, created, finish_reason, id, model, usage } = exchange
  const text = pieces.filter((piece) => typeof piece === "string").join("")
  const message: Schema.JsonObject = {
    role: "assistant",
    content: calls.length > 0 ? text || null : text,
    refusal: null
  }
  const tool_calls = calls.map((call, index) => ({
    id: idOf(call, number, index),
    type: "function",
    function: { name: call.name, arguments: JSON.stringify(call.params) }
  }))
  return [
    ...pieces.filter((piece) => Effect.isEffect(piece)).map((until) => Wire.Wait({ until })),
    ...Wire.json({
      id,
      object: "chat.completion",
      created,
      model,
      choices: [{ index: 0, message: calls.length > 0 ? { ...message, tool_calls } : message, finish_reason }],
      usage
    })
  ]
}

function* streamed(
  pieces: ReadonlyArray<Piece>,
  { created, finish_reason, id, model, usage }: Exchange,
  number: number,
  includeUsage: boolean
): Generator<Wire.Step> {
  const chunk = (choices: ReadonlyArray<Schema.JsonObject>, usage: Schema.Json = null) =>
    Wire.Event({
      data: { id, object: "chat.completion.chunk", created, model, choices, ...(includeUsage ? { usage } : {}) }
    })
  const delta = (delta: Schema.JsonObject, finish_reason: string | null = null) =>
    chunk([{ index: 0, delta, finish_reason }])

  yield Wire.Head({ status: 200, headers: { "content-type": "text/event-stream" } })
  yield delta({ role: "assistant", content: "" })
  let calls = 0
  for (const piece of pieces) {
    if (typeof piece === "string") yield delta({ content: piece })
    else if (!isToolCall(piece)) yield Wire.Wait({ until: piece })
    else {
      const index = calls++
      const text = JSON.stringify(piece.params)
      const part = (fields: Schema.JsonObject) => delta({ tool_calls: [{ index, ...fields }] })
      yield part({ id: idOf(piece, number, index), type: "function", function: { name: piece.name, arguments: "" } })
      // In two parts, for whoever puts them together.
      yield part({ function: { arguments: text.slice(0, text.length / 2) } })
      yield part({ function: { arguments: text.slice(text.length / 2) } })
    }
  }
  yield delta({}, finish_reason)
  if (includeUsage) yield chunk([], usage)
  yield Wire.Event({ data: "[DONE]" })
}
