import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import { pieces, timed } from "./support.ts"

const Library = Store.make("Library", {
  files: Schema.Record(Schema.String, Schema.String),
  summaries: Schema.Record(Schema.String, Schema.String),
  overall: Schema.optionalKey(Schema.String)
})

/** What stands for a model: it sums a text up in its first word. */
const model = (text: string) => Effect.succeed(text.split(" ", 1).join())

const Text = Store.make("Text", {
  text: Schema.String,
  chunks: Schema.optionalKey(Schema.Array(Schema.String)),
  processed: Schema.optionalKey(Schema.Array(Schema.String)),
  result: Schema.optionalKey(Schema.String)
})

const join = Node.make(Text, {
  prep: (s) => s.processed ?? [],
  exec: (processed) => Effect.succeed(processed.join("+")),
  post: (_processed, result) => Text.to("reduced", { result })
})

/** Puts a text in upper case, all its chunks at once; earlier ones take longer. Upstream keeps the chunks in prep. */
const shout = (size: number) => {
  const map = Node.batch(Text, {
    prep: (s) => pieces(s.text, size),
    exec: (chunk, i) => Effect.delay(Effect.succeed(chunk.toUpperCase()), 100 - i),
    post: (chunks, processed) => Text.to("mapped", { chunks, processed }),
    concurrency: "unbounded"
  })
  return Flow.make(Text, { start: "map", nodes: { map, reduce: join }, edges: { map: { mapped: "reduce" } } })
}

describe("MapReduce Pattern Tests", () => {
  it.effect("Document Summarization MapReduce [R7 R19b]", () =>
    Effect.gen(function* () {
      const summarize = Node.batch(Library, {
        prep: (s) => Object.entries(s.files),
        exec: ([name, text]) => Effect.map(model(text), (summary) => [name, summary] as const),
        post: (_files, summaries) => Library.to("summarized", { summaries: Object.fromEntries(summaries) })
      })
      const combine = Node.make(Library, {
        prep: (s) => Object.entries(s.summaries),
        exec: (summaries) => model(summaries.map((entry) => entry.join("=")).join(",")),
        post: (_summaries, overall) => Library.to("combined", { overall })
      })
      const flow = Flow.make(Library, {
        start: "summarize",
        nodes: { summarize, combine },
        edges: { summarize: { summarized: "combine" } }
      })
      const files = { b: "nodes are steps", a: "flows are graphs", c: "stores are schemas" }
      assert.deepStrictEqual(yield* Flow.run(flow, { files, summaries: {} }), {
        outcome: "combined",
        store: { files, summaries: { b: "nodes", a: "flows", c: "stores" }, overall: "b=nodes,a=flows,c=stores" },
        steps: 2
      })
    })
  )

  it.effect("Parallel Text Processing MapReduce [R7 R19b]", () =>
    Effect.gen(function* () {
      const text = "map all, then reduce"
      assert.deepStrictEqual(yield* timed(Flow.run(shout(8), { text })), {
        took: 100,
        outcome: "reduced",
        store: {
          text,
          chunks: ["map all,", " then re", "duce"],
          processed: ["MAP ALL,", " THEN RE", "DUCE"],
          result: "MAP ALL,+ THEN RE+DUCE"
        },
        steps: 2
      })
    })
  )

  it.effect("Varying Chunk Size in MapReduce [R7 R19b]", () =>
    Effect.gen(function* () {
      const text = "one text, cut in two ways"
      for (const [size, result] of [
        [5, "ONE T+EXT, +CUT I+N TWO+ WAYS"],
        [20, "ONE TEXT, CUT IN TWO+ WAYS"]
      ] as const) {
        assert.deepStrictEqual(yield* timed(Flow.run(shout(size), { text })), {
          took: 100,
          outcome: "reduced",
          store: { text, chunks: pieces(text, size), processed: pieces(text.toUpperCase(), size), result },
          steps: 2
        })
      }
    })
  )
})
