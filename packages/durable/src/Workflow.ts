/**
 * A flow as a workflow: each visit of a node is recorded, so a run outlives the
 * process that it runs in.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as EffectWorkflow from "effect/workflow/Workflow"
import type { WorkflowEngine } from "effect/workflow/WorkflowEngine"
import type { Flow, Store } from "effect-pocketflow"
import * as Recorder from "effect-pocketflow/Recorder"
import type { BadRecord, Refusal } from "./errors.ts"
import { NotRecordable, RunSuspended } from "./errors.ts"
import * as errors from "./internal/errors.ts"
import type { History } from "./History.ts"
import * as end from "./internal/end.ts"
import { hashOf } from "./internal/graph.ts"
import type { Values } from "./internal/json.ts"
import { encode } from "./internal/json.ts"
import { patient } from "./internal/patient.ts"
import type { Replayed } from "./internal/replay.ts"
import type { Payload } from "./internal/serve.ts"
import { serve } from "./internal/serve.ts"
import type { IdempotencyKey, Waits } from "./Waits.ts"

/**
 * A flow that is run durably: how to begin its runs and to look after them
 * (a client), and to serve them (a worker).
 *
 * **Details**
 *
 * - `execute(store)`: begins a run and waits for its end, over restarts of workers.
 *   With the same idempotency key it is the same run, which is not begun again.
 * - `start(store)`: begins a run and gives its id at once.
 * - `result(run)`: waits for the end of a run; also of one that nobody has begun yet, so
 *   give it an `Effect.timeout` where the id may be wrong.
 * - `poll(run)`: how it is now.
 * - `interrupt(run)`: ends a run; what is to be compensated is.
 * - `resume(run)`: goes on with a run that has been suspended, once what was wrong
 *   is right.
 * - `layer`: a worker. It needs an engine, and what the nodes need.
 * - `graph`: the hash of the graph and the version, which each run is bound to.
 *
 * @see {@link make}
 * @category models
 * @since 0.1.0
 */
export interface Workflow<S extends Store.Any, A extends string, out E, out R> {
  readonly name: string
  readonly version: string
  readonly graph: string
  readonly flow: Flow.Step<S, A, unknown, unknown>
  readonly execute: (
    store: Store.Init<S>
  ) => Effect.Effect<Flow.Run<Store.Type<S>, A>, E | NotRecordable | Halted, WorkflowEngine>
  readonly start: (store: Store.Init<S>) => Effect.Effect<string, never, WorkflowEngine>
  readonly result: (
    run: string
  ) => Effect.Effect<Flow.Run<Store.Type<S>, A>, E | NotRecordable | Halted, WorkflowEngine>
  readonly poll: (run: string) => Effect.Effect<Status<Store.Type<S>, A, E>, never, WorkflowEngine>
  readonly interrupt: (run: string) => Effect.Effect<void, never, WorkflowEngine>
  readonly resume: (run: string) => Effect.Effect<void, never, WorkflowEngine>
  readonly layer: Layer.Layer<never, never, R | WorkflowEngine | History>
  /** @internal */
  readonly internal: {
    /** Begins a fork, with states. */
    readonly fork: (
      key: string,
      state: unknown,
      from: { readonly run: string; readonly step: number; readonly edited?: unknown }
    ) => Effect.Effect<string, never, WorkflowEngine>
    readonly replayed: Replayed
  }
}

/**
 * Why a run does not go on, until somebody resumes it.
 *
 * **Details**
 *
 * `OtherGraph`, `BadRecord` or `RunSuspended`. What `execute` and `result` fail with is
 * this, `NotRecordable`, and the errors of the nodes: each is caught by its tag.
 *
 * @category errors
 * @since 0.1.0
 */
export type Halted = Refusal | RunSuspended

/**
 * How a run is.
 *
 * **Details**
 *
 * - `Running`: it goes on, or has not begun; a run that nobody has started is, too.
 * - `Suspended`: it waits, for an answer or a time; or with a `reason` for somebody
 *   who resumes it.
 * - `Ended`: by the outcome of its flow, an error, or an interruption; by a `BadRecord` of
 *   the record `"end"`, where the schemas of the store or the errors have changed since and
 *   do not fit what was written.
 *
 * @category models
 * @since 0.1.0
 */
export type Status<T, A extends string, E> =
  | { readonly _tag: "Running" }
  | { readonly _tag: "Suspended"; readonly reason: Halted | undefined }
  | { readonly _tag: "Ended"; readonly exit: Exit.Exit<Flow.Run<T, A>, E | NotRecordable | BadRecord> }

/**
 * How runs of another graph are gone on with: their node paths, as they are now
 * called.
 *
 * **Details**
 *
 * `rename` maps the path of a node as it was (`"outer/inner"`) to what it is now; what
 * it does not name is called as before, and what the graph did not have is not looked at. Each node is named by itself: for a flow that
 * is renamed, all nodes in it. What was recorded has to make sense in the new graph:
 * nodes may come after where the runs are, or change inside.
 *
 * That a run has come to the new graph is recorded: a worker of the old one refuses it from
 * then on, and the next migration is from the new one. Visits that were under way keep
 * their idempotency keys, and waits their tokens and times.
 *
 * **Gotchas**
 *
 * - Nodes inside of `all`, `map` and `forEach` keep their names.
 * - A worker that refuses a run suspends it until `resume`: while workers of both graphs
 *   are there, resume what the old ones have refused. Two workers that each migrate to the
 *   graph of the other take turns for ever.
 *
 * @category models
 * @since 0.1.0
 */
export interface Migration {
  readonly rename?: Readonly<Record<string, string>>
}

/**
 * Options of a durable workflow.
 *
 * @see {@link make}
 * @category models
 * @since 0.1.0
 */
export interface Options<S extends Store.Any> {
  readonly name: string
  readonly version: string
  readonly idempotencyKey: (store: Store.Type<S>) => string
  readonly values?: Readonly<Record<string, Schema.Codec<any, any> | Values>> | undefined
  readonly migrate?: Readonly<Record<string, Migration>> | undefined
  readonly suspendOnFailure?: boolean | undefined
}

/** A flow that can fail needs the schema of its errors; it may know more than these. */
type WithError<E, X> = [E] extends [never]
  ? { readonly error?: Schema.Codec<X, any> }
  : {
      readonly error: Schema.Codec<X, any> &
        ([E] extends [X] ? unknown : { readonly mistake: "the flow can fail with errors that this schema lacks" })
    }

/**
 * Makes a durable workflow of a flow.
 *
 * **Details**
 *
 * - `name`: what runs are stored under; it has to stay the same.
 * - `version`: stands for what the graph does not show. A run goes on only with the
 *   graph and the version that it was begun on.
 * - `idempotencyKey`: which initial states are of the same run.
 * - `error`: the schema of the errors that the flow can fail with, if it can (but for
 *   `Flow.WriteConflict` and the `TimeoutError` of `Node.timeout`). It may know more: errors that a batch keeps as results.
 * - `values`: schemas, by the path of the node, for the results of items (and what the
 *   nodes in branches of `Flow.all` give), where they are not plain JSON.
 *   `{ success, error }` for a batch of the mode `"result"`.
 * - `migrate`: how to go on with the runs of other graphs, by their hash.
 * - `suspendOnFailure`: a run that fails (or dies) is suspended, and goes on from the
 *   visit that failed after `resume`.
 *
 * What is recorded of a visit is its action and the patch that it made, by the schema
 * of the store. A visit that was not recorded when its process ended is made again: its
 * `exec` happens at least once, its transition exactly once.
 *
 * **Gotchas**
 *
 * A `prep` that gives a value is a function of the store, and is run again when a run
 * is gone on with; one that reads a clock or a file has to give an Effect. In a branch
 * of `Flow.all`, so is a `post` whose transition has a function.
 *
 * **Example** (A run, and the same run)
 *
 * ```ts
 * import { Effect, Layer, Schema } from "effect"
 * import { Flow, Node, Store } from "effect-pocketflow"
 * import { Durable } from "@effect-pocketflow/durable"
 *
 * const Order = Store.make("Order", { id: Schema.String, paid: Schema.Boolean.pipe(Store.withInitial(false)) })
 * let payments = 0
 * const pay = Node.make(Order, {
 *   exec: () => Effect.sync(() => payments++),
 *   post: () => Order.to("paid", { paid: true })
 * })
 *
 * const orders = Durable.workflow(pay, { name: "orders", version: "1", idempotencyKey: (s) => s.id })
 *
 * const program = Effect.gen(function*() {
 *   const one = yield* orders.execute({ id: "o-1" })
 *   const again = yield* orders.execute({ id: "o-1" })
 *   return [one, again]
 * })
 * const worker = orders.layer.pipe(Layer.provideMerge(Durable.memory))
 *
 * const [one, again] = await Effect.runPromise(Effect.provide(program, worker))
 * one // => { outcome: "paid", store: { id: "o-1", paid: true }, steps: 1 }
 * again // => { outcome: "paid", store: { id: "o-1", paid: true }, steps: 1 }
 * payments // => 1
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <
  const Name extends string,
  Fields extends Schema.Struct.Fields,
  A extends string,
  E,
  R,
  W extends string,
  X = never
>(
  flow: Flow.Step<Store.Store<Name, Fields>, A, E, R, W>,
  options: Options<Store.Store<Name, Fields>> & WithError<Exclude<E, Flow.WriteConflict | Cause.TimeoutError>, X>
): Workflow<Store.Store<Name, Fields>, A, E, Exclude<R, Waits | IdempotencyKey>> => {
  type S = Store.Store<Name, Fields>
  const store = Recorder.storeOf(flow) as S | undefined
  if (store === undefined) {
    throw new TypeError(`the workflow "${options.name}" needs a store: put what is behind a lens into a Flow.make`)
  }
  const graph = hashOf(flow as never, options.version)
  // Ours first: a schema that takes anything would take them for errors of nodes.
  const error = Schema.Union([
    NotRecordable,
    errors.WriteConflict,
    errors.TimeoutError,
    ...((options.error === undefined ? [] : [options.error]) as ReadonlyArray<Schema.Codec<any, any>>)
  ])
  const values = Object.fromEntries(
    Object.entries(options.values ?? {}).map(([path, schema]): [string, Values] => [
      path,
      Schema.isSchema(schema) ? { success: schema } : schema
    ])
  )
  const workflow = EffectWorkflow.make(options.name, {
    // States as JSON: of one that does not fit the store any more, the engine would make a defect.
    payload: {
      key: Schema.String,
      store: Schema.Json,
      from: Schema.optionalKey(
        Schema.Struct({ run: Schema.String, step: Schema.Int, edited: Schema.optionalKey(Schema.Json) })
      )
    },
    // A fork is never the run that it is of, nor another one that begins with such a key.
    idempotencyKey: ({ from, key }) => (from === undefined ? key : `${from.run}/${key}`),
    success: end.lenient(
      Schema.Struct({
        outcome: Schema.String,
        store: store.schema as unknown as Schema.Codec<any, any>,
        steps: Schema.Int
      })
    ),
    error: end.lenient(error),
    annotations: Context.make(EffectWorkflow.SuspendOnFailure, options.suspendOnFailure ?? false)
  })
  const begin = (payload: Payload) => workflow.execute(payload, { discard: true })
  const write = (state: unknown): Schema.Json =>
    Result.getOrThrowWith(
      encode(store.schema as never, state),
      (reason) => new TypeError(`a run of "${options.name}" cannot be begun, its store is not recordable: ${reason}`)
    )
  const payloadOf = (init: Store.Init<S>): Payload => {
    const state = store.schema.make(init as never)
    return { key: options.idempotencyKey(state as never), store: write(state) }
  }
  const poll = (run: string): Effect.Effect<Status<Store.Type<S>, A, E>, never, WorkflowEngine> =>
    Effect.map(workflow.poll(run), (found): Status<any, any, any> => {
      if (Option.isNone(found)) return { _tag: "Running" }
      const result = found.value
      if (result._tag === "Complete") return { _tag: "Ended", exit: end.read(run, result.exit) }
      return { _tag: "Suspended", reason: result.failed === true ? reasonOf(run, result.cause) : undefined }
    })
  /** Looks after a run, until there is something to give. */
  const watch = (run: string, given: (status: Status<any, any, any>) => Effect.Effect<any, any> | undefined) => {
    const look = (pause: number): Effect.Effect<any, any, WorkflowEngine> =>
      Effect.flatMap(
        patient(poll(run)),
        (status) => given(status) ?? Effect.andThen(Effect.sleep(pause), look(Math.min(pause * 1.5, 2000)))
      )
    return Effect.suspend(() => look(50))
  }
  const halted = (status: Status<any, any, any>) =>
    status._tag === "Suspended" && status.reason !== undefined ? Effect.fail(status.reason) : undefined
  return {
    name: options.name,
    version: options.version,
    graph,
    flow,
    execute: (init) =>
      Effect.suspend(() => {
        const payload = payloadOf(init)
        // The engine wakes who waits for the end of a run; that it is halted, it tells nobody.
        return Effect.flatMap(workflow.executionId(payload), (run) =>
          Effect.raceFirst(
            Effect.flatMap(Effect.exit(workflow.execute(payload)), (exit) => end.read(run, exit)),
            watch(run, halted)
          )
        ) as Effect.Effect<any, any, WorkflowEngine>
      }),
    start: (init) => Effect.suspend(() => begin(payloadOf(init))),
    result: (run) => watch(run, (status) => (status._tag === "Ended" ? status.exit : halted(status))),
    poll,
    interrupt: workflow.interrupt.bind(workflow),
    resume: workflow.resume.bind(workflow),
    layer: serve(workflow, { flow, store, graph, error, values, options }) as never,
    internal: {
      fork: (key, state, { edited, ...from }) =>
        Effect.suspend(() =>
          begin({
            key,
            store: write(state),
            from: { ...from, ...(edited !== undefined && { edited: write(edited) }) }
          })
        ),
      replayed: {
        name: options.name,
        flow,
        schema: store.schema as never,
        error,
        values,
        graph,
        migrate: options.migrate ?? {}
      }
    }
  }
}

// internal

const decodeRefusal = Schema.decodeUnknownOption(errors.Refusal)

/** Why a run was suspended: what the worker refused, or how it failed. */
const reasonOf = (run: string, cause: Cause.Cause<unknown> | undefined): Halted => {
  const defect = cause === undefined ? undefined : Cause.squash(cause)
  return Option.getOrElse(decodeRefusal(defect), () => {
    const reason = defect instanceof Error ? `${defect.name}: ${defect.message}` : JSON.stringify(defect ?? null)
    return new RunSuspended({ run, reason })
  })
}
