/**
 * Workers that share a Postgres server: one is killed or stopped, or the server is begun
 * anew, and all runs end as in memory.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, describe, it } from "@effect/vitest"
import { Durable, History } from "@effect-pocketflow/durable"
import { Effect, Layer } from "effect"
import type { Duration } from "effect"
import { spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { answers, database } from "../postgres.ts"
import { serverOf } from "../server.ts"
import { freePort, when } from "../support.ts"
import { asInMemory } from "./expected.ts"
import { Ledger } from "./ledger.ts"
import { begin, bundle, folder } from "./process.ts"
import type { Shape } from "./shapes.ts"
import { init, shapes, told, workflows } from "./shapes.ts"
import type { Asked, Deed } from "./trace.ts"
import { deeds, read } from "./trace.ts"

const used: ReadonlyArray<Shape> = ["linear", "loop", "parallel", "subflow", "forEach", "wait"]

/** How long something takes that is done outside: long enough to be killed in it. */
const pause = 200

const until = (look: () => boolean) => when(Effect.sync(look))

/** Workers on a database, with runs of them. */
const cluster = (db: PgClient.PgPoolConfig, size: number, env: NodeJS.ProcessEnv = {}) =>
  Effect.gen(function* () {
    const worker = yield* bundle
    const trace = join(yield* folder, "trace")
    writeFileSync(trace, "")
    const ledger = new Ledger(trace)
    const client = yield* Layer.build(Layer.merge(Durable.client(db), PgClient.layer(db)))
    const workers = yield* Effect.forEach(Array(size).keys(), () =>
      Effect.flatMap(freePort, (port) =>
        begin(worker, { database: { postgres: db.database!, port }, trace, runs: [], pause }, env)
      )
    )
    for (const { serving } of workers) yield* Effect.promise(() => serving)
    return {
      workers,
      deeds: () => deeds(read(trace)),
      look: Effect.provideContext(ledger.look, client),
      keyed: ledger.keyed,
      late: ledger.late,
      /** Begins so many runs of each shape; gives what waits for their end, and checks it. */
      begin: (name: string, count: number) =>
        Effect.gen(function* () {
          const asked = used.flatMap((shape) =>
            Array.from({ length: count }, (_, i): Asked => ({ shape, id: `${name}-${shape}-${i}` }))
          )
          const ids = yield* Effect.forEach(asked, ({ id, shape }) => workflows[shape].start(init(id)), {
            concurrency: 4
          })
          return Effect.gen(function* () {
            const history = yield* History.History
            const all = yield* Effect.forEach(
              asked,
              ({ id, shape }, i) =>
                Effect.gen(function* () {
                  const exit = yield* Effect.exit(workflows[shape].result(ids[i]!))
                  return [id, told(exit), yield* history.read(shape, ids[i]!)] as const
                }),
              { concurrency: "unbounded" }
            )
            yield* asInMemory(asked, {
              ended: Object.fromEntries(all.map(([id, ended]) => [id, ended])),
              records: Object.fromEntries(all.map(([id, _, records]) => [id, records]))
            })
          }).pipe(Effect.provideContext(client))
        }).pipe(Effect.provideContext(client))
    }
  })

/** The last deed of each run that a process has done something of. */
const lastOf = (pid: number, all: ReadonlyArray<Deed>): ReadonlyArray<Deed> =>
  Array.from(new Map(all.map((deed) => [deed.run, deed])).values()).filter((deed) => deed.pid === pid)

describe.skipIf(!answers)("three workers", () => {
  it.live(
    "of which one is killed: the others go on with its runs",
    (context) =>
      Effect.gen(function* () {
        const { begin, deeds, keyed, look, workers } = yield* cluster(yield* database, 3)
        const ended = yield* begin("killed", 4)
        yield* until(() => new Set(deeds().map(({ pid }) => pid)).size === 3 && deeds().length > 30)
        yield* look
        const [victim] = workers
        victim!.process.kill("SIGKILL")
        const at = Date.now()
        const left = lastOf(victim!.process.pid!, deeds())
        yield* ended
        yield* look
        yield* keyed
        // A run that the victim was the last to work on has ended, or somebody else goes on with it.
        const taken = left.flatMap(({ run }) => {
          const next = deeds().find((deed) => deed.run === run && deed.at > at)
          return next === undefined ? [] : [next.at - at]
        })
        assert.isAbove(taken.length, 0)
        const [first, last] = [Math.min(...taken), Math.max(...taken)]
        Object.assign(context.task.meta, { failover: first })
        console.log(
          `${taken.length} runs of the killed worker: the next effect of each came ${first} to ${last} ms later`
        )
      }).pipe(Effect.scoped),
    120_000
  )

  it.live(
    "of which one stands still until its locks are over: what it wakes up with does no harm",
    () =>
      Effect.gen(function* () {
        const { begin, deeds, keyed, late, look, workers } = yield* cluster(yield* database, 3)
        const ended = yield* begin("stopped", 4)
        yield* until(() => new Set(deeds().map(({ pid }) => pid)).size === 3 && deeds().length > 30)
        const [victim] = workers
        victim!.process.kill("SIGSTOP")
        yield* look
        yield* ended
        yield* look
        // It has the visits to end that it stood still in, and finds out that its runs are no longer its own.
        late.add(victim!.process.pid!)
        victim!.process.kill("SIGCONT")
        yield* Effect.andThen(Effect.sleep(3000), look)
        late.clear()
        yield* Effect.andThen(Effect.sleep(1000), look).pipe(Effect.repeat({ times: 2 }))
        yield* yield* begin("afterwards", 1)
        yield* look
        yield* keyed
      }).pipe(Effect.scoped),
    120_000
  )
})

const script = fileURLToPath(new URL("../../../scripts/postgres.sh", import.meta.url))
const postgres = (command: string, at: string) => spawnSync(script, [command, at], { encoding: "utf8" })

/** A server of our own, which nobody else is on. */
const server = Effect.flatMap(folder, (at) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const { status, stderr } = postgres("start", at)
      if (status === 3) return undefined
      assert.strictEqual(status, 0, stderr)
      return { PGHOST: at, PGPORT: "5432", PGUSER: "postgres" }
    }),
    () => Effect.sync(() => postgres("stop", at))
  )
)

/** Kills the server, and begins it anew after a while. */
const restart = (at: string, away: Duration.Input) =>
  Effect.gen(function* () {
    assert.strictEqual(postgres("stop", at).status, 0)
    yield* Effect.sleep(away)
    const { status, stderr } = postgres("restart", at)
    assert.strictEqual(status, 0, stderr)
  })

describe("a server that is killed and begun anew", () => {
  it.live(
    "under two workers: their runs go on",
    (context) =>
      Effect.gen(function* () {
        const env = yield* server
        if (env === undefined) return context.skip("Postgres is not installed here")
        const { begin, deeds, keyed, look } = yield* cluster(serverOf(env), 2, env)
        const ended = yield* begin("restarted", 3)
        yield* until(() => deeds().length > 20)
        yield* look
        yield* restart(env.PGHOST, 0)
        yield* until(() => deeds().length > 40)
        yield* look
        yield* restart(env.PGHOST, "5 seconds")
        yield* ended
        yield* look
        yield* keyed
      }).pipe(Effect.scoped),
    120_000
  )

  it.live(
    "under one process: its runs go on",
    (context) =>
      Effect.gen(function* () {
        const env = yield* server
        if (env === undefined) return context.skip("Postgres is not installed here")
        const trace = join(yield* folder, "trace")
        writeFileSync(trace, "")
        const runs = shapes.map((shape): Asked => ({ shape, id: `${shape}-alone` }))
        const { died } = yield* begin(yield* bundle, { database: { postgres: "postgres" }, trace, runs, pause }, env)
        const ledger = new Ledger(trace)
        const look = ledger.look.pipe(Effect.provide(Layer.fresh(PgClient.layer(serverOf(env)))))
        const done = () => deeds(read(trace)).length
        for (const away of [0, 5000]) {
          const before = done()
          yield* until(() => done() > before + 5)
          yield* look
          yield* restart(env.PGHOST, away)
        }
        const death = yield* Effect.promise(() => died)
        assert.isFalse(death.killed)
        if (!death.killed) yield* asInMemory(runs, death.report)
        yield* look
        yield* ledger.keyed
      }).pipe(Effect.scoped),
    120_000
  )
})
