import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer } from "effect"
import { Library } from "./library.ts"
import { namesIn, sentencesOf, termsOf } from "./text.ts"

const corpus = Layer.provideMerge(Library.corpus, NodeServices.layer)

describe("the library", () => {
  it.effect("holds the whole corpus", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const files = yield* fs.readDirectory(`${import.meta.dirname}/corpus`)
      const titles = yield* Effect.forEach(files, (file) => {
        const id = file.replace(/\.md$/, "")
        return Library.use(({ search }) => search(id)).pipe(
          Effect.map((documents) => documents.some((document) => document.id === id && document.title !== ""))
        )
      })
      assert.deepStrictEqual([files.length, titles.every(Boolean)], [30, true])
    }).pipe(Effect.provide(corpus))
  )

  it.effect("fails where there is no folder", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        Effect.provide(
          Library.use(({ search }) => search("Mars")),
          Library.layer("/nowhere")
        )
      )
      assert.strictEqual(error.message, "NotFound: FileSystem.readDirectory (/nowhere)")
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it("knows sentences, terms and names", () => {
    assert.deepStrictEqual(sentencesOf('James E. Webb led NASA. It took 2.4 years.\n\n"Why?" Nobody knows.'), [
      "James E. Webb led NASA.",
      "It took 2.4 years.",
      '"Why?"',
      "Nobody knows."
    ])
    assert.deepStrictEqual(termsOf("The probes were launched, and a probe launches"), ["prob", "launch"])
    assert.deepStrictEqual(termsOf("a cassette, two cassettes"), ["casset", "two"])
    assert.deepStrictEqual(
      namesIn("It left on 3 May 2024 with Saturn's probe on an Ariane 5 rocket.").map(({ name }) => name),
      ["Saturn", "Ariane 5"]
    )
  })
})
