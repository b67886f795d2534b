import { assert, it } from "@effect/vitest"
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { rules } from "../../conformance/rules.ts"

it("each rule by which this library differs has a test of both sides here", () => {
  const sources = globSync("*.test.ts", { cwd: import.meta.dirname }).map((file) =>
    readFileSync(join(import.meta.dirname, file), "utf8")
  )
  const named = sources.flatMap((source) => Array.from(source.matchAll(/\[(R\d+b?)\]"/g), (match) => match[1]!))
  assert.includeMembers(
    named,
    rules.filter(({ verdict }) => verdict === "differs").map(({ id }) => id)
  )
  assert.includeMembers(
    rules.map<string>(({ id }) => id),
    named
  )
})
