/**
 * What can be seen of a run, to compare it with another one.
 *
 * @internal
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Flow } from "effect-pocketflow"
import type { Store } from "effect-pocketflow"
import { replayInterleaving } from "../SeededScheduler.ts"
import type { Plain } from "./exit.ts"
import { plain } from "./exit.ts"

/** How many visits a run may make; one that makes more is not compared. */
export const limit = 1000

export type Ending = Plain & { readonly site?: typeof Flow.FlowSite.Service | undefined }

/** How an effect ended: by value, and where in a flow it failed. */
export const ending = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<Ending, never, R> =>
  Effect.map(Effect.exit(effect), (exit) =>
    Exit.isSuccess(exit) ? plain(exit) : { ...plain(exit), site: Option.getOrUndefined(Flow.siteOf(exit.cause)) }
  )

/** An effect with services that nobody has used before. */
export const provided = <A, E, R, L>(
  effect: Effect.Effect<A, E, R>,
  layer: Layer.Layer<L, any> | undefined
): Effect.Effect<A, any, Exclude<R, L>> =>
  Effect.provide(effect, layer ?? (Layer.empty as Layer.Layer<any>), { local: true }) as never

/** The same, under the schedule of `seed` and in virtual time. */
export const alone = <A, E, R, L>(
  effect: Effect.Effect<A, E, R>,
  layer: Layer.Layer<L, any> | undefined,
  seed: number
): Effect.Effect<A, any, Exclude<R, L>> => replayInterleaving(provided(effect, layer), seed)

/** How a run of `flow` ended; `undefined`, if it makes too many visits to be compared. */
export const runOf = <S extends Store.Any, E, R, L>(
  { flow, layer }: { readonly flow: Flow.Step<S, string, E, R>; readonly layer?: Layer.Layer<L, any> | undefined },
  state: Store.Type<S>,
  seed: number,
  maxSteps = limit
): Effect.Effect<Ending | undefined, any, Exclude<R, L>> =>
  alone(
    // A state of a store can also be the initial one.
    Effect.flatMap(Effect.exit(Flow.run(flow, state as never, { maxSteps })), (exit) =>
      Exit.isFailure(exit) && isLimit(exit.cause) ? Effect.succeed(undefined) : ending(exit)
    ),
    layer,
    seed
  )

const isLimit = (cause: Cause.Cause<unknown>): boolean =>
  Option.exists(Cause.findErrorOption(cause), (error) => error instanceof Flow.StepLimitExceeded)
