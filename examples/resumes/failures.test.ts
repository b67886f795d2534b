import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Queue, Random } from "effect"
import { AiError } from "effect/ai"
import { Flow } from "effect-pocketflow"
import { resumes } from "./flow.ts"
import { start, folder, fenced, somebody, anybody, scripted, Immediate, nextCallAfter, overloaded } from "./testing.ts"

/** Waits as long as they are before they are spread. */
const evenly = Effect.provideService(Random.Random, { nextIntUnsafe: () => 0, nextDoubleUnsafe: () => 0.5 })

describe("résumés: a model that fails", () => {
  it.effect("is asked four times, later and later; the file is recorded and the others go on", () =>
    Effect.gen(function* () {
      const at = yield* folder({ "a.txt": "first", "b.txt": "second" })
      const model = yield* scripted(overloaded, overloaded, overloaded, overloaded, somebody)
      const fiber = yield* Flow.run(resumes({ concurrency: 1 }), start([at("")], at("out.yaml"))).pipe(
        Effect.provide(model.layer),
        evenly,
        Effect.forkChild
      )
      assert.include(yield* Queue.take(model.calls), "first")
      for (const millis of [500, 1000, 2000]) yield* nextCallAfter(model.calls, millis)
      assert.include(yield* Queue.take(model.calls), "second")
      const run = yield* Fiber.join(fiber)
      const [a, b] = run.store.results
      assert.strictEqual(run.outcome, "written")
      assert.strictEqual(a?._tag, "Failed")
      assert.include(a?._tag === "Failed" ? a.reason : "", "overloaded")
      assert.deepStrictEqual(b, { _tag: "Parsed", file: at("b.txt"), resume: anybody })
    }).pipe(Effect.scoped, Effect.provide(Immediate))
  )

  it.effect("is asked again after a reply that cannot be read", () =>
    Effect.gen(function* () {
      const at = yield* folder({ "a.txt": "first" })
      const model = yield* scripted("I cannot do that.", fenced("name: [Ann"), somebody)
      const fiber = yield* Flow.run(resumes({ concurrency: 1 }), start([at("a.txt")], at("out.yaml"))).pipe(
        Effect.provide(model.layer),
        evenly,
        Effect.forkChild
      )
      yield* Queue.take(model.calls)
      for (const millis of [500, 1000]) yield* nextCallAfter(model.calls, millis)
      const run = yield* Fiber.join(fiber)
      assert.deepStrictEqual(run.store.results, [{ _tag: "Parsed", file: at("a.txt"), resume: anybody }])
    }).pipe(Effect.scoped, Effect.provide(Immediate))
  )

  it.effect("is asked again no sooner than it says", () =>
    Effect.gen(function* () {
      const at = yield* folder({ "a.txt": "first" })
      const model = yield* scripted(new AiError.RateLimitError({ retryAfter: Duration.seconds(20) }), somebody)
      const fiber = yield* Flow.run(resumes({ concurrency: 1 }), start([at("a.txt")], at("out.yaml"))).pipe(
        Effect.provide(model.layer),
        evenly,
        Effect.forkChild
      )
      yield* Queue.take(model.calls)
      yield* nextCallAfter(model.calls, 20_000)
      assert.strictEqual((yield* Fiber.join(fiber)).outcome, "written")
    }).pipe(Effect.scoped, Effect.provide(Immediate))
  )

  it.effect("is not asked again where that is no use", () =>
    Effect.gen(function* () {
      const at = yield* folder({ "a.txt": "first", "b.txt": "second" })
      const model = yield* scripted(
        new AiError.AuthenticationError({ kind: "InvalidKey" }),
        fenced("not_a_resume: a poem")
      )
      const run = yield* Flow.run(resumes({ concurrency: 1 }), start([at("")], at("out.yaml"))).pipe(
        Effect.provide(model.layer)
      )
      assert.strictEqual(yield* Queue.size(model.calls), 2)
      assert.strictEqual(run.outcome, "nothing")
      assert.strictEqual(run.store.results[0]?._tag, "Failed")
      assert.deepStrictEqual(run.store.results[1], { _tag: "Skipped", file: at("b.txt"), reason: "a poem" })
    }).pipe(Effect.scoped, Effect.provide(Immediate))
  )
})
