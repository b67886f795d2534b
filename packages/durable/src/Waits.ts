/**
 * What a node of a durable run can do that one in memory cannot: wait for an
 * answer or a time, over restarts, and tell the outside who it is.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as DurableDeferred from "effect/workflow/DurableDeferred"
import type * as WorkflowEngine from "effect/workflow/WorkflowEngine"
import { Node } from "effect-pocketflow"
import type { Store } from "effect-pocketflow"
import { WrongToken } from "./errors.ts"

/**
 * Where an answer goes to: an address, as text.
 *
 * **Gotchas**
 *
 * It is no secret: whoever has it and the database can answer. Check in front of
 * `answer` who may.
 *
 * @category models
 * @since 0.1.0
 */
export type Token = DurableDeferred.Token

/**
 * A value that is sent into a run from outside.
 *
 * **Details**
 *
 * - `wait`: the value; until it is there, the run is suspended. In one visit it is
 *   asked for once.
 * - `answer(token, value)`: sends it, from any process that has the engine (a client
 *   is enough). The first answer counts.
 *
 * **Errors**
 *
 * `WrongToken` where it is no token, or one of another signal: an answer that the run
 * could not read is not sent.
 *
 * @category models
 * @since 0.1.0
 */
export interface Signal<in out A> {
  readonly name: string
  readonly schema: Schema.Codec<A, any>
  readonly wait: Effect.Effect<A, never, Waits>
  readonly answer: (token: Token, value: A) => Effect.Effect<void, WrongToken, WorkflowEngine.WorkflowEngine>
}

/**
 * Suspends a run.
 *
 * **Details**
 *
 * A durable run has it. A run in memory does not, so a flow that waits does not
 * compile there without `answered`.
 *
 * - `signal(signal, request)`: waits for an answer. `request` is run once, with the
 *   token for it.
 * - `sleep(duration)`: waits for a time; once in a visit.
 *
 * **Gotchas**
 *
 * The visit is made again from its beginning once the wait is over. Work that comes
 * before the wait belongs into `request`, or into a node of its own.
 *
 * @category services
 * @since 0.1.0
 */
export class Waits extends Context.Service<
  Waits,
  {
    readonly signal: <A, E, R>(
      signal: Signal<A>,
      request: (token: Token) => Effect.Effect<unknown, E, R>
    ) => Effect.Effect<A, E, R>
    readonly sleep: (duration: Duration.Input) => Effect.Effect<void>
  }
>()("@effect-pocketflow/durable/Waits") {}

/**
 * What stands for one visit (or item) of one run, whatever number of attempts it
 * takes: the key that an outside system is given, so that it does a thing once.
 *
 * **Example** (A payment that is made once)
 *
 * ```ts
 * import { Effect, Layer, Schema } from "effect"
 * import { Flow, Node, Store } from "effect-pocketflow"
 * import { Durable } from "@effect-pocketflow/durable"
 *
 * const Order = Store.make("Order", { id: Schema.String, receipt: Schema.optionalKey(Schema.String) })
 * const pay = Node.make(Order, {
 *   prep: (s) => s.id,
 *   exec: (id) => Effect.map(Durable.IdempotencyKey, (key) => `paid ${id} as ${key}`),
 *   post: (_, receipt) => Order.next({ receipt })
 * })
 *
 * const test = Layer.succeed(Durable.IdempotencyKey, "k-1")
 * const run = await Effect.runPromise(Flow.run(pay, { id: "o-1" }).pipe(Effect.provide(test)))
 * run.store.receipt // => "paid o-1 as k-1"
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class IdempotencyKey extends Context.Service<IdempotencyKey, string>()(
  "@effect-pocketflow/durable/IdempotencyKey"
) {}

/**
 * Makes a signal.
 *
 * @category constructors
 * @since 0.1.0
 */
export const signal = <A>(name: string, schema: Schema.Codec<A, any>): Signal<A> => {
  const self: Signal<A> = {
    name,
    schema,
    wait: Effect.flatMap(Waits, (waits) => waits.signal(self, () => Effect.void)),
    answer: (token, value) =>
      Effect.andThen(
        isOf(name, token),
        DurableDeferred.done(DurableDeferred.make(name, { success: schema }), { token, exit: Exit.succeed(value) })
      )
  }
  return self
}

const parse = Schema.decodeUnknownResult(DurableDeferred.TokenParsed.FromString)

/** A signal waits, in one visit, for what is called like this. @internal */
export const deferredName = (signal: string, key: string): string => `${signal}@${key}`

/** What is wrong about a token for a signal, or about its run. @internal */
export const wrongToken = (signal: string, token: string, run?: string): string | undefined => {
  const parsed = parse(token)
  if (Result.isFailure(parsed)) return "is no token"
  const { deferredName: name, executionId } = parsed.success
  if (!name.startsWith(deferredName(signal, ""))) return "is of another signal"
  return run === undefined || executionId === run ? undefined : "is of another run"
}

const isOf = (signal: string, token: Token): Effect.Effect<void, WrongToken> => {
  const reason = wrongToken(signal, token)
  return reason === undefined ? Effect.void : Effect.fail(new WrongToken({ signal, reason }))
}

/**
 * Makes a node that waits for an answer from outside: a human, another system.
 *
 * **Details**
 *
 * - `signal`: what is waited for; its `answer` sends it.
 * - `request(store, token)`: asks for it (a mail, a row in a table); run once.
 * - `post(answer, store)`: the transition; `store` is the snapshot at the request.
 *
 * The run is suspended meanwhile, over restarts, and takes no memory. What is
 * waited for can also be seen with `waiting` of the workflow.
 *
 * **Example** (Answered in a test)
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Flow, Store } from "effect-pocketflow"
 * import { Durable } from "@effect-pocketflow/durable"
 *
 * const Post = Store.make("Post", { text: Schema.String })
 * const approved = Durable.signal("approved", Schema.Boolean)
 * const approve = Durable.approval(Post, {
 *   signal: approved,
 *   post: (yes) => (yes ? Post.to("publish") : Post.to("drop"))
 * })
 *
 * const run = Flow.run(approve, { text: "Hello" }).pipe(Effect.provide(Durable.answered({ approved: true })))
 * const { outcome } = await Effect.runPromise(run)
 * outcome // => "publish"
 * ```
 *
 * @category nodes
 * @since 0.1.0
 */
export const approval = <S extends Store.Any, A, T extends Store.Transition<S, string, string>, E = never, R = never>(
  store: S,
  options: {
    readonly signal: Signal<A>
    readonly request?: (store: Store.Type<S>, token: Token) => Effect.Effect<unknown, E, R>
    readonly post: (answer: A, store: Store.Type<S>) => T
    readonly actions?: ReadonlyArray<ActionOf<T>>
  }
): Node.Node<S, Store.Type<S>, A, ActionOf<T>, E, R | Waits, never, WrittenOf<T>> =>
  Node.make(store, {
    exec: (snapshot: Store.Type<S>) =>
      Effect.flatMap(Waits, (waits) =>
        waits.signal(options.signal, (token) => options.request?.(snapshot, token) ?? Effect.void)
      ),
    post: (snapshot: Store.Type<S>, answer: A) => options.post(answer, snapshot),
    ...(options.actions !== undefined && { actions: options.actions })
  } as never) as never

type ActionOf<T> = T extends Store.Transition<any, infer A, any> ? A : never
type WrittenOf<T> = T extends Store.Transition<any, any, infer W> ? W : never

/**
 * Makes a node that waits for a time: seconds or months. The run is suspended
 * meanwhile, over restarts.
 *
 * **Details**
 *
 * `duration` may depend on the store. The time runs from the first visit on,
 * whether anybody runs the workflow then or not.
 *
 * **Example** (A reminder after a while)
 *
 * ```ts
 * import { Effect, Layer, Schema } from "effect"
 * import { Flow, Node, Store } from "effect-pocketflow"
 * import { Durable } from "@effect-pocketflow/durable"
 *
 * const Invoice = Store.make("Invoice", { id: Schema.String, reminded: Schema.Boolean.pipe(Store.withInitial(false)) })
 * const flow = Flow.sequence(Invoice, {
 *   wait: Durable.sleep(Invoice, "20 millis"),
 *   remind: Node.make(Invoice, { post: () => Invoice.next({ reminded: true }) })
 * })
 * const invoices = Durable.workflow(flow, { name: "invoices", version: "1", idempotencyKey: ({ id }) => id })
 * const worker = invoices.layer.pipe(Layer.provideMerge(Durable.memory))
 *
 * const run = await Effect.runPromise(invoices.execute({ id: "i-1" }).pipe(Effect.provide(worker)))
 * run.store.reminded // => true
 * ```
 *
 * @category nodes
 * @since 0.1.0
 */
export const sleep = <S extends Store.Any>(
  store: S,
  duration: Duration.Input | ((store: Store.Type<S>) => Duration.Input)
): Node.Node<S, Duration.Input, void, "default", never, Waits> =>
  Node.make(store, {
    prep: (snapshot: Store.Type<S>) => (typeof duration === "function" ? duration(snapshot) : duration),
    exec: (duration: Duration.Input) => Effect.flatMap(Waits, (waits) => waits.sleep(duration))
  } as never) as never

/**
 * Answers all signals at once, and sleeps as the clock of the run does: for runs in
 * memory, and tests.
 *
 * **Details**
 *
 * `answers` are the values by the name of the signal; to wait for another one is a
 * defect.
 *
 * @category layers
 * @since 0.1.0
 */
export const answered = (answers: Readonly<Record<string, unknown>>): Layer.Layer<Waits | IdempotencyKey> =>
  Layer.mergeAll(
    Layer.succeed(Waits, {
      signal: ({ name }, request) =>
        Effect.andThen(
          request("in memory" as Token),
          Effect.suspend(() =>
            Object.hasOwn(answers, name)
              ? Effect.succeed(answers[name] as never)
              : Effect.die(new Error(`nobody answers the signal "${name}"`))
          )
        ),
      sleep: Effect.sleep
    }),
    Layer.succeed(IdempotencyKey, "in memory")
  )
