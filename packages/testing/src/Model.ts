/**
 * The reference model: what a flow means, as plainly as it can be said.
 *
 * It interprets a `Spec` by a loop and recursion, one thing after the other,
 * without fibers, retries or interruption, and says what the runtime has to
 * do: the outcome or the failure and where it happened, the store, the steps, and
 * what each node saw and tried. It follows the rules of what flows mean, not the
 * runtime.
 *
 * @since 0.1.0
 */
import { choose, fallbackNumber, failureNumber, joinMap, lines, mix, resultOf } from "./internal/arithmetic.ts"
import type { Sample } from "./internal/sample.ts"
import type { Transition, View } from "./internal/view.ts"
import { swapped, viewOf } from "./internal/view.ts"
import type { Batch, Concurrency, Fan, Node, Spec, Work } from "./Spec.ts"

/**
 * Where a flow fails: as `Flow.siteOf` tells it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Site {
  readonly path: ReadonlyArray<string>
  readonly phase: "prep" | "exec" | "post"
  readonly attempt: number
  readonly item: number | undefined
}

/**
 * What a run has to come to.
 *
 * **Details**
 *
 * `trace` holds the lines of `Spec.Recorder` that have to be there, in no order;
 * `possible` those that may be there, of siblings of what failed: how far these
 * came depends on scheduling.
 *
 * @category models
 * @since 0.1.0
 */
export interface Expected {
  readonly end:
    | { readonly outcome: string; readonly steps: number }
    | { readonly error: "Oops" | "Busy" | "WriteConflict" | "Boom"; readonly site: Site }
  readonly store: Sample
  readonly trace: ReadonlyArray<string>
  readonly possible: ReadonlyArray<string>
}

/**
 * Tells what a flow has to do.
 *
 * **Gotchas**
 *
 * A spec has to be one whose result does not depend on scheduling, as those of
 * `Arbitraries.flow` are: of what runs at once, at most one may fail, and runs of
 * a `forEach` that go on at once only `add`.
 *
 * **Example** (Two failures and a success)
 *
 * ```ts
 * import { Model } from "@effect-pocketflow/testing"
 *
 * const expected = Model.run({ kind: "node", fails: 2, retries: 2, post: { by: "add", plus: 5 } }, { a: 1, b: 2 })
 * expected.end // => { outcome: "default", steps: 1 }
 * expected.store // => { a: 6, b: 2 }
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const run = (spec: Spec, state: Sample): Expected => {
  const notes: Notes = { trace: [], possible: [] }
  const store = viewOf(state)
  try {
    const { outcome, steps } = runOf(spec, store, { path: [], item: undefined, notes })
    return { end: { outcome, steps }, store: store.get(), ...notes }
  } catch (failure) {
    if (!(failure instanceof Failed)) throw failure
    return { end: { error: failure.error, site: failure.site }, store: store.get(), ...notes }
  }
}

// --- what a run is made of ---------------------------------------------------

interface Notes {
  readonly trace: Array<string>
  readonly possible: Array<string>
}

class Failed {
  readonly error: "Oops" | "Busy" | "WriteConflict" | "Boom"
  readonly site: Site
  constructor(error: Failed["error"], site: Site) {
    this.error = error
    this.site = site
  }
}

/** One run: that of the whole flow, or of a branch, an input or an element inside of a visit. */
interface Run {
  /** Where it takes place. */
  readonly at: { readonly path: ReadonlyArray<string>; readonly item: number | undefined; readonly notes: Notes }
  steps: number
  /** How often each node was visited, by its path. */
  readonly visits: Map<string, number>
  /** The budgets that it is inside of, outermost first. */
  readonly budgets: Array<{ left: number }>
}

const runOf = (spec: Spec, view: View, at: Run["at"]): { readonly outcome: string; readonly steps: number } => {
  const run: Run = { at, steps: 0, visits: new Map(), budgets: [] }
  const outcome = go(spec, view, { run, path: at.path, counted: false })
  return { outcome, steps: run.steps }
}

/** A place in a run: the ids of the nodes so far, and whether the visit to the last of them has been counted. */
interface Place {
  readonly run: Run
  readonly path: ReadonlyArray<string>
  readonly counted: boolean
}

// --- how it goes ----------------------------------------------------------------

/** Does what `spec` says, and gives the action that it ends with. */
const go = (spec: Spec, view: View, place: Place): string => {
  const { path, run } = place
  switch (spec.kind) {
    case "flow": {
      let id = spec.start
      for (;;) {
        const action = go(spec.nodes[id]!, view, { run, path: [...path, id], counted: false })
        const next = spec.edges[id]?.[action]
        if (next === undefined) return action
        id = next
      }
    }
    case "focus":
      return go(spec.inner, swapped(view), place)
    case "mapOutcome": {
      const outcome = go(spec.inner, view, place)
      return spec.outcomes[outcome] ?? outcome
    }
    case "budget": {
      const budget = { left: spec.steps }
      run.budgets.push(budget)
      try {
        return go(spec.inner, view, place)
      } catch (spent) {
        if (spent !== budget) throw spent
        return "spent"
      } finally {
        run.budgets.pop()
      }
    }
    case "catch":
      try {
        return go(spec.inner, view, place)
      } catch (failure) {
        if (!(failure instanceof Failed) || failure.error === "Boom") throw failure
        if (spec.tag !== undefined && spec.tag !== failure.error) throw failure
        made(run)
        view.commit({ action: () => spec.action, patch: (s) => ({ b: mix(s.b) }), writes: [] })
        return spec.action
      }
    case "call": {
      enter(place)
      const { a, b } = view.get()
      const input = { a: b, b: a }
      const own = viewOf(input)
      const before = run.steps
      const outcome = go(spec.inner, own, { ...place, counted: true })
      const inner = own.get()
      const steps = run.steps - before
      view.commit({
        action: () => outcome,
        patch: (s) => ({ a: mix(s.a, input.a, inner.a, inner.b, steps) }),
        writes: []
      })
      return outcome
    }
    default:
      return visit(spec, view, place)
  }
}

/** Control comes to something that is due; unless a budget is spent, of these the outermost ends. */
const enter = ({ counted, path, run }: Place): number => {
  const spent = run.budgets.find((budget) => budget.left <= 0)
  if (spent !== undefined) throw spent
  // Only nodes of flows are counted.
  if (path.length === run.at.path.length) return 0
  const key = path.join("/")
  const visits = (run.visits.get(key) ?? 0) + (counted ? 0 : 1)
  run.visits.set(key, visits)
  return visits - 1
}

const made = (run: Run): void => {
  run.steps++
  for (const budget of run.budgets) budget.left--
}

/** A visit of a node. */
const visit = (spec: Node | Batch | Fan, view: View, place: Place): string => {
  const visit = enter(place)
  const snapshot = view.get()
  const transition = answer(spec, view, snapshot, { ...place, visit, notes: place.run.at.notes })
  // The action is chosen from the store that the transition is applied to.
  const action = transition.action(view.get())
  view.commit(transition)
  made(place.run)
  return action
}

interface Visit extends Place {
  readonly visit: number
  /** Where its lines go. */
  readonly notes: Notes
}

/** What a visit answers with. */
const answer = (spec: Node | Batch | Fan, view: View, snapshot: Sample, at: Visit): Transition => {
  switch (spec.kind) {
    case "node": {
      see(at)
      const fail = trouble(spec, at)
      if (spec.in === "prep") fail()
      const output =
        spec.exec === undefined
          ? work(spec.in === undefined || spec.in === "exec" ? spec : {}, spec, snapshot, at, undefined)
          : mix(snapshot.a, snapshot.b, 0, 0, 0)
      if (spec.in === "post") fail()
      return post(spec, output)
    }
    case "batch":
    case "fold": {
      see(at)
      const results = atOnce(spec.items, spec.kind === "fold" ? 1 : spec.concurrency, at, (item, index, at) =>
        work(item, spec, snapshot, at, index)
      )
      return post(spec, resultOf(results))
    }
    case "all":
      return join(spec, snapshot, at)
    case "map": {
      const runs = atOnce(indices(spec.times), spec.concurrency, at, (i, _index, at) => {
        const own = viewOf({ a: mix(snapshot.a, i), b: snapshot.b })
        const { outcome, steps } = runOf(spec.inner, own, { ...at, item: i })
        return { outcome, steps, store: own.get() }
      })
      return {
        action: () => (spec.follow && runs.at(-1)?.outcome) || "default",
        patch: (s) => ({ a: joinMap(s.a, runs) }),
        writes: []
      }
    }
    case "forEach": {
      const outcomes = atOnce(
        indices(spec.times),
        spec.concurrency,
        at,
        (i, _index, at) => runOf(spec.inner, view, { ...at, item: i }).outcome
      )
      return {
        action: () => (spec.follow && outcomes.at(-1)) || "default",
        patch: (s) => ({ b: mix(s.b, spec.times) }),
        writes: []
      }
    }
  }
}

/** The branches one by one, each on a view of its own; then their transitions on the store, in the order of the branches. */
const join = (spec: Extract<Fan, { readonly kind: "all" }>, snapshot: Sample, at: Visit): Transition => {
  const done = atOnce(
    Object.entries(spec.branches),
    spec.concurrency ?? "unbounded",
    at,
    ([id, branch], _index, at) => {
      const transitions: Array<Transition> = []
      const place = { path: [...at.path, id], item: at.run.at.item, notes: at.notes }
      const { outcome } = runOf(branch, viewOf(snapshot, transitions), place)
      return { id, outcome, transitions }
    }
  )
  const transitions = done.flatMap((branch) => branch.transitions)
  const setBy = new Map<string, string>()
  for (const { id, transitions } of done) {
    for (const key of transitions.flatMap(({ writes }) => writes)) {
      if (setBy.has(key) && setBy.get(key) !== id) throw new Failed("WriteConflict", site(at, "exec"))
      setBy.set(key, id)
    }
  }
  return {
    action: () => (spec.follow === undefined ? "default" : done.find(({ id }) => id === spec.follow)!.outcome),
    patch: (s) => {
      const replayed = viewOf(s)
      for (const transition of transitions) replayed.commit(transition)
      return replayed.get()
    },
    writes: transitions.flatMap(({ writes }) => writes)
  }
}

/**
 * `f` for each item, one by one. Where they run at once, those that did not fail may have done all of it, or less, when
 * another one failed.
 */
const atOnce = <A, B>(
  items: ReadonlyArray<A>,
  concurrency: Concurrency = 1,
  at: Visit,
  f: (item: A, index: number, at: Visit) => B
): ReadonlyArray<B> => {
  let failed: { readonly failure: unknown; readonly notes: Notes } | undefined
  const others: Array<Notes> = []
  const results: Array<B> = []
  for (const [index, item] of items.entries()) {
    const notes: Notes = { trace: [], possible: [] }
    try {
      results.push(f(item, index, { ...at, notes }))
      others.push(notes)
    } catch (failure) {
      failed = { failure, notes }
      // The first failure is the last that is run.
      if (concurrency === 1) break
    }
  }
  const { possible, trace } = at.notes
  const certain = failed === undefined ? others : concurrency === 1 ? [...others, failed.notes] : [failed.notes]
  for (const notes of certain) {
    trace.push(...notes.trace)
    possible.push(...notes.possible)
  }
  if (failed === undefined) return results
  if (concurrency !== 1) for (const notes of others) possible.push(...notes.trace, ...notes.possible)
  throw failed.failure
}

const indices = (length: number): ReadonlyArray<number> => Array.from({ length }, (_, i) => i)

const see = ({ notes, path }: Visit): void => void notes.trace.push(lines.visit(path))

const site = ({ path, run }: Visit, phase: Site["phase"], attempt = 0, item = run.at.item): Site => ({
  path,
  phase,
  attempt,
  item
})

/** A unit of work, with its retries and its fallback. */
const work = (
  unit: Work,
  { fallback, mode, retries = 0 }: { readonly fallback?: boolean; readonly mode?: "result"; readonly retries?: number },
  { a, b }: Sample,
  at: Visit,
  item: number | undefined
): number => {
  for (let attempt = 0; ; attempt++) {
    at.notes.trace.push(lines.attempt(at.path, { attempt, item, visit: at.visit }))
    if (attempt >= (unit.fails ?? 0)) {
      if (unit.dies === true) throw new Failed("Boom", site(at, "exec", attempt, item))
      return mix(a, b, attempt, at.visit, item ?? 0)
    }
    if (attempt < retries) continue
    if (fallback === true) return fallbackNumber
    if (mode === "result") return failureNumber
    throw new Failed(unit.busy === true ? "Busy" : "Oops", site(at, "exec", attempt, item))
  }
}

/** What a phase other than `exec` does that is to fail or to die. */
const trouble = (spec: Node, at: Visit) => (): void => {
  const phase = spec.in!
  if ((spec.fails ?? 0) > 0) throw new Failed(spec.busy === true ? "Busy" : "Oops", site(at, phase))
  if (spec.dies === true) throw new Failed("Boom", site(at, phase))
}

const post = (spec: Node | Batch, output: number): Transition => {
  const { action, decide, update, value } = choose(spec.post, output)
  return {
    action: decide ?? (() => action),
    patch: value === undefined ? update : () => value,
    writes: value === undefined ? [] : [spec.post?.key ?? "a"]
  }
}
