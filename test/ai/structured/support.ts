import { Structured } from "@effect-pocketflow/ai"
import { Effect, type Schema } from "effect"

export const fenced = (text: string, name = "yaml"): string => `\`\`\`${name}\n${text}\n\`\`\``

/** What is read, or why it cannot be. */
export const read = <S extends Schema.Codec<any, any>>(schema: S, reply: string, limits?: Structured.Limits) =>
  Effect.match(Structured.decode(schema, limits)(reply), {
    onSuccess: (value): unknown => ({ value }),
    onFailure: (error): unknown => {
      const { _tag, column, line, message, path, reason } = error
      if (_tag !== "InvalidReply") return error
      return { reason, message, ...(line && { at: `${line}:${column}` }), ...(path !== undefined && { path }) }
    }
  })
