import { assert, describe, it } from "@effect/vitest"
import { exploreInterleavings, replayInterleaving, SeededScheduler } from "@effect-pocketflow/testing"
import {
  Cause,
  Clock,
  Context,
  Data,
  Deferred,
  Duration,
  Effect,
  Exit,
  Fiber,
  Latch,
  Queue,
  Random,
  Ref,
  Schedule,
  Semaphore
} from "effect"
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { turns, until } from "./support.ts"

const range = (length: number) => Array.from({ length }, (_, i) => i)

const atOnce = <A, E, R>(effects: ReadonlyArray<Effect.Effect<A, E, R>>) =>
  Effect.all(effects, { concurrency: "unbounded" })

/** What becomes of a program under the seeds from 0: the values it ends with, sorted. */
const endings = <A, E>(program: Effect.Effect<A, E>, runs = 100) =>
  Effect.map(exploreInterleavings(program, { runs, seed: 0, patience: 20 }), ({ outcomes }) =>
    outcomes.map(({ exit }) => nameOf(exit)).toSorted()
  )

const nameOf = (exit: Exit.Exit<unknown, unknown>): string => {
  if (Exit.isSuccess(exit)) return JSON.stringify(exit.value)
  if (Cause.hasInterruptsOnly(exit.cause)) return "interrupted"
  const error = Cause.squash(exit.cause)
  return error instanceof Error ? error.name : String(error)
}

const sleeps = (millis: number) => new Promise<void>((resolve) => setTimeout(resolve, millis))

// --- the same again -------------------------------------------------------------

/** Forks, sleeps, yields, a queue, a semaphore and random numbers; what happens when, line by line. */
const busy = Effect.gen(function* () {
  const trace: Array<string> = []
  const note = (text: string) =>
    Effect.map(Clock.currentTimeMillis, (now) => void trace.push(`${String(now).padStart(4)} ${text}`))
  const queue = yield* Queue.bounded<string>(2)
  const semaphore = yield* Semaphore.make(2)
  const work = Effect.fnUntraced(function* (id: number) {
    yield* note(`${id} begins`)
    yield* Effect.yieldNow
    yield* semaphore.withPermits(1)(Effect.delay(note(`${id} has slept`), (id % 3) * 10))
    const number = yield* Random.nextIntBetween(0, 1000)
    yield* Queue.offer(queue, `${id} offers ${number}`)
    yield* note(`${id} ends`)
  })
  const fibers = yield* Effect.forEach(range(6), (id) => Effect.forkChild(work(id)))
  for (const _ of fibers) yield* note(yield* Queue.take(queue))
  yield* Fiber.awaitAll(fibers)
  return trace
})

describe("a seed", () => {
  it.effect("gives the same run each time, and another one than other seeds", () =>
    Effect.gen(function* () {
      const traces = new Set<string>()
      for (const seed of [...range(20), -1, 0x7fffffff]) {
        const once = yield* replayInterleaving(busy, seed)
        assert.deepStrictEqual(yield* replayInterleaving(busy, seed), once)
        assert.lengthOf(once, 24)
        traces.add(once.join())
      }
      assert.isAbove(traces.size, 20)
    })
  )

  it.effect("leaves Effect's random numbers as they are, the same each time", () =>
    Effect.gen(function* () {
      const numbers = Effect.all(range(3).map(() => Random.next))
      const jittered = Effect.map(
        Effect.timed(
          Effect.repeat(Effect.void, Schedule.jittered(Schedule.spaced("1 second")).pipe(Schedule.upTo({ times: 3 })))
        ),
        ([duration]) => Duration.toMillis(duration)
      )
      for (const program of [numbers, jittered] as ReadonlyArray<Effect.Effect<unknown>>) {
        const once = yield* replayInterleaving(program, 1)
        assert.deepStrictEqual(yield* replayInterleaving(program, 1), once)
        assert.deepStrictEqual(yield* replayInterleaving(program, 2), once)
      }
      // A program's own seed counts.
      const own = Random.withSeed(Random.next, "mine")
      assert.strictEqual(yield* replayInterleaving(own, 1), yield* replayInterleaving(own, 2))
    })
  )

  it.effect("is drawn from the caller's Random, if there is none", () =>
    Effect.gen(function* () {
      const explored = exploreInterleavings(Random.next, { runs: 2 })
      const one = yield* Random.withSeed(explored, 1)
      assert.deepStrictEqual(yield* Random.withSeed(explored, 1), one)
      assert.notStrictEqual((yield* Random.withSeed(explored, 2)).seed, one.seed)
    })
  )
})

// --- races ------------------------------------------------------------------------

const flip = (get: Effect.Effect<boolean>, set: (value: boolean) => Effect.Effect<void>, taken: Ref.Ref<number>) =>
  Effect.flatMap(get, (free) =>
    free
      ? Effect.andThen(
          set(false),
          Ref.update(taken, (n) => n + 1)
        )
      : Effect.void
  )

/** Programs with a bug, and all of the ends that they can come to. */
const bugs: ReadonlyArray<readonly [name: string, program: Effect.Effect<unknown>, endings: ReadonlyArray<string>]> = [
  [
    "a lost update",
    Effect.gen(function* () {
      const counter = yield* Ref.make(0)
      const increment = Effect.flatMap(Ref.get(counter), (n) => Ref.set(counter, n + 1))
      yield* atOnce([increment, increment, increment])
      return yield* Ref.get(counter)
    }),
    ["1", "2", "3"]
  ],
  [
    "a read, a wait and a write",
    Effect.gen(function* () {
      const balance = yield* Ref.make(100)
      const change = (by: number) =>
        Effect.gen(function* () {
          const before = yield* Ref.get(balance)
          yield* Effect.sleep(10)
          yield* Ref.set(balance, before + by)
        })
      yield* atOnce([change(-10), change(5)])
      return yield* Ref.get(balance)
    }),
    // Both read before the first of them writes.
    ["105", "90"]
  ],
  [
    "check, then act",
    Effect.gen(function* () {
      const free = yield* Ref.make(true)
      const taken = yield* Ref.make(0)
      const take = flip(Ref.get(free), (value) => Ref.set(free, value), taken)
      yield* atOnce([take, take])
      return yield* Ref.get(taken)
    }),
    ["1", "2"]
  ],
  [
    "a lost wake-up",
    Effect.gen(function* () {
      const ready = yield* Ref.make(false)
      const latch = yield* Latch.make(false)
      // Wakes only who waits already.
      const signal = Effect.andThen(Ref.set(ready, true), latch.release)
      const wait = Effect.flatMap(Ref.get(ready), (ready) => (ready ? Effect.void : latch.await))
      yield* atOnce([wait, signal])
      return "woken"
    }),
    ['"woken"', "Deadlock"]
  ],
  [
    "two locks in two orders",
    Effect.gen(function* () {
      const [one, other] = yield* Effect.all([Semaphore.make(1), Semaphore.make(1)])
      const both = (first: Semaphore.Semaphore, second: Semaphore.Semaphore) =>
        first.withPermits(1)(second.withPermits(1)(Effect.void))
      yield* atOnce([both(one, other), both(other, one)])
      return "done"
    }),
    ['"done"', "Deadlock"]
  ]
]

describe("exploreInterleavings", () => {
  for (const [name, program, ends] of bugs) {
    it.effect(`finds ${name}, and seeds that replay it`, () =>
      Effect.gen(function* () {
        const explored = yield* exploreInterleavings(program, { runs: 60, seed: 1, patience: 20 })
        const { outcomes } = explored
        assert.deepStrictEqual(outcomes.map(({ exit }) => nameOf(exit)).toSorted(), ends.toSorted())
        assert.deepStrictEqual([explored.runs, explored.seed], [60, 1])
        assert.strictEqual(
          outcomes.reduce((sum, { count }) => sum + count, 0),
          60
        )
        for (const { exit, seed } of outcomes) {
          const again = yield* Effect.exit(replayInterleaving(program, seed, { patience: 20 }))
          assert.strictEqual(nameOf(again), nameOf(exit))
        }
      })
    )
  }

  it.effect("finds no race where there is none", () =>
    Effect.gen(function* () {
      const counter = Effect.gen(function* () {
        const ref = yield* Ref.make(0)
        const increment = Effect.andThen(
          Effect.yieldNow,
          Ref.update(ref, (n) => n + 1)
        )
        yield* atOnce(range(20).map(() => increment))
        return yield* Ref.get(ref)
      })
      assert.deepStrictEqual(yield* endings(counter), ["20"])
      const locked = Effect.gen(function* () {
        const free = yield* Ref.make(true)
        const taken = yield* Ref.make(0)
        const mutex = yield* Semaphore.make(1)
        const take = mutex.withPermits(1)(flip(Ref.get(free), (value) => Ref.set(free, value), taken))
        yield* atOnce([take, take, take])
        return yield* Ref.get(taken)
      })
      assert.deepStrictEqual(yield* endings(locked), ["1"])
    })
  )

  it.effect(
    "tells the first seed of each outcome, in the order in which they were found, and how many there were",
    () =>
      Effect.gen(function* () {
        // The ends by seed, one by one.
        const exits: Array<string> = []
        const [, program] = bugs[0]!
        for (const seed of range(30)) exits.push(String(yield* replayInterleaving(program, seed)))
        const { outcomes } = yield* exploreInterleavings(program, { runs: 30, seed: 0 })
        assert.deepStrictEqual(
          outcomes.map(({ count, exit, seed }) => ({ count, value: Exit.isSuccess(exit) && String(exit.value), seed })),
          [...new Set(exits)].map((value) => ({
            count: exits.filter((exit) => exit === value).length,
            value,
            seed: exits.indexOf(value)
          }))
        )
        for (const options of [{ runs: 0 }, { runs: NaN }, { seed: Infinity }]) {
          const exit = yield* Effect.exit(exploreInterleavings(program, options))
          assert.isTrue(Exit.isFailure(exit) && Cause.squash(exit.cause) instanceof RangeError)
        }
      })
  )

  it.effect("makes 100 runs by itself", () =>
    Effect.map(exploreInterleavings(Effect.void), ({ outcomes, runs }) =>
      assert.deepStrictEqual([runs, outcomes.map(({ count }) => count)], [100, [100]])
    )
  )

  /** Whether the first of two fibers is first. */
  const either = Effect.gen(function* () {
    const order: Array<boolean> = []
    const note = (first: boolean) =>
      Effect.andThen(
        Effect.yieldNow,
        Effect.sync(() => order.push(first))
      )
    yield* Effect.forEach([true, false], note, { concurrency: "unbounded" })
    return order[0]!
  })

  const forked = Effect.gen(function* () {
    const order: Array<number> = []
    const fibers = yield* Effect.forEach([1, 2, 3], (n) => Effect.forkChild(Effect.sync(() => order.push(n))))
    yield* Fiber.awaitAll(fibers)
    return order.join("")
  })
  const woken = Effect.gen(function* () {
    const order: Array<number> = []
    yield* atOnce(
      [1, 2, 3].map((n) =>
        Effect.delay(
          Effect.sync(() => order.push(n)),
          100
        )
      )
    )
    return order.join("")
  })

  it.effect("runs fibers in all orders, forked or woken at the same time", () =>
    Effect.gen(function* () {
      const orders = ["123", "132", "213", "231", "312", "321"].map((order) => JSON.stringify(order))
      assert.deepStrictEqual(yield* endings(forked), orders)
      assert.deepStrictEqual(yield* endings(woken), orders)
    })
  )

  it.effect("never wakes who sleeps longer first", () =>
    Effect.gen(function* () {
      const order = Effect.gen(function* () {
        const order: Array<number> = []
        yield* atOnce(
          [30, 10, 10.5, 20].map((n) =>
            Effect.delay(
              Effect.sync(() => order.push(n)),
              n
            )
          )
        )
        return order.join()
      })
      assert.deepStrictEqual(yield* endings(order), ['"10,10.5,20,30"'])
    })
  )

  class Odd extends Data.TaggedError("Odd")<{ readonly n: number }> {}

  it.effect("takes failures, defects and interruptions as outcomes, and compares them by value", () =>
    Effect.gen(function* () {
      const ends: ReadonlyArray<readonly [Effect.Effect<unknown, unknown>, ReadonlyArray<string>]> = [
        [Effect.fail(new Odd({ n: 1 })), ["Odd"]],
        [Effect.die(new RangeError("out")), ["RangeError"]],
        [
          Effect.sync(() => {
            throw new TypeError("thrown")
          }),
          ["TypeError"]
        ],
        [Effect.interrupt, ["interrupted"]],
        // Made anew in each run, but the same.
        [Effect.sync(() => ({ a: [1, { b: new Date(0) }], c: new Map([["k", new Set([1])]]) })), ["..."]],
        [
          Effect.flatMap(either, (odd): Effect.Effect<never, unknown> =>
            odd ? Effect.fail(new Odd({ n: 1 })) : Effect.fail(new Odd({ n: 2 }))
          ),
          ["Odd", "Odd"]
        ],
        [Effect.flatMap(either, (odd) => Effect.die(new Error(odd ? "odd" : "even"))), ["Error", "Error"]],
        // Which of two failures is first.
        [atOnce(["one", "other"].map((error) => Effect.andThen(Effect.yieldNow, Effect.fail(error)))), ["one", "other"]]
      ]
      for (const [program, names] of ends) {
        const { outcomes } = yield* exploreInterleavings(program, { runs: 50, seed: 1 })
        const found = outcomes.map(({ exit }) => (Exit.isSuccess(exit) ? "..." : nameOf(exit)))
        assert.deepStrictEqual(found.toSorted(), names)
      }
    })
  )

  it.effect("of an exploration", () =>
    Effect.gen(function* () {
      const inner = Effect.map(exploreInterleavings(forked, { runs: 30, seed: 0 }), ({ outcomes }) => outcomes.length)
      const { outcomes } = yield* exploreInterleavings(inner, { runs: 5, seed: 0 })
      assert.deepStrictEqual(
        outcomes.map(({ exit }) => exit),
        [Exit.succeed(6)]
      )
      // Each has a time of its own.
      const times = Effect.gen(function* () {
        yield* Effect.sleep(100)
        const inside = yield* replayInterleaving(Effect.andThen(Effect.sleep(7), Clock.currentTimeMillis), 1)
        return [inside, yield* Clock.currentTimeMillis]
      })
      assert.deepStrictEqual(yield* replayInterleaving(times, 1), [7, 100])
    })
  )
})

// --- time ---------------------------------------------------------------------------

describe("time", () => {
  const now = Clock.currentTimeMillis

  /** Programs, and what they come to, whatever the seed. */
  const exact: ReadonlyArray<readonly [string, Effect.Effect<unknown, unknown>, unknown]> = [
    ["begins at 0", now, 0],
    ["sleeps", Effect.andThen(Effect.sleep("1 hour"), now), 3_600_000],
    ["sleeps not at all", Effect.andThen(Effect.sleep(0), now), 0],
    ["sleeps a fraction", Effect.andThen(Effect.sleep(0.25), now), 0.25],
    ["sleeps for years", Effect.andThen(Effect.sleep("10000 days"), now), 864_000_000_000],
    [
      "in nanoseconds",
      Effect.andThen(Effect.sleep(1.5), Effect.all([Clock.currentTimeNanos, Clock.monotonicTimeNanos])),
      [1_500_000n, 1_500_000n]
    ],
    ["timed", Effect.map(Effect.timed(Effect.sleep("3 seconds")), ([d]) => Duration.toMillis(d)), 3000],
    ["timeout", Effect.exit(Effect.timeoutOption(Effect.sleep(100), 99)).pipe(Effect.andThen(now)), 99],
    ["no timeout", Effect.andThen(Effect.timeout(Effect.sleep(100), 101), now), 100],
    ["many at once", Effect.andThen(atOnce(range(50).map((i) => Effect.sleep(i * 10))), now), 490],
    [
      "one after the other",
      Effect.forEach(range(5), () => Effect.andThen(Effect.sleep(10), now)),
      [10, 20, 30, 40, 50]
    ],
    [
      "a schedule",
      Effect.gen(function* () {
        const times: Array<number> = []
        const fails = Effect.flatMap(now, (now) => {
          times.push(now)
          return Effect.fail("no")
        })
        yield* Effect.ignore(Effect.retry(fails, Schedule.exponential("100 millis").pipe(Schedule.upTo({ times: 4 }))))
        return times
      }),
      [0, 100, 300, 700, 1500]
    ],
    [
      "an interrupted sleep",
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Effect.sleep("1 day"))
        yield* Effect.sleep(5)
        yield* Fiber.interrupt(fiber)
        yield* Effect.sleep(5)
        return yield* now
      }),
      10
    ],
    ["the loser of a race", Effect.andThen(Effect.race(Effect.sleep(10), Effect.sleep("1 day")), now), 10],
    [
      "background fibers end it not",
      Effect.andThen(Effect.forkDetach(Effect.sleep("1 day")), Effect.sleep(3)),
      undefined
    ]
  ]

  it.effect.each(exact.map(([name, program, expected]) => ({ name, program, expected })))(
    "is virtual and exact: $name",
    ({ expected, program }) =>
      Effect.gen(function* () {
        for (const seed of range(10)) {
          assert.deepStrictEqual(yield* replayInterleaving(program, seed), expected)
        }
      })
  )

  it.live("is the same outside of it.effect, and takes no real time", () =>
    Effect.gen(function* () {
      const begin = performance.now()
      for (const [, program, expected] of exact) {
        assert.deepStrictEqual(yield* replayInterleaving(program, 1), expected)
      }
      assert.isBelow(performance.now() - begin, 5000)
    })
  )

  it.effect("does not move on while something can run", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Effect.andThen(Effect.sleep(1), now))
        for (const _ of range(10_000)) yield* Effect.yieldNow
        const before = yield* now
        return [before, yield* Fiber.join(fiber)]
      })
      for (const seed of range(4)) assert.deepStrictEqual(yield* replayInterleaving(program, seed), [0, 1])
    })
  )

  it.effect("does not move on before a promise that has settled is seen", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const times: Array<number> = []
        const sleeper = yield* Effect.forkChild(Effect.andThen(Effect.sleep(1), now))
        for (const n of [0, 1, 10, 100]) {
          yield* Effect.promise(() => turns(n))
          times.push(yield* now)
        }
        const late = yield* Fiber.join(sleeper)
        const waits = Effect.map(
          Effect.timeoutOption(
            Effect.promise(() => turns(10)),
            1
          ),
          (done) => done._tag
        )
        return { times, late, waits: yield* waits }
      })
      for (const seed of range(10)) {
        const { times, ...rest } = yield* replayInterleaving(program, seed)
        assert.deepStrictEqual({ times, ...rest }, { times: [0, 0, 0, 0], late: 1, waits: "Some" })
      }
    })
  )

  it.live("stands still for a promise that takes longer, if nobody sleeps", () =>
    Effect.gen(function* () {
      const slow = Effect.andThen(
        Effect.promise(() => sleeps(5)),
        now
      )
      assert.strictEqual(yield* replayInterleaving(slow, 1), 0)
      // A sleeper that was interrupted does not count.
      const cut = Effect.andThen(Effect.race(Effect.sleep(3), Effect.sleep("1 day")), slow)
      assert.strictEqual(yield* replayInterleaving(cut, 1), 3)
    })
  )

  it.live("of promises is no deadlock, if each is shorter than the patience, however long it goes on in between", () =>
    Effect.gen(function* () {
      const short = Effect.promise(() => sleeps(2))
      const busy = Effect.gen(function* () {
        yield* short
        const begin = performance.now()
        while (performance.now() - begin < 40) yield* Effect.yieldNow
        return yield* Effect.as(short, "ended")
      })
      const many = Effect.as(
        Effect.forEach(range(12), () => short),
        "ended"
      )
      for (const seed of range(3)) {
        assert.strictEqual(yield* replayInterleaving(busy, seed, { patience: 15 }), "ended")
        assert.strictEqual(yield* replayInterleaving(many, seed, { patience: 15 }), "ended")
      }
    })
  )
})

// --- what it is made of ----------------------------------------------------------------

describe("tasks", () => {
  it.effect("of the lowest priority number are first", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const order: Array<number> = []
        const push = (n: number) =>
          Effect.andThen(
            Effect.yieldNowWith(n),
            Effect.sync(() => order.push(n))
          )
        // They come back here when all of them have yielded.
        const fibers = yield* Effect.forEach([2, -1, 10, 0, 1], (n) =>
          Effect.forkChild(push(n), { startImmediately: true })
        )
        yield* Fiber.awaitAll(fibers)
        return order
      })
      for (const seed of range(20)) {
        assert.deepStrictEqual(yield* replayInterleaving(program, seed), [-1, 0, 1, 2, 10])
      }
    })
  )

  it.live("that never end leave the event loop its turns, and can be interrupted from outside", () =>
    Effect.gen(function* () {
      for (const loop of [Effect.forever(Effect.yieldNow), Effect.forever(Effect.sleep("1 hour"))]) {
        let [ticks, finalized] = [0, false]
        const ticking = setInterval(() => ticks++, 1)
        const program = Effect.ensuring(
          loop,
          Effect.andThen(
            Effect.sleep("1 second"),
            Effect.sync(() => (finalized = true))
          )
        )
        const cut = yield* Effect.timeoutOption(replayInterleaving(program, 1), 20)
        clearInterval(ticking)
        assert.deepStrictEqual([cut._tag, finalized], ["None", true])
        assert.isAtLeast(ticks, 1)
      }
    })
  )

  it.live("are interrupted with the exploration, which has no outcome then; finalizers run", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const note = (text: string) => Effect.sync(() => log.push(text))
      const program = Effect.gen(function* () {
        yield* Effect.forkChild(Effect.ensuring(Effect.andThen(note("begun"), Effect.never), note("child")))
        return yield* Effect.never
      }).pipe(Effect.onInterrupt(() => Effect.delay(note("parent"), "1 minute")))
      const fiber = yield* Effect.forkChild(exploreInterleavings(program, { runs: 1000, seed: 1 }))
      yield* until(() => log.length > 0)
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(log, ["begun", "parent", "child"])
      assert.isTrue(Exit.isFailure(fiber.pollUnsafe()!))
    })
  )

  class Name extends Context.Service<Name, string>()("test/Name") {}
  const Level = Context.Reference<number>("test/Level", { defaultValue: () => 0 })

  it.effect("have the services of the caller", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const forked = yield* Effect.forkChild(Effect.all([Name, Level]))
        return [yield* Name, yield* Level, yield* Fiber.join(forked)]
      })
      const replayed = replayInterleaving(program, 1).pipe(
        Effect.provideService(Name, "mine"),
        Effect.provideService(Level, 3)
      )
      assert.deepStrictEqual(yield* replayed, ["mine", 3, ["mine", 3]])
    })
  )

  it.effect("keep the failure as it is, with its annotations", () =>
    Effect.gen(function* () {
      class Note extends Context.Service<Note, string>()("test/Note") {}
      const error = new Error("x")
      const cause = Cause.annotate(Cause.fail(error), Context.make(Note, "mine"))
      const exit = yield* Effect.exit(replayInterleaving(Effect.failCause(cause), 1))
      assert.isTrue(Exit.isFailure(exit))
      if (Exit.isSuccess(exit)) return
      assert.strictEqual(Cause.squash(exit.cause), error)
      assert.strictEqual(Context.getOrUndefined(Cause.annotations(exit.cause), Note), "mine")
    })
  )

  it.effect("make steps in long and deep programs under every seed", () =>
    Effect.gen(function* () {
      const sum = (n: number): Effect.Effect<number> =>
        n === 0
          ? Effect.succeed(0)
          : Effect.map(
              Effect.suspend(() => sum(n - 1)),
              (m) => m + 1
            )
      const program = Effect.gen(function* () {
        let total = 0
        for (const n of range(3000)) total += yield* Effect.succeed(n)
        return [total, yield* sum(3000)]
      })
      for (const seed of range(8)) assert.deepStrictEqual(yield* replayInterleaving(program, seed), [4_498_500, 3000])
    })
  )
})

describe("Deadlock", () => {
  const stuck = Effect.flatMap(Deferred.make<void>(), Deferred.await)

  it.live("is a defect that names the seed, after so many milliseconds of patience", () =>
    Effect.gen(function* () {
      const begin = performance.now()
      const exit = yield* Effect.exit(replayInterleaving(stuck, 42, { patience: 20 }))
      const took = performance.now() - begin
      assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      const defect = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
      assert.instanceOf(defect, SeededScheduler.Deadlock)
      assert.strictEqual(defect.seed, 42)
      assert.strictEqual(
        defect.message,
        'all fibers wait for what does not come, under the seed 42 (for a server or a timer, raise "patience")'
      )
      // Timers may be a bit early.
      assert.isAtLeast(took, 19)
      assert.isBelow(took, 900)
    })
  )

  it.effect("is found where somebody sleeps for ever, but not where somebody still sleeps", () =>
    Effect.gen(function* () {
      const sleeping = (duration: Duration.Input) => Effect.race(stuck, Effect.sleep(duration))
      assert.deepStrictEqual(yield* endings(sleeping(Duration.infinity), 2), ["Deadlock"])
      assert.deepStrictEqual(yield* endings(Effect.as(sleeping("365 days"), "ended"), 2), ['"ended"'])
    })
  )

  it.effect("comes after the finalizers", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const program = Effect.ensuring(
        stuck,
        Effect.delay(
          Effect.sync(() => log.push("released")),
          "1 second"
        )
      )
      yield* Effect.exit(replayInterleaving(program, 1, { patience: 5 }))
      assert.deepStrictEqual(log, ["released"])
    })
  )

  it.effect("is told of what cannot be interrupted", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* endings(Effect.uninterruptible(stuck), 1), ["Deadlock"])
      assert.deepStrictEqual(yield* endings(Effect.ensuring(Effect.void, stuck), 1), ["Deadlock"])
    })
  )

  it.effect("cannot be caught by the effect as one of its errors", () =>
    Effect.gen(function* () {
      const caught = Effect.catchCause(stuck, () => Effect.succeed(undefined))
      assert.deepStrictEqual(yield* endings(caught, 1), ["Deadlock"])
    })
  )
})

it(
  "a process ends with its last run: no timers are left, and background fibers have no more time",
  { timeout: 30_000 },
  async () => {
    const script = fileURLToPath(new URL("leftOvers.ts", import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, [script], { timeout: 20_000 })
    assert.deepStrictEqual(JSON.parse(stdout), { runs: 4, left: [] })
  }
)
