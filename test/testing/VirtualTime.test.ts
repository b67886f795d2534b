import { assert, describe, it } from "@effect/vitest"
import { VirtualTime } from "@effect-pocketflow/testing"
import { Cause, Clock, Context, Data, Duration, Effect, Exit, Fiber, Layer, Queue, Schedule, Stream } from "effect"
import { Flow, Node } from "effect-pocketflow"
import { TestClock } from "effect/testing"
import { Counter, Trail, visit } from "../core/support.ts"
import { turns, until } from "./support.ts"

const now = Clock.currentTimeMillis
const millis = Duration.toMillis

const after = <A>(duration: Duration.Input, value: A) => Effect.delay(Effect.succeed(value), duration)

describe("run", () => {
  /** Programs, what they come to, and when. */
  const programs: ReadonlyArray<readonly [name: string, Effect.Effect<unknown>, value: unknown, at: number]> = [
    ["a value", Effect.succeed(1), 1, 0],
    ["a sleep", after("1 hour", "slept"), "slept", 3_600_000],
    ["fractions", Effect.andThen(Effect.sleep(0.5), after(0.25, "slept")), "slept", 0.75],
    ["sleeps in a row", Effect.forEach([1, 10, 100], (n) => Effect.andThen(Effect.sleep(n), now)), [1, 11, 111], 111],
    [
      "sleeps at once",
      Effect.forEach([30, 10, 20], (n) => Effect.andThen(Effect.sleep(n), now), { concurrency: "unbounded" }),
      [30, 10, 20],
      30
    ],
    [
      "a semaphore of two",
      Effect.forEach([10, 10, 10], (n) => Effect.andThen(Effect.sleep(n), now), { concurrency: 2 }),
      [10, 10, 20],
      20
    ],
    ["a timeout", Effect.map(Effect.timeoutOption(Effect.never, 7), (option) => option._tag), "None", 7],
    ["a race", Effect.race(after("1 day", "slow"), after(5, "fast")), "fast", 5],
    ["timed", Effect.map(Effect.timed(Effect.sleep("2 minutes")), ([duration]) => millis(duration)), 120_000, 120_000],
    [
      "a schedule",
      Effect.as(Effect.repeat(Effect.void, Schedule.spaced(100).pipe(Schedule.upTo({ times: 3 }))), "repeated"),
      "repeated",
      300
    ],
    [
      "a stream",
      Stream.runCollect(Stream.fromEffectSchedule(now, Schedule.spaced(10)).pipe(Stream.take(3))),
      [0, 10, 20],
      20
    ],
    [
      "a queue between fibers",
      Effect.gen(function* () {
        const queue = yield* Queue.unbounded<number>()
        yield* Effect.forkChild(
          Effect.forever(
            Effect.andThen(
              Effect.sleep(3),
              Effect.flatMap(now, (n) => Queue.offer(queue, n))
            )
          )
        )
        return yield* Effect.forEach([1, 2], () => Queue.take(queue))
      }),
      [3, 6],
      6
    ],
    [
      "promises in between, which take no time",
      Effect.gen(function* () {
        yield* Effect.promise(() => turns(20))
        yield* Effect.sleep(10)
        yield* Effect.promise(() => turns(20))
        return yield* now
      }),
      10,
      10
    ],
    [
      "much work at one time",
      Effect.forEach(Array.from({ length: 5000 }), () => Effect.yieldNow, { discard: true }),
      undefined,
      0
    ]
  ]
  const cases = programs.map(([name, program, value, at]) => ({ name, program, value, at }))
  const look = (program: Effect.Effect<unknown>) => VirtualTime.run(Effect.all([program, now]))

  it.effect.each(cases)("$name: at the exact time, in it.effect", ({ at, program, value }) =>
    Effect.map(look(program), (end) => assert.deepStrictEqual(end, [value, at]))
  )

  it("the same outside of it.effect", async () => {
    const ends = await Effect.runPromise(Effect.forEach(cases, ({ program }) => look(program)))
    assert.deepStrictEqual(
      ends,
      cases.map(({ at, value }) => [value, at])
    )
  })

  it.effect("does not move the caller's clock, nor begins at its time", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust(500)
      assert.strictEqual(yield* VirtualTime.run(Effect.andThen(Effect.sleep(10), now)), 10)
      assert.strictEqual(yield* now, 500)
      const nested = Effect.andThen(Effect.sleep(1), VirtualTime.run(Effect.andThen(Effect.sleep(7), now)))
      assert.deepStrictEqual(yield* VirtualTime.run(Effect.all([nested, now])), [7, 1])
    })
  )

  class Odd extends Data.TaggedError("Odd")<{ readonly at: number }> {}

  it.effect("gives failures, defects and interruptions as they are", () =>
    Effect.gen(function* () {
      const fails = Effect.andThen(
        Effect.sleep(5),
        Effect.flatMap(now, (at) => Effect.fail(new Odd({ at })))
      )
      assert.deepStrictEqual(yield* Effect.flip(VirtualTime.run(fails)), new Odd({ at: 5 }))
      const defect = new RangeError("x")
      const died = yield* Effect.exit(VirtualTime.run(Effect.andThen(Effect.sleep(5), Effect.die(defect))))
      assert.strictEqual(Exit.isFailure(died) ? Cause.squash(died.cause) : undefined, defect)
      const interrupted = yield* Effect.exit(VirtualTime.run(Effect.andThen(Effect.sleep(5), Effect.interrupt)))
      assert.isTrue(Exit.isFailure(interrupted) && Cause.hasInterruptsOnly(interrupted.cause))
    })
  )

  class Name extends Context.Service<Name, string>()("test/Name") {}
  class Late extends Context.Service<Late, number>()("test/Late") {}

  it.effect("has the services of the caller", () =>
    Effect.gen(function* () {
      const program = Effect.map(Effect.all([Name, after(5, 1)]), ([name]) => name)
      assert.strictEqual(yield* Effect.provideService(VirtualTime.run(program), Name, "mine"), "mine")
      // Layers of the program's own are built in its time.
      const layer = Layer.effect(Late, Effect.andThen(Effect.sleep(9), now))
      assert.strictEqual(yield* VirtualTime.run(Effect.provide(Late, layer)), 9)
    })
  )

  describe("that does not end", () => {
    const notEnded = <A, E>(effect: Effect.Effect<A, E>) =>
      Effect.map(Effect.exit(effect), (exit) => {
        const defect = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
        assert.instanceOf(defect, VirtualTime.NotEnded)
        return { limit: millis(defect.limit), message: defect.message }
      })

    it.effect("by its limit is a defect, NotEnded", () =>
      Effect.gen(function* () {
        const day = { limit: 86_400_000, message: "it has not ended after 1d of virtual time" }
        assert.deepStrictEqual(yield* notEnded(VirtualTime.run(Effect.never)), day)
        assert.deepStrictEqual(yield* notEnded(VirtualTime.run(Effect.sleep("25 hours"))), day)
        const limit = "90 seconds"
        assert.deepStrictEqual(yield* notEnded(VirtualTime.run(Effect.forever(Effect.sleep("1 second")), { limit })), {
          limit: 90_000,
          message: "it has not ended after 1m 30s of virtual time"
        })
      })
    )

    it.effect("may end just at the limit", () =>
      Effect.gen(function* () {
        const program = (length: number) =>
          Effect.andThen(
            Effect.sleep(length),
            Effect.forEach(Array.from({ length: 50 }), () => Effect.yieldNow)
          )
        yield* VirtualTime.run(program(1000), { limit: "1 second" })
        yield* notEnded(VirtualTime.run(program(1001), { limit: "1 second" }))
        yield* VirtualTime.run(Effect.succeed(1), { limit: 0 })
      })
    )

    it.effect("is interrupted, and its finalizers have their time", () =>
      Effect.gen(function* () {
        const log: Array<string> = []
        const note = (text: string) => Effect.flatMap(now, (at) => Effect.sync(() => log.push(`${text} at ${at}`)))
        const program = Effect.never.pipe(
          Effect.ensuring(note("first")),
          Effect.ensuring(Effect.delay(note("then"), "5 seconds"))
        )
        yield* notEnded(VirtualTime.run(program, { limit: "1 minute" }))
        assert.deepStrictEqual(log, ["first at 60000", "then at 65000"])
      })
    )
  })

  it.live("is interrupted from outside, with its finalizers", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const note = (text: string) => Effect.sync(() => log.push(text))
      const program = Effect.andThen(
        note("begun"),
        Effect.ensuring(Effect.forever(Effect.sleep("1 second")), note("released"))
      )
      const fiber = yield* Effect.forkChild(VirtualTime.run(program, { limit: "10000 days" }))
      yield* until(() => log.length > 0)
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(log, ["begun", "released"])
    })
  )
})

describe("timed", () => {
  it.effect("notes when each Effect begins, not when the function is called", () =>
    Effect.gen(function* () {
      const add = VirtualTime.timed((a: number, b: number) => Effect.delay(Effect.succeed(a + b), 10))
      const program = Effect.gen(function* () {
        const [one, other] = [add(1, 2), add(3, 4)]
        yield* Effect.sleep(100)
        const sums = [yield* one, yield* other]
        return [...sums, yield* one]
      })
      assert.deepStrictEqual(yield* VirtualTime.run(program), [3, 7, 3])
      assert.deepStrictEqual(add.times, [100, 110, 120])
      // On the caller's clock, elsewhere.
      yield* TestClock.adjust(5)
      yield* Effect.forkChild(add(1, 1), { startImmediately: true })
      assert.deepStrictEqual(add.times, [100, 110, 120, 5])
    })
  )

  it.effect("hands on arguments, failures, what is thrown, and services", () =>
    Effect.gen(function* () {
      class Name extends Context.Service<Name, string>()("test/Name") {}
      const f = VirtualTime.timed((way: "fail" | "throw" | "name", ..._more: ReadonlyArray<number>) => {
        if (way === "throw") throw new RangeError("thrown")
        return way === "fail" ? Effect.fail("failed" as const) : Effect.service(Name)
      })
      const run = (...args: Parameters<typeof f>) => Effect.provideService(VirtualTime.run(f(...args)), Name, "mine")
      assert.strictEqual(yield* Effect.flip(run("fail", 1, 2)), "failed")
      assert.strictEqual(yield* run("name"), "mine")
      const thrown = yield* Effect.exit(run("throw"))
      assert.isTrue(Exit.isFailure(thrown) && Cause.squash(thrown.cause) instanceof RangeError)
      assert.deepStrictEqual(f.times, [0, 0, 0])
    })
  )

  it.effect("functions have times of their own", () =>
    Effect.gen(function* () {
      const f = () => Effect.void
      const [one, other] = [VirtualTime.timed(f), VirtualTime.timed(f)]
      yield* VirtualTime.run(Effect.andThen(one(), Effect.delay(other(), 3)))
      assert.deepStrictEqual([one.times, other.times], [[0], [3]])
    })
  )

  it.effect("tells the times of a flow: retries, a batch, a fan-out", () =>
    Effect.gen(function* () {
      const busy = VirtualTime.timed(() => Effect.fail("busy"))
      const ask = Node.make(Counter, { exec: busy }).pipe(
        Node.retry(Schedule.exponential("1 second").pipe(Schedule.upTo({ times: 3 })))
      )
      assert.strictEqual(yield* Effect.flip(VirtualTime.run(Flow.run(ask, { n: 0 }))), "busy")
      assert.deepStrictEqual(busy.times, [0, 1000, 3000, 7000])

      const item = VirtualTime.timed((n: number) => Effect.delay(Effect.succeed(n), 10))
      const batch = Node.batch(Counter, { prep: () => [1, 2, 3, 4, 5], exec: item, concurrency: 2 })
      yield* VirtualTime.run(Flow.run(batch, { n: 0 }))
      assert.deepStrictEqual(item.times, [0, 0, 10, 10, 20])

      const wait = (name: string, duration: Duration.Input) =>
        Flow.sequence(Trail, { wait: Node.make(Trail, { exec: () => Effect.sleep(duration) }), visit: visit(name) })
      const all = Flow.all(Trail, { a: wait("a", 20), b: wait("b", 10) })
      assert.deepStrictEqual(yield* VirtualTime.run(Effect.all([Flow.run(all, { seen: [] }), now])), [
        { outcome: "default", store: { seen: ["a", "b"] }, steps: 1 },
        20
      ])
    })
  )
})
