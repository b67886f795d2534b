/**
 * What a schema encodes is read back out of a reply, as YAML and as JSON, for random schemas and their values.
 */
import { assert, describe } from "@effect/vitest"
import { Structured } from "@effect-pocketflow/ai"
import { Arbitraries, Property } from "@effect-pocketflow/testing"
import { Effect, Schema } from "effect"
import * as fc from "fast-check"
import { dump } from "js-yaml"
import { holds } from "../holds.ts"

type AnySchema = Schema.Codec<unknown, unknown>

const scalar = fc.constantFrom<AnySchema>(
  Schema.String,
  Schema.NonEmptyString,
  Schema.Finite,
  Schema.Int,
  Schema.Boolean,
  Schema.Null,
  Schema.BigInt,
  Schema.Date,
  Schema.FiniteFromString,
  Schema.Literals(["yes", "1", "null", 1, true]),
  Schema.Union([Schema.Finite, Schema.String, Schema.Boolean]),
  Schema.TemplateLiteral(["v", Schema.Int]),
  Schema.Json
)

const key = fc.oneof(fc.constantFrom("name", "1", "true", "null", "a b", "a: b", "#", "-", ""), fc.string())
const keys = fc.uniqueArray(
  // Effect takes what an object inherits for an optional key. Samples with "__proto__" are passed over, so no key has it.
  key.filter((key) => !(key in {}) && !key.includes("__proto__")),
  { minLength: 1, maxLength: 4 }
)

const schema = fc.letrec<{ readonly any: AnySchema }>((tie) => {
  const structOf = (keys: ReadonlyArray<string>, fields: ReadonlyArray<AnySchema>) =>
    Schema.Struct(
      Object.fromEntries(
        keys.map((key, index) => {
          const field = fields[index % fields.length]!
          return [key, index % 3 === 2 ? Schema.optionalKey(field) : field]
        })
      )
    )
  const some = fc.array(tie("any"), { minLength: 1, maxLength: 3 })
  return {
    any: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      scalar,
      tie("any").map((item): AnySchema => Schema.Array(item)),
      tie("any").map((item): AnySchema => Schema.NullOr(item)),
      tie("any").map((item): AnySchema => Schema.Option(item)),
      some.map((items): AnySchema => Schema.Tuple(items)),
      tie("any").map((item): AnySchema => Schema.Record(Schema.String, item)),
      fc.tuple(keys, some).map(([keys, fields]): AnySchema => structOf(keys, fields)),
      some.map((items): AnySchema =>
        Schema.Union(items.map((item, index) => Schema.TaggedStruct(`${index}`, { "of it": item })))
      )
    )
  }
}).any

/** JSON has no -0. */
const withoutMinusZero = (json: unknown): unknown => {
  if (typeof json === "number") return json + 0
  if (typeof json !== "object" || json === null) return json
  if (Array.isArray(json)) return json.map(withoutMinusZero)
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, withoutMinusZero(value)]))
}

/**
 * A schema, and one of its values, encoded and decoded. `JSON.parse` has no part in it: that of V8 13.6 takes the key
 * "\n" for "\\" where it has seen that one at the same place before.
 */
const sample = schema.chain((schema) => {
  const codec = Schema.toCodecJson(schema)
  return Arbitraries.schema(schema)
    .map((value) => withoutMinusZero(Schema.encodeSync(codec)(value)))
    .filter((encoded) => !JSON.stringify(encoded).includes("__proto__"))
    .map((encoded) => ({ schema, encoded, value: Schema.decodeUnknownSync(codec)(encoded) }))
})

const prose = fc.constantFrom("", "Sure!\n\n", "First:\n```yaml\na: 1\n```\nNo, better:\n", "~~~\n```yaml\n~~~\n")
const fence = fc.constantFrom("```", "````", "~~~")

const replies = { ci: 2000, soak: 50_000, counts: "replies" }

describe("Structured.decode", () => {
  const layout = fc.record({
    before: prose,
    after: fc.constantFrom("", "\n", "\n\nAnything else?", "\n```sh\nls\n```"),
    fence,
    newline: fc.constantFrom("\n", "\r\n")
  })
  type Layout = typeof layout extends fc.Arbitrary<infer L> ? L : never

  const reply = (name: string, text: string, { after, before, fence, newline }: Layout): string =>
    `${before}${fence}${name}\n${text.trimEnd()}\n${fence}${after}`.replaceAll("\n", newline)

  holds("reads what JSON.stringify writes", replies, (options) =>
    Property.check(
      fc.tuple(sample, layout, fc.constantFrom(undefined, 2, "\t")),
      ([{ encoded, schema, value }, layout, indent]) =>
        Effect.gen(function* () {
          const text = JSON.stringify(encoded, null, indent)
          assert.deepStrictEqual(yield* Structured.decode(schema)(reply("json", text, layout)), value)
        }),
      options
    )
  )

  holds("reads JSON without a fence", replies, (options) =>
    Property.check(
      sample.filter(({ encoded }) => typeof encoded === "object" && encoded !== null),
      ({ encoded, schema, value }) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* Structured.decode(schema)(`\n${JSON.stringify(encoded)}\n`), value)
        }),
      options
    )
  )

  holds("reads what js-yaml writes", replies, (options) =>
    Property.check(
      fc.tuple(
        sample,
        layout,
        fc.record({
          flowLevel: fc.constantFrom(-1, 0, 1, 2),
          quoteStyle: fc.constantFrom("single" as const, "double" as const),
          forceQuotes: fc.boolean(),
          seqNoIndent: fc.boolean(),
          lineWidth: fc.constantFrom(-1, 20, 80)
        })
      ),
      ([{ encoded, schema, value }, layout, style]) =>
        Effect.gen(function* () {
          const text = dump(encoded, { noRefs: true, ...style })
          assert.deepStrictEqual(yield* Structured.decode(schema)(reply("yaml", text, layout)), value)
        }),
      options
    )
  )
})

describe("Structured.decode, of unions within each other", () => {
  const again = (): AnySchema => Schema.suspend(() => Any)
  class Pair extends Schema.Class<Pair>("Pair")({ a: again(), b: again() }) {}
  const Any: AnySchema = Schema.Union([
    Schema.Literals(["x", "y"]),
    Schema.Struct({ a: again(), b: Schema.optionalKey(Schema.Literal("x")) }),
    Pair,
    Schema.Struct({ a: Schema.Union([Schema.Array(Schema.Literal("x")), Schema.Array(again())]) }),
    Schema.Array(Schema.Option(again())),
    Schema.NonEmptyArray(again()),
    Schema.Record(Schema.String, again())
  ]) as never

  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      fc.constantFrom("x", "y", "z"),
      fc.record({ a: tie("any"), b: tie("any") }, { requiredKeys: ["a"] }),
      fc.array(tie("any"), { maxLength: 2 }),
      fc.array(fc.record({ _tag: fc.constant("Some"), value: tie("any") }), { maxLength: 2 })
    )
  })).any
  const decode = Schema.decodeUnknownEffect(Schema.toCodecJson(Any))

  holds("reads what the schema itself decodes, and nothing else", replies, (options) =>
    Property.check(
      value,
      (json) =>
        Effect.gen(function* () {
          const expected = yield* Effect.option(decode(json))
          const reply = `\`\`\`json\n${JSON.stringify(json)}\n\`\`\``
          assert.deepStrictEqual(yield* Effect.option(Structured.decode(Any)(reply)), expected)
        }),
      options
    )
  )
})

describe("Structured.instructions", () => {
  holds("have examples that are read back", replies, (options) =>
    Property.check(
      sample,
      ({ schema, value }) =>
        Effect.gen(function* () {
          const Shown = schema.annotate({ examples: [value] }) as AnySchema
          const [, example] = /^(?:# |\/\/ )?.*e\.g\. (.*)$/m.exec(Structured.instructions(Shown)) ?? []
          if (example === undefined || example.includes("... (")) return yield* Property.discard
          assert.deepStrictEqual(yield* Structured.decode(Shown)(`\`\`\`\n${example}\n\`\`\``), value)
        }),
      options
    )
  )
})
