/** The pages of a tutorial: an index with a map, a chapter for each abstraction, and a page of what was left out. */
import { Array as Arr } from "effect"
import { code, inline, mermaidLabel, withoutHtml } from "./markdown.ts"
import type { Page, Tutorial } from "./Tutorial.ts"

/** Ends every page, so that a later run knows which files are its own. */
export const mark = "<!-- written by the tutorial example of effect-pocketflow -->"

/** The file of a chapter. */
export const fileOf = (number: number, name: string): string => `${String(number).padStart(2, "0")}-${slugOf(name)}.md`

/** A name as a part of a path: small letters, digits and dashes. */
export const slugOf = (name: string): string =>
  name
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, "-")
    .slice(0, 50)
    .replace(/^-+|-+$/g, "") || "x"

export const combine = (tutorial: Tutorial): ReadonlyArray<Page> => [
  ...tutorial.chapters.map((_, i) => chapter(tutorial, i)),
  leftOut(tutorial),
  // The last: whoever finds it finds all that it leads to.
  page("index.md", index(tutorial))
]

// internal

const page = (file: string, text: string): Page => ({ file, text: `${text.trim()}\n\n${mark}\n` })

const index = (tutorial: Tutorial): string => {
  const { address, chapters, cuts, files, name, order, skipped, summary = "" } = tutorial
  const rows = chapters.map(
    ({ name, summary }, i) => `${i + 1}. [${inline(name)}](${linkTo(i, order)})  \n   ${inline(summary)}`
  )
  const left = skipped.length + new Set(cuts.map(({ path }) => path)).size
  return `# ${inline(name)}

${withoutHtml(summary)}

Written from ${files.length} files of ${address === null ? `the folder ${code(name)}` : `<${encodeURI(address)}>`}.

## Map

\`\`\`mermaid
${drawing(tutorial)}
\`\`\`

## Chapters

${rows.join("\n")}

What was left out or shown to the model in part: [${left} files and folders](left-out.md).`
}

/** The abstractions in the order of the chapters, and what they need of each other. */
const drawing = ({ order, relationships }: Tutorial): string =>
  [
    "flowchart TD",
    ...order.map((name, i) => `  c${i + 1}[${mermaidLabel(`${i + 1}. ${name}`)}]`),
    ...relationships.map(
      ({ from, label, to }) => `  c${order.indexOf(from) + 1} -->|${mermaidLabel(label)}| c${order.indexOf(to) + 1}`
    )
  ].join("\n")

const chapter = ({ chapters, order }: Tutorial, i: number): Page => {
  const { name, text } = chapters[i]!
  const links = [
    ...(i > 0 ? [`[← ${i}. ${inline(order[i - 1]!)}](${linkTo(i - 1, order)})`] : []),
    "[index](index.md)",
    ...(i < order.length - 1 ? [`[${i + 2}. ${inline(order[i + 1]!)} →](${linkTo(i + 1, order)})`] : [])
  ]
  return page(fileOf(i + 1, name), `# ${i + 1}. ${inline(name)}\n\n${withoutHtml(text)}\n\n---\n\n${links.join(" · ")}`)
}

const leftOut = ({ abstractions, cuts, files, skipped }: Tutorial): Page => {
  const known = new Set(abstractions.flatMap(({ files }) => files))
  const byReason = Object.entries(Arr.groupBy(skipped, ({ reason }) => reason))
  const byPrompt = Object.entries(Arr.groupBy(cuts, ({ prompt }) => prompt))
  return page(
    "left-out.md",
    [
      "# What was left out",
      "## Not read",
      "Files and folders that the model has not seen. Of a folder, nothing was read.",
      ...byReason.map(([reason, some]) => `${withoutHtml(reason)}:\n\n${pathsOf(some)}`),
      "## Not shown as a whole",
      "Files that a prompt had no room for: the token budget shows the most important ones first.",
      ...byPrompt.map(([prompt, some]) => {
        const rows = some.map(({ path, shown }) => `- ${code(path)}: ${shown}`)
        return `In the prompt for ${prompt} this was shown of:\n\n${rows.join("\n")}`
      }),
      "## In no chapter",
      "Files that were read and belong to no abstraction.",
      pathsOf(files.filter(({ path }) => !known.has(path)))
    ].join("\n\n")
  )
}

const pathsOf = (some: ReadonlyArray<{ readonly path: string }>): string =>
  some.length === 0 ? "None." : some.map(({ path }) => `- ${code(path)}`).join("\n")

const linkTo = (i: number, order: ReadonlyArray<string>): string => encodeURI(fileOf(i + 1, order[i]!))
