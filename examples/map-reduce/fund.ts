/** How a fund is shared out, and how that looks. */
import { Schema } from "effect"
import { oneLine } from "../shared/cli.ts"
import { fit } from "../shared/status.ts"
import { mostPoints } from "./assessment.ts"

export const Verdict = Schema.TaggedUnion({
  Rated: {
    file: Schema.String,
    applicant: Schema.String,
    amount: Schema.Int,
    points: Schema.Int,
    granted: Schema.Boolean
  },
  /** For a human to look at. */
  Unclear: { file: Schema.String, reason: Schema.String }
})

export type Verdict = typeof Verdict.Type

/** From the best downwards, whoever has at least half of the points and asks for no more than is left. */
export const award = (verdicts: ReadonlyArray<Verdict>, budget: number): ReadonlyArray<Verdict> => {
  let left = budget
  return verdicts
    .toSorted((a, b) => rank(b) - rank(a))
    .map((verdict) => {
      if (verdict._tag === "Unclear" || verdict.points < mostPoints / 2 || verdict.amount > left) return verdict
      left -= verdict.amount
      return { ...verdict, granted: true }
    })
}

const rank = (verdict: Verdict): number => (verdict._tag === "Rated" ? verdict.points : -1)

/** One line for each application, then what is left to humans. */
export const toTable = (verdicts: ReadonlyArray<Verdict>): string =>
  verdicts
    .map((verdict) =>
      verdict._tag === "Unclear"
        ? oneLine(`  unclear  ${verdict.file}: ${verdict.reason}`)
        : [
            verdict.granted ? "✓" : " ",
            `${verdict.points}/${mostPoints}`.padStart(7),
            ` ${fit(verdict.applicant, 36)}`,
            `${verdict.amount} euros`.padStart(11)
          ].join(" ")
    )
    .join("\n")
