/**
 * The body of a workflow: a run of the flow, begun or gone on with.
 *
 * @internal
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as EffectWorkflow from "effect/workflow/Workflow"
import { WorkflowInstance } from "effect/workflow/WorkflowEngine"
import { Flow } from "effect-pocketflow"
import type { Store } from "effect-pocketflow"
import * as Recorder from "effect-pocketflow/Recorder"
import type { Refusal } from "../errors.ts"
import { BadRecord, NotRecordable, OtherGraph } from "../errors.ts"
import * as errors from "./errors.ts"
import { History } from "../History.ts"
import type { Migration, Options } from "../Workflow.ts"
import type { Gathered } from "./entries.ts"
import { begun, gather, migrated, renamedBy } from "./entries.ts"
import * as journal from "./journal.ts"
import type { Values } from "./json.ts"
import { decode } from "./json.ts"
import type { Rename } from "./migrate.ts"
import { among, nodesOf } from "./migrate.ts"
import { edit, Prefix } from "./prefix.ts"
import type { Run, Writing } from "./recorder.ts"
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

/** Worked out once for all runs. */
interface Nodes {
  readonly nodes: ReadonlyArray<string>
}

export const serve = (
  workflow: EffectWorkflow.Workflow<string, any, any, any>,
  served: Served
): Layer.Layer<never, never, any> => {
  const known = { ...served, nodes: nodesOf(Flow.toGraph(served.flow)) }
  return workflow.toLayer((payload: Payload, id) =>
    Effect.catchDefect(body(workflow._tag, id, payload, known), (defect) =>
      defect instanceof NotRecordable
        ? Effect.fail(defect)
        : defect instanceof Recorder.ForeignRecord
          ? refuse(new BadRecord({ run: id, record: defect.key, reason: defect.reason }))
          : Effect.die(defect)
    )
  )
}

const body = (name: string, id: string, payload: Payload, served: Served & Nodes): Effect.Effect<any, any, any> =>
  Effect.gen(function* () {
    const { error, flow, graph, nodes, options, store, values } = served
    const history = yield* History
    const writing: Writing = { workflow: name, id, history, error, refuse }
    const found = yield* Effect.catch(gather(history, name, id, payload.from), refuse)
    const migration = yield* migrationTo(graph, id, found, options.migrate ?? {})
    if (migration !== undefined && found.begun) {
      const ending = { _tag: "Migrated", graph, nodes, rename: migration } as const
      yield* recorder.note(writing, migrated(found.migrations.length + 1), ending)
      return yield* body(name, id, payload, served)
    }
    const { migrations, own, taken } = migration === undefined ? found : renamedBy(found, migration)
    const read = journal.read([...taken, ...own], id)
    if (Result.isFailure(read)) {
      return yield* refuse(new BadRecord({ run: id, record: read.failure.name, reason: read.failure.reason }))
    }
    const state = yield* decodeStore(id, store, payload.store)
    const { from } = payload
    const edited = from?.edited === undefined ? undefined : yield* decodeStore(id, store, from.edited)
    if (!found.begun) {
      yield* recorder.note(writing, begun, {
        _tag: "Begun",
        graph,
        nodes,
        version: options.version,
        store: payload.store,
        ...(from !== undefined && { from: { ...from, migrations: migrations.length, rename: migration ?? {} } })
      })
    }
    const run: Run = { ...writing, journal: read.success, migrations: found.begun ? migrations : [], values }
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

/** How a run comes from the graph that it is on to this one. One that it is not known how is refused. */
const migrationTo = (
  graph: string,
  run: string,
  { graph: recorded, nodes }: Gathered,
  migrate: Readonly<Record<string, Migration>>
): Effect.Effect<Rename | undefined, never, WorkflowInstance> => {
  if (recorded === undefined || recorded === graph) return Effect.undefined
  return Object.hasOwn(migrate, recorded)
    ? Effect.succeed(among(nodes, migrate[recorded]!))
    : refuse(new OtherGraph({ run, recorded, found: graph }))
}

const encodeRefusal = Schema.encodeSync(Schema.toCodecJson(errors.Refusal))

/** Suspends the run as it is, until somebody resumes it. */
const refuse = (error: Refusal): Effect.Effect<never, never, any> =>
  Effect.flatMap(WorkflowInstance, (instance) => {
    instance.failed = true
    instance.cause = Cause.die(encodeRefusal(error))
    return EffectWorkflow.suspend(instance)
  })
