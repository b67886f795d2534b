/** What the runs of a shape come to when nothing happens to them. */
import { assert } from "@effect/vitest"
import { Durable, History } from "@effect-pocketflow/durable"
import { Effect, Layer } from "effect"
import type { Shape, Told } from "./shapes.ts"
import { answer, init, inMemory, Outside, shapes, workflows } from "./shapes.ts"
import type { Asked, Report } from "./trace.ts"

interface Expected {
  readonly told: Told
  readonly names: ReadonlyArray<string>
}

/** How a run has ended, with the labels of what was done; several at once are done in any order. */
const plain = (told: Told): Told => ({ ...told, done: told.done.map((receipt) => receipt.split("|")[0]!).toSorted() })

const failed = ({ json }: History.Entry): boolean =>
  (json as { readonly ending: { readonly _tag: string } }).ending._tag === "Failed"

/** What is recorded, but for attempts that have failed. */
const names = (records: ReadonlyArray<History.Entry>): ReadonlyArray<string> =>
  records.flatMap((entry) => (failed(entry) ? [] : [entry.name])).toSorted()

/** The names of what is recorded of a run by the engine in memory. */
const recorded = (shape: Shape): Effect.Effect<ReadonlyArray<string>> => {
  const { layer, result, start } = workflows[shape]
  const outside = Layer.succeed(Outside, {
    act: ({ label }) => Effect.succeed(label),
    // By a fiber of its own: as if from another process.
    ask: (token) => Effect.asVoid(Effect.forkDetach(Effect.provideContext(Effect.delay(answer(token), 20), context)))
  })
  let context: any
  return Effect.gen(function* () {
    context = yield* Effect.context<Durable.Engine>()
    const run = yield* start(init("in memory"))
    yield* Effect.exit(result(run))
    const { read } = yield* History.History
    return names(yield* read(shape, run))
  }).pipe(Effect.provide(layer.pipe(Layer.provide(outside), Layer.provideMerge(Layer.fresh(Durable.memory)))))
}

const all = Effect.runPromise(
  Effect.forEach(shapes, (shape) =>
    Effect.map(
      Effect.all([inMemory(shape), recorded(shape)]),
      ([told, names]) => [shape, { told: plain(told), names }] as const
    )
  ).pipe(Effect.map((entries) => Object.fromEntries(entries) as unknown as Readonly<Record<Shape, Expected>>))
)

/** Each run has ended as in memory, and each of its steps is recorded once. */
export const asInMemory = (asked: ReadonlyArray<Asked>, { ended, records }: Report): Effect.Effect<void> =>
  Effect.promise(async () => {
    const expected = await all
    for (const { id, shape } of asked) {
      assert.deepStrictEqual(plain(ended[id]!), expected[shape].told, `${shape}: the end`)
      assert.deepStrictEqual(names(records[id]!), expected[shape].names, `${shape}: what is recorded`)
    }
  })
