/**
 * The supervisor without a model, and the agent that listens to it.
 *
 * A question such as "When was Cassini launched, and who discovered Titan?" has two parts. The rules of the agent look
 * for one sentence that says it all, so an answer often leaves a part out. The supervisor finds the part for which no
 * line of the answer has both the words and the kind of thing that is asked for, and the agent then researches that.
 */
import type { OfflineModel } from "@effect-pocketflow/ai"
import { rules as agentRules } from "../agent/rules.ts"
import { quotesIn } from "../shared/prompt.ts"
import { namesIn, share, termsOf } from "../shared/text.ts"

type Rule = OfflineModel.Rule

const supervise: Rule = {
  name: "supervise",
  when: ({ system }) => system.startsWith("Supervise"),
  reply: ({ user }) => {
    const question = /^Question: (.*)$/m.exec(user)?.[1] ?? ""
    const [answer = ""] = quotesIn("answer", user)
    const lines = answer.split("\n")
    const missing = partsOf(question).filter((part) => !lines.some((line) => answers(part, line)))
    return JSON.stringify({
      accepted: missing.length === 0,
      reason: missing.map((part) => `Not answered: "${part}".`).join(" ")
    })
  }
}

/** A rule of the agent, asked for the part that is missing in place of the whole question. */
const listening = (rule: Rule): Rule => ({
  name: `${rule.name}, after an answer was sent back`,
  when: (prompt) => prompt.user.includes("</last-answer>\nReason: Not answered") && applies(rule, prompt),
  reply: (prompt) => {
    const [told, question = ""] = /^Question: (.*)\n[^]*?^<\/last-answer>\nReason: .*$/m.exec(prompt.user) ?? []
    const part = /^<\/last-answer>\nReason: Not answered: "(.*?)"\.(?: |$)/m.exec(prompt.user)?.[1] ?? question
    const reply = rule.reply({ ...prompt, user: prompt.user.replace(told ?? "", () => `Question: ${part}`) })
    return rule.name === "answer" && typeof reply === "string" ? afterEarlier(prompt.user, reply) : reply
  }
})

const applies = ({ when }: Rule, prompt: OfflineModel.PromptText): boolean =>
  typeof when === "function" ? when(prompt) : when.test(prompt.text)

/** What was right in the last answer comes first: its quotes. */
const afterEarlier = (prompt: string, reply: string): string => {
  const { found, text } = JSON.parse(reply)
  const [last = ""] = quotesIn("last-answer", prompt)
  const earlier = last.split("\n").filter((line) => /\[[\w-]+\]$/.test(line))
  return JSON.stringify({
    text: Array.from(new Set([...earlier, ...text.split("\n")])).join("\n"),
    found: found || earlier.length > 0
  })
}

export const rules: ReadonlyArray<Rule> = [supervise, ...agentRules.map(listening), ...agentRules]

/** "When was it launched, and who found it?" are two questions; the second is about what the first one names. */
const partsOf = (question: string): ReadonlyArray<string> => {
  const [first = "", ...others] = question
    .replace(/\W+$/, "")
    .split(/,? and (?=(?:(?:at|by|for|from|in|on|to|with) )?(?:who|whom|whose|when|where|which|what|how)\b)/i)
  const about = namesIn(first).map(({ name }) => name)
  return [first, ...others.map((part) => (namesIn(part).length > 0 ? part : [part, ...about].join(" ")))]
}

const answers = (part: string, line: string): boolean =>
  share(termsOf(part), termsOf(line)) > 0.5 &&
  (!/\bwho(?:m|se)?\b/i.test(part) || namesIn(line).some(({ name }) => name.includes(" "))) &&
  (!/\b(?:when|year)\b/i.test(part) || /\b\d{4}\b/.test(line)) &&
  (!/\bhow (?:many|much|large|long|far|old)\b/i.test(part) || /\d/.test(line))
