/** For the tests of this example: files, models, and time that passes from call to call. */
import { OfflineModel } from "@effect-pocketflow/ai"
import { NodeServices } from "@effect/platform-node"
import { assert } from "@effect/vitest"
import { Effect, FileSystem, Layer, Path, Queue } from "effect"
import { AiError, LanguageModel } from "effect/ai"
import { TestClock } from "effect/testing"
import { readFileSync } from "node:fs"
import { Batch } from "./flow.ts"
import type { Resume } from "./Resume.ts"
import { rules } from "./rules.ts"

export const here = import.meta.dirname
export const offline = OfflineModel.layer(rules)

export const start = (paths: ReadonlyArray<string>, output: string): typeof Batch.Type =>
  Batch.schema.make({ paths, output })

/** A folder for one test, with these files in it. */
export const folder = Effect.fn(function* (files: Readonly<Record<string, string | Uint8Array>>) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const directory = yield* fs.makeTempDirectoryScoped()
  for (const [name, content] of Object.entries(files)) {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content
    yield* fs.writeFile(path.join(directory, name), bytes)
  }
  return (name: string) => path.join(directory, name)
})

export const fenced = (yaml: string) => `\`\`\`yaml\n${yaml}\n\`\`\``
export const somebody = fenced("name: Somebody\njobs: []\nskills: []")
export const anybody: Resume = { name: "Somebody", email: null, phone: null, jobs: [], skills: [] }

/** A model that gives these answers, one a call and the last for ever, and tells of each call. */
export const scripted = Effect.fnUntraced(function* (...answers: ReadonlyArray<string | AiError.AiErrorReason>) {
  const calls = yield* Queue.unbounded<string>()
  const rest = [...answers]
  const generateText = Effect.fnUntraced(function* (options: LanguageModel.ProviderOptions) {
    yield* Queue.offer(calls, JSON.stringify(options.prompt.content.at(-1)?.content))
    const answer = rest.length > 1 ? rest.shift()! : rest[0]!
    if (typeof answer === "string") return [{ type: "text" as const, text: answer }]
    return yield* AiError.make({ module: "Test", method: "generateText", reason: answer })
  })
  const layer = Layer.effect(
    LanguageModel.LanguageModel,
    LanguageModel.make({ generateText, streamText: () => Effect.die("unused") as never })
  )
  return { calls, layer }
})

/** Reads files at once: virtual time does not wait for the disk. */
export const Immediate = Layer.effect(
  FileSystem.FileSystem,
  Effect.map(FileSystem.FileSystem, (fs) =>
    FileSystem.FileSystem.of({ ...fs, readFile: (path) => Effect.sync(() => readFileSync(path)) })
  )
).pipe(Layer.provideMerge(NodeServices.layer))

/** Goes on with a run from call to call: the next one comes after exactly this many milliseconds. */
export const nextCallAfter = Effect.fnUntraced(function* (calls: Queue.Dequeue<string>, millis: number) {
  yield* TestClock.adjust(millis - 1)
  assert.strictEqual(yield* Queue.size(calls), 0)
  yield* TestClock.adjust(1)
  yield* Queue.take(calls)
})

export const overloaded = new AiError.InternalProviderError({ description: "overloaded" })
