/** What a request and its reply come to in tokens: as the model reports it, else by the length of the text. */
import type * as AiError from "effect/ai/AiError"
import type * as Prompt from "effect/ai/Prompt"
import type * as Response from "effect/ai/Response"
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { toText } from "./promptText.ts"
import { stringify } from "./stringify.ts"

/** English has about four characters a token. */
const toTokens = (characters: number): number => Math.ceil(characters / 4)

export const ofPrompt = (prompt: Prompt.Prompt): number => toTokens(toText(prompt).length)

export type Part = Response.PartEncoded | Response.StreamPartEncoded

export interface Counter {
  readonly add: (part: Part) => void
  /** What the request has cost, now that it ended like this. */
  readonly cost: (exit: Exit.Exit<unknown, AiError.AiError>) => number
}

/** Counts the parts of the reply to a prompt. */
export const counter = (prompt: Prompt.Prompt): Counter => {
  let characters = 0
  let usage: Response.FinishPartEncoded["usage"] | undefined
  return {
    add: (part) => {
      characters += lengthOf(part)
      if (part.type === "finish") usage = part.usage
    },
    cost: (exit) => {
      const error = Exit.isFailure(exit) ? Cause.findErrorOption(exit.cause) : Option.none()
      const told = Option.match(error, { onNone: () => 0, onSome: ofError })
      // Who was refused, or not understood, was not heard. What broke off or was given up has to be paid as far as it went.
      if (told > 0 || (Option.isSome(error) && characters === 0)) return told
      return (usage?.inputTokens.total ?? ofPrompt(prompt)) + (usage?.outputTokens.total ?? toTokens(characters))
    }
  }
}

const ofError = ({ reason }: AiError.AiError): number => {
  const usage = "usage" in reason ? reason.usage : undefined
  return (usage?.promptTokens ?? 0) + (usage?.completionTokens ?? 0)
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
      return stringify(part.params)?.length ?? 0
    default:
      return 0
  }
}
