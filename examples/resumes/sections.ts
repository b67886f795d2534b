/** The sections of a résumé, by their headings. */
import { isBullet, isBlank, isRule } from "./layout.ts"

export type Kind = "experience" | "education" | "skills" | "other"

export interface Section {
  readonly kind: Kind
  readonly lines: Array<string>
}

const headings: ReadonlyArray<readonly [Kind, RegExp]> = [
  ["experience", /^(?:(?:work|professional|relevant|job|career|employment) )?(?:experience|history|employment|work)$/],
  ["experience", /^(?:career|expériences?(?: professionnelles?)?|parcours)$/],
  ["education", /^(?:education|training|qualifications|studies|academic background|formation|études|diplômes)$/],
  ["skills", /^(?:(?:key|technical|core|main|professional|other) )?(?:skills|competenc(?:es|ies)|expertise)$/],
  ["skills", /^(?:compétences|skills (?:and|&) \w+)$/],
  ["other", /^(?:summary|profile|profil|about|about me|objective|statement|interests|hobbies|awards|honou?rs)$/],
  ["other", /^(?:(?:spoken )?languages|langues|references|referees|publications|links|projects|contact|volunteering)$/],
  ["other", /^(?:certifications|certificates|licen[cs]es|personal details|contact details)$/]
]

export const sectionNamed = (title: string): Kind | undefined =>
  headings.find(([, pattern]) => pattern.test(title.toLowerCase()))?.[0]

/** `W O R K` is a way to underline. */
const unspace = (text: string): string =>
  /^\S(?: \S)+(?: {2,}\S(?: \S)+)*$/.test(text)
    ? text
        .split(/ {2,}/)
        .map((word) => word.replaceAll(" ", ""))
        .join(" ")
    : text

/** Whether a line begins a section; `rest` is what stands on the same line after a colon. */
const headingAt = (lines: ReadonlyArray<string>, index: number): { kind: Kind; rest: string } | undefined => {
  const line = lines[index]!.trim()
  const title = unspace(line.replace(/^(?:#+|:+|-{2,}|\d+\.)\s+|\s*(?:#+|:+|-{2,})$/g, "").trim())
  const kind = sectionNamed(title)
  if (kind !== undefined) return { kind, rest: "" }
  const [, label = "", rest = ""] = /^([\p{L} ]+?)\s*:\s+(\S.*)$/u.exec(line) ?? []
  const labelled = sectionNamed(label)
  if (labelled !== undefined) return { kind: labelled, rest }
  const words = title.split(/\s+/).length
  const marked =
    /^##?\s/.test(line) ||
    /^(?:::|---?)\s.*\s(?:::|---?)$/.test(line) ||
    (/^[^\s].*:$/.test(line) && words < 4) ||
    (/\p{Lu}{3}/u.test(line) && !/\p{Ll}|\d/u.test(line) && isBlank(lines[index - 1]) && isBlank(lines[index + 1])) ||
    (!isBullet(line) && words < 4 && isRule(lines[index + 1]))
  return marked && line !== "" && !isRule(line) ? { kind: "other", rest: "" } : undefined
}

export const toSections = (lines: ReadonlyArray<string>): ReadonlyArray<Section> => {
  const sections: Array<Section> = [{ kind: "other", lines: [] }]
  for (const [index, line] of lines.entries()) {
    const heading = headingAt(lines, index)
    if (heading !== undefined) sections.push({ kind: heading.kind, lines: [heading.rest] })
    else if (!isRule(line)) sections.at(-1)!.lines.push(line)
  }
  return sections
}

/** Two headings on one line begin two columns: the left one is read first. */
export const unfold = (lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  const row = lines.findIndex(
    (line) =>
      line
        .trim()
        .split(/\s{2,}/)
        .filter(sectionNamed).length > 1
  )
  if (row < 0) return lines
  const column = lines[row]!.lastIndexOf(/\s{2,}(\S.*)$/.exec(lines[row]!)![1]!)
  const hasGap = (line: string) => !/\S/.test(line[column - 1] ?? " ")
  const below = lines.slice(row)
  return [
    ...lines.slice(0, row),
    ...below.map((line) => (hasGap(line) ? line.slice(0, column).trimEnd() : line)),
    "",
    ...below.map((line) => (hasGap(line) ? line.slice(column) : ""))
  ]
}
