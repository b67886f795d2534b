/**
 * Types of durable workflows: what has to be given, and what is inferred.
 */
import { Durable } from "@effect-pocketflow/durable"
import { Context, Effect, Schema } from "effect"
import type { Layer } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import type * as WorkflowEngine from "effect/workflow/WorkflowEngine"

const Log = Store.make("Log", { lines: Schema.Array(Schema.String), n: Schema.Number.pipe(Store.withInitial(0)) })

class Offline extends Schema.TaggedError<Offline>()("Offline", {}) {}
class Busy extends Schema.TaggedError<Busy>()("Busy", {}) {}
class Model extends Context.Service<Model, { readonly ask: Effect.Effect<string, Offline> }>()("Model") {}

const ask = Node.make(Log, {
  exec: () => Effect.flatMap(Model, ({ ask }) => ask),
  post: (_store, line) => Log.to("asked", { lines: [line] })
})
const answer = Durable.signal("answer", Schema.Boolean)
const wait = Durable.approval(Log, { signal: answer, post: (yes) => (yes ? Log.to("yes") : Log.to("no")) })
const flow = Flow.make(Log, { start: "ask", nodes: { ask, wait }, edges: { ask: { asked: "wait" } } })

const options = { name: "log", version: "1", idempotencyKey: (s: typeof Log.Type) => s.lines.join() } as const

const same =
  <A>(_: A) =>
  <B extends A>(_: [A] extends [B] ? B : never) => {}

// The outcomes and the errors are those of the flow; what durable runs bring is not asked for.
const workflow = Durable.workflow(flow, { ...options, error: Offline })
same<Durable.Workflow<typeof Log, "yes" | "no", Offline, Model>>(workflow)(workflow)
workflow.layer satisfies Layer.Layer<never, never, Model | Durable.Engine>
const run = workflow.execute({ lines: [] })
run satisfies Effect.Effect<
  Flow.Run<typeof Log.Type, "yes" | "no">,
  Offline | Durable.NotRecordable | Durable.Halted,
  WorkflowEngine.WorkflowEngine
>

// The schema of errors may know more.
Durable.workflow(flow, { ...options, error: Schema.Union([Offline, Busy]) })

// @ts-expect-error a flow that can fail needs the schema of its errors
Durable.workflow(flow, options)

// @ts-expect-error the schema lacks an error
Durable.workflow(flow, { ...options, error: Busy })

// A flow that cannot fail needs none.
const quiet = Durable.workflow(wait, options)
quiet satisfies Durable.Workflow<typeof Log, "yes" | "no", never, never>

// @ts-expect-error an initial state that lacks a key
void quiet.start({ n: 1 })

// @ts-expect-error an answer of another type
void answer.answer("" as Durable.Token, "yes")

answer.answer("" as Durable.Token, true) satisfies Effect.Effect<
  void,
  Durable.WrongToken,
  WorkflowEngine.WorkflowEngine
>

// @ts-expect-error a flow that waits does not run in memory without answers
void Effect.runPromise(Flow.run(wait, { lines: [] }))
void Effect.runPromise(Flow.run(wait, { lines: [] }).pipe(Effect.provide(Durable.answered({ answer: true }))))

// @ts-expect-error a node over a store that is not this one is not undone with it
ask.pipe(Durable.compensate((s: { readonly other: string }) => Effect.log(s.other)))

// What undoes a node may need services: the worker asks for them.
class Bin extends Context.Service<Bin, { readonly drop: (line: string) => Effect.Effect<void> }>()("Bin") {}
const undone = ask.pipe(
  Durable.compensate((s: typeof Log.Type) => Effect.flatMap(Bin, ({ drop }) => drop(s.lines.join())))
)
Durable.workflow(undone, { ...options, error: Offline }).layer satisfies Layer.Layer<
  never,
  never,
  Model | Bin | Durable.Engine
>

// What writes to the database may do it in one transaction with its record; but not what waits.
Durable.transactional(ask) satisfies typeof ask
ask.pipe(Durable.transactional) satisfies typeof ask
// @ts-expect-error a node that waits keeps no transaction open
Durable.transactional(wait)
// @ts-expect-error in a pipe neither
wait.pipe(Durable.transactional)

// A deadline needs the other way, whose actions are actions of the node; and the other way a deadline.
const timed = Durable.approval(Log, {
  signal: answer,
  post: (yes) => (yes ? Log.to("yes") : Log.to("no")),
  within: (s) => s.n,
  otherwise: (s) => Log.to("late", { n: s.n + 1 })
})
timed satisfies Node.Node<typeof Log, typeof Log.Type, any, "yes" | "no" | "late", never, Durable.Waits, never, any>
same<"yes" | "no" | "late">(
  null! as typeof timed extends Node.Node<any, any, any, infer A, any, any, any, any> ? A : never
)(null! as "yes" | "no" | "late")
Flow.make(Log, { start: "timed", nodes: { timed, ask }, edges: { timed: { late: "ask" } } })
// @ts-expect-error without a deadline it is never late
Flow.make(Log, { start: "wait", nodes: { wait, ask }, edges: { wait: { late: "ask" } } })
// @ts-expect-error a deadline without another way
Durable.approval(Log, { signal: answer, post: () => Log.to("yes"), within: "3 days" })
// @ts-expect-error another way without a deadline
Durable.approval(Log, { signal: answer, post: () => Log.to("yes"), otherwise: () => Log.to("late") })

// What a run fails with is caught by its tag.
run.pipe(
  Effect.catchTags({
    Offline: () => Effect.succeed("offline" as const),
    NotRecordable: ({ path }) => Effect.succeed(path.join()),
    OtherGraph: ({ found }) => Effect.succeed(found),
    BadRecord: ({ record }) => Effect.succeed(record),
    RunSuspended: ({ reason }) => Effect.succeed(reason)
  })
) satisfies Effect.Effect<unknown, never, WorkflowEngine.WorkflowEngine>
