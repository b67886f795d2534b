/**
 * Records: what is written of a run, and how it is read.
 *
 * @internal
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Recorder from "effect-pocketflow/Recorder"
import type { Values } from "./json.ts"
import { box, unbox } from "./json.ts"
import { isTimed } from "../Waits.ts"
import { decodePatch, encodePatch, Patch } from "./patch.ts"

/** The version of what is written; a record of a later one is refused. */
const version = 1

const Boxed = Schema.Record(Schema.String, Schema.Json)

const Rename = Schema.Record(Schema.String, Schema.String)

const Ending = Schema.Union([
  Schema.Struct({
    _tag: Schema.Literal("Committed"),
    action: Schema.String,
    patch: Patch,
    again: Schema.optionalKey(Schema.Struct({ input: Schema.optionalKey(Boxed), output: Schema.optionalKey(Boxed) })),
    /** The store right after, for who undoes it. */
    after: Schema.optionalKey(Schema.Json)
  }),
  Schema.Struct({ _tag: Schema.Literal("Caught"), frame: Schema.Int, action: Schema.String, patch: Patch }),
  Schema.Struct({ _tag: Schema.Literal("Spent"), frame: Schema.Int }),
  Schema.Struct({ _tag: Schema.Literal("Cut"), frame: Schema.Int, patch: Patch }),
  Schema.Struct({ _tag: Schema.Literal("Prepared"), value: Boxed }),
  Schema.Struct({ _tag: Schema.Literal("Handled"), error: Boxed }),
  Schema.Struct({ _tag: Schema.Literal("Failed") }),
  /** The result of one item. */
  Schema.Struct({ _tag: Schema.Literal("Item"), value: Boxed }),
  /** The first record of a run. */
  Schema.Struct({
    _tag: Schema.Literal("Begun"),
    graph: Schema.String,
    nodes: Schema.Array(Schema.String),
    version: Schema.String,
    store: Schema.Json,
    /**
     * The run that it is a fork of, how many of its records are taken over, and the store from there on;
     * how many migrations of that run they come after, and their renaming for the graph of this one.
     */
    from: Schema.optionalKey(
      Schema.Struct({
        run: Schema.String,
        step: Schema.Int,
        edited: Schema.optionalKey(Schema.Json),
        migrations: Schema.Int,
        rename: Rename
      })
    )
  }),
  /** The run goes on on another graph: what nodes are called there. */
  Schema.Struct({
    _tag: Schema.Literal("Migrated"),
    graph: Schema.String,
    nodes: Schema.Array(Schema.String),
    rename: Rename
  }),
  /** That somebody is waited for. */
  Schema.Struct({ _tag: Schema.Literal("Asked"), signal: Schema.String, token: Schema.String }),
  /** That something was done. */
  Schema.Struct({ _tag: Schema.Literal("Done") })
])
type Ending = typeof Ending.Type

export const Record = Schema.Struct({
  v: Schema.Literal(version),
  at: Schema.Int,
  /** The last migration before it, the first one being 1: its names are of the graph after that. */
  migration: Schema.optionalKey(Schema.Int),
  path: Schema.optionalKey(Schema.Array(Schema.String)),
  order: Schema.optionalKey(Schema.Struct({ of: Schema.String, at: Schema.Int })),
  ending: Ending
})
export type Record = typeof Record.Type

const decodeRecord = Schema.decodeUnknownResult(Record)

/** Reads a record of a run, or tells what is wrong with it. */
export const read = (json: unknown, run?: string): Result.Result<Record, string> => {
  const v = typeof json === "object" && json !== null && "v" in json ? json.v : undefined
  if (typeof v === "number" && v > version) return Result.fail(`was written by a newer version (${v})`)
  const decoded = Result.mapError(decodeRecord(json), (error) => `cannot be read: ${error.message}`)
  if (Result.isFailure(decoded) || decoded.success.ending._tag !== "Asked") return decoded
  const { signal, token } = decoded.success.ending
  return Result.match(isTimed(signal, token, run), {
    onFailure: (reason) => Result.fail(`has a token that ${reason}`),
    onSuccess: () => decoded
  })
}

export const make = (ending: Ending, at: number, rest: Partial<Record> = {}): Record => ({
  v: version,
  at,
  ...rest,
  ending
})

/** The schema of the states that a `prep` makes, where it makes such. */
const statesOf = ({ initial }: Recorder.Site): Schema.Codec<any, any> | undefined => {
  const schema = (initial?.store as { readonly schema?: Schema.Codec<any, any> } | undefined)?.schema
  return schema && (initial!.many ? Schema.Array(schema) : schema)
}

/** What is written of the ending of a visit, or why it cannot be. */
export const encodeEnding = (
  site: Recorder.Site,
  ending: Recorder.Ending,
  values: Values | undefined,
  errors: Schema.Codec<any, any>
): Result.Result<Ending, string> =>
  Result.gen(function* () {
    switch (ending._tag) {
      case "Committed": {
        const { action, again } = ending
        const patch = yield* encodePatch(site.target(), ending.patch)
        if (again === undefined) return { _tag: "Committed", action, patch }
        const boxed = {
          ...("input" in again && { input: yield* box(undefined, again.input) }),
          ...("output" in again && { output: yield* box(values, again.output) })
        }
        return { _tag: "Committed", action, patch, again: boxed }
      }
      case "Caught":
        return { ...ending, patch: yield* encodePatch(site.target(ending.frame), ending.patch) }
      case "Cut":
        return { ...ending, patch: yield* encodePatch(site.target(), ending.patch) }
      case "Prepared":
        return { _tag: "Prepared", value: yield* box({ success: statesOf(site) }, ending.value) }
      case "Handled":
        return { _tag: "Handled", error: yield* box(values, Result.fail(ending.error), errors) }
      default:
        return ending
    }
  })

export const decodeEnding = (
  site: Recorder.Site,
  ending: Ending,
  path: Record["path"],
  values: Values | undefined,
  errors: Schema.Codec<any, any>
): Result.Result<Recorder.Ending, string> =>
  Result.gen(function* () {
    yield* isOf(site, path)
    switch (ending._tag) {
      case "Committed": {
        const { action, again } = ending
        const patch = yield* decodePatch(site.target(), ending.patch)
        if (again === undefined) return { _tag: "Committed", action, patch }
        const unboxed = {
          ...(again.input !== undefined && { input: yield* unbox(undefined, again.input) }),
          ...(again.output !== undefined && { output: yield* unbox(values, again.output) })
        }
        return { _tag: "Committed", action, patch, again: unboxed }
      }
      case "Caught":
        yield* frameIsThere(site, ending.frame)
        return { ...ending, patch: yield* decodePatch(site.target(ending.frame), ending.patch) }
      case "Cut":
        yield* frameIsThere(site, ending.frame)
        return { ...ending, patch: yield* decodePatch(site.target(), ending.patch) }
      case "Prepared":
        return { _tag: "Prepared", value: yield* unbox({ success: statesOf(site) }, ending.value) }
      case "Handled": {
        const result = yield* unbox(values, ending.error, errors)
        if (!Result.isResult(result) || Result.isSuccess(result)) return yield* Result.fail("has no error")
        return { _tag: "Handled", error: result.failure }
      }
      case "Spent":
        yield* frameIsThere(site, ending.frame)
        return ending
      case "Failed":
        return ending
      default:
        return yield* Result.fail(`is not of a visit, but ${ending._tag}`)
    }
  })

export const decodeItem = (
  site: Recorder.Site,
  ending: Ending,
  path: Record["path"],
  values: Values | undefined,
  errors: Schema.Codec<any, any>
): Result.Result<unknown, string> =>
  ending._tag === "Item"
    ? Result.andThen(isOf(site, path), () => unbox(values, ending.value, errors))
    : Result.fail(`is not of an item, but ${ending._tag}`)

/** Whether a record is of the node that it is found for: its name alone may be wrong. */
const isOf = (site: Recorder.Site, path: Record["path"]): Result.Result<void, string> => {
  const found = path?.join("/")
  return found === undefined || found === site.path.join("/")
    ? Result.void
    : Result.fail(`is of another node, "${found}"`)
}

/** Whether the flow has what a record says that the visit is in. */
const frameIsThere = (site: Recorder.Site, frame: number): Result.Result<unknown, string> =>
  frame < 0
    ? Result.fail(`is of the frame ${frame}`)
    : Result.try({ try: () => site.target(frame), catch: () => "is of another flow: the visit is not in so much" })
