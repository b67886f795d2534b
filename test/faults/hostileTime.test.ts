/** The time that a reply takes grows with its length, and not faster. */
import { assert, describe, it } from "@effect/vitest"
import { Structured } from "@effect-pocketflow/ai"
import { Effect, Schema } from "effect"
import { fenced } from "../ai/structured/support.ts"

describe("hostile text of eight times the length", () => {
  const Words: Schema.Codec<unknown> = Schema.Union([
    Schema.String,
    Schema.Array(Schema.suspend(() => Words)),
    Schema.Record(
      Schema.String,
      Schema.suspend(() => Words)
    )
  ])
  const Scalar = Schema.Union([Schema.String, Schema.Finite, Schema.Boolean])
  const Twofold: Schema.Codec<unknown> = Schema.Union([
    Schema.Struct({ of: Schema.Array(Schema.suspend(() => Twofold)), name: Schema.optionalKey(Schema.String) }),
    Schema.Struct({ of: Schema.Array(Schema.suspend(() => Twofold)) })
  ])
  const deep = `${"[".repeat(50)}${"]".repeat(50)},`
  const twofold = `${"{of: [".repeat(20)}${"]}".repeat(20)},`

  /** The slowest of all, and those that have been quadratic or exponential in some parser. */
  const worst: ReadonlyArray<readonly [name: string, schema: Schema.Codec<any, any>, part: string]> = [
    ["lists 50 deep as JSON", Schema.Json, deep],
    ["lists 50 deep as a union", Words, deep],
    ["empty maps", Schema.Json, "{},"],
    ["pairs", Words, "a: b,"],
    ["numbers of a union", Schema.Array(Scalar), "1,"],
    ["dates", Schema.Array(Schema.Date), "2026-01-31,"],
    ["structs of a union, 20 deep", Schema.Array(Twofold), twofold],
    ["what does not fit", Schema.Array(Twofold), "{of: [1], name: []},"]
  ]

  it.live.each(worst)("takes eight times as long: %s", ([_name, schema, part]) =>
    Effect.gen(function* () {
      const decode = Structured.decode(schema)
      const time = Effect.fnUntraced(function* (length: number) {
        const reply = fenced(`[${part.repeat(length / part.length)}]`)
        let best = Infinity
        for (let run = 0; run < 5; run++) {
          const start = performance.now()
          yield* Effect.exit(decode(reply))
          best = Math.min(best, performance.now() - start)
        }
        return best
      })
      const [small, large] = [yield* time(125_000), yield* time(1_000_000)]
      // 64 times, if it were quadratic. Collecting garbage makes more of what is longer.
      assert.isBelow(large / small, 32, `${small} ms, ${large} ms`)
      assert.isBelow(large, 2000)
    })
  )
})
