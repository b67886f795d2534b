/** Skills: in lists and tables, or in sentences that tell of them. */
import { isBullet, isBlank, plain, sentences } from "./layout.ts"
import type { Section } from "./sections.ts"

export const skillsIn = ({ lines }: Section): ReadonlyArray<string> => {
  const rows = lines.filter((line) => /^\s*\|.*\|\s*$/.test(line))
  if (rows.length > 1) return rows.slice(1).map((row) => row.split("|")[1]!.trim())
  const bullets = lines.filter(isBullet)
  if (bullets.length > 1) return bullets.map(plain)
  const paragraphs = lines
    .join("\n")
    .split(/\n\s*\n/)
    .filter((paragraph) => !isBlank(paragraph))
  const lists = paragraphs.filter((paragraph) => !paragraph.trim().endsWith("."))
  return lists.length > 0 ? lists.flatMap(listed) : sentences(lines).flatMap(skillsInSentence)
}

const listed = (paragraph: string): ReadonlyArray<string> => {
  const lines = paragraph
    .trim()
    .split("\n")
    .map((line) => line.replace(/^\s*[\p{L} ]+:\s+/u, "").trim())
  const text = lines.join(" ")
  const separator = [/\s*;\s*/, /\s*,\s*/, /\s+[/|·•]\s*/].find((pattern) => pattern.test(text))
  if (separator === undefined) return lines
  // A line that does not end in a separator ends an item, unless the next line goes on with it.
  const ends = lines.some((line) => /[,;/|·•]$/.test(line)) ? " " : "\n"
  return lines
    .join(ends)
    .split(ends === " " ? separator : new RegExp(`${separator.source}|\\n`))
    .map((skill) => skill.replace(/\s+/g, " ").trim())
    .filter((skill) => skill !== "")
}

const cues = new RegExp(
  String.raw`\b(?:works? (?:\w+ )?with|knowledge of|experienced? (?:in|with)|skilled (?:in|at)|proficient (?:in|with)` +
    String.raw`|familiar with|good at|rests? on|rely on|learn(?:ed|t)|picked up(?: enough)?|specialise in` +
    String.raw`|(?:drew|drawn|built|wrote|written|made)(?: \w+){0,3} in(?= \p{Lu}))\s+`,
  "u"
)

export const skillsInSentence = (sentence: string): ReadonlyArray<string> =>
  sentence
    .split(cues)
    .slice(1)
    .flatMap((text) =>
      text
        .replace(/(?:\b(?:for|to|that|which|where|who|when|I|we|still|have|properly|well|since)\b|[.;:(]).*$/u, "")
        .split(/,\s*(?:and\s+)?|\s+and\s+/)
        .map((skill) => skill.replace(/\b(?:basic|good|some)?\s*$/, "").trim())
        .filter((skill) => skill !== "")
    )
