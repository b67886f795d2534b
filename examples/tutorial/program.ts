/** Writes a tutorial of a code base: `npm run example -- tutorial --help`. */
import { ReplyCache } from "@effect-pocketflow/ai"
import { Console, Effect, Layer, Path } from "effect"
import { KeyValueStore, Persistence } from "effect/persistence"
import * as Example from "../shared/example.ts"
import { modelLayer, modelName } from "../shared/model.ts"
import { runKept } from "./checkpoint.ts"
import { tutorial } from "./flow.ts"
import { flags, subjectOf } from "./options.ts"
import { earlierPages, writePages } from "./output.ts"
import { slugOf } from "./pages.ts"
import { rules } from "./rules.ts"
import type { Tutorial } from "./Tutorial.ts"

export const program = Example.make({
  name: "tutorial",
  description: "Writes a tutorial of a code base: its abstractions, a map, and a chapter for each, as Markdown.",
  level: "systems",
  teaches: "a long run that survives its process; a token budget; prompts and replies that are checked; a cache",
  counterpart: "PocketFlow-Tutorial-Codebase-Knowledge",
  flows: [tutorial({ concurrency: 1 })],
  options: flags,
  run: Effect.fn(function* (options) {
    const path = yield* Path.Path
    const { begin, sources } = yield* subjectOf(options)
    const folder = path.join(options.output, slugOf(begin.name))
    const kept = path.join(options.output, ".cache")
    const model = modelLayer(rules)
    yield* earlierPages(folder)
    const { forget, store } = yield* runKept(tutorial(options), begin, {
      folder: kept,
      anew: !options.cache,
      model: yield* modelName,
      onStep: (node, store, resumed) =>
        Effect.forEach(progress(node, store, options.concurrency, resumed), (line) => Console.error(line), {
          discard: true
        })
    }).pipe(Effect.provide([sources, options.cache ? withReplies(path.join(kept, "replies"))(model) : model]))
    yield* writePages(folder, store.pages)
    yield* forget
    yield* Console.log(`Wrote ${store.chapters.length} chapters; begin at ${path.join(folder, "index.md")}.`)
  })
})

/** Replies in files, for the next run to find. */
const withReplies = (folder: string) => (model: ReturnType<typeof modelLayer>) =>
  model.pipe(
    ReplyCache.withCache({ name: "tutorial" }),
    Layer.provide(Persistence.layerKvs),
    Layer.provide(KeyValueStore.layerFileSystem(folder))
  )

/** What has come out, and what is next. */
const progress = (node: string, store: Tutorial, concurrency: number, resumed: boolean): ReadonlyArray<string> => {
  const { abstractions, chapters, files, order, relationships, skipped } = store
  const earlier = resumed ? [`Going on with an earlier run (chapters written: ${chapters.length}).`] : []
  switch (node) {
    case "identify":
      return [
        `Read ${files.length} files, left out ${skipped.length} files and folders.`,
        "Looking for abstractions ..."
      ]
    case "relate":
      return [...earlier, `${abstractions.length} abstractions: ${abstractions.map(({ name }) => name).join(", ")}.`]
    case "order":
      return [...earlier, `${relationships.length} relationships. Ordering the chapters ...`]
    case "write": {
      const names = order.slice(chapters.length).slice(0, concurrency)
      return [
        ...earlier,
        ...names.map((name, i) => `Chapter ${chapters.length + i + 1} of ${order.length}: ${name} ...`)
      ]
    }
    default:
      return earlier
  }
}
