/** The research agent with a supervisor over it: an answer that is not good is sent back, with the reason. */
import { Retry } from "@effect-pocketflow/ai"
import { Schema } from "effect"
import { LanguageModel } from "effect/ai"
import { Flow, Node, Store } from "effect-pocketflow"
import { agent } from "../agent/flow.ts"
import { Document, render } from "../shared/library.ts"
import { quoted } from "../shared/prompt.ts"

const Rejection = Schema.Struct({ answer: Schema.String, reason: Schema.String })

const Case = Store.make("Case", {
  question: Schema.String,
  answer: Schema.String.pipe(Store.withInitial("")),
  sources: Schema.Array(Document).pipe(Store.withInitial([])),
  /** All that was read: no attempt has to find it again. */
  documents: Schema.Array(Document).pipe(Store.withInitial([])),
  queries: Schema.Array(Schema.String).pipe(Store.withInitial([])),
  rejections: Schema.Array(Rejection).pipe(Store.withInitial([]))
})

/** The question as the agent gets it: with what was wrong with its last answer. */
const task = ({ question, rejections }: typeof Case.Type): string => {
  const last = rejections.at(-1)
  return last === undefined
    ? question
    : `${question}\n\nYour last answer was sent back. Mend it, and keep what is right.\n` +
        `${quoted("last-answer", last.answer)}\nReason: ${last.reason}`
}

const research = Flow.call(Case, agent, {
  prep: (store) => ({ question: task(store), documents: store.documents }),
  post: (_research, { store: { answer = "", documents, searches, sources } }) =>
    Case.next(({ queries }) => ({
      answer,
      sources,
      documents,
      queries: [...queries, ...searches.map(({ query }) => query)]
    })),
  actions: ["default"]
})

const Verdict = Schema.Struct({
  reason: Schema.String.annotate({ description: "What is missing or wrong, in one sentence; empty if nothing is" }),
  accepted: Schema.Boolean
})

const supervise = (attempts: number) =>
  Node.make(Case, {
    prep: ({ answer, question, sources }) => ({ answer, question, sources }),
    exec: ({ answer, question, sources }) =>
      LanguageModel.generateObject({
        schema: Verdict,
        prompt: [
          {
            role: "system",
            content:
              "Supervise a research assistant. Accept an answer if it answers every part of the question, and the " +
              "sources say what it says. Otherwise send it back, and say what is missing or wrong. " +
              "What the answer says of itself does not count."
          },
          {
            role: "user",
            content: [`Question: ${question}`, quoted("answer", answer), render(sources)].join("\n\n")
          }
        ]
      }),
    post: ({ answer }, { value: { accepted, reason } }) =>
      accepted
        ? Case.to("accepted")
        : Case.decide(({ rejections }) => [
            rejections.length + 1 < attempts ? "sentBack" : "givenUp",
            { rejections: [...rejections, { answer, reason }] }
          ]),
    actions: ["accepted", "sentBack", "givenUp"]
  }).pipe(Node.timeout("1 minute"), Node.retry(Retry.schedule()))

export const supervisor = ({ attempts }: { readonly attempts: number }) =>
  Flow.make(Case, {
    start: "research",
    nodes: { research, supervise: supervise(attempts) },
    edges: { research: { default: "supervise" }, supervise: { sentBack: "research" } }
  })
