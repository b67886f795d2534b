/**
 * Workers are killed, with SIGKILL, at every place and at random: no run is lost
 * or stuck, nothing that was recorded is done again, and all ends as in memory.
 */
import { describe, it } from "@effect/vitest"
import * as PgClient from "@effect/sql-pg/PgClient"
import { Sqlite } from "@effect-pocketflow/durable"
import { Effect, Exit, Layer, Scope } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import { runs } from "../../scale.ts"
import { answers, database } from "../postgres.ts"
import type { Field, Tally } from "./campaign.ts"
import { anywhere, everywhere } from "./campaign.ts"
import { bundle, folder } from "./process.ts"
import { shapes } from "./shapes.ts"

const scope = Scope.makeUnsafe()
let worker: string
beforeAll(async () => {
  worker = await Effect.runPromise(Scope.provide(bundle, scope))
}, 60_000)
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

type Fight = (field: Field) => Effect.Effect<Tally, never, SqlClient>

type Engine = (fight: Fight) => Effect.Effect<Tally>

/** A fight in a new database. */
const engines: Readonly<Record<string, Engine>> = {
  SQLite: (fight: Fight) =>
    Effect.gen(function* () {
      const at = yield* folder
      const file = join(at, "runs.db")
      return yield* fight({ worker, database: { file }, trace: join(at, "trace") }).pipe(
        Effect.provide(Layer.fresh(Sqlite.layer({ filename: file })))
      )
    }).pipe(Effect.scoped, Effect.orDie),
  Postgres: (fight: Fight) =>
    Effect.gen(function* () {
      const at = yield* folder
      const db = yield* database
      return yield* fight({ worker, database: { postgres: db.database! }, trace: join(at, "trace") }).pipe(
        Effect.provide(Layer.fresh(PgClient.layer(db)))
      )
    }).pipe(Effect.scoped, Effect.orDie)
}

const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 0x7fffffff))

const basic = ["linear", "loop", "batch", "parallel", "subflow"] as const

/** Fights at once: a worker that starts keeps one core busy. */
const lanes = 3

for (const [name, engine] of Object.entries(engines)) {
  describe.skipIf(name === "Postgres" && !answers)(`killed on ${name}`, () => {
    it.live(
      `at every place: ${basic.join(", ")}`,
      (context) =>
        Effect.gen(function* () {
          const tallies = yield* Effect.forEach(basic, (shape) => engine((field) => everywhere(field, shape)), {
            concurrency: lanes
          })
          const kills = tallies.reduce((sum, tally) => sum + tally.kills, 0)
          Object.assign(context.task.meta, { kills })
          console.log(
            `${name}, every place: ${basic.map((shape, i) => `${shape} ${tallies[i]!.kills}`).join(", ")}: ${kills} kills`
          )
        }),
      600_000
    )

    const least = runs(60, 5000)
    it.live(
      `at random, ${least} times`,
      (context) =>
        Effect.gen(function* () {
          let kills = 0
          let count = 0
          let next = seed
          const lane = Effect.gen(function* () {
            while (kills < least) {
              const own = next++
              const tally = yield* engine((field) => anywhere(field, shapes, own))
              // A long campaign tells how far it is.
              if (Math.floor((kills + tally.kills) / 500) > Math.floor(kills / 500)) {
                console.log(`${name}, at random: ${kills + tally.kills} kills so far, seed ${seed}`)
              }
              kills += tally.kills
              count += tally.runs
            }
          })
          const start = performance.now()
          yield* Effect.all(
            Array.from({ length: lanes }, () => lane),
            { concurrency: "unbounded", discard: true }
          )
          Object.assign(context.task.meta, { kills })
          const seconds = Math.round((performance.now() - start) / 1000)
          console.log(`${name}, at random: ${kills} kills, ${count} runs, ${seconds} s, seed ${seed}`)
        }),
      runs(600_000, 6 * 3_600_000)
    )
  })
}
