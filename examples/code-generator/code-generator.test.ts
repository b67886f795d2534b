import { OfflineModel } from "@effect-pocketflow/ai"
import { ScriptedModel } from "@effect-pocketflow/testing"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer } from "effect"
import { Flow } from "effect-pocketflow"
import { readFileSync } from "node:fs"
import { runExample } from "../shared/testing.ts"
import { codeGenerator } from "./flow.ts"
import { program } from "./program.ts"
import { rules } from "./rules.ts"
import { Sandbox } from "./sandbox.ts"
import { passes, renderFailures } from "./task.ts"

const solve = (problem: string, revisions = 5) => Flow.run(codeGenerator({ revisions }), { problem })
const [odd = "", sum = "", largest = "", average = ""] = readFileSync(
  `${import.meta.dirname}/problems.txt`,
  "utf8"
).split("\n")

describe("code-generator", () => {
  const offline = Layer.merge(OfflineModel.layer(rules), Layer.provide(Sandbox.layer, NodeServices.layer))

  it.live("mends the code by what failed, one thing at a time", () =>
    Effect.gen(function* () {
      const { outcome, steps, store } = yield* solve(odd)
      assert.deepStrictEqual(
        { outcome, steps, code: store.code, revisions: store.revisions },
        {
          outcome: "passed",
          steps: 9,
          code: [
            "const solve = (list) => {",
            "  list = list.filter((n) => n % 2 !== 0)",
            "  list = list.filter((n, i) => list.indexOf(n) === i)",
            "  return list.toSorted((a, b) => a - b)",
            "}"
          ].join("\n"),
          revisions: [
            { reason: "The remainder of a negative odd number is -1, not 1.", code: true, tests: [] },
            { reason: "Without a comparison, numbers are sorted as texts.", code: true, tests: [] },
            { reason: "Equal numbers need not be neighbours.", code: true, tests: [] }
          ]
        }
      )
      assert.isTrue(store.tests.every((test, i) => passes(test, store.outcomes[i])))
    }).pipe(Effect.provide(offline))
  )

  it.live("mends a test where that is wrong", () =>
    Effect.gen(function* () {
      const { outcome, store } = yield* solve(average)
      assert.deepStrictEqual(
        [outcome, store.revisions, store.tests[0]],
        [
          "passed",
          [
            { reason: "The average of no numbers comes out as 0 / 0.", code: true, tests: [] },
            {
              reason: "The tests have rounded numbers, and the problem does not ask for that.",
              code: false,
              tests: [1]
            }
          ],
          { name: "a usual list", input: [[3, 8, 5, 12, 7, 6]], expected: 41 / 6 }
        ]
      )
    }).pipe(Effect.provide(offline))
  )

  it.live.each([
    { problem: sum, revisions: 1 },
    { problem: largest, revisions: 1 },
    { problem: "Given a list of numbers, return how many are positive.", revisions: 0 },
    { problem: "Given a list of numbers, return the doubles of the odd numbers, in descending order.", revisions: 2 },
    { problem: "Given a list of numbers, return the smallest of the even numbers, or null.", revisions: 1 }
  ])("solves: $problem", ({ problem, revisions }) =>
    Effect.gen(function* () {
      const { outcome, store } = yield* solve(problem)
      assert.deepStrictEqual([outcome, store.revisions.length], ["passed", revisions])
    }).pipe(Effect.provide(offline))
  )

  it.live("ends when the revisions are spent", () =>
    Effect.gen(function* () {
      const { outcome, store } = yield* solve(odd, 2)
      assert.deepStrictEqual([outcome, store.revisions.length], ["exhausted", 2])
      assert.strictEqual(renderFailures(store.tests, store.outcomes), "4. returned [1,3,3,9,9]")
    }).pipe(Effect.provide(offline))
  )

  // Below, the sandbox takes the code for the result.
  const echo = Layer.succeed(Sandbox, {
    call: (code) => Effect.succeed({ _tag: "Returned", json: code.slice("solve: ".length) })
  })
  const block = (value: unknown) => `\`\`\`json\n${JSON.stringify(value)}\n\`\`\``
  const test = (expected: unknown) => ({ name: "a", input: [1], expected })
  const tests = block({ tests: [test(1), test(1), test(2)] })

  it.effect("has replies mended that cannot be used", () =>
    Effect.gen(function* () {
      const model = yield* ScriptedModel.ScriptedModel
      const { outcome, store } = yield* solve("?")
      assert.deepStrictEqual(
        { outcome, ...store },
        {
          outcome: "passed",
          problem: "?",
          tests: [test(2), test(2), test(2)],
          code: "solve: 2",
          outcomes: Array.from({ length: 3 }, () => ({ _tag: "Returned", json: "2" })),
          revisions: [{ reason: "Both.", code: true, tests: [1, 2] }]
        }
      )
      const told = (yield* model.calls).flatMap(({ prompt }) =>
        Array.from(prompt.matchAll(/the reply does not fit: (.*)\. Reply/g), ([, what]) => what).slice(-1)
      )
      assert.deepStrictEqual(told, [
        "tests (line 2): Expected a value with a length between 3 and 20",
        "code (line 2): Expected code that defines the function solve",
        "tests[0].number (line 2): Expected a value between 1 and 3",
        "line 2: neither code nor a test is changed"
      ])
      assert.deepStrictEqual(yield* model.unused, [])
    }).pipe(
      Effect.provide([
        echo,
        ScriptedModel.layer({
          replies: [
            block({ tests: [] }),
            tests,
            block({ code: "answer: 1" }),
            block({ code: "solve: 1" }),
            block({ reason: "A test.", tests: [{ number: 4, test: test(1) }] }),
            block({ reason: "I do not know." }),
            block({
              reason: "Both.",
              code: "solve: 2",
              tests: [1, 2].map((number) => ({ number, test: test(2) }))
            })
          ]
        })
      ])
    )
  )

  it.effect("fails when the model cannot do it", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(solve("?"))
      assert.strictEqual(error._tag, "InvalidReply")
    }).pipe(Effect.provide([echo, ScriptedModel.layer({ rules: [{ when: () => true, reply: "I cannot." }] })]))
  )

  it("takes for passed what is equal as JSON, and nothing else", () => {
    const expected = { name: "a", input: [], expected: { a: [1, null], b: "x" } }
    const returned = (json: string) => passes(expected, { _tag: "Returned", json })
    assert.deepStrictEqual(
      [
        returned('{ "b": "x", "a": [1, null] }'),
        returned('{ "a": [1], "b": "x" }'),
        returned("[object Object]"),
        passes(expected, { _tag: "Failed", message: "" }),
        passes(expected, undefined)
      ],
      [true, false, false, false, false]
    )
  })
})

describe("the program", () => {
  it.live("shows the tests, the code and the failures, and writes the code", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const output = `${yield* fs.makeTempDirectoryScoped()}/new/solve.js`
      const { err, ok, out } = yield* runExample(program, "--output", output, sum)
      assert.deepStrictEqual({ ok, out }, { ok: true, out: `Wrote ${output}: 5 tests pass.` })
      const code = (last: string) => [
        "const solve = (list) => {",
        "  list = list.filter((n) => n % 2 === 0)",
        "  list = list.map((n) => n * n)",
        `  return ${last}`,
        "}"
      ]
      const mended = code("list.reduce((sum, n) => sum + n, 0)")
      assert.deepStrictEqual(err.split("\n").slice(1), [
        `Problem: ${sum}`,
        "",
        "5 tests:",
        "1. a usual list: [3,8,5,12,7,6] gives 244",
        "2. an empty list: [] gives 0",
        "3. negative numbers: [-7,-2,5,-9,2] gives 8",
        "4. equal numbers: [9,3,9,1,3] gives 0",
        "5. numbers of different length: [100,21,9,1003,30] gives 10900",
        "",
        ...code("list.reduce((sum, n) => sum + n)"),
        "",
        "3 of 5 tests pass.",
        "2. failed: TypeError: Reduce of empty array with no initial value",
        "4. failed: TypeError: Reduce of empty array with no initial value",
        "",
        "The sum of nothing is 0.",
        ...mended,
        "",
        "5 of 5 tests pass."
      ])
      assert.strictEqual(yield* fs.readFileString(output), `${mended.join("\n")}\n\nexport { solve }\n`)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.live("writes nothing when tests fail, or where the rules do not understand the problem", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const output = `${yield* fs.makeTempDirectoryScoped()}/solve.js`
      for (const [args, says] of [
        [["--revisions", "0"], "error: After 0 revisions some tests still fail; nothing was written"],
        [["Sort the stars."], "offline, this is not understood (only: tests for a problem about a list of numbers"]
      ] as const) {
        const { err, ok, out } = yield* runExample(program, "--output", output, ...args)
        assert.deepStrictEqual({ ok, out }, { ok: false, out: "" })
        assert.include(err, says)
      }
      assert.isFalse(yield* fs.exists(output))
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )
})
