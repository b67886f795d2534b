/**
 * Between the state of a store and the outside.
 *
 * @internal
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { InvalidStore } from "../errors.ts"
import type { Any, Store } from "../Store.ts"

const reveal = (store: Any) => store as unknown as Store<string, Record<string, Schema.Codec<any, any>>>

/** The initial state: checked, and with its constructor defaults. A focused step has no store to check by. */
export const initial = (store: Any | undefined, init: any): any => {
  if (store === undefined) return init
  const { name, schema } = reveal(store)
  try {
    return schema.make(init)
  } catch (error) {
    throw new InvalidStore({ store: name, reason: error instanceof Error ? error.message : String(error) })
  }
}

/** From and to JSON. */
export const codec = (store: Any | undefined): Schema.Codec<any, Schema.Json> =>
  Schema.toCodecJson(store === undefined ? Schema.Json : reveal(store).schema)

export const decode = (store: Any | undefined, json: unknown): Result.Result<any, InvalidStore> =>
  Result.mapError(Schema.decodeUnknownResult(codec(store))(json), (error) => invalid(store, error))

export const encode = (store: Any | undefined, state: unknown): Result.Result<Schema.Json, InvalidStore> =>
  Result.mapError(Schema.encodeUnknownResult(codec(store))(state), (error) => invalid(store, error))

const invalid = (store: Any | undefined, error: { readonly message: string }) =>
  new InvalidStore({ store: store === undefined ? "?" : reveal(store).name, reason: error.message })
