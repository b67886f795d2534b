/** Assesses without a model: sentences that have the words in which needs, plans, costs and benefits are told. */
import type { OfflineModel } from "@effect-pocketflow/ai"
import { quotesIn } from "../shared/prompt.ts"
import { sentencesOf } from "../shared/text.ts"

export const rules: ReadonlyArray<OfflineModel.Rule> = [
  {
    name: "assess",
    when: ({ system }) => system.startsWith("Assess"),
    reply: ({ user }) => {
      const [text = ""] = quotesIn("application", user)
      const body = sentencesOf(text.replace(/^(?:From|Amount):.*$/gm, ""))
      return JSON.stringify({
        applicant: /^From: (.*)$/m.exec(text)?.[1] ?? "unknown",
        amount: Number(/^Amount: ([\d,]+)/m.exec(text)?.[1]?.replaceAll(",", "")),
        need: mark(body, needs),
        plan: mark(body, plans),
        costs: mark(body, costs),
        benefit: mark(body, benefits)
      })
    }
  }
]

/** Two points for a sentence that tells of it, one for each further one up to four, and one for numbers: facts. */
const mark = (sentences: ReadonlyArray<string>, words: RegExp) => {
  const found = sentences.filter((sentence) => words.test(sentence))
  const numbers = found.find((sentence) => /\d/.test(sentence))
  return found.length === 0
    ? { points: 0, quote: "" }
    : { points: Math.min(4, 1 + found.length) + (numbers === undefined ? 0 : 1), quote: numbers ?? found[0] }
}

const needs = /\b(?:no|nobody|nowhere|without|waiting list|closed|cannot|never learned|lack|survey|alone)\b/i

const plans =
  /\b(?:January|February|March|April|May|June|July|August|September|October|November|December|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?|weeks?|evenings?|volunteers)\b/

const costs = /\b\d+ euros\b|\bfree of charge\b|\blent\b/

const benefits = /\b(?:children|pupils|famil(?:y|ies)|people|neighbours|women|households|teenagers)\b/i
