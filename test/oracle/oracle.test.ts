/** Random graphs, run by npm `pocketflow` and by this library: what happens, in which order, is the same. */
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { Property } from "@effect-pocketflow/testing"
import { holds } from "../holds.ts"
import { cases } from "./arbitrary.ts"
import { coverage } from "./coverage.ts"
import { warned } from "./differences/support.ts"
import type { Ended, Trace } from "./graph.ts"
import { runHere } from "./here.ts"
import { runThere } from "./pocketflow.ts"

/**
 * Where an item fails that is not alone, how far the others came depends on scheduling here, and there they go on (R21):
 * of what they did there, only that much is looked at.
 */
const comparable = ({ end, trace }: Ended, here: Trace): Trace => {
  const last = here.at(-1)
  if (!("failed" in end) || end.failed.item === undefined || typeof last !== "object") return trace
  const { item } = end.failed
  return trace.map((entry, i) =>
    i < trace.length - 1 || typeof entry === "string"
      ? entry
      : entry.map((lines, i) => (i === item ? lines : lines.slice(0, last[i]?.length)))
  )
}

describe("npm pocketflow and this library", () => {
  holds("do the same with random graphs", { ci: 1000, soak: 20_000, counts: "graphs" }, (options) => {
    const seen = coverage()
    const property = Property.check(
      cases,
      (random) =>
        Effect.promise(async () => {
          const [there, warnings] = await warned(() => runThere(random))
          const here = await runHere(random)
          assert.deepStrictEqual(here, { ...there, trace: comparable(there, here.trace) })
          assert.isTrue(warnings.every((text) => text.startsWith("Flow ends: ")))
          seen.add(random, here, warnings.length)
        }),
      options
    )
    return Effect.tap(property, ({ runs }) =>
      Effect.sync(() => {
        // The rarest of them comes to five times as many.
        for (const [feature, count] of Object.entries(seen.counts)) assert.isAtLeast(count, runs / 250, feature)
      })
    )
  })
})
