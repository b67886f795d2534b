/**
 * The law that the runtime does what the reference model says.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import { Flow } from "effect-pocketflow"
import * as fc from "fast-check"
import { flow } from "../Arbitraries.ts"
import { ending } from "../internal/observe.ts"
import * as Model from "../Model.ts"
import { replayInterleaving } from "../SeededScheduler.ts"
import * as Spec from "../Spec.ts"
import type { Law } from "./law.ts"
import { agree, make } from "./law.ts"

/**
 * A flow does what the reference model says: outcome, failure and its place,
 * store, steps, visits and attempts; and it releases all that it has acquired.
 *
 * **Example** (Random nodes only)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Arbitraries, Laws } from "@effect-pocketflow/testing"
 *
 * await Effect.runPromise(Laws.model(Arbitraries.node()).check({ runs: 50 }))
 * ```
 *
 * @category reference model
 * @since 0.1.0
 */
export const model = (specs: fc.Arbitrary<Spec.Spec> = flow()): Law => {
  const name = "a flow does what the reference model says"
  return make(name, fc.tuple(specs, state), ([spec, init], seed) =>
    Effect.gen(function* () {
      const expected = Model.run(spec, init)
      const log = Spec.recorder()
      const built = Spec.build(spec, log)
      const run = Effect.gen(function* () {
        // A failed run has no store but that of a Ref, and a Ref does not count steps.
        if ("outcome" in expected.end) return yield* ending(Flow.run(built, init))
        const ref = yield* Ref.make(init)
        return { ...(yield* ending(Flow.runRef(built, ref))), store: yield* Ref.get(ref) }
      })
      yield* agree(name, endingOf(expected), byName(yield* replayInterleaving(run, seed)))
      yield* agree(`${name}: visits and attempts`, undefined, difference(expected, log.trace))
      if (isSequential(spec)) yield* agree(`${name}: their order`, expected.trace, log.trace)
      yield* agree(`${name}: all that was acquired is released`, log.acquired, log.released)
    })
  )
}

const state = fc.record({ a: fc.nat({ max: 996 }), b: fc.nat({ max: 996 }) })

/** What is expected, as an ending. */
const endingOf = ({ end, store }: Model.Expected): unknown => {
  return "outcome" in end ? { success: { ...end, store } } : { ...end, store }
}

/** What was seen, with an error or a defect by its name. */
const byName = (end: any): unknown => {
  const { die, fail = die, ...rest } = end
  return fail === undefined ? rest : { error: fail.name, ...rest }
}

/** Whether nothing in it runs at once. */
const isSequential = (spec: Spec.Spec): boolean => !/"(concurrency|branches)":/.test(JSON.stringify(spec))

/** A line of a trace that is missing, or one that has no place there. */
const difference = (expected: Model.Expected, trace: ReadonlyArray<string>): string | undefined => {
  const certain = counts(expected.trace)
  const allowed = counts([...expected.trace, ...expected.possible])
  const actual = counts(trace)
  for (const [line, n] of certain) if ((actual.get(line) ?? 0) < n) return `missing: ${line}`
  for (const [line, n] of actual) if ((allowed.get(line) ?? 0) < n) return `unexpected: ${line}`
  return undefined
}

const counts = (lines: ReadonlyArray<string>): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1)
  return counts
}
