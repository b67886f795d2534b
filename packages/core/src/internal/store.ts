/**
 * Between the state of a store and the outside.
 *
 * @internal
 */
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import type { ParseOptions } from "effect/SchemaAST"
import { InvalidStore } from "../errors.ts"
import type { Any, Store } from "../Store.ts"

const reveal = (store: Any) => store as unknown as Store<string, Record<string, Schema.Codec<any, any>>>

/** The initial state: checked, and with its constructor defaults. A focused step has no store to check by. */
export const initial = (store: Any | undefined, init: any): any => {
  if (store === undefined) return init
  try {
    return reveal(store).schema.make(init)
  } catch (error) {
    // Effect's error for people is in the cause of what `make` throws.
    const issue = Predicate.hasProperty(error, "cause") ? error.cause : undefined
    throw SchemaIssue.isIssue(issue) ? invalid(store, new Schema.SchemaError(issue)) : error
  }
}

/** From and to JSON. */
const codec = (store: Any | undefined): Schema.Codec<any, Schema.Json> =>
  Schema.toCodecJson(store === undefined ? Schema.Json : reveal(store).schema)

export const decode = (
  store: Any | undefined,
  json: unknown,
  options?: ParseOptions
): Result.Result<any, InvalidStore> =>
  Result.mapError(Schema.decodeUnknownResult(codec(store), options)(json), (error) => invalid(store, error))

export const encode = (
  store: Any | undefined,
  state: unknown,
  options?: ParseOptions
): Result.Result<Schema.Json, InvalidStore> =>
  Result.mapError(Schema.encodeUnknownResult(codec(store), options)(state), (error) => invalid(store, error))

const invalid = (store: Any | undefined, error: { readonly message: string }) =>
  new InvalidStore({ store: store === undefined ? "?" : reveal(store).name, reason: error.message })
