/** Unions whose members only decoding tells apart: what is read, how soon, and what is said to be wrong. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Schema, SchemaGetter } from "effect"
import { fenced, read } from "./support.ts"

const { Finite, Int, String: Text, optionalKey: optional, Struct, Union } = Schema

type Any = Schema.Codec<unknown>
const later = (f: () => Schema.Codec<any, any>): Any => Schema.suspend(f as () => Any)

/** Each holds itself in two of its members. */
const Lists: Any = Union([
  Struct({ a: Schema.Array(later(() => Lists)), b: optional(Text) }),
  Struct({ a: Schema.Array(later(() => Lists)) })
])
const Even: Any = Union([
  Struct({ k: optional(later(() => Odd)), n: optional(Int) }),
  Struct({ k: optional(later(() => Odd)) })
])
const Odd: Any = Union([
  Struct({ k: optional(later(() => Even)), s: optional(Text) }),
  Struct({ k: optional(later(() => Even)) })
])
const Arrays: Any = Union([
  Schema.Array(Union([later(() => Arrays), Finite])),
  Schema.Array(Union([later(() => Arrays), Text]))
])
const Records: Any = Union([
  Schema.Record(
    Text,
    later(() => Records)
  ),
  Schema.Record(Text, Union([later(() => Records), Text])),
  Schema.Null
])
const Options: Any = Union([
  Struct({ o: Schema.Option(later(() => Options)) }),
  Struct({ o: Schema.Option(later(() => Options)), n: optional(Int) })
])
class Leaf extends Schema.Class<Leaf>("Leaf")({ of: Schema.Array(later(() => Classes)), n: optional(Int) }) {}
class Branch extends Schema.Class<Branch>("Branch")({ of: Schema.Array(later(() => Classes)) }) {}
const Classes: Any = Union([Leaf, Branch]) as never
const Nested: Any = Union([
  Union([Struct({ k: later(() => Nested), n: optional(Int) }), Schema.Null]),
  Union([Struct({ k: later(() => Nested) }), later(() => Inner)])
])
const Inner: Any = Union([Struct({ k: later(() => Nested) }), Struct({ k: later(() => Inner) })])
const Within: Any = Struct({ k: Union([later(() => Within), later(() => Other), Finite]) })
const Other: Any = Struct({ k: later(() => Within), s: optional(Text) })
const Maps: Any = Union([
  Schema.ReadonlyMap(
    Text,
    later(() => Maps)
  ),
  Schema.ReadonlyMap(Text, Union([later(() => Maps), Finite]))
])
const Decoded = Lists.pipe(Schema.decodeTo(later(() => Schema.Unknown)))

describe("Structured: a union that does not fit", () => {
  const Payment = Union([
    Struct({ method: Schema.Literal("card"), number: Text }),
    Struct({ method: Schema.Literals(["iban"]), account: Text }),
    Struct({ method: Schema.Literal("cash") })
  ])
  const Result = Union([Struct({ none: Text }), Struct({ name: Text, at: Struct({ x: Int, y: Int }) })])

  it.effect.each([
    ["a tag that there is not", Payment, "method: cheque", 'method (line 2): Expected "card" | "iban" | "cash"'],
    ["no tag", Payment, "number: 1", 'method (line 2): Expected "card" | "iban" | "cash"'],
    ["a tag, and what is wrong with it", Payment, "method: card", "number (line 2): Missing key"],
    [
      "a tag in a union in a list",
      Schema.Array(Union([Finite, Schema.NullOr(Payment)])),
      "- 1\n- method: x",
      '[1].method (line 3): Expected "card" | "iban" | "cash"'
    ],
    [
      "no struct at all",
      Payment,
      "card",
      'line 2: Expected { readonly "method": "card", ... } | object | { readonly "method": "cash", ... }'
    ],
    ["the member that is nearly right", Result, "name: a\nat: {x: 1}", "at.y (line 3): Missing key"],
    [
      "the member whose keys are there, however many of them are wrong",
      Union([Struct({ none: Text }), Struct({ name: Text, x: Int, y: Int, z: Int })]),
      "name: a\nx: one\ny: two",
      "x (line 3): Expected number; y (line 4): Expected number; z (line 2): Missing key"
    ],
    [
      "one of several texts",
      Struct({ to: Union([Text.check(Schema.isPattern(/^@/)), Text.check(Schema.isPattern(/^\+/))]) }),
      "to: x",
      "to (line 2): Expected a string matching the RegExp ^@ or Expected a string matching the RegExp ^\\+"
    ]
  ] as const)("says what is wrong: %s", ([_name, schema, text, message]) =>
    Effect.gen(function* () {
      const result = yield* read(schema as never, fenced(text))
      assert.propertyVal(result, "message", `the reply does not fit: ${message}`)
    })
  )
})

describe("Structured: unions within each other", () => {
  it.effect("what takes time to decode is decoded once", () =>
    Effect.gen(function* () {
      let count = 0
      const Slow = Text.pipe(
        Schema.decodeTo(Text, {
          decode: SchemaGetter.transformEffect((text: string) =>
            Effect.as(
              Effect.andThen(
                Effect.yieldNow,
                Effect.sync(() => count++)
              ),
              text
            )
          ),
          encode: SchemaGetter.passthrough()
        })
      )
      const Node: Any = Union([
        Struct({ k: optional(later(() => Node)), name: Slow, n: Int }),
        Struct({ k: optional(later(() => Node)), name: Slow })
      ])
      const text = "{name: a, k: {name: b, k: {name: c}}}"
      const value = { name: "a", k: { name: "b", k: { name: "c" } } }
      assert.deepStrictEqual(yield* read(Node, fenced(text)), { value })
      // By each of the two members.
      assert.strictEqual(count, 6)
    })
  )

  it.effect("each value is that of the first member that it fits, whatever is shared", () =>
    Effect.gen(function* () {
      const decode = (text: string) => read(Classes, fenced(text))
      const leaf = new Leaf({ of: [], n: 1 })
      assert.deepStrictEqual(yield* decode("{of: [{of: [], n: 1}], n: 2}"), { value: new Leaf({ of: [leaf], n: 2 }) })
      assert.deepStrictEqual(yield* decode("{of: [{of: [], n: 1}], n: x}"), { value: new Branch({ of: [leaf] }) })
      assert.deepStrictEqual(yield* read(Options as never, fenced("{o: {_tag: Some, value: {o: {_tag: None}}}}")), {
        value: { o: Option.some({ o: Option.none() }) }
      })
    })
  )

  const nest = (open: string, close: string, depth: number) => (inner: string) =>
    fenced(open.repeat(depth) + inner + close.repeat(depth))

  it.effect.each([
    ["lists in structs", Lists, nest("{a: [", "]}", 30), "", "x"],
    ["two that have each other", Even, nest("{k: ", "}", 60), "{}", "x"],
    ["lists", Arrays, nest("[", "]", 60), "", "null"],
    ["records", Records, nest("{k: ", "}", 60), "null", "[]"],
    ["options", Options, nest("{o: {_tag: Some, value: ", "}}", 30), "{o: {_tag: None}}", "x"],
    ["classes", Classes, nest("{of: [", "]}", 30), "", "x"],
    ["unions in unions", Nested, nest("{k: ", "}", 60), "null", "x"],
    ["unions in structs", Within, nest("{k: ", "}", 60), "1", "x"],
    ["what is decoded to something else", Decoded, nest("{a: [", "]}", 30), "", "x"],
    ["maps", Maps, nest("[[a, ", "]]", 30), "[]", "x"]
  ] as const)("60 levels of %s are read, or refused, at once", ([_name, schema, nested, good, bad]) =>
    Effect.gen(function* () {
      const start = performance.now()
      assert.property(yield* read(schema as never, nested(good)), "value")
      assert.propertyVal(yield* read(schema as never, nested(bad)), "reason", "Mismatch")
      // Some milliseconds are usual; twice as long for every level would be longer than anybody waits.
      assert.isBelow(performance.now() - start, 2000)
    })
  )
})
