/** Whether a reply is whole and what was asked for. */
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Response from "effect/ai/Response"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Provider } from "./provider.ts"
import { ReplyCheck } from "./replyCheck.ts"

/** Decodes all that will be decoded. What cannot be, for want of a service or for a fault in a schema, is not valid. */
export const isValid = (
  reply: unknown,
  request: LanguageModel.ProviderOptions,
  { codecTransformer = LanguageModel.defaultCodecTransformer }: Provider
): Effect.Effect<boolean> =>
  Effect.gen(function* () {
    const parts = yield* decodeParts(reply)
    if (!parts.some((part) => part.type === "finish" && whole.includes(part.reason))) return false
    for (const part of parts) {
      if (part.type !== "tool-call") continue
      const tool = request.tools.find(({ name }) => name === part.name)
      if (tool === undefined) return false
      if (Schema.isSchema(tool.parametersSchema)) yield* decode(tool.parametersSchema, part.params)
    }
    const text = parts
      .map((part) => (part.type === "text" ? part.text : part.type === "text-delta" ? part.delta : ""))
      .join("")
    const { responseFormat } = request
    if (responseFormat.type === "json") {
      yield* decode(Schema.fromJsonString(codecTransformer(responseFormat.schema).codec), text)
    }
    const check = yield* ReplyCheck
    return check === undefined || (yield* check(text))
  }).pipe(Effect.catchCause((cause) => (Cause.hasInterrupts(cause) ? Effect.interrupt : Effect.succeed(false))))

const whole: ReadonlyArray<Response.FinishReason> = ["stop", "tool-calls"]

const decodeParts = Schema.decodeUnknownEffect(Schema.Array(Response.AllParts()))

const decode = (schema: Schema.Constraint, value: unknown) =>
  Schema.decodeUnknownEffect(schema as Schema.Codec<unknown>)(value)
