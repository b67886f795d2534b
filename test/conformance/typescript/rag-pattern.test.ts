import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import { pieces } from "./support.ts"

const Vector = Schema.Array(Schema.Number)

const Rag = Store.make("Rag", {
  files: Schema.Array(Schema.String),
  chunks: Schema.optionalKey(Schema.Array(Schema.String)),
  embeddings: Schema.optionalKey(Schema.Array(Vector)),
  index: Schema.optionalKey(Schema.Array(Schema.Struct({ chunk: Schema.String, embedding: Vector }))),
  question: Schema.optionalKey(Schema.String),
  queryEmbedding: Schema.optionalKey(Vector),
  retrieved: Schema.optionalKey(Schema.String),
  answer: Schema.optionalKey(Schema.String)
})

const disk: Readonly<Record<string, string>> = { "cats.txt": "cats purr, cats sleep", "dogs.txt": "dogs bark" }

/** What stands for an embedding: how often each animal is there. */
const embed = (text: string) => Effect.succeed(["cat", "dog"].map((animal) => text.split(animal).length - 1))

const similarity = (a: ReadonlyArray<number>, b: ReadonlyArray<number>) =>
  a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0)

const offline = Flow.sequence(Rag, {
  chunk: Node.batch(Rag, {
    prep: (s) => s.files,
    exec: (file) => Effect.succeed(pieces(disk[file] ?? "", 11)),
    post: (_files, chunks) => Rag.next({ chunks: chunks.flat() })
  }),
  embed: Node.batch(Rag, {
    prep: (s) => s.chunks ?? [],
    exec: embed,
    post: (_chunks, embeddings) => Rag.next({ embeddings })
  }),
  index: Node.make(Rag, {
    prep: (s) => ({ chunks: s.chunks ?? [], embeddings: s.embeddings ?? [] }),
    exec: ({ chunks, embeddings }) =>
      Effect.succeed(chunks.map((chunk, i) => ({ chunk, embedding: embeddings[i] ?? [] }))),
    post: (_input, index) => Rag.next({ index })
  })
})

const online = Flow.sequence(Rag, {
  embed: Node.make(Rag, {
    prep: (s) => s.question ?? "",
    exec: embed,
    post: (_question, queryEmbedding) => Rag.next({ queryEmbedding })
  }),
  retrieve: Node.make(Rag, {
    prep: (s) => ({ query: s.queryEmbedding ?? [], index: s.index ?? [] }),
    exec: ({ query, index }) =>
      Effect.succeed(
        index.reduce((best, entry) =>
          similarity(entry.embedding, query) > similarity(best.embedding, query) ? entry : best
        ).chunk
      ),
    post: (_input, retrieved) => Rag.next({ retrieved })
  }),
  answer: Node.make(Rag, {
    prep: (s) => `${s.question} ${s.retrieved}!`,
    exec: (prompt) => Effect.succeed(prompt),
    post: (_prompt, answer) => Rag.next({ answer })
  })
})

const files = ["cats.txt", "dogs.txt"]
const question = "What do dogs do?"

const indexed = {
  files,
  chunks: ["cats purr, ", "cats sleep", "dogs bark"],
  embeddings: [
    [1, 0],
    [1, 0],
    [0, 1]
  ],
  index: [
    { chunk: "cats purr, ", embedding: [1, 0] },
    { chunk: "cats sleep", embedding: [1, 0] },
    { chunk: "dogs bark", embedding: [0, 1] }
  ]
}

const answered = {
  ...indexed,
  question,
  queryEmbedding: [0, 1],
  retrieved: "dogs bark",
  answer: "What do dogs do? dogs bark!"
}

describe("RAG Pattern Tests", () => {
  it.effect("Offline Indexing Flow [R7 R19b]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Flow.run(offline, { files }), { outcome: "default", store: indexed, steps: 3 })
    })
  )

  it.effect("Online Query & Answer Flow [R1 R7]", () =>
    Effect.gen(function* () {
      const { store } = yield* Flow.run(offline, { files })
      assert.deepStrictEqual(yield* Flow.run(online, { ...store, question }), {
        outcome: "default",
        store: answered,
        steps: 3
      })
    })
  )

  it.effect("Complete RAG Pipeline [R7 R14]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Flow.run(Flow.sequence(Rag, { offline, online }), { files, question }), {
        outcome: "default",
        store: answered,
        steps: 6
      })
    })
  )
})
