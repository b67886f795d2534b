/**
 * What the types say, for every row of the contract's tables.
 */
import type { Cause, Ref, Schedule as Schedules } from "effect"
import { Context, Data, Effect, Optic, Result, Schedule, Schema, Stream } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import type * as Step from "effect-pocketflow/Step"
import { expectTypeOf } from "vitest"
import type { Model, ModelError, SearchError, Web } from "./example.tst.ts"
import { agent, answer, decide, Qa, run, search } from "./example.tst.ts"

class Broken extends Data.TaggedError("Broken")<{ readonly why: string }> {}
class Late extends Data.TaggedError("Late")<{}> {}
class Key extends Context.Service<Key, { readonly key: string }>()("Key") {}
class Other extends Context.Service<Other, { readonly other: string }>()("Other") {}

const Job = Store.make("Job", {
  n: Schema.Number,
  tags: Schema.Array(Schema.String),
  note: Schema.optionalKey(Schema.String)
})
type Job = typeof Job.Type

declare const wide: string
declare const yes: boolean
declare const job: Job
declare const breaks: Effect.Effect<number, Broken, Key>

// --- the example of the contract ---------------------------------------------------

expectTypeOf(Qa).toEqualTypeOf<
  Store.Store<
    "Qa",
    {
      readonly question: Schema.String
      readonly context: Schema.$Array<Schema.String>
      readonly query: Schema.optionalKey<Schema.String>
      readonly answer: Schema.optionalKey<Schema.String>
    }
  >
>()
expectTypeOf(agent).toEqualTypeOf<
  Flow.Flow<typeof Qa, "done", ModelError | SearchError | Cause.TimeoutError, Model | Web, "query" | "answer">
>()
expectTypeOf<Step.Action<typeof decide>>().toEqualTypeOf<"search" | "answer">()
expectTypeOf(search).toEqualTypeOf<
  Node.Node<typeof Qa, string, ReadonlyArray<string>, "decide", SearchError | Cause.TimeoutError, Web, never, never>
>()
expectTypeOf(answer).toEqualTypeOf<
  Node.Node<typeof Qa, ReadonlyArray<string>, string, "done", ModelError, Model, never, "answer">
>()
expectTypeOf(run).toEqualTypeOf<
  Effect.Effect<Flow.Run<typeof Qa.Type, "done">, ModelError | SearchError | Cause.TimeoutError, Model | Web>
>()
expectTypeOf<Effect.Success<typeof run>>().toExtend<{
  readonly outcome: "done"
  readonly store: typeof Qa.Type
  readonly steps: number
}>()

// --- Store ---------------------------------------------------------------------------

expectTypeOf<Store.Type<typeof Job>>().toEqualTypeOf<{
  readonly n: number
  readonly tags: ReadonlyArray<string>
  readonly note?: string
}>()
expectTypeOf(Job.name).toEqualTypeOf<"Job">()
expectTypeOf(Job.schema.fields.n).toEqualTypeOf<Schema.Number>()
expectTypeOf(Store.make("Job", Schema.Struct({ n: Schema.Number }))).toEqualTypeOf<
  Store.Store<"Job", { readonly n: Schema.Number }>
>()

expectTypeOf(Job.to("a")).toEqualTypeOf<Store.Transition<typeof Job, "a", never>>()
expectTypeOf(Job.to("a", { n: 1, note: "x" })).toEqualTypeOf<Store.Transition<typeof Job, "a", "n" | "note">>()
expectTypeOf(Job.to("a", (s) => ({ n: s.n + 1 }))).toEqualTypeOf<Store.Transition<typeof Job, "a", never>>()
expectTypeOf(Job.to(yes ? "a" : "b")).toEqualTypeOf<Store.Transition<typeof Job, "a" | "b", never>>()
expectTypeOf(Job.to(wide)).toEqualTypeOf<Store.Transition<typeof Job, string, never>>()
expectTypeOf(Job.next()).toEqualTypeOf<Store.Transition<typeof Job, "default", never>>()
expectTypeOf(Job.next({ n: 1 })).toEqualTypeOf<Store.Transition<typeof Job, "default", "n">>()
expectTypeOf(Job.next((s) => (s.n > 0 ? { n: 1 } : { note: "x" }))).toEqualTypeOf<
  Store.Transition<typeof Job, "default", never>
>()
expectTypeOf(Job.next(yes ? { n: 1 } : {})).toExtend<Store.Transition<typeof Job, "default", "n">>()
expectTypeOf(Job.decide((s) => (s.n < 3 ? ["again", { n: s.n + 1 }] : "enough"))).toEqualTypeOf<
  Store.Transition<typeof Job, "again" | "enough">
>()
expectTypeOf(Job.decide(() => "a")).toEqualTypeOf<Store.Transition<typeof Job, "a">>()
expectTypeOf(
  Job.decide((s) => {
    if (s.n > 3) return "a"
    const [first] = s.tags
    if (first === undefined) return ["b", { note: Store.unset }]
    return ["c", { note: first, tags: s.tags.slice(1) }]
  })
).toEqualTypeOf<Store.Transition<typeof Job, "a" | "b" | "c">>()
expectTypeOf(Job.decide(() => wide)).toEqualTypeOf<Store.Transition<typeof Job, string>>()

// Optional keys: a value, or unset; in both forms.
expectTypeOf(Job.to("a", { note: Store.unset })).toEqualTypeOf<Store.Transition<typeof Job, "a", "note">>()
expectTypeOf(Job.to("a", () => ({ note: Store.unset }))).toEqualTypeOf<Store.Transition<typeof Job, "a", never>>()
expectTypeOf(Job.to("a", { note: yes ? "x" : Store.unset })).toEqualTypeOf<Store.Transition<typeof Job, "a", "note">>()
expectTypeOf(Job.to("a", (s) => (s.note === undefined ? {} : { note: Store.unset }))).toEqualTypeOf<
  Store.Transition<typeof Job, "a", never>
>()
// Also by way of a variable, or a function that was defined before.
const cleared = { note: Store.unset }
expectTypeOf(Job.next(cleared)).toEqualTypeOf<Store.Transition<typeof Job, "default", "note">>()
const clearing = () => ({ note: Store.unset })
expectTypeOf(Job.next(clearing)).toEqualTypeOf<Store.Transition<typeof Job, "default", never>>()
// A whole state is a patch.
expectTypeOf(Job.to("a", job)).toEqualTypeOf<Store.Transition<typeof Job, "a", "n" | "tags" | "note">>()
expectTypeOf(Job.to("a", (s) => ({ ...s, n: 2 }))).toEqualTypeOf<Store.Transition<typeof Job, "a", never>>()
const patch: { readonly n?: number } = {}
expectTypeOf(Job.to("a", patch)).toEqualTypeOf<Store.Transition<typeof Job, "a", "n">>()

// Constructor defaults
const Defaults = Store.make("Defaults", {
  text: Schema.String,
  n: Schema.Number.pipe(Store.withInitial(0)),
  note: Schema.optionalKey(Schema.String)
})
expectTypeOf<Store.Init<typeof Defaults>>().toEqualTypeOf<{
  readonly text: string
  readonly n?: number
  readonly note?: string
}>()
expectTypeOf<Store.Init<typeof Job>>().toEqualTypeOf<Job>()
expectTypeOf<Store.Type<typeof Defaults>>().toEqualTypeOf<{
  readonly text: string
  readonly n: number
  readonly note?: string
}>()
const withDefaults = Node.make(Defaults, { post: (s) => Defaults.next({ n: s.n + 1 }) })
expectTypeOf(Flow.run(withDefaults, { text: "" })).toEqualTypeOf<
  Effect.Effect<Flow.Run<typeof Defaults.Type, "default">>
>()

// From and to JSON
expectTypeOf(Store.decode(Job, {})).toEqualTypeOf<Effect.Effect<Job, Store.InvalidStore>>()
expectTypeOf(Store.encode(Job, job)).toEqualTypeOf<Effect.Effect<Schema.Json, Store.InvalidStore>>()

// Other kinds of fields
class Person extends Schema.Class<Person>("Person")({ name: Schema.String }) {}
const Rich = Store.make("Rich", {
  person: Person,
  when: Schema.Date,
  kind: Schema.Literals(["a", "b"]),
  maybe: Schema.Option(Schema.String),
  count: Schema.NumberFromString,
  list: Schema.mutable(Schema.Array(Schema.Number)),
  orUndefined: Schema.optional(Schema.Number)
})
expectTypeOf(Rich.to("a", { kind: "b", count: 1, orUndefined: undefined })).toEqualTypeOf<
  Store.Transition<typeof Rich, "a", "kind" | "count" | "orUndefined">
>()
expectTypeOf(Rich.next((s) => ({ kind: s.kind === "a" ? "b" : "a", person: s.person }))).toEqualTypeOf<
  Store.Transition<typeof Rich, "default", never>
>()
const Empty = Store.make("Empty", {})
expectTypeOf(Flow.run(Node.make(Empty, {}), {})).toEqualTypeOf<Effect.Effect<Flow.Run<{}, "default">>>()

// --- Node.make -------------------------------------------------------------------------

expectTypeOf(Node.make(Job, {})).toEqualTypeOf<Node.Node<typeof Job, Job, Job, "default", never, never, never, never>>()
expectTypeOf(Node.make(Job, { prep: (s) => s.n })).toEqualTypeOf<
  Node.Node<typeof Job, number, number, "default", never, never, never, never>
>()
expectTypeOf(Node.make(Job, { prep: (s) => Effect.as(breaks, s.n) })).toEqualTypeOf<
  Node.Node<typeof Job, number, number, "default", never, Key, Broken, never>
>()
expectTypeOf(Node.make(Job, { exec: (s) => Effect.succeed(s.tags) })).toEqualTypeOf<
  Node.Node<typeof Job, Job, ReadonlyArray<string>, "default", never, never, never, never>
>()
expectTypeOf(Node.make(Job, { exec: () => breaks })).toEqualTypeOf<
  Node.Node<typeof Job, Job, number, "default", Broken, Key, never, never>
>()
expectTypeOf(Node.make(Job, { post: (input, output) => Job.to("a", { n: input.n + output.n }) })).toEqualTypeOf<
  Node.Node<typeof Job, Job, Job, "a", never, never, never, "n">
>()
expectTypeOf(
  Node.make(Job, { prep: (s) => s.n, post: (input, output) => Job.to("a", { n: input + output }) })
).toEqualTypeOf<Node.Node<typeof Job, number, number, "a", never, never, never, "n">>()
expectTypeOf(
  Node.make(Job, {
    exec: () => Effect.succeed("x"),
    post: (input, output) => Job.to(input.note ?? "b", { note: output })
  })
).toEqualTypeOf<Node.Node<typeof Job, Job, string, string, never, never, never, "note">>()

// The errors of prep and post are apart from exec's; services come from all three.
const full = Node.make(Job, {
  prep: (s) => Effect.andThen(Effect.fail(new Late()), Effect.succeed(s.n)),
  exec: (n) => Effect.map(breaks, (m) => `${n + m}`),
  post: (n, text) => Effect.as(Other, Job.to("done", { n, note: text }))
})
expectTypeOf(full).toEqualTypeOf<
  Node.Node<typeof Job, number, string, "done", Broken, Key | Other, Late, "n" | "note">
>()
expectTypeOf<Step.Error<typeof full>>().toEqualTypeOf<Broken | Late>()
expectTypeOf<Step.Services<typeof full>>().toEqualTypeOf<Key | Other>()
expectTypeOf<Step.Written<typeof full>>().toEqualTypeOf<"n" | "note">()

// Unions of Effects, of values and Effects, of transitions and Effects of transitions.
const unions = Node.make(Job, {
  prep: (s) => (s.n > 0 ? s.n : Effect.as(Key, "text")),
  exec: (input) => (typeof input === "number" ? Effect.succeed(input) : yes ? Effect.fail(new Late()) : breaks),
  post: (input, output) =>
    output > 1
      ? Job.to("a", { n: output })
      : typeof input === "string"
        ? Job.to("b", () => ({ note: input }))
        : yes
          ? Effect.fail(new Broken({ why: "" }))
          : Effect.succeed(Job.to("c", { note: "c" }))
})
expectTypeOf(unions).toEqualTypeOf<
  Node.Node<typeof Job, string | number, number, "a" | "b" | "c", Late | Broken, Key, Broken, "n" | "note">
>()
const gen = Node.make(Job, {
  prep: (s) =>
    Effect.gen(function* () {
      const { key } = yield* Key
      return { key, n: s.n }
    }),
  exec: ({ key, n }) =>
    Effect.gen(function* () {
      if (n > 1) return yield* new Broken({ why: key })
      return [n]
    }),
  post: ({ key }, list) =>
    Effect.gen(function* () {
      yield* Effect.log(key)
      if (list.length > 1) return Job.to("many")
      return Job.to("few", { note: key })
    })
})
expectTypeOf(gen).toEqualTypeOf<
  Node.Node<typeof Job, { key: string; n: number }, Array<number>, "many" | "few", Broken, Key, never, "note">
>()

// Functions that were defined before: plain, generic in their context, made by Effect.fn.
const shout = (text: string) => Effect.succeed(text.toUpperCase())
const traced = Effect.fn("traced")(function* (text: string) {
  if (text === "") return yield* new Broken({ why: "empty" })
  return text.length
})
const toPost = (_: unknown, text: string) => Job.to("shouted", { note: text })
expectTypeOf(Node.make(Job, { prep: () => "x", exec: shout, post: toPost })).toEqualTypeOf<
  Node.Node<typeof Job, string, string, "shouted", never, never, never, "note">
>()
expectTypeOf(Node.make(Job, { prep: () => "x", exec: shout })).toEqualTypeOf<
  Node.Node<typeof Job, string, string, "default", never, never, never, never>
>()
expectTypeOf(
  Node.make(Job, { prep: (s) => s.note ?? "", exec: traced, post: (_, n) => Job.next({ n }) })
).toEqualTypeOf<Node.Node<typeof Job, string, number, "default", Broken, never, never, "n">>()
expectTypeOf(
  Node.make(Job, { prep: (s: { readonly n: number }) => s.n, exec: (n) => Effect.succeed(n) })
).toEqualTypeOf<Node.Node<typeof Job, number, number, "default", never, never, never, never>>()
expectTypeOf(Node.make(Job, { prep: (s) => s.note ?? "", exec: (text) => shout(text), post: toPost })).toEqualTypeOf<
  Node.Node<typeof Job, string, string, "shouted", never, never, never, "note">
>()
// A service that is itself an Effect is what it gives.
expectTypeOf(Node.make(Job, { prep: () => Key, exec: ({ key }) => Effect.succeed(key) })).toEqualTypeOf<
  Node.Node<typeof Job, { readonly key: string }, string, "default", never, Key, never, never>
>()
expectTypeOf(Node.make(Job, { post: () => (yes ? Job.to("a") : Job.to("b")), actions: ["a", "b"] })).toEqualTypeOf<
  Node.Node<typeof Job, Job, Job, "a" | "b", never, never, never, never>
>()
expectTypeOf(Node.make(Job, { post: () => Job.decide((s) => (s.n > 1 ? "a" : ["b", { n: 1 }])) })).toEqualTypeOf<
  Node.Node<typeof Job, Job, Job, "a" | "b", never, never, never, never>
>()
expectTypeOf(Node.make(Job, { post: () => Job.to(wide) })).toEqualTypeOf<
  Node.Node<typeof Job, Job, Job, string, never, never, never, never>
>()

// Attempt and Visit have defaults: no services.
expectTypeOf(
  Node.make(Job, {
    prep: () => Node.Visit,
    exec: (visit) => Effect.map(Node.Attempt, (attempt) => attempt + visit),
    post: (visit, sum) => Job.next({ n: visit + sum })
  })
).toEqualTypeOf<Node.Node<typeof Job, number, number, "default", never, never, never, "n">>()

declare const something: unknown
if (Node.isNode(something)) expectTypeOf(something).toEqualTypeOf<Node.Any>()
if (Flow.isFlow(something)) expectTypeOf(something).toEqualTypeOf<Flow.Flow<any, string, any, any>>()

// --- Node.batch and Node.fold ------------------------------------------------------------

expectTypeOf(
  Node.batch(Job, {
    prep: (s) => s.tags,
    exec: (tag, index) => {
      expectTypeOf(tag).toEqualTypeOf<string>()
      expectTypeOf(index).toEqualTypeOf<number>()
      return Effect.map(breaks, (n) => n + tag.length)
    },
    post: (tags, lengths) => {
      expectTypeOf(tags).toEqualTypeOf<ReadonlyArray<string>>()
      expectTypeOf(lengths).toEqualTypeOf<ReadonlyArray<number>>()
      return Job.to("done", { n: lengths.length })
    },
    concurrency: "unbounded"
  })
).toEqualTypeOf<Node.Node<typeof Job, string, number, "done", Broken, Key, never, "n">>()
expectTypeOf(Node.batch(Job, { prep: (s) => s.tags, exec: shout })).toEqualTypeOf<
  Node.Node<typeof Job, string, string, "default", never, never, never, never>
>()
const results = Node.batch(Job, {
  prep: (s) => Effect.as(Effect.andThen(Other, Effect.fail(new Late())), new Set(s.tags)),
  exec: () => breaks,
  post: (tags, results) => {
    expectTypeOf(tags).toEqualTypeOf<ReadonlyArray<string>>()
    expectTypeOf(results).toEqualTypeOf<ReadonlyArray<Result.Result<number, Broken>>>()
    return Job.next({ n: results.filter(Result.isSuccess).length })
  },
  mode: "result"
})
expectTypeOf(results).toEqualTypeOf<
  Node.Node<typeof Job, string, number, "default", Node.Kept<Broken>, Key | Other, Late, "n">
>()
expectTypeOf<Step.Error<typeof results>>().toEqualTypeOf<Late>()
expectTypeOf<Step.Error<typeof twoModes>>().toEqualTypeOf<Broken>()
const twoModes = Node.batch(Job, {
  prep: (s) => s.tags,
  exec: () => breaks,
  post: (_, all) => {
    expectTypeOf(all).toEqualTypeOf<ReadonlyArray<number | Result.Result<number, Broken>>>()
    return Job.next()
  },
  mode: yes ? "result" : "fail-fast",
  concurrency: 4
})
expectTypeOf(
  Node.batch(Job, { prep: () => new Map([["a", 1]]), exec: ([key, n]) => Effect.succeed(key + n) })
).toExtend<Node.Node<typeof Job, [string, number], string, "default">>()
expectTypeOf(
  Node.batch(Job, {
    prep: function* (s) {
      yield s.n
    },
    exec: (n) => Effect.succeed(n)
  })
).toExtend<Node.Node<typeof Job, number, number, "default">>()

// Declared actions do not decide what the actions are, wherever they stand.
expectTypeOf(
  Node.batch(Job, {
    actions: ["all", "some"],
    prep: (s) => s.tags,
    exec: (tag) => Effect.succeed(tag),
    post: (tags, done) => (tags.length === done.length ? Job.to("all") : Effect.succeed(Job.to("some")))
  })
).toEqualTypeOf<Node.Node<typeof Job, string, string, "all" | "some", never, never, never, never>>()
expectTypeOf(
  Node.fold(Job, {
    prep: (s) => s.tags,
    initial: 0,
    exec: (n) => Effect.succeed(n + 1),
    post: (_, n) => Job.to(n > 1 ? "many" : "few"),
    actions: ["many"]
  })
).toExtend<Flow.Step<typeof Job, "many" | "few">>()

const folded = Node.fold(Job, {
  prep: (s) => s.tags,
  initial: 0,
  exec: (acc, tag, index) => {
    expectTypeOf(acc).toEqualTypeOf<number>()
    expectTypeOf(tag).toEqualTypeOf<string>()
    expectTypeOf(index).toEqualTypeOf<number>()
    return Effect.map(breaks, (n) => acc + n)
  },
  post: (tags, acc) => {
    expectTypeOf(tags).toEqualTypeOf<ReadonlyArray<string>>()
    expectTypeOf(acc).toEqualTypeOf<number>()
    return Job.to("summed", { n: acc })
  }
})
expectTypeOf(folded).toEqualTypeOf<
  Node.Node<typeof Job, readonly [acc: number, item: string], number, "summed", Broken, Key, never, "n">
>()
expectTypeOf(
  Node.fold(Job, {
    prep: (s) => s.tags,
    initial: { seen: [] as ReadonlyArray<string>, n: 0 },
    exec: ({ seen, n }, tag) => Effect.succeed({ seen: [...seen, tag], n: n + 1 })
  })
).toExtend<
  Node.Node<
    typeof Job,
    readonly [acc: { seen: ReadonlyArray<string>; n: number }, item: string],
    { seen: ReadonlyArray<string>; n: number },
    "default"
  >
>()

// --- Node.retry, Node.fallback, Node.timeout -----------------------------------------------

declare const schedule: Schedules.Schedule<number, unknown, Late, Other>
declare const onBroken: Schedules.Schedule<number, Broken>
const worker = Node.make(Job, { prep: (s) => s.n, exec: () => breaks, post: () => Job.to("worked") })
type Worker<E, R = Key> = Node.Node<typeof Job, number, number, "worked", E, R, never, never>

expectTypeOf(worker).toEqualTypeOf<Worker<Broken>>()
expectTypeOf(worker.pipe(Node.retry(Schedule.recurs(3)))).toEqualTypeOf<Worker<Broken>>()
expectTypeOf(Node.retry(worker, Schedule.recurs(3))).toEqualTypeOf<Worker<Broken>>()
expectTypeOf(worker.pipe(Node.retry(schedule))).toEqualTypeOf<Worker<Broken | Late, Key | Other>>()
expectTypeOf(Node.retry(worker, schedule)).toEqualTypeOf<Worker<Broken | Late, Key | Other>>()
expectTypeOf(worker.pipe(Node.retry(onBroken))).toEqualTypeOf<Worker<Broken>>()
expectTypeOf(worker.pipe(Node.retry(Schedule.while(Schedule.forever, ({ input }) => isBroken(input))))).toExtend<
  Worker<Broken>
>()
declare const isBroken: (u: unknown) => boolean
expectTypeOf(worker.pipe(Node.retry({ times: 3 }))).toEqualTypeOf<Worker<Broken>>()
expectTypeOf(Node.retry(worker, { schedule, times: 3 })).toEqualTypeOf<Worker<Broken | Late, Key | Other>>()
expectTypeOf(
  worker.pipe(
    Node.retry({
      while: (error) => {
        expectTypeOf(error).toEqualTypeOf<Broken>()
        return error.why === "busy"
      }
    })
  )
).toEqualTypeOf<Worker<Broken>>()

expectTypeOf(worker.pipe(Node.timeout("1 second"))).toEqualTypeOf<Worker<Broken | Cause.TimeoutError>>()
expectTypeOf(Node.timeout(worker, 1000)).toEqualTypeOf<Worker<Broken | Cause.TimeoutError>>()
expectTypeOf(
  worker.pipe(
    Node.timeout("1 second"),
    Node.fallback((error, input) => {
      expectTypeOf(error).toEqualTypeOf<Broken | Cause.TimeoutError>()
      expectTypeOf(input).toEqualTypeOf<number>()
      return Effect.succeed(input)
    })
  )
).toEqualTypeOf<Worker<never>>()
expectTypeOf(
  Node.fallback(worker, (error, input) => {
    expectTypeOf(error).toEqualTypeOf<Broken>()
    expectTypeOf(input).toEqualTypeOf<number>()
    return Effect.as(Other, input)
  })
).toEqualTypeOf<Worker<never, Key | Other>>()
// A fallback that may itself fail.
expectTypeOf(Node.fallback(worker, () => Effect.fail(new Late()))).toEqualTypeOf<Worker<Late>>()
expectTypeOf(worker.pipe(Node.fallback(() => Effect.fail(new Late())))).toEqualTypeOf<Worker<Late>>()
expectTypeOf(worker.pipe(Node.fallback(() => Effect.succeed(1 as const)))).toEqualTypeOf<Worker<never>>()
expectTypeOf(worker.pipe(Node.fallback(() => (yes ? Effect.succeed(1) : Effect.fail(new Late()))))).toEqualTypeOf<
  Worker<Late>
>()
// prep's and post's errors survive.
expectTypeOf(full.pipe(Node.fallback(() => Effect.succeed("")))).toEqualTypeOf<
  Node.Node<typeof Job, number, string, "done", never, Key | Other, Late, "n" | "note">
>()
expectTypeOf<Step.Error<ReturnType<typeof rescued>>>().toEqualTypeOf<Late>()
const rescued = () => Node.fallback(full, () => Effect.succeed(""))
expectTypeOf(full.pipe(Node.timeout(1), Node.retry(schedule))).toEqualTypeOf<
  Node.Node<typeof Job, number, string, "done", Broken | Cause.TimeoutError | Late, Key | Other, Late, "n" | "note">
>()
// In a batch and a fold it is the item's.
expectTypeOf(
  Node.batch(Job, { prep: (s) => s.tags, exec: () => breaks }).pipe(
    Node.fallback((error, tag) => {
      expectTypeOf(error).toEqualTypeOf<Broken>()
      expectTypeOf(tag).toEqualTypeOf<string>()
      return Effect.succeed(0)
    })
  )
).toEqualTypeOf<Node.Node<typeof Job, string, number, "default", never, Key, never, never>>()
expectTypeOf(
  folded.pipe(
    Node.fallback((error, [acc, tag]) => {
      expectTypeOf(error).toEqualTypeOf<Broken>()
      expectTypeOf(tag).toEqualTypeOf<string>()
      return Effect.succeed(acc)
    })
  )
).toEqualTypeOf<Node.Node<typeof Job, readonly [acc: number, item: string], number, "summed", never, Key, never, "n">>()
// Kept errors stay kept; retry sees them.
expectTypeOf(
  results.pipe(
    Node.retry(onBroken),
    Node.fallback(() => Effect.succeed(1))
  )
).toEqualTypeOf<typeof results>()
expectTypeOf(Node.fallback(results, (error) => Effect.fail(error))).toEqualTypeOf<typeof results>()

// --- Flow.make and Flow.sequence --------------------------------------------------------------

const step = Node.make(Job, {})
const fork = Node.make(Job, { post: (s) => (s.n > 0 ? Job.to("more") : Job.to("enough")) })
const free = Node.make(Job, { post: () => Job.to(wide) })

expectTypeOf(Flow.make(Job, { start: "fork", nodes: { fork } })).toEqualTypeOf<
  Flow.Flow<typeof Job, "more" | "enough", never, never, never>
>()
expectTypeOf(Flow.make(Job, { start: "fork", nodes: { fork }, edges: {} })).toEqualTypeOf<
  Flow.Flow<typeof Job, "more" | "enough", never, never, never>
>()
expectTypeOf(Flow.make(Job, { start: "fork", nodes: { fork }, edges: { fork: {} } })).toEqualTypeOf<
  Flow.Flow<typeof Job, "more" | "enough", never, never, never>
>()
// Outcomes: the union of the actions that are not wired.
const flow = Flow.make(Job, {
  start: "fork",
  nodes: { fork, step, worker },
  edges: { fork: { more: "worker" }, worker: { worked: "fork" } }
})
expectTypeOf(flow).toEqualTypeOf<Flow.Flow<typeof Job, "enough" | "default", Broken, Key, never>>()
const edges = { fork: { more: "worker" }, worker: { worked: "fork" } } as const
expectTypeOf(Flow.make(Job, { start: "fork", nodes: { fork, step, worker }, edges })).toEqualTypeOf<typeof flow>()
// A wide action: a wide outcome, and any edge.
expectTypeOf(Flow.make(Job, { start: "free", nodes: { free, fork } })).toEqualTypeOf<
  Flow.Flow<typeof Job, string, never, never, never>
>()
expectTypeOf(
  Flow.make(Job, {
    start: "free",
    nodes: { free, step },
    edges: { free: { anything: "step" }, step: { default: "free" } }
  })
).toEqualTypeOf<Flow.Flow<typeof Job, string, never, never, never>>()
// Fully wired: no end.
const endless = Flow.make(Job, {
  start: "fork",
  nodes: { fork, step },
  edges: { fork: { more: "fork", enough: "step" }, step: { default: "fork" } }
})
expectTypeOf(endless).toEqualTypeOf<Flow.Flow<typeof Job, never, never, never, never>>()
expectTypeOf(Flow.run(endless, job)).toEqualTypeOf<Effect.Effect<Flow.Run<Job, never>>>()
// The outcomes of a nested flow are its actions.
const nested = Flow.make(Job, {
  start: "inner",
  nodes: { inner: flow, again: flow, last: step },
  edges: { inner: { enough: "again" }, again: { enough: "last", default: "inner" } }
})
expectTypeOf(nested).toEqualTypeOf<Flow.Flow<typeof Job, "default", Broken, Key, never>>()
expectTypeOf(
  Flow.make(Job, {
    start: "outer",
    nodes: { outer: Flow.make(Job, { start: "inner", nodes: { inner: endless, fork } }) }
  })
).toEqualTypeOf<Flow.Flow<typeof Job, "more" | "enough", never, never, never>>()
// Steps made in place.
expectTypeOf(
  Flow.make(Job, {
    start: "a",
    nodes: {
      a: Node.make(Job, {}),
      b: Node.make(Job, { prep: (s) => s.n, exec: () => breaks, post: (_, n) => Job.to("b", { n }) }),
      c: fork.pipe(Flow.mapOutcome({ more: "most" })),
      d: flow.pipe(Flow.catchTag("Broken", "broken")),
      e: Flow.all(Job, { step }, { post: () => Job.to("joined") }),
      f: fork.pipe(Flow.budget({ steps: 3 }))
    },
    edges: { a: { default: "b" }, c: { most: "c" }, d: { broken: "a", default: "a" }, f: { more: "f" } }
  })
).toEqualTypeOf<Flow.Flow<typeof Job, "b" | "enough" | "joined" | "exhausted", Broken, Key, "n">>()
expectTypeOf(
  Flow.make(Job, {
    start: "a",
    nodes: {
      a: Flow.budget(fork, { steps: 3 }),
      b: Flow.budget(fork, { steps: 3 }, "spent"),
      c: Flow.mapOutcome(fork, { more: "default", enough: "default" }),
      d: Flow.catch(flow, "failed"),
      e: Flow.call(Job, fork, { prep: (s) => s, post: (_, run) => Job.to(run.outcome) }),
      f: Flow.forEach(fork, { params: Key, prep: () => [] }),
      g: Node.batch(Job, { prep: (s) => s.tags, exec: (tag) => Effect.succeed(tag) }),
      h: Node.retry(worker, Schedule.recurs(1)),
      i: Node.retry(worker, { times: 1 }),
      j: worker.pipe(Node.retry({ times: 1 }))
    },
    edges: { h: { worked: "a" }, i: { worked: "a" }, j: { worked: "a" } }
  })
).toEqualTypeOf<
  Flow.Flow<typeof Job, "more" | "enough" | "exhausted" | "spent" | "default" | "failed", Broken, Key, never>
>()
// A helper whose action has a default is not widened by the place where it is called.
const trail = <const A extends string = "default">(name: string, action?: A) =>
  Node.make(Job, { post: () => Job.to(action ?? ("default" as A), (s) => ({ tags: [...s.tags, name] })) })
expectTypeOf(Flow.make(Job, { start: "a", nodes: { a: trail("a"), b: trail("b", "done") } })).toEqualTypeOf<
  Flow.Flow<typeof Job, "default" | "done", never, never, never>
>()
expectTypeOf(Flow.sequence(Job, { a: trail("a"), b: trail("b") })).toEqualTypeOf<
  Flow.Flow<typeof Job, "default", never, never, never>
>()
expectTypeOf(Flow.all(Job, { a: trail("a"), b: trail("b") })).toEqualTypeOf<
  Flow.Flow<typeof Job, "default", never, never, never>
>()
// Nodes whose ids are known only at run time.
declare const someNodes: Readonly<Record<string, Flow.Step<typeof Job, "a" | "b", Broken>>>
expectTypeOf(Flow.make(Job, { start: "any", nodes: someNodes })).toEqualTypeOf<
  Flow.Flow<typeof Job, "a" | "b", Broken, never, string>
>()
expectTypeOf(Flow.sequence(Job, { step, worker, fork })).toEqualTypeOf<
  Flow.Flow<typeof Job, "default" | "worked" | "more" | "enough", Broken, Key, never>
>()
expectTypeOf(Flow.sequence(Job, { a: step, b: Flow.sequence(Job, { step }) })).toEqualTypeOf<
  Flow.Flow<typeof Job, "default", never, never, never>
>()
// Ids and actions that are no identifiers.
expectTypeOf(
  Flow.make(Job, {
    start: "my node",
    nodes: { "my node": fork, __proto__x: step },
    edges: { "my node": { more: "__proto__x" } }
  })
).toEqualTypeOf<Flow.Flow<typeof Job, "enough" | "default", never, never, never>>()

// --- Flow.all -----------------------------------------------------------------------------------

const setsN = Node.make(Job, { post: () => Job.next({ n: 1 }) })
const setsNote = Node.make(Job, { post: () => Job.next({ note: "x" }) })
const addsTag = Node.make(Job, { post: () => Job.next((s) => ({ tags: [...s.tags, "x"] })) })
const unknownKeys = step.pipe(Flow.focus(Optic.id<{ readonly job: Job }>().key("job")))
const Holder = Store.make("Holder", { job: Job.schema, done: Schema.Boolean })

expectTypeOf(Flow.all(Job, { setsN, setsNote, addsTag })).toEqualTypeOf<
  Flow.Flow<typeof Job, "default", never, never, "n" | "note">
>()
expectTypeOf(Flow.all(Job, { addsTag, again: addsTag }, { concurrency: 1 })).toEqualTypeOf<
  Flow.Flow<typeof Job, "default", never, never, never>
>()
const joined = Flow.all(
  Job,
  { worker, fork, setsN },
  {
    post: (outcomes) => {
      expectTypeOf(outcomes).toEqualTypeOf<{
        readonly worker: "worked"
        readonly fork: "more" | "enough"
        readonly setsN: "default"
      }>()
      return outcomes.fork === "more" ? Effect.as(Other, Job.to("again")) : Job.to("done", { note: outcomes.worker })
    }
  }
)
expectTypeOf(joined).toEqualTypeOf<Flow.Flow<typeof Job, "again" | "done", Broken, Key | Other, "n" | "note">>()
expectTypeOf(Flow.all(Job, { fork, flow }, { post: (outcomes) => Job.to(outcomes.fork) })).toEqualTypeOf<
  Flow.Flow<typeof Job, "more" | "enough", Broken, Key, never>
>()
// Branches made in place, data-first and data-last.
expectTypeOf(
  Flow.all(Job, {
    a: Flow.catch(setsN.pipe(Flow.mapOutcome({})), "default"),
    b: Flow.budget(addsTag, { steps: 1 }, "default"),
    c: Flow.mapOutcome(worker, { worked: "default" }),
    d: Flow.mapOutcome(Flow.catchTag(worker, "Broken", "default"), { worked: "default" }),
    e: Node.retry(addsTag, Schedule.recurs(1)),
    f: Node.make(Job, { prep: (s) => s.n, exec: () => breaks, post: () => Job.next({ note: "x" }) }),
    g: Flow.sequence(Job, { step }),
    h: Flow.all(Job, { step }),
    i: step.pipe(Flow.catch(() => Job.next({ tags: [] })))
  })
).toEqualTypeOf<Flow.Flow<typeof Job, "default", Broken, Key, "n" | "note" | "tags">>()
// WriteConflict, only where the keys are not known.
const anyStep: Flow.Step<typeof Job, "default"> = step
expectTypeOf<Step.Error<typeof joined>>().toEqualTypeOf<Broken>()
const conflicting = Flow.all(Job, { anyStep, setsN })
expectTypeOf(conflicting).toEqualTypeOf<Flow.Flow<typeof Job, "default", Flow.WriteConflict, never, string>>()
const focused = Flow.all(Holder.name === "Holder" ? Holder : Holder, {
  lens: step.pipe(Flow.focus(Optic.id<typeof Holder.Type>().key("job"))),
  value: Node.make(Holder, { post: () => Holder.next({ done: true }) })
})
expectTypeOf<Step.Error<typeof focused>>().toEqualTypeOf<Flow.WriteConflict>()
expectTypeOf(
  Flow.all(Job, { joined: joined.pipe(Flow.mapOutcome({ again: "default", done: "default" })), addsTag })
).toEqualTypeOf<Flow.Flow<typeof Job, "default", Broken, Key | Other, "n" | "note">>()

// --- Flow.call, Flow.map, Flow.forEach --------------------------------------------------------------

const called = Flow.call(Job, agent, {
  prep: (s) => {
    expectTypeOf(s).toEqualTypeOf<Job>()
    return { question: s.note ?? "", context: s.tags }
  },
  post: (input, run) => {
    expectTypeOf(input).toEqualTypeOf<typeof Qa.Type>()
    expectTypeOf(run).toEqualTypeOf<Flow.Run<typeof Qa.Type, "done">>()
    return Job.to("called", { note: run.store.answer ?? "" })
  }
})
expectTypeOf(called).toEqualTypeOf<
  Flow.Flow<typeof Job, "called", ModelError | SearchError | Cause.TimeoutError, Model | Web, "note">
>()
expectTypeOf(
  Flow.call(Job, fork, {
    prep: (s) => Effect.andThen(Effect.fail(new Late()), Effect.as(Key, s)),
    post: (_, run) => Effect.as(Other, Job.to(run.outcome))
  })
).toEqualTypeOf<Flow.Flow<typeof Job, "more" | "enough", Late, Key | Other, never>>()
// Keys with a constructor default may be left out.
expectTypeOf(
  Flow.call(Job, withDefaults, { prep: () => ({ text: "" }), post: (input) => Job.next({ n: input.n }) })
).toEqualTypeOf<Flow.Flow<typeof Job, "default", never, never, "n">>()

expectTypeOf(
  Flow.map(Job, agent, {
    prep: (s) => s.tags.map((question) => ({ question, context: [] })),
    post: (inputs, runs) => {
      expectTypeOf(inputs).toEqualTypeOf<ReadonlyArray<typeof Qa.Type>>()
      expectTypeOf(runs).toEqualTypeOf<ReadonlyArray<Flow.Run<typeof Qa.Type, "done">>>()
      return Job.to("mapped", { tags: runs.map((run) => run.store.answer ?? "") })
    },
    concurrency: 3
  })
).toEqualTypeOf<Flow.Flow<typeof Job, "mapped", ModelError | SearchError | Cause.TimeoutError, Model | Web, "tags">>()
expectTypeOf(
  Flow.map(Job, worker, {
    prep: () => Effect.as(Effect.andThen(Other, Effect.fail(new Late())), [job]),
    post: (_, runs) => {
      expectTypeOf(runs).toEqualTypeOf<ReadonlyArray<Result.Result<Flow.Run<Job, "worked">, Broken>>>()
      return Job.next({ n: runs.filter(Result.isSuccess).length })
    },
    mode: "result"
  })
).toEqualTypeOf<Flow.Flow<typeof Job, "default", Late, Key | Other, "n">>()

// The params leave R.
expectTypeOf(Flow.forEach(worker, { params: Key, prep: (s) => s.tags.map((key) => ({ key })) })).toEqualTypeOf<
  Flow.Flow<typeof Job, "default", Broken, never, never>
>()
expectTypeOf(
  Flow.forEach(joined, {
    params: Key,
    prep: (s) =>
      Effect.andThen(Effect.fail(new Late()), Effect.succeed(new Set(s.tags.map((key) => ({ key, more: 1 }))))),
    post: (elements, outcomes) => {
      expectTypeOf(elements).toEqualTypeOf<ReadonlyArray<{ key: string; more: number }>>()
      expectTypeOf(outcomes).toEqualTypeOf<ReadonlyArray<"again" | "done">>()
      return Job.to(outcomes.includes("again") ? "some" : "none", { tags: [] })
    },
    concurrency: "unbounded"
  })
).toEqualTypeOf<Flow.Flow<typeof Job, "some" | "none", Broken | Late, Other, "n" | "note" | "tags">>()

// --- Flow.focus -------------------------------------------------------------------------------------

const Counter = Store.make("Counter", { n: Schema.Number })
const increment = Node.make(Counter, { exec: () => breaks, post: () => Counter.to("counted", (s) => ({ n: s.n + 1 })) })
const App = Store.make("App", { name: Schema.String, n: Schema.Number, opt: Schema.optionalKey(Schema.String) })
const picked = increment.pipe(Flow.focus(Optic.id<typeof App.Type>().pick(["n"])))
expectTypeOf(picked).toEqualTypeOf<Flow.Flow<Store.Over<typeof App.Type>, "counted", Broken, Key>>()
expectTypeOf(Flow.focus(increment, Optic.id<typeof App.Type>().pick(["n"]))).toEqualTypeOf<typeof picked>()
expectTypeOf(Flow.make(App, { start: "picked", nodes: { picked } })).toEqualTypeOf<
  Flow.Flow<typeof App, "counted", Broken, Key, string>
>()
expectTypeOf(Flow.sequence(Job, { one: increment.pipe(Flow.focus(Optic.id<Job>().pick(["n"]))), step })).toEqualTypeOf<
  Flow.Flow<typeof Job, "counted" | "default", Broken, Key, string>
>()
expectTypeOf(
  Flow.make(Holder, { start: "job", nodes: { job: flow.pipe(Flow.focus(Optic.id<typeof Holder.Type>().key("job"))) } })
).toEqualTypeOf<Flow.Flow<typeof Holder, "enough" | "default", Broken, Key, string>>()
// Twice: into a part of a part.
expectTypeOf(
  Flow.make(Holder, {
    start: "n",
    nodes: { n: increment.pipe(Flow.focus(Optic.id<typeof Holder.Type>().key("job").pick(["n"]))) }
  })
).toEqualTypeOf<Flow.Flow<typeof Holder, "counted", Broken, Key, string>>()
// Run where it is.
expectTypeOf(Flow.run(picked, { name: "", n: 1 })).toEqualTypeOf<
  Effect.Effect<Flow.Run<typeof App.Type, "counted">, Broken, Key>
>()
expectTypeOf(unknownKeys).toEqualTypeOf<Flow.Flow<Store.Over<{ readonly job: Job }>, "default">>()

// --- Flow.mapOutcome, Flow.catchTag, Flow.catch, Flow.budget -------------------------------------------

expectTypeOf(fork.pipe(Flow.mapOutcome({ more: "most" }))).toEqualTypeOf<
  Flow.Flow<typeof Job, "most" | "enough", never, never, never>
>()
expectTypeOf(Flow.mapOutcome(fork, { more: "done", enough: "done" })).toEqualTypeOf<
  Flow.Flow<typeof Job, "done", never, never, never>
>()
expectTypeOf(Flow.mapOutcome(flow, {})).toEqualTypeOf<typeof flow>()
expectTypeOf(free.pipe(Flow.mapOutcome({ a: "b" }))).toEqualTypeOf<Flow.Flow<typeof Job, string, never, never, never>>()

const failing = Node.make(Job, {
  exec: () => (yes ? Effect.fail(new Late()) : breaks),
  post: () => Job.to("fine", { n: 1 })
})
expectTypeOf(failing.pipe(Flow.catchTag("Broken", "broken"))).toEqualTypeOf<
  Flow.Flow<typeof Job, "fine" | "broken", Late, Key, "n">
>()
expectTypeOf(Flow.catchTag(failing, "Broken", "broken")).toEqualTypeOf<
  Flow.Flow<typeof Job, "fine" | "broken", Late, Key, "n">
>()
expectTypeOf(
  failing.pipe(
    Flow.catchTag("Broken", (error) => {
      expectTypeOf(error).toEqualTypeOf<Broken>()
      return Job.to("broken", { note: error.why })
    }),
    Flow.catchTag("Late", () => Job.to("late", (s) => ({ n: s.n + 1 })))
  )
).toEqualTypeOf<Flow.Flow<typeof Job, "fine" | "broken" | "late", never, Key, "n" | "note">>()
expectTypeOf(
  Flow.catchTag(failing, "Late", (error) => {
    expectTypeOf(error).toEqualTypeOf<Late>()
    return yes ? Job.to("late") : Job.to("later", { note: "x" })
  })
).toEqualTypeOf<Flow.Flow<typeof Job, "fine" | "late" | "later", Broken, Key, "n" | "note">>()
expectTypeOf(failing.pipe(Flow.catch("failed"))).toEqualTypeOf<
  Flow.Flow<typeof Job, "fine" | "failed", never, Key, "n">
>()
expectTypeOf(
  Flow.catch(failing, (error) => {
    expectTypeOf(error).toEqualTypeOf<Broken | Late>()
    return Job.to(error._tag)
  })
).toEqualTypeOf<Flow.Flow<typeof Job, "fine" | "Broken" | "Late", never, Key, "n">>()
expectTypeOf(agent.pipe(Flow.catchTag("TimeoutError", "slow"))).toEqualTypeOf<
  Flow.Flow<typeof Qa, "done" | "slow", ModelError | SearchError, Model | Web, "query" | "answer">
>()

expectTypeOf(flow.pipe(Flow.budget({ steps: 3 }))).toEqualTypeOf<
  Flow.Flow<typeof Job, "enough" | "default" | "exhausted", Broken, Key, never>
>()
expectTypeOf(Flow.budget(flow, { duration: "1 minute" })).toEqualTypeOf<
  Flow.Flow<typeof Job, "enough" | "default" | "exhausted", Broken, Key, never>
>()
expectTypeOf(flow.pipe(Flow.budget({ steps: 3 }, "spent"))).toEqualTypeOf<
  Flow.Flow<typeof Job, "enough" | "default" | "spent", Broken, Key, never>
>()
expectTypeOf(Flow.budget(endless, { steps: 3, duration: 10 }, "spent")).toEqualTypeOf<
  Flow.Flow<typeof Job, "spent", never, never, never>
>()
const wired = Flow.make(Job, {
  start: "loop",
  nodes: { loop: endless.pipe(Flow.budget({ steps: 3 })), step },
  edges: { loop: { exhausted: "step" } }
})
expectTypeOf(wired).toEqualTypeOf<Flow.Flow<typeof Job, "default", never, never, never>>()

// --- Flow.run, Flow.runRef, Flow.resume, Flow.step -------------------------------------------------------

declare const maybe: number | undefined
type Ended = Flow.Run<Job, "enough" | "default">
expectTypeOf(Flow.run(flow, job)).toEqualTypeOf<Effect.Effect<Ended, Broken, Key>>()
expectTypeOf(Flow.run(worker, { n: 1, tags: [] })).toEqualTypeOf<Effect.Effect<Flow.Run<Job, "worked">, Broken, Key>>()
expectTypeOf(Flow.run(flow, job, {})).toEqualTypeOf<Effect.Effect<Ended, Broken, Key>>()
expectTypeOf(Flow.run(flow, job, { maxSteps: 10 })).toEqualTypeOf<
  Effect.Effect<Ended, Broken | Flow.StepLimitExceeded, Key>
>()
expectTypeOf(Flow.run(flow, job, { maxSteps: undefined })).toEqualTypeOf<Effect.Effect<Ended, Broken, Key>>()
const paused = Flow.run(flow, job, { pauseBefore: ["step"] })
expectTypeOf(paused).toEqualTypeOf<Effect.Effect<Ended | Flow.Paused<Job>, Broken | Flow.InvalidPosition, Key>>()
expectTypeOf(Flow.run(flow, job, { pauseBefore: ["step"], maxSteps: 3 })).toEqualTypeOf<
  Effect.Effect<Ended | Flow.Paused<Job>, Broken | Flow.InvalidPosition | Flow.StepLimitExceeded, Key>
>()
// Options that may be there.
declare const options: Flow.RunOptions
expectTypeOf(Flow.run(flow, job, options)).toEqualTypeOf<
  Effect.Effect<Ended | Flow.Paused<Job>, Broken | Flow.InvalidPosition | Flow.StepLimitExceeded, Key>
>()
expectTypeOf(Flow.run(flow, job, { maxSteps: maybe })).toEqualTypeOf<
  Effect.Effect<Ended, Broken | Flow.StepLimitExceeded, Key>
>()
declare const names: ReadonlyArray<string>
expectTypeOf(Flow.run(flow, job, { pauseBefore: names })).toEqualTypeOf<typeof paused>()
Effect.map(paused, (run) => {
  if (Flow.isPaused(run)) {
    expectTypeOf(run).toEqualTypeOf<Flow.Paused<Job>>()
    expectTypeOf(run.position).toEqualTypeOf<Flow.Position>()
    return Flow.resume(flow, run.position, run.store)
  }
  expectTypeOf(run).toEqualTypeOf<Ended>()
  return Effect.void
})
declare const position: Flow.Position
expectTypeOf(Flow.start(flow)).toEqualTypeOf<Flow.Position>()
expectTypeOf(Flow.resume(flow, position, job)).toEqualTypeOf<Effect.Effect<Ended, Broken | Flow.InvalidPosition, Key>>()
expectTypeOf(Flow.resume(flow, position, job, { maxSteps: 3, pauseBefore: ["step"] })).toEqualTypeOf<
  Effect.Effect<Ended | Flow.Paused<Job>, Broken | Flow.InvalidPosition | Flow.StepLimitExceeded, Key>
>()
expectTypeOf(Flow.step(flow)).toEqualTypeOf<
  (
    position: Flow.Position,
    store: Job
  ) => Effect.Effect<Flow.Next<Job> | Flow.Done<Job, "enough" | "default">, Broken | Flow.InvalidPosition, Key>
>()
declare const ref: Ref.Ref<Job>
expectTypeOf(Flow.runRef(flow, ref)).toEqualTypeOf<Effect.Effect<"enough" | "default", Broken, Key>>()
expectTypeOf(Flow.runRef(flow, ref, { maxSteps: 3 })).toEqualTypeOf<
  Effect.Effect<"enough" | "default", Broken | Flow.StepLimitExceeded, Key>
>()
// The error carries where it stood.
Effect.catchTag(Flow.run(flow, job, { maxSteps: 3 }), "StepLimitExceeded", (error) => {
  expectTypeOf(error.position).toEqualTypeOf<Flow.Position>()
  expectTypeOf(error.limit).toEqualTypeOf<number>()
  return Effect.void
})
// Services are provided as to any Effect.
expectTypeOf(Effect.provideService(Flow.run(flow, job), Key, { key: "" })).toEqualTypeOf<
  Effect.Effect<Ended, Broken, never>
>()

// --- Flow.stream and Flow.Channel ---------------------------------------------------------------------------

const tokens = Flow.Channel<string>("tokens")
const progress = Flow.Channel<{ readonly done: number }>("progress")
expectTypeOf(tokens.emit("x")).toEqualTypeOf<Effect.Effect<void>>()
expectTypeOf(Flow.stream(flow, job)).toEqualTypeOf<
  Stream.Stream<Flow.FlowEvent<Job, "enough" | "default", never>, Broken, Key>
>()
expectTypeOf(Flow.stream(flow, job, { maxSteps: 3 })).toEqualTypeOf<
  Stream.Stream<Flow.FlowEvent<Job, "enough" | "default", never>, Broken | Flow.StepLimitExceeded, Key>
>()
const heard = Flow.stream(flow, job, { channels: [tokens], bufferSize: 1 })
expectTypeOf(heard).toEqualTypeOf<Stream.Stream<Flow.FlowEvent<Job, "enough" | "default", string>, Broken, Key>>()
Stream.map(heard, (event) => {
  expectTypeOf(event.store).toEqualTypeOf<Job>()
  switch (event._tag) {
    case "Started": {
      expectTypeOf(event.path).toEqualTypeOf<ReadonlyArray<string>>()
      expectTypeOf(event.item).toEqualTypeOf<number | undefined>()
      return event.step + event.attempt
    }
    case "Finished": {
      expectTypeOf(event.action).toEqualTypeOf<string>()
      expectTypeOf(event.patch).toEqualTypeOf<Readonly<Record<string, unknown>>>()
      return 0
    }
    case "Failed": {
      expectTypeOf(event.error).toEqualTypeOf<unknown>()
      expectTypeOf(event.action).toEqualTypeOf<string>()
      return 0
    }
    case "Emitted": {
      expectTypeOf(event.value).toEqualTypeOf<string>()
      expectTypeOf(event.channel).toEqualTypeOf<string>()
      return 0
    }
    case "Completed": {
      expectTypeOf(event.outcome).toEqualTypeOf<"enough" | "default">()
      return event.steps
    }
  }
})
expectTypeOf(
  heard.pipe(
    Stream.filter(tokens.is),
    Stream.map((event) => event.value)
  )
).toEqualTypeOf<Stream.Stream<string, Broken, Key>>()
const watched = Flow.runForEach(
  flow,
  job,
  (event) => {
    expectTypeOf(event).toEqualTypeOf<
      Flow.Started<Job> | Flow.Finished<Job> | Flow.Failed<Job> | Flow.Emitted<Job, string>
    >()
    return Effect.asVoid(Other)
  },
  { channels: [tokens], maxSteps: 3 }
)
expectTypeOf(watched).toEqualTypeOf<Effect.Effect<Ended, Broken | Flow.StepLimitExceeded, Key | Other>>()
// Where the run stands, to pause and to go on.
Stream.map(heard, (event) => {
  if (event._tag === "Started") expectTypeOf(event.position).toEqualTypeOf<Flow.Position | undefined>()
})
const pausing = Flow.stream(flow, job, { pauseBefore: ["step"] })
expectTypeOf(pausing).toEqualTypeOf<
  Stream.Stream<
    Flow.FlowEvent<Job, "enough" | "default", never> | Flow.PausedEvent<Job>,
    Broken | Flow.InvalidPosition,
    Key
  >
>()
Stream.map(pausing, (event) => {
  if (event._tag === "Paused") expectTypeOf(event.position).toEqualTypeOf<Flow.Position>()
})
expectTypeOf(Flow.stream(flow, job, { from: position, maxSteps: 3 })).toEqualTypeOf<
  Stream.Stream<
    Flow.FlowEvent<Job, "enough" | "default", never>,
    Broken | Flow.InvalidPosition | Flow.StepLimitExceeded,
    Key
  >
>()
declare const perhaps: Flow.Position | undefined
const tell = (event: Flow.FlowEvent<Job>) => Effect.log(event._tag)
expectTypeOf(Flow.runForEach(flow, job, tell, { from: perhaps })).toEqualTypeOf<
  Effect.Effect<Ended, Broken | Flow.InvalidPosition, Key>
>()
expectTypeOf(Flow.runForEach(flow, job, tell, { from: undefined })).toEqualTypeOf<Effect.Effect<Ended, Broken, Key>>()
expectTypeOf(Flow.runForEach(flow, job, tell, { from: position, pauseBefore: ["step"] })).toEqualTypeOf<
  Effect.Effect<Ended | Flow.Paused<Job>, Broken | Flow.InvalidPosition, Key>
>()
// What watches may fail.
class Full extends Data.TaggedError("Full")<{}> {}
expectTypeOf(Flow.runForEach(flow, job, () => Effect.fail(new Full()))).toEqualTypeOf<
  Effect.Effect<Ended, Broken | Full, Key>
>()
// Several channels, of different types.
const both = Flow.stream(flow, job, { channels: [tokens, progress] })
expectTypeOf(both).toEqualTypeOf<
  Stream.Stream<Flow.FlowEvent<Job, "enough" | "default", string | { readonly done: number }>, Broken, Key>
>()
Stream.map(both, (event) => {
  if (progress.is(event)) expectTypeOf(event.value).toEqualTypeOf<{ readonly done: number }>()
  if (tokens.is(event)) expectTypeOf(event.value).toEqualTypeOf<string>()
})

// --- Flow.fromJson, graphs ----------------------------------------------------------------------------------

const registry = { fork, worker, flow }
declare const json: unknown
expectTypeOf(Flow.fromJson(Job, registry, json)).toEqualTypeOf<
  Effect.Effect<Flow.Flow<typeof Job, string, Broken, Key>, Flow.InvalidFlow>
>()
expectTypeOf(Flow.fromJson(Job, registry, json, { outcomes: ["done", "failed"] })).toEqualTypeOf<
  Effect.Effect<Flow.Flow<typeof Job, "done" | "failed", Broken, Key>, Flow.InvalidFlow>
>()
expectTypeOf(Flow.toJson(flow)).toEqualTypeOf<Flow.FlowJson>()
expectTypeOf(Flow.toGraph(worker)).toEqualTypeOf<Flow.FlowGraph>()
expectTypeOf(Flow.check(picked)).toEqualTypeOf<ReadonlyArray<Flow.Finding>>()
expectTypeOf([Flow.toMermaid(flow), Flow.toDot(worker)]).toEqualTypeOf<Array<string>>()

// --- helpers that a user would write --------------------------------------------------------------------------

const logged = <S extends Store.Any, A extends string, E, R>(step: Flow.Step<S, A, E, R>) => Flow.mapOutcome(step, {})
expectTypeOf(logged(worker)).toEqualTypeOf<Flow.Flow<typeof Job, "worked", Broken, Key>>()
expectTypeOf(agent.pipe(logged)).toEqualTypeOf<
  Flow.Flow<typeof Qa, "done", ModelError | SearchError | Cause.TimeoutError, Model | Web>
>()
const bounded = <S extends Store.Any, A extends string, E, R, W extends string>(step: Flow.Step<S, A, E, R, W>) =>
  step.pipe(Flow.budget({ steps: 10 }), Flow.catch("failed"))
expectTypeOf(bounded(failing)).toEqualTypeOf<Flow.Flow<typeof Job, "fine" | "exhausted" | "failed", never, Key, "n">>()
export const sturdy = <S extends Store.Any, I, O, A extends string, E, R, P, W extends string>(
  node: Node.Node<S, I, O, A, E, R, P, W>
  // @ts-expect-error In a helper that is generic in E, it stays open whether E is kept in results.
) => node.pipe(Node.timeout("1 second"), Node.retry(Schedule.recurs(2)))
const runIt = <S extends Store.Any, A extends string, E, R>(step: Flow.Step<S, A, E, R>, store: Store.Init<S>) =>
  Flow.run(step, store)
expectTypeOf(runIt(flow, job)).toEqualTypeOf<Effect.Effect<Ended, Broken, Key>>()
const outcomeOf = <S extends Store.Any, A extends string, E, R>(
  step: Flow.Step<S, A, E, R>,
  store: Store.Init<S>
): Effect.Effect<A, E | Flow.StepLimitExceeded, R> =>
  Effect.map(Flow.run(step, store, { maxSteps: 100 }), (run) => run.outcome)
expectTypeOf(outcomeOf(flow, job)).toEqualTypeOf<
  Effect.Effect<"enough" | "default", Broken | Flow.StepLimitExceeded, Key>
>()
// A step for any store: the store is a parameter.
const pass = <S extends Store.Any>(store: S) => Node.make(store, {})
expectTypeOf(Flow.sequence(Job, { a: pass(Job), step })).toEqualTypeOf<
  Flow.Flow<typeof Job, "default", never, never, never>
>()
const announce = <S extends Store.Any>(store: S, text: (state: Store.Type<S>) => string) =>
  Node.make(store, { prep: (s) => text(s), exec: (line) => Effect.log(line) })
expectTypeOf(announce(Job, (s) => `${s.n}`)).toExtend<Flow.Step<typeof Job, "default">>()
const debug = <S extends Store.Any>(store: S) => Node.make(store, { exec: (s) => Effect.log(s) })
expectTypeOf(debug(Job)).toEqualTypeOf<Node.Node<typeof Job, Job, void, "default", never, never, never, never>>()
const reading = <A, E, R>(read: (s: Job) => Effect.Effect<A, E, R>) => Node.make(Job, { prep: read })
expectTypeOf(reading(() => breaks)).toEqualTypeOf<
  Node.Node<typeof Job, number, number, "default", never, Key, Broken, never>
>()
const eachTag = <A, E, R>(work: (tag: string) => Effect.Effect<A, E, R>) =>
  Node.batch(Job, { prep: (s) => s.tags, exec: work, post: (tags, all) => Job.next({ n: tags.length + all.length }) })
expectTypeOf(eachTag(() => breaks)).toEqualTypeOf<
  Node.Node<typeof Job, string, number, "default", Broken, Key, never, "n">
>()
// A node from parameters.
const visit = (name: string) => Node.make(Job, { post: () => Job.next((s) => ({ tags: [...s.tags, name] })) })
expectTypeOf(Flow.sequence(Job, { a: visit("a"), b: visit("b") })).toEqualTypeOf<
  Flow.Flow<typeof Job, "default", never, never, never>
>()
const goTo = <const A extends string>(action: A) => Node.make(Job, { post: () => Job.to(action) })
expectTypeOf(goTo("there")).toEqualTypeOf<Node.Node<typeof Job, Job, Job, "there", never, never, never, never>>()
const asking = <A, E, R>(ask: (n: number) => Effect.Effect<A, E, R>, note: (answer: A) => string) =>
  Node.make(Job, { prep: (s) => s.n, exec: ask, post: (_, answer) => Job.to("asked", { note: note(answer) }) })
expectTypeOf(asking(() => breaks, String)).toEqualTypeOf<
  Node.Node<typeof Job, number, number, "asked", Broken, Key, never, "note">
>()

// --- annotations ------------------------------------------------------------------------------------------------

export const annotatedFlow: Flow.Flow<typeof Job, "enough" | "default", Broken, Key> = flow
export const widerFlow: Flow.Flow<typeof Job, "enough" | "default" | "other", Broken | Late, Key | Other> = flow
export const annotatedStep: Flow.Step<typeof Job, "worked", Broken, Key> = worker
export const annotatedNode: Node.Node<typeof Job, number, number, "worked", Broken, Key> = worker
export const annotatedOver: Flow.Flow<Store.Over<typeof App.Type>, "counted", Broken, Key> = picked
export const narrowed: Flow.Flow<typeof App, "counted", Broken, Key> = picked
export const inPlace: Flow.Flow<typeof Job, "more" | "enough"> = Flow.make(Job, { start: "fork", nodes: { fork } })
export const runOfAnnotated: Effect.Effect<Flow.Run<Job, "worked">, Broken, Key> = Flow.run(annotatedStep, job)
export const list: ReadonlyArray<Flow.Step<typeof Job, string, unknown, Key>> = [worker, flow, step, free]
export const anySteps: ReadonlyArray<Step.Any> = [worker, flow, agent, picked]
export const anyNodes: ReadonlyArray<Node.Any> = [worker, decide, results, folded]
export const stores: ReadonlyArray<Store.Any> = [Job, Qa, Empty]
export const state: Store.Type<typeof Job> = { n: 1, tags: [] }
export const checkpoint = Schema.Struct({ position: Flow.Position, store: Job.schema })
expectTypeOf<typeof checkpoint.Type>().toEqualTypeOf<{ readonly position: Flow.Position; readonly store: Job }>()
export class Service extends Context.Service<
  Service,
  { readonly flow: Flow.Flow<typeof Job, "enough" | "default", Broken, Key> }
>()("Service") {
  static readonly value = Service.of({ flow })
}
