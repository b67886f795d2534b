/**
 * The recorder of durable runs: each visit is an activity of the workflow.
 *
 * @internal
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as ClusterSchema from "effect/cluster/ClusterSchema"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { SqlClient } from "effect/sql/SqlClient"
import * as Activity from "effect/workflow/Activity"
import * as DurableClock from "effect/workflow/DurableClock"
import * as DurableDeferred from "effect/workflow/DurableDeferred"
import * as Workflow from "effect/workflow/Workflow"
import { WorkflowEngine, WorkflowInstance } from "effect/workflow/WorkflowEngine"
import type * as Recorder from "effect-pocketflow/Recorder"
import { createHash } from "node:crypto"
import { BadRecord, NotRecordable } from "../errors.ts"
import type { History } from "../History.ts"
import { deferredName, IdempotencyKey, isTimed, timedDeferred, Waits } from "../Waits.ts"
import type { Journal } from "./journal.ts"
import { missing } from "./journal.ts"
import type { Rename } from "./migrate.ts"
import { original } from "./migrate.ts"
import type { Values } from "./json.ts"
import { box } from "./json.ts"
import type { Record } from "./record.ts"
import * as record from "./record.ts"
import { Compensation, Transactional } from "./traits.ts"
import * as undoing from "./undo.ts"

type Eff = Effect.Effect<any, any, any>

interface Made {
  readonly ending: Recorder.Ending
  readonly order: Recorder.Order | undefined
}

/** What it takes to write a record of a run. */
export interface Writing {
  readonly workflow: string
  readonly id: string
  readonly history: History["Service"]
  /** The schema of what a visit can fail with. */
  readonly error: Schema.Codec<any, any>
  /** Suspends the run as it is. */
  readonly refuse: (error: BadRecord) => Effect.Effect<never, never, any>
}

export interface Run extends Writing {
  readonly journal: Journal
  /** How nodes have been renamed since the run was begun. */
  readonly migrations: ReadonlyArray<Rename>
  readonly values: Readonly<globalThis.Record<string, Values>>
}

export const make = (run: Run): Recorder.Recorder => {
  const { journal } = run
  const values = (site: Recorder.Site) => run.values[site.path.join("/")]

  const recorded = (site: Recorder.Site, { at, ending, order, path }: Record): Recorder.Recorded => ({
    tag: ending._tag as Recorder.Ending["_tag"],
    at,
    order,
    ending: Effect.suspend(() =>
      Result.match(record.decodeEnding(site, ending, path, values(site), run.error), {
        onFailure: (reason) => bad(run, site.key, reason),
        onSuccess: Effect.succeed
      })
    )
  })

  return {
    find: (site) =>
      Effect.sync(() => {
        const found = journal.records.get(site.key)
        return found === undefined ? undefined : recorded(site, found)
      }),
    record: (site, visit) =>
      Effect.suspend(() => {
        const broken = missing(journal, site)
        if (broken !== undefined) return bad(run, broken.name, broken.reason)
        let live = false
        const undo = Context.get(site.annotations, Compensation)
        const body = Effect.gen(function* () {
          const at = yield* Clock.currentTimeMillis
          const { ending, order } = yield* isTransactional(site) ? orNothing(visit, keeps) : visit
          const encoded = record.encodeEnding(site, ending, values(site), run.error)
          if (Result.isFailure(encoded)) return yield* notRecordable(run, site, encoded.failure)
          live = true
          const rest = { path: site.path, ...(order !== undefined && { order }) }
          if (undo === undefined || ending._tag !== "Committed" || encoded.success._tag !== "Committed") {
            return written(run, encoded.success, at, rest)
          }
          const after = undoing.after(site.target(), ending.patch)
          if (Result.isFailure(after)) return yield* notRecordable(run, site, after.failure)
          return written(run, { ...encoded.success, after: after.success }, at, rest)
        })
        const ask = (attempt: number): Effect.Effect<Recorder.Recorded, any, any> =>
          Effect.flatMap(activity(run, site.key, attempt, around(run, site, body), annotationsOf(site)), (made) => {
            // It has failed before, and what that led to is not recorded.
            if (made.ending._tag === "Failed" && !live) return ask(attempt + 1)
            const registered =
              undo === undefined
                ? Effect.void
                : undoing.register(site.key, made, undo, site.target().store, undone(run))
            return Effect.as(registered, recorded(site, made))
          })
        return Effect.andThen(
          site.prefix === "" ? Effect.void : allBegun,
          ask(1 + (journal.failures.get(site.key) ?? 0))
        )
      }),
    item: (site, work) =>
      Effect.flatMap(
        Effect.suspend(() => {
          const found = journal.records.get(site.key)
          if (found !== undefined) return Effect.succeed(found)
          const body = Effect.flatMap(around(run, site, work), (value) =>
            Result.match(box(values(site), value, run.error), {
              onFailure: (reason) => notRecordable(run, site, reason),
              onSuccess: (value) => Effect.succeed({ _tag: "Item", value } as const)
            })
          )
          const whole = isTransactional(site) ? orNothing(body, () => true) : body
          return Effect.andThen(allBegun, attempted(run, site.key, whole, site))
        }),
        ({ ending, path }) =>
          Result.match(record.decodeItem(site, ending, path, values(site), run.error), {
            onFailure: (reason) => bad(run, site.key, reason),
            onSuccess: Effect.succeed
          })
      ),
    commits: (key) => journal.commits.get(key) ?? 0
  }
}

/**
 * Lets all that goes on at once begin before any of it goes on: the first that waits
 * for somebody suspends the run, but not before what has begun has ended.
 */
const allBegun = Workflow.wrapActivityResult(Effect.yieldNow, () => false)

const bad = (run: Writing, name: string, reason: string): Effect.Effect<never, never, any> =>
  run.refuse(new BadRecord({ run: run.id, record: name, reason }))

const notRecordable = (run: Run, { path }: Recorder.Site, reason: string) =>
  Effect.fail(new NotRecordable({ run: run.id, path, reason }))

/**
 * An activity that comes to a record.
 *
 * That something cannot be recorded ends the run: no error edge may take it for
 * an error of a node.
 */
const activity = (
  run: Writing,
  name: string,
  attempt: number,
  body: Effect.Effect<Record, any, any>,
  annotations?: Context.Context<never>
): Effect.Effect<Record, any, any> =>
  Activity.make({
    name,
    success: Schema.Json,
    error: run.error,
    execute: body as Eff,
    annotations,
    // Work that interrupts itself is not made again, neither here nor in memory.
    interruptRetryPolicy: Schedule.recurs(0)
  }).pipe(
    Effect.provideService(Activity.CurrentAttempt, attempt),
    Effect.tap((json) => run.history.note(run.workflow, run.id, { name, attempt, json })),
    Effect.flatMap((json) =>
      Result.match(record.read(json), {
        onFailure: (reason) => bad(run, name, reason),
        onSuccess: Effect.succeed
      })
    ),
    Effect.catch((error) => (error instanceof NotRecordable ? Effect.die(error) : Effect.fail(error)))
  )

/** Records something about the run itself. */
export const note = (run: Writing, name: string, ending: Record["ending"]): Effect.Effect<Record, any, any> =>
  activity(
    run,
    name,
    1,
    Effect.map(Clock.currentTimeMillis, (at) => record.make(ending, at))
  )

/** A record of a visit, or of what is in it. */
const written = ({ migrations }: Run, ending: Record["ending"], at: number, rest: Partial<Record>): Record =>
  record.make(ending, at, { ...rest, ...(migrations.length > 0 && { migration: migrations.length }) })

/** An activity whose failure is not recorded as such: where the run is begun anew, it is tried again. */
const attempted = (
  run: Run,
  name: string,
  work: Effect.Effect<Record["ending"], any, any>,
  site: Pick<Recorder.Site, "path" | "annotations">
): Effect.Effect<Record, any, any> =>
  Effect.suspend(() => {
    let failed: Cause.Cause<any> | undefined
    const body = Effect.gen(function* () {
      const at = yield* Clock.currentTimeMillis
      const exit = yield* Effect.exit(work)
      if (Exit.isFailure(exit)) {
        const error = Cause.findErrorOption(exit.cause)
        if (error._tag === "None" || error.value instanceof NotRecordable) return yield* Effect.failCause(exit.cause)
        failed = exit.cause
      }
      const ending = Exit.isSuccess(exit) ? exit.value : ({ _tag: "Failed" } as const)
      return written(run, ending, at, { path: site.path })
    })
    const ask = (attempt: number): Effect.Effect<Record, any, any> =>
      Effect.flatMap(activity(run, name, attempt, body, annotationsOf(site)), (made) => {
        if (made.ending._tag !== "Failed") return Effect.succeed(made)
        return failed === undefined ? ask(attempt + 1) : Effect.failCause(failed)
      })
    return ask(1 + (run.journal.failures.get(name) ?? 0))
  })

/** Work with what a node of a durable run has around it. */
const around = <A>(
  run: Run,
  site: Pick<Recorder.Site, "key" | "path">,
  work: Effect.Effect<A, any, any>
): Effect.Effect<A, any, any> =>
  Effect.suspend(() => {
    const key = outside(run, site.key)
    // The work is made again from its beginning: the same sleep has the same number then.
    let sleeps = 0
    return work.pipe(
      Effect.provideService(IdempotencyKey, keyOf(run, key)),
      Effect.provideService(Waits, {
        signal: (signal, request) => {
          const deferred = DurableDeferred.make(deferredName(signal.name, key), { success: signal.schema })
          return Effect.andThen(
            asked(run, site, signal.name, false, deferred, request),
            DurableDeferred.await(deferred)
          ) as Eff
        },
        signalWithin: (signal, request, within) => {
          const name = deferredName(signal.name, key)
          const deferred = timedDeferred(name, signal.schema)
          return Effect.gen(function* () {
            const { at } = yield* asked(run, site, signal.name, true, deferred, request)
            const left = at + Duration.toMillis(within) - (yield* Clock.currentTimeMillis)
            // The first clock of a name counts, whatever number of times the visit is made.
            if (left < Infinity) yield* schedule(run, DurableClock.make({ name, duration: Math.max(left, 0) }))
            const answer = yield* DurableDeferred.await(deferred)
            return answer ? Option.some(answer.answer) : Option.none()
          }) as Eff
        },
        sleep: (duration) =>
          Effect.suspend(() => {
            const name = `${key}/sleep${++sleeps === 1 ? "" : `/${sleeps}`}`
            return DurableClock.sleep({ name, duration, inMemoryThreshold: 0 })
          }) as Eff
      })
    )
  })

const schedule = ({ id }: Run, clock: DurableClock.DurableClock) =>
  Effect.flatMap(WorkflowEngine, (engine) =>
    Effect.flatMap(WorkflowInstance, ({ workflow }) => engine.scheduleClock(workflow, { executionId: id, clock }))
  )

/** The record that somebody has been asked: the first time, it is done. */
const asked = (
  run: Run,
  site: Pick<Recorder.Site, "key" | "path">,
  signal: string,
  timed: boolean,
  deferred: DurableDeferred.DurableDeferred<any>,
  request: (token: DurableDeferred.Token) => Effect.Effect<unknown, any, any>
): Effect.Effect<Record, any, any> =>
  Effect.flatMap(DurableDeferred.token(deferred), (token) => {
    const name = `${site.key}/asked/${signal}`
    const found = run.journal.records.get(name)
    if (found?.ending._tag === "Asked") {
      // The answer goes to where it was asked from.
      if (Result.getOrUndefined(isTimed(signal, found.ending.token)) === timed) return Effect.succeed(found)
      return bad(run, name, `was asked with${timed ? "out" : ""} a deadline, unlike now`)
    }
    const ask = Effect.as(request(token), { _tag: "Asked", signal, token } as const)
    return attempted(run, name, ask, { path: site.path, annotations: Context.empty() })
  })

/** What a visit is called outside of the records: the same before and after a migration. */
const outside = ({ migrations }: Run, name: string): string => original(name, migrations)

const isTransactional = ({ annotations }: Recorder.Site): boolean => Context.get(annotations, Transactional)

/** Whether what a visit has written stays: not, where it has failed and that is recorded. */
const keeps = ({ ending }: Made): boolean => ending._tag === "Committed" || ending._tag === "Prepared"

/** Work whose writes to the database of the engine stay only if it succeeds with what `keeps`. */
const orNothing = <A extends object>(
  work: Effect.Effect<A, any, any>,
  keeps: (value: A) => boolean
): Effect.Effect<A, any, any> =>
  Effect.flatMap(Effect.serviceOption(SqlClient), (found) => {
    if (Option.isNone(found)) return work
    const undone = new Set<unknown>()
    const committing = Effect.flatMap(work, (value) => {
      if (keeps(value)) return Effect.succeed(value)
      undone.add(value)
      return Effect.fail(value)
    })
    return Effect.catchIf(
      found.value.withTransaction(committing),
      (error): error is A => undone.has(error),
      Effect.succeed
    )
  })

/** The same for all attempts, and for all who go on with the run. */
const keyOf = (run: Run, name: string): string =>
  createHash("sha256").update(`${run.workflow}/${run.id}/${name}`).digest("hex").slice(0, 32)

const annotationsOf = ({ annotations }: Pick<Recorder.Site, "annotations">): Context.Context<never> =>
  Context.get(annotations, Transactional) ? Context.make(ClusterSchema.WithTransaction, true) : Context.empty()

/** How a visit is undone, unless that was done. */
export const undone = (run: Run): undoing.Undoing => ({
  perform: (key, path, undoing) => {
    const name = `${key}/undo`
    if (run.journal.records.has(name)) return Effect.void
    const site = { key: name, path, annotations: Context.empty() }
    const done = { _tag: "Done" } as const
    return Effect.asVoid(attempted(run, name, Effect.as(around(run, site, undoing), done), site)) as Effect.Effect<void>
  },
  refuse: (key, reason) => bad(run, key, reason)
})
