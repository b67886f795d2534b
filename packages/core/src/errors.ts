/**
 * What can go wrong besides the errors of the nodes themselves. All are
 * exported from `Flow` (and `InvalidStore` from `Store`).
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Option from "effect/Option"
import type { Position } from "./Position.ts"

/**
 * A graph that is not one. All its problems are listed, each with the path of
 * node ids to where it is.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidFlow extends Data.TaggedError("InvalidFlow")<{
  readonly problems: ReadonlyArray<{ readonly path: ReadonlyArray<string>; readonly reason: string }>
}> {
  override get message(): string {
    return this.problems.map(({ path, reason }) => `at ${at(path)}: ${reason}`).join("\n")
  }
}

/**
 * A position that is not one of the flow it is used with.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidPosition extends Data.TaggedError("InvalidPosition")<{
  readonly path: ReadonlyArray<string>
  readonly reason: string
}> {
  override get message(): string {
    return `${at(this.path)}: ${this.reason}`
  }
}

/**
 * State that does not fit the schema of its store.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidStore extends Data.TaggedError("InvalidStore")<{
  readonly store: string
  readonly reason: string
}> {
  override get message(): string {
    return `the state does not fit the store "${this.store}": ${this.reason}`
  }
}

/**
 * Two branches of a `Flow.all` have set the same key by value. Nothing of them
 * was committed.
 *
 * **Details**
 *
 * `key` is the key of the store, or a path of keys joined by dots where a branch
 * works through a lens. Functions never conflict: they are applied one after the
 * other, in the order of the branches.
 *
 * @category errors
 * @since 0.1.0
 */
export class WriteConflict extends Data.TaggedError("WriteConflict")<{
  readonly key: string
  readonly branches: readonly [string, string]
}> {
  override get message(): string {
    return `the branches "${this.branches[0]}" and "${this.branches[1]}" both set the key "${this.key}"`
  }
}

/**
 * A run has made as many visits as `maxSteps` allows and was not at its end.
 *
 * **Details**
 *
 * `position` and `store` are what `Flow.resume` takes to go on from there.
 *
 * @category errors
 * @since 0.1.0
 */
export class StepLimitExceeded extends Data.TaggedError("StepLimitExceeded")<{
  readonly limit: number
  readonly position: Position
  readonly store: unknown
}> {
  override get message(): string {
    return `no end after ${this.limit} steps, at ${at(this.position.path)}`
  }
}

/**
 * Where in a flow a failure happened: an annotation of its `Cause`.
 *
 * **Details**
 *
 * `path` are the ids of the nodes, outermost first; `attempt` counts from 0;
 * `item` is the index of the batch item, element or input that was worked on.
 *
 * @see {@link siteOf}
 * @category errors
 * @since 0.1.0
 */
export class FlowSite extends Context.Service<
  FlowSite,
  {
    readonly path: ReadonlyArray<string>
    readonly phase: "prep" | "exec" | "post"
    readonly attempt: number
    readonly item: number | undefined
  }
>()("effect-pocketflow/Flow/FlowSite") {}

/**
 * Where in a flow a failure happened.
 *
 * **Example** (Which node failed)
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Exit from "effect/Exit"
 * import * as Option from "effect/Option"
 * import * as Schema from "effect/Schema"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Empty = Store.make("Empty", {})
 * const flow = Flow.make(Empty, {
 *   start: "ask",
 *   nodes: { ask: Node.make(Empty, { exec: () => Effect.fail("offline") }) },
 *   edges: {}
 * })
 *
 * const exit = await Effect.runPromiseExit(Flow.run(flow, {}))
 * const site = Exit.isFailure(exit) ? Option.getOrUndefined(Flow.siteOf(exit.cause)) : undefined
 * site // => { path: ["ask"], phase: "exec", attempt: 0, item: undefined }
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export const siteOf = (cause: Cause.Cause<unknown>): Option.Option<FlowSite["Service"]> =>
  Context.getOption(Cause.annotations(cause), FlowSite)

// internal

/** Ids may be long; messages need not be. @internal */
export const short = (text: string): string => (text.length > 80 ? `${text.slice(0, 79)}…` : text)

const at = (path: ReadonlyArray<string>): string => `/${path.map(short).join("/")}`
