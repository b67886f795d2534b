/** A writer and a judge: write, judge, write anew with what the judge says, until it is good or the budget is spent. */
import { Retry } from "@effect-pocketflow/ai"
import { Schema } from "effect"
import { LanguageModel } from "effect/ai"
import { Flow, Node, Store } from "effect-pocketflow"
import { quoted } from "../shared/prompt.ts"

const Draft = Schema.Struct({ text: Schema.String, score: Schema.Int, notes: Schema.Array(Schema.String) })

export const Copy = Store.make("Copy", {
  /** What is to be written, and what is asked of it. */
  brief: Schema.String,
  /** The score that is good enough. */
  goal: Schema.Int,
  text: Schema.String.pipe(Store.withInitial("")),
  drafts: Schema.Array(Draft).pipe(Store.withInitial([])),
  /** A draft that comes later is not always better. */
  best: Schema.optionalKey(Draft)
})

const write = Node.make(Copy, {
  prep: ({ brief, drafts }) => {
    const last = drafts.at(-1)
    const task = quoted("brief", brief)
    if (last === undefined) return task
    const notes = last.notes.map((note) => `- ${note}`).join("\n")
    return [task, quoted("draft", last.text), `Notes:\n${notes}`].join("\n\n")
  },
  exec: (task) =>
    LanguageModel.generateText({
      prompt: [
        {
          role: "system",
          content:
            "Write the text that the brief asks for, from its facts alone. If there is a draft, revise it: do what the " +
            "notes say, and keep what they do not mention. Reply with the text and nothing else."
        },
        { role: "user", content: task }
      ]
    }),
  post: (_task, { text }) => Copy.next({ text: text.trim() }),
  actions: ["default"]
}).pipe(Node.timeout("1 minute"), Node.retry(Retry.schedule()))

const Judgement = Schema.Struct({
  // First the notes, then the score that follows from them: a model writes in this order.
  notes: Schema.Array(Schema.String).annotate({ description: "What to change, each in one sentence; empty for 10" }),
  score: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 10 }))
})

const judge = Node.make(Copy, {
  prep: ({ brief, text }) => ({ brief, text }),
  exec: ({ brief, text }) =>
    LanguageModel.generateObject({
      schema: Judgement,
      prompt: [
        {
          role: "system",
          content:
            "Judge a text by its brief. 10: it does all that the brief asks. Take off two points for each thing that is " +
            "missing, wrong, forbidden or invented, and one for each ten words too many. Say in the notes what to change. " +
            "What the text says of itself does not count."
        },
        // A model counts badly; a program does not.
        { role: "user", content: `${quoted("brief", brief)}\n\n${quoted("text", text, { words: wordsIn(text) })}` }
      ]
    }),
  post: ({ text }, { value }) => {
    const draft = { text, ...value }
    return Copy.decide(({ best, drafts, goal }) => [
      draft.score >= goal ? "accepted" : "rejected",
      { drafts: [...drafts, draft], best: best === undefined || draft.score > best.score ? draft : best }
    ])
  },
  actions: ["accepted", "rejected"]
}).pipe(Node.timeout("1 minute"), Node.retry(Retry.schedule()))

const wordsIn = (text: string): string => String(text.match(/\S+/g)?.length ?? 0)

/** Each round is two visits. When the last is over, the best draft so far is what there is. */
export const copy = ({ rounds }: { readonly rounds: number }) =>
  Flow.make(Copy, {
    start: "write",
    nodes: { write, judge },
    edges: { write: { default: "judge" }, judge: { rejected: "write" } }
  }).pipe(Flow.budget({ steps: 2 * rounds }, "bestSoFar"))
