/** Outlines and drafts without a model: the sentences of the documents that have most to do with the topic. */
import type { OfflineModel } from "@effect-pocketflow/ai"
import { type Document, documentsIn } from "../shared/library.ts"
import { sentencesOf, share, termsOf } from "../shared/text.ts"

export const rules: ReadonlyArray<OfflineModel.Rule> = [
  {
    name: "outline",
    when: ({ system }) => system.startsWith("Outline"),
    // A section for each of the documents that say most about the topic; three for each, where there are few.
    reply: ({ user }) => {
      const documents = documentsIn(user)
        .map(({ id, text, title }) => ({ id, title, weight: sum(relevance(topicOf(user), text, title)) }))
        .toSorted((a, b) => b.weight - a.weight)
        .slice(0, 5)
      return JSON.stringify({
        sections: documents.flatMap(({ id, title }) =>
          documents.length < 3
            ? thirds.map((third) => ({ title: `${title}: ${third}`, sources: [id] }))
            : [{ title, sources: [id] }]
        )
      })
    }
  },
  {
    name: "draft",
    when: ({ system }) => system.startsWith("Write"),
    reply: ({ user }) => {
      const third = thirds.findIndex((third) => /^Section: (.*)$/m.exec(user)?.[1]?.endsWith(`: ${third}`))
      return documentsIn(user)
        .map((document) => `${third < 0 ? extract(topicOf(user), document) : partOf(document, third)} [${document.id}]`)
        .join("\n\n")
    }
  }
]

const thirds = ["how it began", "what followed", "what came of it"]

const partOf = ({ text }: typeof Document.Type, third: number): string => {
  const sentences = sentencesOf(text)
  const at = (part: number) => Math.round((part * sentences.length) / thirds.length)
  return sentences.slice(at(third), at(third + 1)).join(" ")
}

const topicOf = (prompt: string): ReadonlyArray<string> => termsOf(/^Topic: (.*)$/m.exec(prompt)?.[1] ?? "")

/** How much each sentence of a text has to do with the topic. */
const relevance = (topic: ReadonlyArray<string>, text: string, title: string): ReadonlyArray<number> =>
  sentencesOf(text).map((sentence) => share(topic, termsOf(`${title} ${sentence}`)))

/** The first sentence of a document, which says what it is about, and the three that are closest to the topic. */
const extract = (topic: ReadonlyArray<string>, { text, title }: typeof Document.Type): string => {
  const weights = relevance(topic, text, title)
  const closest = weights
    .map((_, i) => i)
    .filter((i) => weights[i]! > 0)
    .toSorted((a, b) => weights[b]! - weights[a]!)
    .slice(0, 3)
  return sentencesOf(text)
    .filter((_, i) => i === 0 || closest.includes(i))
    .join(" ")
}

const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((a, b) => a + b, 0)
