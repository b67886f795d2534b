/** How long it takes, after a worker is killed, until another one does the next step of its run. */
import { Durable } from "@effect-pocketflow/durable"
import type * as PgClient from "@effect/sql-pg/PgClient"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { freePort } from "./port.ts"
import { slow } from "./workflows.ts"

const startWorker = ({ password: _, ...database }: PgClient.PgPoolConfig) =>
  Effect.acquireRelease(
    Effect.map(freePort, (port) =>
      spawn(process.execPath, [`${import.meta.dirname}/worker.ts`, `${port}`, JSON.stringify(database)], {
        stdio: ["ignore", "pipe", "ignore"]
      })
    ),
    (worker) => Effect.sync(() => worker.kill("SIGKILL"))
  )

/** The milliseconds of so many failovers. */
export const failover = Effect.fnUntraced(function* (database: PgClient.PgPoolConfig, times: number) {
  const workflow = slow(() => {})
  const begin = (run: number) => workflow.start({ n: 0, run }).pipe(Effect.provide(Durable.client(database)))
  const gaps: Array<number> = []
  for (let run = 0; run < times; run++) {
    const gap = yield* Effect.gen(function* () {
      const workers = yield* Effect.all([startWorker(database), startWorker(database)])
      // Until both have their shards, runs move without any failure.
      yield* Effect.sleep("6 seconds")
      const id = yield* begin(run)
      const steps = (worker: (typeof workers)[0]) => Effect.promise(() => once(worker.stdout, "data"))
      const first = yield* Effect.raceFirst(Effect.as(steps(workers[0]), 0), Effect.as(steps(workers[1]), 1))
      yield* Effect.sleep("2 seconds")
      const other = steps(workers[1 - first]!)
      const before = performance.now()
      workers[first]!.kill("SIGKILL")
      yield* other
      const gap = performance.now() - before
      yield* workflow.interrupt(id).pipe(Effect.provide(Durable.client(database)))
      yield* Effect.sleep("1 second")
      return gap
    }).pipe(Effect.scoped, Effect.timeout("2 minutes"))
    console.log(`failover ${run + 1}: ${Math.round(gap)} ms`)
    gaps.push(gap)
  }
  return gaps
})
