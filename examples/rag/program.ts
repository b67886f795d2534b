/** Answers questions from an index of documents: `npm run example -- rag --help`. */
import { Console, Effect } from "effect"
import { Flag } from "effect/cli"
import { Flow } from "effect-pocketflow"
import { oneLine } from "../shared/cli.ts"
import * as Example from "../shared/example.ts"
import * as flags from "../shared/flags.ts"
import { corpus } from "../shared/library.ts"
import { modelLayer } from "../shared/model.ts"
import { statusLine } from "../shared/status.ts"
import { answering } from "./flow.ts"
import { indexing } from "./indexing.ts"
import { rules } from "./rules.ts"
import { Search } from "./search.ts"

export const program = Example.make({
  name: "rag",
  description: "Answers a question from the passages of documents that have to do with it, and quotes them.",
  level: "patterns",
  teaches: "two flows: documents to an index that is kept, a question to an answer whose quotes are checked",
  counterpart: "pocketflow-rag",
  flows: [indexing, answering],
  options: {
    question: flags.text("question", {
      description: "What you want to know",
      default: "What did the Deep Space Network do for Galileo?"
    }),
    documents: Flag.Directory("documents", { mustExist: true }).pipe(
      Flag.withDescription("A folder of .md files (examples/shared/corpus: space missions)"),
      Flag.withDefault(corpus)
    ),
    index: Flag.String("index").pipe(
      Flag.withMetavar("file"),
      Flag.withDescription("Where the index is kept; it is made anew when the documents have changed"),
      Flag.withDefault("out/rag/index.json")
    )
  },
  run: Effect.fn(
    function* ({ documents, index: file, question }) {
      const status = yield* statusLine
      const { outcome, store } = yield* Flow.runForEach(indexing, { directory: documents, file }, (event) =>
        event._tag === "Started" && event.path.at(-1) === "embed"
          ? status.hint(`indexing ${event.store.documents.length} documents`)
          : Effect.void
      ).pipe(Effect.ensuring(status.clear))
      const what = `${store.index.passages.length} passages in ${file} (by ${(yield* Search).name})`
      yield* Console.error(`${outcome === "built" ? "Indexed" : "Index is up to date:"} ${what}.`)
      yield* Console.error(`Question: ${oneLine(question)}\n`)
      const {
        store: { claims, passages }
      } = yield* Flow.runForEach(answering, { question, index: store.index }, (event) =>
        event._tag === "Started" && event.path.at(-1) === "answer"
          ? status.hint(`answering from ${event.store.passages.length} passages`)
          : Effect.void
      ).pipe(Effect.ensuring(status.clear))
      if (claims.length === 0) return yield* Console.log("I do not know: the documents do not say.")
      yield* Console.log(claims.map(({ text }, i) => `${oneLine(text)} [${i + 1}]`).join("\n"))
      for (const [i, { passage, quote }] of claims.entries()) {
        const title = passages.find(({ id }) => id === passage)?.title ?? ""
        yield* Console.log(`\n[${i + 1}] ${title} (${passage}): "${oneLine(quote)}"`)
      }
    },
    Effect.provide([modelLayer(rules), Search.layer])
  )
})
