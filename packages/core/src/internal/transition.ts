/**
 * Transitions at run time.
 *
 * @internal
 */
import * as Formatter from "effect/Formatter"
import * as Predicate from "effect/Predicate"
import type { AnyPatch } from "./patch.ts"

export type TransitionTypeId = "~effect-pocketflow/Transition"
export const TransitionTypeId: TransitionTypeId = "~effect-pocketflow/Transition"

export type Choice = string | readonly [action: string, patch: AnyPatch]

/** What it can do without is on the prototype or left out: one is made in every visit. */
export class Transition {
  declare readonly [TransitionTypeId]: any
  /** `undefined` when `update` chooses it, which it does by giving a `Choice`. */
  readonly action: string | undefined
  readonly update: AnyPatch | ((store: any) => any) | undefined
  /** The paths that it sets by value, where `update` does not tell. */
  readonly writes: ReadonlyArray<Path> | undefined
  /** The transitions that it joins. */
  readonly parts: ReadonlyArray<Transition> | undefined

  constructor(
    action: string | undefined,
    update: Transition["update"],
    rest?: { readonly writes?: ReadonlyArray<Path>; readonly parts?: ReadonlyArray<Transition> }
  ) {
    this.action = action
    this.update = update
    this.writes = rest?.writes
    this.parts = rest?.parts
  }
}

Object.defineProperty(Transition.prototype, TransitionTypeId, { value: TransitionTypeId })

export type Path = ReadonlyArray<string>

export const make = (action: string, update?: Transition["update"]) => new Transition(action, update)

export const next = (update?: Transition["update"]) =>
  update === undefined ? default_ : new Transition("default", update)

export const decide = (choose: (store: any) => Choice) => new Transition(undefined, choose)

export const default_: Transition = new Transition("default", undefined)

/** What `post` gave, if it is a transition; types see to it, but not for callers without them. */
export const expect = (u: unknown): Transition => (u instanceof Transition ? u : expectOther(u))

/** One of another copy of this module, perhaps. */
const expectOther = (u: unknown): Transition => {
  if (Predicate.hasProperty(u, TransitionTypeId)) return u as unknown as Transition
  throw new TypeError(`post must give a transition (store.to, store.next or store.decide), not ${Formatter.format(u)}`)
}

/** An action has a name, and is one of those declared: else drawings and checked outcomes would lie. */
export const check = (action: string, declared: ReadonlyArray<string> | undefined, by: string): void => {
  if (action === "" || declared?.includes(action) === false) refuse(action, declared, by)
}

const refuse = (action: string, declared: ReadonlyArray<string> | undefined, by: string): never => {
  if (action === "") throw new TypeError(`${by} took an action without a name`)
  const names = declared!.map((name) => JSON.stringify(name)).join(", ")
  throw new TypeError(`${by} took the action ${JSON.stringify(action)}, but declared are only ${names}`)
}

/** The paths of the store that a transition sets by value. */
export const writesOf = (self: Transition): ReadonlyArray<Path> =>
  self.writes ?? (typeof self.update === "object" ? Object.keys(self.update).map((key) => [key]) : [])

/** What a transition does to a store: the action it takes and the patch it applies. */
export const resolve = (self: Transition, store: any): readonly [action: string, patch: AnyPatch | undefined] => {
  const update = typeof self.update === "function" ? self.update(store) : self.update
  if (self.action !== undefined) return [self.action, update]
  return typeof update === "string" ? [update, undefined] : update
}
