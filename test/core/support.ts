import { Cause, Effect, Exit, Fiber, Option, Schema } from "effect"
import type { Duration } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import { TestClock } from "effect/testing"

/** A number. */
export const Counter = Store.make("Counter", { n: Schema.Number })

/** What has happened so far. */
export const Trail = Store.make("Trail", { seen: Schema.Array(Schema.String) })

/** Adds one to the counter, by a function. */
export const add = Node.make(Counter, { post: () => Counter.next((s) => ({ n: s.n + 1 })) })

/** Sets the counter, by value. */
export const set = (n: number) => Node.make(Counter, { post: () => Counter.next({ n }) })

/** Leaves a name in the trail and goes on with an action. */
export const visit = <const A extends string = "default">(name: string, action: A = "default" as A) =>
  Node.make(Trail, { post: () => Trail.to(action, (s) => ({ seen: [...s.seen, name] })), actions: [action] })

/** Runs `effect` for `duration` of virtual time, by which it must have ended. */
export const during = <A, E, R>(duration: Duration.Input, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect)
    yield* TestClock.adjust(duration)
    return yield* Fiber.join(fiber)
  })

/** How a failed effect failed: the reasons, and where in the flow. */
export const failure = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.exit(effect), (exit) =>
    Exit.isSuccess(exit)
      ? { success: exit.value }
      : {
          reasons: exit.cause.reasons.map((reason) =>
            reason._tag === "Fail"
              ? { fail: reason.error as unknown }
              : reason._tag === "Die"
                ? { die: reason.defect }
                : "interrupt"
          ),
          site: Option.getOrUndefined(Flow.siteOf(exit.cause))
        }
  )

/** The defect that `effect` dies with. */
export const defect = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Effect.exit(effect), (exit) =>
    Exit.isFailure(exit) && Cause.hasDies(exit.cause)
      ? Effect.succeed(Cause.squash(exit.cause))
      : Effect.die(new Error("expected a defect"))
  )
