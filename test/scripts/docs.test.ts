import { assert, describe, it } from "@effect/vitest"
import { extract, instrument, locate, render } from "../../scripts/docs.ts"

const markdown = `# Title

\`\`\`sh
npm test
\`\`\`

\`\`\`ts
const a = 1
\`\`\`

- item

  \`\`\`ts no-run
  if (a) {
    b()
  }
  \`\`\`
`

const typescript = `/**
 * Adds.
 *
 * \`\`\`ts import.meta.vitest
 * add(1, 2) // => 3
 *
 * add(2, 2) // => 4
 * \`\`\`
 */
export const add = (a: number, b: number): number => a + b
`

describe("extract", () => {
  it("finds the ts blocks of a Markdown file, with their line and mark", () => {
    assert.deepStrictEqual(extract("README.md", markdown), [
      { file: "README.md", line: 7, run: true, code: ["const a = 1"] },
      { file: "README.md", line: 13, run: false, code: ["if (a) {", "  b()", "}"] }
    ])
  })

  it("finds the ts blocks of docstrings", () => {
    assert.deepStrictEqual(extract("add.ts", typescript), [
      { file: "add.ts", line: 4, run: true, code: ["add(1, 2) // => 3", "", "add(2, 2) // => 4"] }
    ])
  })

  it("finds nothing in a fence of another language, whatever it contains", () => {
    assert.deepStrictEqual(extract("README.md", "```text\nts\n```\n\n```tsx\n<a/>\n```"), [])
  })
})

describe("instrument", () => {
  const check = (name: string, code: string, expected: string) =>
    it(name, () => assert.strictEqual(instrument(code.split("\n")).join("\n"), expected))

  check("an expression", "1 + 1 // => 2", "equal__(1 + 1, 2)")
  check("an expression with a semicolon", "1 + 1; // => 2", "equal__(1 + 1, 2)")
  check("an awaited expression", "await run // => { a: 1 }", "equal__(await run, { a: 1 })")
  check("an expression in a block", "if (ok) {\n  x.y // => 1\n}", "if (ok) {\n  equal__(x.y, 1)\n}")
  check("an expression over several lines", "f(\n  1,\n\n  2\n) // => 3", "equal__(f(\n  1,\n\n  2\n), 3)")
  check("a chain over several lines", "a\n  .b()\n  .c() // => 3", "equal__(a\n  .b()\n  .c(), 3)")
  check("a constant", "const x = f(\n  1\n) // => 2", "const x = f(\n  1\n); equal__(x, 2)")
  check("what is logged", "console.log(x) // => 1", "equal__((x), 1)")
  check("the statement after another", "const x = f(\n  1\n)\nx // => 2", "const x = f(\n  1\n)\nequal__(x, 2)")
  check("other comments are left alone", "x // 2 => 3", "x // 2 => 3")
})

describe("errors name the source", () => {
  it("line n of a module is line n of its source", () => {
    const [block] = extract("add.ts", typescript)
    assert.deepStrictEqual(render(block!).split("\n").slice(3, 7), [
      "",
      "equal__(add(1, 2), 3)",
      "",
      "equal__(add(2, 2), 4)"
    ])
  })

  it("of the compiler and of the runtime", () => {
    assert.strictEqual(
      locate("out/docs/packages/core/src/Flow.ts/120.ts(125,3): error TS2345: ..."),
      "packages/core/src/Flow.ts:125: error TS2345: ..."
    )
    assert.strictEqual(
      locate("    at run (file:///home/me/repo/out/docs/README.md/7.ts:9:1)"),
      "    at run (README.md:9)"
    )
  })
})
