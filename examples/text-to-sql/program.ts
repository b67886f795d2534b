/** Asks a SQLite database in plain English: `npm run example -- text-to-sql --help`. */
import { Console, Effect, Option } from "effect"
import { Flag } from "effect/cli"
import { Flow } from "effect-pocketflow"
import { oneLine, userError } from "../shared/cli.ts"
import * as Example from "../shared/example.ts"
import * as flags from "../shared/flags.ts"
import { modelLayer } from "../shared/model.ts"
import { Database } from "./database.ts"
import { textToSql } from "./flow.ts"
import { rules } from "./rules.ts"
import { toText } from "./table.ts"

export const program = Example.make({
  name: "text-to-sql",
  description: "Answers a question from a SQLite database, by a query that is corrected until it works.",
  level: "patterns",
  teaches: "a debug loop: the database's error goes back to the model; a query can read, and nothing else",
  counterpart: "pocketflow-text2sql",
  flows: [textToSql({ attempts: 4 })],
  options: {
    question: flags.text("question", {
      description: "What you want to know",
      default: "What is the revenue per category?"
    }),
    database: Flag.File("database", { mustExist: true }).pipe(
      Flag.withDescription("A SQLite file, opened for reading only; by default a small shop (data/shop.sql)"),
      Flag.optional
    ),
    attempts: flags.int("attempts", { description: "How many queries may be tried", default: 4, min: 1, max: 10 })
  },
  run: Effect.fn(
    function* ({ attempts, database, question }) {
      yield* Console.error(`Question: ${oneLine(question)}`)
      const { outcome, store } = yield* Flow.runForEach(textToSql({ attempts }), { question }, (event) => {
        if (event._tag === "Finished" && event.action === "run") return tell(event.store.sql ?? "")
        return event._tag === "Failed"
          ? Console.error(`  -- ${oneLine(event.store.failures.at(-1)?.error ?? "")}`)
          : Effect.void
      }).pipe(Effect.provide(Option.match(database, { onNone: () => Database.shop, onSome: Database.layer })))
      switch (outcome) {
        case "answered":
          return yield* Console.log(store.result ? `\n${toText(store.result)}` : "")
        case "unanswerable":
          return yield* Console.log("\nThe tables do not answer this question.")
        case "exhausted":
          return yield* userError({
            message: `no query worked (${store.failures.length} tried); the last error: ${store.failures.at(-1)?.error}`
          })
      }
    },
    Effect.provide(modelLayer(rules))
  )
})

const tell = (sql: string) =>
  Console.error(
    `\n${sql
      .split("\n")
      .map((line) => `  ${oneLine(line)}`)
      .join("\n")}`
  )
