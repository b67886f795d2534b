/**
 * Items that are worked on some at a time, and that an interruption reaches.
 *
 * @internal
 */
import * as Effect from "effect/Effect"
import { isSuccess } from "./settled.ts"

/**
 * `Effect.forEach`, of which each item can be interrupted whenever it begins.
 *
 * Effect's (as of 4.1) gives an item the interruptibility that its caller has at that moment. A caller that is being
 * interrupted has none; if it yields before it comes to its items, one whose turn comes meanwhile would go on to its own
 * end, and the interruption would wait for that.
 */
export const atOnce = <A>(
  items: ReadonlyArray<A>,
  f: (item: A, index: number) => Effect.Effect<any, any, any>,
  concurrency: number | "unbounded" = 1
): Effect.Effect<Array<any>, any, any> => {
  // All others begin in the caller's own turn, or in its own fiber.
  const later = concurrency !== "unbounded" && concurrency > 1 && concurrency < items.length
  if (!later) return Effect.forEach(items, f, { concurrency })
  return Effect.uninterruptibleMask((restore) =>
    restore(
      Effect.forEach(
        items,
        (item, index) => {
          const effect = f(item, index)
          return isSuccess(effect) ? effect : restore(effect)
        },
        { concurrency }
      )
    )
  )
}
