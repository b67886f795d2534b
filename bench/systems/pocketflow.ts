/** PocketFlow's TypeScript port, as its documentation writes it: classes, and a store that nodes mutate. */
import { Flow, Node, ParallelBatchNode } from "pocketflow"
import type { Workloads } from "../workloads.ts"
import { add, itemsOf, slowWork, work } from "../workloads.ts"

interface Counter {
  n: number
}

class Count extends Node<Counter> {
  override async prep(shared: Counter): Promise<number> {
    return shared.n
  }
  override async exec(n: number): Promise<number> {
    return work(n)
  }
  override async post(shared: Counter, _: number, n: number): Promise<string | undefined> {
    shared.n = n
    return undefined
  }
}

class CountTo extends Count {
  readonly size: number
  constructor(size: number) {
    super()
    this.size = size
  }
  override async post(shared: Counter, _: number, n: number): Promise<string | undefined> {
    shared.n = n
    return n < this.size ? "again" : "done"
  }
}

interface Agent {
  decisions: number
  found: number
  answer: number
}

class Decide extends Node<Agent> {
  readonly size: number
  constructor(size: number) {
    super()
    this.size = size
  }
  override async prep(shared: Agent): Promise<number> {
    return shared.decisions
  }
  override async exec(n: number): Promise<number> {
    return work(n)
  }
  override async post(shared: Agent, _: number, decisions: number): Promise<string | undefined> {
    shared.decisions = decisions
    return decisions < this.size ? "search" : "answer"
  }
}

class Search extends Node<Agent> {
  override async prep(shared: Agent): Promise<number> {
    return shared.found
  }
  override async exec(n: number): Promise<number> {
    return work(n)
  }
  override async post(shared: Agent, _: number, found: number): Promise<string | undefined> {
    shared.found = found
    return undefined
  }
}

class Answer extends Node<Agent> {
  override async prep(shared: Agent): Promise<number> {
    return shared.found - 1
  }
  override async exec(n: number): Promise<number> {
    return work(n)
  }
  override async post(shared: Agent, _: number, answer: number): Promise<string | undefined> {
    shared.answer = answer
    return undefined
  }
}

class Batch extends ParallelBatchNode<Counter> {
  readonly items: ReadonlyArray<number>
  readonly work: (n: number) => Promise<number>
  constructor(items: ReadonlyArray<number>, work: (n: number) => Promise<number>) {
    super()
    this.items = items
    this.work = work
  }
  override async prep(): Promise<ReadonlyArray<number>> {
    return this.items
  }
  override async exec(n: number): Promise<number> {
    return this.work(n)
  }
  override async post(shared: Counter, _: unknown, results: Array<number>): Promise<string | undefined> {
    shared.n = add(results)
    return undefined
  }
}

const counted = (flow: Flow<Counter>) => async () => {
  const shared = { n: 0 }
  await flow.run(shared)
  return shared.n
}

const chain = (size: number) => {
  const start = new Count()
  let last = start
  for (let index = 1; index < size; index++) last = last.next(new Count())
  return counted(new Flow(start))
}

const nested = (size: number) => {
  let flow = new Flow<Counter>(new Count())
  for (let level = 1; level < size; level++) {
    const start = new Count()
    start.next(flow)
    flow = new Flow(start)
  }
  return counted(flow)
}

const parallel = (size: number, work: (n: number) => Promise<number>) =>
  counted(new Flow(new Batch(itemsOf(size), work)))

export const workloads = (): Workloads => ({
  W1: chain,
  W2: (size) => {
    const node = new CountTo(size)
    // The end is wired to a node, since an action without successor is a warning on the console.
    node.on("again", node)
    node.on("done", new Count())
    const run = counted(new Flow(node))
    return async () => (await run()) - 1
  },
  W3: (size) => {
    const decide = new Decide(size)
    const search = new Search()
    decide.on("search", search).on("answer", new Answer())
    search.next(decide)
    const flow = new Flow<Agent>(decide)
    return async () => {
      const shared = { decisions: 0, found: 0, answer: 0 }
      await flow.run(shared)
      return shared.answer
    }
  },
  W4u: (size) => parallel(size, slowWork),
  W5: nested,
  W5d: nested,
  W6: () => {
    const node = new Count()
    return async () => {
      const shared = { n: 0 }
      await node.run(shared)
      return shared.n
    }
  },
  W7: (size) => parallel(size, work)
})
