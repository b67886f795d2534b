/**
 * What several conformance tests have in common. The nodes do what the ones in
 * PocketFlow's tests do; their names are ours.
 */
import { Context, Duration, Effect, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import { during } from "../core/support.ts"

/** Runs `effect` on the virtual clock; gives its value and how many milliseconds it took. */
export const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(during("1 minute", Effect.timed(effect)), ([duration, value]) => ({
    value,
    millis: Duration.toMillis(duration)
  }))

/** Work that takes a moment. */
export const moment = Effect.sleep("10 millis")

// --- one number, and the way that was taken -----------------------------------------

export const Shared = Store.make("Shared", {
  current: Schema.Number,
  signal: Schema.optionalKey(Schema.String),
  path: Schema.optionalKey(Schema.String)
})

export const set = (current: number) => Node.make(Shared, { post: () => Shared.next({ current }) })
export const add = (n: number) => Node.make(Shared, { post: () => Shared.next((s) => ({ current: s.current + n })) })
export const multiply = (n: number) =>
  Node.make(Shared, { post: () => Shared.next((s) => ({ current: s.current * n })) })

/** Ends with an action of its own. */
export const signal = <const A extends string>(action: A) => Node.make(Shared, { post: () => Shared.to(action) })

/** Tells by two actions whether the number is negative. */
export const checkSign = Node.make(Shared, {
  post: (s) => (s.current >= 0 ? Shared.to("positive") : Shared.to("negative"))
})

/** An outer flow that goes path A or B by how an inner flow ends, which depends on the number. */
export const propagation = (current: number, work: Effect.Effect<void>) => {
  const path = (path: string) => Node.make(Shared, { exec: () => work, post: () => Shared.next({ path }) })
  const end = Node.make(Shared, {
    exec: () => work,
    post: (s) =>
      s.current < 100
        ? Shared.to("other_action", { signal: "other_action" })
        : Shared.to("inner_done", { signal: "inner_done" })
  })
  const inner = Flow.make(Shared, {
    start: "start",
    nodes: { start: set(current), end },
    edges: { start: { default: "end" } }
  })
  return Flow.make(Shared, {
    start: "inner",
    nodes: { inner, a: path("A"), b: path("B") },
    edges: { inner: { inner_done: "b", other_action: "a" } }
  })
}

// --- an array, the sums of its chunks, and the sum of these ---------------------------

const NumberArray = Schema.Array(Schema.Number)

export const Sums = Store.make("Sums", {
  input: NumberArray,
  chunks: Schema.optionalKey(NumberArray),
  total: Schema.optionalKey(Schema.Number)
})

export const range = (length: number): ReadonlyArray<number> => Array.from({ length }, (_, i) => i)

export const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((a, b) => a + b, 0)

export const chunkSums = (size: number, work: Effect.Effect<void> = Effect.void) =>
  Node.batch(Sums, {
    prep: (s) => range(Math.ceil(s.input.length / size)).map((i) => s.input.slice(i * size, (i + 1) * size)),
    exec: (chunk) => Effect.as(work, sum(chunk)),
    post: (_chunks, chunks) => Sums.next({ chunks })
  })

export const total = Node.make(Sums, {
  prep: (s) => s.chunks ?? [],
  post: (chunks) => Sums.next({ total: sum(chunks) })
})

// --- values by key, each worked on by a run of its own --------------------------------

const NumberRecord = Schema.Record(Schema.String, Schema.Number)

export const Keyed = Store.make("Keyed", {
  input: NumberRecord,
  between: Schema.optionalKey(NumberRecord),
  results: NumberRecord
})

/** What a run is about: a key of the input, and its place counted from 1. */
export class Params extends Context.Service<Params, { readonly key: string; readonly place: number }>()(
  "conformance/Params"
) {}

/** Leaves a result under a key. */
export const result = (key: string, value: number) =>
  Keyed.to("processed", (s) => ({ results: { ...s.results, [key]: value } }))

/** Makes the result of a key from its value. */
export const perKey = (f: (value: number, place: number) => number, work: Effect.Effect<void> = Effect.void) =>
  Node.make(Keyed, {
    prep: (s) => Effect.map(Params, ({ key, place }) => ({ key, place, value: s.input[key]! })),
    exec: ({ place, value }) => Effect.as(work, f(value, place)),
    post: ({ key }, value) => result(key, value)
  })

/** Adds one to the value of a key, then doubles it, in two nodes. */
export const nested = (work: Effect.Effect<void> = Effect.void) => {
  const inner = Node.make(Keyed, {
    prep: (s) => Effect.map(Params, ({ key }) => ({ key, value: s.input[key]! })),
    exec: ({ value }) => Effect.as(work, value + 1),
    post: ({ key }, value) => Keyed.next((s) => ({ between: { ...s.between, [key]: value } }))
  })
  const outer = Node.make(Keyed, {
    prep: (s) => Effect.map(Params, ({ key }) => ({ key, value: s.between![key]! })),
    exec: ({ value }) => Effect.as(work, value * 2),
    post: ({ key }, value) => result(key, value)
  })
  return Flow.sequence(Keyed, { inner, outer })
}

/** One run for each key of the input, one after the other. */
export const forEachKey = <A extends string, E, R, W extends string>(flow: Flow.Step<typeof Keyed, A, E, R, W>) =>
  Flow.forEach(flow, {
    params: Params,
    prep: (s) => Object.keys(s.input).map((key, i) => ({ key, place: i + 1 }))
  })

// --- groups of numbers: one run for each group, and in it one for each of its numbers --

const Groups = Store.make("Groups", {
  groups: Schema.Record(Schema.String, NumberArray),
  results: Schema.Record(Schema.String, NumberArray)
})

class Group extends Context.Service<Group, string>()("conformance/Group") {}
class Place extends Context.Service<Place, number>()("conformance/Place") {}

/** Doubles each number of each group. */
export const doubleGroups = (options: { readonly concurrency?: "unbounded"; readonly work: Effect.Effect<void> }) => {
  const { concurrency } = options
  const double = Node.make(Groups, {
    prep: (s) => Effect.map(Effect.all([Group, Place]), ([group, place]) => ({ group, n: s.groups[group]![place]! })),
    exec: ({ n }) => Effect.as(options.work, n * 2),
    post: ({ group }, n) =>
      Groups.next((s) => ({ results: { ...s.results, [group]: [...(s.results[group] ?? []), n] } }))
  })
  const numbers = Flow.forEach(double, {
    params: Place,
    prep: (s) => Effect.map(Group, (group) => s.groups[group]!.keys()),
    concurrency
  })
  return Flow.forEach(numbers, { params: Group, prep: (s) => Object.keys(s.groups), concurrency })
}
