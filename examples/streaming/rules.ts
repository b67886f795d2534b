/** Replies without a model: the sentences of the documents that have most of the words of the question. */
import type { OfflineModel } from "@effect-pocketflow/ai"
import { documentsIn } from "../shared/library.ts"
import { sentencesOf, share, termsOf } from "../shared/text.ts"

export const rules: ReadonlyArray<OfflineModel.Rule> = [
  {
    name: "a greeting",
    when: ({ user }) => /^(?:hello|hi|hey|good (?:morning|evening)|thank(?:s| you))\b\W*$/i.test(user),
    reply: () => "Hello! Ask me about a space mission, a rocket, or a place where spacecraft have been."
  },
  {
    name: "a question",
    when: ({ system }) => system.startsWith("You talk about space missions"),
    reply: ({ history, system }) => {
      // "And who built it?" is about what was asked before.
      const asked = history.filter(({ role }) => role === "user").map(({ text }) => termsOf(text))
      const [before = [], now = []] = asked.length > 1 ? asked.slice(-2) : [[], ...asked]
      const sentences = documentsIn(system).flatMap(({ text, title }) =>
        sentencesOf(text).map((text) => {
          const terms = termsOf(`${title} ${text}`)
          return { text, weight: share(now, terms) * (1 + share(before, terms)) }
        })
      )
      const best = sentences
        .filter(({ weight }) => weight > 0)
        .toSorted((a, b) => b.weight - a.weight)
        .slice(0, 4)
      return best.length === 0
        ? "The documents do not tell."
        : sentences
            .filter((sentence) => best.includes(sentence))
            .map(({ text }) => text)
            .join(" ")
    }
  }
]
