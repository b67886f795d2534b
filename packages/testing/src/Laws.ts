/**
 * Laws that flows keep, as values: check them on your own flows.
 *
 * A law is a property over random states and random schedules. The laws of runs
 * hold for every flow; those about scheduling say that a flow has no race.
 *
 * **Example** (All laws of a flow)
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Flow, Node, Store } from "effect-pocketflow"
 * import { Arbitraries, Laws } from "@effect-pocketflow/testing"
 *
 * const Essay = Store.make("Essay", { draft: Schema.String, tries: Schema.Int })
 * const write = Node.make(Essay, { post: () => Essay.next((s) => ({ draft: `${s.draft}!`, tries: s.tries + 1 })) })
 * const review = Node.make(Essay, { post: (s) => Essay.to(s.tries % 3 === 0 ? "accepted" : "rejected") })
 * const essay = Flow.make(Essay, {
 *   start: "write",
 *   nodes: { write, review },
 *   edges: { write: { default: "review" }, review: { rejected: "write" } }
 * })
 *
 * const laws = Laws.all({ store: Essay, flow: essay, states: Arbitraries.state(Essay) })
 * // In a test file: for (const law of laws) it.effect(law.name, () => law.check())
 * await Effect.runPromise(Effect.forEach(laws, (law) => law.check({ runs: 10 }), { discard: true }))
 * ```
 *
 * @since 0.1.0
 */
import type { Store } from "effect-pocketflow"
import { building } from "./laws/graphs.ts"
import type { Law, Subject } from "./laws/law.ts"
import { pauseAnywhere, resumeAnywhere, runIsFold, scheduling, watchAnywhere } from "./laws/runs.ts"

export { concurrency, equivalent, focus, oneByOne } from "./laws/fans.ts"
export { building, inlining } from "./laws/graphs.ts"
export { LawBroken } from "./laws/law.ts"
export type { Law, Services, Subject } from "./laws/law.ts"
export { model } from "./laws/model.ts"
export { pauseAnywhere, resumeAnywhere, runIsFold, scheduling, watchAnywhere } from "./laws/runs.ts"

/**
 * All laws that speak of one flow: `runIsFold`, `resumeAnywhere`, `pauseAnywhere`,
 * `watchAnywhere`, `scheduling`, `building`.
 *
 * @category suites
 * @since 0.1.0
 */
export const all = <S extends Store.Any, E, R, L = never>(
  subject: Subject<S, E, R, L> & { readonly store: S }
): ReadonlyArray<Law<Exclude<R, L>>> => [
  runIsFold(subject),
  resumeAnywhere(subject),
  pauseAnywhere(subject),
  watchAnywhere(subject),
  scheduling(subject),
  building(subject)
]
