import { assert, describe, it } from "@effect/vitest"
import { globSync, readFileSync } from "node:fs"
import { basename, dirname } from "node:path"
import { withDrawings, withTables } from "./pages.ts"
import { catalog } from "./catalog.ts"

describe("the catalog", () => {
  it("has every example once", () => {
    const folders = globSync(`${import.meta.dirname}/*/program.ts`).map((file) => basename(dirname(file)))
    assert.deepStrictEqual(catalog.map(({ command }) => command.name).toSorted(), folders.toSorted())
  })

  it("is what the page shows", () => {
    const page = readFileSync(`${import.meta.dirname}/README.md`, "utf8")
    assert.strictEqual(page, withTables(page, catalog))
  })

  it.each(catalog)("$command.name is drawn in its README", (example) => {
    const readme = readFileSync(`${import.meta.dirname}/${example.command.name}/README.md`, "utf8")
    assert.strictEqual(readme, withDrawings(readme, example))
  })
})
