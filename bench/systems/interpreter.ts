/**
 * The least that a flow needs of Effect: the fastest interpreter that is known
 * for the meaning of a flow (phases, an immutable store, actions, nested flows),
 * without what makes a library of it (typed wiring, errors with a place, retry,
 * pauses, budgets, streams, spans).
 *
 * It is fast because one `whileLoop` runs it all, its closures are made once a
 * run, an `exec` that already is a success never enters the fiber's run loop, and
 * nested flows are frames on a stack.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"

export interface Answer<S> {
  readonly action: string
  readonly patch: Partial<S>
}

export interface Node<S> {
  readonly kind: "node"
  readonly prep: (state: S) => number
  readonly exec: (input: number) => Effect.Effect<number>
  readonly post: (input: number, output: number) => Answer<S>
}

export interface Flow<S> {
  readonly kind: "flow"
  readonly start: Wired<S>
}

export interface Wired<S> {
  readonly step: Node<S> | Flow<S>
  readonly next: Map<string, Wired<S>>
}

export const wired = <S>(step: Node<S> | Flow<S>): Wired<S> => ({ step, next: new Map() })

/** A flow of steps, each after the `"default"` of the one before. */
export const sequence = <S>(steps: ReadonlyArray<Node<S> | Flow<S>>): Flow<S> => {
  const all = steps.map(wired)
  for (const [index, { next }] of all.entries()) {
    const after = all[index + 1]
    if (after !== undefined) next.set("default", after)
  }
  return { kind: "flow", start: all[0]! }
}

/** Inline steps before the fiber yields to others, and can be interrupted. */
const turn = 2_000

const nothing = Symbol("nothing")
const resting = Effect.succeed(nothing)
const breathing = Effect.as(Effect.yieldNow, nothing)

const isSuccess = <A>(effect: Effect.Effect<A>): effect is Exit.Success<A> =>
  "_tag" in effect && effect._tag === "Success" && Exit.isExit(effect)

export const run = <S extends object>(flow: Flow<S>, initial: S): Effect.Effect<S> =>
  Effect.suspend(() => {
    let state = initial
    let input = 0
    let node!: Node<S>
    let at: Wired<S> | undefined
    const frames: Array<Wired<S>> = []

    const enter = (wired: Wired<S>): void => {
      at = wired
      while (at.step.kind === "flow") {
        frames.push(at)
        at = at.step.start
      }
      node = at.step
    }
    const take = (output: number): void => {
      const { action, patch } = node.post(input, output)
      state = { ...state, ...patch }
      for (let from = at; from !== undefined; from = frames.pop()) {
        const next = from.next.get(action)
        if (next !== undefined) return enter(next)
      }
      at = undefined
    }

    enter(flow.start)
    return Effect.map(
      Effect.whileLoop<number | typeof nothing, never, never>({
        while: () => at !== undefined,
        body: () => {
          for (let fuel = turn; fuel > 0; fuel--) {
            input = node.prep(state)
            const effect = node.exec(input)
            if (!isSuccess(effect)) return effect
            take(effect.value)
            if (at === undefined) return resting
          }
          return breathing
        },
        step: (value) => {
          if (value !== nothing) take(value)
        }
      }),
      () => state
    )
  })
