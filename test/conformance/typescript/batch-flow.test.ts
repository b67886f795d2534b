import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Ref, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import { failure } from "../../core/support.ts"
import { timed } from "./support.ts"

const Table = Store.make("Table", {
  input: Schema.Record(Schema.String, Schema.Number),
  between: Schema.Record(Schema.String, Schema.Number),
  results: Schema.Record(Schema.String, Schema.Number)
})

/** A table before anything was computed. */
const table = (input: Readonly<Record<string, number>>) => ({ input, between: {}, results: {} })

class Params extends Context.Service<Params, { readonly key: string; readonly factor: number }>()("Params") {}

/** The parameters of a run for each key, all with one factor. */
const perKey = (factor: number) => (s: typeof Table.Type) => Object.keys(s.input).map((key) => ({ key, factor }))

/** Multiplies the entry of its key. */
const multiply = Node.make(Table, {
  prep: (s) => Effect.map(Params, ({ key, factor }) => ({ key, factor, value: s.input[key] ?? 0 })),
  exec: ({ factor, value }) => Effect.succeed(value * factor),
  post: ({ key }, result) =>
    Effect.delay(Effect.succeed(Table.to("processed", (s) => ({ results: { ...s.results, [key]: result } }))), 10)
})

describe("BatchFlow Tests", () => {
  it.effect("basic async batch processing [R22]", () =>
    Effect.gen(function* () {
      const flow = Flow.forEach(multiply, { params: Params, prep: perKey(2) })
      const init = table({ a: 1, b: 2, c: 3 })
      assert.deepStrictEqual(yield* timed(Flow.run(flow, init)), {
        took: 30,
        outcome: "default",
        store: { ...init, results: { a: 2, b: 4, c: 6 } },
        steps: 1
      })
    })
  )

  it.effect("empty async batch [R22]", () =>
    Effect.gen(function* () {
      const flow = Flow.forEach(multiply, {
        params: Params,
        prep: perKey(2),
        post: (params, outcomes) => Table.to("done", { results: { params: params.length, outcomes: outcomes.length } })
      })
      assert.deepStrictEqual(yield* Flow.run(flow, table({})), {
        outcome: "done",
        store: { ...table({}), results: { params: 0, outcomes: 0 } },
        steps: 1
      })
    })
  )

  it.effect("async error handling [R22 R29]", () =>
    Effect.gen(function* () {
      const node = Node.make(Table, {
        prep: () => Params,
        post: ({ key, factor }) =>
          key === "broken"
            ? Effect.fail(`no ${key}`)
            : Effect.succeed(Table.to("processed", (s) => ({ results: { ...s.results, [key]: factor } })))
      })
      const init = table({ fine: 1, broken: 2, never: 3 })
      const ref = yield* Ref.make<typeof Table.Type>(init)
      assert.deepStrictEqual(
        yield* failure(Flow.runRef(Flow.forEach(node, { params: Params, prep: perKey(1) }), ref)),
        { reasons: [{ fail: "no broken" }], site: { path: [], phase: "post", attempt: 0, item: 1 } }
      )
      assert.deepStrictEqual(yield* Ref.get(ref), { ...init, results: { fine: 1 } })
    })
  )

  it.effect("nested async flow [R7 R22]", () =>
    Effect.gen(function* () {
      const increment = Node.make(Table, {
        prep: () => Params,
        exec: () => Effect.sleep(10),
        post: ({ key }) => Table.to("next", (s) => ({ between: { ...s.between, [key]: (s.input[key] ?? 0) + 1 } }))
      })
      const double = Node.make(Table, {
        prep: () => Params,
        exec: () => Effect.sleep(10),
        post: ({ key, factor }) =>
          Table.to("done", (s) => ({ results: { ...s.results, [key]: (s.between[key] ?? 0) * factor } }))
      })
      const inner = Flow.make(Table, {
        start: "increment",
        nodes: { increment, double },
        edges: { increment: { next: "double" } }
      })
      const init = table({ x: 1, y: 2 })
      assert.deepStrictEqual(yield* timed(Flow.run(Flow.forEach(inner, { params: Params, prep: perKey(2) }), init)), {
        took: 40,
        outcome: "default",
        store: { ...init, between: { x: 2, y: 3 }, results: { x: 4, y: 6 } },
        steps: 1
      })
    })
  )

  it.effect("custom async parameters [R22]", () =>
    Effect.gen(function* () {
      const flow = Flow.forEach(multiply, {
        params: Params,
        prep: (s) => Object.keys(s.input).map((key, i) => ({ key, factor: i + 1 }))
      })
      const init = table({ a: 1, b: 2, c: 3 })
      assert.deepStrictEqual(yield* timed(Flow.run(flow, init)), {
        took: 30,
        outcome: "default",
        store: { ...init, results: { a: 1, b: 4, c: 9 } },
        steps: 1
      })
    })
  )
})
