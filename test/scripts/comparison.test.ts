import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { mistakes } from "../../examples/comparison/mistakes.ts"
import { replaceOnce, withTables } from "../../scripts/comparison.ts"

describe("the comparison with PocketFlow", () => {
  it("shows what the compiler says of each mistake", () => {
    const page = readFileSync("examples/comparison/README.md", "utf8")
    assert.strictEqual(page, withTables(page))
  })

  it.each(mistakes)("can be made in Python as well: $program, $slip", ({ program, python }) => {
    const source = readFileSync(`examples/comparison/${program}.py`, "utf8")
    assert.notStrictEqual(replaceOnce(source, python), source)
  })
})
