/** Outlines and drafts without a model: the sentences of the documents that have most to do with the topic. */
import type { OfflineModel } from "@effect-pocketflow/ai"
import { type Document, documentsIn } from "../shared/library.ts"
import { sentencesOf, share, termsOf } from "../shared/text.ts"

export const rules: ReadonlyArray<OfflineModel.Rule> = [
  {
    name: "outline",
    when: ({ system }) => system.startsWith("Outline"),
    // A section for each of the documents that say most about the topic.
    reply: ({ user }) =>
      JSON.stringify({
        sections: documentsIn(user)
          .map(({ id, text, title }) => ({ id, title, weight: sum(relevance(topicOf(user), text, title)) }))
          .toSorted((a, b) => b.weight - a.weight)
          .slice(0, 5)
          .map(({ id, title }) => ({ title, sources: [id] }))
      })
  },
  {
    name: "draft",
    when: ({ system }) => system.startsWith("Write"),
    reply: ({ user }) =>
      documentsIn(user)
        .map((document) => `${extract(topicOf(user), document)} [${document.id}]`)
        .join("\n\n")
  }
]

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
