/**
 * What is measured: small flows whose nodes do next to nothing, so that what is
 * left is the cost of the system that runs them.
 */

/** A workload of a size, built: runs it once, and gives the number that it has computed. */
export type Run = () => Promise<number>

/** Builds a workload of `size` units (steps, decisions, levels or items). */
export type Make = (size: number) => Run

/** The workloads that a system can do. */
export type Workloads = { readonly [Id in WorkloadId]?: Make }

/** In which of its forms a system does them, where it has several. */
export interface Variant {
  /** `exec` waits for a Promise, or has its value at once. */
  readonly exec: "promise" | "succeed"
  /** `prep` and `post` give values, or Effects of them. */
  readonly phases: "plain" | "effect"
  readonly extra?: "retry" | "tracer" | undefined
}

export interface Workload {
  readonly title: string
  /** What `size` counts, and the time is given for. */
  readonly unit: string
  readonly size: number
  /** The number that a right run gives. */
  readonly expected: (size: number) => number
}

/** The sum of `i + 1` for the items 0, 1, ..., `size - 1`. */
const sum = (size: number): number => (size * (size + 1)) / 2

export const workloads = {
  W1: { title: "chain of 100 nodes", unit: "node", size: 100, expected: (size) => size },
  W2: { title: "self-loop, 100,000 steps", unit: "step", size: 100_000, expected: (size) => size },
  W3: {
    title: "agent, 10,000 decisions",
    unit: "decision",
    size: 10_000,
    expected: (size) => size - 1
  },
  W4u: { title: "10,000 items that sleep 1 ms", unit: "item", size: 10_000, expected: sum },
  W4l: { title: "the same items, 100 at a time", unit: "item", size: 10_000, expected: sum },
  W5: { title: "nesting, 100 levels", unit: "level", size: 100, expected: (size) => size },
  W5d: { title: "nesting, 1,000 levels", unit: "level", size: 1_000, expected: (size) => size },
  W6: { title: "one node", unit: "run", size: 1, expected: (size) => size },
  W7: { title: "10,000 items that do nothing", unit: "item", size: 10_000, expected: sum }
} as const satisfies Record<string, Workload>

export type WorkloadId = keyof typeof workloads

export const workloadIds = Object.keys(workloads) as ReadonlyArray<WorkloadId>

/** The work of every node: what a model call would be. */
export const work = async (n: number): Promise<number> => n + 1

/** The work of an item that waits. */
export const slowWork = (n: number): Promise<number> => new Promise((done) => setTimeout(() => done(n + 1), 1))

export const limit = 100

export const itemsOf = (size: number): ReadonlyArray<number> => Array.from({ length: size }, (_, index) => index)

export const add = (numbers: ReadonlyArray<number>): number => numbers.reduce((total, n) => total + n, 0)
