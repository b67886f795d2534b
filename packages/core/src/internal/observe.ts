/**
 * Watching a visit: events for `Flow.stream`, a span for a tracer.
 *
 * @internal
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import { siteOf } from "../errors.ts"
import type { Position } from "../Position.ts"
import { locate } from "./failure.ts"
import type { Machine } from "./machine.ts"
import type { AnyPatch } from "./patch.ts"
import type { WatchedVisit } from "./references.ts"
import { Watched } from "./references.ts"

export interface Visited {
  readonly path: ReadonlyArray<string>
  readonly step: number
  readonly attempt: number
  readonly item: number | undefined
}

export interface Listener {
  readonly started: (visit: Visited, position: (() => Position) | undefined) => Effect.Effect<unknown>
  readonly finished: (
    visit: Visited,
    committed: { readonly action: string; readonly patch: AnyPatch }
  ) => Effect.Effect<unknown>
  readonly failed: (
    visit: Visited,
    caught: { readonly error: unknown; readonly action: string }
  ) => Effect.Effect<unknown>
  readonly emit: (channel: string, value: unknown, visit: Visited) => Effect.Effect<unknown>
}

/** The visit that `machine` is about to make at `position`, watched. */
export const observe = (
  machine: Machine,
  traced: boolean,
  position: (() => Position) | undefined
): Effect.Effect<void, any, any> => {
  const { item, listener } = machine.options
  const visit: WatchedVisit = { path: machine.path, step: machine.owner.steps, attempt: 0, listener }
  machine.watching = visit
  const located = Effect.catchCause(machine.loop(true), (cause) => Effect.failCause(locate(machine, cause)))
  const effect = traced
    ? spanned(located, machine, visit)
    : Effect.updateContext(located, (context) => Context.add(context, Watched, visit))
  if (listener === undefined) return effect
  const visited = () => ({ path: visit.path, step: visit.step, attempt: visit.attempt, item })
  return Effect.andThen(
    Effect.andThen(listener.started(visited(), position), effect),
    Effect.suspend(() =>
      machine.committed === undefined ? Effect.void : listener.finished(visited(), machine.committed)
    )
  )
}

/** A visit in a span. All that it needs of a context is added at once: with each new span, a fiber looks it up anew. */
const spanned = (
  effect: Effect.Effect<void, any, any>,
  machine: Machine,
  visit: WatchedVisit
): Effect.Effect<void, any, any> => {
  const { item } = machine.options
  const id = visit.path.join("/") || "node"
  const attributes = {
    "flow.path": id,
    "flow.step": visit.step,
    "flow.visit": machine.visit,
    ...(item !== undefined && { "flow.item": item })
  }
  return Effect.useSpan(id, { attributes }, (span) =>
    Effect.onExitPrimitive(
      Effect.updateContext(effect, (context) =>
        Context.add(Context.add(context, Tracer.ParentSpan, span), Watched, visit)
      ),
      (exit) => {
        span.attribute("flow.attempts", visit.attempt + 1)
        if (machine.committed !== undefined) span.attribute("flow.action", machine.committed.action)
        const site = exit._tag === "Failure" ? Option.getOrUndefined(siteOf(exit.cause)) : undefined
        if (site === undefined) return undefined
        span.attribute("flow.phase", site.phase)
        if (site.item !== undefined) span.attribute("flow.item", site.item)
        return undefined
      }
    )
  )
}
