/**
 * Concurrency and cancellation: what must hold whatever the schedule, each under many seeds.
 */
import { assert, describe, it } from "@effect/vitest"
import { Property, replayInterleaving, Spec, VirtualTime } from "@effect-pocketflow/testing"
import { Context, Deferred, Effect, Fiber, Ref, Result, Schedule, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import * as fc from "fast-check"
import { Counter } from "../core/support.ts"
import { holds } from "../holds.ts"
import { instant } from "../properties/specs.ts"

const range = (length: number) => Array.from({ length }, (_, i) => i)
const schedules = { counts: "schedules" }

class Element extends Context.Service<Element, number>()("test/Element") {}

describe("parallel increments", () => {
  const slow = Node.make(Counter, {
    exec: () => Effect.yieldNow,
    post: () => Counter.next((s) => ({ n: s.n + 1 }))
  })

  /** So many subflows at once, in one run, and in runs of their own on one Ref. */
  const ways = [
    (times: number) =>
      Effect.map(
        Flow.run(Flow.forEach(slow, { params: Element, prep: () => range(times), concurrency: "unbounded" }), { n: 0 }),
        (run) => run.store.n
      ),
    (times: number) =>
      Effect.gen(function* () {
        const ref = yield* Ref.make({ n: 0 })
        const flow = Flow.sequence(Counter, { slow })
        yield* Effect.forEach(range(times), () => Flow.runRef(flow, ref), { concurrency: "unbounded", discard: true })
        return (yield* Ref.get(ref)).n
      }),
    (times: number) =>
      Effect.map(
        Flow.run(Flow.all(Counter, Object.fromEntries(range(times).map((i) => [`branch ${i}`, slow]))), { n: 0 }),
        (run) => run.store.n
      )
  ]

  const all = (options: Property.Options, times: fc.Arbitrary<number>, way: (typeof ways)[number]) =>
    Property.check(
      fc.tuple(times, fc.nat()),
      ([times, seed]) => Effect.map(replayInterleaving(way(times), seed), (n) => assert.strictEqual(n, times)),
      options
    )

  for (const [i, name] of ["a forEach", "runs on one Ref", "a Flow.all"].entries()) {
    holds(`up to 100 in ${name}: none is lost`, { ...schedules, ci: 50, soak: 10_000 }, (options) =>
      all(options, fc.nat({ max: 100 }), ways[i]!)
    )
    holds(`10,000 in ${name}: none is lost`, { ...schedules, ci: 2, soak: i === 0 ? 1000 : 200 }, (options) =>
      all(options, fc.constant(10_000), ways[i]!)
    )
  }
})

describe("an interruption", () => {
  /** Runs that go on at once on the shared store commit in any order, so that it has no one sequence of states. */
  const inOrder = (spec: Spec.Spec): boolean => !/"kind":"forEach"[^]*"concurrency"/.test(JSON.stringify(spec))

  const init = { a: 1, b: 2 }
  const text = (state: typeof Spec.Sample.Type): string => JSON.stringify(state)

  /** A Ref, and all states that it was ever in: of what is committed, not all is told by an event. */
  const watched = Effect.map(Ref.make(init), (ref) => {
    const states = [text(init)]
    let current = init
    Object.defineProperty(ref.ref, "current", {
      get: () => current,
      set: (next) => {
        current = next
        states.push(text(next))
      }
    })
    return { ref, states }
  })

  /** The states of the store in a run that nobody interrupts. */
  const statesOf = (spec: Spec.Spec) =>
    Effect.gen(function* () {
      const { ref, states } = yield* watched
      yield* Effect.exit(Flow.runRef(Spec.build(spec), ref))
      return states
    })

  /** The same of a run that is interrupted after `k` turns, and whether it had ended by then. */
  const interruptAfter = (spec: Spec.Spec, k: number) =>
    Effect.gen(function* () {
      const log = Spec.recorder()
      const { ref, states } = yield* watched
      const fiber = yield* Effect.forkChild(Flow.runRef(Spec.build(spec, log), ref))
      for (let i = 0; i < k; i++) yield* Effect.yieldNow
      const ended = fiber.pollUnsafe() !== undefined
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(log.acquired, log.released)
      const left = states.length
      // Nothing goes on behind its back.
      yield* Effect.sleep("1 hour")
      assert.strictEqual(states.length, left)
      return { ended, states }
    })

  type Exec = (i: number) => Effect.Effect<void>

  /** Four items, two at a time, of each kind of fan-out. */
  const fans = {
    batch: (exec: Exec) => Node.batch(Counter, { prep: () => range(4), exec, concurrency: 2 }),
    map: (exec: Exec) =>
      Flow.map(Counter, Node.make(Counter, { exec: ({ n }) => exec(n) }), {
        prep: () => range(4).map((n) => ({ n })),
        post: () => Counter.next(),
        concurrency: 2
      }),
    forEach: (exec: Exec) =>
      Flow.forEach(Node.make(Counter, { prep: () => Element, exec }), {
        params: Element,
        prep: () => range(4),
        concurrency: 2
      }),
    all: (exec: Exec) => {
      const branch = (i: number) => Node.make(Counter, { exec: () => exec(i) })
      return Flow.all(Counter, { a: branch(0), b: branch(1), c: branch(2), d: branch(3) }, { concurrency: 2 })
    }
  }
  const kinds = ["batch", "map", "forEach", "all"] as const

  holds(
    "of a fan-out reaches an item that is just about to begin",
    { ...schedules, ci: 400, soak: 40_000 },
    (options) =>
      Property.check(
        fc.tuple(fc.constantFrom(...kinds), fc.integer({ min: 1, max: 2 }), fc.nat({ max: 3 }), fc.nat()),
        ([kind, cut, turns, seed]) =>
          Effect.gen(function* () {
            const stop = yield* Deferred.make<never, string>()
            let [begun, released] = [0, 0]
            // Whoever is before the one that cuts the run off ends soon; whoever is after it, only by the interruption.
            const work = (i: number) =>
              i < cut
                ? Effect.forEach(range(turns + 1), () => Effect.yieldNow, { discard: true })
                : Effect.andThen(i === cut ? Deferred.fail(stop, "stop") : Effect.void, Effect.never)
            const flow = fans[kind]((i) =>
              Effect.acquireUseRelease(
                Effect.sync(() => begun++),
                () => work(i),
                () => Effect.sync(() => released++)
              )
            )
            const run = Effect.raceFirst(Flow.run(flow, { n: 0 }), Deferred.await(stop))
            // What would go on has an hour for it.
            const ended = Effect.tap(Effect.flip(run), () => Effect.sleep("1 hour"))
            assert.strictEqual(yield* replayInterleaving(ended, seed), "stop")
            assert.strictEqual(begun, released)
          }),
        options
      )
  )

  for (const kind of kinds) {
    it.live(`does so by Effect's own scheduler too, however much its fiber has done (${kind})`, () =>
      Effect.gen(function* () {
        // A fiber yields after 2048 operations: in the middle of its interruption, if it has made about so many.
        for (let operations = 1900; operations < 2060; operations++) {
          let left = operations
          const busy = Effect.whileLoop({
            while: () => left > 0,
            body: () => Effect.sync(() => left--),
            step: () => {}
          })
          const work: Exec = (i) => {
            if (i === 0) return Effect.yieldNow
            if (i === 1) fiber.interruptUnsafe()
            return Effect.never
          }
          const run = Flow.run(
            fans[kind]((i) => Effect.suspend(() => work(i))),
            { n: 0 }
          )
          const fiber: Fiber.Fiber<unknown> = yield* Effect.forkDetach(Effect.andThen(busy, run))
          for (let i = 0; i < 50; i++) yield* Effect.yieldNow
          // Not awaited, neither here nor at the end of the test: it may hang.
          assert.isDefined(fiber.pollUnsafe(), `after ${operations} operations`)
        }
      })
    )
  }

  holds(
    "at each yield point runs the finalizers and leaves a prefix of what was committed",
    { ci: 60, soak: 5000, counts: "graphs" },
    (options) => {
      // How many were interrupted with something committed, and before the end.
      let within = 0
      const property = Property.check(
        // Time would stand still as long as somebody counts turns.
        fc.tuple(instant.filter(inOrder), fc.nat()),
        ([spec, seed]) =>
          Effect.gen(function* () {
            const whole = yield* replayInterleaving(statesOf(spec), seed)
            for (let k = 0; k < 500; k++) {
              const { ended, states } = yield* replayInterleaving(interruptAfter(spec, k), seed)
              assert.deepStrictEqual(states, whole.slice(0, states.length))
              if (ended) return
              if (states.length > 1) within++
            }
          }),
        options
      )
      return Effect.tap(property, ({ runs }) => Effect.sync(() => assert.isAbove(within, runs / 2)))
    }
  )
})

describe("many items", () => {
  const size = 1000
  const accounted =
    (size: number) =>
    (options: Property.Options): Effect.Effect<Property.Passed, Property.Falsified> =>
      Property.check(
        fc.tuple(fc.integer({ min: 1, max: 60 }), fc.nat()),
        ([concurrency, seed]) => {
          let [now, most] = [0, 0]
          const seen: Array<unknown> = []
          const node = Node.batch(Counter, {
            prep: () => range(size),
            exec: (i) =>
              Effect.acquireUseRelease(
                Effect.sync(() => (most = Math.max(most, ++now))),
                () => Effect.andThen(Effect.yieldNow, i % 100 === 0 ? Effect.fail({ i }) : Effect.succeed(i)),
                () => Effect.sync(() => now--)
              ),
            post: (_items, results) => {
              for (const result of results) seen.push(Result.getOrElse(result, ({ i }) => -i))
              return Counter.next()
            },
            concurrency,
            mode: "result"
          })
          return Effect.map(replayInterleaving(Flow.run(node, { n: 0 }), seed), () => {
            assert.strictEqual(now, 0)
            assert.isAtMost(most, concurrency)
            assert.deepStrictEqual(
              seen,
              range(size).map((i) => (i % 100 === 0 ? -i : i))
            )
          })
        },
        options
      )

  const allThere = "of which some fail are all accounted for, in order, within the concurrency"
  holds(`1000 ${allThere}`, { ...schedules, ci: 20, soak: 2000 }, accounted(1000))
  holds(`100,000 ${allThere}`, { ...schedules, ci: 1, soak: 20 }, accounted(100_000))

  holds(
    "of which one fails, dies or is interrupted end at once, and all that was begun is released",
    { ...schedules, ci: 30, soak: 3000 },
    (options) =>
      Property.check(
        fc.tuple(
          fc.nat({ max: size - 1 }),
          fc.integer({ min: 2, max: 20 }),
          fc.constantFrom<Effect.Effect<never, string>>(Effect.fail("x"), Effect.die("x"), Effect.interrupt),
          fc.nat()
        ),
        ([bad, concurrency, ending, seed]) => {
          let [begun, released, after] = [0, 0, 0]
          let over = false
          const last = Effect.ensuring(
            ending,
            Effect.sync(() => (over = true))
          )
          const node = Node.batch(Counter, {
            prep: () => range(size),
            exec: (i) =>
              Effect.acquireUseRelease(
                Effect.sync(() => {
                  begun++
                  if (over) after++
                }),
                () => Effect.andThen(Effect.yieldNow, i === bad ? last : Effect.never),
                () => Effect.sync(() => released++)
              ).pipe(Effect.timeoutOption(i === bad ? "1 hour" : "1 second")),
            concurrency
          })
          // What would go on has an hour for it.
          const run = Effect.tap(Effect.exit(Flow.run(node, { n: 0 })), () => Effect.sleep("1 hour"))
          return Effect.map(replayInterleaving(run, seed), (exit) => {
            assert.strictEqual(exit._tag, "Failure")
            assert.strictEqual(begun, released)
            assert.isAtMost(begun, bad + concurrency)
            // Whoever had been begun may still be on the way.
            assert.isBelow(after, concurrency)
          })
        },
        options
      )
  )
})

describe("a retry", () => {
  const policy = fc.record({
    base: fc.integer({ min: 1, max: 1000 }),
    factor: fc.constantFrom(1, 2, 3),
    times: fc.nat({ max: 6 }),
    takes: fc.nat({ max: 50 })
  })
  type Policy = typeof policy extends fc.Arbitrary<infer P> ? P : never

  /** When attempts are due that each take some time and fail. */
  const due = ({ base, factor, takes, times }: Policy) => {
    const at = [0]
    for (let i = 0; i < times; i++) at.push(at[i]! + takes + base * factor ** i)
    return at
  }

  const node = (work: (..._: Array<unknown>) => Effect.Effect<void, string>, { base, factor, times }: Policy) =>
    Node.make(Counter, { exec: work }).pipe(
      Node.retry(Schedule.exponential(base, factor).pipe(Schedule.upTo({ times })))
    )

  holds("is made at exactly its time", { ci: 200, soak: 20_000, counts: "policies" }, (options) =>
    Property.check(
      policy,
      (policy) =>
        Effect.gen(function* () {
          const fails = VirtualTime.timed(() => Effect.delay(Effect.fail("busy"), policy.takes))
          const error = yield* VirtualTime.run(Effect.flip(Flow.run(node(fails, policy), { n: 0 })))
          assert.strictEqual(error, "busy")
          assert.deepStrictEqual(fails.times, due(policy))
        }),
      options
    )
  )

  holds("is not made of a defect or an interruption", { ci: 50, soak: 2000, counts: "policies" }, (options) =>
    Property.check(
      fc.tuple(policy, fc.constantFrom<Effect.Effect<never>>(Effect.die("x"), Effect.interrupt)),
      ([policy, ending]) =>
        Effect.gen(function* () {
          const once = VirtualTime.timed(() => ending)
          const exit = yield* VirtualTime.run(Effect.exit(Flow.run(node(once, policy), { n: 0 })))
          assert.strictEqual(exit._tag, "Failure")
          assert.deepStrictEqual(once.times, [0])
        }),
      options
    )
  )
})

describe("promises", () => {
  const Words = Store.make("Words", { words: Schema.Array(Schema.String), n: Schema.Number })

  holds(
    "may settle in any order: a fan-out comes to the same (the scheduler of fast-check)",
    { ci: 100, soak: 10_000, counts: "schedules" },
    (options) =>
      Property.check(
        fc.scheduler(),
        (scheduler) => {
          const ask = scheduler.scheduleFunction((word: string) => Promise.resolve(word.toUpperCase()))
          const batch = Node.batch(Words, {
            prep: (s) => s.words,
            exec: (word) => Effect.promise(() => ask(word)),
            post: (_words, words) => Words.next({ words }),
            concurrency: "unbounded"
          })
          const note = (word: string) =>
            Node.make(Words, {
              exec: () => Effect.promise(() => ask(word)),
              post: (_s, word) => Words.next((s) => ({ words: [...s.words, word], n: s.n + 1 }))
            })
          const flow = Flow.sequence(Words, {
            batch,
            notes: Flow.all(Words, { c: note("c"), d: note("d"), e: note("e") })
          })
          return Effect.map(
            Effect.promise(() => scheduler.waitFor(Effect.runPromise(Flow.run(flow, { words: ["a", "b"], n: 0 })))),
            (run) => assert.deepStrictEqual(run.store, { words: ["A", "B", "C", "D", "E"], n: 3 })
          )
        },
        options
      )
  )
})
