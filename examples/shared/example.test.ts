import { assert, describe, it } from "@effect/vitest"
import { Console, Data, Effect } from "effect"
import * as Example from "./example.ts"
import { runExample } from "./testing.ts"

class NoLuck extends Data.TaggedError("NoLuck")<{ readonly message: string }> {}

const says = (run: () => Effect.Effect<void, NoLuck>) =>
  runExample(
    Example.make({
      name: "says",
      description: "",
      level: "first steps",
      teaches: "",
      counterpart: "",
      flows: [],
      options: {},
      run
    })
  )

describe("an example", () => {
  it.effect("shows no more of a text than its letters", () =>
    Effect.gen(function* () {
      const { out } = yield* says(() => Console.log("a\x1b[2J\x9b31m\r\tb\nc\x07"))
      assert.strictEqual(out, "a[2J31m\tb\nc")
    })
  )

  it.effect("ends with the message of a failure, in one line", () =>
    Effect.gen(function* () {
      const { err, ok } = yield* says(() => Effect.fail(new NoLuck({ message: "no\x1b[31m\nluck" })))
      assert.deepStrictEqual([ok, err], [false, "error: no [31m luck"])
    })
  )
})
