/** Kills workers until the runs have ended. */
import { assert } from "@effect/vitest"
import { Effect, Random } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import { writeFileSync } from "node:fs"
import { asInMemory } from "./expected.ts"
import { Ledger } from "./ledger.ts"
import { live } from "./process.ts"
import type { Shape } from "./shapes.ts"
import type { Asked, Database } from "./trace.ts"

/** Where a campaign is fought: a worker, and a database with a file for the trace. */
export interface Field {
  readonly worker: string
  readonly database: Database
  readonly trace: string
}

export interface Tally {
  readonly kills: number
  readonly runs: number
}

/** How to kill the next worker, if at all; `progress` is whether the last one has recorded something. */
type Next = (progress: boolean) => Effect.Effect<{ readonly killAt?: number; readonly killAfter?: number }>

const fight = ({ database, trace, worker }: Field, runs: ReadonlyArray<Asked>, next: Next) =>
  Effect.gen(function* () {
    writeFileSync(trace, "")
    const ledger = new Ledger(trace)
    for (let kills = 0, size = 0; ; kills++) {
      // No run needs as many: it is stuck.
      assert.isBelow(kills, 1000, "kills without an end")
      const { killAfter, killAt } = yield* next(ledger.size > size)
      size = ledger.size
      const death = yield* live(worker, { database, trace, runs, killAt }, killAfter).pipe(
        Effect.timeoutOrElse({
          duration: "30 seconds",
          orElse: () => Effect.die(new Error(`after ${kills} kills, runs are stuck`))
        })
      )
      yield* ledger.look
      if (death.killed) continue
      yield* asInMemory(runs, death.report)
      yield* ledger.keyed
      return { kills, runs: runs.length } satisfies Tally
    }
  })

/**
 * Kills a run at each place that it comes to: at the first one, then at the second, until
 * something more is recorded, and from there on again.
 */
export const everywhere = (field: Field, shape: Shape): Effect.Effect<Tally, never, SqlClient> => {
  let killAt = 0
  return fight(field, [{ shape, id: `${shape}-every` }], (progress) =>
    Effect.sync(() => ({ killAt: (killAt = progress ? 1 : killAt + 1) }))
  )
}

/** Kills runs at random: three times of four at a place, else at some time. */
export const anywhere = (
  field: Field,
  shapes: ReadonlyArray<Shape>,
  seed: number
): Effect.Effect<Tally, never, SqlClient> => {
  const runs = shapes.map((shape): Asked => ({ shape, id: `${shape}-${seed}` }))
  const next = Effect.gen(function* () {
    const far = -Math.log(1 - (yield* Random.next))
    return (yield* Random.next) < 0.75 ? { killAt: 1 + Math.floor(far * 12) } : { killAfter: Math.floor(far * 60) }
  })
  return Effect.suspend(() => fight(field, runs, () => next)).pipe(
    Random.withSeed(seed),
    Effect.catchDefect((defect) =>
      Effect.die(
        new Error(`with SEED=${seed}: ${defect instanceof Error ? defect.message : defect}`, { cause: defect })
      )
    )
  )
}
