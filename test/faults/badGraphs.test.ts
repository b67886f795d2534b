/**
 * Graphs that are none, or have no end: refused with all that is wrong with them, or found by `Flow.check`.
 */
import { assert, describe, it } from "@effect/vitest"
import { Arbitraries, Property, Spec } from "@effect-pocketflow/testing"
import { Effect } from "effect"
import { Flow, Node } from "effect-pocketflow"
import * as fc from "fast-check"
import { Counter } from "../core/support.ts"
import { holds } from "../holds.ts"

const wirings = { ci: 500, soak: 50_000, counts: "graphs" }

describe("a broken wiring", () => {
  holds("is refused with all of its problems, each with its path", wirings, (options) =>
    Property.check(
      Arbitraries.brokenFlow(),
      ({ json, problems, registry }) =>
        Effect.gen(function* () {
          const error = yield* Effect.flip(Flow.fromJson(Spec.Sample, registry, json))
          for (const { about, path } of problems) {
            assert.isTrue(
              error.problems.some(
                (found) => JSON.stringify(found.path) === JSON.stringify(path) && found.reason.includes(about)
              ),
              `nothing about ${about} at /${path.join("/")} in\n${error.message}`
            )
          }
          // What a person reads stays short, whatever the ids are.
          assert.isBelow(error.message.length, 3000)
        }),
      options
    )
  )

  it("of 10 MB of one id, or with ids that objects have by themselves, is refused in Flow.make as well", () => {
    const node = Node.make(Counter, {})
    for (const id of ["x".repeat(10_000_000), "__proto__", "constructor", ""]) {
      const wrong = [
        { start: id, nodes: { a: node } },
        { start: "a", nodes: { a: node }, edges: { a: { default: id } } },
        { start: "a", nodes: { a: node }, edges: Object.fromEntries([[id, { default: "a" }]]) }
      ]
      for (const graph of wrong) {
        try {
          Flow.make(Counter, graph as never)
          assert.fail(`accepted ${id.slice(0, 20)}`)
        } catch (error) {
          assert.instanceOf(error, Flow.InvalidFlow)
          assert.isBelow((error as Flow.InvalidFlow).message.length, 1000)
        }
      }
    }
    assert.deepStrictEqual(Object.keys(Object.prototype), [])
  })

  it.effect("ids that objects have by themselves are ids like others, where they are nodes", () =>
    Effect.gen(function* () {
      const add = Node.make(Counter, { post: () => Counter.next((s) => ({ n: s.n + 1 })) })
      const nodes = Object.fromEntries(["__proto__", "constructor", "toString"].map((id) => [id, add]))
      const flow = Flow.make(Counter, {
        start: "__proto__",
        nodes,
        edges: Object.fromEntries([
          ["__proto__", { default: "constructor" }],
          ["constructor", { default: "toString" }]
        ])
      } as never) as never as Flow.Step<typeof Counter, "default">
      assert.deepStrictEqual(yield* Flow.run(flow, { n: 0 }), { outcome: "default", store: { n: 3 }, steps: 3 })
      assert.deepStrictEqual(Flow.check(flow), [])
    })
  )
})

describe("a graph that is one", () => {
  const actions = ["default", "left"]
  const step = Node.make(Counter, {
    post: () => Counter.decide((s) => (s.n > 0 ? "default" : "left")),
    actions: ["default", "left"]
  })

  /** By size, which actions lead from which node to which. */
  const graph = fc.integer({ min: 1, max: 6 }).chain((size) => {
    const node = fc.nat({ max: size - 1 })
    return fc.record({
      size: fc.constant(size),
      edges: fc.uniqueArray(fc.tuple(node, fc.constantFrom(...actions), node), {
        selector: ([from, action]) => `${from} ${action}`
      })
    })
  })

  /** Whether there is a way, found by walking all ways without a node twice. */
  const leads = (
    edges: ReadonlyArray<readonly [number, string, number]>,
    from: number,
    arrived: (node: number) => boolean,
    seen: ReadonlyArray<number> = []
  ): boolean =>
    arrived(from) ||
    edges.some(
      ([at, , to]) => at === from && !seen.includes(to) && to !== from && leads(edges, to, arrived, [...seen, from])
    )

  holds("is checked: nodes that cannot be reached, and those without a way out", wirings, (options) =>
    Property.check(
      graph,
      ({ edges, size }) =>
        Effect.sync(() => {
          const ids = Array.from({ length: size }, (_, i) => i)
          const wired = ids.map((id) => [id, edges.filter(([from]) => from === id)] as const)
          const flow = Flow.make(Counter, {
            start: "0",
            nodes: Object.fromEntries(ids.map((id) => [id, step])),
            edges: Object.fromEntries(
              wired.map(([id, out]) => [id, Object.fromEntries(out.map(([, action, to]) => [action, String(to)]))])
            )
          } as never)
          const ends = (id: number) => wired[id]![1].length < actions.length
          const expected = ids.flatMap((id): ReadonlyArray<Flow.Finding> => {
            if (!leads(edges, 0, (node) => node === id)) return [{ _tag: "Unreachable", path: [String(id)] }]
            return leads(edges, id, ends) ? [] : [{ _tag: "NoWayOut", path: [String(id)] }]
          })
          assert.deepStrictEqual(Flow.check(flow as never), expected)
        }),
      options
    )
  )
})
