import { assert, describe, it } from "@effect/vitest"
import { Cause, Context, Data, Effect, Exit, Option, Schedule } from "effect"
import { Flow, Node } from "effect-pocketflow"
import { add, Counter, failure, Trail, visit } from "./support.ts"

class Boom extends Data.TaggedError("Boom")<{ readonly n: number }> {}
class Current extends Context.Service<Current, number>()("test/Current") {}

const fails = (error: string) => Node.make(Counter, { exec: () => Effect.fail(error) })
const dies = Node.make(Counter, { exec: () => Effect.die("boom") })

/** Where a step failed. */
const site = <A extends string, E>(step: Flow.Step<typeof Counter, A, E>) =>
  Effect.map(Effect.exit(Flow.run(step, { n: 0 })), (exit) =>
    Exit.isFailure(exit) ? Option.getOrUndefined(Flow.siteOf(exit.cause)) : assert.fail("it did not fail")
  )

const at = (path: string, phase: "prep" | "exec" | "post", more?: { attempt?: number; item?: number }) => ({
  path: path === "" ? [] : path.split("/"),
  phase,
  attempt: more?.attempt ?? 0,
  item: more?.item
})

/** Fails for one item of three, after retries if asked for. */
const batch = (concurrency: 1 | 3) =>
  Node.batch(Counter, {
    prep: () => ["a", "b", "c"],
    exec: (item) => (item === "b" ? Effect.fail("b") : Effect.void),
    concurrency
  })

describe("FlowSite", () => {
  it.effect("tells the phase, for errors, defects and what is thrown", () =>
    Effect.gen(function* () {
      const thrower = (): never => {
        throw new Error("thrown")
      }
      const causes = [() => Effect.fail("x"), () => Effect.die("x"), thrower] as ReadonlyArray<
        () => Effect.Effect<never, string>
      >
      for (const cause of causes) {
        assert.deepStrictEqual(yield* site(Node.make(Counter, { prep: cause })), at("", "prep"))
        assert.deepStrictEqual(yield* site(Node.make(Counter, { exec: cause })), at("", "exec"))
        assert.deepStrictEqual(yield* site(Node.make(Counter, { post: cause })), at("", "post"))
      }
      const update = Node.make(Counter, { post: () => Counter.next(thrower) })
      assert.deepStrictEqual(yield* site(update), at("", "post"))
      const noTransition = Node.make(Counter, { post: () => "done" as never })
      assert.deepStrictEqual(yield* site(noTransition), at("", "post"))
    })
  )

  it.effect("tells the path through nested flows and combinators, and of the visit that failed, not of others", () =>
    Effect.gen(function* () {
      const inner = Flow.sequence(Counter, { x: add, y: fails("y") })
      const flow = Flow.sequence(Counter, {
        before: fails("caught").pipe(Flow.catch("default")),
        outer: Flow.sequence(Counter, {
          add,
          inner: inner.pipe(Flow.budget({ steps: 9 }), Flow.mapOutcome({ default: "z" }))
        })
      })
      assert.deepStrictEqual(yield* site(flow), at("outer/inner/y", "exec"))
      assert.deepStrictEqual(yield* site(Flow.sequence(Counter, { ["a/b"]: dies })), {
        ...at("", "exec"),
        path: ["a/b"]
      })
    })
  )

  it.effect("tells the attempt after retries, and 0 in the phases that are not retried", () =>
    Effect.gen(function* () {
      const retry = Node.retry(Schedule.recurs(2))
      assert.deepStrictEqual(yield* site(fails("x").pipe(retry)), at("", "exec", { attempt: 2 }))
      const second = Node.make(Counter, {
        exec: () =>
          Effect.flatMap(Node.Attempt, (n): Effect.Effect<void, string> => (n < 1 ? Effect.fail("x") : Effect.die("y")))
      }).pipe(retry)
      assert.deepStrictEqual(yield* site(second), at("", "exec", { attempt: 1 }))
      const inPost = Node.make(Counter, {
        exec: () => Effect.flatMap(Node.Attempt, (n) => (n < 1 ? Effect.fail("x") : Effect.void)),
        post: () => Effect.as(Effect.fail("post"), Counter.next())
      }).pipe(retry)
      assert.deepStrictEqual(yield* site(inPost), at("", "post"))
    })
  )

  it.effect("tells the item of a batch or a fold, and its attempt", () =>
    Effect.gen(function* () {
      for (const concurrency of [1, 3] as const) {
        assert.deepStrictEqual(yield* site(batch(concurrency)), at("", "exec", { item: 1 }))
        const retried = batch(concurrency).pipe(Node.retry(Schedule.recurs(3)))
        assert.deepStrictEqual(
          yield* site(Flow.sequence(Counter, { add, retried })),
          at("retried", "exec", { item: 1, attempt: 3 })
        )
      }
      const fold = Node.fold(Counter, {
        prep: () => [1, 2, 3],
        initial: 0,
        exec: (acc, n) => (n === 3 ? Effect.fail("three") : Effect.succeed(acc + n))
      })
      assert.deepStrictEqual(yield* site(fold), at("", "exec", { item: 2 }))
      const thrown = Node.batch(Counter, {
        prep: () => [0, 1],
        exec: (n): Effect.Effect<void> => {
          if (n === 1) throw new Error("thrown")
          return Effect.void
        }
      })
      assert.deepStrictEqual(yield* site(thrown), at("", "exec", { item: 1 }))
      const inPrep = Node.batch(Counter, {
        prep: () => Effect.as(Effect.fail("prep"), [1]),
        exec: () => Effect.void
      })
      assert.deepStrictEqual(yield* site(inPrep), at("", "prep"))
    })
  )

  it.effect("inside all tells the branch and the node in it", () =>
    Effect.gen(function* () {
      for (const concurrency of [1, "unbounded"] as const) {
        const all = Flow.all(Counter, { a: add, b: Flow.sequence(Counter, { x: add, y: fails("y") }) }, { concurrency })
        assert.deepStrictEqual(yield* site(Flow.sequence(Counter, { add, all })), at("all/b/y", "exec"))
      }
      const bare = Flow.all(Counter, { a: batch(1) })
      assert.deepStrictEqual(yield* site(Flow.sequence(Counter, { bare })), at("bare/a", "exec", { item: 1 }))
      const post = Flow.all(Counter, { a: add }, { post: () => Effect.as(Effect.fail("post"), Counter.next()) })
      assert.deepStrictEqual(yield* site(Flow.sequence(Counter, { post })), at("post", "post"))
    })
  )

  it.effect("inside map and forEach tells the index, and the item of a batch in them if that is nearer", () =>
    Effect.gen(function* () {
      const inner = Node.make(Counter, { prep: (s) => (s.n === 2 ? Effect.fail("two") : Effect.void) })
      const map = (inner: Flow.Step<typeof Counter, "default", string>) =>
        Flow.map(Counter, inner, { prep: () => [{ n: 1 }, { n: 2 }, { n: 3 }], post: () => Counter.next() })
      assert.deepStrictEqual(
        yield* site(Flow.sequence(Counter, { map: map(Flow.sequence(Counter, { x: inner })) })),
        at("map/x", "prep", { item: 1 })
      )
      assert.deepStrictEqual(yield* site(map(inner)), at("", "prep", { item: 1 }))
      const nearer = Node.batch(Counter, {
        prep: (s) => (s.n === 3 ? ["x", "y", "z"] : []),
        exec: (item) => (item === "z" ? Effect.fail(item) : Effect.void)
      })
      assert.deepStrictEqual(yield* site(map(nearer)), at("", "exec", { item: 2 }))

      const each = Flow.forEach(
        Flow.sequence(Counter, {
          x: add,
          y: Node.make(Counter, {
            exec: () => Effect.flatMap(Current, (n) => (n > 1 ? Effect.fail("big") : Effect.void))
          })
        }),
        { params: Current, prep: () => [0, 1, 2, 3], concurrency: 4 }
      )
      assert.deepStrictEqual(yield* site(Flow.sequence(Counter, { each })), at("each/y", "exec", { item: 2 }))
      const fanned = map(Flow.all(Counter, { branch: inner }))
      assert.deepStrictEqual(yield* site(Flow.sequence(Counter, { fanned })), at("fanned/branch", "prep", { item: 1 }))
      const nested = Flow.all(Counter, { branch: map(inner) })
      assert.deepStrictEqual(yield* site(Flow.sequence(Counter, { nested })), at("nested/branch", "prep", { item: 1 }))
    })
  )

  it.effect("inside a call goes on with the path", () =>
    Effect.gen(function* () {
      const call = Flow.call(Counter, Flow.sequence(Counter, { x: add, y: fails("y") }), {
        prep: (s) => s,
        post: () => Counter.next()
      })
      assert.deepStrictEqual(yield* site(Flow.sequence(Counter, { call })), at("call/y", "exec"))
    })
  )

  it.effect("the first one to say it wins: a run inside an exec tells where in itself", () =>
    Effect.gen(function* () {
      const inner = Flow.sequence(Counter, { deep: fails("x") })
      const outer = Flow.sequence(Counter, { outer: Node.make(Counter, { exec: () => Flow.run(inner, { n: 0 }) }) })
      assert.deepStrictEqual(yield* site(outer), at("deep", "exec"))
    })
  )

  it.effect("an own annotation with the same service stays", () =>
    Effect.gen(function* () {
      const mine = { path: ["mine"], phase: "prep", attempt: 7, item: 3 } as const
      const cause = Cause.annotate(Cause.fail("x"), Context.make(Flow.FlowSite, mine))
      assert.deepStrictEqual(yield* site(Node.make(Counter, { exec: () => Effect.failCause(cause) })), mine)
    })
  )

  it.effect("is not told of what is no failure of a visit", () =>
    Effect.gen(function* () {
      assert.isTrue(Option.isNone(Flow.siteOf(Cause.fail("x"))))
      const limit = yield* Effect.exit(Flow.run(add, { n: 0 }, { maxSteps: 0 }))
      assert.isTrue(Exit.isFailure(limit) && Option.isNone(Flow.siteOf(limit.cause)))
    })
  )
})

describe("errors", () => {
  it.effect("are the user's own, as they are", () =>
    Effect.gen(function* () {
      const error = new Boom({ n: 1 })
      const boom = Node.make(Counter, { exec: () => Effect.fail(error) })
      const flows = [
        boom,
        Flow.sequence(Counter, { add, inner: Flow.sequence(Counter, { x: boom }) }),
        Flow.all(Counter, { a: boom }),
        Flow.map(Counter, boom, { prep: (s) => [s], post: () => Counter.next() }),
        Flow.call(Counter, boom, { prep: (s) => s, post: () => Counter.next() })
      ] as ReadonlyArray<Flow.Step<typeof Counter, "default", Boom>>
      for (const flow of flows) {
        assert.strictEqual(yield* Effect.flip(Flow.run(flow, { n: 0 })), error)
        const n = yield* Flow.run(flow, { n: 0 }).pipe(
          Effect.map(() => 0),
          Effect.catchTag("Boom", (boom) => Effect.succeed(boom.n))
        )
        assert.strictEqual(n, 1)
      }
    })
  )

  it.effect("keep the annotations that they had", () =>
    Effect.gen(function* () {
      class Note extends Context.Service<Note, string>()("test/Note") {}
      const cause = Cause.annotate(Cause.fail("x"), Context.make(Note, "mine"))
      const exit = yield* Effect.exit(Flow.run(Node.make(Counter, { exec: () => Effect.failCause(cause) }), { n: 0 }))
      assert.isTrue(Exit.isFailure(exit))
      if (Exit.isSuccess(exit)) return
      assert.deepStrictEqual(Context.getOption(Cause.annotations(exit.cause), Note), Option.some("mine"))
      assert.isTrue(Option.isSome(Flow.siteOf(exit.cause)))
    })
  )

  it.effect("of several parts at once all arrive, and defects before all", () =>
    Effect.gen(function* () {
      const flow = Node.make(Counter, { exec: () => Effect.ensuring(Effect.fail("first"), Effect.die("finalizer")) })
      const failed = (yield* failure(Flow.run(flow, { n: 0 }))) as { readonly reasons: ReadonlyArray<unknown> }
      assert.deepInclude([...failed.reasons], { die: "finalizer" })
    })
  )

  it("say what is wrong in one line", () => {
    const position = { path: ["a", "b"], step: 3, visits: {}, calls: [], budgets: [] }
    const messages = [
      new Flow.InvalidFlow({ problems: [{ path: ["a", "b"], reason: "broken" }] }),
      new Flow.InvalidPosition({ path: ["a", "b"], reason: "gone" }),
      new Flow.WriteConflict({ key: "k", branches: ["x", "y"] }),
      new Flow.StepLimitExceeded({ limit: 3, position, store: { secret: "canary" } })
    ].map(({ _tag, message }) => [_tag, message])
    assert.deepStrictEqual(messages, [
      ["InvalidFlow", "at /a/b: broken"],
      ["InvalidPosition", "/a/b: gone"],
      ["WriteConflict", 'the branches "x" and "y" both set the key "k"'],
      ["StepLimitExceeded", "no end after 3 steps, at /a/b"]
    ])
  })

  it.effect("an interruption is one, and no failure of a node", () =>
    Effect.gen(function* () {
      const flow = Flow.sequence(Trail, { a: visit("a"), b: Node.make(Trail, { exec: () => Effect.interrupt }) })
      const exit = yield* Effect.exit(Flow.run(flow, { seen: [] }))
      assert.isTrue(Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause))
    })
  )
})
