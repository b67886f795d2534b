import { OfflineModel } from "@effect-pocketflow/ai"
import { exploreInterleavings, ScriptedModel } from "@effect-pocketflow/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { AiError } from "effect/ai"
import { Flow } from "effect-pocketflow"
import { runExample } from "../shared/testing.ts"
import { cards } from "./cards.ts"
import { taboo } from "./flow.ts"
import { program } from "./program.ts"
import { rules } from "./rules.ts"
import { foulIn, normal, table } from "./table.ts"

/** A game at a table of its own. */
const play = (word: string, rounds = 6) =>
  Flow.run(taboo, { word, forbidden: cards.find((card) => card.word === word)?.forbidden ?? [], rounds }).pipe(
    Effect.map(({ outcome, store: { guesses, hints } }) => ({ outcome, hints, guesses })),
    Effect.provide(table)
  )

const offline = OfflineModel.layer(rules)

describe("multi-agent", () => {
  it.effect("guesses by hint after hint", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* play("nostalgic"), {
        outcome: "guessed",
        hints: ["childhood", "old"],
        guesses: ["homesick", "nostalgic"]
      })
      assert.deepStrictEqual(yield* play("photograph"), {
        outcome: "guessed",
        hints: ["childhood", "old", "paper"],
        guesses: ["homesick", "nostalgic", "photograph"]
      })
    }).pipe(Effect.provide(offline))
  )

  it.effect("guesses every card, in many games at once", () =>
    Effect.gen(function* () {
      const games = yield* Effect.forEach(cards, ({ word }) => play(word), { concurrency: "unbounded" })
      assert.deepStrictEqual(
        games.map(({ guesses, outcome }) => `${outcome}: ${guesses.at(-1)}`),
        cards.map(({ word }) => `guessed: ${word}`)
      )
    }).pipe(Effect.provide(offline))
  )

  it.effect("comes out the same, whichever agent is faster", () =>
    Effect.gen(function* () {
      const { outcomes } = yield* exploreInterleavings(Effect.provide(play("violin"), offline), { runs: 30, seed: 1 })
      assert.lengthOf(outcomes, 1)
    })
  )

  it.effect("is over after the last round", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* play("nostalgic", 1), {
        outcome: "unguessed",
        hints: ["childhood"],
        guesses: ["homesick"]
      })
    }).pipe(Effect.provide(offline))
  )

  const isHinter = ({ prompt }: ScriptedModel.Call) => prompt.startsWith("You give hints")

  it.effect("tells the hinter of fouls, and the guesser of nothing but fair hints", () =>
    Effect.gen(function* () {
      const model = yield* ScriptedModel.ScriptedModel
      assert.deepStrictEqual(yield* play("nostalgic"), {
        outcome: "guessed",
        hints: ["Wistful about the old days"],
        guesses: ["Nostalgic."]
      })
      const calls = yield* model.calls
      assert.include(
        calls.findLast(isHinter)?.prompt,
        'Not allowed: Nostalgic feelings ("Nostalgic" is forbidden)\nNot allowed: It makes you remember ("remember" is forbidden)'
      )
      assert.deepStrictEqual(
        calls.filter((call) => !isHinter(call)).map(({ prompt }) => prompt.split("\n\n")[1]),
        ["Hint 1: Wistful about the old days"]
      )
    }).pipe(
      Effect.provide(
        ScriptedModel.layer({
          replies: ["Nostalgic feelings", "It makes you remember", " Wistful about\nthe old days ", "Nostalgic."]
        })
      )
    )
  )

  it.effect("ends for both when the hinter has nothing fair to say", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* play("nostalgic"), {
        outcome: "speechless",
        hints: ["Wistful"],
        guesses: ["sad"]
      })
    }).pipe(
      Effect.provide(
        ScriptedModel.layer({ replies: ["Wistful", "sad", "nostalgic", "the past", "one two three four five six"] })
      )
    )
  )

  it.effect.each([
    { who: "hinter", fault: 0 },
    { who: "guesser", fault: 1 },
    { who: "hinter, later on", fault: 2 }
  ])("fails as a whole when the model of one does: $who", ({ fault }) =>
    Effect.gen(function* () {
      const refusal = new AiError.ContentPolicyError({ description: "no games" })
      const error = yield* Effect.flip(play("nostalgic")).pipe(
        Effect.provide(ScriptedModel.layer({ replies: ["Wistful", "sad", "Old"], faults: { [fault]: refusal } }))
      )
      assert.isTrue(AiError.isAiError(error) && error.reason._tag === "ContentPolicyError")
    })
  )

  it.each([
    ["warm and old", undefined],
    ["Memories", '"Memories" is forbidden'],
    ["what one remembered", '"remembered" is forbidden'],
    ["NOSTALGIC", '"NOSTALGIC" is forbidden'],
    ["unnostalgically", '"unnostalgically" is forbidden'],
    ["", "there is nothing in it"],
    ["one two three four five six", "it has 6 words, and 5 are allowed"]
  ])("is fair: %s", (hint, foul) => {
    assert.strictEqual(foulIn(hint, { word: "nostalgic", forbidden: ["memory", "remember"] }), foul)
  })

  it("takes guesses for the same in spite of capitals and punctuation", () => {
    assert.deepStrictEqual(["Nostalgic.", '"ice-cream"!', "été"].map(normal), ["nostalgic", "ice-cream", "été"])
  })
})

describe("the program", () => {
  it.effect("shows who says what", () =>
    Effect.gen(function* () {
      const { err, ok, out } = yield* runExample(program)
      assert.deepStrictEqual(
        { ok, out: out.split("\n"), err: err.split("\n").slice(1) },
        {
          ok: true,
          out: ["hinter: childhood", "guesser: homesick", "hinter: old", "guesser: nostalgic", "Guessed."],
          err: [
            'The word is "nostalgic". Forbidden: memory, past, remember, feeling, longing',
            "(a hint was not allowed)"
          ]
        }
      )
    })
  )

  it.effect("takes other words and rounds", () =>
    Effect.gen(function* () {
      const { err, ok, out } = yield* runExample(program, "--word", "violin", "--forbidden", "wood", "--rounds", "1")
      assert.deepStrictEqual({ ok, out: out.split("\n").at(-1) }, { ok: true, out: "Not guessed in time." })
      assert.include(err, 'The word is "violin". Forbidden: wood')
    })
  )

  it.effect("says that a word without a card needs a real model", () =>
    Effect.gen(function* () {
      const { err, ok } = yield* runExample(program, "--word", "xylophone", "--forbidden", "wood")
      assert.isFalse(ok)
      assert.match(
        err,
        /\nerror: offline, this is not understood \(only: hints at nostalgic, .*; a real model is needed$/
      )
    })
  )
})
