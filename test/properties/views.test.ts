/**
 * All views of a run tell the same story, visit by visit: steps, resumed runs, streams, wiring as JSON.
 */
import { assert, describe } from "@effect/vitest"
import { Property, Spec, VirtualTime } from "@effect-pocketflow/testing"
import { Cause, Effect, Exit, Option, Stream } from "effect"
import { Flow } from "effect-pocketflow"
import type * as fc from "fast-check"
import { holds } from "../holds.ts"
import { instant, registryOf } from "./specs.ts"

type Sample = typeof Spec.Sample.Type
type Step = Flow.Step<typeof Spec.Sample, string, Spec.Failure>

const init: Sample = { a: 1, b: 2 }
const limit = 20
const graphs = { ci: 300, soak: 20_000, counts: "graphs" }

const throughJson = <A>(value: A): A => JSON.parse(JSON.stringify(value))

/** How a run ended, as data. */
const ending = <A, E>(run: Effect.Effect<A, E>) =>
  Effect.map(Effect.exit(VirtualTime.run(run)), (exit) => {
    if (Exit.isSuccess(exit)) return { ended: exit.value as unknown }
    const error = Option.getOrUndefined(Cause.findErrorOption(exit.cause)) as unknown
    if (error instanceof Flow.StepLimitExceeded) return { limit: error.position, store: error.store as Sample }
    return {
      error,
      site: Option.getOrUndefined(Flow.siteOf(exit.cause)),
      defect: exit.cause.reasons.some((reason) => reason._tag === "Die")
    }
  })

const runOf = (spec: Spec.Spec, log = Spec.recorder()) =>
  ending(Flow.run(Spec.build(spec, log), init, { maxSteps: limit }))

/** The run in one go, and the run step by step, each position and store through JSON. */
const both = (spec: Spec.Spec) =>
  Effect.gen(function* () {
    const [whole, parts] = [Spec.recorder(), Spec.recorder()]
    const run = yield* runOf(spec, whole)
    const flow = Spec.build(spec, parts)
    const positions: Array<Flow.Paused<Sample>> = [{ position: Flow.start(flow), store: init }]
    const folded = yield* ending(
      Effect.gen(function* () {
        for (let i = 0; i < limit; i++) {
          const { position, store } = positions.at(-1)!
          const next = yield* Flow.step(flow)(throughJson(position), throughJson(store))
          if (next._tag === "Done") return { outcome: next.outcome, store: next.store }
          positions.push({ position: next.position, store: next.store })
        }
        return undefined
      })
    )
    return { run, folded, whole: whole.trace, parts: parts.trace, positions }
  })

const onFlows =
  (check: (spec: Spec.Spec) => Effect.Effect<unknown, unknown>, flows: fc.Arbitrary<Spec.Spec> = instant) =>
  (options: Property.Options) =>
    Property.check(flows, check, options)

describe("step", () => {
  holds(
    "folded is the run, visit by visit, also up to a limit of steps",
    graphs,
    onFlows((spec) =>
      Effect.gen(function* () {
        const { folded, parts, positions, run, whole } = yield* both(spec)
        assert.deepStrictEqual(parts, whole)
        if ("limit" in run) {
          assert.deepStrictEqual(folded, { ended: undefined })
          // The run may have left spent budgets behind that the last step has not; they go on in the same way.
          const last = positions.at(-1)!
          assert.deepStrictEqual(last.store, run.store)
          const goOn = ({ position, store }: Flow.Paused<Sample>) => {
            const log = Spec.recorder()
            const rest = ending(Flow.resume(Spec.build(spec, log), position, store, { maxSteps: limit + 10 }))
            return Effect.map(rest, (end) => [end, log.trace])
          }
          assert.deepStrictEqual(yield* goOn({ position: run.limit, store: run.store! }), yield* goOn(last))
        } else if ("ended" in run) {
          const { steps, ...end } = run.ended as Flow.Run<Sample, string>
          assert.deepStrictEqual(folded, { ended: end })
          // The last step may be none: an end that a spent budget has made.
          assert.include([positions.length, positions.length - 1], steps)
        } else {
          assert.deepStrictEqual(folded, run)
        }
      })
    )
  )
})

describe("resume", () => {
  holds(
    "at every step makes the visits that are left, and no other",
    graphs,
    onFlows((spec) =>
      Effect.gen(function* () {
        const { positions, run, whole } = yield* both(spec)
        for (const { position, store } of positions) {
          const rest = Spec.recorder()
          const resumed = Flow.resume(Spec.build(spec, rest), throughJson(position), store, { maxSteps: limit })
          assert.deepStrictEqual(yield* ending(resumed), run)
          assert.deepStrictEqual(rest.trace, whole.slice(whole.length - rest.trace.length))
        }
      })
    )
  )
})

describe("stream", () => {
  holds(
    "ends with what the run ends with, one step for each visit",
    graphs,
    onFlows((spec) =>
      Effect.gen(function* () {
        const run = yield* runOf(spec)
        const events: Array<Flow.FlowEvent<Sample>> = []
        const stream = Flow.stream(Spec.build(spec), init, { maxSteps: limit })
        const end = yield* ending(Stream.runForEach(stream, (event) => Effect.sync(() => void events.push(event))))
        if (!("ended" in run)) return assert.deepStrictEqual(end, run)
        assert.deepStrictEqual(events.at(-1), { _tag: "Completed", ...(run.ended as Flow.Run<Sample, string>) })
        const steps = new Set(events.flatMap((event) => (event._tag === "Started" ? [event.step] : [])))
        return assert.deepStrictEqual(
          [...steps],
          Array.from({ length: (run.ended as Flow.Run<Sample, string>).steps }, (_, i) => i)
        )
      })
    )
  )
})

describe("toJson and fromJson", () => {
  holds(
    "there and back again a flow is the same",
    graphs,
    onFlows(
      (spec) =>
        Effect.gen(function* () {
          const [before, after] = [Spec.recorder(), Spec.recorder()]
          const flow = Spec.build(spec, before)
          const json = Flow.toJson(flow)
          const again = yield* Flow.fromJson(Spec.Sample, registryOf(spec, after), throughJson(json))
          assert.deepStrictEqual(Flow.toJson(again), json)
          const end = (flow: Step) => ending(Flow.run(flow, init, { maxSteps: limit }))
          assert.deepStrictEqual(yield* end(again), yield* end(flow))
          assert.deepStrictEqual(after.trace, before.trace)
        }),
      instant.filter((spec) => spec.kind === "flow")
    )
  )
})
