/** Replies without a model: questions by what the prompt holds of earlier statements, word for word, and no more than that. */
import type { OfflineModel } from "@effect-pocketflow/ai"
import { quotesIn } from "../shared/prompt.ts"
import { share, termsOf } from "../shared/text.ts"

export const rules: ReadonlyArray<OfflineModel.Rule> = [
  {
    name: "a question",
    when: ({ user }) => user.endsWith("?"),
    reply: (prompt) => {
      const asked = termsOf(prompt.user)
      const best = statementsIn(prompt)
        .map((text) => ({ text, score: share(asked, termsOf(text)) }))
        .reduce((best, next) => (next.score > best.score ? next : best), { text: "", score: 0.3 })
      return best.text === "" ? "I do not remember that you told me." : `You told me: "${best.text}"`
    }
  },
  {
    name: "anything else",
    when: () => true,
    reply: ({ user }) => replies[user.length % replies.length] ?? ""
  }
]

const replies = ["I see.", "Good to know.", "I will keep that in mind."]

/** What the user has said, in the turns of the prompt and in what was recalled. */
const statementsIn = ({ history }: OfflineModel.PromptText): ReadonlyArray<string> =>
  history
    .filter(({ role }) => role === "user")
    .map(({ text }) => /^user: (.*)/.exec(quotesIn("earlier", text)[0] ?? "")?.[1] ?? text)
    .filter((text) => !text.endsWith("?"))
