/**
 * Exits as values that can be compared and shown: without ids of fibers, stack
 * traces and annotations.
 *
 * @internal
 */
import type * as Cause from "effect/Cause"
import * as Equal from "effect/Equal"
import * as Exit from "effect/Exit"
import * as Formatter from "effect/Formatter"

/** An Exit, of which only what its effect gave or failed with is left. */
export type Plain =
  | { readonly success: unknown }
  | { readonly fail: unknown }
  | { readonly die: unknown }
  | { readonly interrupted: true }

/** What counts of a Cause is its error; else its defect. */
export const plain = (exit: Exit.Exit<unknown, unknown>): Plain => {
  if (Exit.isSuccess(exit)) return { success: exit.value }
  const { reasons }: Cause.Cause<unknown> = exit.cause
  const failed = reasons.find((reason) => reason._tag === "Fail")
  if (failed !== undefined) return { fail: value(failed.error) }
  const died = reasons.find((reason) => reason._tag === "Die")
  return died !== undefined ? { die: value(died.defect) } : { interrupted: true }
}

/** An Error by its fields: two that were made in the same way are the same. */
const value = (error: unknown): unknown =>
  error instanceof Error ? { ...error, name: error.name, message: error.message } : error

export const same = (a: unknown, b: unknown): boolean => Equal.equals(a, b)

export const show = (u: unknown): string => Formatter.format(u, { space: 2 })
