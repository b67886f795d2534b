/**
 * What a run has done so far, to be looked at: its recorded steps, the store at each of
 * them, whom it waits for.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { WorkflowEngine } from "effect/workflow/WorkflowEngine"
import type { Store } from "effect-pocketflow"
import { BadRecord } from "./errors.ts"
import { History } from "./History.ts"
import type { Gathered } from "./internal/entries.ts"
import { gather, renamedBy } from "./internal/entries.ts"
import { among } from "./internal/migrate.ts"
import { isInside } from "./internal/prefix.ts"
import * as record from "./internal/record.ts"
import { storeAfter as replay } from "./internal/replay.ts"
import type { Token } from "./Waits.ts"
import type { Workflow } from "./Workflow.ts"

/**
 * A recorded step of a run.
 *
 * **Details**
 *
 * - `index`: its place among the records, from 1: so many there were with it. Attempts that have
 *   failed have one, too, and are no steps.
 * - `name`: what no other step of the run is called.
 * - `path`: the ids of the nodes, outermost first.
 * - `at`: when it began, in epoch milliseconds.
 * - `kind`: `"visit"`; `"item"`, the result of one item; `"error"`, a visit that an error
 *   edge has caught, or a run of a `map` that has failed and is kept as a `Result`; `"budget"`, one that a spent budget has ended; `"prep"`; `"asked"`, that
 *   somebody was asked; `"done"`, something else that was done, such as an undoing.
 * - `action`: the one that a visit or an error edge took.
 *
 * @category models
 * @since 0.1.0
 */
export interface Step {
  readonly index: number
  readonly name: string
  readonly path: ReadonlyArray<string>
  readonly at: number
  readonly kind: "visit" | "item" | "error" | "budget" | "prep" | "asked" | "done"
  readonly action: string | undefined
}

/**
 * A signal that a run waits for.
 *
 * @category models
 * @since 0.1.0
 */
export interface Waiting {
  readonly signal: string
  readonly path: ReadonlyArray<string>
  readonly token: Token
  readonly since: number
}

/**
 * The steps that are recorded of a run, in the order in which they were.
 *
 * **Errors**
 *
 * `BadRecord` for one that cannot be read.
 *
 * **Example** (The steps, and the store after the first)
 *
 * ```ts
 * import { Effect, Layer, Schema } from "effect"
 * import { Flow, Node, Store } from "effect-pocketflow"
 * import { Durable } from "@effect-pocketflow/durable"
 *
 * const Sum = Store.make("Sum", { n: Schema.Number })
 * const add = (m: number) => Node.make(Sum, { post: () => Sum.next((s) => ({ n: s.n + m })) })
 * const sums = Durable.workflow(Flow.sequence(Sum, { one: add(1), ten: add(10) }), {
 *   name: "sums",
 *   version: "1",
 *   idempotencyKey: ({ n }) => String(n)
 * })
 * const worker = sums.layer.pipe(Layer.provideMerge(Durable.memory))
 *
 * const program = Effect.gen(function*() {
 *   const run = yield* sums.start({ n: 0 })
 *   yield* sums.result(run)
 *   const steps = yield* Durable.steps(sums, run)
 *   return [steps.map(({ name }) => name), yield* Durable.storeAfter(sums, run, 1)]
 * })
 *
 * await Effect.runPromise(Effect.provide(program, worker)) // => [["one#0", "ten#1"], { n: 1 }]
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const steps = (
  self: Workflow<any, any, any, any>,
  run: string
): Effect.Effect<ReadonlyArray<Step>, BadRecord, History> =>
  Effect.map(recordsOf(self, run), (records) =>
    records.flatMap(({ name, record: { at, ending, path = [] } }, i) => {
      const kind = kinds[ending._tag]
      return kind === undefined
        ? []
        : [{ index: i + 1, name, path, at, kind, action: "action" in ending ? ending.action : undefined }]
    })
  )

/**
 * The store of a run as it was after so many recorded steps; 0 is where it began.
 *
 * **Details**
 *
 * It is the store of the workflow's flow: what is inside of a `call`, an `all` or a `map`
 * shows in it when that has ended.
 *
 * **Errors**
 *
 * `BadRecord` for records that do not belong to this flow, for a run that has not begun,
 * and for a step that it has not come to.
 *
 * @category running
 * @since 0.1.0
 */
export const storeAfter = <S extends Store.Any, A extends string, E, R>(
  self: Workflow<S, A, E, R>,
  run: string,
  step: number
): Effect.Effect<Store.Type<S>, BadRecord, History> =>
  Effect.flatMap(gathered(self, run), (all) =>
    Effect.andThen(reached(run, all, step), replay(self.internal.replayed, run, all, step))
  )

/**
 * The signals that a run waits for, with the tokens to answer them.
 *
 * **Gotchas**
 *
 * It is what visits have asked for that have not ended. A visit that asks for two is
 * here with both until it has ended; an approval whose time is over, until a worker has
 * taken the other way.
 *
 * **Example** (Answer what is waited for)
 *
 * ```ts
 * import { Effect, Layer, Schema, Stream } from "effect"
 * import { Store } from "effect-pocketflow"
 * import { Durable } from "@effect-pocketflow/durable"
 *
 * const Post = Store.make("Post", { text: Schema.String })
 * const approved = Durable.signal("approved", Schema.Boolean)
 * const approve = Durable.approval(Post, { signal: approved, post: (yes) => Post.to(yes ? "publish" : "drop") })
 * const posts = Durable.workflow(approve, { name: "posts", version: "1", idempotencyKey: ({ text }) => text })
 * const worker = posts.layer.pipe(Layer.provideMerge(Durable.memory))
 *
 * const program = Effect.gen(function*() {
 *   const run = yield* posts.start({ text: "Hello" })
 *   yield* Durable.changes(posts, run).pipe(Stream.takeUntil(({ kind }) => kind === "asked"), Stream.runDrain)
 *   const waiting = yield* Durable.waiting(posts, run)
 *   for (const { token } of waiting) yield* approved.answer(token, true)
 *   const { outcome } = yield* posts.result(run)
 *   return [waiting.map(({ signal }) => signal), outcome]
 * })
 *
 * await Effect.runPromise(Effect.provide(program, worker)) // => [["approved"], "publish"]
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const waiting = (
  self: Workflow<any, any, any, any>,
  run: string
): Effect.Effect<ReadonlyArray<Waiting>, BadRecord, History> =>
  Effect.map(recordsOf(self, run), (records) => {
    const names = new Set(records.filter(({ record }) => record.ending._tag !== "Failed").map(({ name }) => name))
    const hasEnded = (visit: string) => names.has(visit) || isInside(visit, names)
    return records.flatMap(({ name, record: { at, ending, path = [] } }) =>
      ending._tag === "Asked" && !hasEnded(name.slice(0, -`/asked/${ending.signal}`.length))
        ? [{ signal: ending.signal, path, token: ending.token as Token, since: at }]
        : []
    )
  })

/**
 * The steps of a run, as they are recorded, from the first one on until it ends or is
 * halted.
 *
 * **Details**
 *
 * It asks the database again and again, `every` 250 milliseconds by default. Each time
 * costs the more, the longer the run is: it is read as a whole.
 *
 * **Example** (As they come)
 *
 * ```ts
 * import { Effect, Layer, Schema, Stream } from "effect"
 * import { Flow, Node, Store } from "effect-pocketflow"
 * import { Durable } from "@effect-pocketflow/durable"
 *
 * const Sum = Store.make("Sum", { n: Schema.Number })
 * const add = (m: number) => Node.make(Sum, { post: () => Sum.next((s) => ({ n: s.n + m })) })
 * const sums = Durable.workflow(Flow.sequence(Sum, { one: add(1), ten: add(10) }), {
 *   name: "sums",
 *   version: "1",
 *   idempotencyKey: ({ n }) => String(n)
 * })
 * const worker = sums.layer.pipe(Layer.provideMerge(Durable.memory))
 *
 * const program = Effect.gen(function*() {
 *   const run = yield* sums.start({ n: 0 })
 *   return yield* Stream.runCollect(Durable.changes(sums, run, { every: "10 millis" }))
 * })
 *
 * const steps = await Effect.runPromise(Effect.provide(program, worker))
 * steps.map(({ name }) => name) // => ["one#0", "ten#1"]
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const changes = (
  self: Workflow<any, any, any, any>,
  run: string,
  options?: { readonly every?: Duration.Input | undefined }
): Stream.Stream<Step, BadRecord, History | WorkflowEngine> =>
  Stream.suspend(() => {
    // By name: of two that were recorded at once, the one that is seen first may come to stand second.
    const seen = new Set<string>()
    return Stream.paginate(false, (later: boolean) =>
      Effect.gen(function* () {
        if (later) yield* Effect.sleep(options?.every ?? "250 millis")
        const status = yield* self.poll(run)
        const all = yield* steps(self, run)
        const ended = status._tag === "Ended" || (status._tag === "Suspended" && status.reason !== undefined)
        const unseen = all.filter(({ name }) => !seen.has(name))
        for (const { name } of unseen) seen.add(name)
        return [unseen, ended ? Option.none() : Option.some(true)] as const
      })
    )
  })

/**
 * Begins a run that goes on from where another one was after so many steps; with another
 * store, if one is given. Gives its id.
 *
 * **Details**
 *
 * What was recorded up to there is taken over and not done again. `key` is the idempotency
 * key of the new run among the forks of the other: with the same one, it is the same fork,
 * which is not begun again. An edited store takes effect before the next visit; inside of a
 * `call`, `all` or `map`, on what comes after these.
 *
 * **Gotchas**
 *
 * The records of the other run are read, not copied: they have to stay as long as this one
 * goes on. What was taken over is undone by this run, too, if it fails (`compensate`).
 *
 * **Errors**
 *
 * `BadRecord` for a run that has not begun, and for a step that it has not come to.
 *
 * **Example** (From after the first step, with another store)
 *
 * ```ts
 * import { Effect, Layer, Schema } from "effect"
 * import { Flow, Node, Store } from "effect-pocketflow"
 * import { Durable } from "@effect-pocketflow/durable"
 *
 * const Sum = Store.make("Sum", { n: Schema.Number })
 * const add = (m: number) => Node.make(Sum, { post: () => Sum.next((s) => ({ n: s.n + m })) })
 * const sums = Durable.workflow(Flow.sequence(Sum, { one: add(1), ten: add(10) }), {
 *   name: "sums",
 *   version: "1",
 *   idempotencyKey: ({ n }) => String(n)
 * })
 * const worker = sums.layer.pipe(Layer.provideMerge(Durable.memory))
 *
 * const program = Effect.gen(function*() {
 *   const run = yield* sums.start({ n: 0 })
 *   yield* sums.result(run)
 *   const fork = yield* Durable.fork(sums, run, { step: 1, key: "more", store: { n: 500 } })
 *   return (yield* sums.result(fork)).store.n
 * })
 *
 * await Effect.runPromise(Effect.provide(program, worker)) // => 510
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const fork = <S extends Store.Any, A extends string, E, R>(
  self: Workflow<S, A, E, R>,
  run: string,
  options: { readonly step: number; readonly key: string; readonly store?: Store.Type<S> }
): Effect.Effect<string, BadRecord, History | WorkflowEngine> =>
  Effect.gen(function* () {
    const { key, step } = options
    const all = yield* gathered(self, run)
    yield* reached(run, all, step)
    const begun = yield* replay(self.internal.replayed, run, all, 0)
    return yield* self.internal.fork(key, begun, {
      run,
      step,
      ...(options.store !== undefined && { edited: options.store })
    })
  })

// internal

/** All records of a run but the first, by their place. */
const recordsOf = (
  self: Workflow<any, any, any, any>,
  run: string
): Effect.Effect<ReadonlyArray<{ readonly name: string; readonly record: record.Record }>, BadRecord, History> =>
  Effect.flatMap(gathered(self, run), ({ own, taken }) =>
    Effect.forEach([...taken, ...own], ({ json, name }) =>
      Result.match(record.read(json, run), {
        onFailure: (reason) => Effect.fail(new BadRecord({ run, record: name, reason })),
        onSuccess: (record) => Effect.succeed({ name, record })
      })
    )
  )

/** Whether a run has come to a step. */
const reached = (run: string, { beginning, own, taken }: Gathered, step: number): Effect.Effect<void, BadRecord> => {
  const last = taken.length + own.length
  return beginning === undefined || (Number.isInteger(step) && step >= 0 && step <= last)
    ? Effect.void
    : Effect.fail(new BadRecord({ run, record: `step ${step}`, reason: `is not there: the last one is ${last}` }))
}

/** What a worker would make of the records of a run; what it would refuse is looked at as it is. */
const gathered = (
  { internal: { replayed }, name }: Workflow<any, any, any, any>,
  run: string
): Effect.Effect<Gathered, BadRecord, History> =>
  Effect.gen(function* () {
    const found = yield* gather(yield* History, name, run)
    const { graph = replayed.graph } = found
    const known = graph !== replayed.graph && Object.hasOwn(replayed.migrate, graph)
    return known ? renamedBy(found, among(found.nodes, replayed.migrate[graph]!)) : found
  })

const kinds: { readonly [tag: string]: Step["kind"] } = {
  Committed: "visit",
  Item: "item",
  Caught: "error",
  Handled: "error",
  Spent: "budget",
  Cut: "budget",
  Prepared: "prep",
  Asked: "asked",
  Done: "done"
}
