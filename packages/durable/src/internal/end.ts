/**
 * How a run has ended, as it is read later: by a schema that may have changed since.
 *
 * The engine makes a defect of an end that it cannot read. So what it gets is a schema
 * that reads anything, and tells what does not fit.
 *
 * @internal
 */
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { BadRecord } from "../errors.ts"
import { decode, encode } from "./json.ts"

/** Stands for an end that does not fit. */
class Unread {
  readonly reason: string

  constructor(reason: string) {
    this.reason = reason
  }
}

/** What is written as `schema` says, and read as it says or as `Unread`. */
export const lenient = (schema: Schema.Codec<any, any>): Schema.Codec<any, any> =>
  Schema.declare((_: unknown): _ is any => true, {
    toCodecJson: () =>
      Schema.link<any>()(
        Schema.Json,
        SchemaTransformation.transform<any, Schema.Json>({
          decode: (json) => Result.getOrElse(decode(schema, json), (reason) => new Unread(reason)),
          encode: (value) =>
            Result.getOrThrowWith(
              encode(schema, value),
              (reason) => new TypeError(`an end is not recordable: ${reason}`)
            )
        })
      )
  })

/** The end of a run; one that cannot be read fails. */
export const read = (run: string, exit: Exit.Exit<unknown, unknown>): Exit.Exit<any, any> => {
  const found = Exit.isSuccess(exit) ? exit.value : Option.getOrUndefined(Cause.findErrorOption(exit.cause))
  return found instanceof Unread
    ? Exit.fail(new BadRecord({ run, record: "end", reason: `cannot be read: ${found.reason}` }))
    : exit
}
