import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Effect, Number, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import { failure } from "../../core/support.ts"
import { maxRetries, range, succeedOn, timed } from "./support.ts"

const Sums = Store.make("Sums", {
  numbers: Schema.Array(Schema.Number),
  sums: Schema.optionalKey(Schema.Array(Schema.Number)),
  total: Schema.optionalKey(Schema.Number)
})

const sum = (numbers: ReadonlyArray<number>) => Effect.delay(Effect.succeed(Number.sumAll(numbers)), 10)

const sumChunks = (size: number) =>
  Node.batch(Sums, {
    prep: (s) => Arr.chunksOf(s.numbers, size),
    exec: sum,
    post: (_chunks, sums) => Sums.to("processed", { sums })
  })

const sumSums = Node.make(Sums, {
  prep: (s) => s.sums ?? [],
  exec: sum,
  post: (_sums, total) => Sums.to("reduced", { total })
})

/** Sums the first `length` numbers by chunks. */
const mapReduce = (length: number, size: number) => {
  const flow = Flow.make(Sums, {
    start: "map",
    nodes: { map: sumChunks(size), reduce: sumSums },
    edges: { map: { processed: "reduce" } }
  })
  return timed(Flow.run(flow, { numbers: range(length) }))
}

describe("BatchNode Tests", () => {
  it.effect("array chunking [R1 R19b]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* timed(Flow.run(sumChunks(10), { numbers: range(25) })), {
        took: 30,
        outcome: "processed",
        store: { numbers: range(25), sums: [45, 145, 110] },
        steps: 1
      })
    })
  )

  it.effect("async map-reduce sum [R7 R19b]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* mapReduce(100, 10), {
        took: 110,
        outcome: "reduced",
        store: { numbers: range(100), sums: [45, 145, 245, 345, 445, 545, 645, 745, 845, 945], total: 4950 },
        steps: 2
      })
    })
  )

  it.effect("uneven chunks [R7 R19b]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* mapReduce(25, 10), {
        took: 40,
        outcome: "reduced",
        store: { numbers: range(25), sums: [45, 145, 110], total: 300 },
        steps: 2
      })
    })
  )

  it.effect("custom chunk size [R7 R19b]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* mapReduce(100, 15), {
        took: 80,
        outcome: "reduced",
        store: { numbers: range(100), sums: [105, 330, 555, 780, 1005, 1230, 945], total: 4950 },
        steps: 2
      })
    })
  )

  it.effect("single element chunks [R7 R19b]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* mapReduce(5, 1), {
        took: 60,
        outcome: "reduced",
        store: { numbers: range(5), sums: range(5), total: 10 },
        steps: 2
      })
    })
  )

  it.effect("empty array [R1 R7]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* mapReduce(0, 10), {
        took: 10,
        outcome: "reduced",
        store: { numbers: [], sums: [], total: 0 },
        steps: 2
      })
    })
  )

  it.effect("error handling [R19]", () =>
    Effect.gen(function* () {
      const calls: Array<unknown> = []
      const node = Node.batch(Sums, {
        prep: (s) => s.numbers,
        exec: (n) => {
          calls.push(n)
          return n === 2 ? Effect.fail(`no ${n}`) : Effect.succeed(n)
        },
        post: () => {
          calls.push("post")
          return Sums.next()
        }
      })
      assert.deepStrictEqual(yield* failure(Flow.run(node, { numbers: [1, 2, 3] })), {
        reasons: [{ fail: "no 2" }],
        site: { path: [], phase: "exec", attempt: 0, item: 1 }
      })
      assert.deepStrictEqual(calls, [1, 2])
    })
  )

  it.effect("retry mechanism [R16 R19]", () =>
    Effect.gen(function* () {
      const node = Node.batch(Sums, {
        prep: (s) => s.numbers,
        exec: () => succeedOn(3),
        post: (_numbers, attempts) => Sums.next({ sums: attempts })
      }).pipe(Node.retry(maxRetries(3, 10)))
      assert.deepStrictEqual(yield* timed(Flow.run(node, { numbers: [1] })), {
        took: 20,
        outcome: "default",
        store: { numbers: [1], sums: [3] },
        steps: 1
      })
    })
  )

  it.effect("parallel batch processing [R19b]", () =>
    Effect.gen(function* () {
      const ended: Array<number> = []
      const node = Node.batch(Sums, {
        prep: (s) => s.numbers,
        exec: (n) =>
          Effect.delay(
            Effect.sync(() => (ended.push(n), n)),
            100 - n * 20
          ),
        post: (_numbers, sums) => Sums.next({ sums }),
        concurrency: "unbounded"
      })
      const numbers = [1, 2, 3, 4, 5]
      assert.deepStrictEqual(yield* timed(Flow.run(node, { numbers })), {
        took: 80,
        outcome: "default",
        store: { numbers, sums: numbers },
        steps: 1
      })
      assert.deepStrictEqual(ended, [5, 4, 3, 2, 1])
    })
  )
})
