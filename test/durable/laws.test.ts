/**
 * A durable run is the run in memory, on random flows.
 */
import { assert, describe } from "@effect/vitest"
import { Durable } from "@effect-pocketflow/durable"
import { Arbitraries, Property, Spec } from "@effect-pocketflow/testing"
import { Cause, Effect, Exit, Layer, Option, Schema, SchemaTransformation } from "effect"
import { Flow } from "effect-pocketflow"
import * as fc from "fast-check"
import { holds } from "../holds.ts"
import { embedded } from "./support.ts"

const isFailure = (u: unknown): u is Spec.Oops | Spec.Busy => u instanceof Spec.Oops || u instanceof Spec.Busy

/** What nodes of specs fail with, by its tag. */
const SpecError = Schema.declare(isFailure, {
  toCodecJson: () =>
    Schema.link<Spec.Oops | Spec.Busy>()(
      Schema.Literals(["Oops", "Busy"]),
      SchemaTransformation.transform({
        decode: (tag) => (tag === "Oops" ? new Spec.Oops() : new Spec.Busy()),
        encode: ({ _tag }) => _tag
      })
    )
}) as Schema.Codec<Spec.Oops | Spec.Busy, any>

/** An exit as any process tells it: of a defect, only its message. */
const told = (exit: Exit.Exit<unknown, unknown>): unknown => {
  if (Exit.isSuccess(exit)) return exit.value
  const error = Cause.findErrorOption(exit.cause)
  if (Option.isSome(error)) return { ...(error.value as object) }
  return { died: Cause.hasDies(exit.cause) }
}

const cases = fc.tuple(Arbitraries.flow({ maxDepth: 3 }), fc.record({ a: fc.nat(996), b: fc.nat(996) }))

let count = 0

const agrees = (engine: () => Layer.Layer<Durable.Engine, unknown>) => (options: Property.Options) =>
  Property.check(
    cases,
    ([spec, state]) =>
      Effect.gen(function* () {
        const flow = Flow.make(Spec.Sample, { start: "flow", nodes: { flow: Spec.build(spec) } })
        const expected = yield* Effect.exit(Flow.run(flow, state, { maxSteps: 200 }))
        const ended = told(expected)
        if (JSON.stringify(ended).includes("StepLimitExceeded")) return yield* Property.discard
        const workflow = Durable.workflow(flow, {
          name: `law-${++count}`,
          version: "1",
          idempotencyKey: () => "k",
          error: SpecError
        })
        const worker = workflow.layer.pipe(Layer.provideMerge(engine()))
        const durable = yield* Effect.exit(Effect.provide(workflow.execute(state), Layer.fresh(worker)))
        assert.deepStrictEqual(told(durable), ended)
      }) as Effect.Effect<void, any>,
    options
  )

describe("a durable run of a random flow is the run in memory", () => {
  holds(
    "on the engine in memory",
    { ci: 100, soak: 5000, counts: "graphs" },
    agrees(() => Durable.memory)
  )
  holds(
    "on SQLite",
    { ci: 15, soak: 300, counts: "graphs" },
    agrees(() => embedded())
  )
})
