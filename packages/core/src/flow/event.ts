/**
 * What can be told of a run while it goes on.
 *
 * @since 0.1.0
 */
import type { Position } from "../Position.ts"
import type { Paused, Run } from "./run.ts"

/**
 * What happens in a run.
 *
 * **Details**
 *
 * - `Started`: a visit begins, at a `position` from which the run can go on.
 * - `Finished`: a visit has committed its transition: its action, and the patch
 *   that it made of the node's own store. (What the `post` of a `call` commits is
 *   no visit; it shows in the `store` of the next event.)
 * - `Failed`: a visit has failed, and an error edge has caught the error.
 * - `Emitted`: a channel was written to, from inside an `exec`.
 * - `Completed`: the run has ended; the last event.
 *
 * A visit that fails and is not caught, or that a budget cuts off, only starts.
 *
 * `store` is the state of the streamed flow's store after the event; inside
 * `all`, `call` and `map` it changes when they have finished. `step` counts the
 * visits of the run from 0; all that is inside one `all`, `map` or `forEach`
 * has its step. `attempt` counts from 0 (a retry emits its values again), `item`
 * is the index of a batch item, element or input.
 *
 * @category models
 * @since 0.1.0
 */
export type FlowEvent<T, A extends string = string, V = never> =
  | Started<T>
  | Finished<T>
  | Failed<T>
  | (V extends unknown ? Emitted<T, V> : never)
  | Completed<T, A>

interface Visit<out T> {
  readonly path: ReadonlyArray<string>
  readonly step: number
  readonly attempt: number
  readonly item: number | undefined
  readonly store: T
}

/**
 * A visit begins. See `FlowEvent`.
 *
 * **Details**
 *
 * `position` and `store` are where the run stands, before this visit and after
 * all that came before it: what `Flow.resume` and the option `from` take to go on
 * from there. Whoever keeps them at each visit has a checkpoint after each. It is
 * `undefined` inside `all`, `map` and `forEach`, which are begun again on resume:
 * there the last one outside holds. It is worked out when it is first read, now
 * or later, and costs next to nothing otherwise.
 *
 * @category models
 * @since 0.1.0
 */
export interface Started<out T> extends Visit<T> {
  readonly _tag: "Started"
  readonly position: Position | undefined
}

/**
 * A visit has committed its transition. See `FlowEvent`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Finished<out T> extends Visit<T> {
  readonly _tag: "Finished"
  readonly action: string
  readonly patch: Readonly<Record<string, unknown>>
}

/**
 * A visit has failed, and an error edge (`Flow.catch`, `Flow.catchTag`) has caught
 * the error and made `action` of it. See `FlowEvent`.
 *
 * **Details**
 *
 * `store` has what the edge has committed. Where the edge is around an `all`, `map`
 * or `forEach`, this is the visit of that, and the visit inside of it that has
 * failed only starts. Where `prep` or `post` of a `call` fails, it is the call's.
 *
 * @category models
 * @since 0.1.0
 */
export interface Failed<out T> extends Visit<T> {
  readonly _tag: "Failed"
  readonly error: unknown
  readonly action: string
}

/**
 * A channel was written to. See `FlowEvent`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Emitted<out T, out V> extends Visit<T> {
  readonly _tag: "Emitted"
  readonly channel: string
  readonly value: V
}

/**
 * The run was paused before a node that `pauseBefore` names; the last event then.
 *
 * @category models
 * @since 0.1.0
 */
export interface PausedEvent<out T> extends Paused<T> {
  readonly _tag: "Paused"
}

/**
 * The run has ended. See `FlowEvent`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Completed<out T, out A extends string> extends Run<T, A> {
  readonly _tag: "Completed"
}
