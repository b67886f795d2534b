/** Embeddings computed from the words of a text: texts that share words are near each other. */
import type * as Schema from "effect/Schema"
import { countTokens } from "./chat.ts"
import * as Wire from "./wire.ts"

interface Body {
  readonly model?: unknown
  readonly input?: unknown
  readonly dimensions?: unknown
  readonly encoding_format?: unknown
}

/** The texts to embed, or nothing where the body has none. */
export const inputsOf = (body: unknown): ReadonlyArray<string> | undefined => {
  const input = (body as Body | null | undefined)?.input
  const inputs = typeof input === "string" ? [input] : input
  return Array.isArray(inputs) && inputs.every((text) => typeof text === "string") ? inputs : undefined
}

/** Why no server would take the body, or nothing. */
export const objection = (input: unknown): string | undefined => {
  const body = input as Body
  const inputs = inputsOf(body)
  if (typeof body.model !== "string") return "you must provide a model parameter"
  if (inputs === undefined) return "Missing required parameter: 'input'."
  if (inputs.length === 0 || inputs.includes("")) return "'$.input' is invalid. Please check the API reference."
  if (inputs.length > 2048) return "'$.input' is too long: the maximum is 2048 inputs."
  const { dimensions = 1, encoding_format = "float" } = body
  if (!Number.isInteger(dimensions) || (dimensions as number) < 1) return "Invalid value for 'dimensions'."
  return encoding_format === "float" || encoding_format === "base64"
    ? undefined
    : "Invalid value for 'encoding_format'."
}

/** The steps of a reply to a request without objections. */
export const reply = (body: unknown): Wire.Steps => {
  const { dimensions, encoding_format, model } = body as Body
  const inputs = inputsOf(body)!
  const prompt_tokens = inputs.reduce((sum, text) => sum + countTokens(text), 0)
  return Wire.json({
    object: "list",
    data: inputs.map((text, index): Schema.Json => {
      const vector = embed(text, (dimensions as number | undefined) ?? 256)
      const embedding = encoding_format === "base64" ? Buffer.from(vector.buffer).toString("base64") : [...vector]
      return { object: "embedding", index, embedding }
    }),
    model: model as string,
    usage: { prompt_tokens, total_tokens: prompt_tokens }
  })
}

/** How often which word occurs, each word at a place that follows from its letters; of length 1. */
const embed = (text: string, dimensions: number): Float32Array => {
  const vector = new Float32Array(dimensions)
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [text]) vector[hash(word) % dimensions]! += 1
  const length = Math.hypot(...vector)
  return vector.map((value) => value / length)
}

/** FNV-1a, of 32 bits. */
const hash = (word: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), 0x01000193) >>> 0
  return hash
}
