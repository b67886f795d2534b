/** What is measured: runs that count, that wait, and that have much in their store. */
import { Durable } from "@effect-pocketflow/durable"
import { Effect, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"

const Count = Store.make("Count", { n: Schema.Int, run: Schema.Int })

const counting = (steps: number) =>
  Flow.make(Count, {
    start: "step",
    nodes: {
      step: Node.make(Count, {
        prep: ({ n }) => n,
        exec: (n) => Effect.succeed(n + 1),
        post: (_, n) => (n < steps ? Count.to("more", { n }) : Count.next({ n }))
      })
    },
    edges: { step: { more: "step" } }
  })

/** Runs of so many steps that do nothing else. */
export const counter = (steps: number) =>
  Durable.workflow(counting(steps), { name: "counter", version: "1", idempotencyKey: ({ run }) => `${run}` })

export const go = Durable.signal("go", Schema.Boolean)

/** Runs that wait after so many steps, and when one of them has last gone on. */
export const waiting = (steps: number) => {
  let at = 0
  const flow = Flow.sequence(Count, {
    count: counting(steps),
    wait: Durable.approval(Count, { signal: go, post: () => Count.next({}) }),
    arrive: Node.make(Count, { exec: () => Effect.sync(() => void (at = performance.now())) })
  })
  const workflow = Durable.workflow(flow, { name: "paused", version: "1", idempotencyKey: ({ run }) => `${run}` })
  return { workflow, arrived: () => at }
}

const Pages = Store.make("Pages", { n: Schema.Int, texts: Schema.Array(Schema.String) })

const changes = {
  /** A text of 100 characters more. */
  adds: (texts: ReadonlyArray<string>) => [...texts, characters(100)],
  /** All of them, which cannot be told by what has changed. */
  rewrites: (texts: ReadonlyArray<string>) => texts.map(({ length }) => characters(length))
}
export type Change = "leaves" | keyof typeof changes

/** Runs over a store with 200 texts of 1 KB, of which each step makes something. */
export const writer = (steps: number, change: Change) => {
  const step = Node.make(Pages, {
    prep: ({ n }) => n,
    exec: (n) => Effect.succeed(n + 1),
    post: (_, n) =>
      change === "leaves"
        ? Pages.to(n < steps ? "more" : "written", { n })
        : Pages.to(n < steps ? "more" : "written", ({ texts }) => ({ n, texts: changes[change](texts) }))
  })
  const flow = Flow.make(Pages, { start: "step", nodes: { step }, edges: { step: { more: "step" } } })
  const workflow = Durable.workflow(flow, { name: "writer", version: "1", idempotencyKey: () => "k" })
  return { workflow, begin: { n: 0, texts: Array.from({ length: 200 }, () => characters(1000)) } }
}

/** So many characters that cannot be compressed to much less. */
const characters = (length: number): string =>
  Buffer.from(crypto.getRandomValues(new Uint8Array(length)))
    .toString("base64")
    .slice(0, length)

/** Runs whose steps take a while, each of which tells the outside. */
export const slow = (told: (n: number) => void) => {
  const step = Node.make(Count, {
    prep: ({ n }) => n,
    exec: (n) =>
      Effect.delay(
        Effect.sync(() => (told(n), n + 1)),
        20
      ),
    post: (_, n) => Count.to("more", { n })
  })
  const flow = Flow.make(Count, { start: "step", nodes: { step }, edges: { step: { more: "step" } } })
  return Durable.workflow(flow, { name: "slow", version: "1", idempotencyKey: ({ run }) => `${run}` })
}
