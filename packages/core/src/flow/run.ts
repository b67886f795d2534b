/**
 * Running a flow: to its end, one visit at a time, or from where it stood.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Ref from "effect/Ref"
import type { InvalidPosition, StepLimitExceeded } from "../errors.ts"
import * as cell from "../internal/cell.ts"
import { launch } from "../internal/launch.ts"
import { Machine } from "../internal/machine.ts"
import { positionOf } from "../internal/position.ts"
import { restore } from "../internal/restore.ts"
import * as step_ from "../internal/step.ts"
import { initial } from "../internal/store.ts"
import type { Position } from "../Position.ts"
import type { Any as AnyStep, Step } from "../Step.ts"
import type * as Store from "../Store.ts"

/**
 * A finished run: how it ended, the state of the store at the end, and how many
 * visits it made (one that failed into an error edge counts).
 *
 * @category models
 * @since 0.1.0
 */
export interface Run<out T, out A extends string> {
  readonly outcome: A
  readonly store: T
  readonly steps: number
}

/**
 * A run that was paused before a node: what `resume` needs to go on.
 *
 * @category models
 * @since 0.1.0
 */
export interface Paused<out T> {
  readonly position: Position
  readonly store: T
}

/**
 * Options of a run.
 *
 * **Details**
 *
 * - `maxSteps`: how many visits the run may make before it fails with
 *   `StepLimitExceeded`; no limit by default. Each run inside `all`, `map` and
 *   `forEach` has the same limit for itself.
 * - `pauseBefore`: pause before each visit of these nodes, given by id (at any
 *   depth) or by path (`"outer/inner"`). An id that the flow does not have is
 *   `InvalidPosition`.
 *
 * @category models
 * @since 0.1.0
 */
export interface RunOptions {
  readonly maxSteps?: number | undefined
  readonly pauseBefore?: ReadonlyArray<string> | undefined
}

/** Whether an option may be there; an optional one may. */
export type MaySet<O, K extends string> = K extends keyof O
  ? [Exclude<O[K], undefined>] extends [never]
    ? false
    : true
  : false

/** A type parameter swallows what is no option. */
export type OnlyOptions<O, Known> = {
  readonly [K in Exclude<keyof O, keyof Known>]: `there is no option "${K & string}"`
}

/** That a run may be paused, if its options say so. */
export type Pausing<S extends Store.Any, O> = MaySet<O, "pauseBefore"> extends true ? Paused<Store.Type<S>> : never

/**
 * The errors that the options of a run bring.
 *
 * @category utility types
 * @since 0.1.0
 */
export type Limits<O> =
  | (MaySet<O, "maxSteps"> extends true ? StepLimitExceeded : never)
  | (true extends MaySet<O, "pauseBefore"> | MaySet<O, "from"> ? InvalidPosition : never)

/**
 * Runs a step on a store to its end: an ordinary Effect.
 *
 * **Details**
 *
 * `store` is the initial state; keys with a constructor default may be left out.
 * With `pauseBefore` the run may give `Paused` in place of `Run`; see `isPaused`.
 *
 * **Errors**
 *
 * Those of the nodes, as they are. `siteOf` tells where in the flow a failure
 * happened. `StepLimitExceeded` with `maxSteps`, `InvalidPosition` with
 * `pauseBefore`. An initial state that the schema refuses (types rule that out,
 * but for checks such as a pattern) is a defect, `InvalidStore`: read what comes
 * from outside by `Store.decode`, where it is an error.
 *
 * **Gotchas**
 *
 * After a failure the store of the run is gone with it; use `runRef` to read
 * what had been committed.
 *
 * **Example** (Run to the end)
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Greeting = Store.make("Greeting", { name: Schema.String, text: Schema.optionalKey(Schema.String) })
 * const greet = Node.make(Greeting, { post: (s) => Greeting.to("greeted", { text: `Hello, ${s.name}!` }) })
 *
 * const run = await Effect.runPromise(Flow.run(greet, { name: "Ada" }))
 * run // => { outcome: "greeted", store: { name: "Ada", text: "Hello, Ada!" }, steps: 1 }
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const run = <S extends Store.Any, A extends string, E, R, W extends string, const O extends RunOptions = {}>(
  self: Step<S, A, E, R, W>,
  store: NoInfer<Store.Init<S>>,
  options?: O & OnlyOptions<O, RunOptions>
): Effect.Effect<Run<Store.Type<S>, A> | Pausing<S, O>, E | Limits<O>, R> =>
  Effect.suspend(() => {
    const root = step_.reveal(self)
    return launch(root, cell.fromValue(initial(root.store, store)), options)
  })

/**
 * Runs a step on the caller's own `Ref`, and gives its outcome.
 *
 * **Details**
 *
 * Each committed transition is visible in the `Ref` at once. After a failure or
 * an interruption it holds all that was committed before, and nothing half done.
 *
 * **Example** (What was committed before the failure)
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Ref from "effect/Ref"
 * import * as Schema from "effect/Schema"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Log = Store.make("Log", { lines: Schema.Array(Schema.String) })
 * const write = Node.make(Log, { post: () => Log.next((s) => ({ lines: [...s.lines, "written"] })) })
 * const fail = Node.make(Log, { exec: () => Effect.fail("disk full") })
 *
 * const program = Effect.gen(function*() {
 *   const ref = yield* Ref.make(Log.schema.make({ lines: [] }))
 *   yield* Effect.ignore(Flow.runRef(Flow.sequence(Log, { write, fail }), ref))
 *   return yield* Ref.get(ref)
 * })
 *
 * await Effect.runPromise(program) // => { lines: ["written"] }
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const runRef = <
  S extends Store.Any,
  A extends string,
  E,
  R,
  W extends string,
  const O extends Pick<RunOptions, "maxSteps"> = {}
>(
  self: Step<S, A, E, R, W>,
  ref: Ref.Ref<Store.Type<S>>,
  options?: O & OnlyOptions<O, Pick<RunOptions, "maxSteps">>
): Effect.Effect<A, E | Limits<O>, R> =>
  Effect.map(
    Effect.suspend(() => launch(step_.reveal(self), cell.fromRef(ref), options)),
    ({ outcome }) => outcome
  )

/**
 * Tells whether a run was paused.
 *
 * @category guards
 * @since 0.1.0
 */
export const isPaused = <T>(self: Run<T, string> | Paused<T>): self is Paused<T> => "position" in self

/**
 * What one small step leads to, if the run goes on.
 *
 * @category models
 * @since 0.1.0
 */
export interface Next<out T> extends Paused<T> {
  readonly _tag: "Next"
}

/**
 * What one small step leads to, if it was the last.
 *
 * @category models
 * @since 0.1.0
 */
export interface Done<out T, out A extends string> {
  readonly _tag: "Done"
  readonly outcome: A
  readonly store: T
}

/**
 * The position at which a step begins.
 *
 * @category small steps
 * @since 0.1.0
 */
export const start = (self: AnyStep): Position => {
  const machine = new Machine(cell.fromValue(undefined), {})
  machine.enter(step_.reveal(self))
  return positionOf(machine)
}

/**
 * The small step that gives a flow its meaning: one visit of one node.
 *
 * **Details**
 *
 * From a position and a store to the next position and store, or to the outcome.
 * `run` is this, repeated; so are streams, pauses and durable runs. The work on
 * the state of one position costs as much as the number of different nodes
 * visited so far.
 *
 * **Example** (Fold a flow by hand)
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Counter = Store.make("Counter", { n: Schema.Number })
 * const add = Node.make(Counter, { post: () => Counter.next((s) => ({ n: s.n + 1 })) })
 * const flow = Flow.sequence(Counter, { first: add, second: add })
 *
 * const one = await Effect.runPromise(Flow.step(flow)(Flow.start(flow), { n: 0 }))
 * one._tag === "Next" ? one.position.path : one // => ["second"]
 * one.store // => { n: 1 }
 * ```
 *
 * @category small steps
 * @since 0.1.0
 */
export const step =
  <S extends Store.Any, A extends string, E, R, W extends string>(self: Step<S, A, E, R, W>) =>
  (
    position: Position,
    store: NoInfer<Store.Type<S>>
  ): Effect.Effect<Next<Store.Type<S>> | Done<Store.Type<S>, A>, E | InvalidPosition, R> =>
    Effect.suspend(() => {
      const machine = restore(step_.reveal(self), cell.fromValue(store), position, {})
      if (!(machine instanceof Machine)) return Effect.fail(machine)
      machine.single = true
      return Effect.map(machine.run, () =>
        machine.outcome === undefined
          ? { _tag: "Next", position: positionOf(machine), store: machine.root.get() }
          : { _tag: "Done", outcome: machine.outcome as A, store: machine.root.get() }
      )
    })

/**
 * Goes on with a run from a position and the store it had there.
 *
 * **Details**
 *
 * Options and result are those of `run`; `steps` counts on from the position. The
 * node that is next is visited even if `pauseBefore` names it. The store is taken
 * as it is; `Store.decode` reads one that comes from outside.
 *
 * **Errors**
 *
 * Besides those of `run`, `InvalidPosition` for a position that the flow does
 * not have.
 *
 * **Example** (A human in the loop)
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Post = Store.make("Post", { text: Schema.String, approved: Schema.Boolean })
 * const draft = Node.make(Post, { post: () => Post.next({ text: "a draft" }) })
 * const publish = Node.make(Post, { post: (s) => s.approved ? Post.to("published") : Post.to("refused") })
 * const flow = Flow.sequence(Post, { draft, publish })
 *
 * const program = Effect.gen(function*() {
 *   const paused = yield* Flow.run(flow, { text: "", approved: false }, { pauseBefore: ["publish"] })
 *   if (!Flow.isPaused(paused)) return paused.outcome
 *   // To come back in another process, keep the position (it is JSON) and Store.encode's store.
 *   const done = yield* Flow.resume(flow, paused.position, { ...paused.store, approved: true })
 *   return done.outcome
 * })
 *
 * await Effect.runPromise(program) // => "published"
 * ```
 *
 * @category small steps
 * @since 0.1.0
 */
export const resume = <S extends Store.Any, A extends string, E, R, W extends string, const O extends RunOptions = {}>(
  self: Step<S, A, E, R, W>,
  position: Position,
  store: NoInfer<Store.Type<S>>,
  options?: O & OnlyOptions<O, RunOptions>
): Effect.Effect<Run<Store.Type<S>, A> | Pausing<S, O>, E | Limits<O> | InvalidPosition, R> =>
  Effect.suspend(() => launch(step_.reveal(self), cell.fromValue(store), options, { position }))
