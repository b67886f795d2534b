/** Who it is: names and addresses by their shape, and by how well they fit each other. */
import { plain } from "./layout.ts"
import { sectionNamed } from "./sections.ts"

export const email = /(?<![\p{L}\d._%+-])[\p{L}\d._%+-]+@[\p{L}\d-]+(?:\.[\p{L}\d-]+)+/gu
export const phone = /(?<![\w/.-])(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,4}\)|\d{2,4})[ ./-]?\d{3,4}[ ./-]\d{3,4}(?![\w/-])/g

interface Found {
  readonly text: string
  readonly line: string
}

export const findAll = (pattern: RegExp, lines: ReadonlyArray<string>): ReadonlyArray<Found> =>
  lines.flatMap((line) => Array.from(line.matchAll(pattern), ([text]) => ({ text, line })))

export const findName = (lines: ReadonlyArray<string>, addresses: ReadonlyArray<Found>): string | undefined => {
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
export const best = (found: ReadonlyArray<Found>, name: string | undefined): string | null => {
  const score = ({ line, text }: Found): number =>
    (name !== undefined && fits(name, text) ? 4 : 0) +
    (/\b(?:e-?mail|tel|telephone|phone|mobile|cell)\b/i.test(line) ? 1 : 0) +
    (/\b(?:preferred|personal|private)\b/i.test(line) ? 1 : 0) -
    (/\b(?:do not use|old|former|until)\b/i.test(line) ? 3 : 0) -
    (/\b(?:office|fax|agency|prepared by|from|to|cc)\b\s*:/i.test(line) ? 2 : 0)
  return found.toSorted((a, b) => score(b) - score(a)).find((one) => score(one) >= 0)?.text ?? null
}
