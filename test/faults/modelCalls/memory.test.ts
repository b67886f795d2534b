/** A reply of any size takes no more memory than a few times what a reply may have. */
import { assert, describe, it } from "@effect/vitest"
import { FakeOpenAi, OpenAiFault } from "@effect-pocketflow/testing"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import type { Form } from "./support.ts"

const MiB = 1024 * 1024

interface Row {
  readonly name: string
  readonly form: Form
  readonly fault: (cap: number) => OpenAiFault.OpenAiFault
  readonly end: (cap: number) => string
  /** How many times the limit it may take. */
  readonly times: number
}

const tooLarge = { end: (cap: number) => `larger than ${cap} bytes`, times: 3 }
// What is read is held beside what it is read from, and V8 is slow to let go: see `maxReplyBytes`.
const success = { end: () => "success", times: 5 }
/** Leaves room for the JSON around the text. */
const below = (cap: number) => cap - 4096

const rows: ReadonlyArray<Row> = [
  { name: "a body of 10 times the limit", form: "call", fault: (cap) => OpenAiFault.large(10 * cap), ...tooLarge },
  {
    name: "a line of a stream of 10 times the limit",
    form: "stream",
    fault: (cap) => OpenAiFault.longLine(10 * cap),
    ...tooLarge
  },
  { name: "events of 10 times the limit", form: "stream", fault: (cap) => OpenAiFault.large(10 * cap), ...tooLarge },
  {
    name: "an error of 10 times the limit",
    form: "call",
    fault: (cap) =>
      OpenAiFault.compose(OpenAiFault.status(500, { body: { content: "x" } }), OpenAiFault.large(10 * cap)),
    ...tooLarge,
    end: () => "500"
  },
  { name: "a body just below the limit", form: "call", fault: (cap) => OpenAiFault.large(below(cap)), ...success },
  {
    name: "a line of a stream just below the limit",
    form: "stream",
    fault: (cap) => OpenAiFault.longLine(below(cap)),
    ...success
  }
]

// The least space for what is new, so that what is measured is what is held: V8 would take some 40 MB, whatever the limit.
const flags = ["--max-semi-space-size=1"]

describe.each([8, 32, 128])("with a limit of %d MiB", (size) => {
  const cap = size * MiB

  it.live.each(rows)("$name takes at most $times times the limit", ({ end, fault, form, name, times }) =>
    Effect.gen(function* () {
      const server = yield* FakeOpenAi.make({ rules: [{ when: /./, reply: "small" }], faults: { 50: fault(cap) } })
      const script = new URL("peak.ts", import.meta.url).pathname
      const { stdout } = yield* Effect.promise(() =>
        promisify(execFile)(process.execPath, [...flags, script, server.baseURL, String(cap), form])
      )
      const { grown, ...actual } = JSON.parse(stdout)
      console.log(`${name}: ${(grown / cap).toFixed(2)} times the limit of ${size} MiB`)
      assert.include(actual.end, end(cap))
      assert.isAtMost(grown, times * cap)
    })
  )
})
