/**
 * Stops a change that makes this library slower: compares it with PocketFlow and
 * the baselines in one short session. Ratios of the fastest samples, in the time
 * that the processes themselves used, since what disturbs a machine only ever makes a
 * sample slower. What is above its limit is measured again before it counts.
 */
import type { Measured, Session } from "./measure.ts"
import { measure, merge } from "./measure.ts"
import { format } from "./statistics.ts"
import { near } from "./subjects.ts"
import type { Target } from "./targets.ts"
import { nameOf, reached, targets } from "./targets.ts"

const tries = 3
const settings = { rounds: 3, budget: { clock: "cpu", warm: 120, sample: 15, samples: 3 } } as const

const fastest = (samples: ReadonlyArray<number>): number => Math.min(...samples)

/** What it takes to look at these again. */
const sessionOf = (guarded: ReadonlyArray<Target>): Session => {
  const sides = guarded.flatMap(({ against, of }) => [of, against])
  const subjects = new Set(sides.map(({ subject }) => subject))
  return {
    ...settings,
    subjects: near.flatMap((subject) => {
      if (!subjects.has(subject.id)) return []
      const workloads = sides.flatMap((side) => (side.subject === subject.id ? [side.workload] : []))
      return [{ ...subject, workloads: Array.from(new Set(workloads)) }]
    })
  }
}

const overLimit = (guarded: ReadonlyArray<Target>, measured: Measured): ReadonlyArray<Target> =>
  guarded.filter((target) => !(reached(target, measured, fastest)! <= target.guard!))

const line = (target: Target, measured: Measured): string =>
  `${nameOf(target).padEnd(44)} ${format(reached(target, measured, fastest)!).padStart(6)}  limit ${target.guard}`

if (import.meta.main) {
  const since = performance.now()
  const guarded = targets.filter(({ guard }) => guard !== undefined)
  let measured: Measured = new Map()
  let slow: ReadonlyArray<Target> = guarded
  for (let tried = 0; tried < tries && slow.length > 0; tried++) {
    if (tried > 0) console.log(`${slow.length} above the limit; measured again`)
    measured = merge(measured, await measure(sessionOf(slow)))
    slow = overLimit(guarded, measured)
  }
  for (const target of guarded) console.log(line(target, measured))
  console.log(
    `guard: ${guarded.length - slow.length} of ${guarded.length} within limits, ${((performance.now() - since) / 1000).toFixed(0)} s`
  )
  if (slow.length > 0) {
    console.error(`Slower than allowed (limits: bench/targets.ts):\n${slow.map((t) => line(t, measured)).join("\n")}`)
    process.exitCode = 1
  }
}
