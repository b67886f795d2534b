/** This library. */
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import { Flow, Node, Store } from "effect-pocketflow"
import type { Variant, Workloads } from "../workloads.ts"
import { add, itemsOf, limit, slowWork, work } from "../workloads.ts"

const Counter = Store.make("Counter", { n: Schema.Number })
const Agent = Store.make("Agent", { decisions: Schema.Number, found: Schema.Number, answer: Schema.Number })

/** A tracer that makes spans, as any does, and keeps none. */
const tracer = Tracer.make({ span: (options) => new Tracer.NativeSpan(options) })

export const workloads = ({ exec: kind, extra, phases }: Variant): Workloads => {
  const exec = kind === "promise" ? (n: number) => Effect.promise(() => work(n)) : (n: number) => Effect.succeed(n + 1)
  const slow =
    kind === "promise"
      ? (n: number) => Effect.promise(() => slowWork(n))
      : (n: number) => Effect.as(Effect.sleep(1), n + 1)
  /** What `prep` or `post` gives: a value, or an Effect of it. */
  const give: <A>(value: A) => A | Effect.Effect<A> = phases === "effect" ? Effect.succeed : identity

  const counting = <A extends string>(action: (n: number) => A) => {
    const node = Node.make(Counter, {
      prep: (s) => give(s.n),
      exec,
      post: (_, n) => give(Counter.to(action(n), { n }))
    })
    return extra === "retry" ? Node.retry(node, Schedule.recurs(3)) : node
  }
  const running: <A>(effect: Effect.Effect<A>) => Promise<A> =
    extra === "tracer" ? (effect) => Effect.runPromise(Effect.withTracer(effect, tracer)) : Effect.runPromise
  const counted = (flow: Flow.Step<typeof Counter, string>) => async () =>
    (await running(Flow.run(flow, { n: 0 }))).store.n

  const next = () => "default" as const
  const chain = (size: number) =>
    counted(
      Flow.sequence(Counter, Object.fromEntries(Array.from({ length: size }, (_, i) => [`n${i}`, counting(next)])))
    )
  const nested = (size: number) => {
    let flow: Flow.Flow<typeof Counter, "default"> = Flow.sequence(Counter, { work: counting(next) })
    for (let level = 1; level < size; level++) flow = Flow.sequence(Counter, { work: counting(next), inner: flow })
    return counted(flow)
  }
  const parallel = (size: number, f: (n: number) => Effect.Effect<number>, concurrency: number | "unbounded") => {
    const items = itemsOf(size)
    return counted(
      Node.batch(Counter, {
        prep: () => items,
        exec: f,
        post: (_, results) => Counter.next({ n: add(results) }),
        concurrency
      })
    )
  }

  return {
    W1: chain,
    W2: (size) =>
      counted(
        Flow.make(Counter, {
          start: "count",
          nodes: { count: counting((n) => (n < size ? "again" : "done")) },
          edges: { count: { again: "count" } }
        })
      ),
    W3: (size) => {
      const decide = Node.make(Agent, {
        prep: (s) => give(s.decisions),
        exec,
        post: (_, decisions) => give(Agent.to(decisions < size ? "search" : "answer", { decisions }))
      })
      const search = Node.make(Agent, {
        prep: (s) => give(s.found),
        exec,
        post: (_, found) => give(Agent.next({ found }))
      })
      const answer = Node.make(Agent, {
        prep: (s) => give(s.found - 1),
        exec,
        post: (_, answer) => give(Agent.to("answered", { answer }))
      })
      const agent = Flow.make(Agent, {
        start: "decide",
        nodes: {
          decide: extra === "retry" ? Node.retry(decide, Schedule.recurs(3)) : decide,
          search: extra === "retry" ? Node.retry(search, Schedule.recurs(3)) : search,
          answer
        },
        edges: { decide: { search: "search", answer: "answer" }, search: { default: "decide" } }
      })
      return async () => (await running(Flow.run(agent, { decisions: 0, found: 0, answer: 0 }))).store.answer
    },
    W4u: (size) => parallel(size, slow, "unbounded"),
    W4l: (size) => parallel(size, slow, limit),
    W5: nested,
    W5d: nested,
    W6: (size) => {
      if (size !== 1) throw new RangeError("one node is one node")
      return counted(counting(next))
    },
    W7: (size) => parallel(size, exec, "unbounded")
  }
}

const Library = Store.make("Library", { documents: Schema.Array(Schema.String), n: Schema.Number })

/** All events of a run; each holds the state after it. */
export const history = (documents: ReadonlyArray<string>, steps: number): Promise<unknown> => {
  const read = Node.make(Library, {
    prep: (s) => s.n,
    exec: (n) => Effect.promise(() => work(n)),
    post: (_, n) => Library.to(n < steps ? "again" : "done", { n })
  })
  const flow = Flow.make(Library, { start: "read", nodes: { read }, edges: { read: { again: "read" } } })
  return Effect.runPromise(Stream.runCollect(Flow.stream(flow, { documents, n: 0 })))
}
