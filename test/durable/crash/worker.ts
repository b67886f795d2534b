/**
 * A process that serves the workflows of all shapes. Its argument is a `Job` as JSON; when
 * the runs of it have ended, it writes a `Report` as a line of JSON and exits.
 */
import { Durable, History } from "@effect-pocketflow/durable"
import { Effect, Exit, Layer } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import { randomUUID } from "node:crypto"
import { flushCompileCache } from "node:module"
import { serverOf } from "../server.ts"
import { Boundaries, watched } from "./boundaries.ts"
import { answer, init, Outside, told, workflows } from "./shapes.ts"
import type { Asked, Job, Report } from "./trace.ts"
import { append, read } from "./trace.ts"

const { database, killAt, pause, runs, trace }: Job = JSON.parse(process.argv[2]!)

const boundaries = new Boundaries(killAt)

const outside = Layer.succeed(Outside, {
  act: ({ label, run }) =>
    Effect.gen(function* () {
      const key = yield* Durable.IdempotencyKey
      append(trace, { run, label, key, pid: process.pid, at: Date.now() })
      yield* boundaries.pass
      if (pause !== undefined) yield* Effect.sleep(pause)
      return `${label}|${key}|${randomUUID()}`
    }),
  ask: (token) =>
    Effect.andThen(
      Effect.sync(() => append(trace, { token })),
      boundaries.pass
    )
})

const engine = (): Layer.Layer<Durable.Engine | SqlClient, unknown> => {
  const times = { poll: "30 millis", grace: "50 millis" } as const
  if ("file" in database) return Durable.embedded({ filename: database.file, ...times })
  const options = { ...serverOf(process.env), database: database.postgres }
  return database.port === undefined
    ? Durable.postgres({ database: options, ...times })
    : Durable.cluster({ database: options, port: database.port, grace: "50 millis" })
}

/** Sends the answers that are waited for. */
const answers = Effect.gen(function* () {
  const answered = new Set<string>()
  while (true) {
    for (const line of read(trace)) {
      if (!("token" in line) || answered.has(line.token)) continue
      answered.add(line.token)
      yield* answer(line.token)
    }
    yield* Effect.sleep(30)
  }
})

/** Begins a run, unless it is known to be begun. */
const begin = ({ id, shape }: Asked) =>
  Effect.suspend(() => {
    for (const line of read(trace)) if ("begun" in line && line.id === id) return Effect.succeed(line.begun)
    return Effect.tap(workflows[shape].start(init(id)), (begun) => Effect.sync(() => append(trace, { begun, id })))
  })

const finish = (asked: Asked) =>
  Effect.gen(function* () {
    const run = yield* begin(asked)
    const exit = yield* Effect.exit(workflows[asked.shape].result(run))
    const { read } = yield* History.History
    return [asked.id, told(exit), yield* read(asked.shape, run)] as const
  })

const say = (line: string) =>
  Effect.callback<void>((resume) => void process.stdout.write(`${line}\n`, () => resume(Effect.void)))

const program = Effect.gen(function* () {
  yield* say("serving")
  yield* Effect.forkScoped(answers)
  if (runs.length === 0) return yield* Effect.never
  const all = yield* Effect.forEach(runs, finish, { concurrency: "unbounded" })
  const report: Report = {
    ended: Object.fromEntries(all.map(([id, ended]) => [id, ended])),
    records: Object.fromEntries(all.map(([id, _, records]) => [id, records]))
  }
  yield* say(JSON.stringify(report))
})

const [first, ...others] = Object.values(workflows).map(({ layer }) => layer)
const worker = Layer.mergeAll(first!, ...others).pipe(
  Layer.provideMerge(Layer.mergeAll(outside, watched(boundaries))),
  Layer.provideMerge(engine())
)

const exit = await Effect.runPromiseExit(Effect.scoped(Effect.provide(program, worker)))
if (Exit.isFailure(exit)) console.error(exit.cause)
flushCompileCache()
process.exit(Exit.isSuccess(exit) ? 0 : 1)
