/** Jobs, by their date ranges. */
import type { Job } from "./Resume.ts"
import { isBullet, isBlank, plain } from "./layout.ts"
import type { Section } from "./sections.ts"

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
export const jobsIn = ({ lines }: Section): ReadonlyArray<Job> =>
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

export const jobsInSentence = (sentence: string): ReadonlyArray<Job> => {
  const [, title, company] = employment.exec(sentence) ?? []
  const dates = range.exec(sentence)?.[0].trim()
  return title === undefined || company === undefined || dates === undefined ? [] : [{ title, company, dates }]
}
