/**
 * Baseline (a): what one would write by hand without any system, with the three
 * awaits a step that PocketFlow's prep, exec and post are.
 */
import type { Workloads } from "../workloads.ts"
import { add, itemsOf, limit, slowWork, work } from "../workloads.ts"

interface Counter {
  n: number
}

interface Node<S> {
  readonly prep: (state: S) => Promise<number>
  readonly exec: (input: number) => Promise<number>
  readonly post: (state: S, output: number) => Promise<string>
}

const counting = (post: (n: number) => string): Node<Counter> => ({
  prep: async (state) => state.n,
  exec: work,
  post: async (state, n) => {
    state.n = n
    return post(n)
  }
})

const step = async <S>(node: Node<S>, state: S): Promise<string> => {
  const input = await node.prep(state)
  const output = await node.exec(input)
  return await node.post(state, output)
}

/** Nesting by hand is one async function that calls another. */
const nested = (size: number) => {
  const node = counting(() => "default")
  const level = async (depth: number, state: Counter): Promise<void> => {
    await step(node, state)
    if (depth > 1) await level(depth - 1, state)
  }
  return async () => {
    const state = { n: 0 }
    await level(size, state)
    return state.n
  }
}

const pooled = async (items: ReadonlyArray<number>): Promise<ReadonlyArray<number>> => {
  const results: Array<number> = []
  let next = 0
  const worker = async () => {
    while (next < items.length) {
      const index = next++
      results[index] = await slowWork(items[index]!)
    }
  }
  await Promise.all(Array.from({ length: limit }, worker))
  return results
}

const parallel = (size: number, all: (items: ReadonlyArray<number>) => Promise<ReadonlyArray<number>>) => {
  const items = itemsOf(size)
  return async () => add(await all(items))
}

const chain = (size: number) => {
  const nodes = Array.from({ length: size }, () => counting(() => "default"))
  return async () => {
    const state = { n: 0 }
    for (const node of nodes) await step(node, state)
    return state.n
  }
}

export const workloads = (): Workloads => ({
  W1: chain,
  W2: (size) => {
    const node = counting((n) => (n < size ? "again" : "done"))
    return async () => {
      const state = { n: 0 }
      while ((await step(node, state)) === "again");
      return state.n
    }
  },
  W3: (size) => {
    interface Agent {
      decisions: number
      found: number
      answer: number
    }
    const decide: Node<Agent> = {
      prep: async (state) => state.decisions,
      exec: work,
      post: async (state, decisions) => {
        state.decisions = decisions
        return decisions < size ? "search" : "answer"
      }
    }
    const search: Node<Agent> = {
      prep: async (state) => state.found,
      exec: work,
      post: async (state, found) => {
        state.found = found
        return "default"
      }
    }
    const answer: Node<Agent> = {
      prep: async (state) => state.found - 1,
      exec: work,
      post: async (state, answer) => {
        state.answer = answer
        return "default"
      }
    }
    return async () => {
      const state = { decisions: 0, found: 0, answer: 0 }
      while ((await step(decide, state)) === "search") await step(search, state)
      await step(answer, state)
      return state.answer
    }
  },
  W4u: (size) => parallel(size, (items) => Promise.all(items.map(slowWork))),
  W4l: (size) => parallel(size, pooled),
  W5: nested,
  W5d: nested,
  W6: chain,
  W7: (size) => parallel(size, (items) => Promise.all(items.map(work)))
})

/** Each state of a run, kept as a copy, since the run mutates the one that there is. */
export const history = async (documents: ReadonlyArray<string>, steps: number): Promise<unknown> => {
  const state = { documents: [...documents], n: 0 }
  const kept: Array<unknown> = []
  while (state.n < steps) {
    state.n = await work(state.n)
    kept.push(structuredClone(state))
  }
  return kept
}
