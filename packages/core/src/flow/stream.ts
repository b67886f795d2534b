/**
 * Watching a run as a stream of events.
 *
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as cell from "../internal/cell.ts"
import { launch } from "../internal/launch.ts"
import type { Listener } from "../internal/observe.ts"
import { Attempt, Item, Watched } from "../internal/references.ts"
import { isSuccess } from "../internal/settled.ts"
import * as step from "../internal/step.ts"
import { at } from "../internal/restore.ts"
import { initial } from "../internal/store.ts"
import type { Position } from "../Position.ts"
import type { Any as AnyStep, Step } from "../Step.ts"
import type * as Store from "../Store.ts"
import type { Completed, Emitted, FlowEvent, PausedEvent } from "./event.ts"
import type { Limits, MaySet, OnlyOptions, Pausing, Run, RunOptions } from "./run.ts"
import { isPaused } from "./run.ts"

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
 * - `pauseBefore`: as in `run`; a run that is paused ends with the event `Paused`.
 * - `from`: the position to go on from, as `resume` does. `store` is then the whole
 *   store that the run had there.
 *
 * **Errors**
 *
 * As in `run` and `resume`, after the events that led there.
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
  store: NoInfer<Beginning<S, O>>,
  options?: O & OnlyOptions<O, StreamOptions>
): Stream.Stream<FlowEvent<Store.Type<S>, A, Heard<O>> | PausingEvent<S, O>, E | Limits<O>, R> =>
  Stream.callback<any, any, R>(
    (queue) =>
      watch(self, store, options as StreamOptions | undefined, (event) => Queue.offer(queue, event)).pipe(
        Effect.andThen((run) => Queue.offer(queue, { _tag: isPaused(run) ? "Paused" : "Completed", ...run })),
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
 * `f` gets the events of `stream` but for the last, which is the result: a `Run`,
 * or with `pauseBefore` a `Run` or a `Paused`. The run waits for it. Options are
 * those of `stream`.
 *
 * **Errors**
 *
 * As in `run` and `resume`, and those of `f`: they end the run, and no error edge
 * or retry of the flow gets to see them.
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
 * **Example** (A checkpoint after each node)
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Counter = Store.make("Counter", { n: Schema.Number })
 * const add = Node.make(Counter, { post: () => Counter.next((s) => ({ n: s.n + 1 })) })
 * const flow = Flow.sequence(Counter, { first: add, second: add, third: add })
 *
 * const begin: typeof Counter.Type = { n: 0 }
 * const kept: Array<Flow.Paused<typeof Counter.Type>> = []
 * const run = (store: typeof Counter.Type, from?: Flow.Position) =>
 *   Flow.runForEach(
 *     flow,
 *     store,
 *     (event) =>
 *       Effect.sync(() => {
 *         // Inside of a fan there is no position.
 *         if (event._tag === "Started" && event.position) kept.push({ position: event.position, store: event.store })
 *       }),
 *     { from }
 *   )
 *
 * const whole = await Effect.runPromise(run(begin))
 * kept.map(({ position, store }) => `${position.path} ${store.n}`) // => ["first 0", "second 1", "third 2"]
 * // The program was ended in the middle of the third node, say:
 * const { position, store } = kept[2]!
 * const resumed = await Effect.runPromise(run(store, position))
 * resumed // => { outcome: "default", store: { n: 3 }, steps: 3 }
 * whole // => { outcome: "default", store: { n: 3 }, steps: 3 }
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
  E2,
  R2,
  const O extends StreamOptions = {}
>(
  self: Step<S, A, E, R, W>,
  store: NoInfer<Beginning<S, O>>,
  f: (event: Exclude<FlowEvent<Store.Type<S>, A, Heard<O>>, Completed<any, any>>) => Effect.Effect<unknown, E2, R2>,
  options?: O & OnlyOptions<O, Omit<StreamOptions, "bufferSize">>
): Effect.Effect<Run<Store.Type<S>, A> | Pausing<S, O>, E | E2 | Limits<O>, R | R2> =>
  Effect.suspend(() => {
    let failed: Cause.Cause<E2> | undefined
    // An interruption goes through what a visit may do about failures; what it was for is told at the end.
    const tell = (event: any) => {
      if (failed !== undefined) return Effect.interrupt
      const told = f(event)
      if (isSuccess(told)) return told
      return Effect.catchCause(told, (cause) => {
        failed = cause
        return Effect.interrupt
      })
    }
    return Effect.flatMap(Effect.exit(watch(self, store, options as StreamOptions | undefined, tell)), (exit) =>
      failed === undefined ? exit : Effect.failCause(failed)
    )
  })

interface StreamOptions extends RunOptions {
  readonly channels?: ReadonlyArray<Channel<any>> | undefined
  readonly from?: Position | undefined
  readonly bufferSize?: number | undefined
}

/** What a run begins with: an initial state, or the whole state that it had at `from`. */
type Beginning<S extends Store.Any, O> = MaySet<O, "from"> extends true ? Store.Type<S> : Store.Init<S>

type PausingEvent<S extends Store.Any, O> = MaySet<O, "pauseBefore"> extends true ? PausedEvent<Store.Type<S>> : never

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
): Effect.Effect<any, any, any> =>
  Effect.contextWith((context: Context.Context<any>) => {
    const root = step.reveal(self)
    const from = options?.from
    const own = cell.fromValue(from === undefined ? initial(root.store, store) : store)
    const heard = new Set(options?.channels?.map(({ id }) => id))
    // Whoever listens has the services of the caller, and is no part of the visit.
    const outside = context.pipe(
      Context.add(Watched, Context.get(context, Watched)),
      Context.add(Attempt, Context.get(context, Attempt)),
      Context.add(Item, Context.get(context, Item))
    )
    const event = (make: (store: unknown) => object) =>
      Effect.suspend(() => Effect.provideContext(tell(make(own.get())), outside))
    const listener: Listener = {
      started: (visit, position) =>
        event((store) => ({
          _tag: "Started",
          ...visit,
          get position() {
            return position?.()
          },
          store
        })),
      finished: (visit, committed) => event((store) => ({ _tag: "Finished", ...visit, ...committed, store })),
      failed: (visit, caught) => event((store) => ({ _tag: "Failed", ...visit, ...caught, store })),
      emit: (channel, value, visit) =>
        heard.has(channel) ? event((store) => ({ _tag: "Emitted", ...visit, channel, value, store })) : Effect.void
    }
    return launch(root, own, { ...options, listener }, from === undefined ? undefined : at(from))
  })
