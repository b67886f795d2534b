import { OfflineModel } from "@effect-pocketflow/ai"
import { FakeOpenAi, ScriptedModel } from "@effect-pocketflow/testing"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, FileSystem, Layer } from "effect"
import { AiError, LanguageModel } from "effect/ai"
import { Flow } from "effect-pocketflow"
import { hashingEmbedding } from "../shared/embedding.ts"
import { corpus, readDocuments } from "../shared/library.ts"
import { runExample } from "../shared/testing.ts"
import { sentencesOf } from "../shared/text.ts"
import { answering } from "./flow.ts"
import { indexing } from "./indexing.ts"
import { limits, passagesOf } from "./passages.ts"
import { program } from "./program.ts"
import { rules } from "./rules.ts"
import { Search } from "./search.ts"

const offline = Layer.mergeAll(Search.words, OfflineModel.layer(rules), NodeServices.layer)

/** A folder with two documents, and a place for the index. */
const folder = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const root = yield* fs.makeTempDirectoryScoped()
  const write = (name: string, text: string) => fs.writeFileString(`${root}/${name}.md`, text)
  yield* write("owls", "# Owls\n\nOwls hunt at night. They hear very well.")
  yield* write("swifts", "# Swifts\n\nSwifts sleep in the air. They land to breed.")
  const file = `${root}/new/index.json`
  return { file, write, text: fs.readFileString(file), store: { directory: root, file } }
})

const ask = (question: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const file = `${yield* fs.makeTempDirectoryScoped()}/index.json`
    const { store } = yield* Flow.run(indexing, { directory: corpus, file })
    return yield* Flow.run(answering, { question, index: store.index })
  }).pipe(Effect.scoped)

describe("rag: the index", () => {
  it.effect("is made of whole sentences that overlap, and none is lost", () =>
    Effect.gen(function* () {
      for (const document of yield* readDocuments(corpus)) {
        const passages = passagesOf(document).map(({ text }) => sentencesOf(text))
        const joined = passages.flatMap((sentences, i) => (i === 0 ? sentences : sentences.slice(limits.overlap)))
        assert.deepStrictEqual(joined, sentencesOf(document.text))
        for (const [i, sentences] of passages.slice(1).entries()) {
          assert.strictEqual(sentences[0], passages[i]?.at(-1))
        }
      }
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it("cuts what has no sentences", () => {
    const text = `${"word ".repeat(300)}${"x".repeat(1200)}`
    const passages = passagesOf({ id: "a", title: "A", text })
    assert.isTrue(passages.every((passage) => passage.text.length <= limits.size))
    assert.strictEqual(new Set(passages.flatMap((passage) => passage.text.match(/x+/g) ?? [])).size > 0, true)
    assert.deepStrictEqual(passagesOf({ id: "b", title: "B", text: "" }), [])
  })

  it.effect("is made once, and anew for other documents, another search and a broken file", () =>
    Effect.gen(function* () {
      const { file, store, text, write } = yield* folder
      const fs = yield* FileSystem.FileSystem
      const index = (search = Search.words) => Effect.provide(Flow.run(indexing, store), search)
      const first = yield* index()
      assert.deepStrictEqual(
        [first.outcome, first.store.index.passages.map(({ id }) => id)],
        ["built", ["owls#1", "swifts#1"]]
      )

      const again = yield* index()
      assert.deepStrictEqual([again.outcome, again.steps, again.store.index], ["unchanged", 1, first.store.index])

      yield* write("owls", "# Owls\n\nOwls hunt by day, some of them.")
      const changed = yield* index()
      assert.strictEqual(changed.outcome, "built")
      assert.include(yield* text, "by day")

      const embeddings = Layer.provide(Search.embeddings("hashing"), hashingEmbedding)
      assert.strictEqual((yield* index(embeddings)).outcome, "built")
      assert.strictEqual((yield* index(embeddings)).outcome, "unchanged")

      yield* fs.writeFileString(file, (yield* text).slice(0, 100))
      assert.strictEqual((yield* index()).outcome, "built")
      assert.deepStrictEqual(yield* fs.readDirectory(`${store.directory}/new`), ["index.json"])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("stays as it was where the embedding fails", () =>
    Effect.gen(function* () {
      const { store, text, write } = yield* folder
      yield* Effect.provide(Flow.run(indexing, store), Search.words)
      const before = yield* text
      yield* write("rooks", "# Rooks\n\nRooks are clever.")
      const reason = new AiError.ContentPolicyError({ description: "no rooks" })
      const failing = Layer.succeed(Search, {
        name: "failing",
        index: () => Effect.fail(AiError.make({ module: "test", method: "embedMany", reason })),
        find: () => Effect.succeed([])
      })
      const error = yield* Effect.flip(Effect.provide(Flow.run(indexing, store), failing))
      assert.strictEqual(error._tag, "AiError")
      assert.strictEqual(yield* text, before)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )
})

describe("rag: the answer", () => {
  it.effect("is quoted from the passages that say it", () =>
    Effect.gen(function* () {
      const { outcome, store } = yield* ask("What did the Deep Space Network do for Galileo?")
      assert.deepStrictEqual([outcome, store.passages.length], ["answered", 5])
      assert.deepStrictEqual(
        store.claims.map(({ passage, quote }) => ({ passage, quote })),
        [
          {
            passage: "deep-space-network#4",
            quote:
              "When the main antenna of Galileo did not open, the network combined several dishes to receive its weak signal."
          },
          {
            passage: "galileo#2",
            quote:
              "Engineers saved most of the mission by using a small antenna, better data compression and improved " +
              "receivers in the Deep Space Network."
          }
        ]
      )
    }).pipe(Effect.provide(offline))
  )

  it.effect.each([
    { question: "Who proposed the name of the rover Perseverance?", passage: "perseverance#3" },
    { question: "When did Cassini enter orbit around Saturn?", passage: "cassini#3" },
    { question: "How many missions did the Space Shuttle fly?", passage: "space-shuttle#1" }
  ])("is in the passage where it should be: $question", ({ passage, question }) =>
    Effect.gen(function* () {
      const { outcome, store } = yield* ask(question)
      assert.deepStrictEqual([outcome, store.claims[0]?.passage], ["answered", passage])
    }).pipe(Effect.provide(offline))
  )

  it.effect("is found by embeddings as well", () =>
    Effect.gen(function* () {
      const { store } = yield* ask("Who proposed the name of the rover Perseverance?")
      assert.deepStrictEqual(
        store.claims.map(({ passage }) => passage),
        ["perseverance#3"]
      )
    }).pipe(
      Effect.provide([Layer.provide(Search.embeddings("hashing"), hashingEmbedding), OfflineModel.layer(rules)]),
      Effect.provide(NodeServices.layer)
    )
  )

  it.effect("is not known where the documents do not say it", () =>
    Effect.gen(function* () {
      const { outcome, store } = yield* ask("What is the capital of France?")
      assert.deepStrictEqual([outcome, store.claims, store.passages.length > 0], ["unknown", [], true])
    }).pipe(Effect.provide(offline))
  )

  it.effect("is not asked for where nothing is found", () =>
    Effect.gen(function* () {
      const { outcome } = yield* ask("Zwiebelkuchen?")
      assert.strictEqual(outcome, "unknown")
      assert.deepStrictEqual(yield* (yield* ScriptedModel.ScriptedModel).calls, [])
    }).pipe(Effect.provide([Search.words, ScriptedModel.layer({}), NodeServices.layer]))
  )

  const passage = "cassini#1"
  const quote = "Cassini was the first spacecraft\n to orbit Saturn."
  it.effect.each([
    { what: "a quote that is not in the passage", claim: { passage, quote: "Cassini was the second" } },
    { what: "a quote that says nothing", claim: { passage, quote: "the" } },
    { what: "an empty quote", claim: { passage, quote: "" } },
    { what: "a passage that was not found", claim: { passage: "mir#1", quote } },
    { what: "a passage that is not there", claim: { passage: "nowhere", quote } }
  ])("leaves out $what, and keeps what is quoted", ({ claim }) =>
    Effect.gen(function* () {
      const good = { text: "It orbited Saturn.", passage, quote }
      const model = yield* ScriptedModel.make({
        replies: [{ claims: [{ text: "It is so.", ...claim }, good] }, { claims: [{ text: "It is so.", ...claim }] }]
      })
      const answers = Effect.provideService(
        ask("Which spacecraft was first to orbit Saturn?"),
        LanguageModel.LanguageModel,
        model
      )
      const { store } = yield* answers
      assert.deepStrictEqual(store.claims, [good])
      assert.strictEqual((yield* answers).outcome, "unknown")
    }).pipe(Effect.provide([Search.words, NodeServices.layer]))
  )
})

describe("rag: the environment and the command", () => {
  it.live("asks the embedding model that is named", () =>
    Effect.gen(function* () {
      const server = yield* FakeOpenAi.make()
      const { store } = yield* folder
      const env = { OPENAI_BASE_URL: server.baseURL, OPENAI_EMBEDDING_MODEL: "nomic" }
      const search = Layer.provide(Search.layer, ConfigProvider.layer(ConfigProvider.fromUnknown(env)))
      yield* Effect.gen(function* () {
        assert.strictEqual((yield* Search).name, "nomic")
        assert.strictEqual((yield* Flow.run(indexing, store)).outcome, "built")
        const again = yield* Flow.run(indexing, store)
        assert.strictEqual(again.outcome, "unchanged")
        const found = yield* Search.use(({ find }) => find(again.store.index.index, "Owls hunt at night. Owls!"))
        assert.strictEqual(found[0], "owls#1")
      }).pipe(Effect.provide(search))
      assert.deepStrictEqual(
        (yield* server.requests).map(({ path, prompt }) => [path, prompt.includes("Swifts sleep")]),
        [
          ["/v1/embeddings", true],
          ["/v1/embeddings", false]
        ]
      )
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("prints the answer, and where it is from", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const index = `${yield* fs.makeTempDirectoryScoped()}/index.json`
      const question = "Who proposed the name of the rover Perseverance?"
      const first = yield* runExample(program, question, "--index", index)
      const quote = "The name of the rover was proposed by Alexander Mather, a seventh-grade pupil from Virginia."
      assert.deepStrictEqual(
        [first.ok, first.out],
        [true, `${quote} [1]\n\n[1] Perseverance (perseverance#3): "${quote}"`]
      )
      assert.match(first.err, /^Indexed \d+ passages/m)
      const second = yield* runExample(program, "What is love?", "--index", index)
      assert.deepStrictEqual([second.ok, second.out], [true, "I do not know: the documents do not say."])
      assert.match(second.err, /^Index is up to date: \d+ passages/m)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )
})
