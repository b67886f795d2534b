/** Documents -> passages -> index -> file; nothing is done where the file is of the same documents. */
import { Retry } from "@effect-pocketflow/ai"
import { Effect, FileSystem, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import { createHash } from "node:crypto"
import { Document, readDocuments } from "../shared/library.ts"
import { writeAtomically } from "../shared/output.ts"
import { limits, passagesOf } from "./passages.ts"
import { Search } from "./search.ts"

/** `fingerprint` tells of what it was made, and how; `index` is what a way of searching has made of the passages. */
export const Index = Schema.Struct({
  fingerprint: Schema.String,
  passages: Schema.Array(Document),
  index: Schema.String
})
const empty = Index.make({ fingerprint: "", passages: [], index: "" })

const Sources = Store.make("Sources", {
  directory: Schema.String,
  file: Schema.String,
  documents: Schema.Array(Document).pipe(Store.withInitial([])),
  index: Index.pipe(Store.withInitial(empty))
})

/** What is not there, or cannot be read as an index, is an empty one: a new one will take its place. */
const readIndex = (file: string) =>
  FileSystem.FileSystem.use((fs) => fs.readFileString(file)).pipe(
    Effect.flatMap(Schema.decodeEffect(Schema.fromJsonString(Index))),
    Effect.orElseSucceed(() => empty)
  )

const load = Node.make(Sources, {
  prep: ({ directory, file }) => ({ directory, file }),
  exec: ({ directory, file }) =>
    Effect.gen(function* () {
      const documents = yield* readDocuments(directory)
      const madeOf = JSON.stringify([documents, limits, (yield* Search).name])
      const fingerprint = createHash("sha256").update(madeOf).digest("hex")
      return { documents, fingerprint, saved: yield* readIndex(file) }
    }),
  post: (_input, { documents, fingerprint, saved }) =>
    saved.fingerprint === fingerprint
      ? Sources.to("unchanged", { index: saved })
      : Sources.to("changed", { documents, index: { ...empty, fingerprint } }),
  actions: ["unchanged", "changed"]
})

const embed = Node.make(Sources, {
  prep: ({ documents }) => documents.flatMap(passagesOf),
  exec: (passages) => Search.use(({ index }) => index(passages)),
  post: (passages, index) => Sources.next((s) => ({ index: { ...s.index, passages, index } })),
  actions: ["default"]
}).pipe(Node.timeout("5 minutes"), Node.retry(Retry.schedule()))

const save = Node.make(Sources, {
  prep: ({ file, index }) => ({ file, text: JSON.stringify(index) }),
  exec: ({ file, text }) => writeAtomically(file, text),
  post: () => Sources.to("built"),
  actions: ["built"]
})

export const indexing = Flow.make(Sources, {
  start: "load",
  nodes: { load, embed, save },
  edges: { load: { changed: "embed" }, embed: { default: "save" } }
})
