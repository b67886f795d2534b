/**
 * What a durable runtime plugs into a run: it is asked for the ending of every
 * visit, and gives the recorded one or has the visit made.
 *
 * A run with a recorder is the same run. Where control goes, how often a node
 * was visited, which item is worked on: all of that follows again from the
 * endings, so a run that is begun anew with the same records comes to where it
 * was and goes on from there. It is exported as `effect-pocketflow/Recorder`;
 * `@effect-pocketflow/durable` is what most people want.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Ref from "effect/Ref"
import type { Run } from "./flow/run.ts"
import * as cell from "./internal/cell.ts"
import { launch } from "./internal/launch.ts"
import { unset as unset_ } from "./internal/patch.ts"
import { records } from "./internal/record.ts"
import * as site_ from "./internal/site.ts"
import * as step_ from "./internal/step.ts"
import { initial } from "./internal/store.ts"
import type { Any as AnyStep, Step } from "./Step.ts"
import type * as Store from "./Store.ts"

/**
 * How a visit has ended.
 *
 * **Details**
 *
 * - `Committed`: it took `action` and changed its store by `patch`. In a branch of
 *   `Flow.all`, where a function has made the patch, `again` holds what `post` was
 *   given: the function is asked again at the join.
 * - `Caught`: it failed, and the error edge `frame` steps out has made `action` and
 *   `patch` of it.
 * - `Spent`: the budget `frame` steps out was spent, and the visit was not begun.
 * - `Cut`: the time of the budget `frame` steps out was up, and the visit was cut off.
 * - `Prepared`: not an ending yet: the Effect that `prep` gave has come to `value`.
 *   Recorded only where work that is recorded by itself comes next.
 * - `Handled`: inside `all` or `map` it failed with `error`, and the run went on with that:
 *   an error edge whose function the join asks again, or a run whose `Result` a `map` keeps.
 * - `Failed`: inside `all`, `map` or `forEach` it failed, and what that leads to is
 *   decided outside. Whoever begins the run anew makes such a visit again.
 *
 * @category models
 * @since 0.1.0
 */
export type Ending =
  | {
      readonly _tag: "Committed"
      readonly action: string
      readonly patch: Patch
      readonly again?: { readonly input?: unknown; readonly output?: unknown } | undefined
    }
  | { readonly _tag: "Caught"; readonly frame: number; readonly action: string; readonly patch: Patch }
  | { readonly _tag: "Spent"; readonly frame: number }
  | { readonly _tag: "Cut"; readonly frame: number; readonly patch: Patch }
  | { readonly _tag: "Prepared"; readonly value: unknown }
  | { readonly _tag: "Handled"; readonly error: unknown }
  | { readonly _tag: "Failed" }

/**
 * The keys of a store that are set, or removed where the value is `unset`.
 *
 * @category models
 * @since 0.1.0
 */
export type Patch = Readonly<Record<string, unknown>>

/**
 * The value of a key in a patch that removes it: `Store.unset`.
 *
 * @category models
 * @since 0.1.0
 */
export const unset: unknown = unset_

/**
 * The visit that a recorder is asked about.
 *
 * **Details**
 *
 * - `key`: no two questions of a run have the same one, and a run that is begun
 *   anew asks with the same ones: `"outline#0"`, `"each#1/3/write#0"`.
 * - `prefix` and `index`: the part of the run that asks (itself, a branch, the run
 *   for an item), and how many questions it has asked before.
 * - `path`, `visit`, `item`: as in `Flow.stream`; `visit` is what `Node.Visit` tells.
 * - `annotations`: those of the node; see `annotate`.
 * - `target(frame)`: the state that a patch is of, as it is now, and the store that
 *   knows its schema; `undefined` behind a lens. For a `forEach` the state is
 *   `undefined`, too: its patch is made after the runs inside, and followed without them.
 * - `initial`: the store whose states `prep` makes, one or many.
 *
 * @category models
 * @since 0.1.0
 */
export interface Site {
  readonly key: string
  readonly prefix: string
  readonly index: number
  readonly path: ReadonlyArray<string>
  readonly visit: number
  readonly item: number | undefined
  readonly annotations: Context.Context<never>
  readonly target: (frame?: number) => { readonly store: Store.Any | undefined; readonly state: unknown }
  readonly initial: { readonly store: Store.Any | undefined; readonly many: boolean } | undefined
}

/**
 * A record: what kind of ending it is of, when its visit began (epoch
 * milliseconds), its place among the commits to a store that several runs share at
 * once, and the ending itself, which is read when all that came before it has
 * been applied.
 *
 * @category models
 * @since 0.1.0
 */
export interface Recorded {
  readonly tag: Ending["_tag"]
  readonly at: number
  readonly order: Order | undefined
  readonly ending: Effect.Effect<Ending, any, any>
}

/**
 * The place of a commit among those to a store that the runs of the `forEach` with
 * the key `of` share.
 *
 * @category models
 * @since 0.1.0
 */
export interface Order {
  readonly of: string
  readonly at: number
}

/**
 * Gives the endings of visits.
 *
 * **Details**
 *
 * - `find(site)`: the record of a visit, if there is one.
 * - `record(site, visit)`: the record of a visit; if there is none, it runs
 *   `visit` and records the ending that it gives, with the `order`. A failure of
 *   `visit` fails the run.
 * - `item(site, work)`: the same for the result of one item of a batch or a fold.
 * - `commits(key)`: how many records have an order of `key`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Recorder {
  readonly find: (site: Site) => Effect.Effect<Recorded | undefined, any, any>
  readonly record: (
    site: Site,
    visit: Effect.Effect<{ readonly ending: Ending; readonly order: Order | undefined }, any, any>
  ) => Effect.Effect<Recorded, any, any>
  readonly item: (site: Site, work: Effect.Effect<unknown, any, any>) => Effect.Effect<unknown, any, any>
  readonly commits: (key: string) => number
}

/**
 * The defect of a run for which a record was found that its visit cannot have come to.
 *
 * **Details**
 *
 * `key` is that of the site, `reason` goes on from "the record": `"is of another flow"`,
 * `"is of a budget that is not there"`. The store is as it was before the record.
 *
 * @category errors
 * @since 0.1.0
 */
export const ForeignRecord = site_.ForeignRecord

/**
 * Runs a step on a store, asking `recorder` about each visit.
 *
 * **Details**
 *
 * `store` is the initial state. `R` says what the visits need; what the recorder
 * needs and fails with comes on top, and is the caller's to know.
 *
 * **Example** (A run that is begun anew)
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { Flow, Node, Store } from "effect-pocketflow"
 * import * as Recorder from "effect-pocketflow/Recorder"
 *
 * const Counter = Store.make("Counter", { n: Schema.Number })
 * let worked = 0
 * const add = Node.make(Counter, {
 *   exec: () => Effect.sync(() => worked++),
 *   post: () => Counter.next((s) => ({ n: s.n + 1 }))
 * })
 * const flow = Flow.sequence(Counter, { first: add, second: add })
 *
 * const records = new Map<string, Recorder.Recorded>()
 * const recorder: Recorder.Recorder = {
 *   find: ({ key }) => Effect.succeed(records.get(key)),
 *   record: ({ key }, visit) =>
 *     Effect.map(visit, ({ ending, order }) => {
 *       const recorded = { tag: ending._tag, at: 0, order, ending: Effect.succeed(ending) }
 *       records.set(key, recorded)
 *       return recorded
 *     }),
 *   item: (_site, work) => work,
 *   commits: () => 0
 * }
 *
 * await Effect.runPromise(Recorder.run(flow, { n: 0 }, recorder)) // => { outcome: "default", store: { n: 2 }, steps: 2 }
 * await Effect.runPromise(Recorder.run(flow, { n: 0 }, recorder)) // => { outcome: "default", store: { n: 2 }, steps: 2 }
 * Array.from(records.keys()) // => ["first#0", "second#1"]
 * worked // => 2
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const run = <S extends Store.Any, A extends string, E, R, W extends string>(
  self: Step<S, A, E, R, W>,
  store: NoInfer<Store.Init<S>>,
  recorder: Recorder
): Effect.Effect<Run<Store.Type<S>, A>, E, R> =>
  Effect.suspend(() => {
    const root = step_.reveal(self)
    return launch(root, cell.fromValue(initial(root.store, store)), { records: records(recorder) })
  })

/**
 * The same on the caller's own `Ref`; gives the outcome. See `Flow.runRef`.
 *
 * @category running
 * @since 0.1.0
 */
export const runRef = <S extends Store.Any, A extends string, E, R, W extends string>(
  self: Step<S, A, E, R, W>,
  ref: Ref.Ref<Store.Type<S>>,
  recorder: Recorder
): Effect.Effect<Omit<Run<Store.Type<S>, A>, "store">, E, R> =>
  Effect.suspend(() => launch(step_.reveal(self), cell.fromRef(ref), { records: records(recorder) }))

/**
 * Adds an annotation to a node, for a recorder to see in its sites. Everything else
 * about the node stays as it is, and `Node.retry` and the like keep it.
 *
 * @category annotations
 * @since 0.1.0
 */
export const annotate = <N extends AnyStep, I, V>(self: N, key: Context.Key<I, V>, value: V): N => {
  const step = step_.reveal(self)
  if (step.kind !== "node") throw new TypeError("only a node can be annotated")
  return step_.node({ ...step, annotations: Context.add(step.annotations as Context.Context<any>, key, value) })
}

/**
 * The nodes of a flow that have an annotation, by their path in `Site.path`, joined
 * with `/`.
 *
 * @category annotations
 * @since 0.1.0
 */
export const annotated = <I, V>(
  self: AnyStep,
  key: Context.Key<I, V>
): ReadonlyMap<string, { readonly value: V; readonly store: Store.Any | undefined }> => {
  const found = new Map<string, { readonly value: V; readonly store: Store.Any | undefined }>()
  const rest: Array<readonly [step: step_.AnyStep, path: ReadonlyArray<string>]> = [[step_.reveal(self), []]]
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const [step, path] = next
    if (step.kind === "flow") {
      for (const { id, step: inner } of step.nodes.values()) rest.push([inner, [...path, id]])
    } else if (step.kind === "node") {
      const value = Context.getOrUndefined(step.annotations as Context.Context<I>, key)
      if (value !== undefined) found.set(path.join("/"), { value, store: step.store })
      for (const [id, branch] of step.branches) rest.push([branch, id === "" ? path : [...path, id]])
    } else {
      rest.push([step.inner, path])
    }
  }
  return found
}

/**
 * The store that a step works on; `undefined` for a step behind a lens, which
 * fits any store of that shape.
 *
 * @category running
 * @since 0.1.0
 */
export const storeOf = (self: AnyStep): Store.Any | undefined => step_.reveal(self).store
