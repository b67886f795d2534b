/**
 * What this library means to reach, as ratios within one session, and where the
 * guard of CI stops a regression. All limits are here.
 */
import type { Measured } from "./measure.ts"
import { median } from "./statistics.ts"
import type { WorkloadId } from "./workloads.ts"

interface Of {
  readonly subject: string
  readonly workload: WorkloadId
}

export interface Target {
  readonly of: Of
  readonly against: Of
  /** The ratio of the medians that is meant to be reached at most; or, the microseconds on top. */
  readonly target: number
  readonly kind: "ratio" | "extra"
  /** The ratio of the fastest samples above which the guard fails; none is not guarded. */
  readonly guard?: number | undefined
}

const ratio = (
  subject: string,
  against: string,
  limits: { readonly [Id in WorkloadId]?: readonly [target: number, guard?: number] }
): ReadonlyArray<Target> =>
  (Object.entries(limits) as Array<[WorkloadId, readonly [number, number?]]>).map(([workload, [target, guard]]) => ({
    of: { subject, workload },
    against: { subject: against, workload },
    target,
    kind: "ratio",
    guard
  }))

/**
 * Guards are 1.4 times what was measured, rounded: samples of the guard differ by 20 %, from run to run. Whoever makes
 * the runtime faster lowers them.
 */
export const targets: ReadonlyArray<Target> = [
  ...ratio("ours-promise", "pocketflow", { W1: [0.7, 1.3], W2: [0.7, 1.25], W3: [0.55, 1.05], W5: [0.4, 0.75] }),
  ...ratio("ours-promise", "bare-promise", {
    W1: [1.15, 2],
    W2: [1.15, 2.3],
    W3: [1.15, 2],
    W4u: [1.15],
    W4l: [1.15],
    W7: [1.15]
  }),
  ...ratio("ours-succeed", "pocketflow", { W1: [0.2, 0.36], W2: [0.2, 0.23], W3: [0.2, 0.23], W5: [0.4, 0.3] }),
  ...ratio("ours-succeed", "loop", { W1: [0.6, 0.9], W2: [0.6, 0.7], W3: [0.6, 0.7] }),
  ...ratio("ours-succeed", "bare-succeed", { W4u: [1.15], W4l: [1.15], W7: [1.15, 1.6] }),
  ...ratio("ours-promise-effects", "pocketflow", { W1: [0.85], W2: [0.85], W3: [0.85] }),
  ...ratio("ours-succeed-effects", "pocketflow", { W1: [0.85, 0.36], W2: [0.85, 0.28], W3: [0.85, 0.28] }),
  ...ratio("ours-promise-retry", "pocketflow", { W1: [1], W2: [1, 2.4], W3: [1] }),
  ...(["promise", "succeed"] as const).map((exec): Target => ({
    of: { subject: `ours-${exec}`, workload: "W5d" },
    against: { subject: `ours-${exec}`, workload: "W5" },
    target: 1.2,
    kind: "ratio",
    guard: 1.6
  })),
  ...(["W1", "W2"] as const).map((workload): Target => ({
    of: { subject: "ours-promise-tracer", workload },
    against: { subject: "ours-promise", workload },
    target: 2,
    kind: "extra"
  })),
  ...ratio("ours-promise", "xstate", { W1: [1 / 20], W2: [1 / 20], W3: [1 / 20] }),
  ...ratio("ours-promise", "mastra", { W1: [1 / 20], W2: [1 / 20], W3: [1 / 20] }),
  ...ratio("ours-promise", "langgraph", { W1: [1 / 500], W2: [1 / 500], W3: [1 / 500] })
]

export const nameOf = ({ against, kind, of }: Target): string => {
  const other = against.workload === of.workload ? against.subject : `${against.subject} ${against.workload}`
  return `${of.workload} ${of.subject} ${kind === "ratio" ? "/" : "-"} ${other}`
}

/** How a target compares: by `pick` of the samples of both sides; nothing, if one was not measured. */
export const reached = (
  { against, kind, of }: Target,
  measured: Measured,
  pick: (samples: ReadonlyArray<number>) => number = median
): number | undefined => {
  const [one, other] = [of, against].map(({ subject, workload }) => measured.get(subject)?.get(workload))
  if (one === undefined || other === undefined) return undefined
  return kind === "ratio" ? pick(one) / pick(other) : pick(one) - pick(other)
}
