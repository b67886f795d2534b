/** Takes samples of one workload in this process. */
import type { Run } from "./workloads.ts"

export interface Budget {
  /** Time as it passes, or (where nothing sleeps) as this process uses it: that does not count what others do. */
  readonly clock: "wall" | "cpu"
  /** Milliseconds of warm-up: the engine compiles what is hot, caches fill. */
  readonly warm: number
  /** Milliseconds that one sample takes at least. */
  readonly sample: number
  /** How many are taken; fewer, but one, of what is so slow that they take twice their time. */
  readonly samples: number
}

export interface Job {
  readonly module: string
  readonly variant: unknown
  readonly workloads: ReadonlyArray<{ readonly id: string; readonly size: number }>
  readonly budget: Budget
}

/** Microseconds a unit, of each sample. */
export type Samples = Readonly<Record<string, ReadonlyArray<number>>>

const clocks = {
  wall: () => performance.now(),
  cpu: () => {
    const { system, user } = process.cpuUsage()
    return (system + user) / 1000
  }
}

/** Runs until `warm` is over, then takes samples of as many runs as should fill `sample`; every result is checked. */
export const sample = async (
  run: Run,
  { expected, size }: { readonly expected: number; readonly size: number },
  { clock, sample, samples, warm }: Budget,
  now: () => number = clocks[clock]
): Promise<ReadonlyArray<number>> => {
  const check = (value: number): void => {
    if (value !== expected) throw new Error(`it gave ${value}, not ${expected}`)
  }
  const begin = now()
  let runs = 0
  do {
    check(await run())
    runs++
  } while (now() - begin < warm)

  const each = Math.max(1, Math.ceil((runs * sample) / (now() - begin)))
  const taken: Array<number> = []
  const enough = now() + 2 * samples * sample
  while (taken.length === 0 || (taken.length < samples && now() < enough)) {
    const since = now()
    for (let n = 0; n < each; n++) check(await run())
    taken.push(((now() - since) * 1000) / (each * size))
  }
  return taken
}
