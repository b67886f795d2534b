/** What a request and its reply come to in tokens: as the model reports it, else by the length of the text. */
import type * as AiError from "effect/ai/AiError"
import type * as Prompt from "effect/ai/Prompt"
import type * as Response from "effect/ai/Response"
import { toText } from "./promptText.ts"

/** English has about four characters a token. */
const toTokens = (characters: number): number => Math.ceil(characters / 4)

export const ofPrompt = (prompt: Prompt.Prompt): number => toTokens(toText(prompt).length)

export type Part = Response.PartEncoded | Response.StreamPartEncoded

/** Counts the parts of one reply; gives the tokens of the whole, with its prompt, when the last part comes. */
export const counter = (prompt: Prompt.Prompt): ((part: Part) => number | undefined) => {
  let characters = 0
  return (part) => {
    if (part.type !== "finish") {
      characters += lengthOf(part)
      return undefined
    }
    const { inputTokens, outputTokens } = part.usage
    return (inputTokens.total ?? ofPrompt(prompt)) + (outputTokens.total ?? toTokens(characters))
  }
}

const lengthOf = (part: Part): number => {
  switch (part.type) {
    case "text":
    case "reasoning":
      return part.text.length
    case "text-delta":
    case "reasoning-delta":
    case "tool-params-delta":
      return part.delta.length
    case "tool-call":
      return JSON.stringify(part.params ?? null).length
    default:
      return 0
  }
}

/** What a failed request has cost all the same, where the error tells. */
export const ofError = ({ reason }: AiError.AiError): number => {
  const usage = "usage" in reason ? reason.usage : undefined
  return (usage?.promptTokens ?? 0) + (usage?.completionTokens ?? 0)
}
