/** A question becomes SQL; what the database has against it goes back to the model, a limited number of times. */
import { Retry } from "@effect-pocketflow/ai"
import { Schema } from "effect"
import { LanguageModel } from "effect/ai"
import { Flow, Node, Store } from "effect-pocketflow"
import { oneLine } from "../shared/cli.ts"
import { quoted } from "../shared/prompt.ts"
import { Database, Table } from "./database.ts"

const Failure = Schema.Struct({ sql: Schema.String, error: Schema.String })

const Question = Store.make("Question", {
  question: Schema.String,
  tables: Schema.optionalKey(Schema.String),
  sql: Schema.optionalKey(Schema.String),
  failures: Schema.Array(Failure).pipe(Store.withInitial([])),
  result: Schema.optionalKey(Table)
})

const Draft = Schema.Struct({
  sql: Schema.NullOr(Schema.String).annotate({
    description: "One SELECT statement; null if the tables cannot answer the question"
  })
})

/** What the model is told: the question, the tables, and how it has failed so far. */
const situation = ({ failures, question, tables }: typeof Question.Type) =>
  [
    `Question: ${question}`,
    quoted("tables", tables ?? ""),
    ...failures.map(({ error, sql }) => quoted("failed", `${sql}\n-- ${oneLine(error)}`))
  ].join("\n\n")

const inspect = Node.make(Question, {
  exec: () => Database.use(({ tables }) => tables),
  post: (_store, tables) => Question.next({ tables }),
  actions: ["default"]
})

const write = Node.make(Question, {
  prep: situation,
  exec: (situation) =>
    LanguageModel.generateObject({
      schema: Draft,
      prompt: [
        {
          role: "system",
          content:
            "Write a query for SQLite that answers the question: a single SELECT, with names for its columns. " +
            "The database can only be read. If queries have failed before, write one that avoids their errors."
        },
        { role: "user", content: situation }
      ]
    }),
  post: (_situation, { value: { sql } }) =>
    sql === null ? Question.to("unanswerable") : Question.to("run", { sql: sql.trim() }),
  actions: ["unanswerable", "run"]
}).pipe(Node.timeout("1 minute"), Node.retry(Retry.schedule()))

const run = Node.make(Question, {
  prep: ({ sql }) => sql ?? "",
  exec: (sql) => Database.use(({ query }) => query(sql)),
  post: (_sql, result) => Question.to("answered", { result }),
  actions: ["answered"]
}).pipe(
  Flow.catchTag("QueryFailed", {
    post: ({ message }) =>
      Question.to("failed", ({ failures, sql = "" }) => ({ failures: [...failures, { sql, error: message }] })),
    actions: ["failed"]
  })
)

/** `attempts`: how many queries may be tried. */
export const textToSql = ({ attempts }: { readonly attempts: number }) => {
  const answer = Flow.make(Question, {
    start: "write",
    nodes: { write, run },
    edges: { write: { run: "run" }, run: { failed: "write" } }
  }).pipe(Flow.budget({ steps: 2 * attempts }))
  return Flow.sequence(Question, { inspect, answer })
}
