/** Why a reply cannot be used, and where: the exact words, since a model is to read them. */
import { assert, describe, it } from "@effect/vitest"
import { Structured } from "@effect-pocketflow/ai"
import { Effect, Schema } from "effect"
import { fenced, read } from "./support.ts"

const problem = (reason: string, message: string, at?: string) => {
  const [line, column] = at?.split(":") ?? []
  return at === undefined ? { reason, message } : { reason, message: `${message} (line ${line}, column ${column})`, at }
}
const syntax = (message: string, at: string) => problem("Syntax", `the block is not YAML: ${message}`, at)
const alias = (at: string) =>
  problem("Alias", "anchors and aliases are not allowed; quote a text that begins with & or *", at)
const tag = (at: string) => problem("Syntax", "tags are not allowed; quote a text that begins with !", at)
const twice = (key: string, at: string) => problem("DuplicateKey", `the key ${key} is there twice`, at)
const forbidden = (at: string) => problem("ForbiddenKey", 'the key "__proto__" is not allowed', at)

describe("Structured: a block that is not data", () => {
  it.effect.each([
    ["", problem("Syntax", "the block is empty", "2:1")],
    ["# nothing", problem("Syntax", "the block is empty", "2:1")],
    ["a: 1\n---\na: 2", problem("Syntax", "the block has more than one document", "2:4")],
    ["a: [1", syntax("deficient indentation", "3:1")],
    ["so it is: a: 1", syntax("bad indentation of a mapping entry", "2:12")],
    ['a: "x', syntax("deficient indentation", "3:1")],
    ["a: 1\n\tb: 2", syntax("tab characters must not be used in indentation", "3:1")],
    ["a: \0", syntax("null byte is not allowed in input", "2:4")],
    ["? [a]\n: b", problem("Syntax", "a key has to be a text", "2:3")],
    ["{{a: 1}: 2}", problem("Syntax", "a key has to be a text", "2:2")],
    ["a: &b 1", alias("2:4")],
    ["a: &b\n  c: 1", alias("2:4")],
    ["a: [x, *b]", alias("2:8")],
    ["- *important*", alias("2:3")],
    ["- &a [x]\n- [*a, *a]", alias("2:3")],
    ["a: !important x", tag("2:4")],
    ["a: !!str 1", tag("2:4")],
    ["- !!js/function 'x'", tag("2:3")],
    ["- !<x> [1]", tag("2:3")],
    ["a: 1\nb: 2\na: 3", twice('"a"', "4:1")],
    ["- a: 1\n  'a': 2", twice('"a"', "3:4")],
    ['1: a\n"1": b', twice('"1"', "3:2")],
    ["__proto__: 1", forbidden("2:1")],
    ['a: [{"__proto__": {b: 1}}]', forbidden("2:7")],
    ['{"\\u005f_proto__": 1}', forbidden("2:3")]
  ] as const)("%j", ([text, expected]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* read(Schema.Json, fenced(text)), expected)
    })
  )

  it.effect("has its place in the reply, also after CRLF and other lines", () =>
    Effect.gen(function* () {
      const reply = `Well.\r\n\r\n~~~\r\n${fenced("x: 1")}\r\n~~~\r\n\r\n  \`\`\`yaml\r\n  a: 1\r\n  a: 2\r\n  \`\`\``
      assert.deepStrictEqual(yield* read(Schema.Json, reply), twice('"a"', "11:3"))
    })
  )
})

describe("Structured: a reply beyond the limits", () => {
  const deep = (levels: number) => "[".repeat(levels) + "]".repeat(levels)
  const tooDeep = (levels: number, at: string) =>
    problem("TooDeep", `the block is nested deeper than ${levels} levels`, at)

  it.effect("in depth: 64 levels, or as many as are asked for", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* read(Schema.Json, fenced(deep(64))), { value: JSON.parse(deep(64)) })
      const full = `${"[".repeat(64)}1${"]".repeat(64)}`
      assert.deepStrictEqual(yield* read(Schema.Json, fenced(full)), { value: JSON.parse(full) })
      const block = Array.from({ length: 64 }, (_, i) => `${" ".repeat(i)}a:\n`).join("")
      assert.property(yield* read(Schema.Json, fenced(block)), "value")
      assert.deepStrictEqual(yield* read(Schema.Json, fenced(`${block}${" ".repeat(64)}a:`)), tooDeep(64, "66:65"))
      assert.deepStrictEqual(yield* read(Schema.Json, fenced(deep(65))), tooDeep(64, "2:65"))
      assert.deepStrictEqual(yield* read(Schema.Json, fenced("a: {b: 1}"), { maxDepth: 2 }), { value: { a: { b: 1 } } })
      assert.deepStrictEqual(yield* read(Schema.Json, fenced("a: {b: []}"), { maxDepth: 2 }), tooDeep(2, "2:8"))
      assert.deepStrictEqual(yield* read(Schema.Json, fenced("- - - 1"), { maxDepth: 2 }), tooDeep(2, "2:5"))
      assert.deepStrictEqual(yield* read(Schema.Json, fenced("1"), { maxDepth: 0 }), { value: 1 })
      assert.deepStrictEqual(yield* read(Schema.Json, fenced("a: 1"), { maxDepth: 0 }), tooDeep(0, "2:1"))
    })
  )

  it.effect("in depth: never more than 256 levels, for which the stack is enough", () =>
    Effect.gen(function* () {
      interface Nest {
        readonly of: ReadonlyArray<Nest>
      }
      const Nest = Schema.Union([
        Schema.Finite,
        Schema.Struct({ of: Schema.Array(Schema.suspend((): Schema.Codec<Nest> => Nest as never)) })
      ])
      const nested = (times: number) => `${"{of: [".repeat(times)}1${"]}".repeat(times)}`
      assert.property(yield* read(Nest, fenced(nested(128)), { maxDepth: 1_000_000 }), "value")
      const expected = tooDeep(256, "2:775")
      assert.deepStrictEqual(yield* read(Nest, fenced(nested(129)), { maxDepth: 1_000_000 }), expected)
      assert.propertyVal(yield* read(Nest, fenced(nested(50_000)), { maxDepth: 1_000_000 }), "reason", "TooDeep")
    })
  )

  it.effect("in bytes of UTF-8, of the whole reply", () =>
    Effect.gen(function* () {
      const tooLarge = (bytes: number) => problem("TooLarge", `the reply is larger than ${bytes} bytes`)
      const reply = fenced('"é漢\u{1F600}"')
      const bytes = new TextEncoder().encode(reply).length
      assert.strictEqual(bytes, 23)
      assert.deepStrictEqual(yield* read(Schema.Json, reply, { maxBytes: 23 }), { value: "é漢\u{1F600}" })
      assert.deepStrictEqual(yield* read(Schema.Json, reply, { maxBytes: 22 }), tooLarge(22))
      assert.deepStrictEqual(yield* read(Schema.Json, "x".repeat(1_048_577)), tooLarge(1_048_576))
      assert.deepStrictEqual(yield* read(Schema.String, fenced("x".repeat(1_048_576 - 12))), {
        value: "x".repeat(1_048_576 - 12)
      })
    })
  )
})

describe("Structured: a value that does not fit", () => {
  const Job = Schema.Struct({ title: Schema.NonEmptyString, since: Schema.NullOr(Schema.Int) })
  const Person = Schema.Struct({ name: Schema.String, jobs: Schema.Array(Job) })
  const misfit = (message: string, at: string, path: string) => ({
    reason: "Mismatch",
    message: `the reply does not fit: ${message}`,
    at,
    path
  })

  it.effect.each([
    ["Ann", "line 2: Expected object", "2:1", ""],
    ["jobs: []", "name (line 2): Missing key", "2:1", "name"],
    [
      "name: Ann\njobs:\n- title: ''\n- {since: [1]}\n- 3",
      "jobs[0].title (line 4): Expected a value with a length of at least 1; " +
        "jobs[0].since (line 4): Missing key; jobs[1].title (line 5): Missing key; " +
        "jobs[1].since (line 5): Expected number | null; jobs[2] (line 6): Expected object",
      "4:11",
      "jobs[0].title"
    ],
    [
      `name: [a]\njobs: [${"x, ".repeat(9)}]`,
      "name (line 2): Expected string; jobs[0] (line 3): Expected object; jobs[1] (line 3): Expected object; " +
        "jobs[2] (line 3): Expected object; jobs[3] (line 3): Expected object; and 5 more",
      "2:7",
      "name"
    ]
  ] as const)("%j", ([text, message, at, path]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* read(Person, fenced(text)), misfit(message, at, path))
    })
  )

  it.effect("says the first thing only, of a reply that is long", () =>
    Effect.gen(function* () {
      const reply = fenced(`[${"x, ".repeat(30_000)}]`)
      const expected = misfit("[0] (line 2): Expected a string representing a finite number", "2:2", "[0]")
      assert.deepStrictEqual(yield* read(Schema.Array(Schema.FiniteFromString), reply), {
        ...expected,
        message: "the reply does not fit: [0] (line 2): Expected a finite number"
      })
    })
  )

  it.effect("is told in at most 3000 characters, in whole ones", () =>
    Effect.gen(function* () {
      const Wordy = Schema.String.check(Schema.makeFilter(() => false, { message: "\u{1F600}".repeat(1000) }))
      const keys = Array.from({ length: 20 }, (_, i) => `${"k".repeat(2000)}${i}`)
      const text = keys.map((key) => `? ${key}\n: x`).join("\n")
      const error = yield* Effect.flip(Structured.decode(Schema.Record(Schema.String, Wordy))(fenced(text)))
      assert.isBelow(error.message.length, 3000)
      assert.isBelow(error.path!.length, 300)
      assert.notMatch(error.message, /[\uD800-\uDBFF](?![\uDC00-\uDFFF])/)
      const twice = yield* read(Schema.Json, fenced(`? ${keys[0]}\n: 1\n? ${keys[0]}\n: 2`))
      assert.deepStrictEqual(
        twice,
        problem("DuplicateKey", `the key "${"k".repeat(99)}... (1903 more characters) is there twice`, "4:3")
      )
    })
  )

  it.effect("is an error like others: tagged, and with a codec", () =>
    Effect.gen(function* () {
      const error = yield* Structured.decode(Person)("").pipe(
        Effect.catchTag("InvalidReply", (error) => Effect.succeed(error))
      )
      assert.instanceOf(error, Structured.InvalidReply)
      const json = yield* Schema.encodeEffect(Schema.toCodecJson(Structured.InvalidReply))(
        error as Structured.InvalidReply
      )
      assert.deepStrictEqual(json, {
        _tag: "InvalidReply",
        reason: "NoBlock",
        message: "the reply has no YAML or JSON block in a fence",
        reply: ""
      })
    })
  )

  it.effect("has the reply, of a long one the beginning, in whole characters", () =>
    Effect.gen(function* () {
      const replyOf = (text: string) => Effect.map(Effect.flip(Structured.decode(Person)(text)), ({ reply }) => reply)
      for (const text of ["no", fenced("a: &b"), fenced("name: Ann"), "x".repeat(8000)]) {
        assert.strictEqual(yield* replyOf(text), text)
      }
      const long = `a${"\u{1F600}".repeat(600_000)}`
      assert.strictEqual(yield* replyOf(long), `a${"\u{1F600}".repeat(3999)}... (1192002 more characters)`)
    })
  )
})

describe("Structured: a schema with needs of its own", () => {
  it.effect("is given its services, and its defects are not caught", () =>
    Effect.gen(function* () {
      const Known = Schema.String.check(
        Schema.makeFilter(() => {
          throw new Error("broken")
        })
      )
      const exit = yield* Effect.exit(Structured.decode(Known)(fenced("a")))
      assert.strictEqual(exit._tag, "Failure")
      assert.include(String(exit), "broken")
    })
  )
})
