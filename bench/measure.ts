/**
 * One session: all subjects, one after the other, round by round, each time in a
 * fresh process and each round in another order, so that what disturbs the
 * machine for a while disturbs all of them.
 */
import { runJson } from "./child.ts"
import type { Budget, Job, Samples } from "./sample.ts"
import { rotate } from "./statistics.ts"
import type { Subject } from "./subjects.ts"
import type { WorkloadId } from "./workloads.ts"
import { workloadIds, workloads } from "./workloads.ts"

export interface Session {
  readonly subjects: ReadonlyArray<Subject>
  readonly workloads?: ReadonlyArray<WorkloadId>
  readonly rounds: number
  readonly budget: Budget
  /** The folder that has PocketFlow's Python package. */
  readonly python?: string | undefined
  readonly progress?: (line: string) => void
}

/** Microseconds a unit, by subject and workload. */
export type Measured = ReadonlyMap<string, ReadonlyMap<WorkloadId, ReadonlyArray<number>>>

export const sizeOf = ({ sizes }: Subject, id: WorkloadId): number => sizes?.[id] ?? workloads[id].size

export const measure = async (session: Session): Promise<Measured> => {
  const { progress, rounds, subjects } = session
  const measured = new Map(subjects.map(({ id }) => [id, new Map<WorkloadId, Array<number>>()]))
  for (let round = 0; round < rounds; round++) {
    progress?.(`round ${round + 1} of ${rounds}`)
    for (const subject of rotate(subjects, round)) {
      const since = performance.now()
      const samples = await sampleOnce(subject, session, round)
      for (const [id, taken] of Object.entries(samples) as Array<[WorkloadId, ReadonlyArray<number>]>) {
        const all = measured.get(subject.id)!
        all.set(id, [...(all.get(id) ?? []), ...taken])
      }
      progress?.(`  ${subject.label}: ${((performance.now() - since) / 1000).toFixed(1)} s`)
    }
  }
  return measured
}

const sampleOnce = (subject: Subject, session: Session, round: number): Promise<Samples> => {
  const ids = (session.workloads ?? workloadIds).filter((id) => subject.workloads?.includes(id) ?? true)
  const job: Job = {
    module: subject.module,
    variant: subject.variant,
    workloads: rotate(ids, round).map((id) => ({ id, size: sizeOf(subject, id) })),
    budget: session.budget
  }
  const text = JSON.stringify(job)
  return subject.module.endsWith(".py")
    ? runJson("python3", [subject.module, session.python!, text], 600)
    : runJson(process.execPath, ["worker.ts", text], 600)
}

/** Puts the samples of two sessions together. */
export const merge = (one: Measured, other: Measured): Measured => {
  const merged = new Map(Array.from(one, ([subject, taken]) => [subject, new Map(taken)]))
  for (const [subject, taken] of other) {
    const all = merged.get(subject) ?? new Map<WorkloadId, ReadonlyArray<number>>()
    for (const [id, samples] of taken) all.set(id, [...(all.get(id) ?? []), ...samples])
    merged.set(subject, all)
  }
  return merged
}
