/**
 * What flows have to do, worked out by hand from the rules (`R1`, ... are those of PocketFlow's 100 lines): the reference
 * model and the flows that are built are both held against it.
 */
import type { Model, Spec } from "@effect-pocketflow/testing"

export interface Expectation {
  readonly name: string
  readonly spec: Spec.Spec
  readonly init: Spec.Sample
  /** `"<outcome> after <steps>"`, or `"<error> in <phase> of <path>, attempt <n>, item <n>"`. */
  readonly end: string
  readonly store: Spec.Sample
  readonly trace: ReadonlyArray<string>
  readonly possible: ReadonlyArray<string>
}

/** An `Expected` of the model, as an `Expectation` has it. */
export const endOf = (end: Model.Expected["end"]): string => {
  if ("outcome" in end) return `${end.outcome} after ${end.steps}`
  const { attempt, item, path, phase } = end.site
  return `${end.error} in ${phase} of /${path.join("/")}, attempt ${attempt}${item === undefined ? "" : `, item ${item}`}`
}

/** The number that everything leaves: a small one, in which the order counts. */
export const m = (...numbers: ReadonlyArray<number>): number => {
  let sum = 0
  for (const n of numbers) sum = (sum * 31 + n + 7) % 997
  return sum
}

/** What a unit of work gives, from `{ a: 1, b: 2 }` where nothing else is said. */
const out = ({ a = 1, attempt = 0, b = 2, item = 0, visit = 0 } = {}): number => m(a, b, attempt, visit, item)

// --- specs ------------------------------------------------------------------------

/** Nodes without `exec`, which leave no attempts: `a` or `b` grows, and the action is the one. */
const add = (plus: number, action = "default", key: "a" | "b" = "a"): Spec.Node => ({
  kind: "node",
  exec: "none",
  post: { by: "add", plus, key, actions: [action] }
})
const to = (action: string): Spec.Node => add(0, action)
const value = (key: "a" | "b" = "a", plus = 0): Spec.Node => ({
  kind: "node",
  exec: "none",
  post: { by: "value", key, plus }
})
const fails: Spec.Node = { kind: "node", fails: 9 }
const dies: Spec.Node = { kind: "node", dies: true }
/** A unit of work that adds nothing, so that only its trace is left. */
const work: Spec.Node = { kind: "node", post: { by: "add", plus: 0 } }

const flow = (nodes: Record<string, Spec.Spec>, edges: Spec.Graph["edges"] = {}): Spec.Spec => ({
  kind: "flow",
  start: Object.keys(nodes)[0]!,
  nodes,
  edges
})
/** One after the other, on `"default"`. */
const chain = (nodes: Record<string, Spec.Spec>): Spec.Spec => {
  const ids = Object.keys(nodes)
  return flow(nodes, Object.fromEntries(ids.slice(1).map((id, i) => [ids[i]!, { default: id }])))
}
const loop = (inner: Spec.Spec, action = "default"): Spec.Spec => flow({ n: inner }, { n: { [action]: "n" } })
const budget = (steps: number, inner: Spec.Spec): Spec.Spec => ({ kind: "budget", steps, inner })
const caught = (inner: Spec.Spec, tag?: "Oops" | "Busy"): Spec.Spec => ({
  kind: "catch",
  inner,
  action: "caught",
  ...(tag !== undefined && { tag })
})
const all = (branches: Record<string, Spec.Spec>, more: object = {}): Spec.Spec => ({ kind: "all", branches, ...more })
const map = (times: number, inner: Spec.Spec, more: object = {}): Spec.Spec => ({ kind: "map", times, inner, ...more })
const forEach = (times: number, inner: Spec.Spec, more: object = {}): Spec.Spec => ({
  kind: "forEach",
  times,
  inner,
  ...more
})

// --- what is to happen ---------------------------------------------------------------

type Rest = {
  readonly init?: readonly [a: number, b: number]
  readonly store?: readonly [a: number, b: number]
  readonly trace?: ReadonlyArray<string>
  readonly possible?: ReadonlyArray<string>
}

/** The store stays as it was (`{ a: 1, b: 2 }`), where nothing else is said. */
const row = (
  name: string,
  spec: Spec.Spec,
  end: string,
  { init = [1, 2], possible = [], store = init, trace = ["/ visited"] }: Rest = {}
): Expectation => ({
  name,
  spec,
  init: { a: init[0], b: init[1] },
  end,
  store: { a: store[0], b: store[1] },
  trace,
  possible
})

const nodes = [
  row("R1: prep, exec, post; the function of post is applied to the store", { kind: "node" }, "default after 1", {
    store: [m(1, out(), 0), 2],
    trace: ["/ visited", "/ visit 0, attempt 0"]
  }),
  row("a node without exec has no attempt", { kind: "node", exec: "none" }, "default after 1", {
    store: [m(1, out(), 0), 2]
  }),
  row("an exec that succeeds at once", { kind: "node", exec: "succeed", post: { key: "b" } }, "default after 1", {
    store: [1, m(2, out(), 0)]
  }),
  row("a value is set, whatever was there", value("b", 3), "default after 1", { store: [1, m(out(), 3)] }),
  row("adding goes round", add(5), "default after 1", { init: [995, 2], store: [3, 2] }),
  row(
    "the output chooses the action",
    { kind: "node", exec: "none", post: { actions: ["x", "y", "z"], by: "value" } },
    // m(1, 2, 0, 0, 0) = 296 = 3 * 98 + 2
    "z after 1",
    { store: [m(out(), 0), 2] }
  ),
  row(
    "the store chooses the action: 1 + 2 is odd",
    { kind: "node", exec: "none", post: { actions: ["even", "odd"], by: "decide" } },
    "odd after 1",
    { store: [m(1, out(), 0), 2] }
  ),
  row(
    "the store chooses the action: 1 + 3 is even",
    { kind: "node", exec: "none", post: { actions: ["even", "odd"], by: "decide", key: "b", plus: 4 } },
    "even after 1",
    { init: [1, 3], store: [1, m(3, out({ b: 3 }), 4)] }
  )
]

const attempts = (n: number) => ["/ visited", ...Array.from({ length: n }, (_, i) => `/ visit 0, attempt ${i}`)]

const retries = [
  row(
    "R16: n retries are n + 1 attempts, and the last one counts",
    { kind: "node", fails: 2, retries: 2, post: { by: "value" } },
    "default after 1",
    { store: [m(out({ attempt: 2 }), 0), 2], trace: attempts(3) }
  ),
  row(
    "R16: none after the one that succeeds",
    { kind: "node", fails: 1, retries: 5, post: { by: "value" } },
    "default after 1",
    { store: [m(out({ attempt: 1 }), 0), 2], trace: attempts(2) }
  ),
  row("R16: one attempt without retries", fails, "Oops in exec of /, attempt 0", { trace: attempts(1) }),
  row("the last attempt fails the node", { ...fails, retries: 2 }, "Oops in exec of /, attempt 2", {
    trace: attempts(3)
  }),
  row("its error is what the work says", { ...fails, busy: true, retries: 1 }, "Busy in exec of /, attempt 1", {
    trace: attempts(2)
  }),
  row(
    "R18: a fallback stands in after the last attempt",
    { ...fails, retries: 1, fallback: true, post: { by: "value" } },
    "default after 1",
    { store: [m(900, 0), 2], trace: attempts(2) }
  ),
  row(
    "R18: a fallback that is not needed",
    { kind: "node", fails: 1, retries: 1, fallback: true, post: { by: "value" } },
    "default after 1",
    { store: [m(out({ attempt: 1 }), 0), 2], trace: attempts(2) }
  ),
  row(
    "R17: a defect is not retried, and has no fallback",
    { ...dies, retries: 3, fallback: true },
    "Boom in exec of /, attempt 0",
    { trace: attempts(1) }
  ),
  row("a defect after failures", { ...dies, fails: 2, retries: 3 }, "Boom in exec of /, attempt 2", {
    trace: attempts(3)
  }),
  row(
    "R17: prep is not retried, and has no fallback",
    { ...fails, in: "prep", retries: 3, fallback: true },
    "Oops in prep of /, attempt 0"
  ),
  row(
    "R17: post is not retried, and has no fallback",
    { ...fails, in: "post", busy: true, retries: 3, fallback: true },
    "Busy in post of /, attempt 0",
    { trace: attempts(1) }
  ),
  row("a defect in prep", { ...dies, in: "prep" }, "Boom in prep of /, attempt 0"),
  row("a defect in post", { ...dies, in: "post" }, "Boom in post of /, attempt 0", { trace: attempts(1) })
]

const item = (i: number, attempt = 0) => `/ visit 0, item ${i}, attempt ${attempt}`

const batches = [
  row(
    "R19b: results in the order of the items; R20: each with attempts of its own",
    { kind: "batch", items: [{}, { fails: 1 }, { fails: 2 }], retries: 2, post: { by: "value" } },
    "default after 1",
    {
      store: [m(m(out(), out({ attempt: 1, item: 1 }), out({ attempt: 2, item: 2 })), 0), 2],
      trace: ["/ visited", item(0), item(1), item(1, 1), item(2), item(2, 1), item(2, 2)]
    }
  ),
  row(
    "the same at once",
    {
      kind: "batch",
      items: [{ delay: 9 }, { fails: 1, delay: 5 }, {}],
      retries: 1,
      concurrency: "unbounded",
      post: { by: "value" }
    },
    "default after 1",
    {
      store: [m(m(out(), out({ attempt: 1, item: 1 }), out({ item: 2 })), 0), 2],
      trace: ["/ visited", item(0), item(1), item(1, 1), item(2)]
    }
  ),
  row("no items", { kind: "batch", items: [], post: { by: "value" } }, "default after 1", { store: [m(0, 0), 2] }),
  row(
    "R19: one item fails the node; one by one, those after it are not begun",
    { kind: "batch", items: [{}, { fails: 2 }, {}], retries: 1 },
    "Oops in exec of /, attempt 1, item 1",
    { trace: ["/ visited", item(0), item(1), item(1, 1)] }
  ),
  row(
    "R21: at once, the others may be anywhere",
    { kind: "batch", items: [{}, { fails: 2, busy: true }, {}], retries: 1, concurrency: 2 },
    "Busy in exec of /, attempt 1, item 1",
    { trace: ["/ visited", item(1), item(1, 1)], possible: [item(0), item(2)] }
  ),
  row(
    "a defect of an item",
    { kind: "batch", items: [{}, { dies: true, fails: 1 }], retries: 2, fallback: true },
    "Boom in exec of /, attempt 1, item 1",
    { trace: ["/ visited", item(0), item(1), item(1, 1)] }
  ),
  row(
    "a fallback for each item",
    { kind: "batch", items: [{ fails: 1 }, {}, { fails: 2 }], fallback: true, retries: 1, post: { by: "value" } },
    "default after 1",
    {
      store: [m(m(out({ attempt: 1 }), out({ item: 1 }), 900), 0), 2],
      trace: ["/ visited", item(0), item(0, 1), item(1), item(2), item(2, 1)]
    }
  ),
  row(
    "with results, no item fails the node",
    {
      kind: "batch",
      items: [{ fails: 1 }, {}, { fails: 9 }],
      mode: "result",
      concurrency: "unbounded",
      post: { by: "value" }
    },
    "default after 1",
    { store: [m(m(901, out({ item: 1 }), 901), 0), 2], trace: ["/ visited", item(0), item(1), item(2)] }
  ),
  row(
    "with results, what a fallback stands in for is a success",
    { kind: "batch", items: [{ fails: 9 }, {}], mode: "result", fallback: true, post: { by: "value" } },
    "default after 1",
    { store: [m(m(900, out({ item: 1 })), 0), 2], trace: ["/ visited", item(0), item(1)] }
  ),
  row(
    "with results, a defect still does",
    { kind: "batch", items: [{ dies: true }, {}], mode: "result" },
    "Boom in exec of /, attempt 0, item 0",
    { trace: ["/ visited", item(0)] }
  ),
  row(
    "a fold: one after the other, all of the results so far",
    { kind: "fold", items: [{}, { fails: 1 }], retries: 1, post: { by: "value" } },
    "default after 1",
    {
      store: [m(m(out(), out({ attempt: 1, item: 1 })), 0), 2],
      trace: ["/ visited", item(0), item(1), item(1, 1)]
    }
  ),
  row("a fold of nothing", { kind: "fold", items: [], post: { by: "value" } }, "default after 1", {
    store: [m(0, 0), 2]
  }),
  row(
    "a fold knows no concurrency",
    { kind: "fold", items: [{ delay: 9 }, { fails: 1 }, {}], concurrency: "unbounded" },
    "Oops in exec of /, attempt 0, item 1",
    { trace: ["/ visited", item(0), item(1)] }
  ),
  row("a fold that fails", { kind: "fold", items: [{}, { fails: 1 }, {}] }, "Oops in exec of /, attempt 0, item 1", {
    trace: ["/ visited", item(0), item(1)]
  }),
  row(
    "a fallback in a fold keeps the results so far",
    { kind: "fold", items: [{}, { fails: 1 }, {}], fallback: true, post: { by: "value" } },
    "default after 1",
    {
      store: [m(m(out(), 900, out({ item: 2 })), 0), 2],
      trace: ["/ visited", item(0), item(1), item(2)]
    }
  )
]

const graphs = [
  row("R7: from node to node", chain({ x: add(1), y: add(2), z: add(3) }), "default after 3", {
    store: [7, 2],
    trace: ["/x visited", "/y visited", "/z visited"]
  }),
  row(
    "R7: along the action, past other edges",
    flow({ x: to("left"), y: add(10), z: add(20) }, { x: { left: "z", right: "y" }, y: { left: "z" } }),
    "default after 2",
    { store: [21, 2], trace: ["/x visited", "/z visited"] }
  ),
  row(
    "R10, R11: an action that is not wired is the outcome",
    flow({ x: to("left"), y: to("right") }, { x: { left: "y" }, y: { left: "x", default: "x" } }),
    "right after 2",
    { trace: ["/x visited", "/y visited"] }
  ),
  row("R7: a loop, within a budget; visits count from 0", budget(3, loop(work)), "spent after 3", {
    trace: [0, 1, 2].flatMap((visit) => ["/n visited", `/n visit ${visit}, attempt 0`])
  }),
  row(
    "a loop with a way out",
    // 5 + 2 is odd; m(2, m(5, 2, 0, 0, 0), 1) = 291, and 9 + 291 is even.
    flow(
      {
        x: add(4),
        y: { kind: "node", exec: "none", post: { by: "decide", key: "b", plus: 1, actions: ["end", "again"] } }
      },
      { x: { default: "y" }, y: { again: "x" } }
    ),
    "end after 4",
    {
      store: [9, m(291, out({ a: 9, b: 291 }), 1)],
      trace: ["/x visited", "/y visited", "/x visited", "/y visited"]
    }
  ),
  row(
    "R14: the outcome of a flow in a flow is its action there",
    flow(
      { in: flow({ x: add(1), y: to("left") }, { x: { default: "y" } }), l: add(10), r: add(20) },
      { in: { left: "l", right: "r" } }
    ),
    "default after 3",
    { store: [12, 2], trace: ["/in/x visited", "/in/y visited", "/l visited"] }
  ),
  row(
    "R14: three levels, and an outcome that nobody wires",
    flow({ p: flow({ q: flow({ r: to("up") }) }), s: add(1) }, { p: { default: "s" } }),
    "up after 1",
    { trace: ["/p/q/r visited"] }
  ),
  row(
    "a nested node keeps counting its visits",
    budget(4, loop(flow({ x: work, y: work }, { x: { default: "y" } }))),
    "spent after 4",
    {
      trace: [0, 1].flatMap((visit) =>
        ["x", "y"].flatMap((id) => [`/n/${id} visited`, `/n/${id} visit ${visit}, attempt 0`])
      )
    }
  ),
  row(
    "R29: what was committed before a failure stays",
    chain({ x: add(4), y: chain({ z: fails }) }),
    "Oops in exec of /y/z, attempt 0",
    { store: [5, 2], trace: ["/x visited", "/y/z visited", "/y/z visit 0, attempt 0"] }
  ),
  row(
    "a batch in a flow tells its item and its visit",
    budget(3, chain({ x: add(1), y: { kind: "batch", items: [{}, { fails: 1 }] } })),
    "Oops in exec of /y, attempt 0, item 1",
    {
      store: [2, 2],
      trace: ["/x visited", "/y visited", "/y visit 0, item 0, attempt 0", "/y visit 0, item 1, attempt 0"]
    }
  )
]

const around = [
  row(
    "mapOutcome renames an outcome",
    { kind: "mapOutcome", inner: to("x"), outcomes: { x: "y", y: "z" } },
    "y after 1"
  ),
  row("mapOutcome leaves others alone", { kind: "mapOutcome", inner: to("w"), outcomes: { x: "y" } }, "w after 1"),
  row(
    "a renamed outcome leads along the edge of its new name",
    flow(
      { x: { kind: "mapOutcome", inner: to("old"), outcomes: { old: "new" } }, y: add(1), z: add(2) },
      { x: { old: "y", new: "z" } }
    ),
    "default after 2",
    { store: [3, 2], trace: ["/x visited", "/z visited"] }
  ),
  row("focus: a is b, and b is a", { kind: "focus", inner: add(5) }, "default after 1", { store: [1, 7] }),
  row("focus: also for what is read", { kind: "focus", inner: value("b") }, "default after 1", {
    store: [m(m(2, 1, 0, 0, 0), 0), 2]
  }),
  row("focus twice is none", { kind: "focus", inner: { kind: "focus", inner: add(5) } }, "default after 1", {
    store: [6, 2]
  }),
  row(
    "call: a store of its own, made by prep; post gets its end, and how many steps it made",
    { kind: "call", inner: chain({ x: add(10), y: add(1, "done", "b") }) },
    "done after 2",
    { store: [m(1, 2, 12, 2, 2), 2], trace: ["/x visited", "/y visited"] }
  ),
  row("call: of a single node", { kind: "call", inner: add(10) }, "default after 1", { store: [m(1, 2, 12, 1, 1), 2] }),
  row(
    "call: a failure in it leaves the store as it was",
    chain({ x: add(1), y: { kind: "call", inner: chain({ p: add(1), q: fails }) } }),
    "Oops in exec of /y/q, attempt 0",
    {
      store: [2, 2],
      trace: ["/x visited", "/y/p visited", "/y/q visited", "/y/q visit 0, attempt 0"]
    }
  ),
  row("call: its inner nodes count their visits", budget(2, loop({ kind: "call", inner: work })), "spent after 2", {
    // Its post: first a is 1, then what came of it.
    store: [m(m(1, 2, 2, 1, 1), 2, 2, m(1, 2, 2, 1, 1), 1), 2],
    trace: [0, 1].flatMap((visit) => ["/n visited", `/n visit ${visit}, attempt 0`])
  })
]

const conflict = all({ x: value("a", 1), y: value("a", 2) })

const edges = [
  row("catch: an error becomes an action; the failed visit is a step", caught(fails), "caught after 1", {
    store: [1, m(2)],
    trace: attempts(1)
  }),
  row("catch: what does not fail", caught(add(1)), "default after 1", { store: [2, 2] }),
  row("catch: its own tag", caught({ ...fails, busy: true }, "Busy"), "caught after 1", {
    store: [1, m(2)],
    trace: attempts(1)
  }),
  row("catch: not another tag", caught({ ...fails, busy: true }, "Oops"), "Busy in exec of /, attempt 0", {
    trace: attempts(1)
  }),
  row("catch: not a defect", caught(dies), "Boom in exec of /, attempt 0", { trace: attempts(1) }),
  row("catch: from prep", caught({ ...fails, in: "prep" }), "caught after 1", { store: [1, m(2)] }),
  row("catch: from post", caught({ ...fails, in: "post" }), "caught after 1", { store: [1, m(2)], trace: attempts(1) }),
  row("catch: a WriteConflict", caught(conflict), "caught after 1", {
    store: [1, m(2)],
    trace: ["/x visited", "/y visited"]
  }),
  row("catch: a WriteConflict has neither tag", caught(conflict, "Oops"), "WriteConflict in exec of /, attempt 0", {
    trace: ["/x visited", "/y visited"]
  }),
  row(
    "catch: in the middle of a flow; what was committed stays",
    flow({ x: caught(chain({ p: add(4), q: fails, r: add(100) })), y: add(10) }, { x: { caught: "y" } }),
    "default after 3",
    { store: [15, m(2)], trace: ["/x/p visited", "/x/q visited", "/x/q visit 0, attempt 0", "/y visited"] }
  ),
  row(
    "catch: the nearest one that has the tag",
    caught(chain({ x: caught(fails, "Busy") }), "Oops"),
    "caught after 1",
    { store: [1, m(2)], trace: ["/x visited", "/x visit 0, attempt 0"] }
  ),
  row(
    "catch: the inner one first",
    flow({ x: caught(chain({ y: caught(fails) })), z: add(1) }, { x: { caught: "z" } }),
    "default after 2",
    { store: [2, m(2)], trace: ["/x/y visited", "/x/y visit 0, attempt 0", "/z visited"] }
  ),
  row("catch: sees the store as the step around it does", { kind: "focus", inner: caught(fails) }, "caught after 1", {
    store: [m(1), 2],
    trace: attempts(1)
  })
]

const budgets = [
  row("budget: as many steps, then its outcome", budget(2, loop(add(1))), "spent after 2", {
    store: [3, 2],
    trace: ["/n visited", "/n visited"]
  }),
  row("budget: just enough", budget(2, chain({ x: add(1), y: add(1) })), "default after 2", {
    store: [3, 2],
    trace: ["/x visited", "/y visited"]
  }),
  row(
    "budget: its outcome is an action",
    flow({ x: budget(2, loop(add(1))), y: add(10) }, { x: { spent: "y" } }),
    "default after 3",
    { store: [13, 2], trace: ["/x/n visited", "/x/n visited", "/y visited"] }
  ),
  row(
    "budget: whole again when it is entered again",
    budget(5, flow({ x: budget(2, loop(add(1))), y: add(10) }, { x: { spent: "y" }, y: { default: "x" } })),
    "spent after 5",
    {
      store: [15, 2],
      trace: ["/x/n visited", "/x/n visited", "/y visited", "/x/n visited", "/x/n visited"]
    }
  ),
  row(
    "budget: of two that are spent, the outer one ends",
    flow({ x: budget(2, flow({ y: budget(2, loop(add(1))), z: add(100) }, { y: { spent: "z" } })) }),
    "spent after 2",
    { store: [3, 2], trace: ["/x/y/n visited", "/x/y/n visited"] }
  ),
  row(
    "budget: of two that are spent, the outer one ends, with its own outcome",
    budget(2, { kind: "mapOutcome", inner: budget(2, loop(add(1))), outcomes: { spent: "inner" } }),
    "spent after 2",
    { store: [3, 2], trace: ["/n visited", "/n visited"] }
  ),
  row(
    "budget: of two, the one that is spent ends",
    flow({ x: budget(3, flow({ y: budget(2, loop(add(1))), z: add(100) }, { y: { spent: "z" } })) }),
    "default after 3",
    { store: [103, 2], trace: ["/x/y/n visited", "/x/y/n visited", "/x/z visited"] }
  ),
  row("budget: a visit that fails counts", budget(2, loop(caught(fails), "caught")), "spent after 2", {
    store: [1, m(m(2))],
    trace: ["/n visited", "/n visit 0, attempt 0", "/n visited", "/n visit 1, attempt 0"]
  }),
  row(
    "budget: a fan is one step, whatever is in it",
    budget(2, chain({ x: forEach(3, chain({ p: add(1), q: add(1) })), y: add(1) })),
    "default after 2",
    {
      store: [8, m(2, 3)],
      trace: [...[1, 2, 3].flatMap(() => ["/x/p visited", "/x/q visited"]), "/y visited"]
    }
  ),
  row(
    "budget: the steps of a call count, and what it was about to commit is lost",
    budget(2, chain({ x: add(1), y: { kind: "call", inner: loop(add(1)) } })),
    "spent after 2",
    { store: [2, 2], trace: ["/x visited", "/y/n visited"] }
  ),
  row("budget: in a call", { kind: "call", inner: budget(2, loop(add(1))) }, "spent after 2", {
    store: [m(1, 2, 4, 1, 2), 2],
    trace: ["/n visited", "/n visited"]
  })
]

const fans = [
  row("all: every branch, one step", all({ x: add(1), y: add(2), z: add(3, "left", "b") }), "default after 1", {
    store: [4, 5],
    trace: ["/x visited", "/y visited", "/z visited"]
  }),
  row(
    "all: every branch begins at the same snapshot, and sees its own commits only",
    all({ x: chain({ p: add(5), q: value("a") }), y: value("b") }),
    "default after 1",
    {
      store: [m(out({ a: 6 }), 0), m(out(), 0)],
      trace: ["/x/p visited", "/x/q visited", "/y visited"]
    }
  ),
  row(
    "all: transitions are replayed in the order of the branches, whoever ends first",
    all({
      y: { kind: "node", delay: 50, post: { plus: 1 } },
      x: { kind: "node", post: { plus: 2 } }
    }),
    "default after 1",
    {
      store: [m(m(1, out(), 1), out(), 2), 2],
      trace: ["/y visited", "/y visit 0, attempt 0", "/x visited", "/x visit 0, attempt 0"]
    }
  ),
  row(
    "all: an action that the store decides on is chosen in the view of the branch",
    all(
      { x: add(1), y: { kind: "node", exec: "none", post: { by: "decide", actions: ["even", "odd"], key: "b" } } },
      { follow: "y" }
    ),
    "odd after 1",
    { store: [2, m(2, out(), 0)], trace: ["/x visited", "/y visited"] }
  ),
  row("all: follows a branch", all({ x: to("left"), y: to("right") }, { follow: "y" }), "right after 1", {
    trace: ["/x visited", "/y visited"]
  }),
  row("all: follows none", all({ x: to("left"), y: to("right") }), "default after 1", {
    trace: ["/x visited", "/y visited"]
  }),
  row("all: two branches that set a key are a conflict", conflict, "WriteConflict in exec of /, attempt 0", {
    trace: ["/x visited", "/y visited"]
  }),
  row(
    "all: a conflict, one by one",
    chain({ w: add(1), f: all({ x: value("b"), y: add(1), z: value("b") }, { concurrency: 1 }) }),
    "WriteConflict in exec of /f, attempt 0",
    { store: [2, 2], trace: ["/w visited", "/f/x visited", "/f/y visited", "/f/z visited"] }
  ),
  row(
    "all: no conflict between a value and a function; the value is set when its turn comes",
    all({ x: value("a"), y: add(1) }),
    "default after 1",
    { store: [m(out(), 0) + 1, 2], trace: ["/x visited", "/y visited"] }
  ),
  row(
    "all: no conflict between a function and a value after it",
    all({ y: add(1), x: value("a") }),
    "default after 1",
    {
      store: [m(out(), 0), 2],
      trace: ["/y visited", "/x visited"]
    }
  ),
  row("all: no conflict on two keys", all({ x: value("a"), y: value("b") }), "default after 1", {
    store: [m(out(), 0), m(out(), 0)],
    trace: ["/x visited", "/y visited"]
  }),
  row(
    "all: no conflict within a branch",
    all({ x: chain({ p: value("a", 1), q: value("a", 2) }), y: add(1, "default", "b") }),
    "default after 1",
    {
      store: [m(out({ a: m(out(), 1) }), 2), 3],
      trace: ["/x/p visited", "/x/q visited", "/y visited"]
    }
  ),
  row(
    "all: a conflict through a lens",
    all({ x: { kind: "focus", inner: value("a") }, y: value("b") }),
    "WriteConflict in exec of /, attempt 0",
    { trace: ["/x visited", "/y visited"] }
  ),
  row(
    "all: no conflict through a lens",
    all({ x: { kind: "focus", inner: value("a") }, y: value("a") }),
    "default after 1",
    { store: [m(out(), 0), m(m(2, 1, 0, 0, 0), 0)], trace: ["/x visited", "/y visited"] }
  ),
  row(
    "all: a conflict of what is two levels down",
    all({ x: all({ p: value("a") }), y: all({ q: value("a"), r: add(1) }) }),
    "WriteConflict in exec of /, attempt 0",
    { trace: ["/x/p visited", "/y/q visited", "/y/r visited"] }
  ),
  row(
    "all: no conflict with what a call or a map sets in its own store",
    all({ x: { kind: "call", inner: value("a") }, y: map(1, value("a")) }),
    "default after 1",
    {
      // First x: its store is { a: 2, b: 1 }. Then y, on what came of that.
      store: [m(m(1, 2, m(m(2, 1, 0, 0, 0), 0), 1, 1), m(m(m(1, 0), 2, 0, 0, 0), 0), 2, 1), 2],
      trace: ["/x visited", "/y visited"]
    }
  ),
  row(
    "all: one by one, those after the one that fails are not begun",
    all({ x: add(1), y: chain({ p: add(1), q: fails }), z: add(1) }, { concurrency: 1 }),
    "Oops in exec of /y/q, attempt 0",
    { trace: ["/x visited", "/y/p visited", "/y/q visited", "/y/q visit 0, attempt 0"] }
  ),
  row(
    "all: at once, others may be anywhere when one fails",
    all({ x: add(1), y: fails, z: work }),
    "Oops in exec of /y, attempt 0",
    {
      trace: ["/y visited", "/y visit 0, attempt 0"],
      possible: ["/x visited", "/z visited", "/z visit 0, attempt 0"]
    }
  ),
  row(
    "all: what a branch recovers from is certain, where no other one fails",
    all({ x: caught(all({ p: fails, q: work })), y: add(1) }),
    "default after 1",
    {
      store: [2, m(2)],
      trace: ["/x/p visited", "/x/p visit 0, attempt 0", "/y visited"],
      possible: ["/x/q visited", "/x/q visit 0, attempt 0"]
    }
  ),
  row("all: no branches", all({}), "default after 1", { trace: [] }),
  row(
    "map: a fresh store for each input; post gets the runs in order",
    map(3, chain({ x: add(1), y: add(2) }), { concurrency: "unbounded" }),
    "default after 1",
    {
      store: [m(1, ...[0, 1, 2].flatMap((i) => [(m(1, i) + 3) % 997, 2, 2])), 2],
      trace: [0, 1, 2].flatMap(() => ["/x visited", "/y visited"])
    }
  ),
  row("map: of no input", map(0, fails, { follow: true }), "default after 1", { store: [m(1), 2], trace: [] }),
  row("map: follows the last run", map(2, to("left"), { follow: true }), "left after 1", {
    store: [m(1, m(1, 0), 2, 1, m(1, 1), 2, 1), 2],
    trace: ["/ visited", "/ visited"]
  }),
  row(
    "map: tells which input it was",
    chain({ x: add(1), y: map(3, fails) }),
    "Oops in exec of /y, attempt 0, item 0",
    {
      store: [2, 2],
      trace: ["/x visited", "/y visited", "/y visit 0, attempt 0"]
    }
  ),
  row(
    "map: of a batch, tells the item of the batch",
    map(2, { kind: "batch", items: [{}, { dies: true }] }),
    "Boom in exec of /, attempt 0, item 1",
    { trace: ["/ visited", item(0), item(1)] }
  ),
  row(
    "map: in a branch keeps its item",
    map(1, all({ x: fails }, { concurrency: 1 })),
    "Oops in exec of /x, attempt 0, item 0",
    { trace: ["/x visited", "/x visit 0, attempt 0"] }
  ),
  row(
    "R22, R23: forEach runs on the shared store",
    forEach(3, add(5), { concurrency: "unbounded" }),
    "default after 1",
    {
      store: [16, m(2, 3)],
      trace: ["/ visited", "/ visited", "/ visited"]
    }
  ),
  row("R22: each run sees what the one before has left", forEach(2, value("b")), "default after 1", {
    store: [1, m(m(out({ b: m(out(), 0) }), 0), 2)],
    trace: ["/ visited", "/ visited"]
  }),
  row("forEach: of nothing", forEach(0, fails, { follow: true }), "default after 1", {
    store: [1, m(2, 0)],
    trace: []
  }),
  row("forEach: follows the last run", forEach(2, to("left"), { follow: true }), "left after 1", {
    store: [1, m(2, 2)],
    trace: ["/ visited", "/ visited"]
  }),
  row(
    "forEach: R29: the second run fails, and what the first one committed stays",
    forEach(
      3,
      flow(
        {
          x: { kind: "node", exec: "none", post: { by: "decide", key: "b", plus: 1, actions: ["good", "bad"] } },
          y: fails
        },
        { x: { bad: "y" } }
      )
    ),
    "Oops in exec of /y, attempt 0, item 1",
    {
      // 1 + 1 is even, so the first run is good; m(1, 1, 0, 0, 0) = 415, m(1, 415, 1) = 838, and 1 + 838 is odd.
      init: [1, 1],
      store: [1, m(838, m(1, 838, 0, 0, 0), 1)],
      trace: ["/x visited", "/x visited", "/y visited", "/y visit 0, attempt 0"]
    }
  ),
  row("forEach: counts the visits of each run anew", forEach(2, budget(2, loop(work))), "default after 1", {
    store: [1, m(2, 2)],
    trace: [0, 1].flatMap(() => [0, 1].flatMap((visit) => ["/n visited", `/n visit ${visit}, attempt 0`]))
  }),
  row(
    "fans in fans: the path of the innermost, the item of the nearest",
    chain({ f: forEach(2, chain({ g: map(2, chain({ h: { kind: "batch", items: [{ fails: 3 }], retries: 1 } })) })) }),
    "Oops in exec of /f/g/h, attempt 1, item 0",
    {
      trace: ["/f/g/h visited", "/f/g/h visit 0, item 0, attempt 0", "/f/g/h visit 0, item 0, attempt 1"]
    }
  )
]

export const expectations: Readonly<Record<string, ReadonlyArray<Expectation>>> = {
  "a node": nodes,
  "retry and fallback": retries,
  "batch and fold": batches,
  "a graph": graphs,
  "mapOutcome, focus and call": around,
  "an error edge": edges,
  "a budget": budgets,
  "all, map and forEach": fans
}
