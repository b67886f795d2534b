/** The lines of a résumé and what they look like: what a reader's eye does. */

export const expandTabs = (line: string): string => {
  const [first = "", ...rest] = line.split("\t")
  return rest.reduce((text, part) => text.padEnd(text.length + 8 - (text.length % 8)) + part, first).trimEnd()
}

/** A forwarded résumé is the part that is quoted. */
export const unquote = (lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  const quoted = lines.filter((line) => line.startsWith(">"))
  return quoted.length > lines.length / 2 ? quoted.map((line) => line.replace(/^> ?/, "")) : lines
}

export const isBullet = (line: string): boolean => /^\s*[-*•·+]\s+\S/.test(line)
export const isBlank = (line: string | undefined): boolean => line === undefined || line.trim() === ""
export const isRule = (line: string | undefined): boolean => /^\s*[-=~_*]{3,}\s*$/.test(line ?? "")

/** A line without numbering, bullet and markup. */
export const plain = (line: string): string =>
  line
    .replace(/^\s*(?:#+|\[\d+\]|\d{1,2}(?:\.\d{1,2})*\.?|[-*•·+])\s+(?=\S)/, "")
    .replace(/[*_`]{1,2}(\S[^*_`]*)[*_`]{1,2}/g, "$1")
    .replace(/\s+/g, " ")
    .trim()

export const sentences = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines
    .join("\n")
    .split(/\n\s*\n/)
    .flatMap((paragraph) =>
      paragraph
        .replace(/\s+/g, " ")
        .trim()
        .split(/(?<=[.;!?])\s+/)
    )
