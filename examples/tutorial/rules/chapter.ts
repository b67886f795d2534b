/** A chapter out of what the files of an abstraction say. */
import { Array as Arr } from "effect"
import { type Excerpt, excerptsIn } from "../budget.ts"
import { type Declaration, firstSentence, outlineOf } from "../code.ts"
import { fenced, inline, mermaidLabel } from "../markdown.ts"
import { type Doc, docOf, type Example, shorten } from "./prose.ts"
import { linesOf } from "./relationships.ts"

interface Module extends Excerpt {
  readonly about: Doc
  readonly declarations: ReadonlyArray<Declaration & { readonly about: Doc }>
  readonly imports: ReadonlyArray<string>
}

export const chapterOf = (prompt: string, language: string | undefined) => {
  const [, number = "", name = ""] = /^Chapter (\d+): (.*)$/m.exec(prompt) ?? []
  const [main, ...others] = excerptsIn(prompt).map(moduleOf)
  if (main === undefined) return { summary: `${name} has no files.`, text: `Nothing is known about ${inline(name)}.` }
  const chapters = linesOf(prompt, "All chapters")
  const known = knownIn([main, ...others])
  const lead = main.about.paragraphs.length > 0 ? main.about.paragraphs : (known[0]?.about.paragraphs ?? [])
  const first = main.about.examples[0] ?? known.find(({ about }) => about.examples.length > 0)?.about.examples[0]
  const ideas = ideasOf(known)
  const rest = known.filter((one) => !ideas.includes(one))
  const parts = [
    language === undefined
      ? ""
      : `> The rules that wrote this know English only; the language asked for is ${language}.`,
    ...lead,
    ...main.about.sections.map(sectionOf),
    placeOf(name, chapters, linesOf(prompt, "Relationships")),
    first === undefined ? "" : `## An example\n\n${exampleOf(first)}`,
    ideas.length === 0 ? "" : "## One idea after the other",
    ...ideas.map((idea) => ideaOf(idea, first)),
    rest.length === 0 ? "" : ideas.length === 0 ? "## What there is" : "## What else there is",
    ...[main, ...others].map((module) => tableOf(module, rest)),
    insideOf([main, ...others], known),
    closingOf(Number(number), known, chapters)
  ]
  return {
    summary: shorten(
      lead.join(" ") ||
        `${name} offers ${known
          .slice(0, 5)
          .map(({ name }) => name)
          .join(", ")}.`,
      300
    ),
    text: asLongAsItMayBe(parts.filter((part) => part !== ""))
  }
}

// internal

const moduleOf = (excerpt: Excerpt): Module => {
  const { declarations, header, imports } = outlineOf(excerpt.path, excerpt.text)
  return {
    ...excerpt,
    about: docOf(header),
    declarations: declarations.map((declaration) => ({ ...declaration, about: docOf(declaration.doc) })),
    imports: imports.map(({ from }) => from)
  }
}

type Told = Module["declarations"][number] & { readonly path: string }

/** What can be used from outside, each name once, with what makes it first; all there is, where nothing is exported. */
const knownIn = (modules: ReadonlyArray<Module>): ReadonlyArray<Told> => {
  const all = modules.flatMap(({ declarations, path }, i) =>
    i > 0 && /(?:^|\/)(?:internal|_[^/]*)\//.test(path) ? [] : declarations.map((one) => ({ ...one, path }))
  )
  const exported = all.filter((one) => one.exported && !/TypeId$|^is\p{Lu}/u.test(one.name))
  const named = Arr.groupBy(exported.length > 0 ? exported : all, ({ name }) => name)
  // A type and a value may have one name; what says more stands for both.
  const once = Object.values(named).map((same) => same.toSorted((a, b) => b.doc.length - a.doc.length)[0]!)
  const isMaker = ({ name, path }: Told) => path === modules[0]!.path && /^(?:make|layer|create|generate)$/.test(name)
  return [...once.filter(isMaker), ...once.filter((one) => !isMaker(one))]
}

/** What is explained: first of all what has examples, and types only where there is room. */
const ideasOf = (known: ReadonlyArray<Told>): ReadonlyArray<Told> => {
  const telling = ({ about: { examples, paragraphs, sections } }: Told) =>
    (examples.length > 0 ? 4 : 0) + (sections.length > 0 ? 2 : 0) + (paragraphs.join(" ").length > 150 ? 1 : 0)
  const best = known.filter((one) => telling(one) > 0).toSorted((a, b) => telling(b) - telling(a))
  const chosen = best.slice(0, 6)
  return known.filter((one) => chosen.includes(one))
}

const exampleOf = ({ caption, code, language }: Example): string =>
  `${caption === "" ? "" : `${inline(caption)}:\n\n`}${fenced(language || "ts", code)}`

const sectionOf = ({ text, title }: Doc["sections"][number]): string =>
  text.includes("\n") ? `**${title}**\n\n${text}` : `**${title}.** ${text}`

/** How an abstraction stands to others, with links to their chapters. */
const placeOf = (name: string, chapters: ReadonlyArray<string>, relationships: ReadonlyArray<string>): string => {
  const linkTo = (other: string) =>
    chapters.find((line) => /^\[\d+\. (.*)\]\(/.exec(line)?.[1] === other) ?? inline(other)
  const all = relationships.flatMap((line) => {
    const [, from = "", to = "", label = ""] = /^(.*?) -> (.*?): (.*)$/.exec(line) ?? []
    return label === "stands beside" ? [] : [{ from, to, what: label.replace(/^uses ?/, "") }]
  })
  const uses = all
    .filter(({ from }) => from === name)
    .map(
      ({ to, what }) =>
        `${linkTo(to)}${
          what === ""
            ? ""
            : ` (${what
                .split(", ")
                .map((name) => `\`${name}\``)
                .join(", ")})`
        }`
    )
  const usedBy = all.filter(({ to }) => to === name).map(({ from }) => linkTo(from))
  return [
    uses.length === 0 ? "" : `It builds on ${andList(uses)}.`,
    usedBy.length === 0 ? "" : `It is used by ${andList(usedBy)}.`
  ]
    .filter((part) => part !== "")
    .join(" ")
}

const andList = (items: ReadonlyArray<string>): string =>
  items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`

const ideaOf = ({ about, line, name, path, signature }: Told, shown: Example | undefined): string => {
  const example = about.examples.find((one) => one !== shown)
  // The types of a library can be long; an example says it in fewer words.
  const isShort = signature.split("\n").length <= 6
  return [
    `### \`${name}\``,
    ...about.paragraphs,
    about.examples.length === 0 || isShort ? fenced(/\.(\w+)$/.exec(path)?.[1] ?? "", signature) : "",
    ...about.sections.map(sectionOf),
    example === undefined ? "" : exampleOf(example),
    `(\`${path}\`, line ${line})`
  ]
    .filter((part) => part !== "")
    .join("\n\n")
}

/** The names of one file that are not explained, with a line on each. */
const tableOf = ({ about, path }: Module, rest: ReadonlyArray<Told>): string => {
  const own = rest.filter((one) => one.path === path)
  if (own.length === 0) return ""
  const rows = own.slice(0, 12).map(({ doc, line, name }) => {
    const text = inline(firstSentence(docOf(doc).paragraphs[0] ?? "")) || "-"
    return `| \`${name}\` | ${text} | ${line} |`
  })
  const more = own.length > rows.length ? `\n\nAnd ${own.length - rows.length} more.` : ""
  const what = inline(firstSentence(about.paragraphs[0] ?? ""))
  return `\`${path}\`${what === "" ? "" : `: ${what}`}\n\n| name | what it is | line |\n|---|---|---|\n${rows.join("\n")}${more}`
}

/** Which files there are, and who imports whom among them. */
const insideOf = (modules: ReadonlyArray<Module>, known: ReadonlyArray<Told>): string => {
  if (modules.length < 2) return ""
  const stem = (path: string) =>
    path
      .replace(/\.\w+$/, "")
      .split("/")
      .at(-1)!
  const edges = modules.flatMap((one, i) =>
    modules.flatMap((other, j) =>
      i !== j && one.imports.some((from) => from.startsWith(".") && stem(from) === stem(other.path))
        ? [`  f${i} --> f${j}`]
        : []
    )
  )
  const boxes = modules.map(({ path }, i) => `  f${i}[${mermaidLabel(path.split("/").slice(-2).join("/"))}]`)
  const helpers = modules
    .filter(({ path }) => !known.some((one) => one.path === path))
    .map(({ about, declarations, path }) => {
      const text = firstSentence(about.paragraphs[0] ?? "") || firstSentence(declarations[0]?.doc ?? "")
      const names = declarations.flatMap(({ exported, name }) => (exported ? [`\`${name}\``] : [])).slice(0, 4)
      return `- \`${path}\`: ${inline(text) || (names.length > 0 ? `has ${andList(names)}.` : "says nothing about itself.")}`
    })
  return [
    "## Inside",
    ...(helpers.length > 0 ? ["What is not for use from outside:", helpers.join("\n")] : []),
    ...(edges.length > 0
      ? [
          "An arrow leads from a file to one that it imports:",
          fenced("mermaid", ["flowchart LR", ...boxes, ...edges].join("\n"))
        ]
      : [])
  ].join("\n\n")
}

const closingOf = (number: number, known: ReadonlyArray<Told>, chapters: ReadonlyArray<string>): string => {
  const names = known.slice(0, 3).map(({ name }) => `\`${name}\``)
  const next = chapters[number]
  return [
    "## What was learned",
    [
      names.length === 0 ? "" : `The names to remember are ${andList(names)}.`,
      next === undefined
        ? "This was the last chapter; the [index](index.md) has the map of all."
        : `Next comes ${next}.`
    ]
      .filter((part) => part !== "")
      .join(" ")
  ].join("\n\n")
}

/** As many of the parts as a chapter may have; the last one is its end. */
const asLongAsItMayBe = (parts: ReadonlyArray<string>): string => {
  const end = parts.at(-1) ?? ""
  let room = 28_000 - end.length
  return [...parts.slice(0, -1).filter((part) => (room -= part.length) > 0), end].join("\n\n")
}
