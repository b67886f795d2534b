/** Baseline (c): the same work as an Effect without a library; fan-out is `Effect.forEach`. */
import * as Effect from "effect/Effect"
import type { Variant, Workloads } from "../workloads.ts"
import { add, itemsOf, limit, slowWork, work } from "../workloads.ts"
import type { Flow, Node, Wired } from "./interpreter.ts"
import { run, sequence, wired } from "./interpreter.ts"

interface Counter {
  readonly n: number
}

interface Agent {
  readonly decisions: number
  readonly found: number
  readonly answer: number
}

export const workloads = ({ exec: kind }: Variant): Workloads => {
  const exec = kind === "promise" ? (n: number) => Effect.promise(() => work(n)) : (n: number) => Effect.succeed(n + 1)
  const slow =
    kind === "promise"
      ? (n: number) => Effect.promise(() => slowWork(n))
      : (n: number) => Effect.as(Effect.sleep(1), n + 1)

  const counting = (action: (n: number) => string): Node<Counter> => ({
    kind: "node",
    prep: (state) => state.n,
    exec,
    post: (_, n) => ({ action: action(n), patch: { n } })
  })
  const counted = (flow: Flow<Counter>) => async () => (await Effect.runPromise(run(flow, { n: 0 }))).n
  const chain = (size: number) => counted(sequence(Array.from({ length: size }, () => counting(() => "default"))))
  const nested = (size: number) => {
    let flow = sequence([counting(() => "default")])
    for (let level = 1; level < size; level++) flow = sequence([counting(() => "default"), flow])
    return counted(flow)
  }
  const parallel = (size: number, f: (n: number) => Effect.Effect<number>, concurrency: number | "unbounded") => {
    const items = itemsOf(size)
    return async () => add(await Effect.runPromise(Effect.forEach(items, f, { concurrency })))
  }

  return {
    W1: chain,
    W2: (size) => {
      const node = wired(counting((n) => (n < size ? "again" : "done")))
      node.next.set("again", node)
      return counted({ kind: "flow", start: node })
    },
    W3: (size) => {
      const decide: Wired<Agent> = wired({
        kind: "node",
        prep: (state) => state.decisions,
        exec,
        post: (_, decisions) => ({ action: decisions < size ? "search" : "answer", patch: { decisions } })
      })
      const search: Wired<Agent> = wired({
        kind: "node",
        prep: (state) => state.found,
        exec,
        post: (_, found) => ({ action: "default", patch: { found } })
      })
      const answer: Wired<Agent> = wired({
        kind: "node",
        prep: (state) => state.found - 1,
        exec,
        post: (_, answer) => ({ action: "default", patch: { answer } })
      })
      decide.next.set("search", search).set("answer", answer)
      search.next.set("default", decide)
      const flow: Flow<Agent> = { kind: "flow", start: decide }
      return async () => (await Effect.runPromise(run(flow, { decisions: 0, found: 0, answer: 0 }))).answer
    },
    W4u: (size) => parallel(size, slow, "unbounded"),
    W4l: (size) => parallel(size, slow, limit),
    W5: nested,
    W5d: nested,
    W6: chain,
    W7: (size) => parallel(size, exec, "unbounded")
  }
}
