/** A server that tells the key in every reply, and what a run keeps of that: nothing. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Tool from "effect/ai/Tool"
import * as Toolkit from "effect/ai/Toolkit"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as KeyValueStore from "effect/persistence/KeyValueStore"
import * as Persistence from "effect/persistence/Persistence"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { OpenAi, ReplyCache } from "../../packages/ai/src/index.ts"
import { Flow, Node, Store } from "../../packages/core/src/index.ts"
import { FakeOpenAi } from "../../packages/testing/src/index.ts"

const canary = "sk-canary-0123456789abcdef"
const hidden = "<redacted>"

const Notes = Store.make("Notes", { notes: Schema.Array(Schema.String) })

const Look = Tool.make("Look", { parameters: Schema.Struct({ at: Schema.String }), success: Schema.String })
const toolkit = Toolkit.make(Look)
const handlers = toolkit.toLayer({ Look: ({ at }) => Effect.succeed(`seen: ${at}`) })
const Said = Schema.Struct({ key: Schema.String })

/** Every way there is to get something from a model. */
const ways = {
  text: Effect.map(LanguageModel.generateText({ prompt: "text" }), ({ text }) => text),
  stream: Stream.runFold(
    LanguageModel.streamText({ prompt: "stream" }),
    () => "",
    (text, part) => (part.type === "text-delta" ? text + part.delta : text)
  ),
  object: Effect.map(LanguageModel.generateObject({ prompt: "object", schema: Said }), ({ value }) => value.key),
  tool: Effect.map(LanguageModel.generateText({ prompt: "tool", toolkit }), ({ toolResults }) =>
    String(toolResults[0]?.result)
  )
}

const note = Node.make(Notes, {
  exec: () => Effect.all(Object.values(ways)),
  post: (_, notes) => Notes.to("noted", { notes })
})
const publish = Node.make(Notes, { post: () => Notes.to("published") })
const flow = Flow.make(Notes, { start: "note", nodes: { note, publish }, edges: { note: { noted: "publish" } } })

/** What the server knows of the key is what it was sent. */
const keyOf = ({ authorization }: FakeOpenAi.Request) => Redacted.value(authorization!).replace("Bearer ", "")

describe("a key that the server tells", () => {
  it.effect.each([canary, `${canary}\n`, `\t${canary} \r\n`])(
    "is neither in checkpoints nor in the files of the cache: %j",
    (key) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const directory = yield* fs.makeTempDirectoryScoped()
        const server = yield* FakeOpenAi.make({
          rules: [
            // Behind an escape, which the model may well write.
            { when: /^object$/, reply: (request) => `{"key":"\\u0073${keyOf(request).slice(1)}"}` },
            {
              when: /^tool$/,
              reply: (request) => [{ type: "tool-call", name: "Look", params: { at: keyOf(request) } }]
            },
            // In pieces, as a model says it.
            { when: /./, reply: (request) => ["Your key is ", ...keyOf(request).match(/.{1,4}/g)!, "."] }
          ]
        })
        const model = OpenAi.layer({ model: "any", baseURL: server.baseURL, apiKey: Redacted.make(key) }).pipe(
          ReplyCache.withCache({ name: "any" }),
          Layer.provide(Persistence.layerKvs),
          Layer.provide(KeyValueStore.layerFileSystem(`${directory}/cache`))
        )
        const paused = yield* Flow.run(flow, { notes: [] }, { pauseBefore: ["publish"] }).pipe(
          Effect.provide([model, handlers])
        )
        if (!Flow.isPaused(paused)) return assert.fail("it has no end before publish")
        const checkpoint = JSON.stringify({
          position: paused.position,
          store: yield* Store.encode(Notes, paused.store)
        })

        const files = yield* fs.readDirectory(`${directory}/cache`)
        const kept = yield* Effect.forEach(files, (file) => fs.readFileString(`${directory}/cache/${file}`))
        // One for each way, each with what stands for the key: it was told, and it was kept.
        assert.strictEqual(kept.length, Object.keys(ways).length)
        assert.deepStrictEqual(paused.store.notes, [
          `Your key is ${hidden}.`,
          `Your key is ${hidden}.`,
          hidden,
          `seen: ${hidden}`
        ])
        assert.isTrue(kept.every((content) => content.includes(hidden)))
        assert.notInclude([checkpoint, ...files, ...kept].join("\n"), canary)
        assert.strictEqual(keyOf((yield* server.requests)[0]!), canary)
      }).pipe(Effect.provide(NodeServices.layer))
  )
})
