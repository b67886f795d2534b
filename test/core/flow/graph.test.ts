import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Option } from "effect"
import { Flow, Node } from "effect-pocketflow"
import { Counter, Trail, visit } from "../support.ts"

const unknown = Node.make(Trail, { post: () => Trail.to("secret") })
const leaf = (id: string) => ({ id, kind: "node" as const, inside: [] })
const add = Node.make(Counter, {})

describe("toGraph", () => {
  it("is the wiring as data: nodes in their order, edges, and what ends the flow", () => {
    const flow = Flow.make(Trail, {
      start: "b",
      nodes: { c: visit("c", "end"), b: visit("b"), a: unknown },
      edges: { b: { default: "a" }, a: { secret: "c" } }
    })
    assert.deepStrictEqual(Flow.toGraph(flow), {
      start: "b",
      nodes: [leaf("c"), leaf("b"), leaf("a")],
      edges: [
        { from: "b", action: "default", to: "a" },
        { from: "a", action: "secret", to: "c" }
      ],
      outcomes: [
        { from: "c", action: "end" },
        { from: "a", action: undefined }
      ]
    })
  })

  it("of a step that is no flow is the one node", () => {
    assert.deepStrictEqual(Flow.toGraph(visit("a", "end")), {
      start: "node",
      nodes: [leaf("node")],
      edges: [],
      outcomes: [{ from: "node", action: "end" }]
    })
  })

  it("shows what runs inside of a step, by kind", () => {
    class Current extends Context.Service<Current, number>()("test/Current") {}
    const inner = Flow.sequence(Counter, { x: add, y: add })
    const flow = Flow.sequence(Counter, {
      batch: Node.batch(Counter, { prep: () => [1], exec: (n) => Effect.succeed(n) }),
      fold: Node.fold(Counter, { prep: () => [1], initial: 0, exec: (n) => Effect.succeed(n) }),
      flow: inner,
      call: Flow.call(Counter, inner, { prep: (s) => s, post: () => Counter.next() }),
      map: Flow.map(Counter, add, { prep: (s) => [s], post: () => Counter.next(), actions: ["default"] }),
      forEach: Flow.forEach(inner, { params: Current, prep: () => [1] }),
      all: Flow.all(Counter, { one: add, two: inner }),
      wrapped: inner.pipe(Flow.budget({ steps: 1 }), Flow.catch("default"))
    })
    const graph = Flow.toGraph(inner)
    assert.deepStrictEqual(graph, {
      start: "x",
      nodes: [leaf("x"), leaf("y")],
      edges: [{ from: "x", action: "default", to: "y" }],
      outcomes: [{ from: "y", action: "default" }]
    })
    const { nodes } = Flow.toGraph(flow)
    assert.deepStrictEqual(
      nodes.map(({ id, inside, kind }) => [id, kind, inside.map(({ name }) => name)]),
      [
        ["batch", "batch", []],
        ["fold", "fold", []],
        ["flow", "flow", [""]],
        ["call", "call", [""]],
        ["map", "map", [""]],
        ["forEach", "forEach", [""]],
        ["all", "all", ["one", "two"]],
        ["wrapped", "flow", [""]]
      ]
    )
    const inside = Object.fromEntries(nodes.map((node) => [node.id, node.inside.map((part) => part.graph)]))
    assert.deepStrictEqual([inside["flow"], inside["call"], inside["forEach"]], [[graph], [graph], [graph]])
    assert.deepStrictEqual(
      [inside["map"], inside["all"]],
      [
        [Flow.toGraph(add)],
        [{ start: "one", nodes: [leaf("one")], edges: [], outcomes: [{ from: "one", action: "default" }] }, graph]
      ]
    )
  })

  it("of the outcomes knows how combinators around a flow rename them and add to them", () => {
    const end = Flow.make(Trail, { start: "a", nodes: { a: visit("a", "end") } })
    const outcomes = (flow: Flow.Step<any, string, any>) =>
      Flow.toGraph(flow)
        .outcomes.map(({ action }) => action)
        .toSorted()
    assert.deepStrictEqual(outcomes(end.pipe(Flow.mapOutcome({ end: "over" }))), ["over"])
    assert.deepStrictEqual(outcomes(end.pipe(Flow.budget({ steps: 1 }))), ["end", "exhausted"])
    assert.deepStrictEqual(outcomes(end.pipe(Flow.budget({ steps: 1 }, "spent"), Flow.mapOutcome({ spent: "end" }))), [
      "end",
      "end"
    ])
    assert.deepStrictEqual(outcomes(end.pipe(Flow.mapOutcome({ end: "x" }), Flow.mapOutcome({ x: "y" }))), ["y"])
    assert.deepStrictEqual(outcomes(end.pipe(Flow.catch("caught"))), ["caught", "end"])
    assert.deepStrictEqual(
      Flow.toGraph(visit("a", "end").pipe(Flow.budget({ steps: 1 }), Flow.catch("end"))).outcomes,
      [
        { from: "node", action: "end" },
        { from: "node", action: "exhausted" }
      ]
    )
    assert.deepStrictEqual(
      Flow.toGraph(Flow.make(Trail, { start: "a", nodes: { a: end.pipe(Flow.budget({ steps: 1 })) } })).outcomes,
      [
        { from: "a", action: "end" },
        { from: "a", action: "exhausted" }
      ]
    )
  })

  it("takes ids as they are", () => {
    const ids = ["__proto__", "constructor", " ", "\n", '"]', "a/b"]
    const nodes = Object.fromEntries(ids.map((id) => [id, visit(id)]))
    const edges = Object.fromEntries(ids.slice(1).map((id, i) => [ids[i], { default: id }]))
    const graph = Flow.toGraph(Flow.make(Trail, { start: ids[0]!, nodes, edges } as never))
    assert.deepStrictEqual(
      graph.nodes.map(({ id }) => id),
      ids
    )
    assert.deepStrictEqual(
      graph.edges,
      ids.slice(1).map((to, i) => ({ from: ids[i]!, action: "default", to }))
    )
  })
})

describe("check", () => {
  const spin = Flow.make(Trail, { start: "spin", nodes: { spin: visit("spin") }, edges: { spin: { default: "spin" } } })

  it("finds nothing in a flow that is fine", () => {
    const loop = Flow.make(Trail, {
      start: "a",
      nodes: { a: visit("a"), b: unknown, c: visit("c") },
      edges: { a: { default: "b" }, b: { secret: "a" }, c: {} }
    })
    assert.deepStrictEqual(Flow.check(Flow.sequence(Trail, { a: visit("a"), b: visit("b") })), [])
    assert.deepStrictEqual(Flow.check(visit("a")), [])
    assert.deepStrictEqual(Flow.check(loop), [{ _tag: "Unreachable", path: ["c"] }])
  })

  it("finds what cannot be reached, and cycles of any length without a way out", () => {
    const flow = Flow.make(Trail, {
      start: "a",
      nodes: { a: visit("a"), b: visit("b"), c: visit("c"), lost: visit("lost"), follower: visit("follower") },
      edges: {
        a: { default: "b" },
        b: { default: "c" },
        c: { default: "b" },
        lost: { default: "follower" },
        follower: { default: "lost" }
      }
    })
    assert.deepStrictEqual(Flow.check(flow), [
      { _tag: "NoWayOut", path: ["a"] },
      { _tag: "NoWayOut", path: ["b"] },
      { _tag: "NoWayOut", path: ["c"] },
      { _tag: "Unreachable", path: ["lost"] },
      { _tag: "Unreachable", path: ["follower"] }
    ])
  })

  it("looks into all that runs inside, and gives the path", () => {
    const flow = Flow.sequence(Trail, {
      ok: visit("ok"),
      all: Flow.all(
        Trail,
        { branch: Flow.sequence(Trail, { spin }) },
        { post: () => Trail.next(), actions: ["default"] }
      ),
      inner: Flow.sequence(Trail, { spin })
    })
    const findings = Flow.check(flow).map(({ _tag, path }) => `${_tag} ${path.join("/")}`)
    assert.includeMembers(findings, ["NoWayOut inner/spin/spin", "NoWayOut all/branch/spin/spin"])
    assert.deepStrictEqual(
      findings.filter((finding) => finding.startsWith("Unreachable")),
      []
    )
  })

  it("a budget and an error edge are ways out", () => {
    assert.deepStrictEqual(Flow.check(spin.pipe(Flow.budget({ steps: 5 }))), [])
    assert.deepStrictEqual(Flow.check(spin.pipe(Flow.catch("failed"))), [])
    const nested = Flow.make(Trail, {
      start: "search",
      nodes: { search: spin.pipe(Flow.budget({ steps: 5 })), answer: visit("answer") },
      edges: { search: { exhausted: "answer" } }
    })
    assert.deepStrictEqual(Flow.check(nested), [])
  })

  it.effect("gives the path that a failure there has, in a branch that is no flow, too", () =>
    Effect.gen(function* () {
      const stuck = Flow.make(Trail, {
        start: "spin",
        nodes: { spin: Node.make(Trail, { exec: () => Effect.fail("here"), actions: ["default"] }) },
        edges: { spin: { default: "spin" } }
      })
      const call = Flow.call(Trail, stuck, { prep: (s) => s, post: () => Trail.next(), actions: ["default"] })
      const pathOf = (branch: Flow.Flow<typeof Trail, "default", string>) =>
        Effect.gen(function* () {
          const flow = Flow.sequence(Trail, { all: Flow.all(Trail, { branch }) })
          const cause = yield* Effect.flip(Effect.sandbox(Flow.run(flow, { seen: [] })))
          const path = Option.getOrThrow(Flow.siteOf(cause)).path
          assert.deepStrictEqual(Flow.check(flow).at(-1), { _tag: "NoWayOut", path })
          return path
        })
      assert.deepStrictEqual(yield* pathOf(call), ["all", "branch", "spin"])
      assert.deepStrictEqual(yield* pathOf(Flow.make(Trail, { start: "a", nodes: { a: call } })), [
        "all",
        "branch",
        "a",
        "spin"
      ])
    })
  )

  it("a flow inside that has no way out is none for what leads to it", () => {
    const flow = Flow.make(Trail, { start: "a", nodes: { a: visit("a"), spin }, edges: { a: { default: "spin" } } })
    assert.deepStrictEqual(Flow.check(flow), [
      { _tag: "NoWayOut", path: ["a"] },
      { _tag: "NoWayOut", path: ["spin"] },
      { _tag: "NoWayOut", path: ["spin", "spin"] }
    ])
  })
})
