/** Answers without a model: by the sentences of the passages that have most words of the question, and what it asks for. */
import type { OfflineModel } from "@effect-pocketflow/ai"
import { documentsIn } from "../shared/library.ts"
import { fitting, sentencesOf, share, termsOf } from "../shared/text.ts"

export const rules: ReadonlyArray<OfflineModel.Rule> = [
  {
    name: "answer",
    when: ({ system }) => system.startsWith("Answer the question"),
    reply: ({ user }) => {
      const question = /^Question: (.*)$/m.exec(user)?.[1] ?? ""
      const [asked, fits] = [termsOf(question), fitting(question)]
      const claims = documentsIn(user).flatMap(({ id, text, title }) =>
        sentencesOf(text)
          .filter(fits)
          .map((quote) => ({ text: quote, passage: id, quote, score: share(asked, termsOf(`${title} ${quote}`)) }))
      )
      const best = Math.max(...claims.map(({ score }) => score))
      const chosen = claims.filter(({ score }) => score > 0.6 && score === best)
      // Passages overlap: a sentence may be in two.
      const once = chosen.filter(({ quote }, i) => chosen.findIndex((claim) => claim.quote === quote) === i)
      return JSON.stringify({ claims: once.slice(0, 2).map(({ score: _, ...claim }) => claim) })
    }
  }
]
