/**
 * Nodes that work on many items.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Result from "effect/Result"
import type {
  Actions,
  Answer,
  Errors,
  Given,
  ItemOf,
  Items,
  ExecCheck,
  PostCheck,
  PrepCheck,
  NoPromise,
  Services,
  Taken,
  Value,
  Uninferred,
  Work,
  Written
} from "../internal/phases.ts"
import * as step from "../internal/step.ts"
import type { NodeStep } from "../internal/step.ts"
import * as unit from "../internal/unit.ts"
import type { Kept, Node } from "../Node.ts"
import type * as Store from "../Store.ts"

/**
 * Makes a node that does the same for each of many items, in input order.
 *
 * **Details**
 *
 * - `prep(store)` gives an Iterable of items; `exec(item, index)` works on one;
 *   `post(items, results)` gets both as arrays in input order.
 * - `concurrency`: how many items at a time; 1 by default, `"unbounded"` for all.
 * - `mode`: `"fail-fast"` by default: the first failure interrupts the others and
 *   fails the node. With `"result"` no item fails the node, and `results` holds a
 *   `Result` for each.
 *
 * `retry`, `fallback` and `timeout` work on the single item.
 *
 * **Gotchas**
 *
 * In the mode `"result"` the results have the error type of `exec`, so `timeout`
 * and a `fallback` with other errors do not compile: put them inside `exec`.
 *
 * **Example** (Some items fail)
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Result from "effect/Result"
 * import * as Schema from "effect/Schema"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Words = Store.make("Words", {
 *   words: Schema.Array(Schema.String),
 *   lengths: Schema.Array(Schema.Number)
 * })
 *
 * const measure = Node.batch(Words, {
 *   prep: (s) => s.words,
 *   exec: (word) => word === "" ? Effect.fail("empty" as const) : Effect.succeed(word.length),
 *   post: (_words, results) =>
 *     Words.next({ lengths: results.map(Result.getOrElse(() => -1)) }),
 *   concurrency: "unbounded",
 *   mode: "result"
 * })
 *
 * const run = await Effect.runPromise(Flow.run(measure, { words: ["one", "", "three"], lengths: [] }))
 * run.store.lengths // => [3, -1, 5]
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const batch = <
  S extends Store.Any,
  P extends Iterable<any> | Effect.Effect<Iterable<any>, unknown, unknown>,
  X extends Work,
  T extends Answer<S>,
  M extends "fail-fast" | "result" = "fail-fast",
  const D extends Actions<T> = never,
  Prep = unknown,
  Exec = unknown,
  Post = unknown
>(
  store: S,
  options: {
    readonly prep: PrepCheck<Prep, P> & Prep & ((store: Store.Type<S>) => P & NoPromise<P> & Items<P>)
    readonly exec: ExecCheck<Exec, X> & Exec & ((item: ItemOf<P>, index: number) => X)
    readonly post?: PostCheck<Post, T> &
      Post &
      ((items: ReadonlyArray<ItemOf<P>>, results: ReadonlyArray<BatchResult<M, X>>) => T)
    readonly concurrency?: number | "unbounded" | undefined
    readonly mode?: M | undefined
    readonly actions?: ReadonlyArray<D>
  }
): Node<
  S,
  ItemOf<P>,
  Value<X>,
  Taken<Given<S, T>, D>,
  BatchError<M, X>,
  Services<P | X | Given<S, T>>,
  Errors<P | Given<S, T>>,
  Written<Given<S, T>>
> => many("batch", store, options, unit.batch(options))

type BatchResult<M, X> = M extends "result" ? Result.Result<Value<X>, Errors<X>> : Value<X>
type BatchError<M, X> = M extends "result" ? Kept<Errors<X>> : Errors<X>

/**
 * Makes a node that goes through items one after the other, each seeing the
 * result so far.
 *
 * **Details**
 *
 * - `prep(store)` gives an Iterable of items; `exec(acc, item, index)` gives the
 *   next `acc`, of which `initial` is the first; `post(items, acc)` gets the last.
 * - The input of the unit of work, as `fallback` sees it, is `[acc, item]`: a
 *   fallback to `acc` skips the item.
 *
 * **Example** (Chapters that know the earlier ones)
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Book = Store.make("Book", {
 *   titles: Schema.Array(Schema.String),
 *   chapters: Schema.Array(Schema.String)
 * })
 *
 * const write = Node.fold(Book, {
 *   prep: (s) => s.titles,
 *   initial: [] as ReadonlyArray<string>,
 *   exec: (chapters, title) => Effect.succeed([...chapters, `${chapters.length + 1}. ${title}`]),
 *   post: (_titles, chapters) => Book.next({ chapters })
 * })
 *
 * const run = await Effect.runPromise(Flow.run(write, { titles: ["Store", "Node"], chapters: [] }))
 * run.store.chapters // => ["1. Store", "2. Node"]
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const fold = <
  S extends Store.Any,
  P extends Iterable<any> | Effect.Effect<Iterable<any>, unknown, unknown>,
  Acc,
  X extends Effect.Effect<NoInfer<Acc>, unknown, unknown> | Uninferred,
  T extends Answer<S>,
  const D extends Actions<T> = never,
  Prep = unknown,
  Exec = unknown,
  Post = unknown
>(
  store: S,
  options: {
    readonly prep: PrepCheck<Prep, P> & Prep & ((store: Store.Type<S>) => P & NoPromise<P> & Items<P>)
    readonly initial: Acc
    readonly exec: ExecCheck<Exec, X> & Exec & ((acc: Acc, item: ItemOf<P>, index: number) => X)
    readonly post?: PostCheck<Post, T> & Post & ((items: ReadonlyArray<ItemOf<P>>, acc: Acc) => T)
    readonly actions?: ReadonlyArray<D>
  }
): Node<
  S,
  readonly [acc: Acc, item: ItemOf<P>],
  Acc,
  Taken<Given<S, T>, D>,
  Errors<X>,
  Services<P | X | Given<S, T>>,
  Errors<P | Given<S, T>>,
  Written<Given<S, T>>
> => {
  const { exec, initial } = options
  return many("fold", store, { ...options, exec: ([acc, item], index) => exec(acc, item, index) }, unit.fold(initial))
}

// internal

const many = (
  shape: "batch" | "fold",
  store: Store.Any,
  options: {
    readonly prep: (store: any) => any
    readonly exec: (item: any, index: number) => unknown
    readonly post?: (items: any, results: any) => any
    readonly actions?: ReadonlyArray<string>
  },
  arrange: NonNullable<NodeStep["arrange"]>
): any =>
  step.node({
    shape,
    store,
    prep: (snapshot) => {
      const items = options.prep(snapshot)
      return Effect.isEffect(items)
        ? Effect.map(items as Effect.Effect<Iterable<any>>, (items) => Array.from(items))
        : Array.from(items)
    },
    exec: arrange(options.exec as unit.Unit),
    post: options.post,
    actions: options.actions,
    unit: options.exec as unit.Unit,
    arrange
  })
