/**
 * Random specs.
 *
 * What runs at once must not make a result depend on scheduling, so there are
 * four kinds of steps, each also one of the kinds before it: `free` ones may
 * fail, `calm` ones do not, `safe` ones set nothing by value either (so that
 * branches do not conflict), `commuting` ones only add.
 *
 * @internal
 */
import * as fc from "fast-check"
import type { Batch, Concurrency, Graph, Node, Post, Spec, Work } from "../Spec.ts"
import { printable } from "../Spec.ts"

type Kind = "free" | "calm" | "safe" | "commuting"

const actions = ["default", "left", "right"]

const optional = <T extends object, K extends keyof T & string>(
  model: { [P in keyof T]: fc.Arbitrary<NonNullable<T[P]>> },
  required: ReadonlyArray<K>
): fc.Arbitrary<T> => fc.record(model as never, { requiredKeys: required as never }) as never

const upTo = (max: number) => fc.integer({ min: 1, max })
const yes = fc.constant(true as const)
const delay = upTo(50)
const concurrency: fc.Arbitrary<Concurrency> = fc.constantFrom<Concurrency>(2, 3, "unbounded")

// --- nodes --------------------------------------------------------------------

const post = (kind: Kind): fc.Arbitrary<Post> =>
  kind === "commuting"
    ? fc.record({ by: fc.constant("add" as const), key: fc.constantFrom("a", "b"), plus: upTo(9) })
    : optional<Post, never>(
        {
          actions: fc.uniqueArray(fc.constantFrom(...actions), { minLength: 1, maxLength: 3 }),
          key: fc.constant("b" as const),
          by: kind === "safe" ? fc.constant("decide" as const) : fc.constantFrom("value" as const, "decide" as const),
          plus: upTo(9)
        },
        []
      )

const required = (kind: Kind) => (kind === "commuting" ? (["kind", "post"] as const) : (["kind"] as const))

const node_ = (kind: Kind): fc.Arbitrary<Node> => {
  const base = { kind: fc.constant("node" as const), post: post(kind) }
  const succeeds = optional<Node, "kind">(
    { ...base, exec: fc.constantFrom("none", "succeed"), delay } as never,
    [...required(kind)] as never
  )
  const works = optional<Node, "kind">({ ...base, delay } as never, [...required(kind)] as never)
  const recovers = fc
    .tuple(works, upTo(3), fc.nat({ max: 1 }), fc.boolean())
    .map(([node, fails, more, busy]): Node => ({ ...node, fails, retries: fails + more, ...(busy && { busy }) }))
  const fallsBack = fc
    .tuple(works, upTo(3), fc.nat({ max: 2 }))
    .map(([node, fails, less]): Node => ({ ...node, fails, retries: Math.max(0, fails - 1 - less), fallback: true }))
  const phase = fc.constantFrom("prep" as const, "exec" as const, "post" as const)
  const fails = fc
    .tuple(works, optional<Node, never>({ retries: upTo(2), busy: yes, in: phase } as never, []))
    .map(([node, how]): Node => ({ ...node, ...how, fails: 3 }))
  const dies = fc
    .tuple(works, optional<Node, never>({ retries: upTo(2), fallback: yes, in: phase } as never, []))
    .map(([node, how]): Node => ({ ...node, ...how, dies: true }))
  const calm = [
    { arbitrary: succeeds, weight: 12 },
    { arbitrary: recovers, weight: 4 },
    { arbitrary: fallsBack, weight: 2 }
  ]
  return fc.oneof(
    { withCrossShrink: true },
    ...calm,
    ...(kind === "free"
      ? [
          { arbitrary: fails, weight: 3 },
          { arbitrary: dies, weight: 1 }
        ]
      : [])
  )
}

/** Items of which only the one that is put among them can fail the node. */
const batch = (kind: Kind): fc.Arbitrary<Batch> =>
  fc
    .record({
      shape: fc.constantFrom("batch" as const, "fold" as const),
      post: post(kind),
      retries: fc.nat({ max: 2 }),
      keep: fc.constantFrom(undefined, "fallback" as const, "result" as const),
      fails: fc.array(fc.nat({ max: 3 }), { maxLength: 4 }),
      delays: fc.array(delay, { maxLength: 4 }),
      concurrency: fc.option(concurrency, { nil: undefined }),
      bad:
        kind === "free"
          ? fc.option(fc.tuple(fc.nat({ max: 4 }), fc.boolean()), { nil: undefined })
          : fc.constant(undefined)
    })
    .map(({ bad, concurrency, delays, fails, keep, post, retries, shape }) => {
      const kept = keep === "fallback" || (keep === "result" && shape === "batch")
      const items = fails.map((fails, i): Work => {
        const count = kept ? fails : Math.min(fails, retries)
        const delay = delays[i]
        return { ...(count > 0 && { fails: count }), ...(delay !== undefined && { delay }) }
      })
      if (bad !== undefined) items.splice(bad[0], 0, bad[1] ? { fails: 4 } : { dies: true })
      return {
        kind: shape,
        items,
        post,
        ...(retries > 0 && { retries }),
        ...(keep === "fallback" && { fallback: true }),
        ...(keep === "result" && shape === "batch" && { mode: "result" as const }),
        ...(shape === "batch" && concurrency !== undefined && { concurrency })
      }
    })

export const node = (): fc.Arbitrary<Node | Batch> =>
  fc.oneof({ withCrossShrink: true }, { arbitrary: node_("free"), weight: 3 }, batch("free")).map(printable)

// --- flows --------------------------------------------------------------------

/** Nodes in a row, with some edges more; if there is one backwards, within a budget. */
const graph = (inner: fc.Arbitrary<Spec>, kind: Kind): fc.Arbitrary<Spec> => {
  const maxLength = 4
  const place = fc.nat({ max: maxLength - 1 })
  const edge = fc.record({ from: place, action: fc.constantFrom(...actions, "spent"), to: place })
  const id = (i: number) => `n${i}`
  return fc
    .tuple(
      fc.array(inner, { minLength: 1, maxLength }),
      fc.array(edge, { maxLength: kind === "commuting" ? 0 : 4 }),
      upTo(8)
    )
    .map(([steps, more, fuel]): Spec => {
      const edges: Record<string, Record<string, string>> = {}
      for (const i of steps.keys()) if (i + 1 < steps.length) edges[id(i)] = { default: id(i + 1) }
      let loop = false
      for (const { action, ...edge } of more) {
        // Any edge fits any number of steps, so that steps and edges shrink independently.
        const [from, to] = [edge.from % steps.length, edge.to % steps.length]
        edges[id(from)] = { ...edges[id(from)], [action]: id(to) }
        loop ||= to <= from
      }
      const nodes = Object.fromEntries(steps.map((step, i) => [id(i), step]))
      const flow: Graph = { kind: "flow", start: id(0), nodes, edges }
      return loop ? { kind: "budget", steps: fuel, inner: flow } : flow
    })
}

const branchIds = ["x", "y", "z"]

const setting = node_("calm").map((node): Node => ({ ...node, post: { ...node.post, by: "value" } }))

const all = (branches: fc.Arbitrary<ReadonlyArray<Spec>>): fc.Arbitrary<Spec> =>
  fc
    .tuple(branches, fc.option(fc.constantFrom<Concurrency>(1, 2), { nil: undefined }), fc.option(fc.nat({ max: 2 })))
    .map(([branches, concurrency, follow]): Spec => {
      const ids = branchIds.slice(0, branches.length)
      return {
        kind: "all",
        branches: Object.fromEntries(branches.map((branch, i) => [ids[i]!, branch])),
        ...(concurrency !== undefined && { concurrency }),
        ...(follow !== null && { follow: ids[follow % ids.length]! })
      }
    })

const many = (
  kind: "map" | "forEach",
  inner: fc.Arbitrary<Spec>,
  concurrency: fc.Arbitrary<Concurrency | undefined>
): fc.Arbitrary<Spec> =>
  fc.tuple(inner, fc.nat({ max: 3 }), fc.boolean(), concurrency).map(([inner, times, follow, concurrency]): Spec => ({
    kind,
    inner,
    times,
    ...(follow && { follow }),
    ...(concurrency !== undefined && { concurrency })
  }))

const around = (inner: fc.Arbitrary<Spec>): fc.Arbitrary<Spec> =>
  fc.oneof(
    fc.record({ kind: fc.constantFrom("call" as const, "focus" as const), inner }),
    fc.record({
      kind: fc.constant("mapOutcome" as const),
      inner,
      outcomes: fc.dictionary(fc.constantFrom(...actions, "spent"), fc.constantFrom(...actions), { maxKeys: 2 })
    }),
    optional<Extract<Spec, { readonly kind: "catch" }>, "kind" | "inner" | "action">(
      {
        kind: fc.constant("catch" as const),
        inner,
        tag: fc.constantFrom("Oops" as const, "Busy" as const),
        action: fc.constantFrom(...actions)
      } as never,
      ["kind", "inner", "action"]
    ),
    fc.record({ kind: fc.constant("budget" as const), inner, steps: upTo(5) })
  )

export const flow = ({ maxDepth = 4 }: { readonly maxDepth?: number | undefined } = {}): fc.Arbitrary<Spec> => {
  const step = stepOf(maxDepth)
  if (maxDepth < 1) return step.map(printable)
  // Most of them have several nodes; what has only one is that.
  const several = graph(stepOf(maxDepth - 1), "free").map((spec) =>
    spec.kind === "flow" && Object.keys(spec.nodes).length === 1 ? spec.nodes[spec.start]! : spec
  )
  return fc.oneof({ withCrossShrink: true }, step, { arbitrary: several, weight: 2 }).map(printable)
}

/** Any step. */
const stepOf = (maxDepth: number): fc.Arbitrary<Spec> => {
  // All kinds share one depth.
  const limits = { maxDepth, depthIdentifier: fc.createDepthIdentifier(), withCrossShrink: true }
  const steps = fc.letrec<Record<Kind, Spec>>((tie) => {
    const step = (kind: Kind): fc.Arbitrary<Spec> => {
      const inner = tie(kind)
      const one = none
      const leaf = [
        { arbitrary: node_(kind), weight: 6 },
        { arbitrary: batch(kind), weight: kind === "commuting" ? 0 : 2 },
        { arbitrary: graph(inner, kind), weight: 5 }
      ]
      if (kind === "commuting") return fc.oneof(limits, ...leaf)
      const safe = fc.array(tie("safe"), { minLength: 1, maxLength: 3 })
      const branches =
        kind === "free"
          ? fc.oneof(
              {
                arbitrary: fc
                  .tuple(fc.array(tie("safe"), { maxLength: 2 }), inner, fc.nat({ max: 2 }))
                  .map(([others, one, at]) => others.toSpliced(at, 0, one)),
                weight: 2
              },
              // These may set the same key, and those most often do.
              { arbitrary: fc.array(tie("calm"), { minLength: 2, maxLength: 3 }), weight: 2 },
              { arbitrary: fc.array(setting, { minLength: 2, maxLength: 3 }), weight: 1 }
            )
          : safe
      return fc.oneof(
        limits,
        ...leaf,
        { arbitrary: around(inner), weight: 5 },
        { arbitrary: all(branches), weight: 3 },
        { arbitrary: many("map", inner, one), weight: 1 },
        { arbitrary: many("map", tie("safe"), concurrency), weight: 1 },
        { arbitrary: many("forEach", inner, one), weight: 1 },
        { arbitrary: many("forEach", tie("commuting"), concurrency), weight: 1 }
      )
    }
    return { free: step("free"), calm: step("calm"), safe: step("safe"), commuting: step("commuting") }
  })
  return steps.free
}

const none = fc.constant(undefined)
