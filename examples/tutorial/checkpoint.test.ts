import { ReplyCache } from "@effect-pocketflow/ai"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { FakeOpenAi, ScriptedModel } from "@effect-pocketflow/testing"
import { Deferred, Effect, Fiber, FileSystem, Layer, Stream } from "effect"
import { Persistence } from "effect/persistence"
import { ChildProcess } from "effect/process"
import { fileURLToPath } from "node:url"
import { runKept } from "./checkpoint.ts"
import { tutorial } from "./flow.ts"
import { onSources } from "../shared/testing.ts"
import { begin, model, replyOf, shop, sourcesOf } from "./testing.ts"

interface Options {
  readonly anew?: boolean
  readonly concurrency?: number
  readonly files?: Readonly<Record<string, string>>
  readonly init?: Partial<typeof begin>
  readonly name?: string
  readonly replies?: Parameters<typeof model>[0]
  readonly cache?: Layer.Layer<Persistence.Persistence>
}

/** A run as in a process of its own: nothing is left of it but what is in the folder and in the cache. */
const start = (folder: string, options: Options = {}) => {
  const nodes: Array<string> = []
  const seen = { calls: 0 }
  const run = Effect.gen(function* () {
    const { calls } = yield* ScriptedModel.ScriptedModel
    return yield* runKept(
      tutorial({ concurrency: options.concurrency ?? 1 }),
      { ...begin, ...options.init },
      {
        folder,
        anew: options.anew ?? false,
        model: options.name ?? "rules",
        onStep: (node) => Effect.sync(() => void nodes.push(node))
      }
    ).pipe(Effect.ensuring(Effect.map(calls, ({ length }) => void (seen.calls = length))))
  }).pipe(
    Effect.provide([
      model(options.replies).pipe(
        ReplyCache.withCache({ name: "test" }),
        Layer.provide(options.cache ?? Persistence.layerMemory)
      ),
      sourcesOf(options.files ?? shop)
    ])
  )
  return { run, nodes, seen }
}

/** Interrupts a run while the model is busy with a call. */
const interruptAt = Effect.fnUntraced(function* (call: number, folder: string, options: Options = {}) {
  const reached = yield* Deferred.make<void>()
  const hang = Effect.andThen(Deferred.succeed(reached, undefined), Effect.never)
  const started = start(folder, { ...options, replies: { [call]: hang } })
  const fiber = yield* Effect.forkChild(started.run)
  yield* Deferred.await(reached)
  // Whatever runs beside it comes to its end.
  yield* Effect.repeat(Effect.yieldNow, { times: 1000 })
  yield* Fiber.interrupt(fiber)
  return started
})

const folder = FileSystem.FileSystem.use((fs) => fs.makeTempDirectoryScoped())

describe("a run that is kept", () => {
  it.effect("goes on where it was interrupted, and pays nothing twice", () =>
    Effect.gen(function* () {
      const there = yield* folder
      // The calls 3, 4 and 5 are the chapters.
      const before = yield* interruptAt(4, there)
      assert.deepStrictEqual(before.nodes, ["identify", "relate", "order", "write", "write"])
      assert.strictEqual(before.seen.calls, 5)
      const after = start(there)
      const { forget, store } = yield* after.run
      assert.deepStrictEqual(after.nodes, ["write", "write", "combine"])
      assert.strictEqual(after.seen.calls, 2)
      assert.deepStrictEqual(store, (yield* start(yield* folder).run).store)
      // The checkpoint stays until the pages are where they belong.
      const fs = yield* FileSystem.FileSystem
      assert.strictEqual((yield* fs.readDirectory(there)).length, 1)
      yield* forget
      assert.deepStrictEqual(yield* fs.readDirectory(there), [])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("keeps the chapters of a round that was not done, by their replies", () =>
    Effect.gen(function* () {
      const there = yield* folder
      const cache = Layer.succeedContext(yield* Layer.build(Persistence.layerMemory))
      const before = yield* interruptAt(4, there, { cache, concurrency: 3 })
      assert.deepStrictEqual(before.nodes, ["identify", "relate", "order", "write"])
      assert.strictEqual(before.seen.calls, 6)
      const after = start(there, { cache, concurrency: 3 })
      yield* after.run
      assert.deepStrictEqual(after.nodes, ["write", "combine"])
      assert.strictEqual(after.seen.calls, 1)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("goes on after a failure; a reply that was refused is not kept", () =>
    Effect.gen(function* () {
      const there = yield* folder
      const cache = Layer.succeedContext(yield* Layer.build(Persistence.layerMemory))
      const before = start(there, { cache, replies: { 3: "no", 4: "no", 5: "no" } })
      assert.strictEqual((yield* Effect.flip(before.run))._tag, "InvalidReply")
      assert.strictEqual(before.seen.calls, 6)
      const after = start(there, { cache })
      yield* after.run
      assert.deepStrictEqual(after.nodes, ["write", "write", "write", "combine"])
      assert.strictEqual(after.seen.calls, 3)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("asks nothing at all for what was told before", () =>
    Effect.gen(function* () {
      const cache = Layer.succeedContext(yield* Layer.build(Persistence.layerMemory))
      const first = start(yield* folder, { cache })
      const second = start(yield* folder, { cache })
      const stores = [(yield* first.run).store, (yield* second.run).store]
      assert.deepStrictEqual(stores[0], stores[1])
      assert.deepStrictEqual([first.seen.calls, second.seen.calls], [6, 0])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect.each<Options>([
    { files: { ...shop, "README.md": "# Shop\n\nIt sells other things.\n" } },
    { init: { language: "Deutsch" } },
    { init: { promptTokens: 20_000 } },
    { name: "another model" },
    { anew: true }
  ])("begins anew with %o", (options) =>
    Effect.gen(function* () {
      const there = yield* folder
      yield* interruptAt(4, there)
      const other = start(there, options)
      yield* other.run
      assert.deepStrictEqual(other.nodes[0], "identify")
      assert.strictEqual(other.seen.calls, 6)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("begins anew where a checkpoint is damaged", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const there = yield* folder
      yield* interruptAt(4, there)
      const [name = ""] = yield* fs.readDirectory(there)
      const text = yield* fs.readFileString(`${there}/${name}`)
      for (const damaged of [text.slice(0, -10), "", text.replace('"chapters":[', '"chapters":[1,')]) {
        yield* fs.writeFileString(`${there}/${name}`, damaged)
        const other = start(there)
        yield* other.run
        assert.strictEqual(other.nodes[0], "identify")
      }
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.live("survives the death of its process", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const there = yield* folder
      for (const [path, text] of Object.entries(shop)) {
        yield* fs.makeDirectory(`${there}/shop/src`, { recursive: true })
        yield* fs.writeFileString(`${there}/shop/${path}`, text)
      }
      let served = 0
      const server = yield* FakeOpenAi.make({
        rules: [{ when: () => true, reply: ({ prompt }) => (++served === 5 ? Effect.never : replyOf(prompt)) }]
      })
      const command = ChildProcess.make(
        process.execPath,
        [`--import=${onSources}`, main, "tutorial", "--dir", `${there}/shop`, "--output", `${there}/out`],
        { env: { PATH: process.env["PATH"], OPENAI_BASE_URL: server.baseURL, OPENAI_MODEL: "fake" }, stdin: "ignore" }
      )
      const first = yield* command
      yield* server.request(4)
      yield* first.kill({ killSignal: "SIGKILL" })
      assert.isFalse(yield* fs.exists(`${there}/out/shop`))

      const second = yield* command
      const [said, code] = yield* Effect.all([Stream.mkString(Stream.decodeText(second.stderr)), second.exitCode])
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(said.trim().split("\n"), [
        "Asking the model fake.",
        "Going on with an earlier run (chapters written: 1).",
        "Chapter 2 of 3: Order ...",
        "Chapter 3 of 3: Bill ..."
      ])
      // Five before, of which one was not answered, and two after.
      const prompts = (yield* server.requests).map(({ prompt }) => prompt)
      assert.deepStrictEqual([prompts.length, new Set(prompts).size, prompts[4] === prompts[5]], [7, 6, true])
      assert.deepStrictEqual((yield* fs.readDirectory(`${there}/out/shop`)).toSorted(), [
        "01-stock.md",
        "02-order.md",
        "03-bill.md",
        "index.md",
        "left-out.md"
      ])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )
})

const main = fileURLToPath(new URL("../main.ts", import.meta.url))
