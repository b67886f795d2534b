/** JSON that a server sends: read as what it should be, told as what it is. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as AiError from "effect/ai/AiError"
import type { Failures } from "./failure.ts"
import type { Reply } from "./reply.ts"

export const nullish = <S extends Schema.Constraint>(schema: S) => Schema.optional(Schema.NullOr(schema))

interface Body<A> {
  readonly value: A
  /** A failure that tells what is wrong with the value, and how the text begins. */
  readonly invalid: (description: string) => AiError.InvalidResponseError
}

/** The whole of a reply as JSON of a schema. The text is not held any longer. */
export const decodeBody = <A>(
  schema: Schema.ConstraintDecoder<A>
): ((reply: Reply, failures: Failures) => Effect.Effect<Body<A>, AiError.AiErrorReason>) => {
  const decode = Schema.decodeUnknownEffect(schema)
  return Effect.fnUntraced(function* ({ response, text }, failures) {
    const { excerpt, json } = yield* Effect.map(text, (text) => ({
      excerpt: failures.excerpt(text),
      json: failures.parse(text)
    }))
    const invalid = (description: string) => failures.invalidResponse(description, response, excerpt)
    if (Option.isNone(json)) return yield* invalid(`The reply is ${notJson(response)}`)
    if (isError(json.value)) return yield* failures.fromEvent(json.value)
    const value = yield* Effect.mapError(decode(json.value), (error) => invalid(error.message))
    return { value, invalid }
  })
}

/** Whether it is what servers send in place of a reply. Some send `"error": null` in every one. */
export const isError = (json: unknown): boolean =>
  typeof json === "object" && json !== null && "error" in json && json.error !== null

const notJson = ({ headers }: Response): string => {
  const type = headers.get("content-type")?.split(";", 1)[0] ?? ""
  return type === "" || /\bjson\b/i.test(type) ? "not JSON" : `${type}, not JSON`
}
