/** How deep what models and tools give may be nested. */
import * as Predicate from "effect/Predicate"

/** `JSON.stringify`, and whatever else walks a value by recursion, runs out of stack at some thousands. */
export const maxDepth = 256

/** Whether a value is nested deeper than that: level by level, without recursion, even if it contains itself. */
export const isDeep = (value: unknown): boolean => {
  let level: ReadonlySet<object> = nestedIn([value])
  for (let depth = 0; depth < maxDepth && level.size > 0; depth++) {
    level = nestedIn(Array.from(level, (value) => Object.values(value)).flat())
  }
  return level.size > 0
}

// internal

const nestedIn = (values: ReadonlyArray<unknown>): ReadonlySet<object> =>
  new Set(values.filter(Predicate.isObjectKeyword))
