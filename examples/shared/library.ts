/** A library of documents that can be searched: a folder of them, for one. */
import { Context, Effect, FileSystem, Layer, Path, Schema } from "effect"
import MiniSearch from "minisearch"
import { UnusablePath } from "./files.ts"
import { quoted } from "./prompt.ts"
import { termOf } from "./text.ts"

export const Document = Schema.Struct({ id: Schema.String, title: Schema.String, text: Schema.String })

export class SearchFailed extends Schema.TaggedError<SearchFailed>()("SearchFailed", {
  query: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `The search for "${this.query}" failed: ${this.reason}`
  }
}

/** The folder with the documents about space missions that come with the examples. */
export const corpus = `${import.meta.dirname}/corpus`

/** All `*.md` of a folder: the id is the name of the file, the title its first line. */
export const readDocuments = Effect.fnUntraced(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const names = (yield* fs.readDirectory(directory)).filter((name) => name.endsWith(".md")).toSorted()
  if (names.length === 0) return yield* new UnusablePath({ path: directory, reason: "no .md files in this folder" })
  return yield* Effect.forEach(
    names,
    (name) => Effect.map(fs.readFileString(path.join(directory, name)), (text) => parse(path.parse(name).name, text)),
    { concurrency: 8 }
  )
})

export class Library extends Context.Service<
  Library,
  {
    /** The documents that fit a query, best first. */
    readonly search: (query: string) => Effect.Effect<ReadonlyArray<typeof Document.Type>, SearchFailed>
  }
>()("examples/shared/Library") {
  /** Reads and indexes the documents of a folder. */
  static readonly layer = (directory: string) =>
    Layer.effect(
      Library,
      Effect.gen(function* () {
        const documents = yield* readDocuments(directory)
        const index = new MiniSearch<typeof Document.Type>({
          fields: ["title", "text"],
          processTerm: termOf,
          searchOptions: { boost: { title: 2 } }
        })
        index.addAll(documents)
        return {
          search: (query) =>
            Effect.sync(() =>
              index.search(query).flatMap(({ id }) => documents.find((document) => document.id === id) ?? [])
            )
        }
      })
    )

  /** The documents about space missions that come with the examples. */
  static readonly corpus = Library.layer(corpus)
}

/** Documents as a part of a prompt. */
export const render = (documents: ReadonlyArray<typeof Document.Type>): string =>
  documents.map(({ id, text, title }) => quoted("document", text, { id, title })).join("\n\n")

/** The documents in a prompt. */
export const documentsIn = (prompt: string): ReadonlyArray<typeof Document.Type> =>
  Array.from(
    prompt.matchAll(/^<document id="(.*?)" title="(.*?)">\n([^]*?)\n<\/document>$/gm),
    ([, id = "", title = "", text = ""]) => ({ id, title, text })
  )

// internal

const parse = (id: string, markdown: string): typeof Document.Type => {
  const [first = "", ...rest] = markdown.split("\n")
  return { id, title: first.replace(/^#+\s*/, ""), text: rest.join("\n").trim() }
}
