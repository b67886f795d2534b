import { assert, describe, it } from "@effect/vitest"
import { Cause, Data, Effect, Fiber, Optic, Ref, Schema, Stream } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import { TestClock } from "effect/testing"
import { add, Counter, defect, during, failure, set, Trail, visit } from "../support.ts"

describe("focus", () => {
  const App = Store.make("App", { name: Schema.String, n: Schema.Number, inner: Schema.Struct({ n: Schema.Number }) })
  const id = Optic.id<typeof App.Type>()
  const app = { name: "app", n: 1, inner: { n: 10 } }

  it.effect("a step over a part becomes a step over the whole", () =>
    Effect.gen(function* () {
      const twice = Flow.sequence(Counter, { a: add, b: add })
      const flow = Flow.sequence(App, {
        top: add.pipe(Flow.focus(id.pick(["n"]))),
        inside: Flow.focus(twice, id.key("inner")),
        set: set(5).pipe(Flow.focus(id.pick(["n"])))
      })
      assert.deepStrictEqual(yield* Flow.run(flow, app), {
        outcome: "default",
        store: { name: "app", n: 5, inner: { n: 12 } },
        steps: 4
      })
    })
  )

  it.effect("the step sees the part and nothing else; lenses compose", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const look = Node.make(Counter, {
        prep: (s) => {
          seen.push(s)
          return s
        },
        post: () => Counter.to("looked", (s) => (seen.push(s), { n: s.n + 1 }))
      })
      const Outer = Store.make("Outer", { app: App.schema })
      const toApp = Flow.focus(Optic.id<typeof Outer.Type>().key("app"))
      const flow = toApp(look.pipe(Flow.focus(id.key("inner"))))
      assert.deepStrictEqual(yield* Flow.run(flow, { app }), {
        outcome: "looked",
        store: { app: { ...app, inner: { n: 11 } } },
        steps: 1
      })
      assert.deepStrictEqual(seen, [{ n: 10 }, { n: 10 }])
    })
  )

  it.effect("runs through lenses lose no updates, of the same part or of others", () =>
    Effect.gen(function* () {
      const ref = yield* Ref.make<typeof App.Type>(app)
      const slow = Node.make(Counter, {
        exec: (s) => Effect.repeat(Effect.yieldNow, { times: s.n % 4 }),
        post: () => Counter.next((s) => ({ n: s.n + 1 }))
      })
      const runs = Array.from({ length: 500 }, (_, i) =>
        Flow.runRef(slow.pipe(i % 2 === 0 ? Flow.focus(id.pick(["n"])) : Flow.focus(id.key("inner"))), ref)
      )
      yield* Effect.all(runs, { concurrency: "unbounded" })
      assert.deepStrictEqual(yield* Ref.get(ref), { name: "app", n: 251, inner: { n: 260 } })
    })
  )

  it.effect("removes optional keys inside, and keeps what it does not touch by reference", () =>
    Effect.gen(function* () {
      const Note = Store.make("Note", { note: Schema.optionalKey(Schema.String), other: Schema.Number })
      const Book = Store.make("Book", { note: Note.schema, pages: Schema.Array(Schema.Number) })
      const clear = Node.make(Note, { post: () => Note.next({ note: Store.unset }) })
      const before = { note: { note: "x", other: 1 }, pages: [1, 2] }
      const ref = yield* Ref.make<typeof Book.Type>(before)
      yield* Flow.runRef(clear.pipe(Flow.focus(Optic.id<typeof Book.Type>().key("note"))), ref)
      const after = yield* Ref.get(ref)
      assert.deepStrictEqual(Object.entries(after.note), [["other", 1]])
      assert.strictEqual(after.pages, before.pages)
    })
  )
})

describe("mapOutcome", () => {
  const sort = Node.make(Counter, {
    post: (s) => (s.n < 0 ? Counter.to("less") : s.n > 0 ? Counter.to("more") : Counter.to("none")),
    actions: ["less", "more", "none"]
  })
  const outcomeOf = (flow: Flow.Step<typeof Counter, string>, n: number) =>
    Effect.map(Flow.run(flow, { n }), (run) => run.outcome)

  it.effect("renames, merges and swaps outcomes; what is not named stays", () =>
    Effect.gen(function* () {
      const merged = sort.pipe(Flow.mapOutcome({ less: "some", more: "some" }))
      const swapped = Flow.mapOutcome(sort, { less: "more", more: "less" })
      for (const [flow, expected] of [
        [merged, ["some", "none", "some"]],
        [swapped, ["more", "none", "less"]]
      ] as const) {
        assert.deepStrictEqual(yield* Effect.all([-1, 0, 1].map((n) => outcomeOf(flow, n))), [...expected])
      }
      assert.deepStrictEqual(
        Flow.toGraph(merged).outcomes.map(({ action }) => action),
        ["some", "none"]
      )
    })
  )

  it.effect("applies once, at the end, and the new names can be wired", () =>
    Effect.gen(function* () {
      const twice = sort.pipe(Flow.mapOutcome({ none: "less", less: "x" }), Flow.mapOutcome({ x: "y" }))
      assert.deepStrictEqual(yield* Effect.all([-1, 0, 1].map((n) => outcomeOf(twice, n))), ["y", "less", "more"])
      const loop = Flow.make(Counter, {
        start: "loop",
        nodes: {
          loop: Flow.sequence(Counter, { add, sort }).pipe(Flow.mapOutcome({ less: "again", more: "out" }))
        },
        edges: { loop: { again: "loop" } }
      })
      assert.deepStrictEqual(yield* Flow.run(loop, { n: -4 }), { outcome: "none", store: { n: 0 }, steps: 8 })
    })
  )

  it.effect("outcomes may have the names of what objects inherit", () =>
    Effect.gen(function* () {
      const odd = visit("odd", "constructor")
      assert.strictEqual((yield* Flow.run(Flow.mapOutcome(odd, {}), { seen: [] })).outcome, "constructor")
      const proto = visit("proto", "__proto__").pipe(Flow.mapOutcome({ ["__proto__"]: "mapped" }))
      assert.strictEqual((yield* Flow.run(proto, { seen: [] })).outcome, "mapped")
    })
  )
})

describe("catch and catchTag", () => {
  class Offline extends Data.TaggedError("Offline")<{ readonly host: string }> {}
  class Broken extends Data.TaggedError("Broken")<{ readonly code: number }> {}

  const failing = (error: Offline | Broken | string) =>
    Flow.sequence(Trail, {
      a: visit("a"),
      fail: Node.make(Trail, { exec: (): Effect.Effect<void, Offline | Broken | string> => Effect.fail(error) }),
      b: visit("b")
    })
  const record = (text: string) => Trail.to("caught", (s) => ({ seen: [...s.seen, text] }))

  it.effect("an error becomes an action, which can be wired; what was committed before stays", () =>
    Effect.gen(function* () {
      const flow = Flow.make(Trail, {
        start: "try",
        nodes: { try: failing("x").pipe(Flow.catch("failed")), after: visit("after") },
        edges: { try: { failed: "after" } }
      })
      assert.deepStrictEqual(yield* Flow.run(flow, { seen: [] }), {
        outcome: "default",
        store: { seen: ["a", "after"] },
        steps: 3
      })
    })
  )

  it.effect("an error becomes a transition, made from it", () =>
    Effect.gen(function* () {
      const flow = Flow.catch(failing("x"), (error) => record(`error ${String(error)}`))
      assert.deepStrictEqual(yield* Flow.run(flow, { seen: [] }), {
        outcome: "caught",
        store: { seen: ["a", "error x"] },
        steps: 2
      })
    })
  )

  it.effect("catchTag catches the errors of one tag and leaves the others", () =>
    Effect.gen(function* () {
      const catching = (error: Offline | Broken | string) =>
        failing(error).pipe(Flow.catchTag("Offline", (error) => record(error.host)))
      assert.deepStrictEqual((yield* Flow.run(catching(new Offline({ host: "h" })), { seen: [] })).store.seen, [
        "a",
        "h"
      ])
      for (const error of [new Broken({ code: 1 }), "Offline"]) {
        const { reasons, site } = (yield* failure(Flow.run(catching(error), { seen: [] }))) as Record<string, unknown>
        assert.deepStrictEqual(reasons, [{ fail: error }])
        assert.deepStrictEqual(site, { path: ["fail"], phase: "exec", attempt: 0, item: undefined })
      }
    })
  )

  it.effect("the nearest edge that catches the error is followed", () =>
    Effect.gen(function* () {
      const inner = failing(new Broken({ code: 7 })).pipe(Flow.catchTag("Offline", "inner"))
      const flow = Flow.sequence(Trail, { inner, skipped: visit("skipped") }).pipe(
        Flow.catchTag("Broken", (error) => record(`outer ${error.code}`)),
        Flow.catch("outermost")
      )
      assert.deepStrictEqual(yield* Flow.run(flow, { seen: [] }), {
        outcome: "caught",
        store: { seen: ["a", "outer 7"] },
        steps: 2
      })
    })
  )

  it.effect("catches the errors of all phases, of fans and of calls, with the store that it stands over", () =>
    Effect.gen(function* () {
      const fail = Effect.fail("x")
      const exec = Node.make(Counter, { exec: () => fail })
      const steps = [
        Node.make(Counter, { prep: () => fail }),
        exec,
        Node.make(Counter, { post: () => Effect.as(fail, Counter.next()) }),
        Node.batch(Counter, { prep: () => [1, 2], exec: () => fail, concurrency: 2 }),
        Flow.all(Counter, { a: exec, add }),
        Flow.map(Counter, exec, { prep: (s) => [s], post: () => Counter.next() }),
        Flow.call(Counter, Flow.sequence(Counter, { add, exec }), { prep: (s) => s, post: () => Counter.next() })
      ] as ReadonlyArray<Flow.Step<typeof Counter, string, string>>
      for (const step of steps) {
        const { outcome, store } = yield* Flow.run(
          Flow.catch(step, (error) => Counter.to(error, (s) => ({ n: s.n * 2 }))),
          { n: 21 }
        )
        assert.deepStrictEqual({ outcome, store }, { outcome: "x", store: { n: 42 } })
      }
    })
  )

  it.effect("declared actions of a function are known, drawn and held to", () =>
    Effect.gen(function* () {
      const step = Node.make(Trail, {
        exec: () => Effect.fail("lost"),
        post: () => Trail.to("fine"),
        actions: ["fine"]
      })
      const edge = (error: string) => Trail.to(error, { seen: ["x"] })
      const known = (flow: Flow.Step<any, string>) =>
        Flow.toGraph(Flow.mapOutcome(flow, {})).outcomes.map(({ action }) => action)
      const declared = step.pipe(Flow.catch({ post: edge, actions: ["lost", "found"] }))
      assert.deepStrictEqual(known(declared), ["fine", "lost", "found"])
      assert.deepStrictEqual(known(Flow.catch(step, edge)), ["fine", undefined])
      assert.deepStrictEqual(known(Flow.catch(step, { post: edge })), ["fine", undefined])

      const outer = Flow.sequence(Trail, { declared }).pipe(Flow.mapOutcome({ found: "end" }))
      assert.deepStrictEqual(known(outer), ["fine", "lost", "end"])
      const json = { start: "a", nodes: { a: "a" }, edges: {} }
      const again = yield* Flow.fromJson(Trail, { a: declared }, json, { outcomes: ["fine", "lost", "found"] })
      assert.deepStrictEqual(yield* Flow.run(again, { seen: [] }), {
        outcome: "lost",
        store: { seen: ["x"] },
        steps: 1
      })

      const ref = yield* Ref.make<typeof Trail.Type>({ seen: ["a"] })
      const undeclared = Flow.catch(step, { post: edge, actions: ["found", "fine"] })
      assert.deepStrictEqual(
        yield* defect(Flow.runRef(undeclared, ref)),
        new TypeError('an error edge took the action "lost", but declared are only "found", "fine"')
      )
      assert.deepStrictEqual(yield* Ref.get(ref), { seen: ["a"] })
    })
  )

  it.effect("through a lens the transition is of the part", () =>
    Effect.gen(function* () {
      const App = Store.make("App", { m: Schema.Number, counter: Counter.schema })
      const flow = Node.make(Counter, { exec: () => Effect.fail("x") }).pipe(
        Flow.catch(() => Counter.to("caught", { n: 5 })),
        Flow.focus(Optic.id<typeof App.Type>().key("counter"))
      )
      const run = yield* Flow.run(flow, { m: 1, counter: { n: 0 } })
      assert.deepStrictEqual(run.store, { m: 1, counter: { n: 5 } })
    })
  )

  it.effect("defects and interruptions are not caught, a failure together with a defect neither", () =>
    Effect.gen(function* () {
      const both = Cause.combine(Cause.fail("x"), Cause.die("boom"))
      for (const exec of [
        Effect.die("boom"),
        Effect.ensuring(Effect.fail("x"), Effect.die("boom")),
        Effect.failCause(both)
      ]) {
        const flow = Node.make(Counter, { exec: (): Effect.Effect<void, string> => exec }).pipe(Flow.catch("caught"))
        const { reasons } = (yield* failure(Flow.run(flow, { n: 0 }))) as { readonly reasons: ReadonlyArray<unknown> }
        assert.deepStrictEqual(reasons.at(-1), { die: "boom" })
      }
      const interrupted = Node.make(Counter, { exec: (): Effect.Effect<void, string> => Effect.interrupt })
      const { reasons } = (yield* failure(Flow.run(interrupted.pipe(Flow.catch("caught")), { n: 0 }))) as Record<
        string,
        unknown
      >
      assert.deepStrictEqual(reasons, ["interrupt"])
    })
  )

  it.effect("an interruption from outside goes through, even if a finalizer takes its time", () =>
    Effect.gen(function* () {
      const ref = yield* Ref.make({ n: 0 })
      const node = Node.make(Counter, {
        exec: (): Effect.Effect<void, string> =>
          Effect.onInterrupt(Effect.never, () => Effect.andThen(Effect.sleep(10), Effect.ignore(Effect.fail("late"))))
      }).pipe(Flow.catch(() => Counter.to("caught", { n: 9 })))
      const fiber = yield* Effect.forkChild(Flow.runRef(Flow.sequence(Counter, { add, node, after: set(5) }), ref))
      yield* Effect.yieldNow
      const interrupting = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* TestClock.adjust(10)
      yield* Fiber.join(interrupting)
      assert.deepStrictEqual(yield* Ref.get(ref), { n: 1 })
    })
  )

  it.effect("an edge function that throws is a defect", () =>
    Effect.gen(function* () {
      const flow = Node.make(Counter, { exec: () => Effect.fail("x") }).pipe(
        Flow.catch((): Store.Transition<typeof Counter, "never"> => {
          throw "edge"
        })
      )
      assert.strictEqual(yield* defect(Flow.run(flow, { n: 0 })), "edge")
    })
  )

  it.effect(
    "100,000 failures one after the other are caught in a loop",
    () =>
      Effect.gen(function* () {
        const node = Node.make(Counter, {
          exec: (s): Effect.Effect<number, number> => (s.n < 100_000 ? Effect.fail(s.n) : Effect.succeed(s.n)),
          post: () => Counter.to("done")
        }).pipe(Flow.catch((n) => Counter.to("again", { n: n + 1 })))
        const flow = Flow.make(Counter, { start: "node", nodes: { node }, edges: { node: { again: "node" } } })
        assert.deepStrictEqual(yield* Flow.run(flow, { n: 0 }), {
          outcome: "done",
          store: { n: 100_000 },
          steps: 100_001
        })
      }),
    60_000
  )
})

describe("budget", () => {
  const spin = Flow.make(Counter, {
    start: "spin",
    nodes: {
      spin: Node.make(Counter, { post: () => Counter.to("again", (s) => ({ n: s.n + 1 })), actions: ["again"] })
    },
    edges: { spin: { again: "spin" } }
  })
  /** Takes a second for each visit. */
  const seconds = Flow.make(Counter, {
    start: "wait",
    nodes: {
      wait: Node.make(Counter, {
        exec: () => Effect.sleep("1 second"),
        post: () => Counter.to("again", (s) => ({ n: s.n + 1 })),
        actions: ["again"]
      })
    },
    edges: { wait: { again: "wait" } }
  })

  it.effect("of steps is the number of visits that may be made inside", () =>
    Effect.gen(function* () {
      for (const steps of [0, 1, 5]) {
        assert.deepStrictEqual(yield* Flow.run(Flow.budget(spin, { steps }), { n: 0 }), {
          outcome: "exhausted",
          store: { n: steps },
          steps
        })
      }
    })
  )

  it.effect("that is not spent changes nothing, also when the last visit ends the step", () =>
    Effect.gen(function* () {
      const three = Flow.sequence(Counter, { a: add, b: add, c: add })
      for (const steps of [3, 4]) {
        assert.deepStrictEqual(yield* Flow.run(three.pipe(Flow.budget({ steps })), { n: 0 }), {
          outcome: "default",
          store: { n: 3 },
          steps: 3
        })
      }
      assert.deepStrictEqual(yield* Flow.run(three.pipe(Flow.budget({ steps: 2 })), { n: 0 }), {
        outcome: "exhausted",
        store: { n: 2 },
        steps: 2
      })
    })
  )

  it.effect("spent is an outcome with a name of its own, that can be wired", () =>
    Effect.gen(function* () {
      const flow = Flow.make(Counter, {
        start: "search",
        nodes: { search: Flow.budget(spin, { steps: 3 }, "enough"), answer: add },
        edges: { search: { enough: "answer" } }
      })
      assert.deepStrictEqual(yield* Flow.run(flow, { n: 0 }), { outcome: "default", store: { n: 4 }, steps: 4 })
      assert.deepStrictEqual(
        Flow.toGraph(Flow.budget(spin, { steps: 3 }, "enough")).outcomes.map(({ action }) => action),
        ["enough"]
      )
    })
  )

  it.effect("is new each time control comes to the step", () =>
    Effect.gen(function* () {
      const seen: Array<number> = []
      const look = Node.make(Counter, {
        exec: () => Effect.map(Node.Visit, (visit) => void seen.push(visit)),
        post: () => Counter.to("again", (s) => ({ n: s.n + 1 }))
      })
      const flow = Flow.make(Counter, {
        start: "loop",
        nodes: {
          loop: Flow.make(Counter, { start: "look", nodes: { look }, edges: { look: { again: "look" } } }).pipe(
            Flow.budget({ steps: 2 })
          ),
          more: Node.make(Counter, { post: (s) => (s.n < 6 ? Counter.to("more") : Counter.to("done")) })
        },
        edges: { loop: { exhausted: "more" }, more: { more: "loop" } }
      })
      assert.deepStrictEqual(yield* Flow.run(flow, { n: 0 }), { outcome: "done", store: { n: 6 }, steps: 9 })
      assert.deepStrictEqual(seen, [0, 1, 2, 3, 4, 5])
    })
  )

  it.effect("nested budgets: the one that is spent first ends its step; of two at once the outer", () =>
    Effect.gen(function* () {
      const nested = (inner: number, outer: number) =>
        Flow.make(Counter, {
          start: "a",
          nodes: { a: Flow.budget(spin, { steps: inner }, "inner") },
          edges: { a: { inner: "a" } }
        }).pipe(Flow.budget({ steps: outer }, "outer"))
      assert.deepStrictEqual(yield* Flow.run(nested(2, 5), { n: 0 }), { outcome: "outer", store: { n: 5 }, steps: 5 })
      assert.deepStrictEqual(yield* Flow.run(nested(9, 5), { n: 0 }), { outcome: "outer", store: { n: 5 }, steps: 5 })
      const twice = spin.pipe(Flow.budget({ steps: 3 }, "inner"), Flow.budget({ steps: 3 }, "outer"))
      assert.strictEqual((yield* Flow.run(twice, { n: 0 })).outcome, "outer")
      const wider = spin.pipe(Flow.budget({ steps: 3 }, "inner"), Flow.budget({ steps: 4 }, "outer"))
      assert.strictEqual((yield* Flow.run(wider, { n: 0 })).outcome, "inner")
    })
  )

  it.effect("counts the visits inside calls, and a fan as one", () =>
    Effect.gen(function* () {
      const call = Flow.call(Counter, spin, { prep: (s) => s, post: () => Counter.next() }).pipe(
        Flow.budget({ steps: 4 })
      )
      assert.deepStrictEqual(yield* Flow.run(call, { n: 0 }), { outcome: "exhausted", store: { n: 0 }, steps: 4 })
      const all = Flow.all(Counter, { a: Flow.sequence(Counter, { a: add, b: add }), b: add })
      assert.deepStrictEqual(
        yield* Flow.run(Flow.sequence(Counter, { all, add }).pipe(Flow.budget({ steps: 2 })), { n: 0 }),
        {
          outcome: "default",
          store: { n: 4 },
          steps: 2
        }
      )
    })
  )

  it.effect("of time begins with the first visit and interrupts the one under way, which changes nothing", () =>
    Effect.gen(function* () {
      const events: Array<string> = []
      const flow = Flow.make(Counter, {
        start: "before",
        nodes: {
          before: Node.make(Counter, { exec: () => Effect.sleep("1 minute") }),
          work: Flow.sequence(Counter, {
            quick: add,
            slow: Node.make(Counter, {
              exec: () =>
                Effect.acquireUseRelease(
                  Effect.sync(() => void events.push("acquire")),
                  () => Effect.sleep("1 hour"),
                  () => Effect.sync(() => void events.push("release"))
                ),
              post: () => Counter.next({ n: 99 })
            })
          }).pipe(Flow.budget({ duration: "2500 millis" })),
          after: Node.make(Counter, { post: () => Counter.to("out of time") })
        },
        edges: { before: { default: "work" }, work: { exhausted: "after" } }
      })
      const fiber = yield* Effect.forkChild(Flow.run(flow, { n: 0 }))
      yield* TestClock.adjust("1 minute")
      yield* TestClock.adjust("2499 millis")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* Fiber.join(fiber), { outcome: "out of time", store: { n: 1 }, steps: 4 })
      assert.deepStrictEqual(events, ["acquire", "release"])
    })
  )

  it.effect("of time is one for all visits and phases", () =>
    Effect.gen(function* () {
      const flow = seconds.pipe(Flow.budget({ duration: "3500 millis" }))
      assert.deepStrictEqual(yield* during("10 seconds", Flow.run(flow, { n: 0 })), {
        outcome: "exhausted",
        store: { n: 3 },
        steps: 4
      })
      for (const phase of ["prep", "exec", "post"]) {
        const at = (name: string) => (name === phase ? Effect.sleep("1 hour") : Effect.sleep("1 second"))
        const node = Node.make(Counter, {
          prep: () => at("prep"),
          exec: () => at("exec"),
          post: () => Effect.as(at("post"), Counter.next({ n: 9 }))
        }).pipe(Flow.budget({ duration: "10 seconds" }))
        assert.deepStrictEqual(yield* during("10 seconds", Flow.run(node, { n: 0 })), {
          outcome: "exhausted",
          store: { n: 0 },
          steps: 1
        })
      }
    })
  )

  it.effect("of time ends a batch, a fan or a call under way", () =>
    Effect.gen(function* () {
      const never = Node.make(Counter, { exec: () => Effect.never })
      const steps = [
        Node.batch(Counter, { prep: () => [1, 2], exec: () => Effect.never, concurrency: 2 }),
        Flow.all(Counter, { a: add, b: never }),
        Flow.map(Counter, never, { prep: (s) => [s], post: () => Counter.next() }),
        Flow.call(Counter, never, { prep: (s) => s, post: () => Counter.next() })
      ] as ReadonlyArray<Flow.Step<typeof Counter, string>>
      for (const step of steps) {
        const run = yield* during("1 second", Flow.run(Flow.budget(step, { duration: "1 second" }), { n: 0 }))
        assert.deepStrictEqual(run, { outcome: "exhausted", store: { n: 0 }, steps: 1 })
      }
    })
  )

  it.effect("of time and steps ends with what is spent first; of nested times the tightest, then the outer", () =>
    Effect.gen(function* () {
      const run = (flow: Flow.Step<typeof Counter, string>) =>
        Effect.map(
          during("1 minute", Flow.run(flow, { n: 0 })),
          ({ outcome, steps, store }) => `${outcome} ${steps} n=${store.n}`
        )
      assert.strictEqual(yield* run(Flow.budget(seconds, { steps: 2, duration: "10 seconds" })), "exhausted 2 n=2")
      assert.strictEqual(yield* run(Flow.budget(seconds, { steps: 10, duration: "1500 millis" })), "exhausted 2 n=1")
      const inner = Flow.budget(seconds, { duration: "1500 millis" }, "inner")
      assert.strictEqual(yield* run(Flow.budget(inner, { duration: "5 seconds" }, "outer")), "inner 2 n=1")
      const wide = Flow.budget(seconds, { duration: "5 seconds" }, "inner")
      assert.strictEqual(yield* run(Flow.budget(wide, { duration: "1500 millis" }, "outer")), "outer 2 n=1")
      assert.strictEqual(yield* run(Flow.budget(inner, { duration: "1500 millis" }, "outer")), "outer 2 n=1")
      const again = Flow.make(Counter, {
        start: "a",
        nodes: { a: inner },
        edges: { a: { inner: "a" } }
      }).pipe(Flow.budget({ duration: "4200 millis" }, "outer"))
      assert.strictEqual(yield* run(again), "outer 6 n=3")
    })
  )

  it.effect("a failure inside goes through, and leaves no budget behind", () =>
    Effect.gen(function* () {
      const failing = Node.make(Counter, { exec: () => Effect.delay(Effect.fail("x"), "1 second") }).pipe(
        Flow.budget({ duration: "2 seconds" }),
        Flow.catch("caught")
      )
      const flow = Flow.make(Counter, {
        start: "failing",
        nodes: {
          failing,
          long: Node.make(Counter, { exec: () => Effect.sleep("1 hour"), post: () => Counter.to("end") })
        },
        edges: { failing: { caught: "long" } }
      })
      assert.deepStrictEqual(yield* during("2 hours", Flow.run(flow, { n: 0 })), {
        outcome: "end",
        store: { n: 0 },
        steps: 2
      })
    })
  )

  it.effect("holds after steps of every kind, whether they ended or failed", () =>
    Effect.gen(function* () {
      const fails = Node.make(Counter, { exec: () => Effect.fail("x") })
      const inside = Optic.id<typeof Counter.Type>().pick(["n"])
      for (const step of [
        add.pipe(Flow.focus(inside)),
        add.pipe(Flow.mapOutcome({ default: "default" })),
        add.pipe(Flow.budget({ steps: 9 })),
        add.pipe(Flow.catch("default")),
        Flow.sequence(Counter, { add, fails }).pipe(
          Flow.focus(inside),
          Flow.budget({ steps: 9 }),
          Flow.catch("default")
        ),
        Flow.sequence(Counter, { add, spin }).pipe(Flow.focus(inside), Flow.budget({ steps: 1 }, "default"))
      ] as ReadonlyArray<Flow.Step<typeof Counter, "default">>) {
        const flow = Flow.sequence(Counter, { step, spin: spin.pipe(Flow.budget({ steps: 3 })) })
        const { outcome, store } = yield* Flow.run(flow, { n: 0 }, { maxSteps: 9 })
        assert.deepStrictEqual([outcome, store], ["exhausted", { n: 4 }])
      }
    })
  )

  it.effect("shows in a stream as a visit that only starts", () =>
    Effect.gen(function* () {
      const flow = seconds.pipe(Flow.budget({ duration: "1500 millis" }))
      const events = yield* during("1 minute", Stream.runCollect(Flow.stream(flow, { n: 0 })))
      assert.deepStrictEqual(
        events.map((event) => event._tag),
        ["Started", "Finished", "Started", "Completed"]
      )
    })
  )
})
