/**
 * Laws of runs: all ways of running a flow come to the same.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { Flow } from "effect-pocketflow"
import type { Store } from "effect-pocketflow"
import type { Ending } from "../internal/observe.ts"
import { alone, ending, limit, provided, runOf } from "../internal/observe.ts"
import * as Property from "../Property.ts"
import { Deadlock, exploreInterleavings } from "../SeededScheduler.ts"
import type { Law, Subject } from "./law.ts"
import { agree, make } from "./law.ts"

/**
 * `Flow.run` is `Flow.step`, repeated: the same outcome and store, or the same
 * failure at the same place.
 *
 * **Example** (A counter)
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Flow, Node, Store } from "effect-pocketflow"
 * import { Arbitraries, Laws } from "@effect-pocketflow/testing"
 *
 * const Counter = Store.make("Counter", { n: Schema.Int })
 * const add = Node.make(Counter, { post: () => Counter.next((s) => ({ n: s.n + 1 })) })
 * const flow = Flow.sequence(Counter, { one: add, two: add })
 *
 * await Effect.runPromise(Laws.runIsFold({ flow, states: Arbitraries.state(Counter) }).check())
 * ```
 *
 * @category runs
 * @since 0.1.0
 */
export const runIsFold = <S extends Store.Any, E, R, L = never>(subject: Subject<S, E, R, L>): Law<Exclude<R, L>> => {
  const name = "run = folding step"
  return besideRun(name, subject, (whole: any, state, seed) =>
    Effect.gen(function* () {
      const folded = yield* alone(ending(Effect.map(walk(subject.flow, state), ({ end }) => end)), subject.layer, seed)
      const { steps: _, ...success } = whole.success ?? {}
      yield* agree(name, whole.success === undefined ? whole : { success }, folded)
    })
  )
}

/**
 * A run that goes on from any of its positions (through JSON) ends as if it had
 * never been stopped.
 *
 * **Example** (Two nodes, and two positions)
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Flow, Node, Store } from "effect-pocketflow"
 * import { Arbitraries, Laws } from "@effect-pocketflow/testing"
 *
 * const Counter = Store.make("Counter", { n: Schema.Int })
 * const add = Node.make(Counter, { post: () => Counter.next((s) => ({ n: s.n + 1 })) })
 * const flow = Flow.sequence(Counter, { one: add, two: add })
 *
 * await Effect.runPromise(Laws.resumeAnywhere({ flow, states: Arbitraries.state(Counter) }).check({ runs: 20 }))
 * ```
 *
 * @category runs
 * @since 0.1.0
 */
export const resumeAnywhere = <S extends Store.Any, E, R, L = never>(
  subject: Subject<S, E, R, L>
): Law<Exclude<R, L>> => {
  const name = "resume at every step = the uninterrupted run"
  return besideRun(name, subject, (whole, state, seed) =>
    Effect.gen(function* () {
      const stops: Array<Flow.Paused<Store.Type<S>>> = []
      yield* alone(Effect.exit(walk(subject.flow, state, (stop) => stops.push(stop))), subject.layer, seed)
      for (const { position, store } of stops) {
        const rest = Flow.resume(subject.flow, JSON.parse(JSON.stringify(position)), store, { maxSteps: 2 * limit })
        yield* agree(name, whole, yield* alone(ending(rest), subject.layer, seed))
      }
    })
  )
}

/**
 * A run that is paused before each visit of any of its nodes, and resumed, ends
 * as if it had never been paused.
 *
 * **Example** (A pause before each of two nodes)
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Flow, Node, Store } from "effect-pocketflow"
 * import { Arbitraries, Laws } from "@effect-pocketflow/testing"
 *
 * const Counter = Store.make("Counter", { n: Schema.Int })
 * const add = Node.make(Counter, { post: () => Counter.next((s) => ({ n: s.n + 1 })) })
 * const flow = Flow.sequence(Counter, { one: add, two: add })
 *
 * await Effect.runPromise(Laws.pauseAnywhere({ flow, states: Arbitraries.state(Counter) }).check({ runs: 20 }))
 * ```
 *
 * @category runs
 * @since 0.1.0
 */
export const pauseAnywhere = <S extends Store.Any, E, R, L = never>(
  subject: Subject<S, E, R, L>
): Law<Exclude<R, L>> => {
  const name = "pausing and resuming anywhere = the uninterrupted run"
  return besideRun(name, subject, (whole, state, seed) =>
    Effect.gen(function* () {
      const paths = new Set<string>()
      const visit = walk(subject.flow, state, ({ position }) => paths.add(position.path.join("/")))
      yield* alone(Effect.exit(visit), subject.layer, seed)
      paths.delete("")
      for (const path of paths) {
        const options = { pauseBefore: [path], maxSteps: 2 * limit }
        const stopAndGo = Effect.gen(function* () {
          let run = yield* Flow.run(subject.flow, state as never, options)
          while (Flow.isPaused(run)) run = yield* Flow.resume(subject.flow, run.position, run.store, options)
          return run
        })
        yield* agree(name, whole, yield* alone(ending(stopAndGo), subject.layer, seed))
      }
    })
  )
}

/**
 * A run that is watched ends as one that is not, and so does one that goes on
 * from any position that was told (through JSON); it visits what was left.
 *
 * **Example** (Two nodes, and two positions)
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Flow, Node, Store } from "effect-pocketflow"
 * import { Arbitraries, Laws } from "@effect-pocketflow/testing"
 *
 * const Counter = Store.make("Counter", { n: Schema.Int })
 * const add = Node.make(Counter, { post: () => Counter.next((s) => ({ n: s.n + 1 })) })
 * const flow = Flow.sequence(Counter, { one: add, two: add })
 *
 * await Effect.runPromise(Laws.watchAnywhere({ flow, states: Arbitraries.state(Counter) }).check({ runs: 20 }))
 * ```
 *
 * @category runs
 * @since 0.1.0
 */
export const watchAnywhere = <S extends Store.Any, E, R, L = never>(
  subject: Subject<S, E, R, L>
): Law<Exclude<R, L>> => {
  const name = "watching from anywhere = the rest of the uninterrupted run"
  return besideRun(name, subject, (whole, state, seed) =>
    Effect.gen(function* () {
      /** What is told outside of fans: inside, the order is that of the schedule. */
      const watch = Effect.fnUntraced(function* (store: Store.Type<S>, from?: Flow.Position) {
        const started: Array<Flow.Started<Store.Type<S>>> = []
        const tell = (event: Flow.FlowEvent<Store.Type<S>>) =>
          Effect.sync(() => {
            if (event._tag === "Started" && event.position !== undefined) started.push(event)
          })
        const run = Flow.runForEach(subject.flow, store, tell, { maxSteps: 2 * limit, from })
        yield* agree(name, whole, yield* alone(ending(run), subject.layer, seed))
        return started
      })
      const visits = (started: ReadonlyArray<Flow.Started<unknown>>) =>
        started.map(({ path, step, store }) => ({ path, step, store }))
      const started = yield* watch(state)
      for (const [i, { position, store }] of started.entries()) {
        const rest = yield* watch(store, JSON.parse(JSON.stringify(position)))
        yield* agree(name, visits(started.slice(i)), visits(rest))
      }
    })
  )
}

/**
 * The result of a flow does not depend on scheduling: a race would give another
 * one under another seed.
 *
 * **Details**
 *
 * Each state is tried under `schedules` seeds, 20 by default.
 *
 * **Example** (Two writers, of which the last one wins)
 *
 * ```ts
 * import { Context, Effect, Schema } from "effect"
 * import { Flow, Node, Store } from "effect-pocketflow"
 * import { Arbitraries, Laws } from "@effect-pocketflow/testing"
 *
 * const Board = Store.make("Board", { last: Schema.Number })
 * class Writer extends Context.Service<Writer, number>()("Writer") {}
 * const write = Node.make(Board, {
 *   prep: () => Writer,
 *   exec: (writer) => Effect.as(Effect.yieldNow, writer),
 *   post: (last) => Board.next({ last })
 * })
 * const flow = Flow.forEach(write, { params: Writer, prep: () => [1, 2], concurrency: "unbounded" })
 *
 * const law = Laws.scheduling({ flow, states: Arbitraries.state(Board) })
 * const found = await Effect.runPromise(Effect.flip(law.check()))
 * found._tag // => "Falsified"
 * ```
 *
 * @see {@link exploreInterleavings} to look for the seeds of a race
 * @category runs
 * @since 0.1.0
 */
export const scheduling = <S extends Store.Any, E, R, L = never>(
  subject: Subject<S, E, R, L>,
  options: { readonly schedules?: number | undefined } = {}
): Law<Exclude<R, L>> => {
  const name = "the result does not depend on scheduling"
  return make(name, subject.states, (state, seed) =>
    Effect.gen(function* () {
      const end = ending(Flow.run(subject.flow, state as never, { maxSteps: limit }))
      const fresh = provided(end, subject.layer)
      const { outcomes } = yield* exploreInterleavings(fresh, { runs: options.schedules ?? 20, seed })
      const exits = outcomes.map(({ exit }) => exit)
      const deadlock = exits.find((exit) => Exit.isFailure(exit) && Cause.squash(exit.cause) instanceof Deadlock)
      if (deadlock !== undefined) yield* deadlock
      const [first, ...others] = exits.map((exit) => (Exit.isSuccess(exit) ? exit.value : exit))
      yield* Effect.forEach(others, (other) => agree(name, first, other))
    })
  )
}

/** A law that compares something with the uninterrupted run of each state, if that ends in time. */
const besideRun = <S extends Store.Any, E, R, L>(
  name: string,
  subject: Subject<S, E, R, L>,
  compare: (whole: Ending, state: Store.Type<S>, seed: number) => Effect.Effect<unknown, unknown, Exclude<R, L>>
): Law<Exclude<R, L>> =>
  make(name, subject.states, (state, seed) =>
    Effect.flatMap(runOf(subject, state, seed), (whole) =>
      whole === undefined ? Property.discard : compare(whole, state, seed)
    )
  )

/** The small steps of a run, one after the other; `visit` sees each position. */
const walk = <S extends Store.Any, A extends string, E, R>(
  flow: Flow.Step<S, A, E, R>,
  state: Store.Type<S>,
  visit: (stop: Flow.Paused<Store.Type<S>>) => void = () => {}
) =>
  Effect.gen(function* () {
    let stop: Flow.Paused<Store.Type<S>> = { position: Flow.start(flow), store: state }
    for (let i = 0; i <= 2 * limit; i++) {
      visit(stop)
      const next = yield* Flow.step(flow)(stop.position, stop.store)
      if (next._tag === "Done") return { end: { outcome: next.outcome, store: next.store } }
      stop = next
    }
    return yield* Effect.die("a run that ends, but not step by step")
  })
