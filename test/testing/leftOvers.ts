/**
 * Runs of which something could be left, in a process of its own: it prints what
 * still keeps the process alive after them. A process that does not end is a failure.
 */
import { Effect, Fiber } from "effect"
import { exploreInterleavings, replayInterleaving } from "../../packages/testing/src/SeededScheduler.ts"

const long = { patience: 3_600_000 }
let runs = 0
const run = async (effect: Effect.Effect<unknown, unknown>) => {
  await Effect.runPromise(Effect.exit(effect))
  runs++
}

await run(exploreInterleavings(Effect.sleep("1 hour"), long))
await run(
  replayInterleaving(
    Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 1))),
    1,
    long
  )
)
await run(replayInterleaving(Effect.forkDetach(Effect.forever(Effect.sleep(1))), 1, long))
await run(
  Effect.flatMap(Effect.forkChild(replayInterleaving(Effect.never, 1, long)), (fiber) =>
    Effect.delay(Fiber.interrupt(fiber), 5)
  )
)
await new Promise(setImmediate)
await new Promise(setImmediate)
const left = process.getActiveResourcesInfo().filter((resource) => resource === "Timeout" || resource === "Immediate")
console.log(JSON.stringify({ runs, left }))
