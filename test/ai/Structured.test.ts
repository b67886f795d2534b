/** What a model is told, and how it is asked. What is read, and how, is in the folder `structured`. */
import { assert, describe, it } from "@effect/vitest"
import { Structured } from "@effect-pocketflow/ai"
import { Context, Effect, Layer, Ref, Schema, SchemaGetter } from "effect"
import { AiError, LanguageModel, type Prompt } from "effect/ai"
import { ReplyCheck } from "../../packages/ai/src/internal/replyCheck.ts"
import { fenced } from "./structured/support.ts"

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
secret: string # a string that will be decoded as a trimmed string; a string with no leading or trailing whitespace
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

/** A model that gives these answers, one a call, and keeps what it was asked. */
const scripted = Effect.fnUntraced(function* (...answers: ReadonlyArray<string | AiError.AiErrorReason>) {
  const asked = yield* Ref.make<ReadonlyArray<Prompt.Prompt>>([])
  const checks: Array<boolean | undefined> = []
  const layer = Layer.effect(
    LanguageModel.LanguageModel,
    LanguageModel.make({
      generateText: Effect.fnUntraced(function* ({ prompt }) {
        const { length } = yield* Ref.getAndUpdate(asked, (before) => [...before, prompt])
        const answer = answers[length]!
        if (typeof answer !== "string") {
          return yield* AiError.make({ module: "Test", method: "generateText", reason: answer })
        }
        const check = yield* ReplyCheck
        checks.push(check && (yield* check(answer)))
        return [{ type: "text" as const, text: answer }]
      }),
      streamText: () => Effect.die("unused") as never
    })
  )
  /** Each call, as roles and texts. */
  const calls = Effect.map(Ref.get(asked), (prompts) =>
    prompts.map(({ content }) =>
      content.map(({ content, role }) => [
        role,
        typeof content === "string"
          ? content
          : content.map((part) => (part.type === "text" ? part.text : part.type)).join()
      ])
    )
  )
  return { calls, checks, layer }
})

describe("Structured.generate", () => {
  const Person = Schema.Struct({ name: Text, phone: Text })
  const good = fenced("name: Ann\nphone: 0555")
  const told = Structured.instructions(Person)
  const again = (why: string) => `Your reply cannot be used: ${why}. Reply again, with the whole block.`
  const missing = "the reply does not fit: phone (line 2): Missing key"
  const none = "the reply has no YAML or JSON block in a fence"

  it.effect("asks once where the first reply is good, with the instructions as the system message", () =>
    Effect.gen(function* () {
      const model = yield* scripted(good)
      const person = yield* Structured.generate(Person, "Who?").pipe(Effect.provide(model.layer))
      assert.deepStrictEqual(person, { name: "Ann", phone: "0555" })
      assert.deepStrictEqual(yield* model.calls, [
        [
          ["system", told],
          ["user", "Who?"]
        ]
      ])
    })
  )

  it.effect("adds the instructions to a system message that there is, and leaves the others", () =>
    Effect.gen(function* () {
      const model = yield* scripted(good)
      yield* Structured.generate(
        Person,
        [
          { role: "user", content: "Before." },
          { role: "system", content: "Be kind." },
          { role: "system", content: "Be brief." },
          { role: "assistant", content: "Yes." },
          {
            role: "user",
            content: [
              { type: "text", text: "Who?" },
              { type: "file", mediaType: "image/png", data: "AQID" }
            ]
          }
        ],
        { format: "json" }
      ).pipe(Effect.provide(model.layer))
      const json = Structured.instructions(Person, { format: "json" })
      assert.deepStrictEqual(yield* model.calls, [
        [
          ["user", "Before."],
          ["system", `Be kind.\n\n${json}`],
          ["system", "Be brief."],
          ["assistant", "Yes."],
          ["user", "Who?,file"]
        ]
      ])
    })
  )

  it.effect("asks again, with the reply and what is wrong with it, and keeps what was said", () =>
    Effect.gen(function* () {
      const model = yield* scripted(" \n", fenced("name: Ann"), good)
      const person = yield* Structured.generate(Person, "Who?").pipe(Effect.provide(model.layer))
      assert.deepStrictEqual(person, { name: "Ann", phone: "0555" })
      const first = [
        ["system", told],
        ["user", "Who?"]
      ]
      const second = [...first, ["user", again(none)]]
      const third = [...second, ["assistant", fenced("name: Ann")], ["user", again(missing)]]
      assert.deepStrictEqual(yield* model.calls, [first, second, third])
    })
  )

  it.effect.each([
    [undefined, 3],
    [0, 1],
    [1, 2],
    [4, 5]
  ] as const)("with %j times, fails with the last InvalidReply after %j calls", ([times, calls]) =>
    Effect.gen(function* () {
      const model = yield* scripted(...Array.from({ length: calls - 1 }, () => "?"), fenced("name: Ann"), good)
      const error = yield* Structured.generate(Person, "Who?", { times }).pipe(Effect.provide(model.layer), Effect.flip)
      assert.strictEqual(error._tag, "InvalidReply")
      assert.strictEqual(error.message, missing)
      assert.strictEqual((yield* model.calls).length, calls)
    })
  )

  it.effect("lets errors of the model pass, whenever they come", () =>
    Effect.gen(function* () {
      const model = yield* scripted("?", new AiError.RateLimitError({}), good)
      const error = yield* Structured.generate(Person, "Who?").pipe(Effect.provide(model.layer), Effect.flip)
      assert.strictEqual(error._tag === "AiError" && error.reason._tag, "RateLimitError")
      assert.strictEqual((yield* model.calls).length, 2)
    })
  )

  it.effect("repeats a long reply in part, in whole characters", () =>
    Effect.gen(function* () {
      const model = yield* scripted(`a${"\u{1F600}".repeat(10_000)}`, good)
      yield* Structured.generate(Person, "Who?").pipe(Effect.provide(model.layer))
      const [, second] = yield* model.calls
      assert.deepStrictEqual(second![2], ["assistant", `a${"\u{1F600}".repeat(3999)}... (12002 more characters)`])
    })
  )

  it.effect("obeys the limits", () =>
    Effect.gen(function* () {
      const model = yield* scripted(good)
      const options = { maxBytes: 10, times: 0 }
      const error = yield* Structured.generate(Person, "Who?", options).pipe(Effect.provide(model.layer), Effect.flip)
      assert.strictEqual(error.message, "the reply is larger than 10 bytes")
    })
  )

  it.effect("tells whoever keeps replies which are good, in each call and nowhere else", () =>
    Effect.gen(function* () {
      const model = yield* scripted("?", good, good)
      yield* Effect.gen(function* () {
        yield* Structured.generate(Person, "Who?")
        yield* LanguageModel.generateText({ prompt: "Who?" })
      }).pipe(Effect.provide(model.layer))
      assert.deepStrictEqual(model.checks, [false, true, undefined])
    })
  )

  it.effect("decodes with the services that the schema needs, also for who keeps replies", () =>
    Effect.gen(function* () {
      const Named = Text.pipe(
        Schema.decodeTo(Text, {
          decode: SchemaGetter.transformEffect((id: string) => Effect.map(Names, (names) => names.get(id) ?? id)),
          encode: SchemaGetter.passthrough()
        })
      )
      const model = yield* scripted(fenced("007"))
      const name = yield* Structured.generate(Named, "Who?").pipe(
        Effect.provide(model.layer),
        Effect.provideService(Names, new Map([["007", "Bond"]]))
      )
      assert.deepStrictEqual([name, ...model.checks], ["Bond", true])
    })
  )
})
