/** What a model is told: the skeleton of a schema, to the letter. */
import { assert, describe, it } from "@effect/vitest"
import { Structured } from "@effect-pocketflow/ai"
import { Context, Effect, Schema, SchemaGetter } from "effect"

const { String: Text, Finite } = Schema

interface Tree {
  readonly name: string
  readonly kids: ReadonlyArray<Tree>
}
const Tree = Schema.Struct({ name: Text, kids: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree)) })

interface EmployeeEncoded {
  readonly name: string
  readonly boss?: EmployeeEncoded
}
class Employee extends Schema.Class<Employee>("Employee")(
  {
    name: Text,
    boss: Schema.optionalKey(Schema.suspend((): Schema.Codec<Employee, EmployeeEncoded> => Employee))
  },
  { description: "Somebody who works here" }
) {}

const Circle = Schema.TaggedStruct("Circle", { radius: Finite })
const Square = Schema.TaggedStruct("Square", { side: Finite }).annotate({ description: "all sides are equal" })

const keys = [..."abcdefghi"]
const Long = Schema.Struct(Object.fromEntries(keys.map((key) => [key, Text])))

const Sum = Schema.Struct({ of: Schema.Array(Schema.suspend((): Schema.Codec<unknown> => Sum)) })
const Not = Schema.TaggedStruct("Not", { it: Schema.suspend((): Schema.Codec<unknown> => Not) })
const List = Schema.Array(Schema.suspend((): Schema.Codec<unknown> => List))
const Union = Schema.Union([Sum, Not, List])

class Names extends Context.Service<Names, ReadonlyMap<string, string>>()("Names") {}

describe("Structured.instructions", () => {
  const skeleton = (schema: Schema.Constraint, format: "yaml" | "json" = "yaml") => {
    const lines = Structured.instructions(schema, { format }).split("\n")
    const start = lines.indexOf(`\`\`\`${format}`)
    assert.strictEqual(lines.at(-1), "```")
    return lines.slice(start + 1, -1).join("\n")
  }

  it("is a sentence or two, and a skeleton in a fence", () => {
    const Person = Schema.Struct({ name: Text, age: Schema.Int })
    assert.strictEqual(
      Structured.instructions(Person),
      `Reply with one YAML block in a fence and nothing else. It has this form; comments (#) explain it and are left out.
Quote texts that have ": " or " #" in them, or begin with a special character.

\`\`\`yaml
name: string
age: integer
\`\`\``
    )
    assert.strictEqual(
      Structured.instructions(Person, { format: "json" }),
      `Reply with one JSON block in a fence and nothing else. It has this form; comments (//) explain it and are left out.

\`\`\`json
{
  "name": string,
  "age": integer
}
\`\`\``
    )
  })

  it.each([
    ["a text", Text, "string"],
    ["a number", Schema.Number, "number"],
    ["a whole number", Schema.Int, "integer"],
    ["a boolean", Schema.Boolean, "true | false"],
    ["nothing", Schema.Null, "null"],
    ["undefined", Schema.Undefined, "null"],
    ["anything", Schema.Unknown, "anything"],
    ["JSON", Schema.Json, "anything"],
    ["what cannot be", Schema.Never, "nothing"],
    ["what may be null", Schema.NullOr(Finite), "number | null"],
    ["literals", Schema.Literals(["a", 1, true]), '"a" | 1 | true'],
    ["a union of one", Schema.Union([Circle]), '_tag: "Circle"\nradius: number'],
    ["literals with what stands between them", Schema.Literals(["a | b", "c | b"]), '"a | b" | "c | b"'],
    ["a literal bigint", Schema.Literal(1n), '"1"'],
    ["an enum", Schema.Enum({ A: "a", B: 2 }), '"a" | 2'],
    ["a template", Schema.TemplateLiteral(["v", Finite, ".", Text]), '"v<number>.<string>"'],
    ["a date", Schema.Date, "# a date or time in ISO 8601, such as 2026-01-31 or 2026-01-31T12:00:00Z\nstring"],
    ["a time", Schema.DateTimeUtc, "# a date or time in ISO 8601, such as 2026-01-31 or 2026-01-31T12:00:00Z\nstring"],
    ["a bigint", Schema.BigInt, "# a string representing a bigint\nstring"],
    ["a number in a text", Schema.FiniteFromString, "# a string that will be decoded as a finite number\nstring"],
    ["a text that is trimmed", Schema.Trim, "string"],
    [
      "a text that is trimmed, and more",
      Schema.Trim.check(Schema.isMaxLength(9)),
      "# a value with a length of at most 9\nstring"
    ],
    ["a text to be trimmed already", Schema.Trimmed, "# a string with no leading or trailing whitespace\nstring"],
    ["a text in a text", Schema.StringFromHex, "# a hex encoded string that will be decoded as a UTF-8 string\nstring"],
    ["a list", Schema.Array(Text), "# any number of these\n- string"],
    ["a list that is not empty", Schema.NonEmptyArray(Text), "# at least 1 of these\n- string"],
    ["a list of lists", Schema.Array(Schema.Array(Text)), "# any number of these\n- # any number of these\n  - string"],
    ["a tuple", Schema.Tuple([Text, Schema.optionalKey(Finite)]), "- string\n- number # optional"],
    ["no tuple", Schema.Tuple([]), "[]"],
    [
      "a tuple with more, and an end",
      Schema.TupleWithRest(Schema.Tuple([Text]), [Finite, Schema.Boolean]),
      "- string\n- number # any number of these\n- true | false"
    ],
    ["a map", Schema.ReadonlyMap(Text, Finite), "# any number of these\n- - string\n  - number"],
    ["a struct without keys", Schema.Struct({}), "{}"],
    ["a record", Schema.Record(Text, Finite), "<key>: number # any number of keys"],
    [
      "a record of some keys",
      Schema.Record(Schema.TemplateLiteral(["x-", Text]), Schema.Struct({ a: Text })),
      '"x-<string>": # any number of keys\n  a: string'
    ],
    [
      "a record of keys with a constraint",
      Schema.Record(Text.check(Schema.isPattern(/^[a-z]+$/)), Finite),
      "<key>: number # any number of keys; a string matching the RegExp ^[a-z]+$"
    ],
    [
      "a struct in a list in a struct, and keys of all kinds",
      Schema.Struct({
        "first name": Text,
        a: Schema.Array(Schema.Struct({ b: Schema.optional(Text), c: Schema.Struct({ d: Schema.NullOr(Finite) }) }))
      }),
      '"first name": string\na: # any number of these\n  - b: string | null # optional\n    c:\n      d: number | null'
    ],
    ["keys that have other names there", Schema.Struct({ a: Text }).pipe(Schema.encodeKeys({ a: "b" })), "b: string"],
    [
      "a key that decoding makes up for",
      Schema.Struct({ a: Text.pipe(Schema.withDecodingDefaultKey(Effect.succeed("x"))) }),
      "a: string # optional"
    ],
    [
      "alternatives",
      Schema.Union([Circle, Square]),
      '# either\n_tag: "Circle"\nradius: number\n# or: all sides are equal\n_tag: "Square"\nside: number'
    ],
    [
      "alternatives of all kinds, within",
      Schema.Struct({
        shape: Schema.NullOr(Circle).annotate({ description: "if any" }),
        shapes: Schema.Array(Schema.Union([Text, Schema.Null, Circle, Schema.Array(Square)]))
      }),
      `shape: # if any
  # either
  null
  # or
  _tag: "Circle"
  radius: number
shapes: # any number of these
  - # either
    string | null
    # or
    _tag: "Circle"
    radius: number
    # or: any number of these
    - # all sides are equal
      _tag: "Square"
      side: number`
    ],
    [
      "alternatives with words within others",
      Schema.NullOr(Schema.Union([Circle, Square]).annotate({ description: "a shape" })),
      '# either\nnull\n# or: a shape\n# either\n_tag: "Circle"\nradius: number\n# or: all sides are equal\n_tag: "Square"\nside: number'
    ],
    ["recursion", Tree, "name: string\nkids: # any number of these\n  - <like the whole>"],
    [
      "recursion further down",
      Schema.Struct({ forest: Schema.Struct({ best: Tree }) }),
      "forest:\n  best:\n    name: string\n    kids: # any number of these\n      - <like forest.best>"
    ],
    [
      "what is short, twice",
      Schema.Struct({ a: Circle, b: Circle }),
      'a:\n  _tag: "Circle"\n  radius: number\nb:\n  _tag: "Circle"\n  radius: number'
    ],
    [
      "what is long, once",
      Schema.Struct({ a: Long, b: Schema.NullOr(Long), c: Schema.Array(Long) }),
      `a:\n${keys.map((key) => `  ${key}: string`).join("\n")}\nb: <like a> | null\nc: # any number of these\n  - <like a>`
    ],
    [
      "one of several that has itself",
      Schema.NullOr(Union),
      `# either
null
# or
of: # any number of these
  - <like (the whole with of)>
# or
_tag: "Not"
it: <like (the whole with _tag: "Not")>
# or: any number of these
- <like (the whole as a list)>`
    ],
    [
      "a class that has itself",
      Employee,
      "# Somebody who works here\nname: string\nboss: <like the whole> # optional; Somebody who works here"
    ]
  ] as const)("%s", (_name, schema, expected) => assert.strictEqual(skeleton(schema), expected))

  it("structs that have each other are each drawn once", () => {
    const structs: ReadonlyArray<Schema.Codec<unknown>> = Array.from({ length: 8 }, (_, index) =>
      Schema.Struct({
        id: Schema.Literal(index),
        ...Object.fromEntries(
          Array.from({ length: 8 }, (_, to) => [`to${to}`, Schema.optionalKey(Schema.suspend(() => structs[to]!))])
        )
      })
    )
    const text = skeleton(structs[0]!)
    for (let index = 0; index < 8; index++) assert.strictEqual(text.split(`id: ${index}\n`).length, 2)
    assert.isBelow(text.length, 4000)
  })

  const Annotated = Schema.Struct({
    title: Schema.NonEmptyString.annotate({ title: "Title", examples: ["Cook", "It's"] }),
    score: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5 })).annotateKey({
      description: "out of\n  five"
    }),
    born: Schema.Date.annotate({ description: "Day of birth", examples: [new Date(0)] }),
    code: Text.annotate({ description: "Code" }).check(Schema.isPattern(/^[A-Z]+$/), Schema.isMaxLength(5)),
    even: Finite.check(Schema.makeFilter((n: number) => n % 2 === 0, { expected: "an even number" })),
    // Encoding is not allowed, so the example cannot be shown.
    secret: Schema.Trim.pipe(
      Schema.decodeTo(Text, { decode: SchemaGetter.passthrough(), encode: SchemaGetter.forbiddenEncoding as never })
    ).annotate({ examples: ["x"] }),
    served: Text.pipe(
      Schema.decodeTo(Text, {
        decode: SchemaGetter.passthrough(),
        encode: SchemaGetter.transformEffect((text: string) => Effect.as(Effect.service(Names), text))
      })
    ).annotate({ examples: ["x"] }),
    long: Text.annotate({ examples: ["x".repeat(300)] }),
    list: Schema.Array(Circle.annotate({ description: "round" })).check(Schema.isMaxLength(3)),
    point: Schema.Struct({ x: Finite }).annotate({ examples: [{ x: 1 }] })
  }).annotate({ description: "All of it" })

  it("words of the schema are comments, in YAML", () => {
    assert.strictEqual(
      skeleton(Annotated),
      `# All of it
title: string # Title; a value with a length of at least 1; e.g. "Cook", "It's"
score: integer # out of five; a value between 1 and 5
born: string # Day of birth; a date or time in ISO 8601, such as 2026-01-31 or 2026-01-31T12:00:00Z; e.g. "1970-01-01T00:00:00.000Z"
code: string # Code; a string matching the RegExp ^[A-Z]+$; a value with a length of at most 5
even: number # an even number
secret: string
served: string
long: string # e.g. "${"x".repeat(199)}... (102 more characters)
list: # a value with a length of at most 3; any number of these
  - # round
    _tag: "Circle"
    radius: number
point: # e.g. {"x":1}
  x: number`
    )
  })

  it("words of the schema are comments, in JSON", () => {
    const { born, list, score } = Annotated.fields
    assert.strictEqual(
      skeleton(
        Schema.Struct({
          score,
          born,
          list,
          either: Schema.Union([Circle, Square]),
          all: Schema.Array(Schema.NullOr(Circle)),
          none: Schema.Struct({})
        }),
        "json"
      ),
      `{
  "score": integer, // out of five; a value between 1 and 5
  "born": string, // Day of birth; a date or time in ISO 8601, such as 2026-01-31 or 2026-01-31T12:00:00Z; e.g. "1970-01-01T00:00:00.000Z"
  "list": [ // a value with a length of at most 3; any number of these
    { // round
      "_tag": "Circle",
      "radius": number
    }
  ],
  "either":
    // either
    {
      "_tag": "Circle",
      "radius": number
    }
    // or: all sides are equal
    {
      "_tag": "Square",
      "side": number
    },
  "all": [ // any number of these
    // either
    null
    // or
    {
      "_tag": "Circle",
      "radius": number
    }
  ],
  "none": {}
}`
    )
  })
})
