/**
 * Laws of what runs at once, and of what is seen through a lens.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Optic from "effect/Optic"
import { Flow } from "effect-pocketflow"
import type { Store } from "effect-pocketflow"
import * as fc from "fast-check"
import { limit, runOf } from "../internal/observe.ts"
import * as Property from "../Property.ts"
import type { Concurrency } from "../Spec.ts"
import type { Law, Services, Subject } from "./law.ts"
import { agree, make } from "./law.ts"

/**
 * A step that is made with a `concurrency` (a batch, a fan-out) comes to the same
 * at any of them.
 *
 * **Details**
 *
 * It holds where what runs at once shares no writes: always for `Node.batch`,
 * `Flow.map` and `Flow.all` whose work has no effects that its siblings see; for
 * `Flow.forEach` only if the updates of its runs commute. If more than one of
 * them fails, which failure it is depends on who is first.
 *
 * **Example** (A batch)
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Node, Store } from "effect-pocketflow"
 * import { Arbitraries, Laws } from "@effect-pocketflow/testing"
 *
 * const Words = Store.make("Words", { words: Schema.Array(Schema.String) })
 * const law = Laws.concurrency({
 *   flow: (concurrency) =>
 *     Node.batch(Words, {
 *       prep: (s) => s.words,
 *       exec: (word) => Effect.as(Effect.yieldNow, word.toUpperCase()),
 *       post: (_words, words) => Words.next({ words }),
 *       concurrency
 *     }),
 *   states: Arbitraries.state(Words)
 * })
 *
 * await Effect.runPromise(law.check({ runs: 20 }))
 * ```
 *
 * @category fan-outs
 * @since 0.1.0
 */
export const concurrency = <S extends Store.Any, E, R, L = never>(
  subject: {
    readonly flow: (concurrency: Concurrency) => Flow.Step<S, string, E, R>
    readonly states: fc.Arbitrary<Store.Type<S>>
  } & Services<L>
): Law<Exclude<R, L>> => {
  const name = "any concurrency = a concurrency of 1"
  const at = (concurrency: Concurrency) => ({ flow: subject.flow(concurrency), layer: subject.layer })
  return make(name, subject.states, (state, seed) =>
    Effect.gen(function* () {
      const one = yield* runOf(at(1), state, seed)
      for (const concurrency of [2, 3, "unbounded"] as const) {
        yield* agree(name, one, yield* runOf(at(concurrency), state, seed))
      }
    })
  )
}

/**
 * A `Flow.all` comes to the same as its branches one by one, however they are
 * grouped.
 *
 * **Details**
 *
 * It is compared with itself at a concurrency of 1, and with its branches each in
 * a `Flow.all` of its own; a `WriteConflict` is one in all of these. That the
 * transitions are replayed in the order of the branches, each on what the ones
 * before have left, is what `model` says of random branches.
 *
 * **Example** (Two reviews)
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Node, Store } from "effect-pocketflow"
 * import { Arbitraries, Laws } from "@effect-pocketflow/testing"
 *
 * const Review = Store.make("Review", { notes: Schema.Array(Schema.String) })
 * const note = (text: string) => Node.make(Review, { post: () => Review.next((s) => ({ notes: [...s.notes, text] })) })
 *
 * const law = Laws.oneByOne({
 *   store: Review,
 *   branches: { facts: note("right"), style: note("good") },
 *   states: Arbitraries.state(Review)
 * })
 * await Effect.runPromise(law.check({ runs: 20 }))
 * ```
 *
 * @category fan-outs
 * @since 0.1.0
 */
export const oneByOne = <S extends Store.Any, E, R, L = never>(
  subject: {
    readonly store: S
    readonly branches: Readonly<Record<string, Flow.Step<S, "default", E, R>>>
    readonly states: fc.Arbitrary<Store.Type<S>>
  } & Services<L>
): Law<Exclude<R, L>> => {
  const name = "all = the branches one by one"
  const { branches, layer, store } = subject
  const all = (steps: typeof branches, concurrency: Concurrency) => ({
    flow: Flow.all(store, steps as {}, { concurrency }) as Flow.Step<S, string, E, R>,
    layer
  })
  const apart = Object.fromEntries(
    Object.entries(branches).map(([id, branch]) => [id, all({ [id]: branch }, 1).flow])
  ) as typeof branches
  return make(name, subject.states, (state, seed) =>
    Effect.gen(function* () {
      const one: any = yield* runOf(all(branches, 1), state, seed)
      // Which of several failures is the first depends on who is; a conflict of these branches comes after all of them.
      if (one === undefined || (one.success === undefined && !isConflict(one))) return yield* Property.discard
      yield* agree(name, one, yield* runOf(all(branches, "unbounded"), state, seed))
      yield* agree(name, one, yield* runOf(all(apart, "unbounded"), state, seed))
    })
  )
}

/**
 * A focused step does to a part what the step does to a whole, and nothing else;
 * and the lens is one: what was put in is what is got, putting back what was got
 * changes nothing, and the last put counts.
 *
 * **Details**
 *
 * - `flow` is the step over the part, `parts` are states of it; `states` those of
 *   the whole.
 *
 * **Example** (A lens that is none)
 *
 * ```ts
 * import { Effect, Optic, Schema } from "effect"
 * import { Node, Store } from "effect-pocketflow"
 * import { Arbitraries, Laws } from "@effect-pocketflow/testing"
 *
 * const Counter = Store.make("Counter", { n: Schema.Int })
 * const App = Store.make("App", { n: Schema.Int, changes: Schema.Int })
 *
 * const lens = Optic.makeLens<typeof App.Type, typeof Counter.Type>(
 *   ({ n }) => ({ n }),
 *   ({ n }, app) => ({ n, changes: app.changes + 1 }) // changes more than the part
 * )
 * const law = Laws.focus({
 *   flow: Node.make(Counter, {}),
 *   lens,
 *   states: Arbitraries.state(App),
 *   parts: Arbitraries.state(Counter)
 * })
 *
 * const found = await Effect.runPromise(Effect.flip(law.check()))
 * found.message.includes("put what was got") // => true
 * ```
 *
 * @category lenses
 * @since 0.1.0
 */
export const focus = <S, T extends Store.Any, E, R, L = never>(
  subject: {
    readonly flow: Flow.Step<T, string, E, R>
    readonly lens: Optic.Lens<S, Store.Type<T>>
    readonly states: fc.Arbitrary<S>
    readonly parts: fc.Arbitrary<Store.Type<T>>
  } & Services<L>
): Law<Exclude<R, L>> => {
  const name = "focus respects the lens laws"
  const { flow, layer, lens, parts, states } = subject
  const focused = Flow.focus(flow, lens)
  const values = fc.tuple(states, parts, parts)
  return make(name, values, ([whole, part, other], seed) =>
    Effect.gen(function* () {
      yield* agree(`${name}: get what was put`, part, lens.get(lens.replace(part, whole)))
      yield* agree(`${name}: put what was got`, whole, lens.replace(lens.get(whole), whole))
      yield* agree(
        `${name}: the last put counts`,
        lens.replace(part, whole),
        lens.replace(part, lens.replace(other, whole))
      )
      const inner: any = yield* runOf({ flow, layer }, lens.get(whole), seed)
      const outer = yield* runOf({ flow: focused as Flow.Step<any, string, E, R>, layer }, whole, seed)
      const expected =
        inner?.success === undefined
          ? inner
          : { success: { ...inner.success, store: lens.replace(inner.success.store, whole) } }
      yield* agree(name, expected, outer)
    })
  )
}

/**
 * Two flows are the same for whoever runs them: outcome, store and failures.
 *
 * **Details**
 *
 * `steps` and sites are not compared: they are about how it is done.
 *
 * **Example** (Twice is two times)
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Flow, Node, Store } from "effect-pocketflow"
 * import { Arbitraries, Laws } from "@effect-pocketflow/testing"
 *
 * const Counter = Store.make("Counter", { n: Schema.Int })
 * const add = (k: number) => Node.make(Counter, { post: () => Counter.next((s) => ({ n: s.n + k })) })
 *
 * const law = Laws.equivalent("adding twice", {
 *   flow: Flow.sequence(Counter, { once: add(1), again: add(1) }),
 *   to: add(2),
 *   states: Arbitraries.state(Counter)
 * })
 * await Effect.runPromise(law.check())
 * ```
 *
 * @category equivalence
 * @since 0.1.0
 */
export const equivalent = <S extends Store.Any, E, R, L = never>(
  name: string,
  subject: Subject<S, E, R, L> & { readonly to: Flow.Step<S, string, unknown, R> }
): Law<Exclude<R, L>> =>
  make(name, subject.states, (state, seed) =>
    Effect.gen(function* () {
      const to = { flow: subject.to, layer: subject.layer }
      const one = yield* runOf(subject, state, seed)
      const other = yield* runOf(to, state, seed)
      if (one === undefined && other === undefined) return
      // Where one of them has ended, the other one may take more visits for it.
      yield* agree(
        name,
        result(one ?? (yield* runOf(subject, state, seed, long))),
        result(other ?? (yield* runOf(to, state, seed, long)))
      )
    })
  )

/** A conflict of the branches themselves; one inside of a branch is a failure like others. */
const isConflict = (ending: any): boolean => ending?.fail?.name === "WriteConflict" && ending.site.path.length === 0

const long = 10 * limit

const result = (ending: any) => {
  if (ending === undefined) return `no end after ${long} visits`
  const { site: _, success, ...rest } = ending
  return success === undefined ? rest : { outcome: success.outcome, store: success.store }
}
