/** The text of what a model is asked. */
import * as Prompt from "effect/ai/Prompt"
import { stringify } from "./stringify.ts"

export const toText = ({ content }: Prompt.Prompt): string => content.map(textOf).join("\n\n")

/** Text parts and the results of tools (as JSON), one a line; reasoning and files do not count. */
export const textOf = ({ content }: Prompt.Message): string =>
  typeof content === "string"
    ? content
    : content
        .map(textOfPart)
        .filter((text) => text !== "")
        .join("\n")

export const textOfPart = (part: Prompt.Part): string => {
  if (part.type === "text") return part.text
  if (part.type !== "tool-result") return ""
  return part.modelOutput ? Prompt.toolModelOutputToText(part.modelOutput) : (stringify(part.result ?? null) ?? "")
}
