/** An article in three steps: an outline, a draft of every section at once, and the whole. */
import { Retry } from "@effect-pocketflow/ai"
import { Effect, Schema } from "effect"
import { LanguageModel } from "effect/ai"
import { Flow, Node, Store } from "effect-pocketflow"
import { Document, Library, render } from "../shared/library.ts"
import { compose, excuse, Heading, NothingKnown, Outline, Section, Unfounded } from "./sections.ts"

export const Article = Store.make("Article", {
  topic: Schema.String,
  documents: Schema.Array(Document).pipe(Store.withInitial([])),
  outline: Schema.Array(Heading).pipe(Store.withInitial([])),
  sections: Schema.Array(Section).pipe(Store.withInitial([])),
  text: Schema.optionalKey(Schema.String)
})

/** The title of each section that is drafted, for whoever watches the run. */
export const drafted = Flow.Channel<string>("drafted")

const again = Retry.schedule({ while: (error) => Retry.isTransient(error) || error instanceof Unfounded })

const outline = Node.make(Article, {
  prep: ({ topic }) =>
    Library.use(({ search }) => search(topic)).pipe(
      Effect.filterOrFail(
        (found) => found.length > 0,
        () => new NothingKnown({ topic })
      ),
      Effect.map((found) => ({ topic, documents: found.slice(0, 8) }))
    ),
  exec: ({ documents, topic }) =>
    LanguageModel.generateObject({
      schema: Outline,
      prompt: [
        {
          role: "system",
          content:
            "Outline an article of three to six sections on the topic, from the documents alone. Name the ids of the " +
            "documents that each section is about."
        },
        { role: "user", content: `Topic: ${topic}\n\n${render(documents)}` }
      ]
    }).pipe(
      Effect.map(({ value }) => value.sections),
      Effect.filterOrFail(
        (sections) => sections.every(({ sources }) => sources.every((id) => documents.some((one) => one.id === id))),
        () => new Unfounded({ message: "The outline names sources that were not found" })
      )
    ),
  post: ({ documents }, sections) => Article.next({ documents, outline: sections }),
  actions: ["default"]
}).pipe(Node.timeout("1 minute"), Node.retry(again))

const drafts = Node.batch(Article, {
  prep: ({ documents, outline, topic }) =>
    outline.map(({ sources, title }) => ({
      topic,
      title,
      documents: documents.filter(({ id }) => sources.includes(id))
    })),
  exec: ({ documents, title, topic }) =>
    LanguageModel.generateText({
      prompt: [
        {
          role: "system",
          content:
            "Write one section of an article, without its heading, from the documents alone. Cite them, like this: [mir]."
        },
        { role: "user", content: `Topic: ${topic}\nSection: ${title}\n\n${render(documents)}` }
      ]
    }).pipe(
      Effect.map(({ text }) => Section.make({ title, text: text.trim(), written: true })),
      Effect.filterOrFail(
        ({ text }) => documents.some(({ id }) => text.includes(`[${id}]`)),
        () => new Unfounded({ message: "The draft cites none of its sources" })
      ),
      Effect.tap(drafted.emit(title))
    ),
  post: (_headings, sections) => Article.next({ sections }),
  concurrency: 4,
  actions: ["default"]
}).pipe(
  Node.timeout("1 minute"),
  Node.retry(again),
  Node.fallback((error, { documents, title }) => {
    const text = excuse(error._tag, documents)
    return Effect.as(
      Effect.logWarning(`No draft of "${title}": ${error.message}`),
      Section.make({ title, text, written: false })
    )
  })
)

const combine = Node.make(Article, {
  post: (store) => {
    const text = compose(store)
    return store.sections.every(({ written }) => written)
      ? Article.to("complete", { text })
      : Article.to("partial", { text })
  },
  actions: ["complete", "partial"]
})

export const article = Flow.sequence(Article, { outline, drafts, combine })
