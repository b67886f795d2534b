/** A process that does one `Job` and writes its `Samples` to stdout. */
import type { Job, Samples } from "./sample.ts"
import { sample } from "./sample.ts"
import type { Variant, WorkloadId, Workloads } from "./workloads.ts"
import { workloads } from "./workloads.ts"

const { budget, module, variant, ...job } = JSON.parse(process.argv[2]!) as Job
const system = (await import(`./${module}`)) as { readonly workloads: (variant: Variant) => Workloads }
const makes = system.workloads(variant as Variant)

const taken: Record<string, Samples[string]> = {}
for (const { id, size } of job.workloads) {
  const make = makes[id as WorkloadId]
  if (make === undefined) continue
  try {
    taken[id] = await sample(make(size), { size, expected: workloads[id as WorkloadId].expected(size) }, budget)
  } catch (cause) {
    throw new Error(`${module}, ${id}`, { cause })
  }
}
console.log(`\n${JSON.stringify(taken)}`)
// Some systems keep the process alive by timers of theirs.
process.exit(0)
