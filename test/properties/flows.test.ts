/**
 * The laws of flows, on random flows: what `packages/testing` offers to its users, used on the core.
 */
import { describe } from "@effect/vitest"
import { Arbitraries, Laws, Property, Spec } from "@effect-pocketflow/testing"
import { Effect, Optic } from "effect"
import { Flow } from "effect-pocketflow"
import * as fc from "fast-check"
import { holds } from "../holds.ts"
import { registryOf } from "./specs.ts"

type Sample = typeof Spec.Sample.Type
type Step = Flow.Step<typeof Spec.Sample, string, Spec.Failure>

const states = Arbitraries.state(Spec.Sample).map(({ a, b }): Sample => ({
  a: Math.abs(a) % 997,
  b: Math.abs(b) % 997
}))

/** A law on random flows: each is checked on one state, under one schedule. */
const onRandom =
  <A>(flows: fc.Arbitrary<A>, law: (value: A, states: fc.Arbitrary<Sample>) => Laws.Law) =>
  (options: Property.Options): Effect.Effect<Property.Passed, Property.Falsified> =>
    Property.check(
      fc.tuple(flows, states, fc.nat()),
      ([value, state, seed]) =>
        law(value, fc.constant(state))
          .check({ runs: 1, seed })
          .pipe(
            Effect.catch(({ cause, counterexample }) =>
              counterexample === undefined ? Property.discard : Effect.fail(cause)
            )
          ),
      options
    )

interface Subject {
  readonly store: typeof Spec.Sample
  readonly flow: Step
  readonly states: fc.Arbitrary<Sample>
}

const onFlows = (law: (subject: Subject) => Laws.Law) =>
  onRandom(Arbitraries.flow(), (spec, states) => law({ store: Spec.Sample, flow: Spec.build(spec), states }))

const graphs = { ci: 300, soak: 20_000, counts: "graphs" }

describe("a random flow", () => {
  holds("does what the reference model says", { ...graphs, ci: 2000, soak: 100_000 }, Laws.model().check)
  holds("run is the fold of step", graphs, onFlows(Laws.runIsFold))
  holds("goes on from every step as if it had not stopped", graphs, onFlows(Laws.resumeAnywhere))
  holds("is paused and resumed anywhere", graphs, onFlows(Laws.pauseAnywhere))
  holds("is watched from anywhere", graphs, onFlows(Laws.watchAnywhere))
  holds("is not changed by what is made of it", graphs, onFlows(Laws.building))
  holds("does not depend on scheduling", { ...graphs, ci: 100, soak: 5000 }, onFlows(Laws.scheduling))

  holds(
    "with flows in it is the same as one without",
    graphs,
    onRandom(
      Arbitraries.flow().filter((spec) => spec.kind === "flow"),
      (spec, states) =>
        Laws.inlining({
          store: Spec.Sample,
          registry: registryOf(spec),
          json: Flow.toJson(Spec.build(spec)),
          states
        })
    )
  )

  holds(
    "on a part of a store leaves the rest alone",
    graphs,
    onRandom(Arbitraries.flow(), (spec, parts) =>
      Laws.focus({
        flow: Spec.build(spec),
        lens: Optic.id<{ readonly part: Sample; readonly rest: string }>().key("part"),
        states: fc.record({ part: parts, rest: fc.string() }),
        parts
      })
    )
  )
})

describe("what runs at once", () => {
  holds(
    "branches of Flow.all: as one by one",
    graphs,
    onRandom(fc.array(Arbitraries.flow({ maxDepth: 2 }), { minLength: 1, maxLength: 3 }), (specs, states) =>
      Laws.oneByOne({
        store: Spec.Sample,
        branches: Object.fromEntries(specs.map((spec, i) => [`branch ${i}`, ending(spec)])),
        states
      })
    )
  )

  holds(
    "items of a batch, at any concurrency",
    graphs,
    onRandom(
      Arbitraries.node().filter((node): node is Spec.Batch => node.kind === "batch" && onlyOneFails(node)),
      (node, states) => Laws.concurrency({ flow: (concurrency) => Spec.build({ ...node, concurrency }), states })
    )
  )

  holds(
    "runs of Flow.map, at any concurrency",
    graphs,
    // What fails is an outcome, so that it does not count who fails first; what dies is none.
    onRandom(Arbitraries.flow({ maxDepth: 2 }).filter(survives), (inner, states) =>
      Laws.concurrency({
        flow: (concurrency) =>
          Spec.build({
            kind: "map",
            inner: { kind: "catch", inner, action: "failed" },
            times: 3,
            concurrency,
            follow: true
          }),
        states
      })
    )
  )
})

/** The flow with all of its outcomes merged, as a branch of a `Flow.all` that has no `post`. */
const ending = (spec: Spec.Spec): Flow.Step<typeof Spec.Sample, "default", Spec.Failure> =>
  Spec.build({
    kind: "mapOutcome",
    inner: spec,
    outcomes: { left: "default", right: "default", spent: "default" }
  }) satisfies Step as Flow.Step<typeof Spec.Sample, "default", Spec.Failure>

/** Random batches are such at the concurrency that they have; one with none may have several items that fail. */
const onlyOneFails = (batch: Spec.Batch): boolean =>
  batch.items.filter((item) => item.dies === true || (item.fails ?? 0) > (batch.retries ?? 0)).length < 2 ||
  batch.fallback === true ||
  batch.mode === "result"

const survives = (spec: Spec.Spec): boolean => !JSON.stringify(spec).includes(`"dies"`)
