import { it } from "@effect/vitest"
import { Effect } from "effect"
import type { Property } from "@effect-pocketflow/testing"
import { runs } from "./scale.ts"

/** To see a run again: `SEED=42 npm test -- test/properties`, and `CASE=7:1:0` beside it for one counterexample. */
const { CASE: path, SEED } = process.env
const seed = SEED === undefined ? undefined : Number(SEED)

/**
 * A test of a property with so many runs; it prints its seed, and leaves both in the report, for the table of figures. What
 * `counts` says of the runs (graphs, schedules) is how the table adds them up.
 */
export const holds = (
  name: string,
  { ci, counts, soak }: { readonly ci: number; readonly soak: number; readonly counts: string },
  check: (options: Property.Options) => Effect.Effect<Property.Passed, Property.Falsified>
): void =>
  it.live(
    name,
    (context) =>
      Effect.map(check({ runs: runs(ci, soak), seed, path }), (passed) => {
        Object.assign(context.task.meta, { [counts]: passed.runs })
        console.log(`${name}: ${passed.runs} ${counts}, seed ${passed.seed}`)
      }),
    // Only what hangs takes longer than this.
    runs(120_000, 3_600_000)
  )
