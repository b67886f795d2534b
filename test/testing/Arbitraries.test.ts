import { assert, describe, it } from "@effect/vitest"
import { Arbitraries, Model, Property, replayInterleaving, Spec } from "@effect-pocketflow/testing"
import { Effect, Exit, Option, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import * as fc from "fast-check"
import { depthOf, innerOf, specsIn } from "./support.ts"

const sample = <A>(arbitrary: fc.Arbitrary<A>, numRuns: number, seed = 1) => fc.sample(arbitrary, { numRuns, seed })

/** The smallest value that fails a property, for each of some seeds. */
const smallest = <A>(
  arbitrary: fc.Arbitrary<A>,
  property: (value: A) => boolean,
  { runs = 200, seeds = [1, 2, 3] } = {}
) =>
  Effect.forEach(seeds, (seed) =>
    Effect.map(
      Effect.flip(Property.check(arbitrary, (value) => Effect.sync(() => property(value)), { runs, seed })),
      ({ counterexample }) => counterexample as A
    )
  )

// --- states ------------------------------------------------------------------------

interface Tree {
  readonly label: number
  readonly children: ReadonlyArray<Tree>
}
const Tree: Schema.Codec<Tree> = Schema.Struct({
  label: Schema.Int,
  children: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree))
})

const Small = Schema.Int.check(Schema.isBetween({ minimum: 5, maximum: 10 }))

const Rich = Store.make("Rich", {
  id: Schema.String.pipe(Schema.brand("Id")),
  name: Schema.NonEmptyString,
  small: Small,
  even: Schema.Int.check(Schema.makeFilter((n) => n % 2 === 0)),
  code: Schema.String.check(Schema.isPattern(/^[a-c]{2,4}-\d$/)),
  tags: Schema.NonEmptyArray(Schema.Literals(["red", "green"])),
  choice: Schema.Union([
    Schema.Struct({ _tag: Schema.tag("A"), n: Schema.Int }),
    Schema.Struct({ _tag: Schema.tag("B") })
  ]),
  pair: Schema.Tuple([Schema.Boolean, Schema.Finite]),
  note: Schema.optionalKey(Schema.String),
  more: Schema.optional(Schema.Int),
  nothing: Schema.NullOr(Schema.Int),
  maybe: Schema.Option(Small),
  when: Schema.Date,
  counts: Schema.Record(Schema.String, Schema.Int),
  nested: Schema.Struct({ deep: Schema.Struct({ values: Schema.Array(Small) }) }),
  tree: Tree
})
type Rich = typeof Rich.Type

const isRich = Schema.is(Rich.schema)

describe("state", () => {
  it("gives states that are valid, of rich schemas, with and without what is optional", () => {
    const states = sample(Arbitraries.state(Rich), 200)
    for (const state of states) assert.isTrue(isRich(state), fc.stringify(state))
    /** How often something is so. */
    const count = (f: (state: Rich) => boolean) => states.filter(f).length
    const both: ReadonlyArray<(state: Rich) => boolean> = [
      (s) => "note" in s,
      (s) => "more" in s,
      (s) => s.nothing === null,
      (s) => Option.isSome(s.maybe),
      (s) => s.choice._tag === "A",
      (s) => s.pair[0],
      (s) => s.tree.children.length > 0,
      (s) => s.nested.deep.values.length > 0,
      (s) => s.tags.length > 1
    ]
    for (const f of both) {
      assert.isAtLeast(count(f), 10, String(f))
      assert.isAtMost(count(f), 190, String(f))
    }
    const distinct = (f: (state: Rich) => unknown) => new Set(states.map((state) => String(f(state)))).size
    assert.strictEqual(
      distinct((s) => s.small),
      6
    )
    assert.isAbove(
      distinct((s) => s.code),
      50
    )
    assert.isAbove(
      distinct((s) => s.name),
      50
    )
  })

  it.effect("gives states that a run begins with, and that are read back as they were written", () =>
    Effect.gen(function* () {
      const nothing = Node.make(Rich, {})
      for (const state of sample(Arbitraries.state(Rich), 50)) {
        assert.deepStrictEqual((yield* Flow.run(nothing, state)).store, state)
        // JSON has one zero only.
        const written = JSON.stringify(yield* Store.encode(Rich, state))
        const read = yield* Store.decode(Rich, JSON.parse(written))
        assert.strictEqual(JSON.stringify(yield* Store.encode(Rich, read)), written)
      }
    })
  )

  it("follows from the seed", () => {
    const states = () => sample(Arbitraries.state(Rich), 20, 42)
    assert.deepStrictEqual(states(), states())
    assert.notDeepEqual(sample(Arbitraries.state(Rich), 20, 43), states())
  })

  it.effect("only has valid states to shrink to", () =>
    Effect.gen(function* () {
      let seen = 0
      const small = (state: Rich) => {
        seen++
        const text = fc.stringify(state)
        assert.isTrue(isRich(state), text)
        return text.length < 500
      }
      const found = yield* smallest(Arbitraries.state(Rich), small, { seeds: [1] })
      assert.isAbove(seen, 50)
      for (const state of found) assert.isBelow(fc.stringify(state).length, 520)
    })
  )

  it("has many states to shrink to, each once, and can go on from each", () => {
    const arbitrary = Arbitraries.schema(Schema.Array(Schema.Int))
    const { context, value } = arbitrary.generate(
      { nextInt: (_min: number, max: number) => max } as fc.Random,
      undefined
    )
    assert.isAbove(value.length, 5)
    const candidates = [...arbitrary.shrink(value, context)]
    assert.isAbove(candidates.length, 40)
    const [before, smaller] = [JSON.stringify(value), candidates.map((candidate) => JSON.stringify(candidate.value))]
    assert.notInclude(smaller, before)
    assert.isAtLeast(new Set(smaller).size, candidates.length * 0.8)
    // Asked again, from anywhere, they are the same.
    assert.deepStrictEqual(
      [...arbitrary.shrink(value, context).take(20)].map((candidate) => JSON.stringify(candidate.value)),
      smaller.slice(0, 20)
    )
    const [next] = candidates.slice(30)
    const [first] = [...arbitrary.shrink(next!.value, next!.context).take(1)]
    assert.notStrictEqual(JSON.stringify(first!.value), JSON.stringify(next!.value))
  })

  const least: Omit<Rich, "code" | "name" | "tags"> = {
    id: "" as Rich["id"],
    small: 5,
    even: 0,
    choice: { _tag: "A", n: 0 },
    pair: [false, 0],
    nothing: null,
    maybe: Option.none(),
    when: new Date(0),
    counts: {},
    nested: { deep: { values: [] } },
    tree: { label: 0, children: [] }
  }

  it.effect("shrinks to the least state", () =>
    Effect.gen(function* () {
      for (const { choice, code, maybe, name, nothing, tags, ...state } of yield* smallest(
        Arbitraries.state(Rich),
        () => false
      )) {
        const { choice: _1, maybe: _2, nothing: _3, ...rest } = least
        assert.deepStrictEqual(state, rest)
        assert.deepStrictEqual([name.length, code.length, tags.length], [1, 4, 1])
        // An alternative stays what it was, and what is in it is the least.
        assert.oneOf(JSON.stringify(choice), [`{"_tag":"A","n":0}`, `{"_tag":"B"}`])
        assert.include([null, 0], nothing)
        assert.include([5, undefined], Option.getOrUndefined(maybe))
      }
    })
  )

  it.effect("shrinks to the least state that fails a property", () =>
    Effect.gen(function* () {
      const cases: ReadonlyArray<readonly [(state: Rich) => boolean, (state: Rich) => unknown, unknown]> = [
        [(s) => s.small < 8, (s) => s.small, 8],
        [(s) => s.even < 7, (s) => s.even, 8],
        [(s) => s.name.length < 3, (s) => s.name.length, 3],
        [(s) => !("note" in s), (s) => s.note, ""],
        [(s) => s.choice._tag !== "A" || s.choice.n < 12, (s) => s.choice, { _tag: "A", n: 12 }],
        [(s) => Option.isNone(s.maybe), (s) => s.maybe, Option.some(5)],
        [(s) => s.nested.deep.values.length < 2, (s) => s.nested.deep.values, [5, 5]],
        [(s) => s.when.getTime() < 1000, (s) => s.when, new Date(1000)],
        [
          (s) => s.tree.children.every((child) => child.children.length === 0),
          (s) => s.tree,
          { label: 0, children: [{ label: 0, children: [{ label: 0, children: [] }] }] }
        ]
      ]
      for (const [property, part, expected] of cases) {
        for (const state of yield* smallest(Arbitraries.state(Rich), property, { seeds: [1, 2] })) {
          assert.deepStrictEqual(part(state), expected, String(property))
          assert.isTrue(isRich(state))
          // What has nothing to do with it is as small as it can be.
          assert.strictEqual(state.id, "")
          assert.deepStrictEqual(state.pair, [false, 0])
        }
      }
    })
  )

  it.effect("shrinks inside of other arbitraries, and replays from a path", () =>
    Effect.gen(function* () {
      const values = fc.array(fc.tuple(Arbitraries.schema(Small), fc.nat()).map(([a, b]) => ({ a, b })))
      const property = (list: ReadonlyArray<{ readonly a: number; readonly b: number }>) =>
        Effect.succeed(list.every(({ a, b }) => a + b < 100))
      const found = yield* Effect.flip(Property.check(values, property, { seed: 1 }))
      const [only, ...others] = found.counterexample as Array<{ a: number; b: number }>
      assert.deepStrictEqual(others, [])
      assert.strictEqual(only!.a + only!.b, 100)
      const { path, seed } = found
      const again = yield* Effect.flip(Property.check(values, property, { seed, path }))
      assert.deepStrictEqual(again.counterexample, found.counterexample)
    })
  )

  it("is that of an empty store, too", () => {
    assert.deepStrictEqual(sample(Arbitraries.state(Store.make("Empty", {})), 2), [{}, {}])
  })

  it("says so where it finds no value", () => {
    const rare = Schema.Int.check(Schema.makeFilter((n) => n === 123_456_789))
    assert.throws(() => sample(Arbitraries.schema(rare), 1), "no value was found that passes the checks of the schema")
  })
})

// --- flows ----------------------------------------------------------------------------

/** What there is in a spec: kinds, fields, values of fields. */
const featuresOf = (spec: Spec.Spec): ReadonlySet<string> => {
  const found = new Set<string>()
  const note = (prefix: string, record: object) => {
    for (const [key, value] of Object.entries(record)) {
      found.add(`${prefix}.${key}`)
      if (typeof value !== "object") found.add(`${prefix}.${key}=${value}`)
    }
  }
  for (const inner of specsIn(spec)) {
    found.add(inner.kind)
    note(inner.kind, inner)
    if ("post" in inner && inner.post !== undefined) note("post", inner.post)
    if ("items" in inner) for (const item of inner.items) note("item", item)
  }
  return found
}

/** In how many of `specs` there is each feature. */
const count = (specs: ReadonlyArray<Spec.Spec>, featuresOf: (spec: Spec.Spec) => ReadonlySet<string>) => {
  const counts = new Map<string, number>()
  for (const feature of specs.flatMap((spec) => [...featuresOf(spec)])) {
    counts.set(feature, (counts.get(feature) ?? 0) + 1)
  }
  return counts
}

/** Whether a graph has an edge back to a node before. */
const isLoop = (spec: Spec.Spec): boolean =>
  spec.kind === "flow" &&
  Object.entries(spec.edges).some(([from, targets]) => Object.values(targets).some((to) => to <= from))

const flows = sample(Arbitraries.flow(), 1000)

describe("flow", () => {
  /** Those that there are too few of. */
  const missing = (counts: ReadonlyMap<string, number>, features: ReadonlyArray<string>, least: number) =>
    features.filter((feature) => (counts.get(feature) ?? 0) < least).map((feature) => [feature, counts.get(feature)])

  it("has every kind of step, and every field", () => {
    const counts = count(flows, featuresOf)
    const kinds = [
      "node",
      "batch",
      "fold",
      "flow",
      "call",
      "focus",
      "mapOutcome",
      "catch",
      "budget",
      "all",
      "map",
      "forEach"
    ]
    assert.deepStrictEqual(missing(counts, kinds, 40), [])
    const units = ["retries", "fallback", "post"]
    const fields = {
      node: [...units, "fails", "busy", "dies", "delay", "exec=none", "exec=succeed", "in=prep", "in=exec", "in=post"],
      batch: [...units, "items", "mode=result", "concurrency=2", "concurrency=3", "concurrency=unbounded"],
      fold: [...units, "items"],
      item: ["fails", "dies", "delay"],
      post: ["actions", "plus", "key=a", "key=b", "by=value", "by=decide", "by=add"],
      flow: ["start", "nodes", "edges"],
      mapOutcome: ["outcomes"],
      catch: ["tag=Oops", "tag=Busy", "action=default", "action=left", "action=right"],
      budget: ["steps=1", "steps=2", "steps=3", "steps=4", "steps=5"],
      all: ["branches", "concurrency=1", "concurrency=2", "follow=x", "follow=y", "follow=z"],
      map: [0, 1, 2, 3].map((n) => `times=${n}`).concat("follow", "concurrency=2", "concurrency=unbounded"),
      forEach: [0, 1, 2, 3].map((n) => `times=${n}`).concat("follow", "concurrency=2", "concurrency=unbounded")
    }
    const names = Object.entries(fields).flatMap(([kind, names]) => names.map((name) => `${kind}.${name}`))
    assert.deepStrictEqual(missing(counts, names, 20), [])
  })

  it("ends in every way: outcomes, errors, defects, conflicts, budgets; in all phases, of items, with siblings", () => {
    const endings = (spec: Spec.Spec): ReadonlySet<string> => {
      const { end, possible } = Model.run(spec, { a: 1, b: 2 })
      const found = new Set(possible.length > 0 ? ["possible"] : [])
      if ("outcome" in end) found.add(end.outcome)
      else {
        found.add(end.error).add(end.site.phase)
        if (end.site.item !== undefined) found.add("item")
        if (end.site.attempt > 0) found.add("attempt")
        if (end.site.path.length > 1) found.add("path")
      }
      return found
    }
    const counts = count(flows, endings)
    const ways = ["default", "left", "right", "spent", "Oops", "Busy", "Boom", "WriteConflict"]
    const sites = ["prep", "exec", "post", "item", "attempt", "path", "possible"]
    assert.deepStrictEqual(missing(counts, [...ways, ...sites], 15), [])
  })

  it("nests, loops, branches, and leaves actions open", () => {
    const shapes = (spec: Spec.Spec): ReadonlySet<string> => {
      const found = new Set<string>()
      const fans = (spec: Spec.Spec) => ["all", "map", "forEach"].includes(spec.kind)
      for (const one of specsIn(spec)) {
        const inner = specsIn(one).slice(1)
        if (fans(one) && inner.some(fans)) found.add("fan in fan")
        if (one.kind === "flow" && inner.some(({ kind }) => kind === "flow")) found.add("flow in flow")
        if (one.kind === "catch" && inner.some(fans)) found.add("fan in catch")
        if (fans(one) && inner.some(({ kind }) => kind === "budget")) found.add("budget in fan")
        if (one.kind !== "flow") continue
        const edges = Object.entries(one.edges)
        if (isLoop(one)) found.add("loop")
        if (edges.some(([, targets]) => Object.keys(targets).length > 1)) found.add("branch")
        if (edges.some(([from, targets]) => Object.values(targets).includes(from))) found.add("self-loop")
        if (edges.some(([, targets]) => "spent" in targets)) found.add("wired budget")
        if (Object.keys(one.nodes).length > 3) found.add("long")
      }
      found.add(`depth ${Math.min(4, depthOf(spec))}`)
      return found
    }
    const names = ["fan in fan", "flow in flow", "fan in catch", "budget in fan", "loop", "branch", "self-loop"]
    const depths = [0, 1, 2, 3, 4].map((n) => `depth ${n}`)
    assert.deepStrictEqual(missing(count(flows, shapes), [...names, ...depths, "wired budget", "long"], 10), [])
  })

  it("is plain JSON, and the same after a round trip", () => {
    for (const spec of flows) {
      const again: Spec.Spec = JSON.parse(JSON.stringify(spec))
      assert.deepStrictEqual(again, spec)
      assert.strictEqual(fc.stringify(spec), Spec.show(again))
    }
  })

  it("is well formed: it can be built and drawn, each loop is in a budget, branches and edges are there", () => {
    for (const spec of flows) {
      Flow.toMermaid(Spec.build(spec))
      assert.isFalse(isLoop(spec))
      for (const one of specsIn(spec)) {
        for (const inner of innerOf(one)) if (isLoop(inner)) assert.strictEqual(one.kind, "budget")
        if (one.kind === "all") {
          assert.isAtLeast(Object.keys(one.branches).length, 1)
          if (one.follow !== undefined) assert.property(one.branches, one.follow)
        }
        if (one.kind === "batch" || one.kind === "fold") assert.isAtMost(one.items.length, 5)
      }
    }
  })

  it.effect("ends, whatever the state and the schedule", () =>
    Property.check(
      fc.tuple(Arbitraries.flow(), Arbitraries.state(Spec.Sample), fc.nat()),
      ([spec, state, seed]) =>
        Effect.exit(replayInterleaving(Flow.run(Spec.build(spec), state, { maxSteps: 10_000 }), seed)).pipe(
          Effect.map((exit) => !JSON.stringify(exit).includes("StepLimitExceeded"))
        ),
      { runs: 150, seed: 1 }
    )
  )

  it("is nested as deep as it may be, and no deeper", () => {
    for (const maxDepth of [0, 1, 2, 4, 6]) {
      const depths = sample(Arbitraries.flow({ maxDepth }), 300).map(depthOf)
      assert.isAtMost(Math.max(...depths), maxDepth)
      if (maxDepth < 5) assert.strictEqual(Math.max(...depths), maxDepth)
    }
    assert.deepStrictEqual(sample(Arbitraries.flow({}), 10), sample(Arbitraries.flow({ maxDepth: 4 }), 10))
  })

  it("follows from the seed", () => {
    assert.deepStrictEqual(sample(Arbitraries.flow(), 50), flows.slice(0, 50))
    assert.notDeepEqual(sample(Arbitraries.flow(), 50, 2), flows.slice(0, 50))
  })

  it.effect("shrinks to few nodes", () =>
    Effect.gen(function* () {
      const has = (spec: Spec.Spec, f: (spec: Spec.Spec) => boolean) => specsIn(spec).some(f)
      const planted: ReadonlyArray<readonly [name: string, (spec: Spec.Spec) => boolean, nodes: number]> = [
        ["anything", () => true, 1],
        ["a batch", (spec) => has(spec, ({ kind }) => kind === "batch"), 8],
        [
          "a batch in a map",
          (spec) => has(spec, (one) => one.kind === "map" && has(one.inner, ({ kind }) => kind === "batch")),
          8
        ],
        [
          "a failure in a branch",
          (spec) => has(spec, (one) => one.kind === "all" && "error" in Model.run(one, { a: 1, b: 2 }).end),
          8
        ],
        [
          "a run of three steps",
          (spec) => {
            const { end } = Model.run(spec, { a: 1, b: 2 })
            return "outcome" in end && end.steps > 2
          },
          8
        ]
      ]
      for (const [name, bug, most] of planted) {
        const found = yield* smallest(Arbitraries.flow(), (spec) => !bug(spec), { runs: 2000, seeds: [1, 2, 3, 4, 5] })
        for (const spec of found) assert.isAtMost(specsIn(spec).length, most, `${name}: ${JSON.stringify(spec)}`)
      }
      assert.deepStrictEqual(yield* smallest(Arbitraries.flow(), () => false, { seeds: [1] }), [{ kind: "node" }])
    })
  )
})

describe("node", () => {
  const nodes = sample(Arbitraries.node(), 500)

  it("is a node, a batch or a fold, which succeeds, fails, dies, recovers or falls back", () => {
    const counts = count(nodes, (spec) => {
      const { end, trace } = Model.run(spec, { a: 1, b: 2 })
      const retried = trace.some((line) => line.includes("attempt 1")) ? ["retried"] : []
      return new Set([spec.kind, "error" in end ? end.error : "succeeds", ...retried, ...featuresOf(spec)])
    })
    for (const feature of ["node", "batch", "fold", "succeeds", "Oops", "Busy", "Boom", "retried", "node.fallback"]) {
      assert.isAtLeast(counts.get(feature) ?? 0, 15, feature)
    }
    assert.deepStrictEqual([...new Set(nodes.map(({ kind }) => kind))].toSorted(), ["batch", "fold", "node"])
    assert.strictEqual(fc.stringify(nodes[0]), Spec.show(nodes[0]!))
  })
})

// --- broken wirings ---------------------------------------------------------------------

describe("brokenFlow", () => {
  const wirings = sample(Arbitraries.brokenFlow(), 1500)

  /** What is wrong, as `Flow.fromJson` says it. */
  const reasons = {
    "unknown target": /^the action ".*" leads to ".*, which is not a node$/s,
    "unknown start": /^the start ".*is not a node$/s,
    "unknown step": /^the registry has no step "/,
    "unknown action": /is not an action of this node$/,
    "edges from nowhere": /^there are edges from ".*, which is not a node$/s,
    "an action without a name": /^an action needs a name that is not empty$/,
    "a node without an id": /^a node needs an id that is not empty$/,
    "a target that is no text": /^edges are an object \{ \[action\]: node \}$/,
    "no wiring": /^a flow is an object \{ start: string, nodes: object, edges: object \}$/,
    "a flow in itself": /^a flow cannot contain itself$/
  }

  const problemsOf = (registry: Arbitraries.Broken["registry"], json: unknown) =>
    Effect.map(Effect.exit(Flow.fromJson(Spec.Sample, registry, json)), (exit) => {
      const [reason] = Exit.isFailure(exit) ? exit.cause.reasons : []
      return reason?._tag === "Fail" ? reason.error.problems : assert.fail("it was not refused, or there was a defect")
    })

  it.effect("is refused with all that is wrong, each at its path; each kind of mistake occurs", () =>
    Effect.gen(function* () {
      const kinds = new Map<string, number>()
      let several = 0
      for (const { json, problems, registry } of wirings) {
        const found = yield* problemsOf(registry, json)
        for (const { about, path } of problems) {
          const there = found.filter((one) => one.path.join("\n") === path.join("\n") && one.reason.includes(about))
          assert.isAtLeast(there.length, 1, fc.stringify({ json, about, path, found }))
          const [kind] = Object.entries(reasons).find(([, reason]) => there.some((one) => reason.test(one.reason)))!
          kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
        }
        if (problems.length > 1) several++
      }
      const missing = Object.keys(reasons).filter((kind) => (kinds.get(kind) ?? 0) < 60)
      assert.deepStrictEqual(missing, [], fc.stringify([...kinds]))
      assert.isAbove(several, 300)
    })
  )

  it("has names that objects have by themselves, and long ones; nested places; paths of some depth", () => {
    const texts = wirings.map(({ json, problems }) => fc.stringify([json, problems]))
    for (const text of ["__proto__", "constructor", "toString", "hasOwnProperty", "?".repeat(100)]) {
      assert.isAtLeast(texts.filter((one) => one.includes(text)).length, 20, text)
    }
    const depths = wirings.map(({ problems: [problem] }) => problem!.path.length)
    for (const depth of [0, 1, 2, 3]) assert.isAtLeast(depths.filter((n) => n === depth).length, 10)
  })

  it("is whole but for that: a registry whose steps are flows' steps, with declared actions", () => {
    const [{ registry }] = wirings as [Arbitraries.Broken]
    assert.deepStrictEqual(Object.keys(registry), ["one", "other"])
    const { outcomes } = Flow.toGraph(Flow.mapOutcome(registry["one"]!, {}))
    assert.deepStrictEqual(
      outcomes.map(({ action }) => action),
      ["default", "left"]
    )
  })

  it.effect("is the same after a round trip through JSON, unless it contains itself", () =>
    Effect.gen(function* () {
      const plain = wirings.filter(({ problems }) => problems.every(({ about }) => about !== "cannot contain itself"))
      assert.isAbove(plain.length, 1000)
      for (const { json, registry } of plain) {
        const found = yield* problemsOf(registry, json)
        assert.deepStrictEqual(yield* problemsOf(registry, JSON.parse(JSON.stringify(json))), found)
      }
    })
  )

  it("follows from the seed", () => {
    const again = sample(Arbitraries.brokenFlow(), 50)
    assert.deepStrictEqual(
      again.map((one) => fc.stringify([one.json, one.problems])),
      wirings.slice(0, 50).map((one) => fc.stringify([one.json, one.problems]))
    )
  })

  it.effect("shrinks to a wiring of one node and one mistake", () =>
    Effect.gen(function* () {
      for (const { json, problems } of yield* smallest(Arbitraries.brokenFlow(), () => false)) {
        assert.lengthOf(problems, 1)
        assert.isAtMost(Object.keys((json as Flow.FlowJson).nodes).length, 2)
      }
    })
  )
})
