/** What an article is made of, what can be wrong with it, and how it is put together. */
import { Schema } from "effect"
import type { Document } from "../shared/library.ts"

export const Heading = Schema.Struct({
  title: Schema.String.check(Schema.isPattern(/^\S.*$/, { message: "a title in one line" })),
  sources: Schema.Array(Schema.String)
    .check(Schema.isMinLength(1))
    .annotate({ description: "The ids of the documents that the section is about" })
})

export const Outline = Schema.Struct({
  sections: Schema.Array(Heading).check(Schema.isMinLength(3), Schema.isMaxLength(6))
})

export const Section = Schema.Struct({ title: Schema.String, text: Schema.String, written: Schema.Boolean })

export class NothingKnown extends Schema.TaggedError<NothingKnown>()("NothingKnown", { topic: Schema.String }) {
  override get message(): string {
    return `There is no document about "${this.topic}"`
  }
}

/** The model has left the documents it was given. */
export class Unfounded extends Schema.TaggedError<Unfounded>()("Unfounded", { message: Schema.String }) {}

type Documents = ReadonlyArray<typeof Document.Type>

/** In place of a section. What a provider says is for the log, not for readers: it may name keys, accounts and prompts. */
export const excuse = (reason: keyof typeof reasons, documents: Documents): string => {
  const sources = documents.map(({ title }) => title).join(", ")
  return `> This section could not be written: ${reasons[reason]}.\n> Its sources: ${sources}.`
}

const reasons = {
  AiError: "the language model failed",
  TimeoutError: "the language model took too long",
  Unfounded: "the drafts cited none of their sources"
}

/** The whole article in Markdown, with the sources that it cites. */
export const compose = ({
  documents,
  sections,
  topic
}: {
  readonly topic: string
  readonly sections: ReadonlyArray<typeof Section.Type>
  readonly documents: Documents
}): string => {
  const cited = documents.filter(({ id }) => sections.some(({ text }) => text.includes(`[${id}]`)))
  const parts = [
    `# ${topic}`,
    ...sections.map(({ text, title }) => `## ${title}\n\n${text}`),
    `## Sources\n\n${cited.map(({ id, title }) => `- [${id}] ${title}`).join("\n")}`
  ]
  return `${parts.join("\n\n")}\n`
}
