import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Flow, Node } from "effect-pocketflow"
import { add, Counter, Trail, visit } from "./support.ts"

/** The way that a flow goes, and how it ends. */
const way = <A extends string, E>(flow: Flow.Step<typeof Trail, A, E>) =>
  Effect.map(Flow.run(flow, { seen: [] }), ({ outcome, steps, store }) => {
    assert.strictEqual(steps, store.seen.length)
    return `${store.seen.join(" ")} -> ${outcome}`
  })

/** Leaves its name, and takes one action after the other. */
const turns = <const A extends string>(name: string, ...actions: ReadonlyArray<A>) =>
  Node.make(Trail, {
    prep: () => Node.Visit,
    post: (n) => Trail.to(actions[Math.min(n, actions.length - 1)]!, (s) => ({ seen: [...s.seen, `${name}${n}`] })),
    actions
  })

describe("make", () => {
  it.effect("the action of a node leads along its edge; one that is not wired ends the flow with it", () =>
    Effect.gen(function* () {
      const flow = Flow.make(Trail, {
        start: "b",
        nodes: { a: visit("a"), b: turns("b", "left"), c: visit("c", "end"), d: visit("d", "never") },
        edges: { b: { left: "c" }, c: {}, a: { default: "d" } }
      })
      assert.strictEqual(yield* way(flow), "b0 c -> end")
    })
  )

  it.effect("an action that is not wired is an outcome even where others of the node are wired", () =>
    Effect.gen(function* () {
      const flow = Flow.make(Trail, {
        start: "a",
        nodes: { a: turns("a", "again", "again", "stop") },
        edges: { a: { again: "a" } }
      })
      assert.strictEqual(yield* way(flow), "a0 a1 a2 -> stop")
    })
  )

  it.effect("edges may be left out, and several actions may lead to one node", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* way(Flow.make(Trail, { start: "a", nodes: { a: visit("a") } })), "a -> default")
      const flow = Flow.make(Trail, {
        start: "a",
        nodes: { a: turns("a", "x", "y", "z"), b: visit("b") },
        edges: { a: { x: "b", y: "b" }, b: { default: "a" } }
      })
      assert.strictEqual(yield* way(flow), "a0 b a1 b a2 -> z")
    })
  )

  it.effect("one node may stand under several ids", () =>
    Effect.gen(function* () {
      const flow = Flow.make(Counter, {
        start: "a",
        nodes: { a: add, b: add },
        edges: { a: { default: "b" } }
      })
      assert.deepStrictEqual(yield* Flow.run(flow, { n: 0 }), { outcome: "default", store: { n: 2 }, steps: 2 })
    })
  )

  it.effect("ids and actions may have the names of what objects inherit", () =>
    Effect.gen(function* () {
      const ids = ["__proto__", "constructor", "toString", "hasOwnProperty", "a/b", "~", " ", "\u0000"]
      const nodes = Object.fromEntries(ids.map((id, i) => [id, visit(id, ids[(i + 1) % ids.length]!)]))
      const edges = Object.fromEntries(ids.slice(0, -1).map((id, i) => [id, { [ids[i + 1]!]: ids[i + 1]! }]))
      const flow = Flow.make(Trail, { start: ids[0]!, nodes, edges } as never) as Flow.Flow<typeof Trail, string>
      const run = yield* Flow.run(flow, { seen: [] })
      assert.deepStrictEqual(run, { outcome: "__proto__", store: { seen: ids }, steps: ids.length })
      const inherited = Flow.make(Trail, { start: "a", nodes: { a: visit("a", "constructor") } })
      assert.strictEqual((yield* Flow.run(inherited, { seen: [] })).outcome, "constructor")
    })
  )

  it.effect("a flow is a value: it runs many times and at once, and does not follow later changes of its parts", () =>
    Effect.gen(function* () {
      const nodes: Record<string, Flow.Step<typeof Trail, "default">> = { a: visit("a"), b: visit("b") }
      const edges: Record<string, Record<string, string>> = { a: { default: "b" } }
      const flow = Flow.make(Trail, { start: "a", nodes, edges } as never) as Flow.Flow<typeof Trail, "default">
      assert.isTrue(Object.isFrozen(flow))
      nodes["a"] = visit("changed")
      edges["a"]!["default"] = "a"
      edges["b"] = { default: "a" }
      const ways = yield* Effect.all([way(flow), way(flow), way(flow)], { concurrency: "unbounded" })
      assert.deepStrictEqual(ways, ["a b -> default", "a b -> default", "a b -> default"])
    })
  )
})

describe("nesting", () => {
  it.effect("the outcomes of an inner flow are its actions as a node", () =>
    Effect.gen(function* () {
      const inner = Flow.make(Trail, {
        start: "x",
        nodes: { x: turns("x", "on", "out"), y: visit("y", "back") },
        edges: { x: { on: "y" } }
      })
      const flow = Flow.make(Trail, {
        start: "inner",
        nodes: { inner, after: visit("after", "done") },
        edges: { inner: { back: "inner", out: "after" } }
      })
      assert.strictEqual(yield* way(flow), "x0 y x1 after -> done")
    })
  )

  it.effect("an outcome that no flow wires goes through all of them to the end", () =>
    Effect.gen(function* () {
      const one = Flow.sequence(Trail, { a: visit("a"), b: visit("b", "up") })
      const two = Flow.sequence(Trail, { one, skipped: visit("skipped") })
      const three = Flow.sequence(Trail, { first: visit("first"), two, never: visit("never") })
      assert.strictEqual(yield* way(three), "first a b -> up")
    })
  )

  it.effect("the nearest flow that wires an action takes it", () =>
    Effect.gen(function* () {
      const inner = Flow.make(Trail, {
        start: "a",
        nodes: { a: turns("a", "go"), b: visit("b", "go") },
        edges: { a: { go: "b" } }
      })
      const flow = Flow.make(Trail, {
        start: "inner",
        nodes: { inner, c: visit("c") },
        edges: { inner: { go: "c" } }
      })
      assert.strictEqual(yield* way(flow), "a0 b c -> default")
    })
  )

  it.effect("one flow may stand under several ids, and begins at its start each time", () =>
    Effect.gen(function* () {
      const pair = Flow.sequence(Trail, { a: visit("a"), b: visit("b") })
      const flow = Flow.sequence(Trail, { one: pair, between: visit("-"), two: Flow.sequence(Trail, { pair }) })
      assert.strictEqual(yield* way(flow), "a b - a b -> default")
    })
  )
})

describe("sequence", () => {
  it.effect("visits its steps in key order; another action than default is an outcome", () =>
    Effect.gen(function* () {
      const three = Flow.sequence(Trail, { c: visit("c"), a: visit("a"), b: visit("b") })
      assert.strictEqual(yield* way(three), "c a b -> default")
      const left = Flow.sequence(Trail, { a: visit("a"), b: visit("b", "left"), c: visit("c") })
      assert.strictEqual(yield* way(left), "a b -> left")
      assert.strictEqual(yield* way(Flow.sequence(Trail, { only: visit("only") })), "only -> default")
    })
  )
})

describe("InvalidFlow", () => {
  const problemsOf = (graph: unknown) => {
    try {
      Flow.make(Trail, graph as never)
      return []
    } catch (error) {
      assert.instanceOf(error, Flow.InvalidFlow)
      assert.strictEqual(
        error.message,
        error.problems.map(({ path, reason }) => `at /${path.join("/")}: ${reason}`).join("\n")
      )
      return error.problems.map(({ path, reason }) => [path.join("/"), reason])
    }
  }
  const a = visit("a")

  it("is thrown for a graph that is broken, with what is wrong and where", () => {
    assert.deepStrictEqual(problemsOf({ start: "a", nodes: { a } }), [])
    assert.deepStrictEqual(problemsOf({ start: "a", nodes: {} }), [["", "the flow has no nodes"]])
    assert.deepStrictEqual(problemsOf({ start: "b", nodes: { a } }), [["", 'the start "b" is not a node']])
    assert.deepStrictEqual(problemsOf({ start: "", nodes: { "": a } }), [["", "a node needs an id that is not empty"]])
    assert.deepStrictEqual(problemsOf({ start: "a", nodes: { a }, edges: { b: {} } }), [
      ["b", 'there are edges from "b", which is not a node']
    ])
    assert.deepStrictEqual(problemsOf({ start: "a", nodes: { a }, edges: { a: { default: "b" } } }), [
      ["a", 'the action "default" leads to "b", which is not a node']
    ])
    assert.deepStrictEqual(problemsOf({ start: "a", nodes: { a }, edges: { a: { other: "a" } } }), [
      ["a", '"other" is not an action of this node']
    ])
  })

  it("what objects inherit is neither a node nor an action", () => {
    for (const id of ["constructor", "__proto__", "toString"]) {
      assert.deepStrictEqual(problemsOf({ start: id, nodes: { a } }), [["", `the start "${id}" is not a node`]])
      assert.deepStrictEqual(problemsOf({ start: "a", nodes: { a }, edges: { a: { default: id } } }), [
        ["a", `the action "default" leads to "${id}", which is not a node`]
      ])
    }
  })

  it("lists all problems at once", () => {
    const problems = problemsOf({
      start: "nowhere",
      nodes: { a, "": a },
      edges: { a: { typo: "a", default: "b" }, c: { default: "a" } }
    })
    assert.deepStrictEqual(problems, [
      ["", 'the start "nowhere" is not a node'],
      ["", "a node needs an id that is not empty"],
      ["a", '"typo" is not an action of this node'],
      ["a", 'the action "default" leads to "b", which is not a node'],
      ["c", 'there are edges from "c", which is not a node']
    ])
  })

  it("an empty sequence has no nodes", () => {
    assert.throws(() => Flow.sequence(Trail, {}), Flow.InvalidFlow, "the flow has no nodes")
  })

  it("messages stay short where ids are long", () => {
    const long = "x".repeat(1_000_000)
    const [problem] = problemsOf({ start: long, nodes: { a } })
    assert.isBelow(problem![1]!.length, 200)
  })
})

describe("isFlow", () => {
  it("knows flows and what combinators make from nodes and from other things", () => {
    const flows = [
      Flow.sequence(Trail, { a: visit("a") }),
      Flow.all(Trail, { a: visit("a") }),
      Flow.call(Trail, add, { prep: () => ({ n: 0 }), post: () => Trail.next() }),
      Flow.map(Trail, add, { prep: () => [{ n: 0 }], post: () => Trail.next() }),
      visit("a").pipe(Flow.mapOutcome({ default: "b" })),
      visit("a").pipe(Flow.budget({ steps: 1 }))
    ]
    assert.deepStrictEqual(
      flows.map((flow) => Flow.isFlow(flow)),
      flows.map(() => true)
    )
    const others = [visit("a"), undefined, null, 1, "flow", {}, [], () => 1, Trail, Effect.void, Trail.next()]
    assert.deepStrictEqual(
      others.filter((other) => Flow.isFlow(other)),
      []
    )
  })
})
