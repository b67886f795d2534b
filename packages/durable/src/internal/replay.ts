/**
 * The store of a run at one of its records: the flow itself is run up to there, and
 * stopped at the first visit that would have to be made.
 *
 * @internal
 */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Ref from "effect/Ref"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import type { Flow } from "effect-pocketflow"
import * as Recorder from "effect-pocketflow/Recorder"
import { BadRecord } from "../errors.ts"
import type { Entry } from "../History.ts"
import { begun } from "./entries.ts"
import type { Gathered } from "./entries.ts"
import * as journal from "./journal.ts"
import { decode } from "./json.ts"
import { edit, Prefix } from "./prefix.ts"
import * as recorder from "./recorder.ts"
import type { Values } from "./json.ts"
import type { Migration } from "../Workflow.ts"

/** What is replayed. */
export interface Replayed {
  readonly name: string
  readonly flow: Flow.Step<any, string, any, any>
  readonly schema: Schema.Codec<any, any>
  readonly error: Schema.Codec<any, any>
  readonly values: Readonly<Record<string, Values>>
  readonly graph: string
  readonly migrate: Readonly<Record<string, Migration>>
}

export const storeAfter = (
  { error, flow, name, schema, values }: Replayed,
  run: string,
  { beginning, own, taken }: Gathered,
  step: number
): Effect.Effect<any, BadRecord> =>
  Effect.gen(function* () {
    const fail = (record: string, reason: string) => Effect.fail(new BadRecord({ run, record, reason }))
    if (beginning === undefined) return yield* fail(begun, "is not there")
    const begin = decode(schema, beginning.store)
    if (Result.isFailure(begin)) return yield* fail(begun, begin.failure)
    const entries: ReadonlyArray<Entry> = [...taken, ...own].slice(0, step)
    const read = journal.read(entries, run)
    if (Result.isFailure(read)) return yield* fail(read.failure.name, read.failure.reason)

    const ref = yield* Ref.make(begin.success)
    const prefix = new Prefix(
      entries.map(({ name }) => name),
      read.success
    )
    const there = yield* Deferred.make<void, BadRecord>()
    const looking = recorder.make({
      workflow: name,
      id: run,
      journal: read.success,
      migrations: [],
      history: { read: () => Effect.succeed([]), note: () => Effect.void },
      values,
      error,
      refuse: (bad) => Effect.andThen(Deferred.fail(there, bad), Effect.never)
    })
    const stop = Effect.suspend(() =>
      Effect.andThen(prefix.done ? Deferred.succeed(there, undefined) : Effect.void, Effect.never)
    )
    const stopping: Recorder.Recorder = {
      ...looking,
      find: (site) =>
        Effect.tap(looking.find(site), (found) => Effect.sync(() => found !== undefined && prefix.pass(site.key))),
      record: () => stop,
      item: (site, work) =>
        Effect.suspend(() => {
          if (!read.success.records.has(site.key)) return stop
          prefix.pass(site.key)
          return looking.item(site, work)
        })
    }
    const edited = beginning.from?.edited
    const state = edited === undefined || step < taken.length ? undefined : decode(schema, edited)
    if (state !== undefined && Result.isFailure(state)) return yield* fail(begun, state.failure)
    const names = new Prefix(
      taken.map(({ name }) => name),
      read.success
    )
    const replay = Recorder.runRef(
      flow,
      ref,
      state === undefined ? stopping : edit(stopping, names, ref, state.success)
    )
    const last = entries[entries.length - 1]?.name ?? begun
    const fiber = yield* Effect.forkChild(
      Effect.onExit(replay, (exit) =>
        Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause)
          ? Deferred.fail(
              there,
              new BadRecord({ run, record: last, reason: `cannot be come to: ${reasonIn(exit.cause)}` })
            )
          : Deferred.succeed(there, undefined)
      )
    )
    // With more records than the flow asks for, it would wait for ever.
    yield* Deferred.await(there).pipe(
      Effect.timeoutOrElse({
        duration: "10 seconds",
        orElse: () => fail(last, "does not belong to this flow")
      })
    )
    yield* Fiber.interrupt(fiber)
    return yield* Ref.get(ref)
  }) as Effect.Effect<any, BadRecord>

const reasonIn = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return error instanceof Error ? error.message : String(error)
}
