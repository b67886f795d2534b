/** An article in a certain tone: the flow of the example "article" as a subflow, and what this service adds to it. */
import { Retry } from "@effect-pocketflow/ai"
import { Data, Effect, Equal, Schema } from "effect"
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

/** An article without its list of sources, and that list. */
const parts = (article: string): readonly [body: string, list: string] => {
  const [body = "", ...list] = article.split(/^(?=## Sources$)/m)
  return [body.trim(), list.join("")]
}

/** The heading of each section, and the sources that it cites, such as `[juno]`. */
const frame = (body: string): ReadonlyArray<ReadonlyArray<string>> =>
  body.split(/^(?=#)/m).map((section) => {
    const [heading = ""] = section.split("\n")
    return [heading.trim(), ...Array.from(new Set(section.match(/\[[\w-]+\]/g))).toSorted()]
  })

class FrameLost extends Data.TaggedError("FrameLost") {
  override readonly message = "The rewritten article has not the headings and sources of the draft"
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
      Effect.map((reply) => parts(reply.text)[0]),
      Effect.filterOrFail(
        (body) => Equal.equals(frame(body), frame(parts(text)[0])),
        () => new FrameLost()
      ),
      // The list is no matter of tone.
      Effect.map((body) => `${body}\n\n${parts(text)[1]}`)
    ),
  post: (_draft, text) => Commission.to("written", { text }),
  actions: ["written"]
}).pipe(
  Node.timeout("1 minute"),
  Node.retry(Retry.schedule({ while: (error) => Retry.isTransient(error) || error instanceof FrameLost })),
  // A tone is worth less than the sources: the article stays as it was written.
  Node.fallback((error, { text }) => (error._tag === "FrameLost" ? Effect.succeed(text) : Effect.fail(error)))
)

export const commission = Flow.make(Commission, {
  start: "write",
  nodes: { write, restyle },
  edges: { write: { restyle: "restyle" } }
})
