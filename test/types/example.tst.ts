/**
 * The first example of the contract (design/API.md), as a module that a user
 * could export. The other type tests, and the consumers, build on it.
 */
import { Context, Data, Effect, Schedule, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"

export class ModelError extends Data.TaggedError("ModelError")<{ readonly reason: string }> {}
export class SearchError extends Data.TaggedError("SearchError")<{ readonly status: number }> {}

type Decision = { readonly action: "search"; readonly query: string } | { readonly action: "answer" }

export class Model extends Context.Service<
  Model,
  { readonly ask: (prompt: string) => Effect.Effect<string, ModelError> }
>()("Model") {}
export class Web extends Context.Service<
  Web,
  { readonly search: (query: string) => Effect.Effect<ReadonlyArray<string>, SearchError> }
>()("Web") {}

const askModelToDecide = (question: string, context: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const model = yield* Model
    const query = yield* model.ask([...context, question].join("\n"))
    const decision: Decision = query === "" ? { action: "answer" } : { action: "search", query }
    return decision
  })
const searchWeb = (query: string) => Effect.flatMap(Web, (web) => web.search(query))
const writeAnswer = (context: ReadonlyArray<string>) => Effect.flatMap(Model, (model) => model.ask(context.join("\n")))

// 1. The store is a Schema: a type, a codec for checkpoints, a generator for property tests.
export const Qa = Store.make("Qa", {
  question: Schema.String,
  context: Schema.Array(Schema.String),
  query: Schema.optionalKey(Schema.String),
  answer: Schema.optionalKey(Schema.String)
})

// 2. Nodes are values. prep reads a snapshot, exec is isolated, post gives a transition: an action and a pure update.
export const decide = Node.make(Qa, {
  prep: (s) => ({ question: s.question, context: s.context }),
  exec: ({ question, context }) => askModelToDecide(question, context),
  post: (_prep, decision) =>
    decision.action === "search" ? Qa.to("search", { query: decision.query }) : Qa.to("answer")
})
export const search = Node.make(Qa, {
  prep: (s) => s.query ?? s.question,
  exec: searchWeb,
  post: (_prep, results) => Qa.to("decide", (s) => ({ context: [...s.context, ...results] }))
}).pipe(Node.timeout("30 seconds"), Node.retry(Schedule.exponential("200 millis").pipe(Schedule.upTo({ times: 3 }))))
export const answer = Node.make(Qa, {
  prep: (s) => s.context,
  exec: writeAnswer,
  post: (_prep, answer) => Effect.as(Effect.log("answered"), Qa.to("done", { answer }))
})

// 3. A flow is graph data. A typo in a node or an action does not compile.
export const agent = Flow.make(Qa, {
  start: "decide",
  nodes: { decide, search, answer },
  edges: {
    decide: { search: "search", answer: "answer" },
    search: { decide: "decide" }
  }
})

// 4. Run it: an ordinary Effect.
export const run = Flow.run(agent, { question: "Who won?", context: [] })
