/**
 * Random graphs for a long time: memory stays flat.
 */
import { assert, describe, it } from "@effect/vitest"
import { Laws } from "@effect-pocketflow/testing"
import { Duration, Effect } from "effect"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { runs } from "../scale.ts"

setFlagsFromString("--expose-gc")
const gc: () => void = runInNewContext("gc")

const heap = () => {
  gc()
  return process.memoryUsage().heapUsed
}

const seconds = runs(6, 600)

describe("random graphs", () => {
  it.live(
    `for ${seconds} seconds leave no more than 5 MB behind`,
    (context) =>
      Effect.gen(function* () {
        const { check } = Laws.model()
        const first = Math.floor(Math.random() * 0x7fffffff)
        let seed = first
        const until = (end: number) =>
          Effect.gen(function* () {
            let graphs = 0
            while (performance.now() < end) graphs += (yield* check({ runs: 200, seed: seed++ })).runs
            return graphs
          })
        const start = performance.now()
        // Compiled code and caches are there after a while.
        const before = yield* Effect.map(until(start + seconds * 300), (graphs) => ({ graphs, heap: heap() }))
        const graphs = before.graphs + (yield* until(start + seconds * 1000))
        const growth = heap() - before.heap
        Object.assign(context.task.meta, { graphs, growth })
        console.log(
          `${graphs} graphs in ${seconds} seconds, from seed ${first}: ${Math.round(growth / 1024)} KB more on the heap`
        )
        assert.isBelow(growth, 5_000_000)
      }),
    Duration.toMillis(Duration.seconds(2 * seconds + 60))
  )
})
