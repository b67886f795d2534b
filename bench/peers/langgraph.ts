/**
 * LangGraph.js: a node is one async function from the state to an update; nested
 * flows are compiled graphs as nodes; parallel items are sent with `Send`.
 */
import { Annotation, END, MemorySaver, Send, START, StateGraph } from "@langchain/langgraph"
import type { Workloads } from "../workloads.ts"
import { itemsOf, limit, slowWork, work } from "../workloads.ts"

const Counter = Annotation.Root({ n: Annotation<number> })
type Counter = typeof Counter.State
type Counting = { readonly invoke: (state: Counter, options: object) => Promise<Counter> }

const count = async ({ n }: Counter) => ({ n: await work(n) })

// The default limit of 25 steps is for agents that do not end.
const options = (size: number) => ({ recursionLimit: 4 * size + 10 })

const counted = (graph: Counting, size: number) => async () => (await graph.invoke({ n: 0 }, options(size))).n

const chain = (size: number) => {
  const graph = new StateGraph<(typeof Counter)["spec"], Counter, Partial<Counter>, string>(Counter)
  for (const index of itemsOf(size)) graph.addNode(`n${index}`, count)
  graph.addEdge(START, "n0")
  for (const index of itemsOf(size)) graph.addEdge(`n${index}`, index + 1 < size ? `n${index + 1}` : END)
  return counted(graph.compile(), size)
}

const nested = (size: number) => {
  let inner = new StateGraph(Counter).addNode("work", count).addEdge(START, "work").addEdge("work", END).compile()
  for (let level = 1; level < size; level++) {
    inner = new StateGraph(Counter)
      .addNode("work", count)
      .addNode("inner", inner)
      .addEdge(START, "work")
      .addEdge("work", "inner")
      .addEdge("inner", END)
      .compile() as never
  }
  return counted(inner, size)
}

const parallel = (size: number, f: (n: number) => Promise<number>, maxConcurrency?: number) => {
  const items = itemsOf(size)
  const Sum = Annotation.Root({
    item: Annotation<number>,
    sum: Annotation<number>({ reducer: (a, b) => a + b, default: () => 0 })
  })
  const graph = new StateGraph(Sum)
    .addNode("work", async ({ item }) => ({ sum: await f(item) }))
    .addConditionalEdges(START, () => items.map((item) => new Send("work", { item })), ["work"])
    .addEdge("work", END)
    .compile()
  const settings = maxConcurrency === undefined ? {} : { maxConcurrency }
  return async () => (await graph.invoke({}, settings)).sum
}

export const workloads = (): Workloads => ({
  W1: chain,
  W2: (size) =>
    counted(
      new StateGraph(Counter)
        .addNode("count", count)
        .addEdge(START, "count")
        .addConditionalEdges("count", ({ n }) => (n < size ? "count" : END), ["count", END])
        .compile(),
      size
    ),
  W3: (size) => {
    const Agent = Annotation.Root({
      decisions: Annotation<number>,
      found: Annotation<number>,
      answer: Annotation<number>
    })
    const graph = new StateGraph(Agent)
      .addNode("decide", async ({ decisions }) => ({ decisions: await work(decisions) }))
      .addNode("search", async ({ found }) => ({ found: await work(found) }))
      .addNode("answering", async ({ found }) => ({ answer: await work(found - 1) }))
      .addEdge(START, "decide")
      .addConditionalEdges("decide", ({ decisions }) => (decisions < size ? "search" : "answering"), [
        "search",
        "answering"
      ])
      .addEdge("search", "decide")
      .addEdge("answering", END)
      .compile()
    return async () => (await graph.invoke({ decisions: 0, found: 0, answer: 0 }, options(size))).answer
  },
  W4u: (size) => parallel(size, slowWork),
  W4l: (size) => parallel(size, slowWork, limit),
  W5: nested,
  W6: chain,
  W7: (size) => parallel(size, work)
})

/** A run with a checkpointer in memory, which keeps each state of it. */
export const history = async (documents: ReadonlyArray<string>, steps: number): Promise<unknown> => {
  const Library = Annotation.Root({ documents: Annotation<ReadonlyArray<string>>, n: Annotation<number> })
  const checkpointer = new MemorySaver()
  const graph = new StateGraph(Library)
    .addNode("read", async ({ n }) => ({ n: await work(n) }))
    .addEdge(START, "read")
    .addConditionalEdges("read", ({ n }) => (n < steps ? "read" : END), ["read", END])
    .compile({ checkpointer })
  await graph.invoke({ documents, n: 0 }, { ...options(steps), configurable: { thread_id: "one" } })
  return checkpointer
}
