import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Example from "./example.ts"
import * as flags from "./flags.ts"
import { runExample } from "./testing.ts"

const asks = Example.make({
  name: "asks",
  description: "",
  level: "first steps",
  teaches: "",
  counterpart: "",
  flows: [],
  options: {
    question: flags.text("question", { description: "", default: "Why?" }),
    times: flags.int("times", { description: "", default: 1, min: 1, max: 3 })
  },
  run: () => Effect.void
})

describe("the command line of an example", () => {
  it.effect.each([
    [["Why?", "--times", "3"], ""],
    [[" "], 'error: Invalid value for argument <question>: " ". Expected: more than nothing (see --help)'],
    [["--times", "4"], 'error: Invalid value for flag --times: "4". Expected: from 1 to 3 (see --help)'],
    [["--tims", "3"], 'error: Unrecognized flag: --tims in command asks; did you mean "--times"? (see --help)']
  ] as const)("%j", ([args, error]) =>
    Effect.gen(function* () {
      const { err, ok } = yield* runExample(asks, ...args)
      assert.deepStrictEqual([ok, err], [error === "", error])
    })
  )
})
