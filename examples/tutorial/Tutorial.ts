/** What a tutorial is made of, from the files that are read to the pages that are written. */
import { Schema } from "effect"
import { Store } from "effect-pocketflow"

/** A text file of the sources; the path is relative to their folder, with `/` on every system. */
export const SourceFile = Schema.Struct({ path: Schema.String, text: Schema.String })
export type SourceFile = typeof SourceFile.Type

/** What was not read, and why. */
export const Skipped = Schema.Struct({ path: Schema.String, reason: Schema.String })
export type Skipped = typeof Skipped.Type

/** What a prompt had no room for: a file that it shows in part, or not at all. */
export const Cut = Schema.Struct({ prompt: Schema.String, path: Schema.String, shown: Schema.String })
export type Cut = typeof Cut.Type

/** A part of the sources that is one thing to understand. Its name tells it from all others. */
export const Abstraction = Schema.Struct({
  name: Schema.String,
  description: Schema.String,
  files: Schema.Array(Schema.String)
})
export type Abstraction = typeof Abstraction.Type

export const Relationship = Schema.Struct({ from: Schema.String, to: Schema.String, label: Schema.String })
export type Relationship = typeof Relationship.Type

/** A chapter about the abstraction of this name; the summary is what later chapters are told of it. */
const Chapter = Schema.Struct({ name: Schema.String, summary: Schema.String, text: Schema.String })

/** A Markdown file of the result. */
export const Page = Schema.Struct({ file: Schema.String, text: Schema.String })
export type Page = typeof Page.Type

const listOf = <S extends Schema.Constraint>(schema: S) => Schema.Array(schema).pipe(Store.withInitial([]))

export const Tutorial = Store.make("Tutorial", {
  name: Schema.String,
  /** Where the sources can be seen; nothing for a folder of this computer. */
  address: Schema.NullOr(Schema.String),
  language: Schema.String,
  maxAbstractions: Schema.Int,
  /** How large a prompt may be. */
  promptTokens: Schema.Int,

  files: listOf(SourceFile),
  skipped: listOf(Skipped),
  abstractions: listOf(Abstraction),
  summary: Schema.optionalKey(Schema.String),
  relationships: listOf(Relationship),
  /** The names of the abstractions, as the chapters follow each other. */
  order: listOf(Schema.String),
  chapters: listOf(Chapter),
  cuts: listOf(Cut),
  pages: listOf(Page)
})

export type Tutorial = typeof Tutorial.schema.Type
