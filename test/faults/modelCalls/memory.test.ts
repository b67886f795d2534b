/** A reply of any size takes no more memory than a few times what a reply may have. */
import { assert, describe, it } from "@effect/vitest"
import { FakeOpenAi, OpenAiFault } from "@effect-pocketflow/testing"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { promisify } from "node:util"

describe("memory", () => {
  // Large beside what V8 leaves for its next collection, some 100 MB of it, whatever the limit.
  const cap = 128 * 1024 * 1024

  it.live.each([
    { name: "a body of 10 times the limit", form: "call", fault: OpenAiFault.large(10 * cap) },
    { name: "a line of a stream of 10 times the limit", form: "stream", fault: OpenAiFault.longLine(10 * cap) },
    { name: "events of 10 times the limit", form: "stream", fault: OpenAiFault.large(10 * cap) },
    {
      name: "an error of 10 times the limit",
      form: "call",
      fault: OpenAiFault.compose(OpenAiFault.status(500, { body: { content: "x" } }), OpenAiFault.large(10 * cap)),
      end: "500"
    }
  ])("$name takes at most 3 times the limit", ({ end = `larger than ${cap} bytes`, fault, form, name }) =>
    Effect.gen(function* () {
      const server = yield* FakeOpenAi.make({ rules: [{ when: /./, reply: "small" }], faults: { 50: fault } })
      const script = new URL("peak.ts", import.meta.url).pathname
      const { stdout } = yield* Effect.promise(() =>
        promisify(execFile)(process.execPath, [script, server.baseURL, String(cap), form])
      )
      const { grown, ...actual } = JSON.parse(stdout)
      console.log(`${name}: ${(grown / cap).toFixed(2)} times the limit`)
      assert.include(actual.end, end)
      assert.isAtMost(grown, 3 * cap)
    })
  )
})
