/**
 * Declared actions: what they are to the type of a step. What they may not be is
 * in `mustNotCompile.tst.ts`.
 */
import { Context, Data, Effect, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import { expectTypeOf } from "vitest"

declare const wide: string
declare const yes: boolean

const Job = Store.make("Job", { n: Schema.Number, tags: Schema.Array(Schema.String) })
type Job = typeof Job.Type
class Late extends Data.TaggedError("Late")<{}> {}
class Current extends Context.Service<Current, number>()("Current") {}

const step = Node.make(Job, {})
/** Nothing is declared: any action. */
const free = Node.make(Job, { post: () => Job.to(wide) })

// Where the action of `post` is a wide string, the declared ones are the actions: no other gets past the runtime.
const widened = Node.make(Job, { post: () => Job.to(wide), actions: ["guessed", "given up"] })
expectTypeOf(widened).toEqualTypeOf<
  Node.Node<typeof Job, Job, Job, "guessed" | "given up", never, never, never, never>
>()
expectTypeOf(
  Node.make(Job, {
    actions: ["guessed", "given up"],
    prep: (s) => s.tags,
    exec: (tags) => Effect.succeed({ end: tags.length > 1 ? "guessed" : "given up" }),
    post: (_, { end }) => (yes ? Effect.fail(new Late()) : Effect.succeed(Job.to(yes ? end : "guessed", { n: 1 })))
  })
).toEqualTypeOf<
  Node.Node<typeof Job, ReadonlyArray<string>, { end: string }, "guessed" | "given up", never, never, Late, "n">
>()
expectTypeOf(Node.make(Job, { post: () => Job.decide(() => [wide, { n: 1 }]), actions: ["a", "b"] })).toExtend<
  Flow.Step<typeof Job, "a" | "b">
>()
const names = ["a", "b"] as const
expectTypeOf(Node.make(Job, { post: () => Job.to(wide), actions: names })).toExtend<Flow.Step<typeof Job, "a" | "b">>()
// Names that nobody knows to the letter say nothing, nor do none.
declare const unknownNames: ReadonlyArray<string>
expectTypeOf(Node.make(Job, { post: () => Job.to(wide), actions: unknownNames })).toEqualTypeOf<
  Node.Node<typeof Job, Job, Job, string, never, never, never, never>
>()
expectTypeOf(Node.make(Job, { post: () => Job.to(wide), actions: [] })).toEqualTypeOf<
  Node.Node<typeof Job, Job, Job, string, never, never, never, never>
>()
// A literal of `post` is an action, declared or not; a pattern keeps its own type.
expectTypeOf(Node.make(Job, { post: () => Job.to(yes ? "a" : "b"), actions: ["a"] })).toExtend<
  Flow.Step<typeof Job, "a" | "b">
>()
expectTypeOf(Node.make(Job, { post: () => Job.to(`round-${wide}`), actions: ["round-1"] })).toEqualTypeOf<
  Node.Node<typeof Job, Job, Job, `round-${string}`, never, never, never, never>
>()
expectTypeOf(
  Node.batch(Job, {
    prep: (s) => s.tags,
    exec: (tag) => Effect.succeed(tag),
    post: (_, [first = "none"]) => Job.to(first),
    actions: ["none", "some"]
  })
).toEqualTypeOf<Node.Node<typeof Job, string, string, "none" | "some", never, never, never, never>>()
expectTypeOf(
  Node.fold(Job, {
    actions: ["none", "some"],
    prep: (s) => s.tags,
    initial: "",
    exec: (_, tag) => Effect.succeed(tag),
    post: (_, last) => Job.to(last)
  })
).toExtend<Flow.Step<typeof Job, "none" | "some">>()
expectTypeOf(Flow.all(Job, { free }, { post: (outcomes) => Job.to(outcomes.free), actions: ["a", "b"] })).toEqualTypeOf<
  Flow.Flow<typeof Job, "a" | "b", never, never, never>
>()
expectTypeOf(
  Flow.map(Job, free, {
    actions: ["a", "b"],
    prep: (s) => [s],
    post: (_, [run]) => Job.to(run?.outcome ?? "a")
  })
).toEqualTypeOf<Flow.Flow<typeof Job, "a" | "b", never, never, never>>()
expectTypeOf(
  Flow.forEach(free, {
    params: Current,
    prep: () => [1],
    post: (_, [outcome = "a"]) => Job.to(outcome),
    actions: ["a", "b"]
  })
).toEqualTypeOf<Flow.Flow<typeof Job, "a" | "b", never, never, never>>()
expectTypeOf(
  Flow.call(Job, free, { prep: (s) => s, post: (_, run) => Job.to(run.outcome), actions: ["a", "b"] })
).toEqualTypeOf<Flow.Flow<typeof Job, "a" | "b", never, never, never>>()
// In a generic function, too, and what it gives can be exported.
export const ending = <const A extends string>(...actions: ReadonlyArray<A>) =>
  Node.make(Job, { post: () => Job.to(actions[0]!), actions })
expectTypeOf(ending("a", "b")).toEqualTypeOf<Node.Node<typeof Job, Job, Job, "a" | "b", never, never, never, never>>()
// So an edge that is forgotten shows in the outcomes.
expectTypeOf(
  Flow.make(Job, {
    start: "widened",
    nodes: { widened, step },
    edges: { widened: { guessed: "step" } }
  })
).toEqualTypeOf<Flow.Flow<typeof Job, "given up" | "default", never, never, never>>()

// Of an error edge that is a function.
const failing = Node.make(Job, { exec: () => Effect.fail(new Late()), post: () => Job.to("fine") })
expectTypeOf(failing.pipe(Flow.catch({ post: () => Job.to("late"), actions: ["late"] }))).toEqualTypeOf<
  Flow.Flow<typeof Job, "fine" | "late", never, never, never>
>()
expectTypeOf(
  Flow.catch(failing, { actions: ["Late", "late"], post: ({ _tag }) => Job.to(yes ? _tag : "late", { n: 1 }) })
).toEqualTypeOf<Flow.Flow<typeof Job, "fine" | "late" | "Late", never, never, "n">>()
expectTypeOf(
  failing.pipe(Flow.catchTag("Late", { post: ({ message }) => Job.to(message), actions: ["late", "later"] }))
).toEqualTypeOf<Flow.Flow<typeof Job, "fine" | "late" | "later", never, never, never>>()
expectTypeOf(
  Flow.catchTag(failing, "Late", { post: ({ message }) => Job.to(message), actions: ["late", "later"] })
).toEqualTypeOf<Flow.Flow<typeof Job, "fine" | "late" | "later", never, never, never>>()
expectTypeOf(Flow.catch(failing, ({ message }) => Job.to(message))).toEqualTypeOf<
  Flow.Flow<typeof Job, string, never, never, never>
>()
expectTypeOf(Flow.catch(failing, { post: ({ message }) => Job.to(message) })).toEqualTypeOf<
  Flow.Flow<typeof Job, string, never, never, never>
>()
// As a value that is made before, and in a generic function.
const late = (error: Late) => Job.to(error.message === "" ? "late" : "later")
expectTypeOf(failing.pipe(Flow.catch({ post: late, actions: ["late", "later"] }))).toEqualTypeOf<
  Flow.Flow<typeof Job, "fine" | "late" | "later", never, never, never>
>()
export const leading = <const A extends string>(action: A) =>
  failing.pipe(Flow.catch({ post: () => Job.to(action), actions: [action] }))
expectTypeOf(leading("out")).toEqualTypeOf<Flow.Flow<typeof Job, "fine" | "out", never, never, never>>()
