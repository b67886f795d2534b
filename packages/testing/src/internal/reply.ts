/** What a scripted reply becomes: pieces, and of these the response of a call. */
import * as AiError from "effect/ai/AiError"
import * as Prompt from "effect/ai/Prompt"
import type * as Response from "effect/ai/Response"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Call, Failure, Piece, Reply } from "../ScriptedModel.ts"

/** The text of a prompt, as rules see it. */
export const toText = ({ content }: Prompt.Prompt): string =>
  content
    .map(({ content }) => (typeof content === "string" ? content : content.map(textOf).filter(Boolean).join("\n")))
    .join("\n\n")

const textOf = (part: Prompt.Part): string => {
  if (part.type === "text") return part.text
  if (part.type !== "tool-result") return ""
  return part.modelOutput ? Prompt.toolModelOutputToText(part.modelOutput) : JSON.stringify(part.result ?? null)
}

/** The pieces of a reply: with an id for every tool call, and a finish part. */
export const toPieces = (reply: Reply, call: Call, number: number): Effect.Effect<ReadonlyArray<Piece>, Failure> => {
  if (Effect.isEffect(reply)) return Effect.flatMap(reply, (later) => toPieces(later, call, number))
  if (typeof reply === "function") return toPieces(reply(call), call, number)
  if (isPieces(reply)) return Effect.succeed(complete(reply, number))
  const text = typeof reply === "string" ? reply : JSON.stringify(reply)
  return Effect.succeed(complete(text.match(/\s+|\S+\s*/g) ?? [], number))
}

const isPieces = (reply: Reply): reply is ReadonlyArray<Piece> => Array.isArray(reply)

type Part = Exclude<Piece, string | Effect.Effect<void, Failure>>

const isPart = (piece: Piece): piece is Part => typeof piece !== "string" && !Effect.isEffect(piece)

const complete = (pieces: ReadonlyArray<Piece>, number: number): ReadonlyArray<Piece> => {
  const types = new Set(pieces.filter(isPart).map(({ type }) => type))
  const named = pieces.map((piece, index) =>
    isPart(piece) && piece.type === "tool-call" ? { ...piece, id: piece.id ?? `call-${number}-${index}` } : piece
  )
  if (types.has("finish")) return named
  const reason = types.has("tool-call") ? "tool-calls" : "stop"
  return [...named, { type: "finish", reason, usage: { inputTokens: {}, outputTokens: {} } }]
}

// Below, `LanguageModel` decodes the parts, and refuses what is none of its method; hence the casts.

/** The response of a call that does not stream. */
export const toParts = Effect.fnUntraced(function* (pieces: ReadonlyArray<Piece>) {
  const parts: Array<Part> = []
  for (const piece of pieces) {
    const last = parts.at(-1)
    if (Effect.isEffect(piece)) yield* piece
    else if (typeof piece !== "string") parts.push(piece)
    else if (last?.type !== "text") parts.push({ type: "text", text: piece })
    else parts[parts.length - 1] = { ...last, text: last.text + piece }
  }
  return parts as Array<Response.PartEncoded>
})

/** The response of a call that does. */
export const toStream = (pieces: ReadonlyArray<Piece>): Stream.Stream<Response.StreamPartEncoded, Failure> => {
  const steps: Array<Exclude<Piece, string>> = []
  let id: string | undefined
  for (const [index, piece] of pieces.entries()) {
    if (typeof piece === "string") {
      if (id === undefined) steps.push({ type: "text-start", id: (id = `text-${index}`) })
      steps.push({ type: "text-delta", id, delta: piece })
    } else {
      if (id !== undefined && isPart(piece)) {
        steps.push({ type: "text-end", id })
        id = undefined
      }
      steps.push(piece)
    }
  }
  return Stream.fromIterable(steps).pipe(
    Stream.flatMap((step) => (Effect.isEffect(step) ? Stream.fromEffectDrain(step) : Stream.succeed(step)))
  ) as Stream.Stream<Response.StreamPartEncoded, Failure>
}

export const toAiError =
  (method: Call["method"]) =>
  (failure: Failure): AiError.AiError =>
    AiError.isAiError(failure) ? failure : AiError.make({ module: "ScriptedModel", method, reason: failure })
