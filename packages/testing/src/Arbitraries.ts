/**
 * Arbitraries for fast-check: states of a store, random nodes and flows, and
 * wirings that are broken.
 *
 * Flows are generated as `Spec`s, which are well formed by construction: every
 * loop has a budget, and their results do not depend on scheduling. They shrink
 * to few nodes, and print as JSON with a drawing.
 *
 * @since 0.1.0
 */
import type * as Schema from "effect/Schema"
import type { Store } from "effect-pocketflow"
import type * as fc from "fast-check"
import { SchemaArbitrary } from "./internal/fromSchema.ts"
import * as specs from "./internal/randomSpec.ts"
import * as wirings from "./internal/randomWiring.ts"
import type * as Spec from "./Spec.ts"

export type { Broken } from "./internal/randomWiring.ts"

/**
 * Values of a Schema, as Effect generates and shrinks them.
 *
 * **Example** (The smallest counterexample is a value of the Schema)
 *
 * ```ts
 * import { Schema } from "effect"
 * import { Arbitraries } from "@effect-pocketflow/testing"
 * import * as fc from "fast-check"
 *
 * const short = fc.property(Arbitraries.schema(Schema.NonEmptyString), (text) => text.length < 5)
 * const { counterexample } = fc.check(short)
 * counterexample?.[0].length // => 5
 * ```
 *
 * @category schemas
 * @since 0.1.0
 */
export const schema = <A>(schema: Schema.Schema<A>): fc.Arbitrary<A> => new SchemaArbitrary(schema)

/**
 * States of a store, from its Schema.
 *
 * **Example** (A property of all states)
 *
 * ```ts
 * import { Schema } from "effect"
 * import { Store } from "effect-pocketflow"
 * import { Arbitraries } from "@effect-pocketflow/testing"
 * import * as fc from "fast-check"
 *
 * const Qa = Store.make("Qa", { question: Schema.NonEmptyString, tries: Schema.Int })
 *
 * fc.assert(fc.property(Arbitraries.state(Qa), (state) => state.question.length > 0 && Number.isInteger(state.tries)))
 * ```
 *
 * @category schemas
 * @since 0.1.0
 */
export const state = <const Name extends string, Fields extends Schema.Struct.Fields>(
  store: Store.Store<Name, Fields>
): fc.Arbitrary<Schema.Struct.Type<Fields>> => schema<any>(store.schema)

/**
 * Random nodes: such that succeed, fail, die, wait, are retried, fall back, or
 * work on items.
 *
 * **Example** (What a node may be)
 *
 * ```ts
 * import { Arbitraries } from "@effect-pocketflow/testing"
 * import * as fc from "fast-check"
 *
 * const kinds = new Set(fc.sample(Arbitraries.node(), { numRuns: 100, seed: 1 }).map(({ kind }) => kind))
 * Array.from(kinds).toSorted() // => ["batch", "fold", "node"]
 * ```
 *
 * @category flows
 * @since 0.1.0
 */
export const node = (): fc.Arbitrary<Spec.Node | Spec.Batch> => specs.node()

/**
 * Random flows: chains, branches, loops within a budget, nested flows, error
 * edges, fan-outs, actions that are not wired.
 *
 * **Details**
 *
 * - `maxDepth`: how deep steps are nested; 4 by default. A loop and its budget
 *   count as one.
 *
 * The result of such a flow does not depend on scheduling, so that it can be
 * compared: of what runs at once, at most one can fail, and runs of a `forEach`
 * that go on at once only `add`.
 *
 * **Example** (Every flow ends)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Flow } from "effect-pocketflow"
 * import { Arbitraries, replayInterleaving, Spec } from "@effect-pocketflow/testing"
 * import * as fc from "fast-check"
 *
 * const ends = fc.asyncProperty(Arbitraries.flow(), async (spec) => {
 *   const run = Flow.run(Spec.build(spec), { a: 1, b: 2 })
 *   await Effect.runPromise(Effect.exit(replayInterleaving(run, 1)))
 * })
 * await fc.assert(ends, { numRuns: 20 })
 * ```
 *
 * @category flows
 * @since 0.1.0
 */
export const flow = (options?: { readonly maxDepth?: number | undefined }): fc.Arbitrary<Spec.Spec> =>
  specs.flow(options)

/**
 * Wirings for `Flow.fromJson` that have something wrong with them, and what that
 * is: targets, starts, names and actions that are not there, empty ids, ids
 * such as `__proto__`, flows that contain themselves.
 *
 * **Example** (All of it is found)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Flow } from "effect-pocketflow"
 * import { Arbitraries, Spec } from "@effect-pocketflow/testing"
 * import * as fc from "fast-check"
 *
 * const refused = fc.asyncProperty(Arbitraries.brokenFlow(), async ({ json, problems, registry }) => {
 *   const error = await Effect.runPromise(Effect.flip(Flow.fromJson(Spec.Sample, registry, json)))
 *   return problems.every(({ about, path }) =>
 *     error.problems.some((found) => found.path.join() === path.join() && found.reason.includes(about))
 *   )
 * })
 * await fc.assert(refused)
 * ```
 *
 * @category flows
 * @since 0.1.0
 */
export const brokenFlow = (): fc.Arbitrary<wirings.Broken> => wirings.broken()
