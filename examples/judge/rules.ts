/**
 * A writer and a judge without a model.
 *
 * The writer begins with what copywriters like to say, and revises hastily: to shorten a text it cuts the last
 * sentences, whatever they say. The judge compares words and numbers with the brief. Neither knows anything about style.
 */
import type { OfflineModel } from "@effect-pocketflow/ai"
import { quotesIn } from "../shared/prompt.ts"
import { sentencesOf, share, termsOf } from "../shared/text.ts"

export const rules: ReadonlyArray<OfflineModel.Rule> = [
  {
    name: "write",
    when: ({ system, user }) => system.startsWith("Write") && !user.includes("<draft>"),
    reply: ({ user }) => {
      const { audience, facts, product } = briefIn(user)
      const opening = `Meet the ${product}, for ${audience}. Simply the best. Truly amazing. Revolutionary.`
      return [opening, ...facts.slice(0, 4).map(toSentence)].join(" ")
    }
  },
  {
    name: "revise",
    when: ({ system, user }) => system.startsWith("Write") && user.includes("<draft>"),
    reply: ({ user }) => {
      const brief = briefIn(user)
      const draft = quotesIn("draft", user).at(-1) ?? ""
      const notes = (/^Notes:\n([^]*)$/m.exec(user)?.[1] ?? "").split("\n").map((note) => note.slice(2))
      return notes.reduce((text, note) => revise(text, note, brief), draft)
    }
  },
  {
    name: "judge",
    when: ({ system }) => system.startsWith("Judge"),
    reply: ({ user }) => {
      const { forbidden, limit, must } = briefIn(user)
      const [brief = ""] = quotesIn("brief", user)
      const text = quotesIn("text", user).at(-1) ?? ""
      const excess = Number(/<text words="(\d+)">/.exec(user)?.[1]) - limit
      const notes = [
        ...forbidden.filter((word) => has(text, word)).map((word) => `Do not say "${word}".`),
        ...must
          .filter((topic) => share(termsOf(topic), termsOf(text)) < 1)
          .map((topic) => `Say something about ${topic}.`),
        ...numbersIn(text)
          .filter((number) => !numbersIn(brief).includes(number))
          .map((number) => `The brief says nothing about ${number}.`)
      ]
      const score = Math.max(0, 10 - 2 * notes.length - Math.max(0, Math.ceil(excess / 10)))
      return JSON.stringify({
        score,
        notes: excess > 0 ? [`Shorten it by ${excess} words.`, ...notes] : notes
      })
    }
  }
]

const briefIn = (prompt: string) => {
  const [brief = ""] = quotesIn("brief", prompt)
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(brief)?.[1] ?? ""
  return {
    product: field("Product"),
    audience: field("For"),
    facts: Array.from(brief.matchAll(/^- (.*)$/gm), ([, fact = ""]) => fact),
    must: field("Must say").split(", "),
    limit: Number(field("Most words")),
    forbidden: field("Never say").split(", ")
  }
}

const toSentence = (fact: string): string =>
  /^(?:the|every|all) /.test(fact) ? `${fact.charAt(0).toUpperCase()}${fact.slice(1)}.` : `It ${fact}.`

const revise = (text: string, note: string, { facts }: ReturnType<typeof briefIn>): string => {
  const [, forbidden] = /^Do not say "(.*)"\.$/.exec(note) ?? []
  if (forbidden !== undefined) {
    return sentencesOf(text)
      .filter((sentence) => !has(sentence, forbidden))
      .join(" ")
  }
  const [, topic] = /^Say something about (.*)\.$/.exec(note) ?? []
  if (topic !== undefined) {
    const fact = facts.find((fact) => share(termsOf(topic), termsOf(fact)) === 1)
    return fact === undefined ? text : `${text} ${toSentence(fact)}`
  }
  const [, words] = /^Shorten it by (\d+) words\.$/.exec(note) ?? []
  return words === undefined ? text : shorten(text, Number(words))
}

const shorten = (text: string, words: number): string => {
  const sentences = sentencesOf(text)
  const last = sentences.at(-1) ?? ""
  return words <= 0 || sentences.length < 2
    ? text
    : shorten(sentences.slice(0, -1).join(" "), words - last.split(" ").length)
}

const has = (text: string, word: string): boolean => new RegExp(`\\b${word}\\b`, "i").test(text)

const numbersIn = (text: string): ReadonlyArray<string> => text.match(/\d[\d.,]*(?<=\d)/g) ?? []
