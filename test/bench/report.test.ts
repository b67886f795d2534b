import { assert, describe, it } from "@effect/vitest"
import sharp from "sharp"
import { chart, decades, escape } from "../../bench/chart.ts"
import type { Measured } from "../../bench/measure.ts"
import { merge } from "../../bench/measure.ts"
import { aimsOf, aimTable, legend, resultsOf, speed, table } from "../../bench/report.ts"
import { sample } from "../../bench/sample.ts"
import { format, median, rotate, summarize } from "../../bench/statistics.ts"
import { far, near } from "../../bench/subjects.ts"
import type { Target } from "../../bench/targets.ts"
import { reached, targets } from "../../bench/targets.ts"
import { workloadIds } from "../../bench/workloads.ts"

const measured: Measured = new Map([
  ["loop", new Map([["W1", [3, 1, 2]]])],
  ["pocketflow", new Map([["W1", [4, 4, 4]]])]
])
const subjects = near.filter(({ id }) => measured.has(id))

describe("statistics", () => {
  it("median is the one in the middle, or between the two", () => {
    assert.deepStrictEqual([[5], [3, 1, 20], [4, 1, 3, 2]].map(median), [5, 3, 2.5])
    assert.throws(() => median([]), "no samples have no median")
  })

  it("summarize", () => {
    assert.deepStrictEqual(summarize([10, 9, 100]), { median: 10, min: 9, max: 100, samples: 3 })
  })

  it("rotate keeps all, in order", () => {
    assert.deepStrictEqual(
      [0, 1, 3, 4].map((by) => rotate(["a", "b", "c"], by).join("")),
      ["abc", "bca", "abc", "bca"]
    )
    assert.deepStrictEqual(rotate([], 2), [])
  })

  it("format shows three digits that count", () => {
    assert.deepStrictEqual([0, 0.00321, 0.05371, 0.5371, 1.234, 48.21, 341.4, 999, 1234.5, 123456].map(format), [
      "0",
      "0.0032",
      "0.0537",
      "0.537",
      "1.23",
      "48.2",
      "341",
      "999",
      "1,235",
      "123,456"
    ])
  })
})

describe("sampling", () => {
  const budget = { clock: "wall", warm: 20, sample: 10, samples: 3 } as const

  /** What gives 7 in so many milliseconds of a clock of its own. */
  const taking = (milliseconds: number) => {
    let time = 0
    const run = async () => {
      time += milliseconds
      return 7
    }
    return { run, now: () => time }
  }

  it("gives microseconds a unit, after a warm-up", async () => {
    const { now, run } = taking(2)
    assert.deepStrictEqual(await sample(run, { expected: 7, size: 1_000 }, budget, now), [2, 2, 2])
    assert.strictEqual(now(), budget.warm + 3 * budget.sample)
  })

  it("takes one sample of what is slow", async () => {
    const { now, run } = taking(100)
    assert.deepStrictEqual(await sample(run, { expected: 7, size: 1 }, budget, now), [100_000])
  })

  it("fails where a run computes something else", async () => {
    const failed = await sample(async () => 8, { expected: 7, size: 1 }, budget).catch(String)
    assert.strictEqual(failed, "Error: it gave 8, not 7")
  })

  it("puts sessions together", () => {
    const merged = merge(
      measured,
      new Map([
        [
          "loop",
          new Map([
            ["W1", [9]],
            ["W2", [5]]
          ])
        ]
      ])
    )
    assert.deepStrictEqual(
      Array.from(merged, ([id, taken]) => [id, ...taken]),
      [
        ["loop", ["W1", [3, 1, 2, 9]], ["W2", [5]]],
        ["pocketflow", ["W1", [4, 4, 4]]]
      ]
    )
    assert.deepStrictEqual(Array.from(measured.get("loop")!), [["W1", [3, 1, 2]]])
  })
})

describe("targets", () => {
  const of = { subject: "loop", workload: "W1" } as const
  const target: Target = { of, against: { subject: "pocketflow", workload: "W1" }, target: 1, kind: "ratio" }

  it("compare medians, or what is picked", () => {
    assert.strictEqual(reached(target, measured), 0.5)
    assert.strictEqual(
      reached(target, measured, (samples) => Math.max(...samples)),
      0.75
    )
    assert.strictEqual(reached({ ...target, kind: "extra" }, measured), -2)
    assert.strictEqual(reached({ ...target, of: { ...of, workload: "W2" } }, measured), undefined)
  })

  it("name what is measured", () => {
    const known = new Set(
      [...near, ...far].flatMap(({ id, workloads = workloadIds }) => workloads.map((workload) => `${id} ${workload}`))
    )
    const named = targets.flatMap(({ against, of }) => [of, against])
    assert.deepStrictEqual(
      named.filter(({ subject, workload }) => !known.has(`${subject} ${workload}`)),
      []
    )
  })
})

describe("tables", () => {
  it("have columns of one width", () => {
    assert.strictEqual(
      table(
        ["what", "n"],
        [
          ["a|b", "1"],
          ["c", undefined],
          ["d", "1,000"]
        ]
      ),
      `| what |     n |
|------|------:|
| a\\|b |     1 |
| c    |     - |
| d    | 1,000 |`
    )
  })

  it("show medians, and ratios to the baselines that were measured", () => {
    assert.strictEqual(
      speed(subjects, resultsOf(subjects, measured)),
      `| µs, median       |   W1 |
|------------------|-----:|
| async loop       | 2.00 |
| pocketflow (npm) | 4.00 |

| times (a) async loop |   W1 |
|----------------------|-----:|
| async loop           | 1.00 |
| pocketflow (npm)     | 2.00 |

| times (b) pocketflow |    W1 |
|----------------------|------:|
| async loop           | 0.500 |
| pocketflow (npm)     |  1.00 |`
    )
  })

  it("say which targets are met", () => {
    const aims = [
      { name: "a / b", limit: 0.7, value: 0.7 },
      { name: "import", limit: 10, value: 12.3, unit: "ms" }
    ]
    assert.strictEqual(
      aimTable(aims),
      `| target | at most | measured | met |
|--------|--------:|---------:|-----|
| a / b  |   0.700 |    0.700 | yes |
| import | 10.0 ms |  12.3 ms | no  |`
    )
    const aimed = aimsOf(new Map([...measured, ["ours-succeed", new Map([["W1", [1]]] as const)]]))
    assert.deepStrictEqual(aimed, [
      { name: "W1 ours-succeed / pocketflow", limit: 0.2, value: 0.25 },
      { name: "W1 ours-succeed / loop", limit: 0.6, value: 0.5 }
    ])
  })

  it("say who did less", () => {
    const slow = far.filter(({ id }) => id === "langgraph")
    const results = resultsOf(slow, new Map([["langgraph", new Map([["W2", [300]]])]]))
    assert.include(legend(slow, results), "| LangGraph.js: 1,000 |")
  })
})

describe("the chart", () => {
  it("escapes what is no markup", () => {
    assert.strictEqual(escape(`<a b="c">&amp;`), "&lt;a b=&quot;c&quot;&gt;&amp;amp;")
  })

  it("spans whole powers of ten", () => {
    assert.deepStrictEqual(decades([0.05, 3, 341]), [-2, 3])
    assert.deepStrictEqual(decades([2]), [0, 1])
  })

  it("is an image, whatever the names are", async () => {
    const named = subjects.map((subject) => ({ ...subject, label: `"${subject.label}" <&>` }))
    const svg = chart(named, resultsOf(named, measured), "a < b & c")
    assert.strictEqual((await sharp(Buffer.from(svg)).metadata()).format, "svg")
    assert.include(svg, "&quot;async loop&quot; &lt;&amp;&gt;")
    assert.include(svg, "a &lt; b &amp; c")
  })
})
