/**
 * Writes the figures of durable runs into the README of their package: what a step
 * costs on each engine, what a replay takes, what is stored, and how soon the runs of
 * a worker that is killed go on elsewhere.
 *
 * What needs Postgres asks the server that the environment names (`PGHOST`, `PGPORT`,
 * `PGUSER`, `PGPASSWORD`), else the local one.
 */
import { Durable } from "@effect-pocketflow/durable"
import * as PgClient from "@effect/sql-pg/PgClient"
import { Effect, Layer, Redacted, References, type Scope } from "effect"
import { SqlClient } from "effect/sql"
import { Flow } from "effect-pocketflow"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { cpus, tmpdir, userInfo } from "node:os"
import { join } from "node:path"
import { failover } from "./durable/failover.ts"
import { freePort } from "./durable/port.ts"
import { type Change, counter, go, waiting, writer } from "./durable/workflows.ts"
import { fill } from "./figures.ts"

type Engine = Layer.Layer<Durable.Engine, unknown>

/** An engine that stores in a place of its own, and how many bytes are there, where that can be told. */
interface Place {
  readonly name: string
  readonly make: Effect.Effect<
    { readonly engine: Engine; readonly bytes?: Effect.Effect<number, unknown> },
    unknown,
    Scope.Scope
  >
}

const { PGHOST, PGPASSWORD, PGPORT, PGUSER } = process.env
const server: PgClient.PgPoolConfig = {
  host: PGHOST ?? "/var/run/postgresql",
  ...(PGPORT !== undefined && { port: Number(PGPORT) }),
  username: PGUSER ?? userInfo().username,
  ...(PGPASSWORD !== undefined && { password: Redacted.make(PGPASSWORD) }),
  database: "postgres"
}

const ask = <A extends object>(database: PgClient.PgPoolConfig, statement: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe<A>(statement)).pipe(Effect.provide(PgClient.layer(database)))

const newDatabase = Effect.acquireRelease(
  Effect.suspend(() => {
    const database = `figures_${crypto.randomUUID().replaceAll("-", "")}`
    return Effect.as(ask(server, `CREATE DATABASE ${database}`), { ...server, database })
  }),
  ({ database }) => Effect.ignore(ask(server, `DROP DATABASE ${database} WITH (FORCE)`))
)

const bytesOf = (database: PgClient.PgPoolConfig) =>
  Effect.map(
    ask<{ readonly bytes: string }>(
      database,
      "SELECT sum(pg_total_relation_size(oid)) AS bytes FROM pg_class " +
        "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    ),
    ([row]) => Number(row?.bytes)
  )

const places: ReadonlyArray<Place> = [
  { name: "memory", make: Effect.succeed({ engine: Durable.memory }) },
  {
    name: "SQLite",
    make: Effect.gen(function* () {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "figures-"))),
        (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
      )
      const engine = yield* Layer.build(Durable.embedded({ filename: join(folder, "runs.db") }))
      const bytes = Effect.flatMap(
        SqlClient.SqlClient,
        (sql) =>
          sql<{ bytes: number }>`SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()`
      ).pipe(
        Effect.map(([row]) => row!.bytes),
        Effect.provideContext(engine)
      )
      return { engine: Layer.succeedContext(engine), bytes }
    })
  },
  {
    name: "Postgres",
    make: Effect.map(newDatabase, (database) => ({
      engine: Durable.postgres({ database }),
      bytes: bytesOf(database)
    }))
  },
  {
    name: "cluster of one",
    make: Effect.zipWith(newDatabase, freePort, (database, port) => ({
      engine: Durable.cluster({ database, port }),
      bytes: bytesOf(database)
    }))
  }
]

const now = Effect.sync(() => performance.now())
const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const before = yield* now
    yield* effect
    return (yield* now) - before
  })

const median = (times: ReadonlyArray<number>): number => times.toSorted((a, b) => a - b)[times.length >> 1]!

/** Milliseconds a step of one run, and steps a second of 16 at once. */
const speed = ({ make }: Place, steps: number) =>
  Effect.gen(function* () {
    const { engine } = yield* make
    const workflow = counter(steps)
    let run = 0
    const execute = Effect.suspend(() => workflow.execute({ n: 0, run: ++run }))
    return yield* Effect.gen(function* () {
      yield* execute
      const alone = yield* Effect.replicateEffect(timed(execute), 3)
      const together = yield* timed(Effect.all(Array(16).fill(execute), { concurrency: "unbounded" }))
      return { step: median(alone) / steps, perSecond: (16 * steps * 1000) / together }
    }).pipe(Effect.provide(workflow.layer.pipe(Layer.provideMerge(engine))))
  }).pipe(Effect.scoped)

/** Milliseconds from an answer to the visit after it, with so many steps to be replayed before. */
const replay = ({ make }: Place, steps: number) =>
  Effect.gen(function* () {
    const { engine } = yield* make
    const { arrived, workflow } = waiting(steps)
    return yield* Effect.gen(function* () {
      const times: Array<number> = []
      for (let run = 0; run < 3; run++) {
        const id = yield* workflow.start({ n: 0, run })
        while ((yield* workflow.poll(id))._tag === "Running") yield* Effect.sleep(20)
        const [asked] = yield* Durable.waiting(workflow, id)
        const before = yield* now
        yield* go.answer(asked!.token, true)
        yield* workflow.result(id)
        times.push(arrived() - before)
      }
      return median(times)
    }).pipe(Effect.provide(workflow.layer.pipe(Layer.provideMerge(engine))))
  }).pipe(Effect.scoped)

/** Bytes that a run of so many steps leaves. */
const stored = ({ make }: Place, steps: number, change: Change) =>
  Effect.gen(function* () {
    const { bytes, engine } = yield* make
    if (bytes === undefined) return undefined
    const { begin, workflow } = writer(steps, change)
    yield* Effect.provide(workflow.execute(begin), workflow.layer.pipe(Layer.provideMerge(engine)))
    return yield* bytes
  }).pipe(Effect.scoped)

const perStep = (place: Place, change: Change) =>
  Effect.zipWith(stored(place, 51, change), stored(place, 1, change), (many, one) =>
    many === undefined || one === undefined ? undefined : (many - one) / 50
  )

const ms = (millis: number): string => `${millis.toFixed(millis < 1 ? 3 : millis < 10 ? 1 : 0)} ms`
const kb = (bytes: number | undefined): string => (bytes === undefined ? "-" : `${(bytes / 1000).toFixed(1)} KB`)

const measure = Effect.gen(function* () {
  const answers = yield* Effect.isSuccess(ask(server, "SELECT 1"))
  if (!answers)
    console.warn(`Postgres and the cluster are left out: no server answers at ${server.host}; name one with PGHOST`)
  const plain = counter(10_000)
  yield* Flow.run(plain.flow as never, { n: 0, run: 0 } as never) as Effect.Effect<unknown>
  const inMemory =
    (yield* timed(Flow.run(plain.flow as never, { n: 0, run: 0 } as never) as Effect.Effect<unknown>)) / 10_000
  const rows: Array<ReadonlyArray<string>> = []
  for (const place of answers ? places : places.slice(0, 2)) {
    const { perSecond, step } = yield* speed(place, place.name === "memory" ? 1000 : 100)
    const replayed = (yield* replay(place, 1000)) - (yield* replay(place, 1))
    const row = [
      place.name,
      ms(step - inMemory),
      Math.round(1000 / step).toLocaleString("en-US"),
      Math.round(perSecond).toLocaleString("en-US"),
      ms(replayed),
      kb(yield* perStep(place, "leaves")),
      kb(yield* perStep(place, "adds")),
      kb(yield* perStep(place, "rewrites"))
    ]
    console.log(row.join(" | "))
    rows.push(row)
  }
  const gaps = answers ? yield* Effect.scoped(Effect.flatMap(newDatabase, (database) => failover(database, 5))) : []
  return { gaps, inMemory, rows }
})

const head = [
  "engine",
  "a step adds",
  "steps/s, one run",
  "16 runs",
  "replay of 1,000 steps",
  "stored a step: a number",
  "100 characters more",
  "all rewritten"
]

if (import.meta.main) {
  const { gaps, inMemory, rows } = await Effect.runPromise(
    Effect.provideService(measure, References.MinimumLogLevel, "Error") as Effect.Effect<
      Effect.Success<typeof measure>,
      unknown
    >
  )
  const table = [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n")
  const [{ model = "" } = {}] = cpus()
  const where = `Node ${process.versions.node}, ${cpus().length} cores of ${model.trim()}`
  const seconds = gaps.map((gap) => gap / 1000).toSorted((a, b) => a - b)
  const failed =
    seconds.length === 0
      ? "Failover was not measured: there was no Postgres."
      : `A worker of two is killed with SIGKILL in the middle of a run: the other one does its next step ` +
        `${seconds[seconds.length >> 1]!.toFixed(1)} s later (median of ${seconds.length}; ${seconds[0]!.toFixed(1)} to ` +
        `${seconds.at(-1)!.toFixed(1)} s), with \`failover: "prompt"\`.`
  const text = `${table}\n\nA step in memory, without an engine, takes ${ms(inMemory)} (${where}).\n\n${failed}`
  const page = "packages/durable/README.md"
  writeFileSync(page, fill(readFileSync(page, "utf8"), "figures", text, "npm run figures:durable"))
  console.log(text)
}
