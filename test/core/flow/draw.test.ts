import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Flow, Node } from "effect-pocketflow"
import * as fc from "fast-check"
import { Counter, Trail, visit } from "../support.ts"

const add = Node.make(Counter, {})

const loop = Flow.make(Trail, {
  start: "ask",
  nodes: {
    ask: Node.make(Trail, { post: (s) => (s.seen.length === 0 ? Trail.to("again") : Trail.to("answer")) }),
    answer: visit("answer", "done")
  },
  edges: { ask: { again: "ask", answer: "answer" } }
})

/** Ids that would break out of a label, or mean something to the one who reads it. */
const hostile = [
  'a"]; click n0 "javascript:alert(1)"',
  "a\nb --> c",
  "a\r\nend",
  "]",
  "}",
  "end",
  "<script>alert(1)</script>",
  "&quot;",
  "#quot;",
  "`markdown`",
  "%%{init: {'theme':'dark'}}%%",
  "a %%{init: {'securityLevel':'loose'}}%% b",
  "%% comment",
  "|",
  "\\",
  '\\"',
  "\u0000\u0007\u001b[31m\u007f\u0085\u2028\u2029",
  "__proto__",
  "constructor",
  "n0",
  "s",
  "a".repeat(1000)
]

/** A flow with such ids for nodes, actions, a nested flow and branches. */
const flowOf = (ids: ReadonlyArray<string>) => {
  const nodes = Object.fromEntries(
    ids.map((id) => [
      id,
      Flow.all(Trail, { [id]: Flow.make(Trail, { start: id, nodes: { [id]: visit(id, id) } } as never) } as never, {
        post: () => Trail.to(id),
        actions: [id]
      })
    ])
  )
  const edges = Object.fromEntries(ids.slice(1).map((to, i) => [ids[i], { [ids[i]!]: to }]))
  return Flow.make(Trail, { start: ids[0]!, nodes, edges } as never) as Flow.Step<any, string, any, any> as Flow.Step<
    any,
    string
  >
}

describe("toMermaid", () => {
  it("draws nodes, edges, loops and outcomes", () => {
    assert.deepStrictEqual(Flow.toMermaid(loop).split("\n"), [
      "flowchart TD",
      "  s(( )) --> n0",
      '  n0["ask"]',
      '  n1["answer"]',
      '  n0 -->|"again"| n0',
      '  n0 -->|"answer"| n1',
      '  n0 -->|"?"| o0(["?"])',
      '  n1 -->|"done"| o1(["done"])'
    ])
  })

  it("draws what runs inside as subgraphs, with the names of branches and the kinds of fans", () => {
    const flow = Flow.sequence(Counter, {
      inner: Flow.sequence(Counter, { x: add, y: add }),
      all: Flow.all(Counter, { a: add, b: Flow.sequence(Counter, { z: add }) }),
      map: Flow.map(Counter, add, { prep: (s) => [s], post: () => Counter.next(), actions: ["default"] })
    })
    assert.deepStrictEqual(Flow.toMermaid(flow).split("\n"), [
      "flowchart TD",
      "  s(( )) --> n0",
      '  subgraph n0["inner"]',
      "    s1(( )) --> n3",
      '    n3["x"]',
      '    n4["y"]',
      '    n3 -->|"default"| n4',
      "  end",
      '  subgraph n1["all (all)"]',
      '    n5["a"]',
      '    subgraph n1_1["b"]',
      "      s2(( )) --> n6",
      '      n6["z"]',
      "    end",
      "  end",
      '  n2["map (map)"]',
      '  n0 -->|"default"| n1',
      '  n1 -->|"default"| n2',
      '  n2 -->|"default"| o0(["default"])'
    ])
  })

  it("draws a branch that is no flow as the node that it is, and calls a step without an id by its kind", () => {
    const pair = Flow.sequence(Counter, { x: add, y: add })
    const over = { prep: () => ({ n: 0 }), post: () => Counter.next() }
    const each = { prep: () => [{ n: 0 }], post: () => Counter.next() }
    const flow = Flow.all(Counter, {
      one: add,
      batch: Node.batch(Counter, { prep: () => [1], exec: (n) => Effect.succeed(n) }).pipe(
        Flow.budget({ steps: 1 }, "default")
      ),
      call: Flow.call(Counter, pair, over),
      map: Flow.map(Counter, Flow.call(Counter, add, over), each),
      all: Flow.all(Counter, { one: add }),
      alike: Flow.sequence(Counter, { alike: add }),
      loop: Flow.make(Counter, {
        start: "loop",
        nodes: { loop: Node.make(Counter, { post: () => Counter.decide(({ n }) => (n > 1 ? "default" : "again")) }) },
        edges: { loop: { again: "loop" } }
      })
    })
    assert.deepStrictEqual(Flow.toMermaid(flow).split("\n"), [
      "flowchart TD",
      "  s(( )) --> n0",
      '  subgraph n0["all"]',
      '    n1["one"]',
      '    n2["batch (batch)"]',
      '    subgraph n3["call (call)"]',
      "      s1(( )) --> n8",
      '      n8["x"]',
      '      n9["y"]',
      '      n8 -->|"default"| n9',
      "    end",
      '    subgraph n4["map (map)"]',
      "      s2(( )) --> n10",
      '      n10["call"]',
      "    end",
      '    subgraph n5["all (all)"]',
      '      n11["one"]',
      "    end",
      '    n6["alike"]',
      '    subgraph n0_6["loop"]',
      "      s3(( )) --> n7",
      '      n7["loop"]',
      '      n7 -->|"again"| n7',
      "    end",
      "  end",
      '  n0 -->|"default"| o0(["default"])'
    ])
  })

  /** The whole language that a drawing may be in: nothing from an id is outside of quotes, and nothing in them is special. */
  const id = String.raw`(?:f|[nso]\d*(?:_\d+)?)`
  const label = String.raw`"(?:[^"<>\x60%&#\p{Cc}\u2028\u2029]|#\d+;)+"`
  const mermaid = new RegExp(
    String.raw`^ +(?:${id}\(\( \)\) --> ${id}|${id}\[${label}\]|subgraph ${id}\[${label}\]|end|${id} -->\|${label}\| (?:${id}|${id}\(\[${label}\]\)))$`,
    "u"
  )
  const wellFormed = (flow: Flow.Step<any, string, any>) => {
    const [head, ...rest] = Flow.toMermaid(flow).split("\n")
    assert.strictEqual(head, "flowchart TD")
    let depth = 0
    for (const line of rest) {
      assert.match(line, mermaid)
      if (line.trimStart().startsWith("subgraph")) depth++
      if (line.trim() === "end") depth--
      assert.isAtLeast(depth, 0)
    }
    assert.strictEqual(depth, 0)
    return rest
  }
  /** What a label says once its entities are read. */
  const read = (line: string) => line.replace(/#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))

  it("escapes labels, so that no id can say more than itself", () => {
    for (const text of hostile) {
      const lines = wellFormed(flowOf([text]))
      const plain = text.replace(/[\p{Cc}\u2028\u2029]/gu, " ")
      assert.include(read(lines[1]!), `["${plain} (all)"]`)
    }
    wellFormed(flowOf(hostile))
  })

  it("is well formed for any ids", { timeout: 30_000 }, () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.oneof(fc.string({ unit: "binary", minLength: 1 }), fc.constantFrom(...hostile)), {
          minLength: 1,
          maxLength: 4
        }),
        (ids) => assert.isNotEmpty(wellFormed(flowOf(ids)))
      ),
      { numRuns: 60 }
    )
  })

  it("keeps the endings of a budget and of an error edge around the whole", () => {
    const limited = loop.pipe(Flow.budget({ steps: 3 }), Flow.catch("failed"))
    wellFormed(limited)
    assert.deepStrictEqual(Flow.toMermaid(limited).split("\n"), [
      "flowchart TD",
      '  subgraph f["flow"]',
      "    s(( )) --> n0",
      '    n0["ask"]',
      '    n1["answer"]',
      '    n0 -->|"again"| n0',
      '    n0 -->|"answer"| n1',
      "  end",
      '  f -->|"failed"| o0(["failed"])',
      '  f -->|"exhausted"| o1(["exhausted"])',
      '  n0 -->|"?"| o2(["?"])',
      '  n1 -->|"done"| o3(["done"])'
    ])
    assert.deepStrictEqual(Flow.toMermaid(add.pipe(Flow.catch("failed"), Flow.budget({ steps: 1 }))).split("\n"), [
      "flowchart TD",
      "  s(( )) --> n0",
      '  n0["node"]',
      '  n0 -->|"default"| o0(["default"])',
      '  n0 -->|"exhausted"| o1(["exhausted"])',
      '  n0 -->|"failed"| o2(["failed"])'
    ])
  })
})

describe("toDot", () => {
  it("draws nodes, edges, loops, outcomes and what is inside", () => {
    const flow = Flow.sequence(Trail, { inner: Flow.sequence(Trail, { x: visit("x") }), last: visit("last", "done") })
    assert.deepStrictEqual(Flow.toDot(flow).split("\n"), [
      "digraph {",
      "  compound=true; node [shape=box]",
      "  s [shape=point]; s -> n0",
      '  subgraph cluster_n0 { label="inner"; n0 [shape=point, style=invis]',
      "    s1 [shape=point]; s1 -> n2",
      '    n2 [label="x"]',
      "  }",
      '  n1 [label="last"]',
      '  n0 -> n1 [label="default"]',
      '  o0 [label="done", shape=oval]; n1 -> o0 [label="done"]',
      "}"
    ])
    const limited = Flow.sequence(Trail, { x: visit("x", "done") }).pipe(Flow.budget({ steps: 1 }))
    assert.deepStrictEqual(Flow.toDot(limited).split("\n").slice(2), [
      '  subgraph cluster_f { label="flow"; f [shape=point, style=invis]',
      "    s [shape=point]; s -> n0",
      '    n0 [label="x"]',
      "  }",
      '  o0 [label="exhausted", shape=oval]; f -> o0 [label="exhausted"]',
      '  o1 [label="done", shape=oval]; n0 -> o1 [label="done"]',
      "}"
    ])
  })

  const id = String.raw`(?:f|[nso]\d*(?:_\d+)?)`
  const label = String.raw`"(?:[^"\\\p{Cc}]|\\["\\])+"`
  const dot = new RegExp(
    String.raw`^ +(?:compound=true; node \[shape=box\]|${id} \[shape=point\]; ${id} -> ${id}|${id} \[label=${label}\]|subgraph cluster_${id} \{ label=${label}; ${id} \[shape=point, style=invis\]|\}|${id} -> ${id} \[label=${label}\]|${id} \[label=${label}, shape=oval\]; ${id} -> ${id} \[label=${label}\])$`,
    "u"
  )

  it("escapes labels, whatever the ids are", { timeout: 30_000 }, () => {
    const wellFormed = (ids: ReadonlyArray<string>) => {
      const lines = Flow.toDot(flowOf(ids)).split("\n")
      assert.deepStrictEqual([lines[0], lines.at(-1)], ["digraph {", "}"])
      for (const line of lines.slice(1, -1)) assert.match(line, dot)
    }
    wellFormed(hostile)
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ unit: "binary", minLength: 1 }), { minLength: 1, maxLength: 3 }),
        wellFormed
      )
    )
  })
})
