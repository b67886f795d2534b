import { assert, describe, it } from "@effect/vitest"
import { Arbitraries, Property, Spec } from "@effect-pocketflow/testing"
import { Cause, Clock, Context, Data, Effect, Exit, Fiber, Random } from "effect"
import { Flow } from "effect-pocketflow"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import { until } from "./support.ts"

class Odd extends Data.TaggedError("Odd")<{ readonly n: number }> {
  override get message(): string {
    return `${this.n} is odd`
  }
}

const falsified = <A, E, R>(
  arbitrary: fc.Arbitrary<A>,
  property: (value: A) => Effect.Effect<unknown, E, R>,
  options: Property.Options = { seed: 1 }
) => Effect.flip(Property.check(arbitrary, property, options))

describe("a property that holds", () => {
  it.effect("tells how many runs there were, and their seed", () =>
    Effect.gen(function* () {
      const seen: Array<number> = []
      const note = (n: number) => Effect.sync(() => void seen.push(n))
      assert.deepStrictEqual(yield* Property.check(fc.nat(), note, { seed: 7, runs: 12 }), { runs: 12, seed: 7 })
      assert.deepStrictEqual(seen.splice(0), fc.sample(fc.nat(), { seed: 7, numRuns: 12 }))

      const { runs, seed } = yield* Property.check(fc.nat(), note)
      assert.strictEqual(runs, 100)
      assert.deepStrictEqual(seen.splice(0), fc.sample(fc.nat(), { seed, numRuns: 100 }))

      for (const options of [{ runs: 0 }, { runs: -1 }, { runs: NaN }, { seed: NaN }, { seed: 0.5 }, { path: "1" }]) {
        const exit = yield* Effect.exit(Property.check(fc.nat(), note, options))
        assert.isTrue(Exit.isFailure(exit) && Cause.squash(exit.cause) instanceof RangeError)
      }
      assert.deepStrictEqual(seen, [])
    })
  )

  it.effect("takes another seed each time", () =>
    Effect.gen(function* () {
      const seeds = yield* Effect.all(
        [1, 2, 3].map(() =>
          Effect.map(
            Property.check(fc.nat(), () => Effect.void, { runs: 1 }),
            ({ seed }) => seed
          )
        )
      )
      assert.lengthOf(new Set(seeds), 3)
    })
  )

  it.effect("may give anything but false", () =>
    Effect.gen(function* () {
      const values = [true, undefined, null, 0, "", NaN, [], Effect.succeed(false)]
      for (const value of values) yield* Property.check(fc.nat(), () => Effect.succeed(value), { runs: 1 })
    })
  )
})

describe("a property that does not hold", () => {
  const large = (n: number) => n >= 1000

  /** Ways not to hold for a large number, and the cause that is told. */
  const ways: ReadonlyArray<readonly [name: string, (n: number) => Effect.Effect<unknown, unknown>, cause: unknown]> = [
    ["gives false", (n) => Effect.succeed(!large(n)), false],
    ["fails", (n) => (large(n) ? Effect.fail(new Odd({ n })) : Effect.void), new Odd({ n: 1000 })],
    ["fails with a text", (n) => (large(n) ? Effect.fail("large") : Effect.void), "large"],
    ["fails with nothing", (n) => (large(n) ? Effect.fail(undefined) : Effect.void), undefined],
    [
      "fails after a while",
      (n) => Effect.andThen(Effect.yieldNow, large(n) ? Effect.fail("late") : Effect.void),
      "late"
    ],
    ["dies", (n) => (large(n) ? Effect.die({ code: 1 }) : Effect.void), { code: 1 }],
    [
      "throws inside of an Effect",
      (n) =>
        Effect.sync(() => {
          if (large(n)) throw new RangeError("thrown")
        }),
      new RangeError("thrown")
    ],
    [
      "throws before there is an Effect",
      (n) => {
        if (large(n)) throw new RangeError("thrown")
        return Effect.void
      },
      new RangeError("thrown")
    ]
  ]

  it.effect.each(ways.map(([name, property, cause]) => ({ name, property, cause })))(
    "since it $name: it shrinks, and tells why",
    ({ cause, property }) =>
      Effect.gen(function* () {
        const found = yield* falsified(fc.nat(), property)
        assert.instanceOf(found, Property.Falsified)
        assert.deepStrictEqual(
          { ...pick(found), cause: Object(found.cause) },
          {
            _tag: "Falsified",
            counterexample: 1000,
            seed: 1,
            cause: Object(cause)
          }
        )
        assert.isAtLeast(found.runs, 1)
      })
  )

  const pick = ({ _tag, cause, counterexample, seed }: Property.Falsified) => ({ _tag, cause, counterexample, seed })

  it.effect("an interruption in the property is a failure of it", () =>
    Effect.gen(function* () {
      const found = yield* falsified(fc.nat(), (n) => (large(n) ? Effect.interrupt : Effect.void))
      assert.strictEqual(found.counterexample, 1000)
      assert.match(String(found.cause), /interrupt/)
    })
  )

  it.effect("the first run that fails counts", () =>
    Effect.gen(function* () {
      let n = 0
      const third = () => Effect.sync(() => ++n !== 3)
      const found = yield* falsified(fc.constant("x"), third)
      assert.deepStrictEqual([found.runs, found.counterexample], [3, "x"])
    })
  )

  it.effect("a seed and a path replay the counterexample, and nothing else", () =>
    Effect.gen(function* () {
      const values = fc.tuple(fc.array(fc.nat()), fc.string())
      const property = ([numbers, text]: readonly [ReadonlyArray<number>, string]) =>
        Effect.succeed(numbers.reduce((a, b) => a + b, 0) < 100 || text.length < 2)
      for (const first of [1, 2, 3, 4]) {
        const { counterexample, path, seed } = yield* falsified(values, property, { seed: first })
        const runs: Array<unknown> = []
        const again = yield* falsified(
          values,
          (value) => {
            runs.push(value)
            return property(value)
          },
          { seed, path }
        )
        assert.deepStrictEqual(again.counterexample, counterexample)
        assert.deepStrictEqual(runs[0], counterexample)
        assert.deepStrictEqual([again.seed, again.runs], [seed, 1])
        // What has been repaired holds, in one run.
        assert.deepStrictEqual(yield* Property.check(values, () => Effect.void, { seed, path }), { runs: 1, seed })
      }
    })
  )

  it.effect("the message has the counterexample, the reason, and what replays it", () =>
    Effect.gen(function* () {
      const found = yield* falsified(fc.record({ n: fc.nat() }), ({ n }) =>
        n < 13 ? Effect.void : Effect.fail(new Odd({ n }))
      )
      const { path, runs } = found
      assert.strictEqual(
        found.message,
        [`falsified after ${runs} runs; replay with { seed: 1, path: "${path}" }`, "13 is odd", `{"n":13}`].join("\n\n")
      )
      const gaveFalse = yield* falsified(fc.constant([1n, undefined]), () => Effect.succeed(false))
      assert.strictEqual(
        gaveFalse.message,
        `falsified after 1 runs; replay with { seed: 1, path: "0" }\n\nfalse\n\n[1n,undefined]`
      )
      // As it is seen where a test fails.
      const pretty = Cause.pretty(Cause.fail(found))
      assert.include(pretty, `{ seed: 1, path: "${path}" }`)
    })
  )

  it.effect("a Spec is shown as JSON, and as a drawing of its flow", () =>
    Effect.gen(function* () {
      const found = yield* falsified(Arbitraries.flow(), (spec) =>
        Effect.succeed(!JSON.stringify(spec).includes(`"kind":"flow"`))
      )
      const spec = found.counterexample as Spec.Spec
      const [, , ...shown] = found.message.split("\n\n")
      const [json, drawing] = shown
      assert.deepStrictEqual(JSON.parse(json!), spec)
      assert.strictEqual(drawing, Flow.toMermaid(Spec.build(spec)))
      assert.strictEqual(shown.join("\n\n"), Spec.show(spec))
      // Also inside of other values.
      const within = yield* falsified(fc.tuple(fc.nat(), Arbitraries.flow()), () => Effect.succeed(false))
      assert.include(within.message, Spec.show((within.counterexample as [number, Spec.Spec])[1]))
    })
  )
})

describe("what cannot be checked", () => {
  const defect = <A, E>(effect: Effect.Effect<A, E>) =>
    Effect.map(Effect.exit(effect), (exit) => (Exit.isFailure(exit) ? Cause.squash(exit.cause) : "a success"))

  it.effect("an arbitrary that throws is a defect", () =>
    Effect.gen(function* () {
      const broken = fc.nat().map((n): number => {
        if (n > 10) throw new Error("no such number")
        return n
      })
      const error = yield* defect(Property.check(broken, () => Effect.void))
      assert.deepStrictEqual(String(error), "Error: no such number")
    })
  )

  it.effect("a path that is none is a defect", () =>
    Effect.gen(function* () {
      const error = yield* defect(Property.check(fc.nat(), () => Effect.void, { seed: 1, path: "here" }))
      assert.match(String(error), /path/)
    })
  )
})

describe("the effects of a property", () => {
  class Name extends Context.Service<Name, string>()("test/Name") {}

  it.effect("have the services and the clock of the caller", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust(1234)
      const property = () =>
        Effect.gen(function* () {
          return (yield* Name) === "mine" && (yield* Clock.currentTimeMillis) === 1234
        })
      yield* Effect.provideService(Property.check(fc.nat(), property), Name, "mine")
      const other = yield* Effect.provideService(Effect.flip(Property.check(fc.nat(), property)), Name, "other")
      assert.strictEqual(other.cause, false)
    })
  )

  it.effect("may wait for the caller", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(
        Property.check(fc.nat(), () => Effect.sleep("1 second"), { runs: 3, seed: 1 })
      )
      yield* TestClock.adjust("2 seconds")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(fiber), { runs: 3, seed: 1 })
    })
  )

  it.effect("are run one after the other", () =>
    Effect.gen(function* () {
      let [running, most] = [0, 0]
      const property = () =>
        Effect.acquireUseRelease(
          Effect.sync(() => (most = Math.max(most, ++running))),
          () => Effect.yieldNow,
          () => Effect.sync(() => running--)
        )
      yield* Property.check(fc.nat(), property)
      assert.deepStrictEqual([running, most], [0, 1])
    })
  )

  it.effect("may draw from Effect's Random without changing the values", () =>
    Effect.gen(function* () {
      const seen: Array<number> = []
      yield* Property.check(fc.nat(), (n) => Effect.map(Random.next, () => void seen.push(n)), { seed: 1, runs: 10 })
      assert.deepStrictEqual(seen, fc.sample(fc.nat(), { seed: 1, numRuns: 10 }))
    })
  )
})

describe("an interruption", () => {
  it.live("stops the check soon, after the finalizers of the run that is going on", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      let [made, begun] = [0, 0]
      const slow = fc.nat().map((n) => {
        made++
        return n
      })
      const property = () =>
        Effect.sleep("1 minute").pipe(
          Effect.onInterrupt(() =>
            Effect.delay(
              Effect.sync(() => log.push("released")),
              2
            )
          ),
          Effect.tap(() => Effect.sync(() => log.push("ended"))),
          (run) =>
            Effect.andThen(
              Effect.sync(() => begun++),
              run
            )
        )
      const fiber = yield* Effect.forkChild(Property.check(slow, property, { runs: 1_000_000 }))
      yield* until(() => begun > 0)
      const begin = performance.now()
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual({ log, begun }, { log: ["released"], begun: 1 })
      assert.isBelow(performance.now() - begin, 2000)
      assert.isBelow(made, 10)
      const exit = yield* Fiber.await(fiber)
      assert.isTrue(Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause))
    })
  )

  it.live("stops shrinking", () =>
    Effect.gen(function* () {
      let shrunk = 0
      // The first one fails; what it shrinks to takes its time.
      const property = () => (shrunk++ === 0 ? Effect.fail("no") : Effect.sleep("1 minute"))
      const fiber = yield* Effect.forkChild(Property.check(fc.nat(), property, { seed: 1 }))
      yield* until(() => shrunk > 1)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(shrunk, 2)
    })
  )
})
