/** An article in a certain tone: the flow of the example "article" as a subflow, and what this service adds to it. */
import { Retry } from "@effect-pocketflow/ai"
import { Data, Effect, Schema } from "effect"
import { LanguageModel } from "effect/ai"
import { Flow, Node, Store } from "effect-pocketflow"
import { article } from "../article/flow.ts"

export const Tone = Schema.Literals(["plain", "short", "friendly"])

export const Commission = Store.make("Commission", {
  topic: Schema.String,
  tone: Tone,
  /** Whether all sections could be written. */
  complete: Schema.optionalKey(Schema.Boolean),
  text: Schema.String.pipe(Store.withInitial(""))
})

const write = Flow.call(Commission, article, {
  prep: ({ topic }) => ({ topic }),
  post: (_topic, { outcome, store }) =>
    Commission.decide(({ tone }) => [
      tone === "plain" ? "written" : "restyle",
      { complete: outcome === "complete", text: store.text ?? "" }
    ]),
  actions: ["written", "restyle"]
})

const instructions = {
  plain: "Rewrite the article.",
  short: "Rewrite the article: two sentences for each section at most, and nothing that is not in it.",
  friendly: "Rewrite the article in a warm, conversational tone, with a question that leads into each section."
} as const satisfies Record<typeof Tone.Type, string>

/** The sources that an article cites, such as `[juno]`. */
const citations = (text: string): ReadonlyArray<string> => Array.from(new Set(text.match(/\[[\w-]+\]/g))).toSorted()

class SourcesLost extends Data.TaggedError("SourcesLost")<{ readonly sources: ReadonlyArray<string> }> {
  override readonly message = `The rewritten article does not cite ${this.sources.join(", ")}`
}

const restyle = Node.make(Commission, {
  prep: ({ text, tone }) => ({ text, tone }),
  exec: ({ text, tone }) =>
    LanguageModel.generateText({
      prompt: [
        {
          role: "system",
          content: `${instructions[tone]} Keep the headings, and the sources in brackets. Reply with the article alone.`
        },
        { role: "user", content: text }
      ]
    }).pipe(
      Effect.flatMap((reply) => {
        const sources = citations(text).filter((source) => !reply.text.includes(source))
        return sources.length === 0 ? Effect.succeed(reply.text) : Effect.fail(new SourcesLost({ sources }))
      })
    ),
  post: (_draft, text) => Commission.to("written", { text }),
  actions: ["written"]
}).pipe(
  Node.timeout("1 minute"),
  Node.retry(Retry.schedule({ while: (error) => Retry.isTransient(error) || error instanceof SourcesLost })),
  // A tone is worth less than the sources: the article stays as it was written.
  Node.fallback((error, { text }) => (error._tag === "SourcesLost" ? Effect.succeed(text) : Effect.fail(error)))
)

export const commission = Flow.make(Commission, {
  start: "write",
  nodes: { write, restyle },
  edges: { write: { restyle: "restyle" } }
})
