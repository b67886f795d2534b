/**
 * Rules in place of a model: they read the résumé in the prompt as plain text, by the conventions that résumés follow.
 *
 * Sections are found by their headings, jobs by their date ranges, names and addresses by their shape and by how well
 * they fit each other. A text that names nobody, no way to reach them, or neither job nor education is no résumé.
 */
import type { OfflineModel } from "@effect-pocketflow/ai"
import { stringify } from "yaml"
import type { Job, Resume } from "./Resume.ts"

export const rules: ReadonlyArray<OfflineModel.Rule> = [
  {
    name: "résumé",
    when: ({ system }) => system.includes("résumé"),
    reply: ({ user }) => `\`\`\`yaml\n${stringify(read(user))}\`\`\`\n`
  }
]

type Reply = Resume | { readonly not_a_resume: string }

const read = (text: string): Reply => {
  const lines = unfold(unquote(text.replace(/\r\n?/g, "\n").split("\n").map(expandTabs)))
  const sections = toSections(lines)
  const of = (kind: Kind) => sections.filter((section) => section.kind === kind)
  const [experience, skills] = [of("experience"), of("skills")]
  const addresses = findAll(email, lines)
  const name = findName(lines, addresses)
  const resume = {
    name: name ?? "",
    email: best(addresses, name),
    phone: best(findAll(phone, lines), name),
    // A letter has no sections: its sentences say it.
    jobs: experience.length > 0 ? experience.flatMap(jobsIn) : sentences(lines).flatMap(jobsInSentence),
    skills: skills.length > 0 ? skills.flatMap(skillsIn) : sentences(lines).flatMap(skillsInSentence)
  }
  const missing = [
    name === undefined && "the name of a person",
    resume.email === null && resume.phone === null && "an e-mail address or a phone number",
    resume.jobs.length === 0 && of("education").length === 0 && "a job or an education"
  ].filter((part) => part !== false)
  return missing.length === 0 ? resume : { not_a_resume: `no sign of ${missing.join(", nor of ")}` }
}

// Layout: what a reader's eye does

const expandTabs = (line: string): string => {
  const [first = "", ...rest] = line.split("\t")
  return rest.reduce((text, part) => text.padEnd(text.length + 8 - (text.length % 8)) + part, first).trimEnd()
}

/** A forwarded résumé is the part that is quoted. */
const unquote = (lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  const quoted = lines.filter((line) => line.startsWith(">"))
  return quoted.length > lines.length / 2 ? quoted.map((line) => line.replace(/^> ?/, "")) : lines
}

/** Two headings on one line begin two columns: the left one is read first. */
const unfold = (lines: ReadonlyArray<string>): ReadonlyArray<string> => {
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

const isBullet = (line: string): boolean => /^\s*[-*•·+]\s+\S/.test(line)
const isBlank = (line: string | undefined): boolean => line === undefined || line.trim() === ""
const isRule = (line: string | undefined): boolean => /^\s*[-=~_*]{3,}\s*$/.test(line ?? "")

/** A line without numbering, bullet and markup. */
const plain = (line: string): string =>
  line
    .replace(/^\s*(?:#+|\[\d+\]|\d{1,2}(?:\.\d{1,2})*\.?|[-*•·+])\s+(?=\S)/, "")
    .replace(/[*_`]{1,2}(\S[^*_`]*)[*_`]{1,2}/g, "$1")
    .replace(/\s+/g, " ")
    .trim()

const sentences = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines
    .join("\n")
    .split(/\n\s*\n/)
    .flatMap((paragraph) =>
      paragraph
        .replace(/\s+/g, " ")
        .trim()
        .split(/(?<=[.;!?])\s+/)
    )

// Sections

type Kind = "experience" | "education" | "skills" | "other"

interface Section {
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

const sectionNamed = (title: string): Kind | undefined =>
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

const toSections = (lines: ReadonlyArray<string>): ReadonlyArray<Section> => {
  const sections: Array<Section> = [{ kind: "other", lines: [] }]
  for (const [index, line] of lines.entries()) {
    const heading = headingAt(lines, index)
    if (heading !== undefined) sections.push({ kind: heading.kind, lines: [heading.rest] })
    else if (!isRule(line)) sections.at(-1)!.lines.push(line)
  }
  return sections
}

// Jobs

const month = String.raw`(?:jan|feb|fév|mar|apr|avr|may|mai|jun|juin|jul|juil|aug|aoû|sep|oct|nov|dec|déc)[a-zéû]*\.?`
const season = String.raw`(?:spring|summer|autumn|fall|winter)`
const point = String.raw`(?:(?:${month}|${season})\s+(?:\d{4}|['’]\d\d)|\d{1,2}[/.]\d{4}|\d{4}/\d{1,2}|\d{4})`
const now = String.raw`(?:present|now|today|date|current|ongoing|aujourd['’]hui)`
const range = new RegExp(
  String.raw`(?<![\w/.])(?:(?:since|depuis)\s+${point}` +
    String.raw`|${point}\s*(?:->|[-–—]|\bto\b|\buntil\b|\btill\b)(?:\s*(?:${now}|${point})(?!\w)|$)` +
    String.raw`|${season}\s+\d{4})`,
  "iu"
)

/** Each line that begins or ends with a range of dates belongs to a job; the rest of it is on this line or near it. */
const jobsIn = ({ lines }: Section): ReadonlyArray<Job> =>
  lines.flatMap((line, index) => {
    if (isBullet(line)) return []
    const text = plain(line).replace(/^(?:dates?|period|when)\s*:\s*/i, "")
    const match = range.exec(text)
    if (match === null) return []
    const dates = match[0].trim()
    const before = trimSeparators(text.slice(0, match.index))
    const after = trimSeparators(text.slice(match.index + match[0].length))
    if (before !== "" && after !== "") return []
    const own = before + after
    if (own === "") return [{ ...toJob(linesAbove(lines, index)), dates }]
    if (!isTitle(own)) return []
    return [{ ...toJob(before === "" || !isSplit(own) ? [own, ...lineBelow(lines, index)] : [own]), dates }]
  })

const trimSeparators = (text: string): string => text.replace(/^[\s,;:|()–—-]+|[\s,;:|(–—-]+$/g, "")
const isTitle = (text: string): boolean => /^\p{Lu}/u.test(text) && text.split(" ").length <= 12 && !text.endsWith(".")

/** The last two lines of the same block. */
const linesAbove = (lines: ReadonlyArray<string>, index: number): ReadonlyArray<string> => {
  const end = isBlank(lines[index - 1]) ? index - 1 : index
  const start = lines.findLastIndex((line, i) => i < end && (isBlank(line) || isBullet(line) || range.test(line))) + 1
  return lines.slice(Math.max(start, end - 2), Math.max(end, 0)).map(plain)
}

const lineBelow = (lines: ReadonlyArray<string>, index: number): ReadonlyArray<string> => {
  const below = lines[index + 1]
  return below === undefined || isBlank(below) || isBullet(below) || range.test(below) ? [] : [plain(below)]
}

const separators = /\s+(?:@|\||—|–|-|at)\s+/
const comma = /,\s+(?!(?:[^,]*,\s+)|(?:inc|ltd|llc|gmbh|co)\b)/i
const isSplit = (text: string): boolean => separators.test(text) || comma.test(text)

const toJob = (lines: ReadonlyArray<string>): { readonly title: string; readonly company: string | null } => {
  const labelled = (label: RegExp) => lines.find((line) => label.test(line))?.replace(/^[^:]*:\s*/, "")
  const [first = "", second] = lines
  const title = labelled(/^(?:position|title|role|job)\s*:/i)
  const company = labelled(/^(?:company|employer|organi[sz]ation)\s*:/i)
  if (title !== undefined || company !== undefined) return { title: title ?? "", company: company ?? null }
  if (second !== undefined) return { title: first, company: second }
  const separator = separators.exec(first) ?? comma.exec(first)
  if (separator === null) return { title: first, company: null }
  return { title: first.slice(0, separator.index), company: first.slice(separator.index + separator[0].length) }
}

const word = String.raw`\p{Lu}[\p{L}'’&-]*`
const names = String.raw`${word}(?:\s+${word}|\s+(?:of|and|&|the)(?=\s+\p{Lu}))*`
const employment = new RegExp(String.raw`\bas\s+(?:an?\s+|the\s+)?(${names})\s+(?:at|with|for)\s+(${names})`, "u")

const jobsInSentence = (sentence: string): ReadonlyArray<Job> => {
  const [, title, company] = employment.exec(sentence) ?? []
  const dates = range.exec(sentence)?.[0].trim()
  return title === undefined || company === undefined || dates === undefined ? [] : [{ title, company, dates }]
}

// Skills

const skillsIn = ({ lines }: Section): ReadonlyArray<string> => {
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

const skillsInSentence = (sentence: string): ReadonlyArray<string> =>
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

// Who it is

const email = /(?<![\p{L}\d._%+-])[\p{L}\d._%+-]+@[\p{L}\d-]+(?:\.[\p{L}\d-]+)+/gu
const phone = /(?<![\w/.-])(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,4}\)|\d{2,4})[ ./-]?\d{3,4}[ ./-]\d{3,4}(?![\w/-])/g

interface Found {
  readonly text: string
  readonly line: string
}

const findAll = (pattern: RegExp, lines: ReadonlyArray<string>): ReadonlyArray<Found> =>
  lines.flatMap((line) => Array.from(line.matchAll(pattern), ([text]) => ({ text, line })))

const findName = (lines: ReadonlyArray<string>, addresses: ReadonlyArray<Found>): string | undefined => {
  const texts = lines.map(plain)
  const labelled = texts.flatMap((text) => {
    const [, name] =
      /^(?:(?:full )?name|candidate|applicant|(?:r[ée]sum[ée]|cv|curriculum vitae) of)\b\s*:?\s*(.*)$/i.exec(text) ?? []
    return name !== undefined && isName(name) ? [name] : []
  })
  const shaped = lines.flatMap((line) => [plain(line), plain(line.trim().split(/\s{2,}/)[0]!)]).filter(isName)
  const candidates = [...labelled, ...shaped]
  return candidates.find((name) => addresses.some(({ text }) => fits(name, text))) ?? candidates[0]
}

const isName = (text: string): boolean =>
  (/^\p{Lu}[\p{L}'’-]+(?: (?:\p{Lu}[\p{L}'’-]*\.?|d[aeiu]|von|van|der|la|al|bin)){1,4}$/u.test(text) ||
    /^\p{Lu}{2,}, \p{Lu}[\p{L}-]+$/u.test(text)) &&
  !/curriculum|vitae|r[ée]sum[ée]|confidential|profile|^(?:dear|hello|hi) /i.test(text) &&
  sectionNamed(text) === undefined

const fold = (text: string): string => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase()

/** Whether an address has a part of the name in it. */
const fits = (name: string, address: string): boolean =>
  fold(name)
    .split(/[^\p{L}]+/u)
    .some((word) => word.length > 3 && fold(address).includes(word))

/** The address or number that looks most like the person's own. */
const best = (found: ReadonlyArray<Found>, name: string | undefined): string | null => {
  const score = ({ line, text }: Found): number =>
    (name !== undefined && fits(name, text) ? 4 : 0) +
    (/\b(?:e-?mail|tel|telephone|phone|mobile|cell)\b/i.test(line) ? 1 : 0) +
    (/\b(?:preferred|personal|private)\b/i.test(line) ? 1 : 0) -
    (/\b(?:do not use|old|former|until)\b/i.test(line) ? 3 : 0) -
    (/\b(?:office|fax|agency|prepared by|from|to|cc)\b\s*:/i.test(line) ? 2 : 0)
  return found.toSorted((a, b) => score(b) - score(a)).find((one) => score(one) >= 0)?.text ?? null
}
