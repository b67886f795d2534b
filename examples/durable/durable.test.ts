import { OfflineModel } from "@effect-pocketflow/ai"
import { Durable } from "@effect-pocketflow/durable"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, FileSystem, Layer } from "effect"
import type { LanguageModel } from "effect/ai"
import { Flow } from "effect-pocketflow"
import { rules } from "../article/rules.ts"
import { Library } from "../shared/library.ts"
import { offlineModel } from "../shared/offline.ts"
import { runExample } from "../shared/testing.ts"
import { answer, fork } from "./client.ts"
import { Edition, edition } from "./flow.ts"
import { Press } from "./press.ts"
import { program } from "./program.ts"

const topic = "How spacecraft use gravity assists"

const folder = FileSystem.FileSystem.use((fs) => fs.makeTempDirectoryScoped({ prefix: "durable-" }))

const press = (printed: Array<readonly [key: string, text: string]>) =>
  Layer.succeed(Press, { print: (key, text) => Effect.sync(() => void printed.push([key, text])) })

const begin = (
  engine: Layer.Layer<Durable.Engine, unknown>,
  model: Layer.Layer<LanguageModel.LanguageModel>,
  printed: Parameters<typeof press>[0] = []
) => Edition.layer.pipe(Layer.provideMerge(engine), Layer.provide([model, Library.corpus, press(printed)]), Layer.fresh)

/** Waits for the editor to be asked. */
const asked = (run: string) =>
  Effect.gen(function* () {
    while ((yield* Durable.waiting(Edition, run)).length === 0) yield* Effect.sleep(10)
  })

describe("the flow", () => {
  it.effect.each([
    ["publish", "published", 1],
    ["drop", "dropped", 0]
  ] as const)("in memory, when the editor says %s", ([verdict, outcome, times]) =>
    Effect.gen(function* () {
      const printed: Array<readonly [string, string]> = []
      const run = yield* Flow.run(edition, { topic }).pipe(
        Effect.provide([Durable.answered({ verdict }), OfflineModel.layer(rules), Library.corpus, press(printed)])
      )
      assert.strictEqual(run.outcome, outcome)
      assert.deepStrictEqual(
        printed,
        Array.from({ length: times }, () => ["in memory", run.store.text ?? ""] as const)
      )
    }).pipe(Effect.provide(NodeServices.layer))
  )
})

describe("a run", () => {
  it.live("goes on where its worker has stopped, and asks for nothing again", () =>
    Effect.gen(function* () {
      const filename = `${yield* folder}/runs.db`
      const engine = () => Durable.embedded({ filename, poll: "50 millis", grace: "50 millis" })
      const prompts: Array<string> = []
      const halfway = yield* Deferred.make<void>()
      // The outline and two drafts come; the worker ends while it waits for the others.
      const slow = offlineModel(rules, (prompt) => {
        const asked = prompts.push(prompt)
        if (asked <= 3) return Effect.void
        return Effect.andThen(Deferred.succeed(halfway, undefined), Effect.never)
      })
      const run = yield* Effect.gen(function* () {
        const run = yield* Edition.start({ topic })
        yield* Deferred.await(halfway)
        while ((yield* Durable.steps(Edition, run)).length < 3) yield* Effect.sleep(10)
        return run
      }).pipe(Effect.provide(begin(engine(), slow)))

      const printed: Array<readonly [string, string]> = []
      const again: Array<string> = []
      const model = offlineModel(rules, (prompt) => Effect.sync(() => again.push(prompt)))
      yield* Effect.gen(function* () {
        yield* asked(run)
        yield* answer(run, "publish")
        const { outcome, store } = yield* Edition.result(run)
        assert.deepStrictEqual([outcome, store.sections.length], ["published", 5])
        const titles = (prompts: ReadonlyArray<string>) => prompts.map((prompt) => /^Section: (.*)$/m.exec(prompt)?.[1])
        const all = store.outline.map(({ title }) => title)
        assert.deepStrictEqual(titles(prompts.slice(0, 3)), [undefined, ...all.slice(0, 2)])
        assert.deepStrictEqual(titles(again), all.slice(2))
        assert.deepStrictEqual(
          printed.map(([, text]) => text),
          [store.text]
        )

        const shorter = yield* fork(run, 1, 2)
        yield* asked(shorter)
        assert.deepStrictEqual(titles(again.slice(3)), all.slice(0, 2))
        yield* answer(shorter, "drop")
        assert.strictEqual((yield* Edition.result(shorter)).outcome, "dropped")
        assert.lengthOf(printed, 1)
      }).pipe(Effect.provide(begin(engine(), model, printed)))
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )
})

describe("the command", () => {
  it.live("shows a run, and answers it", () =>
    Effect.gen(function* () {
      const filename = `${yield* folder}/runs.db`
      const at = ["--sqlite", filename]
      yield* Layer.build(begin(Durable.embedded({ filename, poll: "50 millis" }), OfflineModel.layer(rules)))
      const run = yield* Edition.start({ topic }).pipe(Effect.provide(Durable.client({ filename })))
      yield* Effect.provide(asked(run), Durable.client({ filename }))
      const { out } = yield* runExample(program, "client", "publish", run, ...at)
      const lines = out.split("\n")
      assert.deepStrictEqual(lines.slice(-2), [
        " 11  publish#4 -> published",
        "The run has ended: published, with 5 sections."
      ])
      const again = yield* runExample(program, "client", "start", "--topic", topic, ...at)
      assert.deepStrictEqual(again.out.split("\n"), [`The run ${run}: "${topic}"`, ...lines])
      const nobody = yield* runExample(program, "client", "drop", run, ...at)
      assert.deepStrictEqual(nobody, { ok: false, out: "", err: `error: the run ${run} waits for nobody` })
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.live.each<readonly [ReadonlyArray<string>, string]>([
    [["worker", "--cluster"], "error: the workers of a cluster share a Postgres: --cluster needs --postgres"],
    [["client", "watch", "a", "--sqlite", "b", "--postgres", "c"], "error: --sqlite or --postgres, not both"],
    [["client", "watch", "a", "--postgres", "b"], "error: the database: Invalid URL"],
    [
      ["client", "watch", "a", "--postgres", "postgresql://b:secret@127.0.0.1:1/c"],
      "error: the database: connect ECONNREFUSED 127.0.0.1:1"
    ]
  ])("says what is wrong: %j", ([args, expected]) =>
    Effect.gen(function* () {
      const { err, ok } = yield* runExample(program, ...args)
      assert.deepStrictEqual([ok, err.split("\n").at(-1)], [false, expected])
    })
  )
})
