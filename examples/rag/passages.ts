/** Documents cut into passages: short enough to be found for one thing, long enough to make sense. */
import type { Document } from "../shared/library.ts"
import { sentencesOf } from "../shared/text.ts"

/** How many characters a passage has at most, and how many sentences it shares with the one before. */
export const limits = { size: 500, overlap: 1 }

/** The passages of a document: whole sentences, of which the last ones of a passage begin the next. */
export const passagesOf = ({ id, text, title }: typeof Document.Type): ReadonlyArray<typeof Document.Type> => {
  const sentences = sentencesOf(text).flatMap(short)
  const passages: Array<typeof Document.Type> = []
  for (let start = 0, end = 0; end < sentences.length; start = Math.max(start + 1, end - limits.overlap)) {
    end = start + fitting(sentences.slice(start))
    passages.push({ id: `${id}#${passages.length + 1}`, title, text: sentences.slice(start, end).join(" ") })
  }
  return passages
}

/** How many sentences fit into one passage: at least one. */
const fitting = (sentences: ReadonlyArray<string>): number => {
  let length = 0
  const tooMany = sentences.findIndex((sentence) => (length += sentence.length + 1) > limits.size + 1)
  return tooMany < 0 ? sentences.length : Math.max(1, tooMany)
}

/** What has no end of a sentence for long is cut between words, or where it must be. */
const short = (sentence: string): ReadonlyArray<string> => sentence.match(pieces) ?? []

const pieces = new RegExp(`\\S[^]{0,${limits.size - 1}}(?=\\s|$)|\\S{${limits.size}}`, "gu")
