import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Flow, Node } from "effect-pocketflow"
import * as fc from "fast-check"
import { Counter, Trail, visit } from "../support.ts"

const a = visit("a")
const b = visit("b", "end")
const secret = Node.make(Trail, { post: () => Trail.to("secret") })
const registry = { a, b, secret }

/** All problems, one a line; nothing where the wiring is accepted. */
const problems = (json: unknown, options?: { readonly outcomes?: ReadonlyArray<string> }) =>
  Flow.fromJson(Trail, registry, json, options).pipe(
    Effect.as([] as ReadonlyArray<string>),
    Effect.catch((error) => {
      assert.instanceOf(error, Flow.InvalidFlow)
      return Effect.succeed(error.problems.map(({ path, reason }) => `/${path.join("/")}: ${reason}`))
    })
  )

describe("toJson", () => {
  it("is the wiring; nodes are named by their path", () => {
    const flow = Flow.make(Trail, {
      start: "x",
      nodes: { x: a, inner: Flow.sequence(Trail, { y: a, z: b }), all: Flow.all(Trail, { a }) },
      edges: { x: { default: "inner" }, inner: { end: "all" } }
    })
    assert.deepStrictEqual(Flow.toJson(flow), {
      start: "x",
      nodes: {
        x: "x",
        inner: { start: "y", nodes: { y: "inner/y", z: "inner/z" }, edges: { y: { default: "z" } } },
        all: "all"
      },
      edges: { x: { default: "inner" }, inner: { end: "all" } }
    })
    assert.deepStrictEqual(Flow.toJson(a), { start: "node", nodes: { node: "node" }, edges: {} })
  })

  it("gives different nodes different names, whatever their ids", () => {
    const nodes = {
      ["a/b"]: a,
      a: Flow.make(Trail, { start: "b", nodes: { b: a, ["~1"]: a } }),
      ["a~1b"]: a,
      ["a~b"]: a
    }
    const names: Array<string> = []
    const walk = (json: Flow.FlowJson) => {
      for (const node of Object.values(json.nodes)) {
        if (typeof node === "string") names.push(node)
        else walk(node)
      }
    }
    walk(Flow.toJson(Flow.make(Trail, { start: "a", nodes } as never)))
    assert.strictEqual(new Set(names).size, 5)
  })

  it("is JSON for ids and actions that objects inherit", () => {
    const flow = Flow.make(Trail, {
      start: "__proto__",
      nodes: { ["__proto__"]: visit("p", "constructor"), constructor: visit("c", "__proto__") },
      edges: { ["__proto__"]: { constructor: "constructor" }, constructor: { ["__proto__"]: "__proto__" } }
    } as never)
    assert.strictEqual(
      JSON.stringify(Flow.toJson(flow)),
      '{"start":"__proto__","nodes":{"__proto__":"__proto__","constructor":"constructor"},"edges":{"__proto__":{"constructor":"constructor"},"constructor":{"__proto__":"__proto__"}}}'
    )
  })
})

describe("fromJson", () => {
  it.effect("wires the steps of a registry", () =>
    Effect.gen(function* () {
      const flow = yield* Flow.fromJson(Trail, registry, {
        start: "one",
        nodes: {
          one: "a",
          inner: { start: "x", nodes: { x: "a", y: "a" }, edges: { x: { default: "y" } } },
          last: "b"
        },
        edges: { one: { default: "inner" }, inner: { default: "last" } }
      })
      assert.isTrue(Flow.isFlow(flow))
      assert.deepStrictEqual(yield* Flow.run(flow, { seen: [] }), {
        outcome: "end",
        store: { seen: ["a", "a", "a", "b"] },
        steps: 4
      })
    })
  )

  it.effect("refuses what is not a wiring, and says where", () =>
    Effect.gen(function* () {
      const shape = "a flow is an object { start: string, nodes: object, edges: object }"
      const good = { start: "x", nodes: { x: "a" }, edges: {} }
      assert.deepStrictEqual(yield* problems(good), [])
      for (const bad of [
        null,
        undefined,
        1,
        true,
        "a",
        [],
        [good],
        {},
        () => good,
        Symbol("x"),
        { ...good, start: 1 },
        { ...good, start: undefined },
        { ...good, nodes: [] },
        { ...good, nodes: "a" },
        { ...good, nodes: null },
        { ...good, edges: [] },
        { start: "x", nodes: { x: "a" } },
        { ...good, edges: null }
      ]) {
        const hint = typeof bad === "string" ? "; this is text, to be parsed first" : ""
        assert.deepStrictEqual(yield* problems(bad), [`/: ${shape}${hint}`])
        if (typeof bad !== "string") {
          assert.deepStrictEqual(yield* problems({ start: "x", nodes: { x: bad }, edges: {} }), [`/x: ${shape}`])
        }
      }
      for (const targets of [null, 1, "a", [], ["a"], { default: 1 }, { default: null }, { default: ["x"] }]) {
        assert.deepStrictEqual(yield* problems({ ...good, edges: { x: targets } }), [
          "/x: edges are an object { [action]: node }"
        ])
      }
    })
  )

  it.effect("lists all problems at once, with their paths", () =>
    Effect.gen(function* () {
      const found = yield* problems({
        start: "nowhere",
        nodes: {
          one: "a",
          two: "unknown",
          three: {
            start: "x",
            nodes: { x: "a", y: { start: "z", nodes: { z: "nothing" }, edges: {} } },
            edges: { x: { typo: "y" } }
          },
          four: 4,
          "": "a"
        },
        edges: { one: { default: "five", other: "two" }, six: { default: "one" }, two: { anything: "one" }, three: "x" }
      })
      assert.sameMembers(
        [...found],
        [
          '/: the start "nowhere" is not a node',
          '/two: the registry has no step "unknown"',
          '/three/y/z: the registry has no step "nothing"',
          '/three/x: "typo" is not an action of this node',
          "/four: a flow is an object { start: string, nodes: object, edges: object }",
          "/: a node needs an id that is not empty",
          '/one: the action "default" leads to "five", which is not a node',
          '/one: "other" is not an action of this node',
          '/six: there are edges from "six", which is not a node',
          "/three: edges are an object { [action]: node }"
        ]
      )
    })
  )

  it.effect("with outcomes, refuses a wiring that can end in another way, along with all other problems", () =>
    Effect.gen(function* () {
      const json = { start: "x", nodes: { x: "a", y: "b" }, edges: { x: { default: "y" } } }
      assert.deepStrictEqual(yield* problems(json, { outcomes: ["end"] }), [])
      assert.deepStrictEqual(yield* problems(json, { outcomes: ["end", "more"] }), [])
      assert.deepStrictEqual(yield* problems(json, { outcomes: [] }), [
        '/y: the action "end" is not wired and not one of the outcomes'
      ])
      assert.deepStrictEqual(
        yield* problems(
          { start: "q", nodes: { x: "a", y: "b", z: "secret" }, edges: { x: { default: "nowhere" } } },
          { outcomes: ["done"] }
        ),
        [
          '/: the start "q" is not a node',
          '/x: the action "default" leads to "nowhere", which is not a node',
          '/y: the action "end" is not wired and not one of the outcomes',
          "/z: the outcomes cannot be checked: this node does not declare its actions"
        ]
      )
      const nested = { start: "in", nodes: { in: json }, edges: {} }
      assert.deepStrictEqual(yield* problems(nested, { outcomes: ["end"] }), [])
      assert.deepStrictEqual(yield* problems(nested, { outcomes: ["default"] }), [
        '/in: the action "end" is not wired and not one of the outcomes'
      ])
    })
  )

  it.effect("an action is never empty", () =>
    Effect.gen(function* () {
      for (const name of ["a", "secret"]) {
        const found = yield* problems({ start: "x", nodes: { x: name }, edges: { x: { "": "x" } } })
        assert.match(found.join("\n"), /^\/x: .*empty/m)
      }
    })
  )

  it.effect("names are those of the registry, not what objects inherit; JSON does not change any prototype", () =>
    Effect.gen(function* () {
      for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty"]) {
        assert.deepStrictEqual(yield* problems({ start: "x", nodes: { x: name }, edges: {} }), [
          `/x: the registry has no step "${name}"`
        ])
      }
      const json = JSON.parse(
        '{"start":"__proto__","nodes":{"__proto__":"b","constructor":"a"},"edges":{"constructor":{"default":"__proto__"},"__proto__":{"end":"constructor"}}}'
      )
      const flow = yield* Flow.fromJson(Trail, registry, json)
      const error = yield* Effect.flip(Flow.run(flow, { seen: [] }, { maxSteps: 3 }))
      assert.deepStrictEqual(error.store, { seen: ["b", "a", "b"] })
      const polluting = JSON.parse(
        '{"start":"x","nodes":{"x":"a"},"edges":{"__proto__":{"polluted":"yes"}},"__proto__":{"polluted":1}}'
      )
      assert.deepStrictEqual(yield* problems(polluting), [
        '/__proto__: there are edges from "__proto__", which is not a node'
      ])
      assert.isUndefined(({} as Record<string, unknown>)["polluted"])
    })
  )

  it.effect(
    "deep nesting is refused, not overflown",
    () =>
      Effect.gen(function* () {
        const nest = (depth: number): unknown => {
          let json: unknown = "a"
          for (let i = 0; i < depth; i++) json = { start: "x", nodes: { x: json }, edges: {} }
          return json
        }
        assert.deepStrictEqual(yield* problems(nest(500)), [])
        for (const depth of [600, 100_000]) {
          const found = yield* problems(nest(depth))
          assert.strictEqual(found.length, 1)
          assert.match(found[0]!, /: flows are nested more than 500 deep$/)
        }
      }),
    60_000
  )

  it.effect(
    "a wiring that contains itself is refused after bounded work",
    () =>
      Effect.gen(function* () {
        let reads = 0
        const cyclic = {
          start: "x",
          get nodes(): unknown {
            if (++reads > 20_000) throw new Error("endless")
            return { x: cyclic, y: cyclic }
          },
          edges: {}
        }
        assert.isAbove((yield* problems(cyclic)).length, 0)
      }),
    60_000
  )

  it.effect(
    "huge ids are named in short; huge numbers of problems are all listed",
    () =>
      Effect.gen(function* () {
        const huge = "x".repeat(10_000_000)
        const json = { start: huge, nodes: { [huge]: huge }, edges: { [huge]: { [huge]: `${huge}y` } } }
        const error = yield* Effect.flip(Flow.fromJson(Trail, registry, json))
        assert.strictEqual(error.problems.length, 2)
        for (const { reason } of error.problems) assert.isBelow(reason.length, 300)
        assert.isBelow(error.message.length, 2000)
        const accepted = yield* Flow.fromJson(Trail, { [huge]: a }, { start: huge, nodes: { [huge]: huge }, edges: {} })
        assert.strictEqual((yield* Flow.run(accepted, { seen: [] })).steps, 1)

        const many = Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [`node ${i}`, { default: "x" }]))
        assert.strictEqual((yield* problems({ start: "x", nodes: { x: "a" }, edges: many })).length, 200_000)
      }),
    60_000
  )

  it("nothing that JSON can say is a defect (fast-check)", { timeout: 30_000 }, () => {
    const id = fc.constantFrom("a", "b", "x", "", "__proto__", "secret")
    const good = fc.constantFrom("a", "b")
    const { json } = fc.letrec((tie) => ({
      json: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom("a", "b", "secret", "nothing", null, 1),
        fc.record({
          start: good,
          nodes: fc.record({ a: tie("json"), b: fc.constantFrom("a", "b") }),
          edges: fc.dictionary(good, fc.dictionary(fc.constantFrom("default", "end"), good, { maxKeys: 1 }))
        }),
        fc.record(
          {
            start: fc.oneof(id, fc.constant(null)),
            nodes: fc.oneof({ weight: 5, arbitrary: fc.dictionary(id, tie("json")) }, fc.constant(null)),
            edges: fc.oneof(
              { weight: 5, arbitrary: fc.dictionary(id, fc.oneof(fc.dictionary(id, id), fc.constant(1))) },
              fc.constant([])
            )
          },
          { requiredKeys: [] }
        )
      )
    }))
    const accepted: Array<unknown> = []
    const check = fc.property(json, (json) => {
      const { length } = Effect.runSync(problems(json))
      // The outcomes can only be one more reason to refuse.
      assert.isAtLeast(Effect.runSync(problems(json, { outcomes: ["end"] })).length, length)
      if (length > 0) return
      const flow = Effect.runSync(Flow.fromJson(Trail, registry, json))
      accepted.push(Effect.runSync(Effect.option(Flow.run(flow, { seen: [] }, { maxSteps: 10 }))))
    })
    fc.assert(check, { numRuns: 500 })
    assert.isNotEmpty(accepted)
  })
})

describe("types at run time", () => {
  it.effect("the steps of the registry work on the store of the flow", () =>
    Effect.gen(function* () {
      const add = Node.make(Counter, { post: () => Counter.next((s) => ({ n: s.n + 1 })) })
      const flow = yield* Flow.fromJson(Counter, { add }, { start: "x", nodes: { x: "add" }, edges: {} })
      assert.deepStrictEqual(yield* Flow.run(flow, { n: 1 }), { outcome: "default", store: { n: 2 }, steps: 1 })
    })
  )
})
