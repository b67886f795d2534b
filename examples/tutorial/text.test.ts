import { assert, describe, it } from "@effect/vitest"
import { excerptsIn, fit, render } from "./budget.ts"
import { outlineOf } from "./code.ts"
import { graphOf } from "./graph.ts"
import { code, linksIn, problemIn, withoutHtml } from "./markdown.ts"
import { fileOf, slugOf } from "./pages.ts"
import { abstractionsOf } from "./rules/abstractions.ts"
import { docOf } from "./rules/prose.ts"
import { relationshipsOf } from "./rules/relationships.ts"

describe("code", () => {
  it("has an outline in TypeScript", () => {
    const { sketch, ...outline } = outlineOf(
      "a.ts",
      `/**
 * About all.
 */
import { b, type C as D } from "./b.ts"
export * as E from "./e.ts"

/** Adds. More. */
export const add = (
  a: number
): number => {
  return a
}
const hidden = 1
`
    )
    assert.deepStrictEqual(outline, {
      header: "About all.",
      imports: [
        { from: "./b.ts", names: ["b", "C"], reexported: false },
        { from: "./e.ts", names: ["E"], reexported: true }
      ],
      declarations: [
        {
          name: "add",
          doc: "Adds. More.",
          signature: "export const add = (\n  a: number\n): number => {",
          line: 8,
          exported: true
        },
        { name: "hidden", doc: "", signature: "const hidden = 1", line: 13, exported: false }
      ],
      outline:
        '/** About all. */\nimport { b, type C as D } from "./b.ts"\nexport * as E from "./e.ts"\n\n' +
        "/** Adds. More. */\nexport const add = (\n  a: number\n): number => {\n"
    })
    assert.strictEqual(sketch, '/** About all. */\nexport * as E from "./e.ts"\n\nexport const add')
  })

  it("has an outline in Python", () => {
    const { declarations, header, imports } = outlineOf(
      "a.py",
      `"""About all."""
from .b import c, d as e
import os.path

class Shop(Base):
    """Sells."""

def take(
    name: str,
) -> int:
    """
    Takes.

    And gives.
    """
    return 1

def _own(): pass
`
    )
    assert.strictEqual(header, "About all.")
    assert.deepStrictEqual(imports, [
      { from: ".b", names: ["c", "d"], reexported: false },
      { from: "os.path", names: [], reexported: false }
    ])
    assert.deepStrictEqual(
      declarations.map(({ doc, exported, name }) => ({ doc, exported, name })),
      [
        { doc: "Sells.", exported: true, name: "Shop" },
        { doc: "Takes.\n\nAnd gives.", exported: true, name: "take" },
        { doc: "", exported: false, name: "_own" }
      ]
    )
  })

  it("imports what an index passes on from where it is, across packages as well", () => {
    const { edges } = graphOf([
      { path: "packages/core/package.json", text: '{ "name": "core" }' },
      { path: "packages/core/src/index.ts", text: 'export * as Store from "./Store.ts"\nexport * from "./errors.ts"' },
      { path: "packages/core/src/Store.ts", text: "export const make = 1" },
      { path: "packages/core/src/errors.ts", text: "export class Wrong {}" },
      { path: "app/main.ts", text: 'import { Store, Wrong } from "core"\nimport { other } from "elsewhere"' },
      { path: "py/a.py", text: "from .b import c" },
      { path: "py/b.py", text: "def c(): pass" }
    ])
    assert.deepStrictEqual(
      edges.filter(({ from }) => !from.startsWith("packages")),
      [
        { from: "app/main.ts", to: "packages/core/src/Store.ts", names: ["Store"] },
        { from: "app/main.ts", to: "packages/core/src/errors.ts", names: ["Wrong"] },
        { from: "py/a.py", to: "py/b.py", names: ["c"] }
      ]
    )
  })
})

describe("a budget", () => {
  const long = (name: string) => ({
    path: `${name}.ts`,
    text: `/**\n * About ${name}.\n */\n\n/** Does it. */\nexport const ${name} = () => {\n${"  work()\n".repeat(100)}}\n`
  })

  it("shows the first whole, others by their outlines or names, and says so", () => {
    const files = ["a", "b", "c", "d"].map(long)
    const shownIn = (tokens: number) =>
      Object.fromEntries(fit(files, tokens).cuts.map(({ path, shown }) => [path, shown]))
    assert.deepStrictEqual(shownIn(10_000), {})
    assert.deepStrictEqual(shownIn(600), { "b.ts": "its outline", "c.ts": "its outline", "d.ts": "its outline" })
    assert.deepStrictEqual(shownIn(90), {
      "a.ts": "its outline",
      "b.ts": "its outline",
      "c.ts": "its names",
      "d.ts": "nothing"
    })
    assert.deepStrictEqual(fit(files, -1).excerpts, [])
  })

  it("shows the beginning of what says nothing of itself", () => {
    const text = "1,2\n".repeat(1000)
    const { cuts, excerpts } = fit([{ path: "a.sql", text }], 500)
    assert.deepStrictEqual(cuts, [{ path: "a.sql", shown: "the beginning of 1001 lines" }])
    assert.deepStrictEqual(excerpts, [{ path: "a.sql", text: "1,2\n".repeat(30).trimEnd() }])
  })

  it("gives back the excerpts that it has written, whatever is in them", () => {
    const excerpts = ["", "```", "```file b.ts\nx\n```", "`````\n````", "a\n\nb"].map((text, i) => ({
      path: `${i}.ts`,
      text
    }))
    assert.deepStrictEqual(excerptsIn(`before\n\n${render(excerpts)}\n\nafter`), excerpts)
  })
})

describe("a map", () => {
  it("has one edge between two that import each other, and one for who is alone", () => {
    const imports = ["A -> B: x (1)", "B -> A: y (2), z (1)", "B -> C: v (1)", "C -> B: w (1)"]
    assert.deepStrictEqual(relationshipsOf(["A", "B", "C", "D"], imports), [
      { from: "B", to: "A", label: "uses y, z" },
      { from: "B", to: "C", label: "uses v" },
      { from: "D", to: "A", label: "stands beside" }
    ])
  })
})

describe("Markdown", () => {
  it("has its links found, and those in code passed over", () => {
    assert.deepStrictEqual(
      linksIn(
        "[a](a.md) ![b](<b.png> 'x') [`c`](c.md#d)\n[e]: https://e.example\n<mailto:f@f> see www.g.example/x. " +
          "`[no](no.md)` ``[no`](no.md)``\n```\n[no](no.md)\n```\n[%C3%A9](%C3%A9.md)"
      ),
      ["a.md", "b.png", "c.md#d", "https://e.example", "mailto:f@f", "www.g.example/x", "é.md"]
    )
  })

  it("may link to pages, to places in them, and to addresses that the sources have", () => {
    const known = { pages: ["01-a.md"], sources: "see https://a.example/b" }
    assert.isUndefined(problemIn("[a](01-a.md#x) [b](#y) <https://a.example/b>", known))
    assert.isDefined(problemIn("[a](javascript:alert(1))", known))
    assert.isDefined(problemIn("[a](../01-a.md)", known))
  })

  const tick = "`"
  it.each([
    { what: "an address in parentheses", text: "see (https://evil.example/x)" },
    { what: "the beginning of an address", text: "go to https://e" },
    { what: "an address that goes on", text: "go to https://e.example/b/c" },
    { what: "an address in a word", text: "_https://evil.example_ 1www.evil.example" },
    { what: "an address of other kinds", text: "ftp://evil.example" },
    { what: "a link behind an escaped tick", text: `a \\${tick} [x](//evil.example) ${tick}` },
    { what: "a link over two lines", text: "[x](\n//evil.example)" },
    { what: "a link with backslashes", text: "[x](\\\\\\\\evil.example)" },
    { what: "an entity in a link", text: "[x](&#47;/evil.example)" },
    { what: "a definition in a quotation", text: "a [x]\n\n> [x]: //evil.example" },
    { what: "a definition that can be a footnote", text: "a [^1]\n\n[^1]: //evil.example" },
    { what: "a link with a picture as its text", text: "[![](//evil.example)](01-a.md)" },
    { what: "a fence that is indented too much", text: "a\n\n     ```\n[x](//evil.example)\n     ```" },
    { what: "a fence that is part of code", text: "a\n\n    ```\n\n[x](//evil.example)\n\n    ```" },
    { what: "code that a table ends", text: `|a|b|\n|-|-|\n|${tick}a|[x](//evil.example)${tick}|` },
    { what: "a link that HTML hid", text: "<div>\n[x](//evil.example)\n</div>" },
    { what: "a drawing with a click", text: 'a\n\n```mermaid\nflowchart TD\n  click a "/x"\n```' },
    { what: "a drawing with a picture", text: 'a\n\n```mermaid\nflowchart TD\n  a["<img src=x>"]\n```' },
    { what: "an open fence", text: "a\n\n```ts\nb" },
    { what: "an open fence with a mark in it", text: "a\n\n````ts\nb\n```" },
    { what: "code alone", text: "```md\n## a\n```" },
    { what: "a title", text: "a\n\n# b" },
    { what: "a title with a line under it", text: "a\n===" }
  ])("is refused with $what", ({ text }) => {
    assert.isString(problemIn(text, { pages: ["01-a.md"], sources: 'const a = "https://e.example/b"' }))
  })

  it.each([
    "see (https://e.example/b), or <https://e.example/b>.",
    "a `[x](//evil.example)` and ``[`x](//evil.example)``",
    "a\n\n```md\n[x](//evil.example)\n```",
    "- a\n\n  ~~~\n  [x](//evil.example)\n  ~~~",
    'a\n\n```mermaid\nflowchart TD\n  a["b<br>c"] --> d\n```',
    "a &lt;b> of Array<string>"
  ])("may have: %s", (text) => {
    assert.isUndefined(problemIn(text, { pages: [], sources: "[a](https://e.example/b)" }))
  })

  it.each([
    ["a <b> `<c>` <!-- d", "a &lt;b> `<c>` &lt;!-- d"],
    ["a <!-- b --> < c", "a &lt;!-- b --> < c"],
    ["a \\<b> \\\\<c>", "a \\<b> \\\\&lt;c>"],
    ["<https://e.example>", "<https://e.example>"],
    ["```\n<a>\n```", "```\n<a>\n```"],
    ["a\n\n     ```\n\n<img src=//evil.example>", "a\n\n     ```\n\n&lt;img src=//evil.example>"],
    ["<div>\n```\n</div>\n\n```\n<b>", "&lt;div>\n```\n&lt;/div>\n\n```\n&lt;b>"]
  ])("has HTML as text: %j", (text, shown) => {
    assert.strictEqual(withoutHtml(text), shown)
  })

  it("has code with ticks in it", () => {
    assert.deepStrictEqual([code("a"), code("`a``b")], ["`a`", "``` `a``b ```"])
  })

  it("has files for names in any writing", () => {
    assert.deepStrictEqual(
      [
        fileOf(1, "The Ürsprung: A/B"),
        fileOf(12, "抽象化 特定"),
        fileOf(3, "../../x"),
        fileOf(4, "***"),
        slugOf("x".repeat(99))
      ],
      ["01-the-ürsprung-a-b.md", "12-抽象化-特定.md", "03-x.md", "04-x.md", "x".repeat(50)]
    )
  })
})

describe("hostile text", () => {
  it.each([
    "import a\n",
    "export const a\n",
    "`` ` ",
    "[",
    "](",
    "<a",
    "/*\n",
    "/** a\n",
    "**Example**\n\n```\n",
    "@see a\n",
    "a = ("
  ])("of many %j takes no long time", (part) => {
    const text = part.repeat(100_000 / part.length)
    const start = performance.now()
    for (const path of ["a.ts", "a.py", "a.md"]) outlineOf(path, text)
    docOf(text)
    problemIn(text.slice(0, 30_000), { pages: [], sources: text })
    withoutHtml(text.slice(0, 30_000))
    excerptsIn(render([{ path: "a.ts", text }]))
    assert.isBelow(performance.now() - start, 3000)
  })

  it("of many files takes no long time either", () => {
    const files = Array.from({ length: 1000 }, (_, i) => ({
      path: `folder${i % 40}/file${i}.ts`,
      text: `/** About ${i}. */\nimport { a } from "./file${i + 40}.ts"\n\n/** A. */\nexport const a = ${i}\n`
    }))
    const start = performance.now()
    assert.strictEqual(abstractionsOf(files, 10).length, 10)
    graphOf(files)
    assert.isBelow(performance.now() - start, 3000)
  })
})
