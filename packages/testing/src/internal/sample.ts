/**
 * The store of specs, and what their nodes fail with.
 *
 * @internal
 */
import * as Data from "effect/Data"
import * as Schema from "effect/Schema"
import { Store } from "effect-pocketflow"

/**
 * The store of all specs: two numbers, in which everything that happens leaves
 * its mark.
 *
 * @category store
 * @since 0.1.0
 */
export const Sample = Store.make("Sample", { a: Schema.Int, b: Schema.Int })

/**
 * The state of `Sample`.
 *
 * @category store
 * @since 0.1.0
 */
export type Sample = typeof Sample.Type

/**
 * What a unit of work fails with.
 *
 * @category errors
 * @since 0.1.0
 */
export class Oops extends Data.TaggedError("Oops") {}

/**
 * What a unit of work fails with, if it is `busy`.
 *
 * @category errors
 * @since 0.1.0
 */
export class Busy extends Data.TaggedError("Busy") {}

/**
 * What a unit of work dies with.
 *
 * @category errors
 * @since 0.1.0
 */
export class Boom extends Data.TaggedError("Boom") {}
