/** What is measured against what: each subject is one system in one of its forms, and runs in processes of its own. */
import type { Variant, WorkloadId } from "./workloads.ts"
import { workloadIds } from "./workloads.ts"

export interface Subject {
  readonly id: string
  readonly label: string
  /** The module that does the workloads, relative to this folder. */
  readonly module: string
  readonly variant: Variant
  /** The npm package that is measured, if there is one. */
  readonly package?: string
  /** What is measured of it; all that it can do, by default. */
  readonly workloads?: ReadonlyArray<WorkloadId>
  /** Smaller sizes for what is slow: times are given for one unit, so they compare. */
  readonly sizes?: { readonly [Id in WorkloadId]?: number }
}

const promise: Variant = { exec: "promise", phases: "plain" }
const succeed: Variant = { exec: "succeed", phases: "plain" }

const ours = { module: "systems/effect-pocketflow.ts", package: "effect-pocketflow" }
/** Fan-outs have the same phases in all of these. */
const steps: ReadonlyArray<WorkloadId> = ["W1", "W2", "W3", "W5", "W5d", "W6"]
const W123: ReadonlyArray<WorkloadId> = ["W1", "W2", "W3"]

/** What is there without an install of its own. */
export const near: ReadonlyArray<Subject> = [
  { id: "loop", label: "async loop", module: "systems/loop.ts", variant: promise },
  { id: "bare-promise", label: "bare Effect, promise", module: "systems/bare.ts", variant: promise, package: "effect" },
  { id: "bare-succeed", label: "bare Effect, succeed", module: "systems/bare.ts", variant: succeed, package: "effect" },
  { id: "ours-promise", label: "effect-pocketflow, promise", ...ours, variant: promise },
  { id: "ours-succeed", label: "effect-pocketflow, succeed", ...ours, variant: succeed },
  {
    id: "ours-promise-effects",
    label: "effect-pocketflow, promise + effects",
    ...ours,
    variant: { ...promise, phases: "effect" },
    workloads: steps
  },
  {
    id: "ours-succeed-effects",
    label: "effect-pocketflow, succeed + effects",
    ...ours,
    variant: { ...succeed, phases: "effect" },
    workloads: steps
  },
  {
    id: "ours-promise-retry",
    label: "effect-pocketflow, promise + retry",
    ...ours,
    variant: { ...promise, extra: "retry" },
    workloads: W123
  },
  {
    id: "ours-promise-tracer",
    label: "effect-pocketflow, promise + tracer",
    ...ours,
    variant: { ...promise, extra: "tracer" },
    workloads: W123,
    sizes: { W2: 10_000, W3: 2_000 }
  },
  {
    id: "pocketflow",
    label: "pocketflow (npm)",
    module: "systems/pocketflow.ts",
    variant: promise,
    package: "pocketflow"
  }
]

/** The others, which `package.json` in this folder installs. */
export const far: ReadonlyArray<Subject> = [
  {
    id: "xstate",
    label: "XState",
    module: "peers/xstate.ts",
    variant: promise,
    package: "xstate",
    sizes: { W2: 5_000, W3: 2_000, W4u: 1_000, W7: 1_000 }
  },
  {
    id: "mastra",
    label: "Mastra",
    module: "peers/mastra.ts",
    variant: promise,
    package: "@mastra/core",
    sizes: { W2: 5_000, W3: 500, W4u: 5_000, W4l: 5_000, W7: 5_000 }
  },
  {
    id: "langgraph",
    label: "LangGraph.js",
    module: "peers/langgraph.ts",
    variant: promise,
    package: "@langchain/langgraph",
    sizes: { W2: 1_000, W3: 500, W4u: 1_000, W4l: 1_000, W7: 1_000 }
  }
]

/** PocketFlow's Python core. Its module is a script for Python. */
export const python: Subject = {
  id: "python",
  label: "PocketFlow (Python)",
  module: "systems/pocketflow.py",
  variant: promise,
  // A thousand nested flows are beyond the stack of Python.
  workloads: workloadIds.filter((id) => id !== "W5d" && id !== "W4l")
}

/** The bare Effect that does what a subject does. */
export const bareOf = ({ variant }: Subject): string => `bare-${variant.exec}`
