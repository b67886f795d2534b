/**
 * Replies that nobody should send: each is an `InvalidReply` or a value of the schema, soon, and harms nothing.
 */
import { assert, describe, it } from "@effect/vitest"
import { Structured } from "@effect-pocketflow/ai"
import { Property } from "@effect-pocketflow/testing"
import { Effect, Exit, Schema } from "effect"
import * as fc from "fast-check"
import { FAILSAFE_SCHEMA, load } from "js-yaml"
import { findBlock } from "../../packages/ai/src/internal/fence.ts"
import { fenced } from "../ai/structured/support.ts"
import { holds } from "../holds.ts"

const Job = Schema.Struct({ title: Schema.NonEmptyString, dates: Schema.NullOr(Schema.String) })
const Resume = Schema.Struct({
  name: Schema.String,
  phone: Schema.optionalKey(Schema.String),
  age: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 150 }))),
  born: Schema.optionalKey(Schema.Date),
  jobs: Schema.Array(Job)
})

type Expression =
  | number
  | { readonly _tag: "Add"; readonly left: Expression; readonly right: Expression }
  | { readonly _tag: "Sum"; readonly of: ReadonlyArray<Expression> }
const Again = Schema.suspend((): Schema.Codec<Expression> => Expression)
const Expression: Schema.Codec<Expression> = Schema.Union([
  Schema.Finite,
  Schema.TaggedStruct("Add", { left: Again, right: Again }),
  Schema.TaggedStruct("Sum", { of: Schema.Array(Again) })
])

/** Takes every scalar as the text that it is: what is read can be compared with what js-yaml itself reads. */
type Words = string | ReadonlyArray<Words> | { readonly [key: string]: Words }
const Words: Schema.Codec<Words> = Schema.Union([
  Schema.String,
  Schema.Array(Schema.suspend(() => Words)),
  Schema.Record(
    Schema.String,
    Schema.suspend(() => Words)
  )
])

const Scores = Schema.Record(Schema.String, Schema.Union([Schema.Finite, Schema.String, Schema.Array(Schema.Boolean)]))

const schemas = { Resume, Expression, Words, Scores, Json: Schema.Json }
type Name = keyof typeof schemas

const readers = new Map(
  Object.entries(schemas).map(([name, schema]) => {
    const codec: Schema.Codec<unknown, unknown> = schema
    return [name, { decode: Structured.decode(codec), is: Schema.is(codec) }]
  })
)

const untouched = Reflect.ownKeys(Object.prototype)

/** What is promised of every reply. */
const harmless = (name: Name, reply: string) =>
  Effect.gen(function* () {
    const { decode, is } = readers.get(name)!
    const exit = yield* Effect.exit(decode(reply))
    assert.deepStrictEqual(Reflect.ownKeys(Object.prototype), untouched)
    if (Exit.isSuccess(exit)) {
      assert.isTrue(is(exit.value), "not a value of the schema")
      if (name === "Words") assert.deepStrictEqual(exit.value, wordsOf(reply))
      return "value"
    }
    const [reason, ...others] = exit.cause.reasons
    assert.deepStrictEqual(others, [])
    if (reason?._tag !== "Fail") throw exit
    const { error } = reason
    assert.instanceOf(error, Structured.InvalidReply)
    assert.isBelow(error.message.length, 3000)
    assert.isBelow(error.path?.length ?? 0, 300)
    if (error.line !== undefined) {
      assert.isAtMost(error.line, reply.split("\n").length)
      assert.isAtMost(error.column!, reply.split("\n")[error.line - 1]!.length + 1)
    }
    return error.reason
  })

const wordsOf = (reply: string): unknown => {
  const { end, start } = findBlock(reply)
  return load(reply.slice(start, end), { schema: FAILSAFE_SCHEMA })
}

describe("hostile text", () => {
  const size = 1_000_000
  const fill = (text: string, length = size) => text.repeat(Math.floor(length / text.length))
  const list = (length: number, f: (index: number) => string, separator = "\n") =>
    Array.from({ length }, (_, index) => f(index)).join(separator)

  /** About 1 MB each; built when needed. */
  const texts: ReadonlyArray<readonly [name: string, outcome: string, text: () => string]> = [
    // fences
    ["backticks", "NoBlock", () => fill("`")],
    ["tildes", "NoBlock", () => fill("~")],
    ["lines of backticks", "Syntax", () => fill("```\n")],
    ["lines of tildes", "Syntax", () => fill("~~~\n")],
    ["opening fences", "NoBlock", () => fill("```yaml\n")],
    ["opening fences of both kinds", "NoBlock", () => fill("```yaml\n~~~\n")],
    ["fences that grow", "Syntax", () => list(1400, (n) => "`".repeat(n + 3))],
    ["fences that shrink", "NoBlock", () => list(1400, (n) => "`".repeat(1403 - n))],
    ["fences deeper and deeper", "NoBlock", () => list(1400, (n) => `${" ".repeat(n)}\`\`\``)],
    ["blocks", "value", () => fill("```yaml\na: 1\n```\n")],
    ["a fence that is never closed", "NoBlock", () => `\`\`\`yaml\n${fill("a")}`],
    ["spaces", "NoBlock", () => fill(" ")],
    ["lines of spaces", "NoBlock", () => fill("   \n")],
    ["prose", "NoBlock", () => fill("Lorem ipsum dolor sit amet.\n")],
    ["open braces", "NoBlock", () => fill("{")],
    ["a bare list of open brackets", "TooDeep", () => `${fill("[")}]`],
    // collections
    ["open brackets", "TooDeep", () => fenced(fill("["))],
    ["brackets 100,000 deep", "TooDeep", () => fenced("[".repeat(100_000) + "]".repeat(100_000))],
    ["braces 100,000 deep", "TooDeep", () => fenced('{"a":'.repeat(100_000) + "1" + "}".repeat(100_000), "json")],
    ["dashes 100,000 deep", "TooDeep", () => fenced("- ".repeat(100_000))],
    ["maps 1000 deep", "TooDeep", () => fenced(list(1000, (n) => `${" ".repeat(n)}a:`))],
    ["lists 60 deep, again and again", "value", () => fenced(`[${fill(`${"[".repeat(60)}${"]".repeat(60)},`)}]`)],
    ["empty lists", "value", () => fenced(`[${fill("[],")}]`)],
    ["empty maps", "value", () => fenced(`[${fill("{},")}]`)],
    ["numbers", "value", () => fenced(`[${fill("1,")}]`)],
    ["pairs", "value", () => fenced(`[${fill("a: b,")}]`)],
    ["explicit pairs", "value", () => fenced(`[${fill("? a : b,")}]`)],
    ["lists as keys of pairs", "Syntax", () => fenced(`[${fill("[a,a]: 1,")}]`)],
    ["a long list as a key", "Syntax", () => fenced(`[${fill("a,")}]: 1`)],
    ["commas", "Syntax", () => fenced(`[${fill(",")}]`)],
    ["lines of dashes", "value", () => fenced(fill("-\n"))],
    ["lines of question marks", "DuplicateKey", () => fenced(fill("?\n"))],
    ["question marks", "TooDeep", () => fenced(fill("? "))],
    ["colons", "TooDeep", () => fenced(fill(": "))],
    ["lines of colons", "DuplicateKey", () => fenced(fill(":\n"))],
    // keys
    ["many keys", "value", () => fenced(list(60_000, (n) => `key${n}: ${n}`))],
    ["many keys that are numbers", "value", () => fenced(list(60_000, (n) => `${n * 7919}: ${n}`))],
    ["one key many times", "DuplicateKey", () => fenced(fill("a: 1\n"))],
    ["a long key", "value", () => fenced(`${fill("k")}: 1`)],
    ["a long explicit key", "value", () => fenced(`? ${fill("k")}\n: {b: [1]}\n`)],
    ["merge keys", "DuplicateKey", () => fenced(fill("<<: {a: 1}\n"))],
    ["__proto__ in YAML", "ForbiddenKey", () => fenced("name: x\njobs: []\n__proto__:\n  polluted: true")],
    [
      "__proto__ in JSON",
      "ForbiddenKey",
      () => fenced('{"name": "x", "jobs": [{"__proto__": {"polluted": true}}]}', "json")
    ],
    ["constructor.prototype", "value", () => fenced("constructor:\n  prototype:\n    polluted: true")],
    // anchors, aliases, tags, documents
    [
      "an alias bomb",
      "Alias",
      () =>
        fenced(
          list(
            30,
            (n) =>
              `a${n}: &a${n} [${Array(9)
                .fill(`*a${n - 1}`)
                .join()}]`
          )
        )
    ],
    ["a list that has itself", "Alias", () => fenced("&a [*a]")],
    ["aliases", "Alias", () => fenced(`a: &a x\nb:\n${fill("- *a\n")}`)],
    ["anchors", "Syntax", () => fenced(fill("&a "))],
    ["lines of anchors", "Syntax", () => fenced(fill("&a\n"))],
    ["nested anchors and tags", "Syntax", () => fenced(list(60, (n) => `${" ".repeat(n)}&a\n${" ".repeat(n)}!b`))],
    ["tags", "Syntax", () => fenced(fill("!a "))],
    ["a long tag", "Syntax", () => fenced(`!${fill("a")} x`)],
    ["a long verbatim tag", "Syntax", () => fenced(`!<${fill("a")}`)],
    ["directives", "value", () => fenced(`${list(50_000, (n) => `%TAG !a${n}! b`)}\n---\na`)],
    ["documents", "Syntax", () => fenced(fill("---\n"))],
    // scalars
    ["a long text", "value", () => fenced(`"${fill("a")}"`)],
    ["an open quote", "Syntax", () => fenced(`"${fill("a")}`)],
    ["escapes", "value", () => fenced(`"${fill("\\n")}"`)],
    ["escapes of surrogates", "value", () => fenced(`"${fill("\\ud800")}"`)],
    ["quotes in quotes", "value", () => fenced(`'${fill("''")}'`)],
    ["lines in quotes", "value", () => fenced(`a: "${fill("\n  x")}"`)],
    ["lines of a plain text", "value", () => fenced(`a: ${fill("x\n  ")}`)],
    ["a folded text", "value", () => fenced(`a: >\n${fill("  x\n")}`)],
    ["a literal text of blank lines", "value", () => fenced(`a: |+\n${fill("    \n")}`)],
    ["digits", "value", () => fenced(fill("1"))],
    ["nearly a number", "value", () => fenced(`${fill("1", size / 2)}.${fill("2", size / 2)}x`)],
    ["a hexadecimal number", "value", () => fenced(`0x${fill("f")}`)],
    ["comments", "Syntax", () => fenced(fill("# x\n"))],
    ["comments in a list", "Syntax", () => fenced(`[${fill("# x\n")}]`)],
    ["tabs", "Syntax", () => fenced(fill("\t"))],
    ["lines of tabs", "value", () => fenced(`a:\n${fill("\t\n")}`)],
    ["carriage returns", "DuplicateKey", () => fenced(fill("a: 1\r"))],
    ["zeros", "Syntax", () => fenced(fill("\0"))],
    ["byte order marks", "value", () => fenced(fill("\uFEFF\n", size / 3))],
    ["lone surrogates", "value", () => fenced(`"${fill("\ud800", size / 3)}"`)],
    ["wrong all over", "value", () => fenced(`name: []\njobs: [${fill("{titel: 1},")}]`)],
    ["10 MB", "TooLarge", () => fenced(fill("a", 10_000_000))],
    ["10 MB of fences", "TooLarge", () => fill("```yaml\n", 10_000_000)]
  ]

  it.effect.each(texts)("%s: %s", ([_name, expected, text]) =>
    Effect.gen(function* () {
      const reply = text()
      const outcomes: { [schema: string]: string } = {}
      for (const schema of Object.keys(schemas) as ReadonlyArray<Name>) {
        const start = performance.now()
        outcomes[schema] = yield* harmless(schema, reply)
        // Some tenths of a second are usual; what is quadratic takes minutes. How the time grows is tested in hostileTime.
        assert.isBelow(performance.now() - start, 5000, schema)
      }
      // What is read at all is read before the schema is asked.
      assert.strictEqual(outcomes["Json"], expected)
      for (const outcome of Object.values(outcomes)) {
        assert.isTrue(outcome === expected || (outcome === "Mismatch" && expected === "value"), outcome)
      }
    })
  )
})

describe("hostile text, at random", () => {
  const name = fc.constantFrom(...(Object.keys(schemas) as ReadonlyArray<Name>))

  const blocks = {
    Resume: [
      "name: Ann\nphone: 0555\nage: 36\nborn: 1990-01-01\njobs:\n  - title: Cook\n    dates: 2010 - 2012\n  - {title: Chef, dates: null}",
      '{"name": "Ann", "jobs": [{"title": "Cook", "dates": "2010"}], "age": 36}'
    ],
    Expression: [
      "_tag: Add\nleft: 1\nright:\n  _tag: Sum\n  of: [1, {_tag: Add, left: 2, right: 3}]",
      '{"_tag": "Sum", "of": [1, 2, {"_tag": "Sum", "of": []}]}'
    ],
    Words: [
      "- a\n- [b, 'c', \"d\"]\n- e: |\n    f\n    ```js\n    g\n    ```\n  h: >-\n    i\n    j\n- ? k\n  : l m\n    n",
      '["a", {"b": ["c\\n\\u0041"], "": "d"}]'
    ],
    Scores: ["math: 1.10\nart: A+\nsport: [true, no]\n", '{"math": 1.10, "art": "A+", "sport": [true]}'],
    Json: ["---\n# all\na: [1, ~, {b: 'it''s'}]\nc: 0x1F\n...", "[null, true, 1e3]"]
  }

  const tokens = [
    [..."`~[]{}:,-?&*!|>'\"#%@\\ \t\n\r\0"],
    ["```", "```yaml\n", "\n```\n", "```json\n", "~~~", "~~~yaml\n", "~~~~\n", "````"],
    [": ", "- ", "? ", "\n- ", "\n  ", "\n", "\r\n", "    ", "---\n", "...\n", "%YAML 1.2\n---\n", "%TAG ! !\n"],
    ["&a ", "*a", "!", "!!str ", "!!int", "!<x> ", "<<: ", "|\n", "|2-\n", ">+\n", "|\n  ", "''", '""', "{}", "[]"],
    ["__proto__", "__proto__: ", '"__proto__":', "constructor: ", "prototype", "toString", "hasOwnProperty: 1\n"],
    ["null", "~", "true", "False", "0555", "1.10", "1e999", "-.inf", ".nan", "0x1F", "0o17", "1_000", "12:30", "="],
    [
      "\\u0000",
      "\\x41",
      "\\ud83d",
      "\\U0010FFFF",
      "\uFEFF",
      "\ud800",
      "\udc00",
      "\u2028",
      "\u0085",
      "\x7f",
      "é",
      "\u{1F600}"
    ],
    ["name: ", "jobs:\n", "_tag: Add\n", "of: ", "[".repeat(70), "{a: ".repeat(70), "- ".repeat(70)]
  ].flat()

  /** Places are in thousandths, so that an edit means about the same where another is left out. */
  const place = fc.nat({ max: 1000 })
  const edit = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant("insert" as const), at: place, text: fc.constantFrom(...tokens) })
    },
    fc.record({ do: fc.constant("insert" as const), at: place, text: fc.string({ unit: "binary", maxLength: 4 }) }),
    fc.record({ do: fc.constant("replace" as const), at: place, text: fc.constantFrom(...tokens) }),
    fc.record({ do: fc.constant("delete" as const), at: place, length: fc.nat({ max: 20 }) }),
    fc.record({ do: fc.constant("truncate" as const), at: place }),
    fc.record({ do: fc.constant("copy" as const), at: place, length: fc.nat({ max: 60 }), to: place }),
    fc.record({
      do: fc.constant("repeat" as const),
      at: place,
      length: fc.nat({ max: 20 }),
      times: fc.nat({ max: 30 })
    }),
    fc.record({
      do: fc.constant("splice" as const),
      at: place,
      text: fc.constantFrom(...Object.values(blocks).flat()),
      from: place
    }),
    fc.record({
      do: fc.constant("nest" as const),
      at: place,
      length: fc.nat({ max: 40 }),
      by: fc.constantFrom("[]", "{}", "''", '""', "``", "\n\n")
    })
  )
  type Edit = typeof edit extends fc.Arbitrary<infer E> ? E : never

  const apply = (text: string, edit: Edit): string => {
    const index = (place: number, within = text) => Math.floor((place * within.length) / 1000)
    const at = index(edit.at)
    const [before, after] = [text.slice(0, at), text.slice(at)]
    switch (edit.do) {
      case "insert":
        return before + edit.text + after
      case "replace":
        return before + edit.text + after.slice(edit.text.length)
      case "delete":
        return before + after.slice(edit.length)
      case "truncate":
        return before
      case "copy":
        return text.slice(0, index(edit.to)) + after.slice(0, edit.length) + text.slice(index(edit.to))
      case "repeat":
        return before + after.slice(0, edit.length).repeat(edit.times) + after
      case "splice":
        return before + edit.text.slice(index(edit.from, edit.text))
      case "nest":
        return before + edit.by[0] + after.slice(0, edit.length) + edit.by[1] + after.slice(edit.length)
    }
  }

  /** A block with mistakes in it, or a reply with mistakes around it, too, and mostly for the schema that it is made for. */
  const mutated = fc
    .oneof(
      {
        weight: 3,
        arbitrary: fc.constant((block: string, edits: ReadonlyArray<Edit>) => fenced(edits.reduce(apply, block)))
      },
      fc.constant((block: string, edits: ReadonlyArray<Edit>) =>
        edits.reduce(apply, `Well.\n${fenced("a: 1")}\nNo:\n${fenced(block)}\nBye.`)
      )
    )
    .chain((mutate) =>
      name.chain((made) =>
        fc.record({
          schema: fc.oneof({ weight: 4, arbitrary: fc.constant(made) }, name),
          reply: fc
            .tuple(fc.constantFrom(...blocks[made]), fc.array(edit, { maxLength: 6 }))
            .map(([block, edits]) => mutate(block, edits))
        })
      )
    )

  holds("is refused, or a value", { ci: 100_000, soak: 1_000_000, counts: "replies" }, (options) =>
    Property.check(mutated, ({ reply, schema }) => harmless(schema, reply), options)
  )

  it.effect("is often enough on either side of the line", () =>
    Effect.gen(function* () {
      const outcomes: { [outcome: string]: number } = {}
      for (const { reply, schema } of fc.sample(mutated, { numRuns: 5000, seed: 1 })) {
        const outcome = yield* harmless(schema, reply)
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
      }
      assert.isAbove(outcomes["value"]!, 500)
      assert.sameMembers(Object.keys(outcomes), [
        "value",
        "NoBlock",
        "TooDeep",
        "Syntax",
        "Alias",
        "DuplicateKey",
        "ForbiddenKey",
        "Mismatch"
      ])
    })
  )
})
