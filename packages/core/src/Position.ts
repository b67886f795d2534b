/**
 * Where a run stands, as plain data.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The schema of positions; see the type.
 *
 * **Example** (A run as a string, to go on with some day)
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { Flow, Node, Store } from "effect-pocketflow"
 *
 * const Letter = Store.make("Letter", { received: Schema.Date })
 * const flow = Flow.sequence(Letter, { read: Node.make(Letter, {}), answer: Node.make(Letter, {}) })
 *
 * // `toCodecJson` is for what JSON does not have, such as a Date.
 * const Checkpoint = Schema.fromJsonString(
 *   Schema.toCodecJson(Schema.Struct({ position: Flow.Position, store: Letter.schema }))
 * )
 *
 * const program = Effect.gen(function*() {
 *   const run = yield* Flow.run(flow, { received: new Date(0) }, { pauseBefore: ["answer"] })
 *   if (!Flow.isPaused(run)) return run
 *   const text = yield* Schema.encodeEffect(Checkpoint)(run)
 *   const { position, store } = yield* Schema.decodeEffect(Checkpoint)(text)
 *   return yield* Flow.resume(flow, position, store)
 * })
 *
 * const run = await Effect.runPromise(program)
 * run.store.received.getTime() // => 0
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export const Position = Schema.Struct({
  path: Schema.Array(Schema.String),
  step: Schema.Int,
  visits: Schema.Record(Schema.String, Schema.Int),
  calls: Schema.Array(Schema.Struct({ input: Schema.Json, store: Schema.Json, since: Schema.Int })),
  budgets: Schema.Array(Schema.Struct({ since: Schema.Int, started: Schema.optionalKey(Schema.Finite) }))
})

/**
 * Where a run stands: before the visit of a node.
 *
 * **Details**
 *
 * - `path`: the ids of the nodes from the outermost flow to the node that is next.
 * - `step`: the visits so far in the run.
 * - `visits`: how often each node was visited so far, by its path joined with
 *   `/` (what `Node.Visit` tells).
 * - `calls`: for each `Flow.call` the run is inside of, outermost first: the
 *   store it began with and its store now, encoded as JSON by its schema.
 * - `budgets`: for each `Flow.budget` the run is inside of: the step and the time
 *   (epoch milliseconds) at which it began.
 *
 * It is plain JSON, never inside a batch, a fold, `Flow.all`, `Flow.map` or
 * `Flow.forEach`: these are one step each, and are begun again on resume.
 *
 * @category models
 * @since 0.1.0
 */
export type Position = typeof Position.Type
