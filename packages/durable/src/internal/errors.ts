/**
 * The schemas of errors that are recorded.
 *
 * @internal
 */
import * as Cause from "effect/Cause"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { Flow } from "effect-pocketflow"
import { BadRecord, OtherGraph } from "../errors.ts"

/** Why a run is not gone on with, as JSON. */
export const Refusal = Schema.Union([OtherGraph, BadRecord])

/** The core's own error, as JSON. */
export const WriteConflict: Schema.Codec<Flow.WriteConflict, any> = Schema.declare(
  (u): u is Flow.WriteConflict => u instanceof Flow.WriteConflict,
  {
    expected: "WriteConflict",
    toCodecJson: () =>
      Schema.link<Flow.WriteConflict>()(
        Schema.Struct({
          _tag: Schema.tag("WriteConflict"),
          key: Schema.String,
          branches: Schema.Tuple([Schema.String, Schema.String])
        }),
        SchemaTransformation.transform({
          decode: ({ branches, key }) => new Flow.WriteConflict({ branches, key }),
          encode: ({ branches, key }) => ({ _tag: "WriteConflict" as const, branches, key })
        })
      )
  }
)

/** What `Node.timeout` fails with, as JSON. */
export const TimeoutError: Schema.Codec<Cause.TimeoutError, any> = Schema.declare(Cause.isTimeoutError, {
  expected: "TimeoutError",
  toCodecJson: () =>
    Schema.link<Cause.TimeoutError>()(
      Schema.Struct({ _tag: Schema.tag("TimeoutError"), message: Schema.String }),
      SchemaTransformation.transform({
        decode: ({ message }) => new Cause.TimeoutError(message),
        encode: ({ message }) => ({ _tag: "TimeoutError" as const, message })
      })
    )
})
