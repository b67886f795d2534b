/**
 * Patches: what they may hold (types), and how they are applied.
 *
 * @internal
 */

/** What removes a key. (The type of a `unique symbol` would widen to `symbol` in a variable, and say nothing in a message.) */
export interface Unset {
  readonly "~effect-pocketflow/unset": never
}
export const unset: Unset = Symbol.for("~effect-pocketflow/unset") as never

/** What a patch may give for the key `K` of `T`. */
type Value<T, K extends keyof T> = {} extends Pick<T, K> ? T[K] | Unset : T[K]

/**
 * A patch of `T` with the keys of `P`, which is inferred from it.
 *
 * Excess keys pass unseen through a type parameter; here the type that such a
 * key is asked to have is the error message.
 */
export type PatchOf<P, T, Name extends string> = {
  readonly [K in keyof P]?: K extends keyof T ? Value<T, K> : `store "${Name}" has no key "${K & string}"`
} & NotAFunction

/** A function has no keys of its own, so it would pass for an empty patch. */
interface NotAFunction {
  readonly [Symbol.hasInstance]?: never
}

/** An action, or an action and a patch of `T`. */
export type Choice<T> = string | readonly [action: string, patch: { readonly [K in keyof T]?: Value<T, K> }]

export type ActionOf<D> = D extends readonly [infer A extends string, unknown] ? A : D & string

export type ExcessKeys<D, T> = D extends readonly [string, infer P] ? Exclude<keyof P, keyof T> & string : never

export type AnyPatch = Readonly<Record<string, unknown>>

/** `store` with the keys of `patch` set, or removed where the value is `unset`. */
export const apply = (store: any, patch: AnyPatch): any => {
  const next = { ...store }
  for (const key in patch) {
    const value = patch[key]
    if (value === unset) delete next[key]
    else if (key === "__proto__") Object.defineProperty(next, key, { ...own, value })
    else next[key] = value
  }
  return next
}

/** An assignment to `__proto__` would set the prototype. */
const own = { configurable: true, enumerable: true, writable: true }

/** The patch that leads from `before` to `after`. */
export const diff = (before: any, after: any): AnyPatch => {
  const entries: Array<[string, unknown]> = []
  for (const key of Object.keys(after)) {
    if (before[key] !== after[key] || !Object.hasOwn(before, key)) entries.push([key, after[key]])
  }
  for (const key of Object.keys(before)) {
    if (!Object.hasOwn(after, key)) entries.push([key, unset])
  }
  return Object.fromEntries(entries)
}
