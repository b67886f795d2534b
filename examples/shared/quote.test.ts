import { assert, describe, it } from "@effect/vitest"
import { objectionToQuote } from "./quote.ts"

describe("a quote", () => {
  const text = "We teach\nthirty children to ride, free of charge. 猫は毎日庭で遊んでいます。"

  it.each([
    ["teach thirty  children to", undefined],
    ["children to ride, free of charge.", undefined],
    ["猫は毎日庭で遊んでいます", undefined],
    ["e", "is not there"],
    ["ach thirty children to ride", "is not there"],
    ["teach thirty children to rid", "is not there"],
    ["children to ride free of charge", "is not there"],
    ["thirty children to", "has fewer than 4 words"],
    [" ", "is empty"],
    ["...", "is empty"]
  ])("has to be in the text and say something: %j", (quote, objection) => {
    assert.strictEqual(objectionToQuote(quote, text), objection)
  })

  it("may be the whole of a short text", () => {
    assert.strictEqual(objectionToQuote("We  ask.", "We ask.\n"), undefined)
    assert.strictEqual(objectionToQuote("We", "We ask."), "has fewer than 4 words")
  })
})
