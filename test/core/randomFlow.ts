import { Context, Effect, Optic, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import * as fc from "fast-check"

/** Two small numbers, in which everything that happens leaves its mark. */
export const Pair = Store.make("Pair", { n: Schema.Number, m: Schema.Number })
type Pair = typeof Pair.Type
type Step = Flow.Step<typeof Pair, string, string>

const actions = ["default", "a", "b"]
type Edges = ReadonlyArray<ReadonlyArray<number | undefined>>

/** A flow, as data that fast-check can shrink and print. */
export type Shape =
  | { readonly kind: "node"; readonly mark: number; readonly fails: boolean; readonly yields: number }
  | { readonly kind: "flow"; readonly nodes: ReadonlyArray<Shape>; readonly edges: Edges }
  | { readonly kind: "call" | "focus" | "map" | "forEach"; readonly inner: Shape }
  | { readonly kind: "mapOutcome"; readonly inner: Shape; readonly to: ReadonlyArray<number> }
  | { readonly kind: "catch"; readonly inner: Shape; readonly mark: number }
  | { readonly kind: "budget"; readonly inner: Shape; readonly steps: number }
  | { readonly kind: "all"; readonly branches: ReadonlyArray<Shape> }

/** What the nodes of a flow did: their paths are not known to them, so each tells its mark, its visit and its store. */
export interface Recorder {
  readonly trace: Array<string>
  acquired: number
  released: number
}

export const recorder = (): Recorder => ({ trace: [], acquired: 0, released: 0 })

const indexIn = (length: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: length - 1 })
const action = indexIn(actions.length)

export const arbitrary = (options: { readonly yields: boolean }): fc.Arbitrary<Shape> =>
  fc.letrec<{ shape: Shape; node: Shape }>((tie) => {
    const node: fc.Arbitrary<Shape> = fc.record({
      kind: fc.constant("node" as const),
      mark: fc.integer({ min: 0, max: 99 }),
      fails: fc.boolean(),
      yields: options.yields ? fc.integer({ min: 0, max: 2 }) : fc.constant(0)
    })
    const inner = tie("shape")
    const flow: fc.Arbitrary<Shape> = fc.array(inner, { minLength: 1, maxLength: 3 }).chain((nodes) =>
      fc
        .array(
          fc.array(fc.option(indexIn(nodes.length), { nil: undefined }), {
            minLength: actions.length,
            maxLength: actions.length
          }),
          { minLength: nodes.length, maxLength: nodes.length }
        )
        .map((edges) => ({ kind: "flow" as const, nodes, edges }))
    )
    const around: fc.Arbitrary<Shape> = fc.oneof(
      fc.record({
        kind: fc.constantFrom("call" as const, "focus" as const, "map" as const, "forEach" as const),
        inner
      }),
      fc.record({
        kind: fc.constant("mapOutcome" as const),
        inner,
        to: fc.array(action, { minLength: actions.length, maxLength: actions.length })
      }),
      fc.record({ kind: fc.constant("catch" as const), inner, mark: fc.integer({ min: 0, max: 99 }) }),
      fc.record({ kind: fc.constant("budget" as const), inner, steps: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ kind: fc.constant("all" as const), branches: fc.array(inner, { minLength: 1, maxLength: 2 }) })
    )
    return {
      node,
      shape: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        { arbitrary: node, weight: 2 },
        { arbitrary: flow, weight: 4 },
        {
          arbitrary: around,
          weight: 3
        }
      )
    }
  }).shape

const mix = (...numbers: ReadonlyArray<number>): number => numbers.reduce((sum, n) => (sum * 31 + n) % 997, 7)

const swapped = Optic.makeLens<Pair, Pair>(
  (s) => ({ n: s.m, m: s.n }),
  (part) => ({ n: part.m, m: part.n })
)

class Element extends Context.Service<Element, number>()("test/Element") {}

/** A flow that ends: a small step has no limit of its own for what runs inside of it. */
const ending = (shape: Shape, log: Recorder): Step => build(shape, log).pipe(Flow.budget({ steps: 4 }, "b"))

/** The flow that a shape describes. */
export const build = (shape: Shape, log: Recorder): Step => {
  switch (shape.kind) {
    case "node":
      return Node.make(Pair, {
        prep: (s) => Effect.map(Node.Visit, (visit) => ({ ...s, visit })),
        exec: (s) =>
          Effect.acquireUseRelease(
            Effect.sync(() => {
              log.acquired++
              log.trace.push(`${shape.mark} ${s.visit} ${s.n} ${s.m}`)
            }),
            () =>
              Effect.flatMap(
                Effect.all([Node.Visit, ...Array.from({ length: shape.yields }, () => Effect.yieldNow)]),
                ([visit]) => (shape.fails && s.n % 3 === 0 ? Effect.fail(`${shape.mark}`) : Effect.succeed(visit))
              ),
            () => Effect.sync(() => log.released++)
          ),
        post: (_s, visit) =>
          Pair.decide((s) => [actions[mix(s.n, s.m) % actions.length]!, { n: mix(s.n, shape.mark, visit), m: s.m + 1 }])
      })
    case "flow":
      return Flow.make(Pair, {
        start: "0",
        nodes: Object.fromEntries(shape.nodes.map((node, i) => [i, build(node, log)])),
        edges: Object.fromEntries(
          shape.edges.map((targets, i) => [
            i,
            Object.fromEntries(
              targets.flatMap((target, a) => (target === undefined ? [] : [[actions[a]!, String(target)]]))
            )
          ])
        )
      } as never) as never
    case "call":
      return Flow.call(Pair, build(shape.inner, log), {
        prep: (s) => ({ n: s.m, m: s.n }),
        post: (input, run) =>
          Pair.to(run.outcome, (s) => ({ n: mix(s.n, input.n, run.store.n, run.store.m, run.steps), m: s.m + 1 }))
      })
    case "focus":
      return build(shape.inner, log).pipe(Flow.focus(swapped)) as never
    case "mapOutcome": {
      const to = Object.fromEntries(actions.map((action, i) => [action, actions[shape.to[i]!]!]))
      return build(shape.inner, log).pipe(Flow.mapOutcome(to as never)) as never
    }
    case "catch":
      return build(shape.inner, log).pipe(
        Flow.catch((error) =>
          Pair.decide((s) => [actions[mix(Number(error)) % actions.length]!, { n: mix(s.n, shape.mark), m: s.m + 1 }])
        )
      )
    case "budget":
      return build(shape.inner, log).pipe(Flow.budget({ steps: shape.steps }, "b"))
    case "all":
      return Flow.all(
        Pair,
        Object.fromEntries(shape.branches.map((branch, i) => [`branch ${i}`, ending(branch, log)])),
        {
          post: (outcomes) => Pair.to(Object.values(outcomes)[0]!, (s) => ({ n: mix(s.n, 1), m: s.m + 1 }))
        }
      ) as never
    case "map":
      return Flow.map(Pair, ending(shape.inner, log), {
        prep: (s) => [s, { n: s.m, m: s.n }],
        post: (_inputs, runs) =>
          Pair.to(runs[0]!.outcome, (s) => ({
            n: mix(s.n, ...runs.flatMap((run) => [run.store.n, run.steps])),
            m: s.m + 1
          }))
      })
    case "forEach":
      return Flow.forEach(ending(shape.inner, log), {
        params: Element,
        prep: () => [0, 0],
        post: (_elements, outcomes) => Pair.to(outcomes[1]!, (s) => ({ n: mix(s.n, 2), m: s.m + 1 }))
      }) as never
  }
}
