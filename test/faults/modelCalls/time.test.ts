/** No call waits longer than its limits say, and one that is interrupted lets go at once. */
import { assert, describe, it } from "@effect/vitest"
import { FakeOpenAi, OpenAiFault } from "@effect-pocketflow/testing"
import { Deferred, Effect, Exit, Fiber, type Scope, Stream } from "effect"
import { LanguageModel } from "effect/ai"
import { TestClock } from "effect/testing"
import { calls, errorOf, hello, modelOf, serve } from "../../ai/support.ts"
import { both, forms, short, shortSilence, textOf } from "./support.ts"

describe("time limits", () => {
  it.live.each([
    { name: "no head", fault: OpenAiFault.silence, limits: short, limit: 300 },
    {
      name: "a byte now and then",
      fault: OpenAiFault.drip({ bytes: 1, every: "20 millis" }),
      limits: short,
      limit: 300
    },
    { name: "silence in the middle", fault: OpenAiFault.stall(), limits: shortSilence, limit: 100 }
  ])("$name ends at its limit of $limit ms", ({ fault, limit, limits }) =>
    Effect.gen(function* () {
      for (const call of calls) {
        const server = yield* serve(fault)
        const start = performance.now()
        errorOf(yield* Effect.exit(Effect.provide(call, modelOf(server, limits))))
        const elapsed = performance.now() - start
        assert.isAtLeast(elapsed, limit - 2)
        assert.isBelow(elapsed, limit + 1000)
        yield* server.aborted(0)
      }
    })
  )

  /** Lets virtual time pass until the call has ended; gives how much it was, and the error. */
  const virtual = Effect.fnUntraced(function* (fault: OpenAiFault.OpenAiFault, call: (typeof calls)[number]) {
    const server = yield* serve(fault)
    const fiber = yield* Effect.forkChild(Effect.exit(Effect.provide(call, modelOf(server))))
    yield* server.request(0)
    let seconds = 0
    for (; fiber.pollUnsafe() === undefined; seconds++) {
      yield* TestClock.withLive(Effect.sleep("2 millis"))
      yield* TestClock.adjust("1 second")
    }
    return { seconds, error: errorOf(yield* Fiber.join(fiber)) }
  })

  it.effect("are those of the Clock: by default 10 minutes for a reply", () =>
    Effect.gen(function* () {
      const { error, seconds } = yield* virtual(OpenAiFault.silence, hello)
      assert.include(error.message, "No reply within 10m")
      assert.approximately(seconds, 600, 5)
    })
  )

  it.effect("are those of the Clock: by default 2 minutes for a silence", () =>
    Effect.gen(function* () {
      for (const call of calls) {
        const { error, seconds } = yield* virtual(OpenAiFault.stall(), call)
        assert.include(error.message, "The reply fell silent for 2m")
        assert.isAtLeast(seconds, 120)
        assert.isBelow(seconds, 200)
      }
    })
  )

  it.live("do not count the time that the consumer of a stream takes as silence", () =>
    Effect.gen(function* () {
      const server = yield* serve(["one ", Effect.sleep("10 millis"), "two"])
      const parts = yield* LanguageModel.streamText({ prompt: "Hello" }).pipe(
        Stream.tap(() => Effect.sleep("300 millis")),
        Stream.runCollect,
        Effect.provide(modelOf(server, { idleTimeout: "250 millis" }))
      )
      assert.strictEqual(textOf(parts), "one two")
    })
  )

  it.live("honour Retry-After by the hand of the caller, or end at the deadline", () =>
    Effect.gen(function* () {
      const busy = (seconds: string) => OpenAiFault.status(429, { headers: { "retry-after": seconds } })
      const server = yield* FakeOpenAi.make({ faults: { 0: busy("0.1"), 2: busy("70") } })
      const patient = hello.pipe(
        Effect.catch((error) => Effect.delay(hello, error.retryAfter ?? 0)),
        Effect.provide(modelOf(server))
      )
      assert.strictEqual((yield* patient).text, "Hello")
      const [first, second] = (yield* server.requests).map(({ at }) => at)
      assert.isAtLeast(second! - first!, 99)
      assert.isTrue(Exit.isFailure(yield* Effect.exit(Effect.timeout(patient, "1 second"))))
      assert.strictEqual((yield* server.requests).length, 3)
    })
  )
})

describe("an interruption closes the socket within 100 ms", () => {
  /** On a busy machine this may take longer, but not each time. */
  const soon = (name: string, attempt: Effect.Effect<number, unknown, Scope.Scope>) =>
    it.live(name, () =>
      Effect.gen(function* () {
        const delays: Array<number> = []
        while (delays.length < 5 && !(delays.at(-1)! <= 100)) delays.push(yield* attempt)
        assert.isAtMost(delays.at(-1)!, 100, `milliseconds, after ${delays.join(", ")}`)
      })
    )

  const phases = {
    "before the head": OpenAiFault.silence,
    "in the middle of the body": OpenAiFault.stall(),
    "while bytes drip": OpenAiFault.drip({ bytes: 1, every: "20 millis" }),
    "in the middle of an error": OpenAiFault.compose(OpenAiFault.status(500), OpenAiFault.stall()),
    "of a reply without end": OpenAiFault.large(Infinity)
  }
  for (const [phase, fault] of Object.entries(phases)) {
    for (const form of both) {
      soon(
        `of a ${form}, ${phase}`,
        Effect.gen(function* () {
          const server = yield* serve(fault)
          const model = modelOf(server, { maxReplyBytes: Infinity })
          const fiber = yield* Effect.forkChild(Effect.provide(forms[form], model))
          yield* server.request(0)
          if (phase !== "before the head") yield* Effect.sleep("50 millis")
          assert.isUndefined(fiber.pollUnsafe())
          const start = Date.now()
          yield* Fiber.interrupt(fiber)
          const closed = yield* server.aborted(0)
          assert.strictEqual((yield* server.requests).length, 1)
          return closed - start
        })
      )
    }
  }

  const oneThenSilence = ["one", Effect.never]
  const deltas = LanguageModel.streamText({ prompt: "Hello" }).pipe(Stream.filter(({ type }) => type === "text-delta"))

  soon(
    "between the events of a stream",
    Effect.gen(function* () {
      const server = yield* serve(oneThenSilence)
      const heard = yield* Deferred.make<void>()
      const fiber = yield* deltas.pipe(
        Stream.runForEach(() => Deferred.succeed(heard, undefined)),
        Effect.provide(modelOf(server)),
        Effect.forkChild
      )
      yield* Deferred.await(heard)
      const start = Date.now()
      yield* Fiber.interrupt(fiber)
      return (yield* server.aborted(0)) - start
    })
  )

  const consumers: Record<string, Effect.Effect<unknown, unknown, LanguageModel.LanguageModel>> = {
    "has enough": Stream.runCollect(Stream.take(deltas, 1)),
    fails: Effect.flip(Stream.runForEach(deltas, () => Effect.fail("enough")))
  }
  for (const [what, consumer] of Object.entries(consumers)) {
    soon(
      `of the consumer of a stream, who ${what}`,
      Effect.gen(function* () {
        const server = yield* serve(oneThenSilence)
        yield* Effect.provide(consumer, modelOf(server))
        const start = Date.now()
        return (yield* server.aborted(0)) - start
      })
    )
  }
})
