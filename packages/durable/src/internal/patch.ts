/**
 * Patches of a store in records. A key whose value has changed a little is
 * recorded as that change, so that a long list costs only what was added to it.
 *
 * @internal
 */
import * as JsonPatch from "effect/JsonPatch"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Store } from "effect-pocketflow"
import * as Recorder from "effect-pocketflow/Recorder"
import { decode, encode } from "./json.ts"

export const Patch = Schema.Struct({
  set: Schema.optionalKey(Schema.Record(Schema.String, Schema.Json)),
  edit: Schema.optionalKey(Schema.Record(Schema.String, Schema.Array(Schema.Json))),
  unset: Schema.optionalKey(Schema.Array(Schema.String)),
  /** Keys that are there, with the value `undefined`. */
  none: Schema.optionalKey(Schema.Array(Schema.String))
})
export type Patch = typeof Patch.Type

/** Below this many characters a value is recorded as it is. */
const small = 256

type Keyed = Schema.Codec<any, any> | undefined

const keys = new WeakMap<object, Map<string, Keyed>>()

/** The schema of the states of a store, of which only one key counts. */
const schemaOf = (store: Store.Any | undefined, key: string): Keyed => {
  const struct = (store as { readonly schema?: Schema.Struct<Schema.Struct.Fields> } | undefined)?.schema
  if (struct === undefined) return undefined
  let known = keys.get(struct)
  if (known === undefined) keys.set(struct, (known = new Map()))
  if (!known.has(key)) {
    const field = Object.hasOwn(struct.fields, key) ? struct.fields[key] : undefined
    known.set(key, field && (Schema.Struct({ [key]: field }) as unknown as Keyed))
  }
  return known.get(key)
}

const encodeKey = (store: Store.Any | undefined, key: string, value: unknown): Result.Result<Schema.Json, string> => {
  const schema = schemaOf(store, key)
  return schema === undefined
    ? encode(undefined, value)
    : Result.map(encode(schema, { [key]: value }), (json) => (json as Schema.JsonObject)[key] ?? null)
}

const decodeKey = (store: Store.Any | undefined, key: string, json: unknown): Result.Result<unknown, string> => {
  const schema = schemaOf(store, key)
  return schema === undefined
    ? Result.succeed(json)
    : Result.map(decode(schema, { [key]: json }), (state) => (state as Readonly<Record<string, unknown>>)[key])
}

export const encodePatch = (
  { state, store }: ReturnType<Recorder.Site["target"]>,
  patch: Recorder.Patch
): Result.Result<Patch, string> =>
  Result.gen(function* () {
    const set: Array<[string, Schema.Json]> = []
    const edit: Array<[string, ReadonlyArray<Schema.Json>]> = []
    const unset: Array<string> = []
    const none: Array<string> = []
    for (const [key, value] of Object.entries(patch)) {
      if (value === Recorder.unset) {
        unset.push(key)
        continue
      }
      if (value === undefined) {
        none.push(key)
        continue
      }
      const json = yield* Result.mapError(encodeKey(store, key, value), (reason) => `the key "${key}": ${reason}`)
      const size = typeof json === "object" ? JSON.stringify(json).length : 0
      const before = hasKey(state, key) && size > small ? encodeKey(store, key, state[key]) : undefined
      const change =
        before === undefined || Result.isFailure(before) ? undefined : (JsonPatch.get(before.success, json) as any)
      if (change !== undefined && JSON.stringify(change).length < size) edit.push([key, change])
      else set.push([key, json])
    }
    return {
      ...(set.length > 0 && { set: Object.fromEntries(set) }),
      ...(edit.length > 0 && { edit: Object.fromEntries(edit) }),
      ...(unset.length > 0 && { unset }),
      ...(none.length > 0 && { none })
    }
  })

export const decodePatch = (
  { state, store }: ReturnType<Recorder.Site["target"]>,
  { edit = {}, none = [], set = {}, unset = [] }: Patch
): Result.Result<Recorder.Patch, string> =>
  Result.gen(function* () {
    const patch: Array<[string, unknown]> = unset.map((key) => [key, Recorder.unset])
    for (const key of none) patch.push([key, undefined])
    for (const [key, json] of Object.entries(set)) patch.push([key, yield* decodeKey(store, key, json)])
    for (const [key, change] of Object.entries(edit)) {
      if (!hasKey(state, key)) return yield* Result.fail(`changes the key "${key}", which is not there`)
      const before = yield* encodeKey(store, key, state[key])
      const after = yield* Result.try({
        try: () => JsonPatch.apply(change as never, before),
        catch: (error) => `does not fit the key "${key}": ${error}`
      })
      patch.push([key, yield* decodeKey(store, key, after)])
    }
    return Object.fromEntries(patch)
  })

const hasKey = (state: unknown, key: string): state is Readonly<Record<string, unknown>> =>
  typeof state === "object" && state !== null && Object.hasOwn(state, key)
