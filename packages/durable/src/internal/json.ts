/**
 * What values are in records: JSON, by a schema or as they are.
 *
 * @internal
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

/** Schemas of what a node gives, where it is not plain JSON. */
export interface Values {
  readonly success?: Schema.Codec<any, any> | undefined
  readonly error?: Schema.Codec<any, any> | undefined
}

export type Encoded<A = Schema.Json> = Result.Result<A, string>

/** What is nested deeper is taken for a circle. */
const deepest = 1000

/** Why a value is not what JSON has, if it is not; with the place. */
const notJson = (value: unknown, at: string, depth = 0): string | undefined => {
  if (value === null || typeof value === "string" || typeof value === "boolean") return undefined
  if (typeof value === "number")
    return Number.isFinite(value) ? undefined : `${at} is ${value}, which JSON does not have`
  if (value === undefined) return `${at} is undefined, which JSON does not have`
  if (typeof value !== "object") return `${at} is a ${typeof value}, which JSON does not have`
  if (depth === deepest) return `it is nested deeper than ${deepest} levels, or goes round in a circle`
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const found = notJson(value[i], `${at}[${i}]`, depth + 1)
      if (found !== undefined) return found
    }
    return undefined
  }
  const proto = Object.getPrototypeOf(value)
  if (proto !== Object.prototype && proto !== null) {
    return `${at} is a ${value.constructor?.name ?? "value of a class"}, not plain JSON: give its schema in "values"`
  }
  for (const [key, part] of Object.entries(value)) {
    const found = part === undefined ? undefined : notJson(part, `${at}.${key}`, depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}

const codecs = new WeakMap<object, Schema.Codec<any, any>>()

const codecOf = (schema: Schema.Codec<any, any>): Schema.Codec<any, any> => {
  let codec = codecs.get(schema)
  if (codec === undefined) codecs.set(schema, (codec = Schema.toCodecJson(schema) as Schema.Codec<any, any>))
  return codec
}

export const encode = (schema: Schema.Codec<any, any> | undefined, value: unknown): Encoded => {
  if (schema !== undefined) {
    const encoded = Schema.encodeUnknownResult(codecOf(schema), { disableChecks: true })(value)
    return Result.mapError(encoded as Result.Result<Schema.Json, Schema.SchemaError>, (error) => error.message)
  }
  const reason = notJson(value, "the value")
  // As it will be read: a key that is undefined is not there then, and is not to be now.
  return reason === undefined ? Result.succeed(JSON.parse(JSON.stringify(value))) : Result.fail(reason)
}

export const decode = (schema: Schema.Codec<any, any> | undefined, json: unknown): Result.Result<unknown, string> =>
  schema === undefined
    ? Result.succeed(json)
    : Result.mapError(
        Schema.decodeUnknownResult(codecOf(schema), { disableChecks: true })(json),
        (error) => error.message
      )

/** A value as an object that JSON keeps: `value`, or nothing; or `success` or `failure` of one, or `error`. */
export type Boxed = Schema.JsonObject

export const box = (values: Values | undefined, value: unknown, errors?: Schema.Codec<any, any>): Encoded<Boxed> => {
  if (value === undefined) return Result.succeed({})
  if (!Result.isResult(value)) return Result.map(encode(values?.success, value), (value) => ({ value }))
  if (Result.isSuccess(value)) return Result.map(box(values, value.success), (success) => ({ success }))
  // Most often it is one of the errors that the whole flow can have.
  const known = errors && values?.error === undefined ? encode(errors, value.failure) : undefined
  return known !== undefined && Result.isSuccess(known)
    ? Result.succeed({ error: known.success })
    : Result.map(box({ success: values?.error }, value.failure), (failure) => ({ failure }))
}

export const unbox = (
  values: Values | undefined,
  boxed: Boxed,
  errors?: Schema.Codec<any, any>
): Result.Result<unknown, string> => {
  if ("success" in boxed) return Result.map(unbox(values, boxed["success"] as Boxed), Result.succeed)
  if ("error" in boxed) return Result.map(decode(errors, boxed["error"]), Result.fail)
  if ("failure" in boxed) return Result.map(unbox({ success: values?.error }, boxed["failure"] as Boxed), Result.fail)
  return "value" in boxed ? decode(values?.success, boxed["value"]) : Result.succeed(undefined)
}
