import { OfflineModel } from "@effect-pocketflow/ai"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { AiError } from "effect/ai"
import { TerminalCapabilities } from "effect/cli"
import { TestClock } from "effect/testing"
import { Flow } from "effect-pocketflow"
import { offlineModel } from "../shared/offline.ts"
import { runExample } from "../shared/testing.ts"
import { poll, tally } from "./flow.ts"
import { program } from "./program.ts"
import { rules } from "./rules.ts"

const problem = "2 teas at 3.10 and 1 cake at 4.25, with a tip of 10 percent, shared by 2 people"

/** Polls as many voters as there are answers; `undefined` is a reply that is no number. */
const pollWith = (...answers: ReadonlyArray<number | undefined>) => {
  const voter = ({ user }: OfflineModel.PromptText) => Number(/^Voter (\d+)/.exec(user)?.[1])
  const rule: OfflineModel.Rule = {
    name: "as told",
    when: () => true,
    reply: (prompt) => JSON.stringify({ thinking: "", answer: answers[voter(prompt) - 1] })
  }
  return Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(Flow.run(poll, { problem, voters: answers.length }))
    while (fiber.pollUnsafe() === undefined) yield* TestClock.adjust("1 second")
    const { outcome, store } = yield* Fiber.join(fiber)
    return { outcome, answer: store.answer, counted: tally(store.ballots).map(({ answer, votes }) => [answer, votes]) }
  }).pipe(Effect.provide(OfflineModel.layer([rule])))
}

describe("majority-vote", () => {
  it.effect.each([
    {
      answers: [1, 2, 2],
      result: {
        outcome: "majority",
        answer: 2,
        counted: [
          [2, 2],
          [1, 1]
        ]
      }
    },
    {
      answers: [1, 2, 2, 3],
      result: {
        outcome: "plurality",
        answer: 2,
        counted: [
          [2, 2],
          [1, 1],
          [3, 1]
        ]
      }
    },
    {
      answers: [1, 2, 2, 1, 3],
      result: {
        outcome: "tie",
        answer: undefined,
        counted: [
          [1, 2],
          [2, 2],
          [3, 1]
        ]
      }
    },
    { answers: [undefined, 2], result: { outcome: "plurality", answer: 2, counted: [[2, 1]] } },
    { answers: [undefined, 2, 2], result: { outcome: "majority", answer: 2, counted: [[2, 2]] } },
    { answers: [1e308, -1e13, 1e12], result: { outcome: "plurality", answer: 1e12, counted: [[1e12, 1]] } },
    { answers: [undefined, undefined], result: { outcome: "unanswered", answer: undefined, counted: [] } },
    { answers: [0.1 + 0.2, 0.3, 0.304], result: { outcome: "majority", answer: 0.3, counted: [[0.3, 3]] } }
  ])("counts $answers", ({ answers, result }) =>
    Effect.gen(function* () {
      assert.deepStrictEqual<unknown>(yield* pollWith(...answers), result)
    })
  )

  it.effect("outvotes the voters who forget to carry", () =>
    Effect.gen(function* () {
      const { outcome, store } = yield* Flow.run(poll, { problem, voters: 15 })
      assert.deepStrictEqual([outcome, store.answer], ["majority", 5.75])
      assert.deepStrictEqual(
        store.ballots.map((ballot) => ballot.voter),
        Array.from({ length: 15 }, (_, i) => i + 1)
      )
      assert.isAbove(tally(store.ballots).length, 1)
      assert.deepStrictEqual(store.ballots[0], {
        _tag: "Cast",
        voter: 1,
        answer: 5.75,
        thinking:
          "2 teas at 3.10 are 6.20; 1 cake at 4.25 are 4.25; together 10.45; " +
          "with the tip of 1.05 that is 11.50; each of 2 pays 5.75"
      })
    }).pipe(Effect.provide(OfflineModel.layer(rules)))
  )

  it.effect("asks a voter three times at most, and counts without one that fails for good", () => {
    const busy = AiError.make({ module: "test", method: "generateText", reason: new AiError.RateLimitError({}) })
    let calls = 0
    const model = offlineModel(rules, (prompt) =>
      prompt.includes("Voter 2\n") ? Effect.suspend(() => (calls++, Effect.fail(busy))) : Effect.void
    )
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Flow.run(poll, { problem, voters: 3 }))
      yield* Effect.repeat(TestClock.adjust("1 second"), { times: 3 })
      const { outcome, store } = yield* Fiber.join(fiber)
      assert.deepStrictEqual([outcome, store.answer, calls], ["majority", 5.75, 3])
      assert.deepStrictEqual(store.ballots[1], { _tag: "Spoiled", voter: 2, reason: busy.message })
    }).pipe(Effect.provide(model))
  })

  it.effect("waits no longer than three minutes for a voter", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Flow.run(poll, { problem, voters: 1 }))
      yield* Effect.repeat(TestClock.adjust("10 seconds"), { times: 20 })
      assert.strictEqual((yield* Fiber.join(fiber)).outcome, "unanswered")
    }).pipe(Effect.provide(offlineModel(rules, () => Effect.never)))
  )

  it.effect("is run by the command", () =>
    Effect.gen(function* () {
      const { err, ok, out } = yield* runExample(program)
      assert.deepStrictEqual(
        { ok, out },
        {
          ok: true,
          out: "     23.95  ████ 4\n     23.68  ██ 2\n     21.20  █ 1\n\n23.95, by majority: 4 of 7 voters"
        }
      )
      assert.include(err, "\nVoter 5: 21.20 (3 soups at 6.85 are 20.55; ")
    })
  )

  it.effect("says in a terminal who has voted", () =>
    Effect.gen(function* () {
      const { out } = yield* runExample(program, "-n", "3").pipe(
        Effect.provideService(TerminalCapabilities.TerminalCapabilities, {
          canAnimate: true,
          canColor: false,
          canPrompt: false
        })
      )
      for (const voter of [1, 2, 3]) assert.include(out, `voter ${voter} of 3 is done`)
    })
  )

  it.effect.each([
    {
      args: ["Why?", "-n", "3"],
      error:
        "error: offline, this is not understood (only: a bill, such as: 2 teas at 3.10 and 1 cake at 4.25, " +
        "with a tip of 10 percent, shared by 2 people); a real model is needed"
    },
    { args: ["-n", "2"], error: "error: a tie; ask one voter more" },
    { args: ["-n", "0"], error: 'error: Invalid value for flag --voters: "0". Expected: from 1 to 100 (see --help)' }
  ])("says why there is no result: $args", ({ args, error }) =>
    Effect.gen(function* () {
      const { err, ok } = yield* runExample(program, ...args)
      assert.deepStrictEqual([ok, err.split("\n").at(-1)], [false, error])
    })
  )
})
