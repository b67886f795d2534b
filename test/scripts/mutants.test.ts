import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { plant } from "../../scripts/mutants.ts"
import { mutants } from "../mutants/mutants.ts"

const root = join(import.meta.dirname, "../..")

describe("planted bugs", () => {
  it("have names of their own", () =>
    assert.deepStrictEqual(
      mutants.map(({ name }) => name),
      Array.from(new Set(mutants.map(({ name }) => name)))
    ))

  it.each(mutants)("$name: its place is in $file, once", (mutant) => {
    const source = readFileSync(join(root, mutant.file), "utf8")
    assert.notStrictEqual(plant(mutant, source), source)
  })

  it("have one place", () => {
    const mutant = { name: "bug", file: "a.ts", find: "x", replace: "$& y", breaks: "" }
    assert.strictEqual(plant(mutant, "1 x 2"), "1 $& y 2")
    assert.throws(() => plant(mutant, "1 2"), "a.ts: bug: its place is there 0 times, not once")
    assert.throws(() => plant(mutant, "x x"), "a.ts: bug: its place is there 2 times, not once")
  })
})
