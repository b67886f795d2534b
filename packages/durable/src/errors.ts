/**
 * What a durable run can fail with besides the errors of its nodes. All are
 * exported from `Durable`.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * Something that has to be recorded is not JSON, or does not fit its schema: a
 * value of the store, the result of an item.
 *
 * **Details**
 *
 * `path` are the ids of the nodes. The option `values` of `Durable.workflow` gives
 * a schema to the results of a node.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotRecordable extends Schema.TaggedError<NotRecordable>("@effect-pocketflow/durable/NotRecordable")(
  "NotRecordable",
  { run: Schema.String, path: Schema.Array(Schema.String), reason: Schema.String }
) {
  override get message(): string {
    return `in the run ${this.run}, what ${at(this.path)} gave cannot be recorded: ${this.reason}`
  }
}

/**
 * A run is on another graph than the one that is to go on with it.
 *
 * **Details**
 *
 * `recorded` and `found` are the hashes of the two. The run is suspended as it is:
 * a worker with the old graph goes on with it, or one that declares how to
 * `migrate` from the old hash, after `resume`.
 *
 * @category errors
 * @since 0.1.0
 */
export class OtherGraph extends Schema.TaggedError<OtherGraph>("@effect-pocketflow/durable/OtherGraph")("OtherGraph", {
  run: Schema.String,
  recorded: Schema.String,
  found: Schema.String
}) {
  override get message(): string {
    return `the run ${this.run} is on the graph ${this.recorded}, and this is ${this.found}`
  }
}

/**
 * A record that cannot be read, or does not belong where it is. The run is
 * suspended as it is.
 *
 * @category errors
 * @since 0.1.0
 */
export class BadRecord extends Schema.TaggedError<BadRecord>("@effect-pocketflow/durable/BadRecord")("BadRecord", {
  run: Schema.String,
  record: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `the record "${this.record}" of the run ${this.run} ${this.reason}`
  }
}

/**
 * A run with `suspendOnFailure` has failed, and waits to be resumed.
 *
 * @category errors
 * @since 0.1.0
 */
export class RunSuspended extends Schema.TaggedError<RunSuspended>("@effect-pocketflow/durable/RunSuspended")(
  "RunSuspended",
  { run: Schema.String, reason: Schema.String }
) {
  override get message(): string {
    return `the run ${this.run} is suspended: ${this.reason}`
  }
}

/**
 * An answer was sent with a token that is not one, or is of another signal.
 *
 * @category errors
 * @since 0.1.0
 */
export class WrongToken extends Schema.TaggedError<WrongToken>("@effect-pocketflow/durable/WrongToken")("WrongToken", {
  signal: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `the token for an answer to "${this.signal}" ${this.reason}`
  }
}

/**
 * Why a run is not gone on with.
 *
 * @category errors
 * @since 0.1.0
 */
export type Refusal = OtherGraph | BadRecord

const at = (path: ReadonlyArray<string>): string => `"${path.join("/")}"`
