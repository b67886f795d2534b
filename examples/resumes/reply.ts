/** What the model is asked, and how its reply is read. */
import { Structured } from "@effect-pocketflow/ai"
import { Effect, Schema } from "effect"
import { Resume } from "./Resume.ts"

const Reply = Schema.Union([
  Schema.Struct({
    not_a_resume: Schema.String.annotate({ description: "what the text is, if it is no résumé" })
  }),
  Resume
])

export const instructions = `You read résumés. The user sends one text. Copy words, numbers and dates as they are written.
Leave out what the text does not say; an empty list is []. Take the person's own address and number, and only jobs,
no studies.

${Structured.instructions(Reply)}`

/** The model says that the text is something else. */
export class NotAResume extends Schema.TaggedError<NotAResume>()("NotAResume", { message: Schema.String }) {}

/** The résumé in a reply. */
export const readReply = Effect.fn("readReply")(function* (text: string) {
  const reply = yield* decode(text)
  return "not_a_resume" in reply ? yield* new NotAResume({ message: reply.not_a_resume }) : reply
})

const decode = Structured.decode(Reply)
