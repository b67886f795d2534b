/** Draws the flows in the READMEs of the examples, and writes the tables of `examples/README.md`. */
import { Flow } from "effect-pocketflow"
import { readFileSync, writeFileSync } from "node:fs"
import { catalog } from "./catalog.ts"
import { type Example, levels } from "./shared/example.ts"

/** A README with its `mermaid` blocks replaced by the drawings, in their order; missing ones are put at its end. */
export const withDrawings = (readme: string, { flows }: Pick<Example, "flows">): string => {
  const [before = "", ...rest] = readme.split(/^```mermaid\n(?:[^]*?\n)?```$/m)
  return flows
    .map(Flow.toMermaid)
    .reduce((text, drawing, i) => `${text}\`\`\`mermaid\n${drawing}\n\`\`\`${rest[i] ?? "\n"}`, before)
}

/** The page of the examples, with its table for each level replaced. */
export const withTables = (page: string, examples: ReadonlyArray<Example>): string =>
  levels.reduce((page, level) => {
    const rows = examples
      .filter((example) => example.level === level)
      .map(
        ({ command: { name }, counterpart, teaches }) =>
          `| [${name}](${name}) | ${teaches} | [${counterpart}](${addressOf(counterpart)}) |`
      )
    const table = ["| example | what it teaches | in PocketFlow |", "|---|---|---|", ...rows].join("\n")
    return page.replace(new RegExp(`(?<=<!-- ${level} -->\\n)[^]*?(?=<!-- end -->)`), () => `\n${table}\n\n`)
  }, page)

const addressOf = (counterpart: string): string =>
  counterpart.startsWith("pocketflow-")
    ? `https://github.com/The-Pocket/PocketFlow/tree/main/cookbook/${counterpart}`
    : `https://github.com/The-Pocket/${counterpart}`

const update = (file: string, change: (text: string) => string) =>
  writeFileSync(file, change(readFileSync(file, "utf8")))

if (import.meta.main) {
  for (const example of catalog) {
    update(`examples/${example.command.name}/README.md`, (readme) => withDrawings(readme, example))
  }
  update("examples/README.md", (page) => withTables(page, catalog))
}
