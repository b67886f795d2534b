/**
 * A process that does one thing and tells what it took: `node --expose-gc
 * memory-worker.ts '{ module, variant, task, size }'`.
 */
import type { Task } from "./memory.ts"
import { documentsOf } from "./memory.ts"
import type { Variant, Workloads } from "./workloads.ts"
import { workloads } from "./workloads.ts"

interface System {
  readonly workloads: (variant: Variant) => Workloads
  /** A run of some steps over a store with documents: gives what one would keep to see each of its states. */
  readonly history?: (documents: ReadonlyArray<string>, steps: number) => Promise<unknown>
}

const { module, size, task, variant } = JSON.parse(process.argv[2]!) as Task
const system = (await import(`./${module}`)) as System

const heap = async (): Promise<number> => {
  // Twice and later, so that what a finalizer or a timer holds is gone as well.
  for (let time = 0; time < 2; time++) {
    globalThis.gc!()
    await new Promise((done) => setTimeout(done, 50))
  }
  const { external, heapUsed } = process.memoryUsage()
  return heapUsed + external
}

/** What is done, and what is kept of it. */
const perform = async (size: number): Promise<unknown> => {
  if (task === "history") return system.history!(documentsOf(), size)
  const id = task === "steps" ? "W2" : "W4u"
  const value = await system.workloads(variant as Variant)[id]!(size)()
  if (value !== workloads[id].expected(size)) throw new Error(`${module}: ${id} gave ${value}`)
  return undefined
}

// What is compiled and cached at the first use is no growth.
if (task !== "history") await perform(100)
const before = await heap()
const kept = await perform(size)
const grown = (await heap()) - before
const peak = process.resourceUsage().maxRSS * 1024
// `kept` is still there: it is looked at.
console.log(`\n${JSON.stringify({ grown, peak, kept: typeof kept })}`)
process.exit(0)
