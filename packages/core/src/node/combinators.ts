/**
 * What may be put around the unit of work of a node.
 *
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import type * as Schedule from "effect/Schedule"
import type { AnyEffect } from "../internal/phases.ts"
import * as step from "../internal/step.ts"
import type { NodeStep } from "../internal/step.ts"
import * as unit from "../internal/unit.ts"
import type { Any, Kept, Node } from "../Node.ts"
import type * as Store from "../Store.ts"

/** The errors of a unit of work, kept or not. */
type UnitError<E> = E extends Kept<infer X> ? X : E

/**
 * Retries the unit of work of a node by a schedule, or by the options of
 * `Effect.retry`: `{ schedule, times, while, until }`.
 *
 * **Details**
 *
 * The unit is `exec`, or one item of it in a batch or a fold. Only its typed
 * errors are retried: never those of `prep` and `post`, a defect or an
 * interruption. A schedule with n recurrences makes at most n + 1 attempts;
 * `Node.Attempt` tells which. It retries what is already there: put `timeout`
 * before it for a limit per attempt. The schedule starts after the first failure.
 *
 * **Example** (The third attempt succeeds)
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schedule from "effect/Schedule"
 * import * as Schema from "effect/Schema"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Out = Store.make("Out", { attempt: Schema.optionalKey(Schema.Number) })
 *
 * const flaky = Node.make(Out, {
 *   exec: () => Effect.flatMap(Node.Attempt, (n) => n < 2 ? Effect.fail("busy") : Effect.succeed(n)),
 *   post: (_store, attempt) => Out.next({ attempt })
 * }).pipe(Node.retry(Schedule.recurs(3)))
 *
 * const run = await Effect.runPromise(Flow.run(flaky, {}))
 * run.store // => { attempt: 2 }
 * ```
 *
 * @category combinators
 * @since 0.1.0
 */
export const retry: {
  <E, E2 = never, R2 = never>(
    policy: RetryPolicy<NoInfer<UnitError<E>>, E2, R2>
  ): <S extends Store.Any, I, O, A extends string, R, P, W extends string>(
    self: Node<S, I, O, A, E, R, P, W>
  ) => Node<S, I, O, A, E | NoInfer<E2>, R | NoInfer<R2>, P, W>
  <S extends Store.Any, I, O, A extends string, E, R, P, W extends string, E2 = never, R2 = never>(
    self: Node<S, I, O, A, E, R, P, W>,
    policy: RetryPolicy<NoInfer<UnitError<E>>, E2, R2>
  ): Node<S, I, O, A, E | NoInfer<E2>, R | NoInfer<R2>, P, W>
} = dual(2, (self: Any, policy: RetryPolicy<any, any, any>) => around(self, (u) => unit.retry(u, policy)))

/**
 * How to retry: a schedule, or the options of `Effect.retry`.
 *
 * @category models
 * @since 0.1.0
 */
export type RetryPolicy<E, E2 = never, R2 = never> =
  | Schedule.Schedule<any, E, E2, R2>
  | {
      readonly schedule?: Schedule.Schedule<any, E, E2, R2>
      readonly times?: number
      readonly while?: (error: E) => boolean
      readonly until?: (error: E) => boolean
    }

/**
 * Recovers from the errors of a node's unit of work: PocketFlow's `exec_fallback`.
 *
 * **Details**
 *
 * `f(error, input)` gives an Effect of what the unit would have given. The errors
 * of `prep` and `post` are not seen and stay in the type.
 *
 * **Example** (An answer in any case)
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Qa = Store.make("Qa", { question: Schema.String, answer: Schema.optionalKey(Schema.String) })
 *
 * const answer = Node.make(Qa, {
 *   prep: (s) => s.question,
 *   exec: (): Effect.Effect<string, "offline"> => Effect.fail("offline"),
 *   post: (_question, answer) => Qa.next({ answer })
 * }).pipe(Node.fallback((error, question) => Effect.succeed(`${error}: cannot tell "${question}"`)))
 *
 * const run = await Effect.runPromise(Flow.run(answer, { question: "Why?" }))
 * run.store.answer // => 'offline: cannot tell "Why?"'
 * ```
 *
 * @category combinators
 * @since 0.1.0
 */
export const fallback: {
  <I, O, E, E2, R2>(
    f: (error: UnitError<E>, input: I) => Effect.Effect<NoInfer<O>, FallbackError<E, E2>, R2>
  ): <S extends Store.Any, A extends string, R, P, W extends string>(
    self: Node<S, I, O, A, E, R, P, W>
  ) => Node<S, I, O, A, E extends Kept<any> ? E : E2, R | R2, P, W>
  <S extends Store.Any, I, O, A extends string, E, R, P, W extends string, E2, R2>(
    self: Node<S, I, O, A, E, R, P, W>,
    f: (error: UnitError<E>, input: I) => Effect.Effect<NoInfer<O>, FallbackError<E, E2>, R2>
  ): Node<S, I, O, A, E extends Kept<any> ? E : E2, R | R2, P, W>
} = dual(2, (self: Any, f: (error: any, input: any) => AnyEffect) => around(self, (u) => unit.fallback(u, f)))

/** Where the errors are kept in results, `post` knows their type: no other may come in. */
type FallbackError<E, E2> = E extends Kept<infer X> ? X : E2

/**
 * Fails the unit of work of a node with a `TimeoutError` when it takes longer
 * than `duration`, and interrupts it.
 *
 * **Details**
 *
 * Before `retry` in a pipe it limits each attempt, after it all of them together.
 *
 * @category combinators
 * @since 0.1.0
 */
export const timeout: {
  (
    duration: Duration.Input
  ): <S extends Store.Any, I, O, A extends string, E, R, P, W extends string>(
    self: Node<S, I, O, A, E & NotKept<E>, R, P, W>
  ) => Node<S, I, O, A, E | Cause.TimeoutError, R, P, W>
  <S extends Store.Any, I, O, A extends string, E, R, P, W extends string>(
    self: Node<S, I, O, A, E & NotKept<E>, R, P, W>,
    duration: Duration.Input
  ): Node<S, I, O, A, E | Cause.TimeoutError, R, P, W>
} = dual(2, (self: Any, duration: Duration.Input) => around(self, (u) => unit.timeout(u, duration)))

type NotKept<E> = [E] extends [Kept<any>]
  ? "the results of this batch cannot hold a TimeoutError: use Effect.timeout in exec"
  : unknown

// internal

/** The same node with `f` around its unit of work; a node without one has nothing that could fail. */
const around = (self: Any, f: (unit: unit.Unit) => unit.Unit): any => {
  const node = step.reveal(self) as NodeStep
  if (node.unit === undefined) return self
  const wrapped = f(node.unit)
  return step.node({ ...node, unit: wrapped, exec: node.arrange!(wrapped) })
}
