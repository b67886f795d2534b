/** How much of the sources goes into one prompt: the most telling first, as far as the tokens reach. */
import { outlineOf } from "./code.ts"
import { fenced } from "./markdown.ts"
import type { Cut, SourceFile } from "./Tutorial.ts"

/** A cautious estimate: code has three to four characters a token. */
export const tokensOf = (text: string): number => Math.ceil(text.length / 3)

/** A file as a prompt shows it. */
export interface Excerpt {
  readonly path: string
  readonly text: string
}

/**
 * Fits files, the most important first, into a number of tokens. The first is shown whole, if that leaves enough for the
 * others. These get a sketch, as long as there is room; what is left gives them their outlines, in the same order, and
 * what is left then shows them whole. What is not shown whole is told.
 */
export const fit = (
  files: ReadonlyArray<SourceFile>,
  tokens: number
): { readonly excerpts: ReadonlyArray<Excerpt>; readonly cuts: ReadonlyArray<Omit<Cut, "prompt">> } => {
  let left = tokens
  const chosen = new Map<SourceFile, Shown>()
  const choose = (file: SourceFile, shown: Shown) => {
    const before = chosen.get(file)
    const more = costOf(file.path, shown.text) - (before === undefined ? 0 : costOf(file.path, before.text))
    if (more > left) return false
    left -= more
    chosen.set(file, shown)
    return true
  }
  const [first] = files
  if (first !== undefined && costOf(first.path, first.text) <= tokens / 4) choose(first, { text: first.text })
  const outlines = new Map(files.map((file) => [file, outlineOf(file.path, file.text)]))
  for (const file of files) {
    if (!chosen.has(file)) choose(file, shortOf(file, outlines.get(file)!.sketch, "its names"))
  }
  for (const file of files) {
    if (chosen.get(file)?.part !== undefined) choose(file, shortOf(file, outlines.get(file)!.outline, "its outline"))
  }
  for (const file of files) {
    if (chosen.has(file)) choose(file, { text: file.text })
  }
  return {
    excerpts: files.flatMap((file) => {
      const shown = chosen.get(file)
      return shown === undefined ? [] : [{ path: file.path, text: shown.text }]
    }),
    cuts: files.flatMap((file) => {
      const { part } = chosen.get(file) ?? { part: "nothing" }
      return part === undefined ? [] : [{ path: file.path, shown: part }]
    })
  }
}

/**
 * Excerpts in a prompt. Each stands in a fence with more backticks than there are in it, so that no file can end its
 * own fence and go on as if it were another, or the one who asks.
 */
export const render = (excerpts: ReadonlyArray<Excerpt>): string =>
  excerpts.map(({ path, text }) => fenced(`file ${path}`, text)).join("\n\n")

/** The excerpts in a prompt that `render` has written. */
export const excerptsIn = (prompt: string): ReadonlyArray<Excerpt> => {
  const excerpts: Array<Excerpt> = []
  const lines = prompt.split("\n")
  for (let i = 0; i < lines.length; i++) {
    const [, fence, path] = /^(`{3,})file (.+)$/.exec(lines[i]!) ?? []
    const end = fence === undefined ? -1 : lines.indexOf(fence, i + 1)
    if (path === undefined || end < 0) continue
    excerpts.push({ path, text: lines.slice(i + 1, end).join("\n") })
    i = end
  }
  return excerpts
}

// internal

/** What is shown of a file, and which part of it that is, unless it is the whole. */
interface Shown {
  readonly text: string
  readonly part?: string
}

/** With its fence. */
const costOf = (path: string, text: string): number => tokensOf(path) + tokensOf(text) + 10

/** What says nothing of itself is shown by its beginning. */
const shortOf = ({ text }: SourceFile, short: string, part: string): Shown => {
  if (short.trim() !== "") return short.length < text.length ? { text: short, part } : { text }
  const lines = text.split("\n")
  const beginning = lines.slice(0, 30).join("\n").slice(0, 2000)
  return beginning.length < text.length ? { text: beginning, part: `the beginning of ${lines.length} lines` } : { text }
}
