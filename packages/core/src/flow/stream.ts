/**
 * Watching a run as a stream of events.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as cell from "../internal/cell.ts"
import { Machine } from "../internal/machine.ts"
import type { Listener } from "../internal/observe.ts"
import { Attempt, Item, Watched } from "../internal/references.ts"
import * as step from "../internal/step.ts"
import { initial } from "../internal/store.ts"
import type { Any as AnyStep, Step } from "../Step.ts"
import type * as Store from "../Store.ts"
import type { Limits, Run, OnlyOptions } from "./run.ts"

/**
 * What happens in a run.
 *
 * **Details**
 *
 * - `Started`: a visit begins.
 * - `Finished`: a visit has committed its transition: its action, and the patch
 *   that it made of the node's own store. A visit that fails only starts. (What
 *   the `post` of a `call` or an error edge commits is no visit; it shows in the
 *   `store` of the next event.)
 * - `Emitted`: a channel was written to, from inside an `exec`.
 * - `Completed`: the run has ended; the last event.
 *
 * `store` is the state of the streamed flow's store after the event; inside
 * `all`, `call` and `map` it changes when they have finished. `step` counts the
 * visits of the run from 0; all that is inside one `all`, `map` or `forEach`
 * has its step. `attempt` counts from 0 (a retry emits its values again), `item`
 * is the index of a batch item, element or input.
 *
 * @category models
 * @since 0.1.0
 */
export type FlowEvent<T, A extends string = string, V = never> =
  | Started<T>
  | Finished<T>
  | (V extends unknown ? Emitted<T, V> : never)
  | Completed<T, A>

interface Visit<out T> {
  readonly path: ReadonlyArray<string>
  readonly step: number
  readonly attempt: number
  readonly item: number | undefined
  readonly store: T
}

/**
 * A visit begins. See `FlowEvent`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Started<out T> extends Visit<T> {
  readonly _tag: "Started"
}

/**
 * A visit has committed its transition. See `FlowEvent`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Finished<out T> extends Visit<T> {
  readonly _tag: "Finished"
  readonly action: string
  readonly patch: Readonly<Record<string, unknown>>
}

/**
 * A channel was written to. See `FlowEvent`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Emitted<out T, out V> extends Visit<T> {
  readonly _tag: "Emitted"
  readonly channel: string
  readonly value: V
}

/**
 * The run has ended. See `FlowEvent`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Completed<out T, out A extends string> extends Run<T, A> {
  readonly _tag: "Completed"
}

/**
 * A way for an `exec` to tell what it is doing, token by token.
 *
 * @category models
 * @since 0.1.0
 */
export interface Channel<in out V> {
  readonly id: string
  /** Writes a value; silent when nobody listens to this channel. */
  readonly emit: (value: V) => Effect.Effect<void>
  /** Tells the events of this channel from others. */
  readonly is: <E extends { readonly _tag: string }>(
    event: E
  ) => event is Extract<E, { readonly _tag: "Emitted"; readonly value: V }> & { readonly channel: ChannelId }
}

/** The id of a channel that is known; a mere string is not, so that other channels' events stay possible. */
type ChannelId = string & { readonly "~effect-pocketflow/Channel": true }

/**
 * Makes a channel: typed values from inside a visit into `stream`.
 *
 * **Details**
 *
 * It can only be written to, so what `exec` gives still depends on nothing but
 * its input. `stream` delivers the channels that are listed in its options, by
 * their ids, which have to differ; without `channels` nothing arrives. A
 * retry of `exec` writes its values again; the events tell the attempt.
 *
 * **Example** (Tokens while a node runs)
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import * as Stream from "effect/Stream"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Chat = Store.make("Chat", { reply: Schema.String })
 * const tokens = Flow.Channel<string>("tokens")
 *
 * const answer = Node.make(Chat, {
 *   exec: () =>
 *     Effect.gen(function*() {
 *       for (const token of ["Hel", "lo"]) yield* tokens.emit(token)
 *       return "Hello"
 *     }),
 *   post: (_store, reply) => Chat.next({ reply })
 * })
 *
 * const heard = Flow.stream(answer, { reply: "" }, { channels: [tokens] }).pipe(
 *   Stream.filter(tokens.is),
 *   Stream.map((event) => event.value),
 *   Stream.runCollect
 * )
 * await Effect.runPromise(heard) // => ["Hel", "lo"]
 * ```
 *
 * @category streaming
 * @since 0.1.0
 */
export const Channel = <V>(id: string): Channel<V> => ({
  id,
  emit: (value) =>
    Effect.withFiber(({ context }) => {
      const watched = Context.get(context, Watched)
      if (watched?.listener === undefined) return Effect.void
      const { listener, path, step } = watched
      const visit = { path, step, attempt: Context.get(context, Attempt), item: Context.get(context, Item) }
      return Effect.asVoid(listener.emit(id, value, visit))
    }),
  is: (event): event is any => event._tag === "Emitted" && (event as unknown as Emitted<unknown, V>).channel === id
})

/**
 * Runs a step and gives what happens as a stream.
 *
 * **Details**
 *
 * The run waits for a consumer that is slower than it (by more than `bufferSize`
 * events, 16 by default), and is interrupted when the consumer stops.
 *
 * - `channels`: the channels whose values are delivered.
 * - `maxSteps`: as in `run`.
 *
 * **Errors**
 *
 * As in `run`, after the events that led there.
 *
 * **Example** (Which node has done what)
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import * as Stream from "effect/Stream"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Counter = Store.make("Counter", { n: Schema.Number })
 * const add = Node.make(Counter, { post: () => Counter.next((s) => ({ n: s.n + 1 })) })
 *
 * const events = Flow.stream(Flow.sequence(Counter, { first: add, second: add }), { n: 0 })
 * const lines = events.pipe(
 *   Stream.map((event) => event._tag === "Completed" ? event.outcome : `${event._tag} ${event.path} ${event.store.n}`),
 *   Stream.runCollect
 * )
 * await Effect.runPromise(lines) // => ["Started first 0", "Finished first 1", "Started second 1", "Finished second 2", "default"]
 * ```
 *
 * @category streaming
 * @since 0.1.0
 */
export const stream = <
  S extends Store.Any,
  A extends string,
  E,
  R,
  W extends string,
  const O extends StreamOptions = {}
>(
  self: Step<S, A, E, R, W>,
  store: NoInfer<Store.Init<S>>,
  options?: O & OnlyOptions<O, StreamOptions>
): Stream.Stream<FlowEvent<Store.Type<S>, A, Heard<O>>, E | Limits<O>, R> =>
  Stream.callback<any, any, R>(
    (queue) =>
      watch(self, store, options as StreamOptions | undefined, (event) => Queue.offer(queue, event)).pipe(
        Effect.andThen((run) => Queue.offer(queue, { _tag: "Completed", ...run })),
        Effect.andThen(Queue.end(queue))
      ),
    { bufferSize: options?.bufferSize ?? 16, strategy: "suspend" }
  )

/**
 * Runs a step to its end as `run` does, and calls `f` with what happens.
 *
 * **When to use**
 *
 * Use to show progress on the way to a result; use `stream` to transform what
 * happens, or to stop early.
 *
 * **Details**
 *
 * `f` gets the events of `stream` but for the last, which is the result. The run
 * waits for it. It must not fail: a failure would be one of the node that is
 * being visited. Options are those of `stream`.
 *
 * **Example** (A line for each node)
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Counter = Store.make("Counter", { n: Schema.Number })
 * const add = Node.make(Counter, { post: () => Counter.next((s) => ({ n: s.n + 1 })) })
 * const lines: Array<string> = []
 *
 * const run = await Effect.runPromise(
 *   Flow.runForEach(Flow.sequence(Counter, { first: add, second: add }), { n: 0 }, (event) =>
 *     Effect.sync(() => lines.push(`${event._tag} ${event.path}`))
 *   )
 * )
 * run.store // => { n: 2 }
 * lines // => ["Started first", "Finished first", "Started second", "Finished second"]
 * ```
 *
 * @category streaming
 * @since 0.1.0
 */
export const runForEach = <
  S extends Store.Any,
  A extends string,
  E,
  R,
  W extends string,
  R2,
  const O extends StreamOptions = {}
>(
  self: Step<S, A, E, R, W>,
  store: NoInfer<Store.Init<S>>,
  f: (event: Exclude<FlowEvent<Store.Type<S>, A, Heard<O>>, Completed<any, any>>) => Effect.Effect<unknown, never, R2>,
  options?: O & OnlyOptions<O, Omit<StreamOptions, "bufferSize">>
): Effect.Effect<Run<Store.Type<S>, A>, E | Limits<O>, R | R2> =>
  watch(self, store, options as StreamOptions | undefined, f)

interface StreamOptions {
  readonly channels?: ReadonlyArray<Channel<any>> | undefined
  readonly maxSteps?: number | undefined
  readonly bufferSize?: number | undefined
}

/** The values of the channels that are listened to. */
type Heard<O extends StreamOptions> = NonNullable<O["channels"]>[number] extends infer C
  ? C extends Channel<infer V>
    ? V
    : never
  : never

// internal

const watch = (
  self: AnyStep,
  store: unknown,
  options: StreamOptions | undefined,
  tell: (event: any) => Effect.Effect<unknown, never, any>
): Effect.Effect<Run<any, any>, any, any> =>
  Effect.contextWith((context: Context.Context<any>) => {
    const root = step.reveal(self)
    const own = cell.fromValue(initial(root.store, store))
    const heard = new Set(options?.channels?.map(({ id }) => id))
    // Whoever listens has the services of the caller, and is no part of the visit.
    const outside = context.pipe(
      Context.add(Watched, Context.get(context, Watched)),
      Context.add(Attempt, Context.get(context, Attempt)),
      Context.add(Item, Context.get(context, Item))
    )
    const event = (fields: object) =>
      Effect.suspend(() => Effect.provideContext(tell({ ...fields, store: own.get() }), outside))
    const listener: Listener = {
      started: (visit) => event({ _tag: "Started", ...visit }),
      finished: (visit, committed) => event({ _tag: "Finished", ...visit, ...committed }),
      emit: (channel, value, visit) =>
        heard.has(channel) ? event({ _tag: "Emitted", ...visit, channel, value }) : Effect.void
    }
    const machine = new Machine(own, { maxSteps: options?.maxSteps, listener })
    machine.enter(root)
    return Effect.map(machine.run, () => ({ outcome: machine.outcome, store: own.get(), steps: machine.steps }))
  })
