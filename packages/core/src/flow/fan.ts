/**
 * Many flows in one step: different ones at once (`all`), one over many stores
 * (`map`), one for each element on the shared store (`forEach`).
 *
 * @since 0.1.0
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { WriteConflict } from "../errors.ts"
import type { Flow } from "../Flow.ts"
import * as cell from "../internal/cell.ts"
import { atOnce } from "../internal/concurrent.ts"
import { conflictOf, replay } from "../internal/join.ts"
import type { Machine } from "../internal/machine.ts"
import type {
  Actions,
  Answer,
  Errors,
  Given,
  ItemOf,
  Many,
  PostCheck,
  NoPromise,
  Services,
  Taken,
  Written
} from "../internal/phases.ts"
import * as step from "../internal/step.ts"
import type { AnyStep, NodeStep } from "../internal/step.ts"
import { initial } from "../internal/store.ts"
import { default_, expect } from "../internal/transition.ts"
import type { Transition } from "../internal/transition.ts"
import { forEach as forEachItem } from "../internal/unit.ts"
import type * as Step from "../Step.ts"
import type * as Store from "../Store.ts"
import type { Run } from "./run.ts"

type Concurrency = number | "unbounded"

type OutcomesOf<B> = { readonly [K in keyof B]: Step.Action<B[K]> }

type WrittenBy<B, K extends keyof B> = K extends unknown ? Step.Written<B[K]> : never

type Known<W extends string> = string extends W ? never : W

type KnownBy<B, K extends keyof B> = K extends unknown ? Known<Step.Written<B[K]>> : never

/** The known keys that a branch and another one both set. */
type Overlap<B, K extends keyof B> = KnownBy<B, K> & KnownBy<B, Exclude<keyof B, K>>

// As the bound of `B` (not as what is intersected with it), so that a branch that
// does not fit is the only one that is refused, and that branches may be made in place.
type Disjoint<S extends Store.Any, B> = {
  readonly [K in keyof B]: Step.Over<S> &
    ([Overlap<B, K>] extends [never]
      ? unknown
      : { readonly mistake: `this branch and another one both set the key "${Overlap<B, K>}"` })
}

type NothingVanishes<B> = {
  readonly [K in keyof B]: [Lost<B[K]>] extends [never]
    ? unknown
    : { readonly mistake: `without post, the outcome "${Lost<B[K]>}" would vanish` }
}

type Lost<T> = Exclude<Step.Action<T>, "default">

type Conflict<B> = string extends WrittenBy<B, keyof B> ? WriteConflict : never

/**
 * Runs different steps at once, each on its own view of the store, and joins
 * what they did.
 *
 * **Details**
 *
 * Every branch starts from the same snapshot. At the join the transitions of the
 * branches are replayed on the store in key order (keys that look like integers
 * come first in JavaScript, in their order), whatever finished first, so
 * functions compose and the result does not depend on scheduling. All of it,
 * with the transition of `post`, is one commit: it happens as a whole or not.
 * A `decide` takes the branch's way by the branch's own view; at the join it is
 * asked again, on the joined store, for its patch alone.
 *
 * - `post(outcomes)` gives the transition; without it the action is
 *   `"default"`, and every branch must end in that.
 * - `concurrency`: how many branches at a time; `"unbounded"` by default.
 *
 * **Errors**
 *
 * Those of the branches; the first failure interrupts the others. Two branches
 * that set one key by value do not compile; where the keys are not known to the
 * types (behind a lens, from JSON) it is a `WriteConflict`.
 *
 * **Example** (Two reviews at once)
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Review = Store.make("Review", { notes: Schema.Array(Schema.String), mark: Schema.optionalKey(Schema.Number) })
 *
 * const style = Node.make(Review, { post: () => Review.next((s) => ({ notes: [...s.notes, "style: good"] })) })
 * const facts = Node.make(Review, {
 *   exec: () => Effect.sleep("1 millis"),
 *   post: () => Review.to("checked", (s) => ({ notes: [...s.notes, "facts: right"] }))
 * })
 *
 * const review = Flow.all(Review, { facts, style }, {
 *   post: (outcomes) => Review.to(outcomes.facts, { mark: 1 })
 * })
 *
 * const run = await Effect.runPromise(Flow.run(review, { notes: [] }))
 * run.outcome // => "checked"
 * run.store // => { notes: ["facts: right", "style: good"], mark: 1 }
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const all: {
  <S extends Store.Any, const B extends Disjoint<S, B> & NothingVanishes<B>>(
    store: S,
    branches: B,
    options?: { readonly concurrency?: Concurrency | undefined }
  ): Flow<S, "default", Step.Error<B[keyof B]> | Conflict<B>, Step.Services<B[keyof B]>, Step.Written<B[keyof B]>>
  <
    S extends Store.Any,
    const B extends Disjoint<S, B>,
    U extends Answer<S>,
    const D extends Actions<U> = never,
    Post = unknown
  >(
    store: S,
    branches: B,
    options: {
      readonly post: PostCheck<Post, U> & Post & ((outcomes: OutcomesOf<B>) => U)
      readonly concurrency?: Concurrency | undefined
      readonly actions?: ReadonlyArray<D>
    }
  ): Flow<
    S,
    Taken<U, D>,
    Step.Error<B[keyof B]> | Errors<U> | Conflict<B>,
    Step.Services<B[keyof B]> | Services<U>,
    Step.Written<B[keyof B]> | Written<U>
  >
} = (
  store: Store.Any,
  branches: Readonly<Record<string, Step.Any>>,
  options: {
    readonly post?: (outcomes: any) => unknown
    readonly concurrency?: Concurrency | undefined
    readonly actions?: ReadonlyArray<string>
  } = {}
) => {
  const entries = Object.entries(branches).map(([id, branch]) => [id, step.reveal(branch)] as const)
  return step.node({
    shape: "all",
    store,
    branches: entries,
    actions: options.actions ?? (options.post === undefined ? ["default"] : undefined),
    fan: (snapshot, machine) =>
      atOnce(
        entries,
        ([id, branch]) =>
          Effect.suspend(() => {
            const own = cell.branch(snapshot)
            return Effect.map(machine.child(branch, own, { id }), ({ outcome }) => ({
              id,
              outcome: outcome!,
              transitions: own.transitions
            }))
          }),
        options.concurrency ?? "unbounded"
      ).pipe(
        Effect.flatMap((done) => {
          const conflict = conflictOf(done)
          if (conflict === undefined) return Effect.succeed(done)
          return Effect.fail(new WriteConflict({ key: conflict.path.join("."), branches: conflict.branches }))
        })
      ),
    post: (_snapshot, done: ReadonlyArray<{ id: string; outcome: string; transitions: ReadonlyArray<Transition> }>) => {
      const outcomes = Object.fromEntries(done.map(({ id, outcome }) => [id, outcome]))
      const answer = options.post === undefined ? default_ : options.post(outcomes)
      const transitions = done.flatMap((branch) => branch.transitions)
      return mapValue(answer, (last) => replay(transitions, expect(last)))
    }
  })
}

/**
 * Runs one flow for each of many inputs, each over its own, fresh store: a map
 * and reduce without scratch keys.
 *
 * **Details**
 *
 * - `prep(store)` gives an Iterable of initial states of the inner store.
 * - `post(inputs, runs)` gets these states and the finished runs, in input order.
 * - `concurrency`: how many runs at a time; 1 by default.
 * - `mode`: `"fail-fast"` by default; with `"result"` no run fails the step, and
 *   `runs` holds a `Result` for each.
 *
 * **Example** (Grades of many)
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Student = Store.make("Student", { marks: Schema.Array(Schema.Number), mean: Schema.Number })
 * const grade = Node.make(Student, {
 *   post: (s) => Student.next({ mean: s.marks.reduce((a, b) => a + b, 0) / s.marks.length })
 * })
 *
 * const Class = Store.make("Class", {
 *   marks: Schema.Array(Schema.Array(Schema.Number)),
 *   means: Schema.Array(Schema.Number)
 * })
 * const grades = Flow.map(Class, grade, {
 *   prep: (s) => s.marks.map((marks) => ({ marks, mean: 0 })),
 *   post: (_students, runs) => Class.next({ means: runs.map((run) => run.store.mean) }),
 *   concurrency: "unbounded"
 * })
 *
 * const run = await Effect.runPromise(Flow.run(grades, { marks: [[1, 3], [6]], means: [] }))
 * run.store.means // => [2, 6]
 * ```
 *
 * @see {@link forEach} for many runs on the shared store
 * @category constructors
 * @since 0.1.0
 */
export const map = <
  S extends Store.Any,
  T extends Store.Any,
  A extends string,
  E,
  R,
  W extends string,
  P extends Many<Store.Init<T>>,
  U extends Answer<S>,
  M extends "fail-fast" | "result" = "fail-fast",
  const D extends Actions<U> = never,
  Post = unknown
>(
  store: S,
  flow: Step.Step<T, A, E, R, W>,
  options: {
    readonly prep: (store: Store.Type<S>) => P & NoPromise<P>
    readonly post: PostCheck<Post, U> &
      Post &
      ((
        inputs: ReadonlyArray<Store.Type<T>>,
        runs: ReadonlyArray<M extends "result" ? Result.Result<Run<Store.Type<T>, A>, E> : Run<Store.Type<T>, A>>
      ) => U)
    readonly concurrency?: Concurrency | undefined
    readonly mode?: M | undefined
    readonly actions?: ReadonlyArray<D>
  }
): Flow<S, Taken<U, D>, (M extends "result" ? never : E) | Errors<P | U>, R | Services<P | U>, Written<U>> => {
  const inner = step.reveal(flow)
  return many("map", store, inner, {
    prep: (snapshot) =>
      mapValue(options.prep(snapshot), (inits) => Array.from(inits, (init) => initial(inner.store, init))),
    post: options.post,
    actions: options.actions,
    concurrency: options.concurrency,
    each: (input, index, machine) => {
      const own = cell.fromValue(input)
      const run = Effect.map(machine.child(inner, own, { item: index }), ({ outcome, steps }) => ({
        outcome,
        store: own.get(),
        steps
      }))
      return options.mode === "result" ? resultOf(run, index, machine) : run
    }
  })
}

/**
 * Runs a flow once for each element, all on the shared store: PocketFlow's
 * BatchFlow.
 *
 * **Details**
 *
 * - `params`: the key of the service by which the flow reads its element.
 * - `prep(store)` gives an Iterable of elements.
 * - `post(elements, outcomes)` gives the transition, from the elements and the
 *   outcomes of their runs in input order; `store.next()` without it.
 * - `concurrency`: how many runs at a time; 1 by default.
 *
 * Every transition of every run is committed at once and atomically, so
 * functions lose no update; but a key that runs set by value is the last one's,
 * and runs see each other's writes. Where each run only needs a store of its
 * own, `map` is the better choice.
 *
 * **Example** (A sum on the shared store)
 *
 * ```ts
 * import * as Context from "effect/Context"
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Total = Store.make("Total", { numbers: Schema.Array(Schema.Number), sum: Schema.Number })
 * class Current extends Context.Service<Current, number>()("Current") {}
 *
 * const add = Node.make(Total, {
 *   prep: () => Current,
 *   post: (n) => Total.next((s) => ({ sum: s.sum + n }))
 * })
 * const sum = Flow.forEach(add, { params: Current, prep: (s) => s.numbers, concurrency: "unbounded" })
 *
 * const run = await Effect.runPromise(Flow.run(sum, { numbers: [1, 2, 3], sum: 0 }))
 * run.store.sum // => 6
 * ```
 *
 * @see {@link map} for many runs over stores of their own
 * @category constructors
 * @since 0.1.0
 */
export const forEach = <
  S extends Store.Any,
  A extends string,
  E,
  R,
  W extends string,
  I,
  Shape,
  P extends Many<Shape>,
  U extends Answer<S>,
  const D extends Actions<U> = never,
  Post = unknown
>(
  flow: Step.Step<S, A, E, R, W>,
  options: {
    readonly params: Context.Key<I, Shape>
    readonly prep: (store: Store.Type<S>) => P & NoPromise<P>
    readonly post?: PostCheck<Post, U> & Post & ((elements: ReadonlyArray<ItemOf<P>>, outcomes: ReadonlyArray<A>) => U)
    readonly concurrency?: Concurrency | undefined
    readonly actions?: ReadonlyArray<D>
  }
): Flow<
  S,
  Taken<Given<S, U>, D>,
  E | Errors<P | Given<S, U>>,
  Exclude<R, I> | Services<P | Given<S, U>>,
  W | Written<Given<S, U>>
> => {
  const inner = step.reveal(flow)
  return many("forEach", inner.store, inner, {
    prep: (snapshot) => mapValue(options.prep(snapshot), (elements) => Array.from(elements)),
    post: options.post,
    actions: options.actions,
    concurrency: options.concurrency,
    each: (element, index, machine) =>
      machine.child(inner, machine.cell, { item: index }).pipe(
        Effect.map(({ outcome }) => outcome),
        Effect.provideService(options.params, element)
      )
  })
}

// internal

/** `run` as a Result; but the limit of the whole run is no result. */
const resultOf = (run: Effect.Effect<unknown, any, any>, index: number, machine: Machine) => {
  const result = Effect.matchEffect(run, {
    onFailure: (error) => (error === machine.owner.refusal ? Effect.fail(error) : Effect.succeed(Result.fail(error))),
    onSuccess: (value) => Effect.succeed(Result.succeed(value))
  })
  return machine.recording === undefined ? result : machine.recording.kept(index, result)
}

const many = (
  shape: NodeStep["shape"],
  store: Store.Any | undefined,
  inner: AnyStep,
  options: {
    readonly prep: (snapshot: any) => unknown
    readonly post: ((inputs: any, outputs: any) => unknown) | undefined
    readonly actions: ReadonlyArray<string> | undefined
    readonly concurrency: Concurrency | undefined
    readonly each: (input: any, index: number, machine: Machine) => Effect.Effect<any, any, any>
  }
): any =>
  step.node({
    ...options,
    shape,
    store,
    branches: [["", inner]],
    fan: (inputs: ReadonlyArray<any>, machine) =>
      forEachItem(inputs, (input, index) => options.each(input, index, machine), options.concurrency)
  })

const mapValue = (value: unknown, f: (value: any) => unknown): unknown =>
  Effect.isEffect(value) ? Effect.map(value, f) : f(value)
