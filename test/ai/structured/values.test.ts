/** What the scalars and collections of a block become, by Schema. */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Option, Schema } from "effect"
import { fenced, read } from "./support.ts"

const { String: Text, Finite, Boolean: Bool } = Schema

interface Tree {
  readonly name: string
  readonly size?: number | string
  readonly kids?: ReadonlyArray<Tree>
}
const Tree = Schema.Struct({
  name: Text,
  size: Schema.optionalKey(Schema.Union([Finite, Schema.Literals(["1k", "2"])])),
  kids: Schema.optionalKey(Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree)))
})

class Person extends Schema.Class<Person>("Person")({ name: Text, born: Schema.Date }) {}

const Renamed = Schema.Struct({ zip: Text, n: Finite }).pipe(Schema.encodeKeys({ zip: "postal code" }))

const check = (schema: Schema.Codec<any, any>, text: string, expected: unknown) =>
  Effect.gen(function* () {
    assert.deepStrictEqual(yield* read(schema, fenced(text)), { value: expected })
  })

describe("Structured: a plain scalar", () => {
  const plain = [
    ["0555", 555],
    ["1.10", 1.1],
    ["-3", -3],
    ["+3", 3],
    ["1e3", 1000],
    ["0x1F", 31],
    ["0o17", 15],
    [".5", 0.5],
    ["true", true],
    ["True", true],
    ["FALSE", false],
    ["no", "no"],
    ["yes", "yes"],
    ["2024-01-01", "2024-01-01"],
    ["1842 - 1843", "1842 - 1843"],
    ["1_000", "1_000"],
    ["10:30", "10:30"],
    ["NaN", "NaN"],
    ["<<", "<<"],
    ["=", "="]
  ] as const

  it.effect.each(plain)("%s is a text where the schema wants one", ([text]) => check(Text, text, text))

  it.effect.each(plain)("%s is what it is in YAML where the schema takes all", ([text, value]) =>
    Effect.andThen(check(Schema.Json, text, value), check(Schema.Unknown, text, value))
  )

  it.effect.each([
    ["a number", Finite, "0555", 555],
    ["a number rather than a text", Schema.Union([Text, Finite]), "1.10", 1.1],
    ["a text rather than another literal", Schema.Union([Schema.Literal(1), Text]), "1.10", "1.10"],
    ["the literal that is a number", Schema.Literals([1, "1"]), "1", 1],
    ["the literal that is a text", Schema.Literals(["1", "2"]), "1", "1"],
    ["the text of an enum", Schema.Enum({ A: "1", B: 2 }), "1", "1"],
    ["the number of an enum", Schema.Enum({ A: "1", B: 2 }), "2", 2],
    ["a template", Schema.TemplateLiteral([Finite, ".", Finite]), "1.10", "1.10"],
    ["a boolean", Bool, "True", true],
    ["a text that may be missing", Schema.NullOr(Text), "true", "true"],
    ["nothing", Schema.NullOr(Text), "null", null],
    ["nothing, with a tilde", Schema.NullOr(Text), "~", null],
    ["undefined", Schema.UndefinedOr(Text), "null", undefined],
    ["a number in a text", Schema.FiniteFromString, "1.10", 1.1],
    ["a number that is none", Schema.Number, "NaN", Number.NaN],
    ["a number without end", Schema.Number, "-.inf", -Infinity],
    ["a bigint, to the last digit", Schema.BigInt, "12345678901234567890123", 12345678901234567890123n],
    ["a date", Schema.Date, "2024-01-01", new Date("2024-01-01")],
    ["a year", Schema.Date, "2024", new Date("2024")],
    ["a time", Schema.DateTimeUtc, "2024-01-01T00:00:00Z", DateTime.makeUnsafe("2024-01-01T00:00:00Z")],
    ["a text of several lines", Text, "1\n  2", "1 2"]
  ] as const)("is %s", ([_name, schema, text, value]) => check(schema, text, value))
})

describe("Structured: other scalars", () => {
  it.effect.each([
    ["'1.10'", "1.10"],
    ['"0555"', "0555"],
    ["'it''s'", "it's"],
    ['"null"', "null"],
    ['"\\u0041\\ud83d\\ude00\\n\\/\\t"', "A\u{1F600}\n/\t"],
    ["|\n  1\n  2", "1\n2\n"],
    [">-\n  1\n  2", "1 2"],
    ["|-\n  # no comment", "# no comment"]
  ])("%s is a text", ([text, value]) => Effect.andThen(check(Text, text!, value), check(Schema.Json, text!, value)))

  it.effect("quotes are no number, and null is no text", () =>
    Effect.gen(function* () {
      const wrong = (expected: string) => ({
        reason: "Mismatch",
        message: `the reply does not fit: line 2: Expected ${expected}`,
        at: "2:2",
        path: ""
      })
      assert.deepStrictEqual(yield* read(Finite, fenced('"1"')), wrong("number"))
      assert.deepStrictEqual(yield* read(Bool, fenced("'true'")), wrong("boolean"))
      assert.deepStrictEqual(yield* read(Text, fenced(" null")), wrong("string"))
    })
  )

  it.effect("null leaves out what may be left out", () =>
    Effect.gen(function* () {
      const left = Schema.Struct({ a: Schema.optionalKey(Text), b: Schema.optional(Schema.Date) })
      assert.deepStrictEqual(yield* read(left, fenced("a:\nb: null")), { value: { b: undefined } })
      const kept = Schema.Struct({ a: Schema.optionalKey(Schema.NullOr(Text)) })
      assert.deepStrictEqual(yield* read(kept, fenced("a:")), { value: { a: null } })
      assert.deepStrictEqual(yield* read(Schema.Struct({ a: Text }), fenced("a:")), {
        reason: "Mismatch",
        message: "the reply does not fit: a (line 2): Expected string",
        at: "2:1",
        path: "a"
      })
    })
  )
})

describe("Structured: dates", () => {
  const Due = Schema.Struct({ due: Schema.Date })

  it.effect.each([
    ["2026", "2026-01-01T00:00:00.000Z"],
    ["2026-02", "2026-02-01T00:00:00.000Z"],
    ["2024-02-29", "2024-02-29T00:00:00.000Z"],
    ["2026-01-31T12:00Z", "2026-01-31T12:00:00.000Z"],
    ["2026-01-31T12:00:00.5+02:00", "2026-01-31T10:00:00.500Z"],
    ["'2026-01-31'", "2026-01-31T00:00:00.000Z"],
    ["+010000-01-01T00:00:00Z", "+010000-01-01T00:00:00.000Z"]
  ] as const)("%s is one", ([text, date]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* read(Due, fenced(`due: ${text}`)), { value: { due: new Date(date) } })
      assert.deepStrictEqual(yield* read(Schema.DateTimeUtc, fenced(text)), { value: DateTime.makeUnsafe(date) })
    })
  )

  it.effect.each([
    "5",
    "invoice 7",
    "03/04/2026",
    "Jan 31, 2026",
    "2026-02-31",
    "2025-02-29",
    "2026-13-01",
    "2026-1-1",
    "2026-01-31 12:00",
    "2026-01-31T12:00",
    "2026-01-31T25:00Z",
    "20260131",
    "' 2026-01-31'",
    "''",
    "true"
  ])("%s is none", (text) =>
    Effect.gen(function* () {
      const expected = "Expected a date or time in ISO 8601, such as 2026-01-31 or 2026-01-31T12:00:00Z"
      const wrong = yield* read(Due, fenced(`due: ${text}`))
      assert.propertyVal(wrong, "message", `the reply does not fit: due (line 2): ${expected}`)
      assert.propertyVal(yield* read(Schema.DateTimeUtc, fenced(text)), "reason", "Mismatch")
    })
  )

  it.effect("a date that may be a text, or a number, is read as that", () =>
    Effect.gen(function* () {
      const some = Schema.Union([Schema.Date, Text])
      assert.deepStrictEqual(yield* read(some, fenced("soon")), { value: "soon" })
      assert.deepStrictEqual(yield* read(Schema.DateFromMillis, fenced("5")), { value: new Date(5) })
      assert.deepStrictEqual(yield* read(Schema.NullOr(Schema.Date), fenced("null")), { value: null })
    })
  )
})

describe("Structured: scalars within", () => {
  const Shape = Schema.Union([
    Schema.Struct({ kind: Schema.Literal("size"), value: Finite }),
    Schema.Struct({ kind: Schema.Literals(["label", "2"]), value: Text }),
    Schema.Struct({ kind: Schema.Literal(3), value: Bool })
  ])

  it.effect.each([
    ["a list", Schema.Array(Text), "[1, true, a]", ["1", "true", "a"]],
    ["a tuple", Schema.Tuple([Text, Finite]), "[1, 1]", ["1", 1]],
    ["a tuple with more", Schema.TupleWithRest(Schema.Tuple([Text]), [Finite]), "[1, 1, 2]", ["1", 1, 2]],
    ["a tuple with an end", Schema.TupleWithRest(Schema.Tuple([]), [Text, Text]), "[1, 1]", ["1", "1"]],
    ["a struct", Schema.Struct({ a: Text, b: Finite }), "a: 1\nb: 1", { a: "1", b: 1 }],
    ["a record", Schema.Record(Text, Text), "1: 1\ntrue: true\nnull: no", { 1: "1", true: "true", null: "no" }],
    [
      "a struct with more",
      Schema.StructWithRest(Schema.Struct({ a: Finite }), [Schema.Record(Text, Schema.Union([Text, Finite]))]),
      "a: 1\nb: 1",
      { a: 1, b: 1 }
    ],
    ["two unions", Schema.Union([Schema.Array(Text), Schema.Struct({ a: Text })]), "a: 1", { a: "1" }],
    [
      "a union by its literal",
      Schema.Array(Shape),
      "[{kind: size, value: 1}, {kind: label, value: 1}]",
      [
        { kind: "size", value: 1 },
        { kind: "label", value: "1" }
      ]
    ],
    ["a union by a literal that looks like a number", Shape, "value: 1\nkind: 2", { kind: "2", value: "1" }],
    ["a union by a number", Shape, "value: true\nkind: 3", { kind: 3, value: true }],
    [
      "a recursive struct",
      Tree,
      "name: 1\nsize: 1\nkids:\n- {name: 2, size: 2}\n- {name: 3, size: 1k, kids: []}",
      {
        name: "1",
        size: 1,
        kids: [
          { name: "2", size: 2 },
          { name: "3", size: "1k", kids: [] }
        ]
      }
    ],
    ["a struct with other names", Renamed, "postal code: 01234\nn: 1", { zip: "01234", n: 1 }],
    ["a class", Person, "name: 007\nborn: 2024", new Person({ name: "007", born: new Date("2024") })],
    ["an option", Schema.Option(Text), "_tag: Some\nvalue: 1", Option.some("1")],
    ["a map", Schema.ReadonlyMap(Text, Finite), "[[1, 1]]", new Map([["1", 1]])],
    ["a set", Schema.ReadonlySet(Text), "[1]", new Set(["1"])],
    ["a duration", Schema.Duration, "_tag: Millis\nvalue: 5", Duration.millis(5)],
    ["a struct without keys", Schema.Struct({}), "a: 1.10", { a: 1.1 }],
    ["keys that the schema does not know", Schema.Struct({ a: Text }), "a: 1\nb: 1", { a: "1" }],
    ["what takes all", Schema.Struct({ a: Schema.Json }), "a: [{b: 1.10}, '1']", { a: [{ b: 1.1 }, "1"] }],
    ["what takes all, or a text", Schema.Union([Schema.Json, Text]), "1.10", 1.1],
    [
      "keys that objects have by themselves",
      Schema.Record(Text, Finite),
      "constructor: 1\ntoString: 2\nhasOwnProperty: 3",
      { constructor: 1, toString: 2, hasOwnProperty: 3 }
    ]
  ] as const)("of %s are what the schema wants there", ([_name, schema, text, value]) => check(schema, text, value))

  it.effect("keys that are one escape in JSON stay apart, where JSON.parse of V8 13.6 takes one for another", () =>
    Effect.gen(function* () {
      const read = (key: string) => check(Schema.Json, `{"a": 1, "${key}": 2}`, { a: 1, [JSON.parse(`"${key}"`)]: 2 })
      for (const key of ["\\\\", "\\n", "\\u0041", "\\u0000"]) yield* read(key)
    })
  )

  it.effect("a reply in JSON is read as JSON.parse does", () =>
    Effect.gen(function* () {
      const texts = [
        '{"a":[1,-0,1.5e-7,true,null,"\\u0000\\"\\\\\\/\\b\\f\\n\\r\\t\\ud83d\\ude00"],"":{},"b":[]}',
        '{\n\t"a" : [\n\t\t1 , 2\n\t] ,\n\t"b"\n:\n{}\n}\n',
        `{"${"k".repeat(5000)}": "${"v".repeat(5000)}\u007f\u2028"}`
      ]
      for (const text of texts) {
        assert.deepStrictEqual(yield* read(Schema.Any, fenced(text, "json")), { value: JSON.parse(text) })
      }
    })
  )
})
