/**
 * What a run may cost: calls of a language model, tokens, and time.
 *
 * @since 0.1.0
 */
import * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Schema from "effect/Schema"
import { meter } from "./internal/meter.ts"
import { checkLimits } from "./internal/options.ts"
import * as provider from "./internal/provider.ts"

/**
 * What may be spent. What is left out has no limit.
 *
 * @category models
 * @since 0.1.0
 */
export interface Budget {
  /** Requests to the model, whatever becomes of them. */
  readonly calls?: number | undefined
  /** Tokens of prompts and replies. */
  readonly tokens?: number | undefined
  /** Time on the clock, from the beginning. */
  readonly duration?: Duration.Input | undefined
}

/**
 * A budget is spent.
 *
 * **Details**
 *
 * `limit` names what was spent, `allowed` how much of it there was (milliseconds
 * for `"duration"`); `calls` and `tokens` are what the run has cost.
 *
 * @category errors
 * @since 0.1.0
 */
export class BudgetExceeded extends Schema.TaggedError<BudgetExceeded>()("BudgetExceeded", {
  limit: Schema.Literals(["calls", "tokens", "duration"]),
  allowed: Schema.Finite,
  calls: Schema.Int,
  tokens: Schema.Int
}) {
  override get message(): string {
    const unit = this.limit === "duration" ? "ms" : this.limit
    return `The budget of ${this.allowed} ${unit} is spent (${this.calls} calls, ${this.tokens} tokens)`
  }
}

/**
 * Runs an effect within a budget: once that is spent, the effect is interrupted
 * and fails.
 *
 * **Details**
 *
 * Every request counts that the effect makes of its `LanguageModel`, in whatever
 * flow, node or tool, each that is repeated by a retry, and none where
 * `ReplyCache.withCache` has the reply. Calls and tokens are looked at before a
 * request: the one that would be too many is not made, and a reply that has been
 * paid for is not lost, even if it cost more than was left. Time is up in the
 * middle of whatever goes on.
 *
 * Tokens are those that the model reports; where it reports none, one for four
 * characters. A request that broke off or was given up counts its prompt and what
 * was heard of the reply; one that was refused costs nothing.
 *
 * Budgets nest: what is spent within the inner one counts for the outer one.
 *
 * **Errors**
 *
 * `BudgetExceeded`. A `Node.fallback`, a retry or an error edge within the effect
 * does not get around it.
 *
 * **Gotchas**
 *
 * A model that the effect provides for itself is not counted: put the budget
 * around what needs the model, and provide the model around the budget.
 *
 * **Example** (A flow that never has enough)
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { LanguageModel } from "effect/ai"
 * import { Flow, Node, Store } from "effect-pocketflow"
 * import { Budget, OfflineModel } from "@effect-pocketflow/ai"
 *
 * const Essay = Store.make("Essay", { drafts: Schema.Array(Schema.String) })
 * const write = Node.make(Essay, {
 *   prep: (s) => `Draft ${s.drafts.length}`,
 *   exec: (prompt) => LanguageModel.generateText({ prompt }),
 *   post: (_, { text }) => Essay.to("again", (s) => ({ drafts: [...s.drafts, text] }))
 * })
 * const essay = Flow.make(Essay, { start: "write", nodes: { write }, edges: { write: { again: "write" } } })
 *
 * const run = Flow.run(essay, { drafts: [] }).pipe(
 *   Budget.within({ calls: 3, tokens: 10_000, duration: "1 minute" }),
 *   Effect.catchTag("BudgetExceeded", (error) => Effect.succeed([error.limit, error.calls])),
 *   Effect.provide(OfflineModel.layer([{ name: "any", when: () => true, reply: ({ user }) => user }]))
 * )
 *
 * await Effect.runPromise(run) // => ["calls", 3]
 * ```
 *
 * @category combinators
 * @since 0.1.0
 */
export const within: {
  (
    budget: Budget
  ): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E | BudgetExceeded, R | LanguageModel.LanguageModel>
  <A, E, R>(
    self: Effect.Effect<A, E, R>,
    budget: Budget
  ): Effect.Effect<A, E | BudgetExceeded, R | LanguageModel.LanguageModel>
} = dual(2, <A, E, R>(self: Effect.Effect<A, E, R>, budget: Budget) =>
  Effect.gen(function* () {
    const allowed = {
      calls: budget.calls ?? Infinity,
      tokens: budget.tokens ?? Infinity,
      duration: Duration.fromInputUnsafe(budget.duration ?? Duration.infinity)
    }
    checkLimits("Budget.within", { ...allowed, duration: Duration.toMillis(allowed.duration) }, 0)
    const model = yield* LanguageModel.LanguageModel
    const over = yield* Deferred.make<never, BudgetExceeded>()
    const ended = yield* Deferred.make<void>()
    let calls = 0
    let tokens = 0
    const exceed = (limit: BudgetExceeded["limit"], allowed: number) =>
      Effect.suspend(() => {
        const error = new BudgetExceeded({ limit, allowed, calls, tokens })
        return Effect.andThen(Deferred.fail(over, error), error)
      })
    const pass = Effect.suspend(() => {
      if (calls >= allowed.calls) return exceed("calls", allowed.calls)
      if (tokens >= allowed.tokens) return exceed("tokens", allowed.tokens)
      calls++
      return Effect.void
    })
    const metered = yield* provider.make(
      meter({
        before: () =>
          // Waits to be interrupted, so that nothing can make something of a failure; only what was left behind gets one.
          Effect.catch(pass, (error) =>
            Effect.andThen(Effect.interruptible(Deferred.await(ended)), Effect.fail(toAiError(error)))
          ),
        spent: (sum) => Effect.sync(() => void (tokens += sum))
      })(provider.of(model))
    )
    return yield* self.pipe(
      Effect.provideService(LanguageModel.LanguageModel, metered),
      Effect.raceFirst(Deferred.await(over)),
      Effect.timeoutOrElse({
        duration: allowed.duration,
        orElse: () => exceed("duration", Duration.toMillis(allowed.duration))
      }),
      Effect.ensuring(Deferred.succeed(ended, undefined))
    )
  })
)

// internal

const toAiError = ({ message }: BudgetExceeded): AiError.AiError =>
  AiError.make({ module: "Budget", method: "within", reason: new AiError.UnknownError({ description: message }) })
