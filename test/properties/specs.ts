import { Arbitraries, Spec } from "@effect-pocketflow/testing"
import type { Flow } from "effect-pocketflow"
import type * as fc from "fast-check"

type Registry = Record<string, Flow.Step<typeof Spec.Sample, string, Spec.Failure>>

/** The steps of a flow by the names that `Flow.toJson` gives them: their paths. */
export const registryOf = (spec: Spec.Spec, log?: Spec.Recorder, path: ReadonlyArray<string> = []): Registry =>
  spec.kind === "flow"
    ? Object.assign({}, ...Object.entries(spec.nodes).map(([id, node]) => registryOf(node, log, [...path, id])))
    : { [path.join("/")]: Spec.build(spec, log, path) }

/** Random flows that never wait, so that they can be run at once, in the same order each time. */
export const instant: fc.Arbitrary<Spec.Spec> = Arbitraries.flow().map((spec) =>
  Spec.printable(JSON.parse(JSON.stringify(spec, (key, value: unknown) => (key === "delay" ? undefined : value))))
)
