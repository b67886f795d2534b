import { OfflineModel } from "@effect-pocketflow/ai"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, FileSystem, Random } from "effect"
import { AiError } from "effect/ai"
import { TestClock } from "effect/testing"
import { Flow } from "effect-pocketflow"
import { readFileSync } from "node:fs"
import { offlineModel } from "../shared/offline.ts"
import { runExample } from "../shared/testing.ts"
import { addedLines, numbered } from "./diff.ts"
import { review } from "./flow.ts"
import { program } from "./program.ts"
import { rules } from "./rules.ts"

const data = `${import.meta.dirname}/data`
const orders = readFileSync(`${data}/orders.diff`, "utf8")
const duration = readFileSync(`${data}/duration.diff`, "utf8")

/** A review of a change, while time passes. */
const look = (diff: string, concurrency: number | "unbounded" = "unbounded") =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(Flow.run(review({ concurrency }), { diff }))
    let seconds = 0
    for (; fiber.pollUnsafe() === undefined; seconds++) yield* TestClock.adjust("1 second")
    const { outcome, store } = yield* Fiber.join(fiber)
    return { outcome, store, seconds }
  })

const places = (findings: ReadonlyArray<{ readonly file: string; readonly line: number }>) =>
  findings.map(({ file, line }) => `${file}:${line}`)

describe("fan-out", () => {
  it.effect("finds what is planted, each reviewer its own", () =>
    Effect.gen(function* () {
      const { outcome, store } = yield* look(orders)
      assert.strictEqual(outcome, "changesRequested")
      assert.deepStrictEqual(places(store.security), ["src/mailer.ts:3", "src/orders.ts:11"])
      assert.deepStrictEqual(places(store.correctness), ["src/orders.ts:15", "src/orders.ts:25"])
      assert.deepStrictEqual(places(store.style), [
        "src/mailer.ts:6",
        "src/orders.ts:14",
        "src/orders.ts:18",
        "src/orders.ts:19"
      ])
      assert.strictEqual((yield* look(duration)).outcome, "approved")
    }).pipe(Effect.provide(OfflineModel.layer(rules)))
  )

  it.effect("takes as long as the slowest reviewer, and not as long as all", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* look(duration)).seconds, 10)
      assert.strictEqual((yield* look(duration, 1)).seconds, 30)
    }).pipe(Effect.provide(offlineModel(rules, () => Effect.sleep("10 seconds"))))
  )

  it.effect("gives the same whoever is first", () => {
    const delays = offlineModel(rules, () => Effect.flatMap(Random.nextIntBetween(0, 9), (n) => Effect.sleep(n * 1000)))
    const busy = AiError.make({
      module: "test",
      method: "generateText",
      reason: new AiError.ContentPolicyError({ description: "no" })
    })
    const refused = offlineModel(rules, (prompt) =>
      Effect.flatMap(Random.nextIntBetween(0, 9), (n) => Effect.sleep(n * 1000)).pipe(
        Effect.andThen(prompt.includes("its security") ? Effect.void : Effect.fail(busy))
      )
    )
    return Effect.gen(function* () {
      const expected = yield* look(orders, 1).pipe(Effect.provide(delays))
      const partial = yield* look(duration, 1).pipe(Effect.provide(refused))
      assert.deepStrictEqual(
        [partial.outcome, partial.store.problems],
        [
          "incomplete",
          [
            { reviewer: "correctness", reason: busy.message },
            { reviewer: "style", reason: busy.message }
          ]
        ]
      )
      for (let i = 0; i < 10; i++) {
        assert.deepStrictEqual((yield* look(orders).pipe(Effect.provide(delays))).store, expected.store)
        assert.deepStrictEqual((yield* look(duration).pipe(Effect.provide(refused))).store, partial.store)
      }
    }).pipe(Random.withSeed("fan-out"))
  })

  it.effect("asks again when a finding is on no added line, and gives up in the end", () => {
    let asked = 0
    const dreamer: OfflineModel.Rule = {
      name: "dream",
      when: ({ system }) => system.includes("its style"),
      reply: () => {
        asked++
        return JSON.stringify({
          findings: [{ file: "src/orders.ts", line: 1, severity: "blocker", message: "It is." }]
        })
      }
    }
    return Effect.gen(function* () {
      const { outcome, store } = yield* look(duration)
      assert.deepStrictEqual(
        [outcome, asked, store.style, store.problems],
        ["incomplete", 3, [], [{ reviewer: "style", reason: "src/orders.ts:1 is no added line of the change" }]]
      )
      // A blocker of another reviewer is enough, whoever is missing.
      assert.strictEqual((yield* look(orders)).outcome, "changesRequested")
    }).pipe(Effect.provide(OfflineModel.layer([dreamer, ...rules])))
  })

  it("knows the place of every line of a diff", () => {
    const diff = [
      "--- a/old.ts\t2020",
      "+++ b/new.ts\t2021",
      "@@ -1,3 +1,3 @@ function",
      " same",
      "--- a removed line of dashes",
      "+++ an added line of pluses",
      " same",
      "@@ -9 +9,2 @@",
      "-gone",
      "+here",
      "+last",
      "\\ No newline at end of file"
    ].join("\n")
    assert.deepStrictEqual(numbered(diff).split("\n"), [
      "new.ts:1   same",
      "new.ts:2 - -- a removed line of dashes",
      "new.ts:2 + ++ an added line of pluses",
      "new.ts:3   same",
      "new.ts:9 - gone",
      "new.ts:9 + here",
      "new.ts:10 + last"
    ])
    assert.deepStrictEqual(places(addedLines(diff)), ["new.ts:2", "new.ts:9", "new.ts:10"])
  })

  it.effect.each([
    { args: ["/nowhere"], error: "error: /nowhere: no such file or folder" },
    { args: [`${data}/../rules.ts`], error: `error: ${data}/../rules.ts: no unified diff that adds lines` }
  ])("says what is wrong: $error", ({ args, error }) =>
    Effect.gen(function* () {
      const { err, ok } = yield* runExample(program, ...args)
      assert.deepStrictEqual([ok, err.split("\n").at(-1)], [false, error])
    })
  )

  it.effect("says who has not reviewed, and fails", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const file = yield* fs.makeTempFileScoped()
      // The rules take the line that was there before for one that is added, and have no other answer.
      yield* fs.writeFileString(file, "+++ b/x.ts\n@@ -1 +1,2 @@\n // a:5 + var x\n+const y = 1\n")
      const fiber = yield* Effect.forkChild(runExample(program, file))
      while (fiber.pollUnsafe() === undefined) yield* TestClock.adjust("100 millis")
      const { err, ok, out } = yield* Fiber.join(fiber)
      assert.deepStrictEqual(
        { ok, out },
        { ok: false, out: "security: nothing\ncorrectness: nothing\nstyle: no review\n\nincomplete" }
      )
      assert.deepStrictEqual(err.split("\n").slice(-2), [
        "no review: style: x.ts:1   // a:5 is no added line of the change",
        "error: the review is incomplete"
      ])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("is run by the command, at once and one by one", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(runExample(program))
      while (fiber.pollUnsafe() === undefined) yield* TestClock.adjust("10 millis")
      const { err, ok, out } = yield* Fiber.join(fiber)
      assert.isTrue(ok)
      assert.match(out, /^security\n {2}blocker src\/mailer\.ts:3 A secret is in the source[^]*\nchangesRequested$/)
      assert.deepStrictEqual(err.split("\n").slice(-5), [
        "            at once   one by one",
        "security      0.3 s       0.3 s",
        "correctness   0.3 s       0.3 s",
        "style         0.3 s       0.3 s",
        "reviewers     0.3 s       0.9 s"
      ])
    })
  )
})
