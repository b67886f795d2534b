import { OfflineModel, ToolLoop } from "@effect-pocketflow/ai"
import { ScriptedModel } from "@effect-pocketflow/testing"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it, vi } from "@effect/vitest"
import { Effect, FileSystem, Layer, Result } from "effect"
import { McpClient } from "effect/ai"
import { ChildProcess } from "effect/process"
import { Flow } from "effect-pocketflow"
import { runExample } from "../shared/testing.ts"
import { ask, assistant } from "./flow.ts"
import { program } from "./program.ts"
import { rules } from "./rules.ts"
import { protocol } from "./server.ts"
import { wordsOf } from "./words.ts"

const Numbers = McpClient.layerStdio({
  name: "test",
  version: "1.0.0",
  command: ChildProcess.make(process.execPath, [`${import.meta.dirname}/server.ts`]),
  protocol
}).pipe(Layer.provide(NodeServices.layer))
const offline = Layer.merge(Numbers, OfflineModel.layer(rules))

const all = ["add", "subtract", "multiply", "divide", "power"]

/** What comes of a question, and the calls of each turn, those that failed with a `!`. */
const play = (question: string, allow: ReadonlyArray<string> = all) =>
  Effect.map(Flow.run(assistant(allow), ask(question)), ({ outcome, store }) => ({
    outcome,
    answer: ToolLoop.answer(store),
    turns: store.history.content.flatMap((message) =>
      message.role === "tool"
        ? message.content
            .filter((part) => part.type === "tool-result")
            .map(({ isFailure, name }) => (isFailure ? `!${name}` : name))
            .join()
        : []
    )
  }))

const call = (name: string, a: string, b: string) => ({ type: "tool-call", name, params: { a, b } }) as const

describe("mcp", () => {
  it.live("calculates exactly, and at once what does not depend on each other", () =>
    Effect.gen(function* () {
      const question = "What is (982713504867129384651 + 73916582047365810293746529) times (120 - 77), divided by 7?"
      assert.deepStrictEqual(yield* play(question), {
        outcome: "answered",
        answer:
          "((982713504867129384651 + 73916582047365810293746529) * (120 - 77)) / 7 = " +
          "454065040673919875599234391, remainder 3",
        turns: ["add,subtract", "multiply", "divide"]
      })
      assert.strictEqual((yield* play("1,000,000 + 2 ^ 3 ^ 2")).answer, "1000000 + (2 ^ (3 ^ 2)) = 1000512")
    }).pipe(Effect.provide(offline))
  )

  it.live("says what it cannot do, and how far it came", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* play("What is (1 + 2) / (3 - 3)?"), {
        outcome: "answered",
        answer: "I cannot calculate that: 3 cannot be divided by 0.",
        turns: ["add,subtract", "!divide"]
      })
      assert.deepStrictEqual(yield* play("What is 2 ^ (3 + 4)?", ["add"]), {
        outcome: "answered",
        answer: 'I have no tool "power", and came as far as 2 ^ 7.',
        turns: ["add"]
      })
      assert.deepStrictEqual(yield* play("What is 7 / 2 * 2?"), {
        outcome: "answered",
        answer: "I came as far as (3, remainder 1) * 2, where there is something else than a whole number.",
        turns: ["divide"]
      })
      for (const question of ["How are you?", "What is 7?", "1 + + 2", "(1 + 2", "1 + 2)"]) {
        assert.match((yield* play(question)).answer, /^Without a real model/)
      }
    }).pipe(Effect.provide(offline))
  )

  it.live("tells the model of calls that it may not make, or makes wrongly", () =>
    Effect.gen(function* () {
      const model = ScriptedModel.layer({
        replies: [
          [call("power", "2", "3"), call("add", "two", "3"), call("add", "2", "3"), call("sum", "2", "3")],
          ({ prompt, tools }) =>
            [
              tools,
              /may not be used/.test(prompt),
              /Invalid parameters/.test(prompt),
              /no tool .*sum/.test(prompt)
            ].join()
        ]
      })
      assert.deepStrictEqual(yield* Effect.provide(play("2 ^ 3?", ["add"]), model), {
        outcome: "answered",
        answer: "add,true,true,true",
        turns: ["!power,!add,add,!sum"]
      })
    }).pipe(Effect.provide(Numbers))
  )

  it.live("tells the model that a result is too long", () =>
    Effect.gen(function* () {
      const [long, longest] = ["9".repeat(6000), "9".repeat(10_000)]
      const calls = [call("multiply", long, long), call("add", longest, "1"), call("subtract", longest, "1")]
      const model = ScriptedModel.layer({
        replies: [calls, ({ prompt }) => String(prompt.split("The result has more than 10000 digits").length - 1)]
      })
      assert.deepStrictEqual(yield* Effect.provide(play("?"), model), {
        outcome: "answered",
        answer: "2",
        turns: ["!multiply,!add,subtract"]
      })
    }).pipe(Effect.provide(Numbers))
  )

  it.live("has a last turn without tools when it took ten, and no answer where that is not used", () =>
    Effect.gen(function* () {
      const endless = (last: ScriptedModel.Reply) =>
        ScriptedModel.layer({
          rules: [{ when: ({ tools }) => tools.length > 0, reply: [call("add", "1", "1")] }],
          replies: [last]
        })
      const turns = Array.from({ length: 10 }, () => "add")
      assert.deepStrictEqual(yield* Effect.provide(play("1 + 1?"), endless("About 2.")), {
        outcome: "answered",
        answer: "About 2.",
        turns
      })
      assert.deepStrictEqual(yield* Effect.provide(play("1 + 1?"), endless([call("add", "1", "1")])), {
        outcome: "unanswered",
        answer: "",
        turns
      })
    }).pipe(Effect.provide(Numbers))
  )
})

describe("the words of a command line", () => {
  it.each([
    ["node  server.ts\t-v", ["node", "server.ts", "-v"]],
    [`"a b"'c d'e\\ f "" '$x|"' "\\"\\$\\n"`, ["a bc de f", "", '$x|"', '"$\\n']],
    [" ", []]
  ])("are split as a shell does: %j", (line, words) => {
    assert.deepStrictEqual(Result.getOrThrow(wordsOf(line)), words)
  })

  it.each([
    ["cat $HOME", "$ needs a shell; quote it"],
    ["cat `x`", "` needs a shell; quote it"],
    ["cat > x", "> needs a shell; quote it"],
    [`cat "x | y`, 'something is missing after "'],
    ["cat \\", "something is missing after \\"]
  ])("are refused where a shell is needed: %j", (line, message) => {
    assert.deepStrictEqual(wordsOf(line), Result.fail(message))
  })
})

describe("the program", () => {
  it.live("shows the tools and the calls, and prints the answer", () =>
    Effect.gen(function* () {
      const { err, ok, out } = yield* runExample(program, "--allow", "add", "--allow", "power", "What is 2 plus 3?")
      assert.deepStrictEqual({ ok, out }, { ok: true, out: "2 + 3 = 5" })
      assert.deepStrictEqual(err.split("\n").slice(1), [
        "Tools of numbers, + is allowed:",
        "+ add: a + b",
        "- subtract: a - b",
        "- multiply: a * b",
        "- divide: a / b, rounded toward zero, and the remainder",
        "+ power: a to the power of b. The result can be very long",
        "Question: What is 2 plus 3?",
        'add({"a":"2","b":"3"}) gave 5'
      ])
    })
  )

  it.live.each([
    { args: ["--allow", "sum"], says: '--allow: there is no tool "sum"' },
    {
      args: ["--server", `"${process.execPath}" examples/mcp/server.ts`],
      says: "No tool is allowed. Choose with --allow"
    },
    { args: ["--server", "no-such-program"], says: "Cannot spawn MCP server" },
    { args: ["--server", `${process.execPath} -e 0`], says: "MCP server closed stdout" },
    { args: ["--server", "cat secrets | sh"], says: "--server: | needs a shell; quote it" },
    { args: ["--server", " "], says: "--server: it is empty" }
  ])("fails in one line: $says", ({ args, says }) =>
    Effect.gen(function* () {
      const { err, ok, out } = yield* runExample(program, ...args)
      assert.deepStrictEqual({ ok, out }, { ok: false, out: "" })
      assert.include(err.split("\n").at(-1), says)
    })
  )

  it.live("does not give its keys to the server", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped()
      const script = "require('node:fs').writeFileSync(process.argv[1], Object.keys(process.env).join())"
      vi.stubEnv("OPENAI_API_KEY", "sk-secret")
      yield* Effect.addFinalizer(() => Effect.sync(() => vi.unstubAllEnvs()))
      yield* runExample(program, "--server", `"${process.execPath}" -e "${script}" "${directory}/env"`)
      assert.notInclude(yield* fs.readFileString(`${directory}/env`), "OPENAI_API_KEY")
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )
})
