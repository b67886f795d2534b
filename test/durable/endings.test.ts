/**
 * Ways in which work ends that are neither a value nor an error of the flow.
 */
import { assert, describe, it } from "@effect/vitest"
import { Durable } from "@effect-pocketflow/durable"
import { Cause, Effect, Exit, Layer } from "effect"
import { Node } from "effect-pocketflow"
import { embedded, Log } from "./support.ts"

const engines = { memory: () => Durable.memory, embedded: () => embedded() } as const

describe.each(Object.entries(engines))("on %s", (name, engine) => {
  it.live("work that interrupts itself is a defect, and is not made again", () =>
    Effect.gen(function* () {
      let made = 0
      const node = Node.make(Log, { exec: () => Effect.suspend(() => (made++, Effect.interrupt)) })
      const workflow = Durable.workflow(node, { name: `itself-${name}`, version: "1", idempotencyKey: () => "k" })
      const exit = yield* Effect.exit(workflow.execute({ lines: [], n: 0 })).pipe(
        Effect.provide(workflow.layer.pipe(Layer.provideMerge(engine())))
      )
      assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      assert.strictEqual(made, 1)
    })
  )
})
