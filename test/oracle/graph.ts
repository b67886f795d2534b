/**
 * Flows that PocketFlow and this library can both express, as data, and what
 * the phases of their nodes compute and leave in a trace. How a flow is run is
 * none of it: that is PocketFlow's in `pocketflow.ts` and ours in `here.ts`.
 */
import { Data } from "effect"

// --- the data -------------------------------------------------------------------

/** The last two are no action: `null` stands for undefined, which JSON does not have. */
export type Action = "default" | "left" | "right" | "constructor" | "" | null

/** What an answer comes to; "stop" is never wired. */
export type Taken = Exclude<Action, "" | null> | "stop"

/** One unit of work: how many of its first attempts fail, and how long each takes. */
export interface Work {
  readonly fails?: number
  readonly takes?: number
}

/** One of the actions is taken, and a key of the store is changed. */
export interface Post {
  readonly actions: ReadonlyArray<Action>
  readonly key: "a" | "b"
  /** By the output alone; by it and the current store; and so that the store chooses the action, too. */
  readonly by: "value" | "function" | "decide"
}

interface Phases {
  /** Whether prep reads the params. */
  readonly reads?: true
  readonly breaks?: "prep" | "post"
  /** The number whose multiples lead to failures, if not every number does. */
  readonly when?: number
}

interface Unit extends Phases {
  readonly attempts?: number
  readonly fallback?: "gives" | "fails"
  readonly post: Post
}

/** Without work it has no exec. */
export interface Node extends Unit {
  readonly kind: "node"
  readonly work?: Work
}

export interface Batch extends Unit {
  readonly kind: "batch" | "parallel"
  readonly items: ReadonlyArray<Work>
}

export interface Edge {
  readonly from: number
  readonly action: Taken
  readonly to: number
}

/** The first step is the start. What `loses` its last action, as flows of the TypeScript port do, ends with "default". */
export interface Graph {
  readonly kind: "flow"
  readonly steps: ReadonlyArray<Step>
  readonly edges: ReadonlyArray<Edge>
  readonly loses?: true
}

/** A batch flow, one run after the other. */
export interface Many extends Phases {
  readonly kind: "many"
  readonly flow: Graph
  readonly param: keyof Params
  readonly times: number
  readonly post?: Post
}

export type Step = Node | Batch | Graph | Many

/** A graph, and how it is run. */
export interface Case {
  readonly graph: Graph
  readonly state: State
  /** After how many visits every node ends its flow. */
  readonly fuel: number
  /** Of the interleaving here. */
  readonly seed: number
}

export interface State {
  readonly a: number
  readonly b: number
}

export interface Params {
  readonly p: number
  readonly q: number
}

export const idOf = (index: number): string => `n${index}`

export const pathOf = (parent: string, index: number): string => `${parent}/${idOf(index)}`

/** The actions that a step can end with. Here an edge on any other is refused; there it does nothing. */
export const actionsOf = (step: Step): ReadonlyArray<Taken> => {
  if (step.kind === "flow") {
    const wired = new Set(step.edges.map(({ action, from }) => `${from} ${action}`))
    const outcomes = step.steps.flatMap((inner, i) => actionsOf(inner).filter((action) => !wired.has(`${i} ${action}`)))
    return step.loses === true && outcomes.length > 0 ? ["default"] : outcomes
  }
  if (step.post === undefined) return ["default"]
  return [...new Set<Taken>([...step.post.actions.map((action) => action || "default"), "stop"])]
}

// --- what a run leaves --------------------------------------------------------------

export class Failed extends Data.TaggedError("Failed")<{
  readonly at: string
  readonly phase: "prep" | "exec" | "fallback" | "post" | "limit"
  readonly item?: number
  readonly attempt?: number
}> {}

/** A line for each prep and post; in between, for each item, what happened to it. */
export type Trace = ReadonlyArray<string | ReadonlyArray<ReadonlyArray<string>>>

/** How a run ended. */
export interface Ended {
  readonly end: { readonly outcome: string } | { readonly failed: Pick<Failed, "at" | "phase" | "item" | "attempt"> }
  readonly store: State
  readonly trace: Trace
}

/** One run that is going on. */
export interface Run {
  readonly fuel: number
  readonly trace: Array<Trace[number]>
  visits: number
}

export const begin = (fuel: number): Run => ({ fuel, trace: [], visits: 0 })

export const failed = ({ at, attempt, item, phase }: Failed): Ended["end"] => ({
  failed: { at, phase, ...(item !== undefined && { item }), ...(attempt !== undefined && { attempt }) }
})

// --- the phases -----------------------------------------------------------------------

/** How many visits may come when the fuel is spent: a flow that loses its action takes no notice of that. */
const grace = 3

/** A small number in which the order of its arguments counts. */
export const mix = (...numbers: ReadonlyArray<number>): number =>
  numbers.reduce((sum, n) => (sum * 31 + n + 7) % 997, 0)

const strikes = ({ when = 1 }: Phases, n: number): boolean => n % when === 0

/** What prep makes of what it sees. */
export const prep = (run: Run, spec: Phases, at: string, { a, b }: State, params?: Params): number | Failed => {
  const { p, q } = params ?? { p: 0, q: 0 }
  run.trace.push(`${at} prep sees a ${a}, b ${b}${params === undefined ? "" : `, p ${p}, q ${q}`}`)
  if (++run.visits > run.fuel + grace) return new Failed({ at, phase: "limit" })
  const input = mix(a, b, p, q)
  return spec.breaks === "prep" && strikes(spec, input) ? new Failed({ at, phase: "prep" }) : input
}

/** What exec is given: one unit of work, and where to tell of it. */
export interface Task {
  readonly work: Work
  readonly fails: number
  readonly input: number
  readonly where: { readonly at: string; readonly item?: number }
  readonly lines: Array<string>
}

/** What a prep that came to `input` has to be done. */
export const tasks = (run: Run, spec: Node | Batch, at: string, input: number): ReadonlyArray<Task> => {
  const works = spec.kind === "node" ? (spec.work === undefined ? [] : [spec.work]) : spec.items
  const tasks = works.map((work, item) => ({
    work,
    fails: strikes(spec, input) ? (work.fails ?? 0) : 0,
    input,
    where: spec.kind === "node" ? { at } : { at, item },
    lines: []
  }))
  run.trace.push(tasks.map(({ lines }) => lines))
  return tasks
}

export const exec = ({ fails, input, lines, where }: Task, attempt: number): number | Failed => {
  lines.push(`attempt ${attempt}`)
  if (attempt < fails) return new Failed({ ...where, phase: "exec", attempt })
  return mix(input, attempt, where.item ?? 0)
}

export const fallback = (spec: Unit, { input, lines, where }: Task, error: Failed): number | Failed => {
  lines.push(`fallback after ${error.phase} of attempt ${error.attempt}`)
  return spec.fallback === "fails" ? new Failed({ ...where, phase: "fallback" }) : mix(input, 900)
}

export const post = (run: Run, spec: Phases, at: string, output: number): Failed | undefined => {
  run.trace.push(`${at} post gets ${output}`)
  return spec.breaks === "post" && strikes(spec, output) ? new Failed({ at, phase: "post" }) : undefined
}

/** The action that a post takes by a number: the output or, where the store decides, one made of it. */
export const pick = (run: Run, { actions, by }: Post, output: number, state?: State): Action | "stop" => {
  const n = by === "decide" && state !== undefined ? state.a + state.b : output
  return run.visits >= run.fuel ? "stop" : actions[n % actions.length]!
}

export const change = ({ by, key }: Post, output: number, state?: State): Partial<State> => {
  const n = by === "value" || state === undefined ? mix(output) : mix(state[key], output)
  return key === "a" ? { a: n } : { b: n }
}

export const elements = ({ times }: Many, input: number): ReadonlyArray<number> =>
  Array.from({ length: times }, (_, i) => mix(input, i))
