import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Optic, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import { maxRetries, pieces, timed } from "./support.ts"

const Document = Store.make("Document", {
  text: Schema.String,
  files: Schema.Array(Schema.String).pipe(Schema.withConstructorDefault(Effect.succeed([]))),
  summary: Schema.optionalKey(Schema.String),
  summaries: Schema.optionalKey(Schema.Array(Schema.String))
})

const summarize = Node.make(Document, {
  prep: (s) => s.text,
  exec: (text): Effect.Effect<string, "offline"> =>
    Effect.succeed(text === "" ? "nothing to read" : `${text.slice(0, 10)}...`),
  post: (_text, summary) => Document.next({ summary })
}).pipe(
  Node.retry(maxRetries(3)),
  Node.fallback(() => Effect.succeed("no summary"))
)

const Status = Schema.Literals(["pending", "approved", "rejected", "needs_revision", "paid"])
const Expense = Schema.Struct({ id: Schema.String, amount: Schema.Number, status: Status })
const Expenses = Store.make("Expenses", { expenses: Schema.Array(Expense) })

type Expense = typeof Expense.Type

/** Changes the first expense of a status, and takes the action that goes with the change. */
const first = <const A extends string>(
  status: Expense["status"],
  handle: (expense: Expense) => readonly [action: A, change: Partial<Expense>]
) =>
  Node.make(Expenses, {
    prep: (s) => s.expenses.find((expense) => expense.status === status),
    post: (found) => {
      if (found === undefined) return Expenses.to("finished")
      const [action, change] = handle(found)
      return Expenses.to(action, (s) => ({
        expenses: s.expenses.map((expense) => (expense.id === found.id ? { ...expense, ...change } : expense))
      }))
    }
  })

const approval = Flow.make(Expenses, {
  start: "review",
  nodes: {
    review: first("pending", ({ amount }) => {
      const status = amount <= 100 ? "approved" : amount > 500 ? "rejected" : "needs_revision"
      return [status, { status }]
    }),
    revise: first("needs_revision", () => ["default", { amount: 75, status: "pending" }]),
    pay: first("approved", () => ["default", { status: "paid" }]),
    finish: Node.make(Expenses, { post: () => Expenses.to("finished") })
  },
  edges: {
    review: { approved: "pay", needs_revision: "revise", rejected: "finish" },
    revise: { default: "review" },
    pay: { default: "finish" }
  }
})

/** Decides on one expense. */
const decideOn = (amount: number) => Flow.run(approval, { expenses: [{ id: "e", amount, status: "pending" }] })

class CurrentFile extends Context.Service<CurrentFile, string>()("CurrentFile") {}

const Item = Store.make("Item", { status: Schema.String })

/** Moves an item from one status to the next; one of another status stays as it is. */
const advance = (from: string, to: string) =>
  Node.make(Item, { post: () => Item.next((s) => (s.status === from ? { status: to } : {})) })

const Order = Store.make("Order", {
  payment: Item.schema,
  inventory: Item.schema,
  shipping: Item.schema,
  complete: Schema.Boolean
})

describe("Core Abstraction Examples", () => {
  describe("Node Example: SummarizeFile", () => {
    it.effect("should summarize file content [R1]", () =>
      Effect.gen(function* () {
        const text = "A flow is a graph of nodes."
        assert.deepStrictEqual(yield* Flow.run(summarize, { text }), {
          outcome: "default",
          store: { text, files: [], summary: "A flow is ..." },
          steps: 1
        })
      })
    )

    it.effect("should handle empty content [R1]", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* Flow.run(summarize, { text: "" }), {
          outcome: "default",
          store: { text: "", files: [], summary: "nothing to read" },
          steps: 1
        })
      })
    )
  })

  describe("Flow Example: Expense Approval", () => {
    it.effect("should approve small expenses [R7 R10]", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* decideOn(50), {
          outcome: "finished",
          store: { expenses: [{ id: "e", amount: 50, status: "paid" }] },
          steps: 3
        })
      })
    )

    it.effect("should reject large expenses [R7 R10]", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* decideOn(1000), {
          outcome: "finished",
          store: { expenses: [{ id: "e", amount: 1000, status: "rejected" }] },
          steps: 2
        })
      })
    )

    it.effect("should handle expense revision and then approval [R7 R10]", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* decideOn(200), {
          outcome: "finished",
          store: { expenses: [{ id: "e", amount: 75, status: "paid" }] },
          steps: 5
        })
      })
    )
  })

  describe("BatchNode Example: MapSummaries", () => {
    it.effect("should process text in chunks [R1 R19b]", () =>
      Effect.gen(function* () {
        const map = Node.batch(Document, {
          prep: (s) => pieces(s.text, 10),
          exec: (chunk) => Effect.succeed(chunk.slice(0, 3)),
          post: (_chunks, summaries) => Document.next({ summary: summaries.join("|") })
        })
        const text = "A batch gives one result for each item."
        assert.deepStrictEqual(yield* Flow.run(map, { text }), {
          outcome: "default",
          store: { text, files: [], summary: "A b|ves|sul|ach" },
          steps: 1
        })
      })
    )
  })

  describe("BatchFlow Example: SummarizeAllFiles", () => {
    it.effect("should process multiple files [R14 R22]", () =>
      Effect.gen(function* () {
        const load = Node.make(Document, {
          prep: () => CurrentFile,
          post: (file) => Document.next({ text: `${file}: text` })
        })
        const files = ["one.txt", "two.txt", "six.txt"]
        const flow = Flow.forEach(Flow.sequence(Document, { load, summarize }), {
          params: CurrentFile,
          prep: (s) => s.files
        })
        // All runs write the same keys, so the last file's is there in the end.
        assert.deepStrictEqual(yield* Flow.run(flow, { text: "", files }), {
          outcome: "default",
          store: { text: "six.txt: text", files, summary: "six.txt: t..." },
          steps: 1
        })
      })
    )
  })

  describe("ParallelBatchNode Example: TextSummarizer", () => {
    it.effect("should process multiple texts in parallel [R19b]", () =>
      Effect.gen(function* () {
        const node = Node.batch(Document, {
          prep: (s) => s.text.split("\n"),
          exec: (line, i) => Effect.delay(Effect.succeed(line.slice(0, 5)), 40 - i * 10),
          post: (_lines, summaries) => Document.next({ summaries }),
          concurrency: "unbounded"
        })
        const text = "first line\nsecond line\nthird line\nfourth line"
        assert.deepStrictEqual(yield* timed(Flow.run(node, { text })), {
          took: 40,
          outcome: "default",
          store: { text, files: [], summaries: ["first", "secon", "third", "fourt"] },
          steps: 1
        })
      })
    )
  })

  describe("Nested Flow Example: Order Processing Pipeline", () => {
    it.effect("should process a complete order through multiple flows [R7 R14]", () =>
      Effect.gen(function* () {
        // Each flow sees only its part of the order, and may be written without it.
        const order = Optic.id<typeof Order.Type>()
        const payment = Flow.sequence(Item, {
          validate: advance("new", "validated"),
          process: advance("validated", "processed"),
          confirm: advance("processed", "confirmed")
        })
        const inventory = Flow.sequence(Item, {
          check: advance("new", "checked"),
          reserve: advance("checked", "reserved"),
          update: advance("reserved", "updated")
        })
        const shipping = Flow.sequence(Item, {
          label: advance("new", "labeled"),
          assign: advance("labeled", "assigned"),
          schedule: advance("assigned", "scheduled")
        })
        const flow = Flow.sequence(Order, {
          payment: payment.pipe(Flow.focus(order.key("payment"))),
          inventory: inventory.pipe(Flow.focus(order.key("inventory"))),
          shipping: shipping.pipe(Flow.focus(order.key("shipping"))),
          complete: Node.make(Order, { post: () => Order.next({ complete: true }) })
        })
        const item = { status: "new" }
        const init = { payment: item, inventory: item, shipping: item, complete: false }
        assert.deepStrictEqual(yield* Flow.run(flow, init), {
          outcome: "default",
          store: {
            payment: { status: "confirmed" },
            inventory: { status: "updated" },
            shipping: { status: "scheduled" },
            complete: true
          },
          steps: 10
        })
      })
    )
  })
})
