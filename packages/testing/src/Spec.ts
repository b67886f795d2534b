/**
 * Flows as data: what a random flow is before it is built, and what the
 * reference model interprets.
 *
 * A `Spec` says what every node does (succeed, fail, die, wait, be retried) and
 * how nodes are put together. `build` makes a flow of it, over the store
 * `Sample`; `Model.run` tells what that flow has to do. As plain JSON it shrinks,
 * prints, and can be kept as a regression test.
 *
 * @since 0.1.0
 */
import { Flow } from "effect-pocketflow"
import * as fc from "fast-check"
import * as internal from "./internal/build.ts"
import type { Busy, Oops, Sample } from "./internal/sample.ts"

export { Boom, Busy, Oops, Sample } from "./internal/sample.ts"

/**
 * How many at a time; 1 where it is not given.
 *
 * @category models
 * @since 0.1.0
 */
export type Concurrency = number | "unbounded"

/**
 * A unit of work. By default it succeeds, with a number made of its input, its
 * attempt and its visit.
 *
 * @category models
 * @since 0.1.0
 */
export interface Work {
  /** How many of its first attempts fail, with `Oops`. */
  readonly fails?: number
  /** It fails with `Busy`. */
  readonly busy?: boolean
  /** The attempt that does not fail dies, with `Boom`. */
  readonly dies?: boolean
  /** How long each attempt takes, in milliseconds. */
  readonly delay?: number
}

/**
 * The transition that a node answers with.
 *
 * @category models
 * @since 0.1.0
 */
export interface Post {
  /** One of them is taken, by a number; `["default"]` where they are not given. */
  readonly actions?: ReadonlyArray<string>
  /** The key that is changed: `"a"` where it is not given. */
  readonly key?: "a" | "b"
  /**
   * How: `"function"` of the current store where it is not given, `"value"` set as it is, `"decide"` chooses the
   * action from the current store too, `"add"` only adds, so that it commutes.
   */
  readonly by?: "value" | "function" | "decide" | "add"
  readonly plus?: number
}

interface Unit {
  /** How often a failed unit of work is tried again. */
  readonly retries?: number
  /** Whether a unit of work that has failed in the end is replaced by a number. */
  readonly fallback?: boolean
  readonly post?: Post
}

/**
 * One node.
 *
 * @category models
 * @since 0.1.0
 */
export interface Node extends Work, Unit {
  readonly kind: "node"
  /** In which phase it fails or dies; `"exec"` where it is not given. */
  readonly in?: "prep" | "exec" | "post"
  /** It has no `exec`, or one that gives a plain success. */
  readonly exec?: "none" | "succeed"
}

/**
 * A node that works on items: at once (`batch`), or one after the other on the
 * result so far (`fold`).
 *
 * @category models
 * @since 0.1.0
 */
export interface Batch extends Unit {
  readonly kind: "batch" | "fold"
  readonly items: ReadonlyArray<Work>
  readonly concurrency?: Concurrency
  /** Keep the failures of items as results; only for `batch`. */
  readonly mode?: "result"
}

/**
 * A graph of nodes.
 *
 * @category models
 * @since 0.1.0
 */
export interface Graph {
  readonly kind: "flow"
  readonly start: string
  readonly nodes: { readonly [id: string]: Spec }
  readonly edges: { readonly [id: string]: { readonly [action: string]: string } }
}

/**
 * A step around another one: `call` over a store of its own, `focus` with `a` and
 * `b` exchanged, `mapOutcome`, an error edge (for one `tag`, or for all), a
 * budget of steps with the outcome `"spent"`.
 *
 * @category models
 * @since 0.1.0
 */
export type Around =
  | { readonly kind: "call" | "focus"; readonly inner: Spec }
  | { readonly kind: "mapOutcome"; readonly inner: Spec; readonly outcomes: { readonly [outcome: string]: string } }
  | { readonly kind: "catch"; readonly inner: Spec; readonly tag?: "Oops" | "Busy"; readonly action: string }
  | { readonly kind: "budget"; readonly inner: Spec; readonly steps: number }

/**
 * Many runs in one step. The outcome is `"default"`, or that of the branch or of
 * the last run that it is to `follow`.
 *
 * @category models
 * @since 0.1.0
 */
export type Fan =
  | {
      readonly kind: "all"
      readonly branches: { readonly [id: string]: Spec }
      /** As in `Flow.all`, `"unbounded"` where it is not given. */
      readonly concurrency?: Concurrency
      readonly follow?: string
    }
  | {
      readonly kind: "map" | "forEach"
      readonly inner: Spec
      /** How many inputs or elements there are. */
      readonly times: number
      readonly concurrency?: Concurrency
      readonly follow?: boolean
    }

/**
 * A flow, as data.
 *
 * @category models
 * @since 0.1.0
 */
export type Spec = Node | Batch | Graph | Around | Fan

/**
 * The errors that a built flow can fail with.
 *
 * @category errors
 * @since 0.1.0
 */
export type Failure = Oops | Busy | Flow.WriteConflict

/**
 * What the nodes of a built flow tell of themselves while they run.
 *
 * **Details**
 *
 * `trace` has a line for each visit, with its path, and one for each attempt at a
 * unit of work. `acquired` and `released` count a
 * resource that every unit of work holds.
 *
 * @category models
 * @since 0.1.0
 */
export interface Recorder {
  readonly trace: Array<string>
  acquired: number
  released: number
}

/**
 * Makes a recorder.
 *
 * @category constructors
 * @since 0.1.0
 */
export const recorder = (): Recorder => ({ trace: [], acquired: 0, released: 0 })

/**
 * Makes the flow that a spec describes.
 *
 * **Details**
 *
 * What its nodes tell goes into `log`, their paths beginning with `path`.
 *
 * **Example** (A flow from data)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Flow } from "effect-pocketflow"
 * import { Spec } from "@effect-pocketflow/testing"
 *
 * const spec: Spec.Spec = {
 *   kind: "flow",
 *   start: "ask",
 *   nodes: {
 *     ask: { kind: "node", fails: 2, retries: 2, post: { actions: ["asked"] } },
 *     answer: { kind: "node", post: { by: "add", plus: 3 } }
 *   },
 *   edges: { ask: { asked: "answer" } }
 * }
 *
 * const recorder = Spec.recorder()
 * const run = await Effect.runPromise(Flow.run(Spec.build(spec, recorder), { a: 1, b: 2 }))
 * run.outcome // => "default"
 * recorder.trace.filter((line) => line.includes("attempt")).length // => 4
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const build = (
  spec: Spec,
  log: Recorder = recorder(),
  path: ReadonlyArray<string> = []
): Flow.Step<typeof Sample, string, Failure> => internal.build(spec, path, log)

/**
 * Writes a spec as JSON and as the Mermaid drawing of its flow.
 *
 * **Example** (A node)
 *
 * ```ts
 * import { Spec } from "@effect-pocketflow/testing"
 *
 * const text = Spec.show({ kind: "node", fails: 1 })
 * text.includes('"fails": 1') && text.includes("flowchart TD") // => true
 * ```
 *
 * @category printing
 * @since 0.1.0
 */
export const show = (spec: Spec): string => `${JSON.stringify(spec, undefined, 2)}\n\n${Flow.toMermaid(build(spec))}`

/**
 * The same spec, which fast-check prints as `show` does.
 *
 * @category printing
 * @since 0.1.0
 */
export const printable = <S extends Spec>(spec: S): S =>
  Object.defineProperty({ ...spec }, fc.toStringMethod, { value: () => show(spec) })
