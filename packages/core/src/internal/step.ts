/**
 * What a flow is made of, at run time: plain data that the machine interprets.
 *
 * Phases are typed by `any`: the public constructors have matched them to each
 * other, and the machine only hands on from one to the next.
 *
 * @internal
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import type * as Optic from "effect/Optic"
import * as Pipeable from "effect/Pipeable"
import type { Step } from "../Step.ts"
import type { Any as AnyStore } from "../Store.ts"
import type { Machine } from "./machine.ts"
import type { Transition } from "./transition.ts"

export type StepTypeId = "~effect-pocketflow/Step"
export const StepTypeId: StepTypeId = "~effect-pocketflow/Step"

type Eff = Effect.Effect<any, any, any>

/** All of them also know their `actions`, if these are declared or follow from what they are made of. */
export type AnyStep = NodeStep | FlowStep | CallStep | FocusStep | MapOutcomeStep | CatchStep | BudgetStep

/** One visit: prep, exec, post. Fan-outs are nodes whose `exec` runs flows. */
export interface NodeStep {
  readonly kind: "node"
  readonly shape: "node" | "batch" | "fold" | "all" | "map" | "forEach"
  readonly store: AnyStore | undefined
  readonly prep: ((store: any) => unknown) | undefined
  readonly exec: ((input: any) => Eff) | undefined
  readonly post: ((input: any, output: any) => unknown) | undefined
  readonly actions: ReadonlyArray<string> | undefined
  /** The unit of work that retry, fallback and timeout wrap (an item, in a batch), and how `exec` comes of it. */
  readonly unit: ((input: any, index: number) => Eff) | undefined
  readonly arrange: ((unit: any) => (input: any) => Eff) | undefined
  /** In place of `exec`, where subflows run inside. */
  readonly fan: ((input: any, machine: Machine) => Eff) | undefined
  readonly branches: ReadonlyArray<readonly [id: string, step: AnyStep]>
  /** What a runtime that records the visits of this node is to know of it. */
  readonly annotations: Context.Context<never>
}

/** A graph: every node knows, by action, which node is next. */
export interface FlowStep {
  readonly kind: "flow"
  readonly store: AnyStore | undefined
  readonly actions: ReadonlyArray<string> | undefined
  readonly nodes: ReadonlyMap<string, Wired>
  readonly start: Wired
}

export interface Wired {
  readonly id: string
  readonly index: number
  readonly step: AnyStep
  readonly next: Map<string, Wired>
}

/** A flow over a store of its own. */
export interface CallStep {
  readonly kind: "call"
  readonly store: AnyStore | undefined
  readonly inner: AnyStep
  readonly prep: (store: any) => unknown
  readonly post: (input: any, run: any) => unknown
  readonly actions: ReadonlyArray<string> | undefined
}

export interface FocusStep {
  readonly kind: "focus"
  readonly store: undefined
  readonly actions: ReadonlyArray<string> | undefined
  readonly inner: AnyStep
  readonly lens: Optic.Lens<any, any>
}

export interface MapOutcomeStep {
  readonly kind: "mapOutcome"
  readonly store: AnyStore | undefined
  readonly actions: ReadonlyArray<string> | undefined
  readonly inner: AnyStep
  readonly outcomes: ReadonlyMap<string, string>
}

export interface CatchStep {
  readonly kind: "catch"
  readonly store: AnyStore | undefined
  readonly inner: AnyStep
  readonly handle: (error: unknown) => Transition | undefined
  /** The actions that it may give, if they are known. */
  readonly edges: ReadonlyArray<string> | undefined
  readonly actions: ReadonlyArray<string> | undefined
}

export interface BudgetStep {
  readonly kind: "budget"
  readonly store: AnyStore | undefined
  readonly actions: ReadonlyArray<string> | undefined
  readonly inner: AnyStep
  readonly steps: number | undefined
  readonly duration: Duration.Duration | undefined
  readonly outcome: string
}

const Proto = {
  [StepTypeId]: StepTypeId,
  pipe() {
    return Pipeable.pipeArguments(this, arguments)
  },
  toJSON(this: AnyStep) {
    return { _id: this.kind === "node" && this.fan === undefined ? "Node" : "Flow", actions: this.actions }
  },
  [Inspectable.NodeInspectSymbol](this: { readonly toJSON: () => unknown }) {
    return this.toJSON()
  }
}

export const make = <S extends AnyStep>(fields: S): any => Object.freeze(Object.assign(Object.create(Proto), fields))

export const node = (fields: Partial<NodeStep> & Pick<NodeStep, "shape" | "store">): any =>
  make({
    kind: "node",
    prep: undefined,
    exec: undefined,
    post: undefined,
    unit: undefined,
    arrange: undefined,
    fan: undefined,
    branches: [],
    annotations: Context.empty(),
    ...fields,
    actions: fields.actions ?? (fields.post === undefined ? ["default"] : undefined)
  })

/** The data behind a public value. */
export const reveal = (step: Step<any, any, any, any, any>): AnyStep => step as unknown as AnyStep

export const isStep = (u: unknown): u is AnyStep => typeof u === "object" && u !== null && StepTypeId in u
