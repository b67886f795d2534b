/**
 * A subflow over a store of its own.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type { Flow } from "../Flow.ts"
import type { Actions, Answer, Errors, PostCheck, NoPromise, Services, Taken, Written } from "../internal/phases.ts"
import * as step from "../internal/step.ts"
import type { Step } from "../Step.ts"
import type * as Store from "../Store.ts"
import type { Run } from "./run.ts"

/**
 * Makes a step that runs a flow over its own, fresh store.
 *
 * **Details**
 *
 * - `prep(store)` gives the initial state of the inner store, or an Effect of it.
 * - `post(input, run)` gets that state and the finished run, and gives a
 *   transition of the outer store, or an Effect of one.
 * - `actions`: the actions of `post` as data; see `Node.make`.
 *
 * The nodes inside are visits of the same run: they show in positions, streams,
 * spans and drawings, and count for `maxSteps` and budgets. (A `Flow.run` inside
 * an `exec` would be one opaque visit.)
 *
 * **Example** (A summary made by its own flow)
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Text = Store.make("Text", { text: Schema.String, words: Schema.Number })
 * const count = Node.make(Text, { post: (s) => Text.next({ words: s.text.split(" ").length }) })
 *
 * const Report = Store.make("Report", { body: Schema.String, length: Schema.optionalKey(Schema.Number) })
 * const measure = Flow.call(Report, count, {
 *   prep: (s) => ({ text: s.body, words: 0 }),
 *   post: (_input, run) => Report.next({ length: run.store.words })
 * })
 *
 * const run = await Effect.runPromise(Flow.run(measure, { body: "four words of text" }))
 * run.store.length // => 4
 * ```
 *
 * @see {@link map} for many runs of one flow
 * @category constructors
 * @since 0.1.0
 */
export const call = <
  S extends Store.Any,
  T extends Store.Any,
  A extends string,
  E,
  R,
  W extends string,
  P extends Store.Init<T> | Effect.Effect<Store.Init<T>, any, any>,
  U extends Answer<S>,
  const D extends Actions<U> = never,
  Post = unknown
>(
  store: S,
  flow: Step<T, A, E, R, W>,
  options: {
    readonly prep: (store: Store.Type<S>) => P & NoPromise<P>
    readonly post: PostCheck<Post, U> & Post & ((input: Store.Type<T>, run: Run<Store.Type<T>, A>) => U)
    readonly actions?: ReadonlyArray<D>
  }
): Flow<S, Taken<U, D>, E | Errors<P | U>, R | Services<P | U>, Written<U>> =>
  step.make({
    kind: "call",
    store,
    inner: step.reveal(flow),
    prep: options.prep,
    post: options.post,
    actions: options.actions
  })
