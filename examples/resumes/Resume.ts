/** What a résumé says, and what can become of a file. */
import { Effect, Schema } from "effect"

const TextOrNull = Schema.NullOr(Schema.String).pipe(Schema.withDecodingDefaultKey(Effect.succeed(null)))

const Job = Schema.Struct({
  title: Schema.String.annotate({ examples: ["Analyst"] }),
  company: TextOrNull.annotate({ examples: ["Analytical Engines"] }),
  dates: TextOrNull.annotate({ examples: ["1842 - 1843"] })
})

/** A résumé, its words as written. */
export const Resume = Schema.Struct({
  name: Schema.NonEmptyString.annotate({ examples: ["Ada Lovelace"] }),
  email: TextOrNull,
  phone: TextOrNull,
  jobs: Schema.Array(Job),
  skills: Schema.Array(Schema.String)
})

/** What became of a file: a résumé, something else, or nothing, with the reason. */
export const Result = Schema.TaggedUnion({
  Parsed: { file: Schema.String, resume: Resume },
  Skipped: { file: Schema.String, reason: Schema.String },
  Failed: { file: Schema.String, reason: Schema.String }
})

export type Job = typeof Job.Type
export type Resume = typeof Resume.Type
export type Result = typeof Result.Type
