/**
 * The unit of work of a node (`exec`, or one item of it), what may be wrapped
 * around it, and how units make up an `exec`.
 *
 * An effect that already is a success is handed on as it is: retry, fallback,
 * timeout and the notes for failures cost nothing until something has to wait
 * or fails.
 *
 * @internal
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { RetryPolicy } from "../node/combinators.ts"
import { atOnce } from "./concurrent.ts"
import { Attempt, Item, RecordItem, Watched } from "./references.ts"
import { isSuccess } from "./settled.ts"

type Eff = Effect.Effect<any, any, any>
export type Unit = (input: any, index: number) => Eff

const unlessDone = (effect: Eff, f: (effect: Eff) => Eff): Eff => (isSuccess(effect) ? effect : f(effect))

/** A failure with a note, where nothing closer to it has made one. */
const note = <S>(cause: Cause.Cause<unknown>, key: Context.Reference<S>, value: S): Eff =>
  Effect.failCause(Cause.annotate(cause, Context.make(key, value)))

export const retry =
  (unit: Unit, policy: RetryPolicy<any, any, any>): Unit =>
  (input, index) =>
    unlessDone(unit(input, index), (first) =>
      Effect.catchCause(first, (cause) => {
        if (Cause.hasDies(cause) || !Cause.hasFails(cause)) return Effect.failCause(cause)
        // The schedule starts here, with the failure that has just happened.
        let attempt = -1
        const again = Effect.withFiber((fiber) => {
          if (++attempt === 0) return Effect.failCause(cause)
          const watched = Context.get(fiber.context, Watched)
          if (watched !== undefined) watched.attempt = Math.max(watched.attempt, attempt)
          return Effect.provideService(unit(input, index), Attempt, attempt)
        })
        const retried = Schedule.isSchedule(policy) ? Effect.retry(again, policy) : Effect.retry(again, policy)
        return Effect.catchCause(retried, (cause) => note(cause, Attempt, attempt))
      })
    )

export const fallback =
  (unit: Unit, f: (error: any, input: any) => Eff): Unit =>
  (input, index) =>
    unlessDone(unit(input, index), (effect) => Effect.catch(effect, (error) => f(error, input)))

export const timeout =
  (unit: Unit, duration: Duration.Input): Unit =>
  (input, index) =>
    unlessDone(unit(input, index), (effect) => Effect.timeout(effect, duration))

export const single =
  (unit: Unit) =>
  (input: any): Eff =>
    unit(input, 0)

/** Has the result of an item recorded, and gives it. */
type Record = Context.Service.Shape<typeof RecordItem>

/** `f` for each item; a failure tells its index, and so does a watched visit. */
export const forEach = (
  items: ReadonlyArray<any>,
  f: (input: any, index: number, record: Record) => Eff,
  concurrency: number | "unbounded" | undefined
): Eff =>
  Effect.withFiber((fiber) => {
    const watched = Context.get(fiber.context, Watched) !== undefined
    const record = Context.get(fiber.context, RecordItem)
    return atOnce(
      items,
      (item, index) => {
        let effect: Eff
        try {
          effect = f(item, index, record)
        } catch (defect) {
          effect = Effect.die(defect)
        }
        if (isSuccess(effect)) return effect
        if (watched) effect = Effect.provideService(effect, Item, index)
        return Effect.catchCause(effect, (cause) => note(cause, Item, index))
      },
      concurrency
    )
  })

const recordable =
  (unit: Unit) =>
  (input: any, index: number, record: Record): Eff =>
    record === undefined ? unit(input, index) : record(index, () => unit(input, index))

export const batch =
  (options: { readonly concurrency?: number | "unbounded" | undefined; readonly mode?: string | undefined }) =>
  (unit: Unit) => {
    const item = recordable(options.mode === "result" ? (input, index) => Effect.result(unit(input, index)) : unit)
    return (items: ReadonlyArray<any>): Eff => forEach(items, item, options.concurrency)
  }

export const fold =
  (initial: any) =>
  (unit: Unit) =>
  (items: ReadonlyArray<any>): Eff =>
    Effect.map(
      forEach(
        items,
        (() => {
          let acc = initial
          const step = recordable(unit)
          return (item, index, record) => Effect.mapEager(step([acc, item], index, record), (next) => (acc = next))
        })(),
        1
      ),
      (steps) => (steps.length === 0 ? initial : steps[steps.length - 1])
    )
