/**
 * The body of a workflow: a run of the flow, begun or gone on with.
 *
 * @internal
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as EffectWorkflow from "effect/workflow/Workflow"
import { WorkflowInstance } from "effect/workflow/WorkflowEngine"
import type { Flow, Store } from "effect-pocketflow"
import * as Recorder from "effect-pocketflow/Recorder"
import { BadRecord, NotRecordable, OtherGraph, Refusal } from "../errors.ts"
import type { Entry } from "../History.ts"
import { History } from "../History.ts"
import type { Migration, Options } from "../Workflow.ts"
import { beginningOf, begun, gather } from "./entries.ts"
import type { Migrate } from "./entries.ts"
import * as journal from "./journal.ts"
import type { Values } from "./json.ts"
import { decode } from "./json.ts"
import { renamed } from "./migrate.ts"
import { edit, Prefix } from "./prefix.ts"
import * as record from "./record.ts"
import type { Run } from "./recorder.ts"
import * as recorder from "./recorder.ts"
import { registerAll } from "./undo.ts"

/** What a run is begun with. */
export interface Payload {
  readonly key: string
  readonly store: Schema.Json
  /** The run that it is a fork of, how many of its records it takes over, and the store from there on. */
  readonly from?: { readonly run: string; readonly step: number; readonly edited?: Schema.Json }
}

interface Served {
  readonly flow: Flow.Step<any, string, any, any>
  readonly store: Store.Store<any, any>
  readonly graph: string
  readonly error: Schema.Codec<any, any>
  readonly values: Readonly<Record<string, Values>>
  readonly options: Options<any>
}

export const serve = (
  workflow: EffectWorkflow.Workflow<string, any, any, any>,
  served: Served
): Layer.Layer<never, never, any> =>
  workflow.toLayer((payload: Payload, id) =>
    Effect.catchDefect(body(workflow._tag, id, payload, served), (defect) =>
      defect instanceof NotRecordable
        ? Effect.fail(defect)
        : defect instanceof Recorder.ForeignRecord
          ? refuse(new BadRecord({ run: id, record: defect.key, reason: defect.reason }))
          : Effect.die(defect)
    )
  )

const body = (name: string, id: string, payload: Payload, { error, flow, graph, options, store, values }: Served) =>
  Effect.gen(function* () {
    const history = yield* History
    const migrate: Migrate<WorkflowInstance> = (first, own) =>
      Effect.map(migrationOf(id, first, graph, options.migrate ?? {}), (migration) => renamed(own, migration ?? {}))
    const { begun: known, first, own, taken } = yield* gather(history, name, id, migrate, payload.from)
    const entries = [...taken, ...own]
    if (first === undefined && entries.length > 0) {
      return yield* refuse(new BadRecord({ run: id, record: begun, reason: "is missing, though later ones are there" }))
    }
    const read = journal.read(entries)
    if (Result.isFailure(read)) {
      return yield* refuse(new BadRecord({ run: id, record: read.failure.name, reason: read.failure.reason }))
    }
    const run: Run = {
      workflow: name,
      id,
      journal: read.success,
      history,
      values,
      error,
      refuse
    }
    const { from } = payload
    const state = yield* decodeStore(id, store, payload.store)
    const edited = from?.edited === undefined ? undefined : yield* decodeStore(id, store, from.edited)
    if (!known) {
      const beginning = Effect.map(Clock.currentTimeMillis, (at) =>
        record.make(
          { _tag: "Begun", graph, version: options.version, store: payload.store, ...(from !== undefined && { from }) },
          at
        )
      )
      yield* recorder.activity(run, begun, 1, beginning)
    }
    yield* registerAll(flow, run.journal, recorder.undone(run))
    const ref = yield* Ref.make(state)
    const recording = recorder.make(run)
    const prefix = () =>
      new Prefix(
        taken.map(({ name }) => name),
        run.journal
      )
    const { outcome, steps } = yield* Recorder.runRef(
      flow,
      ref,
      edited === undefined ? recording : edit(recording, prefix(), ref, edited)
    )
    return { outcome, store: yield* Ref.get(ref), steps }
  })

/** The state that a run was begun with; the store may have changed since then. */
const decodeStore = (run: string, { schema }: Store.Store<any, any>, json: Schema.Json) =>
  Result.match(decode(schema as never, json), {
    onFailure: (reason) =>
      refuse(new BadRecord({ run, record: begun, reason: `has a store that does not fit: ${reason}` })),
    onSuccess: Effect.succeed
  })

/** Refuses to go on with a run that was begun on another graph, unless it is known how to. */
const migrationOf = (
  id: string,
  first: Entry | undefined,
  found: string,
  migrate: Readonly<Record<string, Migration>>
): Effect.Effect<Migration | undefined, never, WorkflowInstance> => {
  if (first === undefined) return Effect.undefined
  const beginning = beginningOf(first)
  if (Result.isFailure(beginning)) {
    return refuse(new BadRecord({ run: id, record: begun, reason: beginning.failure }))
  }
  const { graph } = beginning.success
  if (graph === found) return Effect.undefined
  return Object.hasOwn(migrate, graph)
    ? Effect.succeed(migrate[graph])
    : refuse(new OtherGraph({ run: id, recorded: graph, found }))
}

const encodeRefusal = Schema.encodeSync(Schema.toCodecJson(Refusal))

/** Suspends the run as it is, until somebody resumes it. */
const refuse = (error: Refusal): Effect.Effect<never, never, any> =>
  Effect.flatMap(WorkflowInstance, (instance) => {
    instance.failed = true
    instance.cause = Cause.die(encodeRefusal(error))
    return EffectWorkflow.suspend(instance)
  })
