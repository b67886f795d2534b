import { Array as Arr, Duration, Effect, Schedule, Schema } from "effect"
import { Node, Store } from "effect-pocketflow"
import { during } from "../../core/support.ts"

export { range } from "../support.ts"

/** The number of the arithmetic cases. Upstream's nodes write it in prep; here only post can, by a transition. */
export const Calc = Store.make("Calc", { current: Schema.Number })

export const number = (n: number) => Node.make(Calc, { post: () => Calc.next({ current: n }) })

export const plus = (n: number) => Node.make(Calc, { post: () => Calc.next((s) => ({ current: s.current + n })) })

export const times = (n: number) => Node.make(Calc, { post: () => Calc.next((s) => ({ current: s.current * n })) })

/** How an attempt failed: attempts are counted from 1, as upstream's tests do. */
export interface Failed {
  readonly attempt: number
}

/** Work for `exec` that fails until its `n`th attempt, and gives that number. */
export const succeedOn = (n: number): Effect.Effect<number, Failed> =>
  Effect.flatMap(Node.Attempt, (index) =>
    index + 1 < n ? Effect.fail({ attempt: index + 1 }) : Effect.succeed(index + 1)
  )

/** Upstream's `maxRetries`, which counts attempts, and `wait`, the time between them. */
export const maxRetries = (attempts: number, wait: Duration.Input = 0) => ({
  schedule: Schedule.spaced(wait),
  times: attempts - 1
})

/** What `effect` gives, and how many milliseconds of virtual time it took. */
export const timed = <A extends object, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(during("1 minute", Effect.timed(effect)), ([took, value]) => ({
    took: Duration.toMillis(took),
    ...value
  }))

/** A text cut into pieces of `size` characters. */
export const pieces = (text: string, size: number) => Arr.chunksOf(text, size).map((chars) => chars.join(""))
