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
import * as Option from "effect/Option"
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
 *   asked for once: to wait again, as a retry does, gives the same answer.
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
 * - `signalWithin(signal, request, within)`: waits for an answer, but not for longer
 *   than that, from `request` on; then there is none. What comes first is stored, and
 *   stays: the answer or the end of the time.
 * - `sleep(duration)`: waits for a time. The second one in a visit is another one.
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
    readonly signalWithin: <A, E, R>(
      signal: Signal<A>,
      request: (token: Token) => Effect.Effect<unknown, E, R>,
      within: Duration.Input
    ) => Effect.Effect<Option.Option<A>, E, R>
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
 * **Example** (Waited for in a node)
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Flow, Node, Store } from "effect-pocketflow"
 * import { Durable } from "@effect-pocketflow/durable"
 *
 * const Order = Store.make("Order", { price: Schema.Number })
 * const priced = Durable.signal("priced", Schema.Number)
 * const price = Node.make(Order, { exec: () => priced.wait, post: (_, price) => Order.next({ price }) })
 *
 * const run = Flow.run(price, { price: 0 }).pipe(Effect.provide(Durable.answered({ priced: 30 })))
 * const { store } = await Effect.runPromise(run)
 * store.price // => 30
 * ```
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
      Effect.flatMap(kindOf(name, token), (timed) =>
        timed
          ? DurableDeferred.done(timedDeferred(name, schema), { token, exit: Exit.succeed({ answer: value }) })
          : DurableDeferred.done(DurableDeferred.make(name, { success: schema }), { token, exit: Exit.succeed(value) })
      )
  }
  return self
}

const parse = Schema.decodeUnknownResult(DurableDeferred.TokenParsed.FromString)

/** A signal waits, in one visit, for what is called like this. @internal */
export const deferredName = (signal: string, key: string): string => `${encodeURIComponent(signal)}@${key}`

/**
 * What is done by an answer or by a clock of this name, whichever is first: the engine
 * keeps one value of one name. A clock does what is called like this.
 */
const timedPrefix = "DurableClock/"

/** @internal */
export const timedDeferred = <A>(clock: string, schema: Schema.Codec<A, any>) =>
  DurableDeferred.make(`${timedPrefix}${clock}`, {
    // A clock gives nothing, which an answer may be, too.
    success: Schema.Union([Schema.Struct({ answer: schema }), Schema.Void])
  })

/**
 * Whether the one who asked does not wait forever; or what is wrong about a token for a
 * signal, or about its run.
 *
 * @internal
 */
export const isTimed = (signal: string, token: string, run?: string): Result.Result<boolean, string> => {
  const parsed = parse(token)
  if (Result.isFailure(parsed)) return Result.fail("is no token")
  const { deferredName: name, executionId } = parsed.success
  if (run !== undefined && executionId !== run) return Result.fail("is of another run")
  if (name.startsWith(deferredName(signal, ""))) return Result.succeed(false)
  if (name.startsWith(timedPrefix + deferredName(signal, ""))) return Result.succeed(true)
  return Result.fail("is of another signal")
}

const kindOf = (signal: string, token: Token): Effect.Effect<boolean, WrongToken> =>
  Effect.fromResult(Result.mapError(isTimed(signal, token), (reason) => new WrongToken({ signal, reason })))

/**
 * Makes a node that waits for an answer from outside: a human, another system.
 *
 * **Details**
 *
 * - `signal`: what is waited for; its `answer` sends it.
 * - `request(store, token)`: asks for it (a mail, a row in a table); run once.
 * - `post(answer, store)`: the transition; `store` is the snapshot at the request.
 * - `within` and `otherwise(store)`: how long to wait, from the request on, which may
 *   depend on the store; and the transition if nobody has answered by then.
 *
 * The run is suspended meanwhile, over restarts, and takes no memory. What is
 * waited for can also be seen with `Durable.waiting`.
 *
 * **Gotchas**
 *
 * What is stored first counts, an answer or the end of the time, and nothing changes it
 * later. While no worker is there the time does not end: an answer still counts then.
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
 * **Example** (Another way if nobody answers)
 *
 * ```ts
 * import { Effect, Layer, Schema } from "effect"
 * import { Store } from "effect-pocketflow"
 * import { Durable } from "@effect-pocketflow/durable"
 *
 * const Post = Store.make("Post", { text: Schema.String })
 * const approve = Durable.approval(Post, {
 *   signal: Durable.signal("approved", Schema.Boolean),
 *   post: (yes) => (yes ? Post.to("publish") : Post.to("drop")),
 *   within: "20 millis",
 *   otherwise: () => Post.to("escalate")
 * })
 * const posts = Durable.workflow(approve, { name: "posts", version: "1", idempotencyKey: ({ text }) => text })
 * const worker = posts.layer.pipe(Layer.provideMerge(Durable.memory))
 *
 * const { outcome } = await Effect.runPromise(posts.execute({ text: "Hello" }).pipe(Effect.provide(worker)))
 * outcome // => "escalate"
 * ```
 *
 * @category nodes
 * @since 0.1.0
 */
export const approval = <
  S extends Store.Any,
  A,
  T extends Store.Transition<S, string, string>,
  E = never,
  R = never,
  T2 extends Store.Transition<S, string, string> = never
>(
  store: S,
  options: {
    readonly signal: Signal<A>
    readonly request?: (store: Store.Type<S>, token: Token) => Effect.Effect<unknown, E, R>
    readonly post: (answer: A, store: Store.Type<S>) => T
    readonly actions?: ReadonlyArray<ActionOf<T> | ActionOf<T2>>
  } & (
    | { readonly within?: undefined; readonly otherwise?: undefined }
    | {
        readonly within: Duration.Input | ((store: Store.Type<S>) => Duration.Input)
        readonly otherwise: (store: Store.Type<S>) => T2
      }
  )
): Node.Node<
  S,
  Store.Type<S>,
  [T2] extends [never] ? A : Option.Option<A>,
  ActionOf<T> | ActionOf<T2>,
  E,
  R | Waits,
  never,
  WrittenOf<T> | WrittenOf<T2>
> => {
  const { otherwise, within } = options
  const request = (snapshot: Store.Type<S>) => (token: Token) => options.request?.(snapshot, token) ?? Effect.void
  const rest = options.actions !== undefined && { actions: options.actions }
  if (within === undefined) {
    return Node.make(store, {
      exec: (snapshot: Store.Type<S>) =>
        Effect.flatMap(Waits, (waits) => waits.signal(options.signal, request(snapshot))),
      post: (snapshot: Store.Type<S>, answer: A) => options.post(answer, snapshot),
      ...rest
    } as never) as never
  }
  return Node.make(store, {
    exec: (snapshot: Store.Type<S>) =>
      Effect.flatMap(Waits, (waits) =>
        waits.signalWithin(options.signal, request(snapshot), typeof within === "function" ? within(snapshot) : within)
      ),
    post: (snapshot: Store.Type<S>, answer: Option.Option<A>) =>
      Option.isSome(answer) ? options.post(answer.value, snapshot) : otherwise(snapshot),
    ...rest
  } as never) as never
}

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
 * `answers` are the values by the name of the signal. Nobody answers another one: to
 * wait for it is a defect, unless it is not for longer than a time.
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
      signalWithin: ({ name }, request, within) =>
        Effect.andThen(
          request("in memory" as Token),
          Effect.suspend(() =>
            Object.hasOwn(answers, name)
              ? Effect.succeed(Option.some(answers[name] as never))
              : Effect.as(Effect.sleep(within), Option.none())
          )
        ),
      sleep: Effect.sleep
    }),
    Layer.succeed(IdempotencyKey, "in memory")
  )
