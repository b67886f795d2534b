/** What is wrong with a reply, and where in it. Thrown while reading, and nowhere else. */

export const reasons = [
  "NoBlock",
  "TooLarge",
  "TooDeep",
  "Alias",
  "ForbiddenKey",
  "DuplicateKey",
  "Syntax",
  "Mismatch"
] as const

export type Reason = (typeof reasons)[number]

export class Problem {
  readonly reason: Reason
  readonly what: string
  /** An offset in the reply. */
  readonly at: number | undefined
  /** The keys that lead to a value. */
  readonly path: string | undefined

  constructor(reason: Reason, what: string, at?: number, path?: string) {
    this.reason = reason
    this.what = what
    this.at = at
    this.path = path
  }
}

/** The beginning of a long text, in whole characters, and how much of it is missing. */
export const cut = (text: string, length: number): string => {
  if (text.length <= length) return text
  const end = /[\uD800-\uDBFF]/.test(text[length - 1]!) ? length - 1 : length
  return `${text.slice(0, end)}... (${text.length - end} more characters)`
}

/** The line and the column of an offset, from 1. */
export const placeOf = (text: string, offset: number): { readonly line: number; readonly column: number } => {
  let [line, start] = [1, 0]
  for (let end = text.indexOf("\n"); end >= 0 && end < offset; end = text.indexOf("\n", start)) {
    line++
    start = end + 1
  }
  return { line, column: offset - start + 1 }
}
