import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readReply } from "./reply.ts"
import { fenced } from "./testing.ts"

describe("résumés: the reply of the model", () => {
  it.effect("keeps numbers and dates as they are written", () =>
    Effect.gen(function* () {
      const resume = yield* readReply(
        `Sure!\n${fenced("name: Ann\nemail: null\nphone: 0555\njobs:\n- {title: Cook, dates: 07.2010}\nskills: [1.0, yes]")}\nBye.`
      )
      assert.deepStrictEqual(resume, {
        name: "Ann",
        email: null,
        phone: "0555",
        jobs: [{ title: "Cook", company: null, dates: "07.2010" }],
        skills: ["1.0", "yes"]
      })
    })
  )

  it.effect.each([
    ["no fence", "name: Ann", "the reply has no YAML or JSON block"],
    ["an open fence", "```yaml\nname: Ann", "the reply ends before"],
    ["bad syntax", fenced("name: [Ann"), "the block is not YAML"],
    ["deep nesting", fenced("[".repeat(20_000)), "the block is nested"],
    ["many aliases", fenced(`a: &a [x]\nb: [${"*a,".repeat(200)}]`), "anchors and aliases"],
    ["no name", fenced("jobs: []\nskills: []"), "the reply does not fit"],
    ["another type", fenced("name: Ann\njobs: none\nskills: []"), "the reply does not fit"],
    ["text", fenced("Ann"), "the reply does not fit"]
  ] as const)("refuses %s", ([_what, reply, message]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(readReply(reply))
      assert.strictEqual(error._tag, "InvalidReply")
      assert.isTrue(error.message.startsWith(message), error.message)
    })
  )
})
