/**
 * Transitions at run time.
 *
 * @internal
 */
import * as Formatter from "effect/Formatter"
import type { AnyPatch } from "./patch.ts"

export type TransitionTypeId = "~effect-pocketflow/Transition"
export const TransitionTypeId: TransitionTypeId = "~effect-pocketflow/Transition"

export type Choice = string | readonly [action: string, patch: AnyPatch]

export class Transition {
  readonly [TransitionTypeId]: any = TransitionTypeId
  /** `undefined` when `update` chooses it, which it does by giving a `Choice`. */
  readonly action: string | undefined
  readonly update: AnyPatch | ((store: any) => any) | undefined
  /** Where the updates of other transitions are folded into `update`: the paths they set by value. */
  readonly writes: ReadonlyArray<Path> | undefined

  constructor(action: string | undefined, update: Transition["update"], writes?: ReadonlyArray<Path>) {
    this.action = action
    this.update = update
    this.writes = writes
  }
}

export type Path = ReadonlyArray<string>

export const make = (action: string, update?: Transition["update"]) => new Transition(action, update)

export const next = (update?: Transition["update"]) =>
  update === undefined ? default_ : new Transition("default", update)

export const decide = (choose: (store: any) => Choice) => new Transition(undefined, choose)

export const default_: Transition = new Transition("default", undefined)

/** What `post` gave, if it is a transition; types see to it, but not for callers without them. */
export const expect = (u: unknown): Transition => {
  if (u instanceof Transition) return u
  throw new TypeError(`post must give a transition (store.to, store.next or store.decide), not ${Formatter.format(u)}`)
}

/** The paths of the store that a transition sets by value. */
export const writesOf = (self: Transition): ReadonlyArray<Path> =>
  self.writes ?? (typeof self.update === "object" ? Object.keys(self.update).map((key) => [key]) : [])
