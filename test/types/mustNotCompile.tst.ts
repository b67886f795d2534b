/**
 * What must not compile, by the rules of the contract. A directive stands
 * directly above the line that fails and names the rule that it breaks.
 */
import type { Cause } from "effect"
import { Context, Data, Effect, Optic, Ref, Schedule, Schema, Stream } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import type { ModelError } from "./example.tst.ts"
import { agent, decide, Model, Qa, run, Web } from "./example.tst.ts"

declare const wide: string
declare const anyNames: ReadonlyArray<string>

const Job = Store.make("Job", {
  n: Schema.Number,
  tags: Schema.Array(Schema.String),
  note: Schema.optionalKey(Schema.String),
  meta: Schema.Struct({ by: Schema.String })
})
/** The same fields under another name. */
const Twin = Store.make("Twin", Job.schema)
/** Mutually assignable with Job: only an optional key more. */
const JobPlus = Store.make("Job", { ...Job.schema.fields, extra: Schema.optionalKey(Schema.String) })
/** One optional key less. */
const JobMinus = Store.make("Job", {
  n: Schema.Number,
  tags: Schema.Array(Schema.String),
  meta: Schema.Struct({ by: Schema.String })
})

const step = Node.make(Job, {})
const fork = Node.make(Job, { post: (s) => (s.n > 0 ? Job.to("more") : Job.to("enough")) })
const flow = Flow.make(Job, { start: "fork", nodes: { fork, step }, edges: { fork: { more: "step" } } })
const twin = Node.make(Twin, {})
const plus = Node.make(JobPlus, {})
const minus = Node.make(JobMinus, {})

class Broken extends Data.TaggedError("Broken")<{ readonly why: string }> {}
class Late extends Data.TaggedError("Late")<{}> {}
class Key extends Context.Service<Key, { readonly key: string }>()("Key") {}

const breaks: Effect.Effect<number, Broken> = Effect.fail(new Broken({ why: "it did" }))
const worker = Node.make(Job, { exec: () => breaks, post: () => Job.to("worked") })
const prepFails = Node.make(Job, {
  prep: () => Effect.as(Effect.fail(new Late()), "input"),
  exec: () => breaks,
  post: () => Job.next()
})
const postFails = Node.make(Job, {
  exec: () => breaks,
  post: () => Effect.as(Effect.fail(new Late()), Job.next())
})
const needsKey = Node.make(Job, { exec: () => Effect.map(Key, ({ key }) => key) })
const prepNeedsKey = Node.make(Job, { prep: () => Key })
const postNeedsKey = Node.make(Job, { post: () => Effect.as(Key, Job.next()) })

// --- a typo in a start, node, action or target ---------------------------------

Flow.make(Job, {
  // @ts-expect-error typo: start
  start: "frok",
  nodes: { fork, step }
})
Flow.make(Job, {
  // @ts-expect-error typo: start that is a wide string
  start: wide,
  nodes: { fork, step }
})
Flow.make(Job, {
  // @ts-expect-error typo: start that is an action, not a node
  start: "more",
  nodes: { fork, step },
  edges: { fork: { more: "step" } }
})
Flow.make(Job, {
  start: "fork",
  nodes: { fork, step },
  // @ts-expect-error typo: node in edges
  edges: { frok: { more: "step" } }
})
Flow.make(Job, {
  start: "fork",
  nodes: { fork, step },
  edges: {
    fork: { more: "step" },
    // @ts-expect-error typo: node in edges, beside a right one
    stpe: { default: "fork" }
  }
})
Flow.make(Job, {
  start: "fork",
  nodes: { fork, step },
  // @ts-expect-error typo: action
  edges: { fork: { moer: "step" } }
})
Flow.make(Job, {
  start: "fork",
  nodes: { fork, step },
  edges: {
    fork: {
      more: "step",
      // @ts-expect-error typo: action, beside a right one
      enuogh: "step"
    }
  }
})
Flow.make(Job, {
  start: "fork",
  nodes: { fork, step },
  edges: {
    fork: {
      // @ts-expect-error typo: target
      more: "stpe"
    }
  }
})
Flow.make(Job, {
  start: "fork",
  nodes: { fork, step },
  edges: {
    fork: {
      // @ts-expect-error typo: target that is a wide string
      more: wide
    }
  }
})
const typoNode = { frok: { more: "step" } } as const
// @ts-expect-error typo: node in edges of a variable
Flow.make(Job, { start: "fork", nodes: { fork, step }, edges: typoNode })
const typoAction = { fork: { moer: "step" } } as const
// @ts-expect-error typo: action in edges of a variable
Flow.make(Job, { start: "fork", nodes: { fork, step }, edges: typoAction })
const typoBeside = { fork: { more: "step", enuogh: "step" } } as const
// @ts-expect-error typo: action in edges of a variable, beside a right one
Flow.make(Job, { start: "fork", nodes: { fork, step }, edges: typoBeside })
const wideEdges: Readonly<Record<string, Readonly<Record<string, string>>>> = {}
// @ts-expect-error typo: edges of a variable that may hold anything
Flow.make(Job, { start: "fork", nodes: { fork, step }, edges: wideEdges })
const typoTarget = { fork: { more: "stpe" } } as const
// @ts-expect-error typo: target in edges of a variable
Flow.make(Job, { start: "fork", nodes: { fork, step }, edges: typoTarget })
const typoGraph = { start: "frok", nodes: { fork, step } } as const
// @ts-expect-error typo: start in a graph of a variable
Flow.make(Job, typoGraph)
// nested
Flow.make(Job, {
  start: "inner",
  nodes: {
    inner: Flow.make(Job, {
      // @ts-expect-error typo: start of a nested flow
      start: "frok",
      nodes: { fork }
    })
  }
})
Flow.make(Job, {
  start: "fork",
  nodes: { fork, step },
  // @ts-expect-error typo: unknown key of the graph
  edge: { fork: { more: "step" } }
})

const widened = Node.make(Job, { post: () => Job.to(wide), actions: ["guessed", "given up"] })
Flow.make(Job, {
  start: "widened",
  nodes: { widened, step },
  edges: {
    // @ts-expect-error typo: action of a node that declares its actions, where post has a wide string
    widened: { gessed: "step" }
  }
})
Flow.make(Job, {
  start: "each",
  nodes: {
    each: Flow.map(Job, widened, {
      prep: (s) => [s],
      post: (_, runs) => Job.to(runs.map((run): string => run.outcome)[0] ?? "none"),
      actions: ["guessed", "given up", "none"]
    }),
    step
  },
  // @ts-expect-error typo: action of a map that declares its actions, where post has a wide string
  edges: { each: { gessed: "step" } }
})

// --- an edge on an action that the node lacks ------------------------------------

Flow.make(Job, {
  start: "fork",
  nodes: { fork, step },
  // @ts-expect-error edge: the node has no "default"
  edges: { fork: { default: "step" } }
})
Flow.make(Job, {
  start: "inner",
  nodes: { inner: flow, step },
  edges: {
    // @ts-expect-error edge: "more" is wired inside the nested flow, so it is not an outcome of it
    inner: { more: "step" }
  }
})
Flow.make(Job, {
  start: "inner",
  nodes: { inner: flow.pipe(Flow.mapOutcome({ enough: "done" })), step },
  edges: {
    // @ts-expect-error edge: the outcome was renamed
    inner: { enough: "step" }
  }
})
Flow.make(Job, {
  start: "all",
  nodes: { all: Flow.all(Job, { step }), step },
  edges: {
    // @ts-expect-error edge: `all` without post ends in "default" only
    all: { done: "step" }
  }
})
Flow.make(Job, {
  start: "worker",
  nodes: { worker, step },
  edges: {
    // @ts-expect-error edge: an error is not an action without catchTag
    worker: { Broken: "step" }
  }
})
const endless = Flow.make(Job, { start: "step", nodes: { step }, edges: { step: { default: "step" } } })
Flow.make(Job, {
  start: "endless",
  nodes: { endless, step },
  edges: {
    // @ts-expect-error edge: a flow without an end has no outcome
    endless: { default: "step" }
  }
})

// --- a patch key or type that the store lacks ---------------------------------------

// @ts-expect-error patch key: object
Job.to("a", { m: 1 })
// @ts-expect-error patch key: object, beside a right one
Job.to("a", { n: 1, m: 1 })
// @ts-expect-error patch key: function
Job.to("a", (s) => ({ m: s.n }))
// @ts-expect-error patch key: function, beside a right one
Job.to("a", (s) => ({ n: s.n, m: 1 }))
// @ts-expect-error patch key: function with a body
Job.to("a", (s) => {
  return { n: s.n, m: 1 }
})
const excess = { n: 1, m: 1 }
// @ts-expect-error patch key: variable
Job.to("a", excess)
// @ts-expect-error patch key: function that gives a variable
Job.to("a", () => excess)
const excessively = () => excess
// @ts-expect-error patch key: function that is a variable
Job.to("a", excessively)
// @ts-expect-error patch key: one side of a conditional in a function
Job.to("a", (s) => (s.n > 0 ? { n: 1 } : { m: 1 }))
// @ts-expect-error patch key: a whole state of another store
Job.to("a", { question: "", context: [] })
// @ts-expect-error patch key: next, object
Job.next({ m: 1 })
// @ts-expect-error patch key: next, function
Job.next((s) => ({ m: s.n }))
// @ts-expect-error patch key: next, variable
Job.next(excess)
Node.make(Job, {
  // @ts-expect-error patch key: in post
  post: () => Job.to("a", { m: 1 })
})
Node.make(Job, {
  // @ts-expect-error patch key: in an effectful post
  post: () => Effect.as(Effect.void, Job.to("a", { m: 1 }))
})
Node.make(Job, {
  post: (s) =>
    s.n > 0
      ? Job.to("a", { n: 1 })
      : // @ts-expect-error patch key: in one branch of post
        Job.to("b", (s) => ({ m: s.n }))
})
Node.make(Job, {
  // @ts-expect-error patch key: decide
  post: () => Job.decide((s) => ["a", { m: s.n }])
})
Node.make(Job, {
  // @ts-expect-error patch key: decide, beside a right one
  post: () => Job.decide((s) => (s.n > 0 ? ["a", { n: s.n, m: 1 }] : "b"))
})

// @ts-expect-error patch type: object
Job.to("a", { n: "1" })
// @ts-expect-error patch type: function
Job.to("a", (s) => ({ n: `${s.n}` }))
const wrong = { n: "1" }
// @ts-expect-error patch type: variable
Job.to("a", wrong)
// @ts-expect-error patch type: function that gives a variable
Job.to("a", () => wrong)
// @ts-expect-error patch type: one side of a conditional
Job.to("a", (s) => (s.n > 0 ? { n: 1 } : { n: "1" }))
// @ts-expect-error patch type: undefined for a key that is required
Job.to("a", { n: undefined })
// @ts-expect-error patch type: undefined for an optional key (Store.unset removes it)
Job.to("a", { note: undefined })
// @ts-expect-error patch type: undefined for an optional key, in a function
Job.to("a", () => ({ note: undefined }))
// @ts-expect-error patch type: unset on a key that is required
Job.to("a", { n: Store.unset })
// @ts-expect-error patch type: unset on a key that is required, in a function
Job.to("a", () => ({ n: Store.unset }))
// @ts-expect-error patch type: inside a nested struct
Job.to("a", { meta: { by: 1 } })
// @ts-expect-error patch type: inside a nested struct, a key is missing
Job.to("a", { meta: {} })
// @ts-expect-error patch type: items of an array
Job.to("a", (s) => ({ tags: [...s.tags, s.n] }))
// @ts-expect-error patch type: next, object
Job.next({ tags: "one" })
// @ts-expect-error patch type: next, function
Job.next(() => ({ tags: "one" }))
// @ts-expect-error patch type: decide
Job.decide((s) => ["a", { n: `${s.n}` }])
// @ts-expect-error patch type: decide with undefined for an optional key
Job.decide(() => ["a", { note: undefined }])
// @ts-expect-error patch type: decide gives no action
Job.decide((s) => ({ n: s.n }))
// @ts-expect-error patch type: decide gives an action that is no string
Job.decide((s) => s.n)
// @ts-expect-error patch type: a function that gives a function
Job.to("a", () => () => ({ n: 1 }))
// @ts-expect-error patch type: a function that gives an Effect
Job.to("a", (s) => Effect.succeed({ n: s.n }))
// @ts-expect-error patch type: a function that gives a Promise
Job.to("a", async (s) => ({ n: s.n }))
// @ts-expect-error patch type: an array in place of a patch
Job.to("a", ["n", 1])
// @ts-expect-error patch type: a string in place of a patch
Job.to("a", "n")
// @ts-expect-error patch: the key in the function is read from a store that lacks it
Job.to("a", (s) => ({ n: s.m }))
// @ts-expect-error action: not a string
Job.to(1)
// @ts-expect-error action: missing
Job.to()

// --- a Promise in a phase --------------------------------------------------------------

Node.make(Job, {
  // @ts-expect-error promise: prep
  prep: async (s) => s.n,
  exec: (n) => Effect.succeed(n),
  post: () => Job.next()
})
Node.make(Job, {
  // @ts-expect-error promise: prep alone
  prep: async (s) => s.n
})
const asyncPrep = async (s: typeof Job.Type) => s.n
Node.make(Job, {
  // @ts-expect-error promise: prep that is a variable
  prep: asyncPrep
})
Node.make(Job, {
  // @ts-expect-error promise: prep, in one branch
  prep: (s) => (s.n > 0 ? s.n : Promise.resolve(0))
})
Node.make(Job, {
  prep: (s) => s.n,
  // @ts-expect-error promise: exec
  exec: async (n) => n + 1,
  post: () => Job.next()
})
Node.make(Job, {
  // @ts-expect-error promise: exec alone
  exec: async () => 1
})
const asyncExec = async (n: number) => n
Node.make(Job, {
  prep: (s) => s.n,
  // @ts-expect-error promise: exec that is a variable
  exec: asyncExec
})
Node.make(Job, {
  prep: (s) => s.n,
  // @ts-expect-error promise: exec, in one branch
  exec: (n) => (n > 0 ? Effect.succeed(n) : Promise.resolve(n))
})
Node.make(Job, {
  prep: (s) => s.n,
  exec: (n) => Effect.succeed(n),
  // @ts-expect-error promise: post
  post: async (_, n) => Job.next({ n })
})
Node.make(Job, {
  // @ts-expect-error promise: post alone
  post: async () => Job.next()
})
Node.batch(Job, {
  // @ts-expect-error promise: prep of a batch
  prep: async (s) => s.tags,
  exec: (tag) => Effect.succeed(tag)
})
Node.batch(Job, {
  prep: (s) => s.tags,
  // @ts-expect-error promise: exec of a batch
  exec: async (tag) => tag
})
Node.batch(Job, {
  prep: (s) => s.tags,
  exec: (tag) => Effect.succeed(tag),
  // @ts-expect-error promise: post of a batch
  post: async () => Job.next()
})
Node.fold(Job, {
  // @ts-expect-error promise: prep of a fold
  prep: async (s) => s.tags,
  initial: 0,
  exec: (n) => Effect.succeed(n + 1)
})
Node.fold(Job, {
  prep: (s) => s.tags,
  initial: 0,
  // @ts-expect-error promise: exec of a fold
  exec: async (n) => n + 1
})
Node.fold(Job, {
  prep: (s) => s.tags,
  initial: 0,
  exec: (n) => Effect.succeed(n + 1),
  // @ts-expect-error promise: post of a fold
  post: async () => Job.next()
})
Flow.call(Job, agent, {
  // @ts-expect-error promise: prep of a call
  prep: async () => ({ question: "", context: [] }),
  post: () => Job.next()
})
Flow.call(Job, agent, {
  prep: () => ({ question: "", context: [] }),
  // @ts-expect-error promise: post of a call
  post: async () => Job.next()
})
Flow.map(Job, agent, {
  // @ts-expect-error promise: prep of a map
  prep: async () => [{ question: "", context: [] }],
  post: () => Job.next()
})
Flow.map(Job, agent, {
  prep: () => [{ question: "", context: [] }],
  // @ts-expect-error promise: post of a map
  post: async () => Job.next()
})
Flow.forEach(step, {
  params: Key,
  // @ts-expect-error promise: prep of a forEach
  prep: async () => [{ key: "" }]
})
Flow.forEach(step, {
  params: Key,
  prep: () => [{ key: "" }],
  // @ts-expect-error promise: post of a forEach
  post: async () => Job.next()
})
Flow.all(
  Job,
  { step },
  {
    // @ts-expect-error promise: post of an all
    post: async () => Job.next()
  }
)
Node.make(Job, { exec: () => breaks }).pipe(
  // @ts-expect-error promise: fallback
  Node.fallback(async () => 1)
)
worker.pipe(
  // @ts-expect-error promise: the edge of an error
  Flow.catchTag("Broken", async () => Job.to("broken"))
)

// --- a transition that is yielded, or is not given ----------------------------------------

Effect.gen(function* () {
  // @ts-expect-error yielded: a transition is a plain value
  yield* Job.to("a")
})
Effect.gen(function* () {
  // @ts-expect-error yielded: next
  yield* Job.next({ n: 1 })
})
Effect.gen(function* () {
  // @ts-expect-error yielded: decide
  yield* Job.decide(() => "a")
})
Node.make(Job, {
  post: () =>
    Effect.gen(function* () {
      // @ts-expect-error yielded: in post
      return yield* Job.to("a")
    })
})
const transition = Job.to("a")
Effect.gen(function* () {
  // @ts-expect-error yielded: a variable
  yield* transition
})
// @ts-expect-error yielded: a transition is not an Effect
Effect.map(Job.to("a"), (x) => x)
Effect.gen(function* () {
  // @ts-expect-error yielded: a flow is not an Effect either
  yield* flow
})
Effect.gen(function* () {
  // @ts-expect-error yielded: nor is a node
  yield* step
})
// @ts-expect-error yielded: a flow is not an Effect (run takes it and a store)
Effect.runPromise(flow)
Node.make(Job, {
  prep: (s) => s.n,
  exec: (n) => Effect.succeed(n),
  // @ts-expect-error dropped: post gives nothing
  post: () => {
    Job.to("a")
  }
})
Node.make(Job, {
  // @ts-expect-error dropped: post gives an Effect of nothing
  post: () => Effect.void
})
Node.make(Job, {
  // @ts-expect-error dropped: an effectful post without return
  post: () =>
    Effect.gen(function* () {
      yield* Effect.void
      Job.to("a")
    })
})
Node.make(Job, {
  // @ts-expect-error dropped: one branch of post gives nothing
  post: (s) => {
    if (s.n > 0) return Job.to("a")
  }
})
Node.make(Job, {
  // @ts-expect-error not a transition: post gives an action
  post: () => "a"
})
Node.make(Job, {
  // @ts-expect-error not a transition: post gives a patch
  post: (s) => ({ n: s.n })
})
Node.make(Job, {
  // @ts-expect-error not a transition: post gives an Effect of an action
  post: () => Effect.succeed("a")
})
Node.make(Job, {
  // @ts-expect-error not a transition: post gives an Effect of an Effect
  post: () => Effect.succeed(Effect.succeed(Job.to("a")))
})
Node.make(Job, {
  // @ts-expect-error not a transition: post is a transition, not a function
  post: Job.to("a")
})
Node.batch(Job, {
  prep: (s) => s.tags,
  exec: (tag) => Effect.succeed(tag),
  // @ts-expect-error not a transition: post of a batch gives an action
  post: () => "a"
})
Flow.all(
  Job,
  { step },
  {
    // @ts-expect-error not a transition: post of an all gives an action
    post: () => "a"
  }
)

// --- a phase that does not fit the one before -----------------------------------------------

Node.make(Job, {
  prep: (s) => s.n,
  // @ts-expect-error phase: exec with another input, annotated
  exec: (text: string) => Effect.succeed(text),
  post: () => Job.next()
})
Node.make(Job, {
  prep: (s) => s.n,
  exec: (n) =>
    // @ts-expect-error phase: exec with another input, used
    Effect.succeed(n.length),
  post: () => Job.next()
})
const shout = (text: string) => Effect.succeed(text.toUpperCase())
Node.make(Job, {
  prep: (s) => s.n,
  // @ts-expect-error phase: exec with another input, a function defined before
  exec: shout,
  post: (_, text) => Job.next({ note: text })
})
Node.make(Job, {
  prep: (s) => s.n,
  // @ts-expect-error phase: the same without post
  exec: shout
})
Node.make(Job, {
  prep: (s) => Effect.succeed(s.n),
  // @ts-expect-error phase: exec with another input than that of the Effect of prep
  exec: shout
})
Node.make(Job, {
  // @ts-expect-error phase: exec of a snapshot that is no string
  exec: shout
})
Node.make(Job, {
  // @ts-expect-error phase: post of a snapshot that is no string
  post: (text: string) => Job.to(text)
})
Node.make(Job, {
  prep: (s) => s.n,
  // @ts-expect-error phase: post of an input that is no string, without exec
  post: (text: string) => Job.to(text)
})
Node.make(Job, {
  exec: (s) => Effect.succeed(s.n),
  // @ts-expect-error phase: post of a snapshot that is no string, with exec
  post: (text: string) => Job.to(text)
})
Node.make(Job, {
  // @ts-expect-error phase: exec gives a value, not an Effect
  exec: () => 1
})
Node.make(Job, {
  prep: (s) => s.n,
  // @ts-expect-error phase: exec gives a value, not an Effect (all phases)
  exec: (n) => n + 1,
  post: () => Job.next()
})
Node.make(Job, {
  // @ts-expect-error phase: exec is an Effect, not a function
  exec: breaks
})
Node.make(Job, {
  prep: (s) => s.n,
  exec: (n) => Effect.succeed(`${n}`),
  // @ts-expect-error phase: post with another output, used
  post: (_, text) => Job.next({ n: text })
})
Node.make(Job, {
  prep: (s) => s.n,
  exec: (n) => Effect.succeed(`${n}`),
  // @ts-expect-error phase: post with another output, annotated
  post: (_: number, output: number) => Job.next({ n: output })
})
Node.make(Job, {
  prep: (s) => s.n,
  exec: (n) => Effect.succeed(`${n}`),
  // @ts-expect-error phase: post with another input, annotated
  post: (input: string) => Job.next({ note: input })
})
Node.make(Job, {
  prep: (s) => s.n,
  // @ts-expect-error phase: no exec, so the output is what prep gave
  post: (_, output) => Job.next({ note: output })
})
Node.make(Job, {
  // @ts-expect-error phase: a key that the snapshot lacks
  prep: (s) => s.m
})
Node.make(Job, {
  prep: (s) => {
    // @ts-expect-error phase: the snapshot is readonly
    s.n = 1
    return s
  }
})
Node.make(Job, {
  prep: (s) => {
    // @ts-expect-error phase: arrays in the snapshot are readonly
    s.tags.push("x")
    return s
  }
})
Node.make(Job, {
  // @ts-expect-error phase: a misspelt phase
  perp: () => 1
})
Node.make(Job, {
  // @ts-expect-error phase: a misspelt phase beside right ones
  exce: () => Effect.succeed(1),
  post: () => Job.next()
})
Node.batch(Job, {
  // @ts-expect-error phase: prep of a batch gives no Iterable
  prep: (s) => s.n,
  exec: (n) => Effect.succeed(n)
})
Node.batch(Job, {
  // @ts-expect-error phase: prep of a batch gives an Effect of no Iterable
  prep: (s) => Effect.succeed(s.n),
  exec: (n) => Effect.succeed(n)
})
Node.batch(Job, {
  prep: () => [1, 2],
  // @ts-expect-error phase: exec of a batch with another item
  exec: shout
})
Node.batch(Job, {
  prep: () => [1, 2],
  exec: (n) => Effect.succeed(n),
  // @ts-expect-error phase: post of a batch gets arrays
  post: (_, results) => Job.next({ n: results })
})
Node.batch(Job, {
  prep: () => [1, 2],
  exec: (n) => (n > 1 ? Effect.succeed(n) : Effect.fail("less")),
  // @ts-expect-error phase: with the mode "result" post gets Results
  post: (_, results) => Job.next({ n: results[0]! }),
  mode: "result"
})
Node.batch(Job, {
  prep: () => [1, 2],
  exec: (n) => Effect.succeed(n),
  // @ts-expect-error phase: an unknown mode
  mode: "results"
})
Node.batch(Job, {
  prep: () => [1, 2],
  exec: (n) => Effect.succeed(n),
  // @ts-expect-error phase: an unknown concurrency
  concurrency: "all"
})
Node.batch(
  Job,
  // @ts-expect-error phase: a batch without exec
  { prep: () => [1, 2] }
)
Node.fold(Job, {
  prep: () => ["a"],
  initial: 0,
  // @ts-expect-error phase: exec of a fold gives another accumulator
  exec: (_acc, item) => Effect.succeed(item)
})
Node.fold(Job, {
  prep: () => ["a"],
  initial: 0,
  exec: (n, item) =>
    // @ts-expect-error phase: exec of a fold with another item
    Effect.succeed(n + item.size)
})
Node.fold(Job, {
  prep: () => ["a"],
  initial: "",
  exec: (text, item) => Effect.succeed(text + item),
  // @ts-expect-error phase: post of a fold gets the accumulator
  post: (_, text) => Job.next({ n: text })
})
Flow.call(Job, agent, {
  // @ts-expect-error phase: prep of a call lacks a key of the inner store
  prep: () => ({ question: "" }),
  post: () => Job.next()
})
Flow.call(Job, agent, {
  // @ts-expect-error phase: prep of a call gives a key of another type
  prep: (s) => Effect.succeed({ question: s.n, context: [] }),
  post: () => Job.next()
})
Flow.call(Job, agent, {
  prep: () => ({ question: "", context: [] }),
  // @ts-expect-error phase: post of a call gets the inner store
  post: (_, run) => Job.next({ n: run.store.answer })
})
Flow.map(Job, agent, {
  // @ts-expect-error phase: prep of a map gives one, not many
  prep: () => ({ question: "", context: [] }),
  post: () => Job.next()
})
Flow.map(Job, agent, {
  // @ts-expect-error phase: prep of a map lacks a key of the inner store
  prep: (s) => s.tags.map((question) => ({ question })),
  post: () => Job.next()
})
Flow.map(Job, agent, {
  prep: (s) => s.tags.map((question) => ({ question, context: [] })),
  // @ts-expect-error phase: post of a map gets many
  post: (_, runs) => Job.next({ note: runs.store.question })
})
Flow.forEach(step, {
  params: Key,
  // @ts-expect-error phase: elements of forEach that are not the params
  prep: (s) => s.tags
})
Flow.forEach(step, {
  // @ts-expect-error phase: params that are no Context key
  params: "Key",
  prep: () => [{ key: "" }]
})
worker.pipe(
  // @ts-expect-error phase: fallback gives another output
  Node.fallback(() => Effect.succeed("text"))
)
// @ts-expect-error phase: fallback gives another output, data-first
Node.fallback(worker, () => Effect.succeed("text"))
worker.pipe(
  // @ts-expect-error phase: fallback gives a value, not an Effect
  Node.fallback(() => 1)
)
worker.pipe(
  // @ts-expect-error phase: fallback takes another error
  Node.fallback((error: Late) => Effect.succeed(error._tag.length))
)
worker.pipe(
  // @ts-expect-error phase: retry with a schedule that takes another error
  Node.retry(Schedule.recurs(3).pipe(Schedule.setInputType<Late>()))
)
// @ts-expect-error phase: retry with a schedule that takes another error, data-first
Node.retry(worker, Schedule.recurs(3).pipe(Schedule.setInputType<Late>()))
worker.pipe(
  // @ts-expect-error phase: retry with options that do not exist
  Node.retry({ tims: 3 })
)
worker.pipe(
  // @ts-expect-error phase: retry with a condition on another error
  Node.retry({ while: (error: Late) => error._tag === "Late" })
)
// @ts-expect-error phase: retry with a number
worker.pipe(Node.retry(3))
// @ts-expect-error phase: timeout with a unit that does not exist
worker.pipe(Node.timeout("30 secs"))
const kept = Node.batch(Job, { prep: (s) => s.tags, exec: () => breaks, mode: "result" })
// @ts-expect-error phase: timeout around items whose errors are kept in results
kept.pipe(Node.timeout("1 second"))
// @ts-expect-error phase: timeout around items whose errors are kept in results, data-first
Node.timeout(kept, "1 second")
// @ts-expect-error phase: fallback with another error than the results hold
kept.pipe(Node.fallback(() => Effect.fail(new Late())))
// @ts-expect-error phase: fallback with another error than the results hold, data-first
Node.fallback(kept, () => Effect.fail(new Late()))
Node.make(Job, {
  post: () => Job.to("a"),
  // @ts-expect-error phase: declared actions that post does not have
  actions: ["a", "b"]
})
Node.batch(Job, {
  prep: () => [1],
  exec: (n) => Effect.succeed(n),
  post: () => Job.to("a"),
  // @ts-expect-error phase: declared actions that the post of a batch does not have
  actions: ["a", "b"]
})
Node.fold(Job, {
  // @ts-expect-error phase: declared actions that the post of a fold does not have
  actions: ["a", "b"],
  prep: () => [1],
  initial: 0,
  exec: (n) => Effect.succeed(n),
  post: () => Job.to("a")
})
Flow.all(
  Job,
  { step },
  {
    post: () => Job.to("a"),
    // @ts-expect-error phase: declared actions that the post of `all` does not have
    actions: ["a", "b"]
  }
)
Flow.map(Job, step, {
  prep: (s) => [s],
  post: () => Job.to("a"),
  // @ts-expect-error phase: declared actions that the post of `map` does not have
  actions: ["a", "b"]
})
Flow.forEach(step, {
  params: Key,
  prep: () => [{ key: "k" }],
  post: () => Job.to("a"),
  // @ts-expect-error phase: declared actions that the post of `forEach` does not have
  actions: ["a", "b"]
})
Flow.call(Job, step, {
  prep: (s) => s,
  post: () => Job.to("a"),
  // @ts-expect-error phase: declared actions that the post of `call` does not have
  actions: ["a", "b"]
})
worker.pipe(
  Flow.catch({
    post: () => Job.to("a"),
    // @ts-expect-error phase: declared actions that an error edge does not have
    actions: ["a", "b"]
  })
)
Flow.catchTag(worker, "Broken", {
  post: () => Job.to("a"),
  // @ts-expect-error phase: declared actions that an error edge does not have, data-first
  actions: ["b"]
})
// @ts-expect-error phase: an error edge of actions alone
Flow.catch(worker, { actions: ["b"] })
Node.make(Job, {
  post: () => Job.to("a"),
  // @ts-expect-error phase: declared actions of a variable, that may be any
  actions: anyNames
})
Node.make(Job, {
  // @ts-expect-error phase: declared actions without post
  actions: ["done"]
})
Node.batch(Job, {
  prep: () => [1],
  exec: (n) => Effect.succeed(n),
  // It compiles, and has no effect: phase: declared actions of a batch without post
  actions: ["done"]
})

// --- a node over another store, without focus -------------------------------------------------

Flow.make(Job, {
  start: "decide",
  nodes: {
    // @ts-expect-error store: a node over a store of other fields
    decide
  }
})
Flow.make(Job, {
  start: "twin",
  nodes: {
    step,
    // @ts-expect-error store: a node over a store of the same fields and another name
    twin
  }
})
Flow.make(Job, {
  start: "plus",
  nodes: {
    step,
    // @ts-expect-error store: a node over a store with an optional key more
    plus
  }
})
Flow.make(JobPlus, {
  start: "step",
  nodes: {
    // @ts-expect-error store: a node over a store with an optional key less
    step,
    plus
  }
})
Flow.make(Job, {
  start: "minus",
  nodes: {
    // @ts-expect-error store: a node over a store that lacks an optional key of the flow's
    minus
  }
})
Flow.make(Job, {
  start: "agent",
  nodes: {
    // @ts-expect-error store: a flow over another store
    agent
  }
})
Flow.make(Job, {
  start: "twin",
  nodes: {
    // @ts-expect-error store: a flow over another store, with new outcomes
    twin: Flow.make(Twin, { start: "twin", nodes: { twin } }).pipe(Flow.mapOutcome({ default: "done" }))
  }
})
const strangers = { step, twin }
// @ts-expect-error store: nodes of a variable
Flow.make(Job, { start: "step", nodes: strangers })
Flow.sequence(Job, {
  step,
  // @ts-expect-error store: in a sequence
  twin
})
Flow.sequence(Job, {
  step,
  // @ts-expect-error store: in a sequence, with an optional key more
  plus
})
Flow.all(Job, {
  step,
  // @ts-expect-error store: in a branch
  twin
})
Flow.all(Job, {
  step,
  // @ts-expect-error store: in a branch, with an optional key more
  plus
})
Flow.fromJson(
  Job,
  {
    step,
    // @ts-expect-error store: in a registry
    twin
  },
  {}
)
Node.make(Job, {
  // @ts-expect-error store: a transition of another store
  post: () => Twin.next()
})
Node.make(Job, {
  // @ts-expect-error store: a transition of a store with an optional key more
  post: () => JobPlus.next({ extra: "x" })
})
Node.make(Job, {
  // @ts-expect-error store: a transition of another store, in an Effect
  post: () => Effect.succeed(Twin.to("a"))
})
Node.make(Job, {
  // @ts-expect-error store: a transition of another store, in one branch
  post: (s) => (s.n > 0 ? Job.to("a") : Twin.to("b"))
})
Node.make(Job, {
  prep: (s) => s.n,
  exec: (n) => Effect.succeed(n),
  // @ts-expect-error store: a transition of another store, with all phases
  post: () => Twin.next()
})
Node.make(Job, {
  // @ts-expect-error store: decide of another store
  post: () => Twin.decide(() => "a")
})
Node.batch(Job, {
  prep: (s) => s.tags,
  exec: (tag) => Effect.succeed(tag),
  // @ts-expect-error store: a transition of another store, in a batch
  post: () => Twin.next()
})
Node.fold(Job, {
  prep: (s) => s.tags,
  initial: 0,
  exec: (n) => Effect.succeed(n + 1),
  // @ts-expect-error store: a transition of another store, in a fold
  post: () => Twin.next()
})
Flow.call(Job, agent, {
  prep: () => ({ question: "", context: [] }),
  // @ts-expect-error store: post of a call gives a transition of the inner store
  post: () => Qa.next()
})
Flow.map(Job, agent, {
  prep: () => [{ question: "", context: [] }],
  // @ts-expect-error store: post of a map gives a transition of the inner store
  post: () => Qa.next()
})
Flow.forEach(step, {
  params: Key,
  prep: () => [{ key: "" }],
  // @ts-expect-error store: post of a forEach gives a transition of another store
  post: () => Twin.next()
})
Flow.all(
  Job,
  { step },
  {
    // @ts-expect-error store: post of an all gives a transition of another store
    post: () => Twin.next()
  }
)
// @ts-expect-error store: an error edge that gives a transition of another store
Flow.catchTag(worker, "Broken", () => Twin.to("broken"))
// @ts-expect-error store: an error edge that gives a transition of another store, data-last
worker.pipe(Flow.catchTag("Broken", () => Twin.to("broken")))
// @ts-expect-error store: an edge for all errors that gives a transition of another store
worker.pipe(Flow.catch(() => Twin.to("broken")))
// @ts-expect-error store: a lens that does not give the node's store
step.pipe(Flow.focus(Optic.id<{ readonly job: { readonly n: number } }>().key("job")))
// @ts-expect-error store: a lens that does not give the node's store, data-first
Flow.focus(step, Optic.id<{ readonly job: { readonly n: number } }>().key("job"))
// @ts-expect-error store: a lens to a type that lacks an optional key
step.pipe(Flow.focus(Optic.id<{ readonly job: typeof JobMinus.Type }>().key("job")))
// @ts-expect-error store: a lens to a type with an optional key more
step.pipe(Flow.focus(Optic.id<{ readonly job: typeof JobPlus.Type }>().key("job")))
Flow.make(Twin, {
  start: "a",
  nodes: {
    // @ts-expect-error store: a lens from a type that is not the flow's store
    a: step.pipe(Flow.focus(Optic.id<{ readonly job: typeof Job.Type }>().key("job")))
  }
})

// --- Node.retry, Node.fallback or Node.timeout on a flow ----------------------------------------

const thrice = Schedule.recurs(3)
// @ts-expect-error on a flow: retry
flow.pipe(Node.retry(thrice))
// @ts-expect-error on a flow: retry, data-first
Node.retry(flow, thrice)
// @ts-expect-error on a flow: fallback
flow.pipe(Node.fallback(() => Effect.void))
// @ts-expect-error on a flow: fallback, data-first
Node.fallback(flow, () => Effect.void)
// @ts-expect-error on a flow: timeout
flow.pipe(Node.timeout("1 second"))
// @ts-expect-error on a flow: timeout, data-first
Node.timeout(flow, "1 second")
// @ts-expect-error on a flow: a flow that fails
agent.pipe(Node.retry(thrice))
// @ts-expect-error on a flow: what a flow combinator made of a node
worker.pipe(Flow.mapOutcome({ worked: "done" }), Node.retry(thrice))
const caught = worker.pipe(Flow.catchTag("Broken", "broken"))
// @ts-expect-error on a flow: what catchTag made of a node
caught.pipe(Node.fallback(() => Effect.succeed(1)))
// @ts-expect-error on a flow: all
Flow.all(Job, { step }).pipe(Node.retry(thrice))
// @ts-expect-error on a flow: a call
Node.retry(Flow.call(Job, agent, { prep: () => ({ question: "", context: [] }), post: () => Job.next() }), thrice)
// @ts-expect-error on a flow: a sequence
Flow.sequence(Job, { step }).pipe(Node.timeout("1 second"))
const anyStep: Flow.Step<typeof Job, "worked", Broken> = worker
// @ts-expect-error on a flow: a step that might be one
anyStep.pipe(Node.retry(thrice))

// --- running with a missing service ----------------------------------------------------------------

// @ts-expect-error service: run
Effect.runPromise(run)
// @ts-expect-error service: run, one of two is provided
Effect.runPromise(Effect.provideService(run, Web, { search: () => Effect.succeed([]) }))
// @ts-expect-error service: of exec
Effect.runSync(Flow.run(needsKey, { n: 1, tags: [], meta: { by: "" } }))
// @ts-expect-error service: of prep
Effect.runSync(Flow.run(prepNeedsKey, { n: 1, tags: [], meta: { by: "" } }))
// @ts-expect-error service: of post
Effect.runSync(Flow.run(postNeedsKey, { n: 1, tags: [], meta: { by: "" } }))
declare const job: typeof Job.Type
// @ts-expect-error service: in a nested flow
Effect.runSync(Flow.run(Flow.sequence(Job, { inner: Flow.sequence(Job, { needsKey }) }), job))
// @ts-expect-error service: in a branch
Effect.runSync(Flow.run(Flow.all(Job, { step, needsKey }), job))
// @ts-expect-error service: runRef
Effect.runSync(Effect.flatMap(Ref.make(job), (ref) => Flow.runRef(needsKey, ref)))
// @ts-expect-error service: stream
Effect.runPromise(Stream.runDrain(Flow.stream(needsKey, job)))
// @ts-expect-error service: step
Effect.runSync(Flow.step(needsKey)(Flow.start(needsKey), job))
// @ts-expect-error service: resume
Effect.runSync(Flow.resume(needsKey, Flow.start(needsKey), job))
// @ts-expect-error service: through retry, timeout and an error edge
Effect.runSync(Flow.run(needsKey.pipe(Node.retry(thrice), Node.timeout("1 second"), Flow.catch("failed")), job))
declare const asksKey: Schedule.Schedule<number, unknown, never, Key>
// @ts-expect-error service: of the schedule of a retry
Effect.runSync(Flow.run(worker.pipe(Node.retry(asksKey), Flow.catch("failed")), job))
// @ts-expect-error service: of the schedule of a retry, in options
Effect.runSync(Flow.run(worker.pipe(Node.retry({ schedule: asksKey, times: 3 }), Flow.catch("failed")), job))
// @ts-expect-error service: of a fallback
Effect.runSync(Flow.run(worker.pipe(Node.fallback(() => Effect.as(Key, 1))), job))
Effect.runSync(
  // @ts-expect-error service: the params of forEach are provided, another one is not
  Flow.run(
    Flow.forEach(agent, { params: Model, prep: () => [{ ask: () => Effect.succeed("") }] }),
    Qa.schema.make({ question: "", context: [] })
  ).pipe(Effect.orDie)
)
// @ts-expect-error service: an annotation that denies it
export const deniesService: Flow.Flow<typeof Job, "default"> = Flow.sequence(Job, { needsKey })
// @ts-expect-error service: an annotation of a node that denies it
export const deniesServiceOfNode: Flow.Step<typeof Job, "default"> = needsKey

// --- an initial store that lacks a key -----------------------------------------------------------

// @ts-expect-error initial: lacks a key
Flow.run(flow, { n: 1, tags: [] })
// @ts-expect-error initial: empty
Flow.run(flow, {})
// @ts-expect-error initial: none
Flow.run(flow)
const lacking = { n: 1 }
// @ts-expect-error initial: lacks a key, variable
Flow.run(flow, lacking)
// @ts-expect-error initial: a key of another type
Flow.run(flow, { n: "1", tags: [], meta: { by: "" } })
// @ts-expect-error initial: inside a nested struct
Flow.run(flow, { n: 1, tags: [], meta: {} })
// @ts-expect-error initial: undefined for an optional key
Flow.run(flow, { n: 1, tags: [], meta: { by: "" }, note: undefined })
// @ts-expect-error initial: a key that the store lacks
Flow.run(flow, { n: 1, tags: [], meta: { by: "" }, m: 1 })
// @ts-expect-error initial: of a node
Flow.run(step, { n: 1 })
// @ts-expect-error initial: stream
Flow.stream(flow, { n: 1 })
// @ts-expect-error initial: resume
Flow.resume(flow, Flow.start(flow), { n: 1 })
// @ts-expect-error initial: step
Flow.step(flow)(Flow.start(flow), { n: 1 })
declare const ref: Ref.Ref<{ readonly n: number }>
// @ts-expect-error initial: a Ref of another type
Flow.runRef(flow, ref)
declare const plusRef: Ref.Ref<typeof Qa.Type>
// @ts-expect-error initial: a Ref of another store
Flow.runRef(flow, plusRef)
const Defaults = Store.make("Defaults", {
  text: Schema.String,
  n: Schema.Number.pipe(Schema.withConstructorDefault(Effect.succeed(0)))
})
// @ts-expect-error initial: a default of another type
Schema.Number.pipe(Store.withInitial("0"))
// @ts-expect-error initial: items of another type
Schema.Array(Schema.String).pipe(Store.withInitial([0]))
// @ts-expect-error initial: a key without a default
Flow.run(Node.make(Defaults, {}), { n: 1 })
// @ts-expect-error initial: resume takes a whole store, without defaults
Flow.resume(Node.make(Defaults, {}), Flow.start(Node.make(Defaults, {})), { text: "" })
// @ts-expect-error initial: so does a stream from a position
Flow.stream(Node.make(Defaults, {}), { text: "" }, { from: Flow.start(Node.make(Defaults, {})) })
// @ts-expect-error initial: and runForEach
Flow.runForEach(Node.make(Defaults, {}), { text: "" }, () => Effect.void, { from: Flow.start(Node.make(Defaults, {})) })
Flow.stream(Node.make(Defaults, {}), { text: "" })

// --- an outcome or an error treated as one that cannot happen -----------------------------------

declare const outcome: Effect.Success<typeof run>["outcome"]
// @ts-expect-error cannot happen: comparison with another outcome
export const compared = outcome === "exhausted"
switch (outcome) {
  // @ts-expect-error cannot happen: a case for an action that is wired
  case "search":
    break
}
// @ts-expect-error cannot happen: the outcome of a flow is not another
export const another: Flow.Flow<typeof Qa, "finished", ModelError, Model | Web> = agent
// @ts-expect-error can happen: an annotation that denies an outcome
export const deniesOutcome: Flow.Step<typeof Job, "more"> = fork
// @ts-expect-error can happen: an annotation that denies an error
export const deniesError: Flow.Step<typeof Job, "worked"> = worker
// @ts-expect-error can happen: the errors of a run
export const deniesErrors: Effect.Effect<unknown, never, Model | Web> = run
// @ts-expect-error can happen: a whole switch that forgets an outcome
export const forgets = (action: "more" | "enough" | Flow.Run<unknown, "x">["outcome"]): number => {
  switch (action) {
    case "more":
      return 1
    case "enough":
      return 2
  }
}
Effect.catchTag(
  run,
  // @ts-expect-error cannot happen: an error that no node has
  "Broken",
  () => Effect.void
)
Effect.catchTag(
  run,
  // @ts-expect-error cannot happen: StepLimitExceeded without maxSteps
  "StepLimitExceeded",
  () => Effect.void
)
Effect.catchTag(
  Flow.run(flow, job, { maxSteps: 3 }),
  // @ts-expect-error cannot happen: InvalidPosition without pauseBefore
  "InvalidPosition",
  () => Effect.void
)
// @ts-expect-error can happen: StepLimitExceeded with maxSteps
export const limited: Effect.Effect<unknown> = Flow.run(flow, job, { maxSteps: 3 })
// @ts-expect-error can happen: InvalidPosition on resume
export const resumed: Effect.Effect<unknown> = Flow.resume(flow, Flow.start(flow), job)
// @ts-expect-error can happen: a pause
Effect.map(Flow.run(flow, job, { pauseBefore: ["step"] }), (run) => run.outcome)
// @ts-expect-error cannot happen: a pause without pauseBefore
Effect.map(Flow.run(flow, job), (run) => run.position)
// @ts-expect-error cannot happen: catchTag of an error that the step does not have
Flow.catchTag(worker, "Late", "late")
// @ts-expect-error cannot happen: catchTag of an error that the step does not have, data-last
worker.pipe(Flow.catchTag("Late", "late"))
// @ts-expect-error cannot happen: catchTag twice
worker.pipe(Flow.catchTag("Broken", "broken"), Flow.catchTag("Broken", "broken"))
// @ts-expect-error cannot happen: catchTag on a step that cannot fail
step.pipe(Flow.catchTag("Broken", "broken"))
worker.pipe(
  // @ts-expect-error cannot happen: a key that the error lacks
  Flow.catchTag("Broken", (error) => Job.to("broken", { note: error.reason }))
)
// @ts-expect-error cannot happen: mapOutcome of an outcome that is not there
Flow.mapOutcome(fork, { mroe: "done" })
// @ts-expect-error cannot happen: mapOutcome of an outcome that is not there, data-last
fork.pipe(Flow.mapOutcome({ mroe: "done" }))
// @ts-expect-error cannot happen: mapOutcome of an outcome that is not there, beside a right one
fork.pipe(Flow.mapOutcome({ more: "done", enuogh: "done" }))
const renames = { mroe: "done" } as const
// @ts-expect-error cannot happen: mapOutcome with a variable
fork.pipe(Flow.mapOutcome(renames))
const renamesBeside = { more: "done", enuogh: "done" } as const
// @ts-expect-error cannot happen: mapOutcome with a variable, beside a right one
fork.pipe(Flow.mapOutcome(renamesBeside))
// @ts-expect-error cannot happen: mapOutcome with a variable, data-first
Flow.mapOutcome(fork, renames)
// @ts-expect-error cannot happen: mapOutcome to something that is not a string
fork.pipe(Flow.mapOutcome({ more: 1 }))
Flow.call(Qa, fork, {
  prep: () => job,
  // @ts-expect-error cannot happen: an outcome of the flow that is called
  post: (_, run) => (run.outcome === "done" ? Qa.to("a") : Qa.to("b"))
})
Flow.map(Qa, fork, {
  prep: () => [job],
  // @ts-expect-error cannot happen: an outcome of the flow that is mapped
  post: (_, runs) => (runs.every((run) => run.outcome === "done") ? Qa.to("a") : Qa.to("b"))
})
Flow.forEach(fork, {
  params: Key,
  prep: () => [{ key: "" }],
  // @ts-expect-error cannot happen: an outcome of the runs of forEach
  post: (_, outcomes) => (outcomes.includes("done") ? Job.to("a") : Job.to("b"))
})
Flow.all(
  Job,
  { fork, step },
  {
    // @ts-expect-error cannot happen: an outcome of a branch
    post: (outcomes) => (outcomes.fork === "done" ? Job.to("a") : Job.to("b"))
  }
)
Flow.all(
  Job,
  { fork, step },
  {
    // @ts-expect-error cannot happen: a branch that is not there
    post: (outcomes) => (outcomes.frok === "more" ? Job.to("a") : Job.to("b"))
  }
)
Flow.stream(flow, job).pipe(
  // @ts-expect-error cannot happen: an outcome in the last event
  Stream.filter((event) => event._tag === "Completed" && event.outcome === "more")
)
Flow.stream(flow, job).pipe(
  // @ts-expect-error cannot happen: an event
  Stream.filter((event) => event._tag === "Retried")
)
Flow.stream(flow, job).pipe(
  // @ts-expect-error cannot happen: a value without channels
  Stream.map((event) => (event._tag === "Emitted" ? event.value.length : 0))
)
Flow.stream(flow, job).pipe(
  // @ts-expect-error cannot happen: StepLimitExceeded in a stream without maxSteps
  Stream.catchTag("StepLimitExceeded", () => Stream.empty)
)
Flow.stream(flow, job).pipe(
  // @ts-expect-error cannot happen: a pause in a stream without pauseBefore
  Stream.filter((event) => event._tag === "Paused")
)
Flow.stream(flow, job, { maxSteps: 3 }).pipe(
  // @ts-expect-error cannot happen: InvalidPosition in a stream without a position or pauseBefore
  Stream.catchTag("InvalidPosition", () => Stream.empty)
)
const pausing = Flow.runForEach(flow, job, () => Effect.void, { pauseBefore: ["step"] })
// @ts-expect-error can happen: a pause, in what runForEach gives
Effect.map(pausing, (run) => run.outcome)
// @ts-expect-error can happen: InvalidPosition from a position
export const watchedFrom: Stream.Stream<unknown> = Flow.stream(step, job, { from: Flow.start(step) })
Flow.stream(flow, job).pipe(
  // @ts-expect-error can happen: no position, inside of a fan
  Stream.filter((event) => event._tag === "Started" && event.position.step > 1)
)
const tokens = Flow.Channel<string>("tokens")
// @ts-expect-error channel: a value of another type
tokens.emit(1)
// @ts-expect-error channel: options that are not a list
Flow.stream(flow, job, { channels: tokens })
Flow.make(Job, {
  start: "flow",
  nodes: { flow: Flow.budget(flow, { steps: 3 }), step },
  // @ts-expect-error budget: wired under an outcome that it does not have
  edges: { flow: { spent: "step" } }
})
Flow.make(Job, {
  start: "flow",
  nodes: { flow: flow.pipe(Flow.budget({ steps: 3 })), step },
  // @ts-expect-error budget: wired under an outcome that it does not have, data-last
  edges: { flow: { spent: "step" } }
})
// @ts-expect-error budget: an annotation that denies its outcome
export const deniesBudget: Flow.Flow<typeof Job, "more" | "enough"> = Flow.budget(fork, { steps: 3 })
// @ts-expect-error budget: an annotation that denies its outcome, data-last
export const deniesBudgetLast: Flow.Flow<typeof Job, "more" | "enough"> = fork.pipe(Flow.budget({ steps: 3 }))
// @ts-expect-error budget: an unknown limit
Flow.budget(flow, { visits: 3 })
// @ts-expect-error options: an unknown option
Flow.run(flow, job, { maxStep: 3 })
// @ts-expect-error options: an unknown option beside a right one
Flow.run(flow, job, { maxSteps: 3, pauseBefor: ["step"] })
// @ts-expect-error options: an unknown option of a stream
Flow.stream(flow, job, { maxStep: 3 })
// @ts-expect-error options: an unknown option of a stream beside a right one
Flow.stream(flow, job, { maxSteps: 3, bufer: 3 })
declare const options: Flow.RunOptions
// @ts-expect-error can happen: StepLimitExceeded, where maxSteps may be there
export const maybeLimited: Effect.Effect<unknown> = Flow.run(flow, job, options)
// @ts-expect-error can happen: a pause, where pauseBefore may be there
Effect.map(Flow.run(flow, job, options), (run) => run.outcome)

declare const json: unknown
// @ts-expect-error can happen: an outcome of JSON that was not checked
export const claimed: Effect.Effect<Flow.Flow<typeof Job, "done">, Flow.InvalidFlow> = Flow.fromJson(
  Job,
  { step },
  json
)
// @ts-expect-error can happen: an outcome of JSON that was declared
export const denied: Effect.Effect<Flow.Flow<typeof Job, "done">, Flow.InvalidFlow> = Flow.fromJson(
  Job,
  { step },
  json,
  { outcomes: ["done", "failed"] }
)
// @ts-expect-error can happen: an error of a step in the registry
export const deniedError: Effect.Effect<Flow.Flow<typeof Job, string>, Flow.InvalidFlow> = Flow.fromJson(
  Job,
  { worker },
  json
)
Flow.fromJson(Job, { step }, json, {
  // @ts-expect-error options: outcomes that are not a list
  outcomes: "done"
})

// --- a branch of Flow.all whose outcome would vanish ----------------------------------------------

Flow.all(Job, {
  step,
  // @ts-expect-error vanishes: a branch with other outcomes
  fork
})
Flow.all(
  Job,
  { step, fork },
  // @ts-expect-error vanishes: a branch with other outcomes, with options
  { concurrency: 2 }
)
Flow.all(Job, {
  step,
  // @ts-expect-error vanishes: a branch with one other outcome
  worker
})
Flow.all(Job, {
  // @ts-expect-error vanishes: a nested flow
  flow
})
Flow.all(Job, {
  // @ts-expect-error vanishes: an outcome beside "default"
  step: step.pipe(Flow.budget({ steps: 3 }))
})
Flow.all(Job, {
  // @ts-expect-error vanishes: an error edge
  worker: worker.pipe(Flow.mapOutcome({ worked: "default" }), Flow.catchTag("Broken", "broken"))
})
Flow.all(Job, {
  // @ts-expect-error vanishes: an outcome that may be any string
  any: Node.make(Job, { post: () => Job.to(wide) })
})
const vanishing = { step, fork }
// @ts-expect-error vanishes: branches of a variable
Flow.all(Job, vanishing)

// --- two branches of Flow.all that set one key by value ----------------------------------------------

const setsN = Node.make(Job, { post: () => Job.next({ n: 1 }) })
const setsNToo = Node.make(Job, { exec: () => Effect.succeed(2), post: (_, n) => Job.next({ n, note: "two" }) })
const setsNote = Node.make(Job, { post: () => Job.next({ note: "x" }) })
const unsetsNote = Node.make(Job, { post: () => Job.next({ note: Store.unset }) })
const mayChange = Node.make(Job, {
  post: (s) => (s.n > 0 ? Job.next({ n: 1 }) : Effect.succeed(Job.next((s) => ({ tags: [...s.tags, "x"] }))))
})
Flow.all(Job, {
  // @ts-expect-error conflict: one key
  setsN,
  // @ts-expect-error conflict: one key, the other branch
  setsNToo
})
Flow.all(
  Job,
  {
    // @ts-expect-error conflict: with post
    setsN,
    // @ts-expect-error conflict: with post, the other branch
    setsNToo
  },
  { post: () => Job.next() }
)
Flow.all(Job, {
  // @ts-expect-error conflict: the same node twice
  first: setsN,
  // @ts-expect-error conflict: the same node twice
  second: setsN
})
Flow.all(Job, {
  step,
  // @ts-expect-error conflict: setting and removing a key
  setsNote,
  // @ts-expect-error conflict: setting and removing a key
  unsetsNote
})
Flow.all(Job, {
  // @ts-expect-error conflict: in one way of post only
  mayChange,
  // @ts-expect-error conflict: in one way of post only
  setsN
})
Flow.all(Job, {
  // @ts-expect-error conflict: inside nested flows
  a: Flow.sequence(Job, { step, inner: Flow.sequence(Job, { setsN }) }),
  // @ts-expect-error conflict: inside nested flows
  b: Flow.make(Job, { start: "set", nodes: { set: setsNToo } })
})
Flow.all(Job, {
  // @ts-expect-error conflict: through combinators of nodes and flows
  a: setsN.pipe(Node.retry(thrice), Node.timeout("1 second"), Flow.budget({ steps: 2 }, "default")),
  // @ts-expect-error conflict: through combinators of nodes and flows
  b: setsNToo.pipe(Node.fallback(() => Effect.succeed(1)))
})
Flow.all(Job, {
  // @ts-expect-error conflict: by an error edge
  a: prepFails.pipe(Flow.catch(() => Job.next({ n: 0 }))),
  // @ts-expect-error conflict: by an error edge
  setsN
})
Flow.all(Job, {
  step,
  // @ts-expect-error conflict: with an error edge that sets nothing
  a: Flow.catch(setsN, "default"),
  // @ts-expect-error conflict: with an error edge that sets nothing
  b: setsN
})
Flow.all(Job, {
  // @ts-expect-error conflict: a join inside a branch
  a: Flow.all(Job, { setsN, setsNote }),
  // @ts-expect-error conflict: a join inside a branch
  b: setsNToo
})
Flow.all(Job, {
  // @ts-expect-error conflict: the post of a call
  a: Flow.call(Job, agent, { prep: () => ({ question: "", context: [] }), post: () => Job.next({ n: 1 }) }),
  // @ts-expect-error conflict: the post of a call
  setsN
})
const conflicting = { setsN, setsNToo }
// @ts-expect-error conflict: branches of a variable
Flow.all(Job, conflicting)
Flow.all(Job, {
  setsNote,
  // @ts-expect-error conflict: two of three
  setsN,
  // @ts-expect-error conflict: two of three
  again: setsN
})

const anySetter: Flow.Step<typeof Job, "default"> = step
Flow.all(Job, {
  anySetter,
  // @ts-expect-error conflict: beside a branch whose keys are not known
  setsN,
  // @ts-expect-error conflict: beside a branch whose keys are not known
  again: setsN
})

// --- prep's and post's errors dropped by fallback -------------------------------------------------------

const rescue = () => Effect.succeed(0)
// @ts-expect-error prep's error: stays after fallback
export const droppedPrep: Flow.Step<typeof Job, "default"> = prepFails.pipe(Node.fallback(rescue))
// @ts-expect-error prep's error: stays after fallback, data-first
export const droppedPrepFirst: Flow.Step<typeof Job, "default"> = Node.fallback(prepFails, rescue)
// @ts-expect-error post's error: stays after fallback
export const droppedPost: Flow.Step<typeof Job, "default"> = postFails.pipe(Node.fallback(rescue))
// @ts-expect-error post's error: stays after fallback, data-first
export const droppedPostFirst: Flow.Step<typeof Job, "default"> = Node.fallback(postFails, rescue)
// @ts-expect-error prep's error: stays in a flow
export const droppedInFlow: Flow.Flow<typeof Job, "default"> = Flow.sequence(Job, {
  only: prepFails.pipe(Node.fallback(rescue))
})
// @ts-expect-error prep's error: stays in a run
Effect.runSync(Flow.run(prepFails.pipe(Node.fallback(rescue)), job)) satisfies never
prepFails.pipe(
  // @ts-expect-error prep's error: fallback does not see it
  Node.fallback((error) => Effect.succeed(error._tag === "Late" ? 0 : 1))
)
// @ts-expect-error prep's error: fallback does not see it, data-first
Node.fallback(prepFails, (error) => Effect.succeed(error._tag === "Late" ? 0 : 1))
const onLate = Schedule.recurs(3).pipe(Schedule.setInputType<Late>())
// @ts-expect-error prep's error: retry does not see it
prepFails.pipe(Node.retry(onLate))
const batchPrepFails = Node.batch(Job, {
  prep: () => Effect.as(Effect.fail(new Late()), ["a"]),
  exec: () => breaks
})
// @ts-expect-error prep's error: stays after fallback, in a batch
export const droppedInBatch: Flow.Step<typeof Job, "default"> = batchPrepFails.pipe(Node.fallback(rescue))
const keptPrepFails = Node.batch(Job, {
  prep: () => Effect.as(Effect.fail(new Late()), ["a"]),
  exec: () => breaks,
  mode: "result"
})
// @ts-expect-error prep's error: stays with the mode "result"
export const droppedByMode: Flow.Step<typeof Job, "default"> = keptPrepFails
// @ts-expect-error a fallback's own error: stays
export const droppedOwn: Flow.Step<typeof Job, "worked"> = worker.pipe(Node.fallback(() => Effect.fail(new Late())))
// @ts-expect-error a timeout: stays after a fallback that is before it
export const droppedTimeout: Flow.Step<typeof Job, "worked"> = worker.pipe(Node.fallback(rescue), Node.timeout(1))
export const causeOf: (error: Cause.TimeoutError) => string = (error) => error.message

// --- an inline Effect.fn that would infer any -----------------------------------------------------------

Node.make(Job, {
  prep: (s) => s.n,
  // @ts-expect-error any: exec
  exec: Effect.fn(function* (n) {
    yield* Effect.void
    return n + 1
  }),
  post: (_, n) => Job.next({ n })
})
Node.make(Job, {
  prep: (s) => s.n,
  // @ts-expect-error any: exec with a name
  exec: Effect.fn("work")(function* (n) {
    yield* Effect.void
    return n + 1
  }),
  post: (_, n) => Job.next({ n })
})
Node.make(Job, {
  // It compiles, as nothing depends on the result; what is `any` stays inside. any: exec alone
  exec: Effect.fn(function* (s) {
    yield* Effect.void
    return s
  })
})
Node.make(Job, {
  // @ts-expect-error any: prep
  prep: Effect.fn(function* (s) {
    yield* Effect.void
    return s.n
  }),
  exec: (n) => Effect.succeed(n),
  post: () => Job.next()
})
Node.make(Job, {
  prep: (s) => s.n,
  exec: (n) => Effect.succeed(n),
  // It compiles, as nothing depends on the result; what is `any` stays inside. any: post
  post: Effect.fn(function* (_, n) {
    yield* Effect.void
    return Job.next({ n })
  })
})
Node.batch(Job, {
  prep: (s) => s.tags,
  // It compiles, as nothing depends on the result; what is `any` stays inside. any: exec of a batch
  exec: Effect.fn(function* (tag) {
    yield* Effect.void
    return tag
  })
})
Node.fold(Job, {
  prep: (s) => s.tags,
  initial: 0,
  // It compiles, as nothing depends on the result; what is `any` stays inside. any: exec of a fold
  exec: Effect.fn(function* (n) {
    yield* Effect.void
    return n + 1
  })
})
declare const anything: any
Node.make(Job, {
  prep: (s) => s.n,
  // @ts-expect-error any: exec gives any
  exec: () => anything,
  post: () => Job.next()
})
Node.make(Job, {
  prep: (s) => s.n,
  // @ts-expect-error any: post gives any
  post: () => anything
})

// --- other things that would go wrong at run time -------------------------------------------------------

Flow.sequence(Job, {
  step,
  // @ts-expect-error order: an id that looks like a number loses its place
  "1": step
})
// @ts-expect-error store: fields that are no schemas
Store.make("Bad", { n: 1 })
// @ts-expect-error store: a schema that is no Struct
Store.make("Bad", Schema.String)
// @ts-expect-error store: no name
Store.make({ n: Schema.Number })
