/** What the model is asked, and how its reply is read. */
import { Effect, Schema } from "effect"
import { parse } from "yaml"
import { Resume } from "./Resume.ts"

export const instructions = `You read résumés. The user sends one text. Reply with one YAML block in a fence and nothing else:

\`\`\`yaml
name: Ada Lovelace
email: ada@example.org
phone: "555-0100"
jobs:
  - title: Analyst
    company: Analytical Engines
    dates: 1842 - 1843
skills:
  - Mathematics
\`\`\`

Copy words, numbers and dates as they are written. Leave out what the text does not say; an empty list is [].
Take the person's own address and number, and only jobs, no studies. If the text is not a résumé, reply instead:

\`\`\`yaml
not_a_resume: what it is
\`\`\``

/** The reply cannot be read. Another try may help. */
export class InvalidReply extends Schema.TaggedError<InvalidReply>()("InvalidReply", { message: Schema.String }) {}

/** The model says that the text is something else. */
export class NotAResume extends Schema.TaggedError<NotAResume>()("NotAResume", { message: Schema.String }) {}

/** The résumé in a reply. */
export const readReply = Effect.fn("readReply")(function* (reply: string) {
  const block = fenced(reply)
  if (block === undefined) return yield* new InvalidReply({ message: "the reply has no YAML block" })
  const value = yield* Effect.try({
    // `failsafe` leaves numbers and dates as written. Deep nesting throws, like bad syntax.
    try: (): unknown => parse(block, { schema: "failsafe", customTags: ["null"], logLevel: "error" }),
    catch: (thrown) => new InvalidReply({ message: `the reply is not YAML: ${firstLine(thrown)}` })
  })
  if (isRefusal(value)) return yield* new NotAResume({ message: value.not_a_resume })
  return yield* decode(value).pipe(
    Effect.mapError((error) => new InvalidReply({ message: `the reply does not fit: ${error.message}` }))
  )
})

const isRefusal = Schema.is(Schema.Struct({ not_a_resume: Schema.String }))
const decode = Schema.decodeUnknownEffect(Resume)
const firstLine = (thrown: unknown): string =>
  (thrown instanceof Error ? thrown.message : String(thrown)).split("\n")[0]!

/** What stands between the first fence and the next. */
const fenced = (text: string): string | undefined => {
  const lines = text.split("\n").map((line) => line.trimEnd())
  const start = lines.findIndex((line) => /^\s*```(?:ya?ml)?$/.test(line))
  const end = lines.findIndex((line, index) => index > start && line.trim() === "```")
  return start < 0 || end < 0 ? undefined : lines.slice(start + 1, end).join("\n")
}
