import { assert, describe, it } from "@effect/vitest"
import { near } from "../../bench/subjects.ts"
import * as bare from "../../bench/systems/bare.ts"
import * as ours from "../../bench/systems/effect-pocketflow.ts"
import * as loop from "../../bench/systems/loop.ts"
import * as pocketflow from "../../bench/systems/pocketflow.ts"
import type { Variant, WorkloadId, Workloads } from "../../bench/workloads.ts"
import { workloadIds, workloads } from "../../bench/workloads.ts"

const systems: Readonly<Record<string, (variant: Variant) => Workloads>> = {
  "systems/bare.ts": bare.workloads,
  "systems/effect-pocketflow.ts": ours.workloads,
  "systems/loop.ts": loop.workloads,
  "systems/pocketflow.ts": pocketflow.workloads
}

const sizeOf = (id: WorkloadId): number => (id === "W6" ? 1 : 7)

describe("the systems that are measured", () => {
  it.each(near)(
    "$id computes what each workload asks for, again and again",
    async ({ module, variant, ...subject }) => {
      const able = systems[module]!(variant)
      const ids = (subject.workloads ?? workloadIds).filter((id) => able[id] !== undefined)
      const runs = ids.map((id) => able[id]!(sizeOf(id)))
      const once = await Promise.all(runs.map((run) => run()))
      const twice = await Promise.all(runs.map((run) => run()))
      const expected = ids.map((id) => workloads[id].expected(sizeOf(id)))
      assert.deepStrictEqual([once, twice], [expected, expected])
    }
  )

  it("do all workloads, but for the limit of concurrency that PocketFlow does not have", () => {
    const missing = near.flatMap(({ id, module, variant, ...subject }) =>
      (subject.workloads ?? workloadIds)
        .filter((workload) => systems[module]!(variant)[workload] === undefined)
        .map((workload) => [id, workload])
    )
    assert.deepStrictEqual(missing, [["pocketflow", "W4l"]])
  })
})
