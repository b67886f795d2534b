/**
 * Random graphs whose runs have to agree: none that come to what PocketFlow does
 * differently, of which `differences/` tells.
 */
import * as fc from "fast-check"
import type { Action, Batch, Case, Edge, Graph, Many, Node, Post, Step, Taken, Work } from "./graph.ts"
import { actionsOf } from "./graph.ts"
import { draw } from "./here.ts"

const upTo = (max: number) => fc.integer({ min: 1, max })
const yes = fc.constant(true as const)

/** Keys that are not required are there half of the time. */
const optional = <T extends object>(
  required: { readonly [K in keyof T]?: fc.Arbitrary<T[K]> },
  maybe: { readonly [K in keyof T]?: fc.Arbitrary<NonNullable<T[K]>> }
): fc.Arbitrary<T> =>
  fc.record({ ...required, ...maybe } as never, { requiredKeys: Object.keys(required) as never }) as never

/** `arbitrary`, and so often nothing at all. */
const seldom = <A extends object>(arbitrary: fc.Arbitrary<A>, often: number): fc.Arbitrary<A | {}> =>
  fc.oneof({ arbitrary: fc.constant({}), weight: often }, { arbitrary, weight: 1 })

// --- nodes --------------------------------------------------------------------------

const action = fc.constantFrom<Action>("default", "left", "right", "constructor", "", null)

const post: fc.Arbitrary<Post> = fc.record({
  actions: fc.oneof(
    { arbitrary: fc.constant<ReadonlyArray<Action>>(["default"]), weight: 1 },
    { arbitrary: fc.uniqueArray(action, { minLength: 1, maxLength: 3 }), weight: 4 }
  ),
  key: fc.constantFrom("a", "b"),
  by: fc.constantFrom("function", "value", "decide")
})

/** Failures of prep and post; most of them, and most of those of exec, only for some numbers. */
const when = { when: fc.constantFrom(2, 3) }
const breaks = optional<Pick<Node, "breaks" | "when">>({ breaks: fc.constantFrom("prep", "post") }, when)

const unit = fc
  .tuple(
    optional<Pick<Node, "post" | "reads" | "attempts" | "fallback" | "when">>(
      { post },
      { reads: yes, attempts: upTo(3), fallback: fc.constantFrom("gives", "gives", "gives", "fails"), ...when }
    ),
    seldom(breaks, 10)
  )
  .map(([unit, breaks]) => ({ ...unit, ...breaks }))

const takes = { takes: upTo(4) }
const easy = optional<Work>({}, takes)
const hard = optional<Work>({ fails: upTo(3) }, takes)
const work = fc.oneof(easy, hard)

const node: fc.Arbitrary<Node> = fc
  .tuple(unit, fc.option(work, { nil: undefined, freq: 4 }))
  .map(([unit, work]) => ({ kind: "node", ...unit, ...(work !== undefined && { work }) }))

const failsAtMostOnce = (items: ReadonlyArray<Work>): ReadonlyArray<Work> => {
  const first = items.findIndex(({ fails }) => fails !== undefined)
  return items.map(({ fails, ...rest }, i) => (i === first ? { ...rest, fails: fails! } : rest))
}

const batch: fc.Arbitrary<Batch> = fc
  .tuple(unit, fc.constantFrom("batch" as const, "parallel" as const), fc.array(work, { maxLength: 4 }))
  .map(([unit, kind, items]) => {
    // Parallel items share a counter of attempts there (R20), and of several failures which is the first depends on
    // scheduling.
    const safe = kind === "batch" || (unit.attempts === undefined && unit.fallback === "gives")
    return { kind, items: safe ? items : failsAtMostOnce(items), ...unit }
  })

// --- flows --------------------------------------------------------------------------

/** From which step, by which of its actions, to which step: numbers modulo what there is, so that each shrinks by itself. */
type Choice = readonly [from: number, action: number, to: number]
const edge: fc.Arbitrary<Choice> = fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 }), fc.nat({ max: 3 }))

/** Steps in a row, with some edges more. */
const graphOf = (steps: ReadonlyArray<Step>, chained: boolean, more: ReadonlyArray<Choice>): Graph => {
  const edges = new Map<string, Edge>()
  const add = (from: number, action: Taken | undefined, to: number) => {
    if (action !== undefined) edges.set(`${from} ${action}`, { from, action, to })
  }
  const actions = steps.map((step) => actionsOf(step).filter((action) => action !== "stop"))
  if (chained) for (let i = 1; i < steps.length; i++) add(i - 1, actions[i - 1]![0], i)
  for (const [from, action, to] of more) {
    const known = actions[from % steps.length]!
    add(from % steps.length, known[action % known.length], to % steps.length)
  }
  return { kind: "flow", steps, edges: Array.from(edges.values()) }
}

const { graph } = fc.letrec<{ step: Step; graph: Graph; many: Many }>((tie) => ({
  step: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { arbitrary: node, weight: 5 },
    { arbitrary: batch, weight: 3 },
    { arbitrary: tie("graph"), weight: 4 },
    { arbitrary: tie("many"), weight: 3 }
  ),
  graph: fc
    .tuple(
      fc.array(tie("step"), { minLength: 1, maxLength: 4 }),
      fc.oneof({ arbitrary: fc.constant(true), weight: 4 }, fc.constant(false)),
      fc.array(edge, { maxLength: 4 }),
      seldom(fc.record({ loses: yes }), 3)
    )
    .map(([steps, chained, more, loses]) => ({ ...graphOf(steps, chained, more), ...loses })),
  many: fc
    .tuple(
      fc.record({
        kind: fc.constant("many" as const),
        flow: tie("graph"),
        param: fc.constantFrom("p" as const, "q" as const),
        times: fc.nat({ max: 3 })
      }),
      optional<Pick<Many, "reads">>({}, { reads: yes }),
      fc.option(fc.record({ post }), { nil: {} }),
      seldom(breaks, 10)
    )
    .map(([many, reads, post, breaks]): Many => ({ ...many, ...reads, ...post, ...breaks }))
}))

const show = ({ graph, ...rest }: Case): string =>
  `${JSON.stringify({ ...rest, graph }, undefined, 2)}\n\n${draw(graph)}`

const number = fc.nat({ max: 99 })

/** They print as JSON, with a picture of their graph. */
export const cases: fc.Arbitrary<Case> = fc
  .record({ graph, state: fc.record({ a: number, b: number }), fuel: upTo(20), seed: fc.nat() })
  .map((self) => Object.defineProperty({ ...self }, fc.toStringMethod, { value: () => show(self) }))
