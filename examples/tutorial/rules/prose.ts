/** Prose out of comments and READMEs, as paragraphs that can stand elsewhere. */

/** A comment in the style of Effect, JSDoc or Python: what it says, its sections, and its examples. */
export interface Doc {
  readonly paragraphs: ReadonlyArray<string>
  readonly sections: ReadonlyArray<{ readonly title: string; readonly text: string }>
  readonly examples: ReadonlyArray<Example>
}

export interface Example {
  readonly caption: string
  readonly language: string
  readonly code: string
}

export const docOf = (comment: string): Doc => {
  const examples: Array<Example> = []
  const withoutCode = comment
    .replace(/^(?:\*\*Example\*\*|@example)(?: \(?(.*?)\)?)?\s*\n+```(\w*)[^\n]*\n([^]*?)\n```$/gm, (...found) => {
      examples.push({ caption: found[1] ?? "", language: found[2], code: found[3] })
      return ""
    })
    .replace(/^@(?:see|category|since|internal|param|returns?|throws|stability)\b[^]*?(?=\n@|\n\n|$(?![^]))/gm, "")
  const [lead = "", ...rest] = withoutCode.split(/^\*\*(.+?)\*\*\s*$/m)
  const sections = rest.flatMap((title, i) =>
    i % 2 === 0 && (rest[i + 1] ?? "").trim() !== "" ? [{ title, text: plain(rest[i + 1]!).trim() }] : []
  )
  return { paragraphs: paragraphsOf(lead), sections, examples }
}

/** The paragraphs of a Markdown text that are prose: no headings, lists, tables, pictures, code. */
export const paragraphsOf = (markdown: string): ReadonlyArray<string> =>
  markdown
    .replace(/^(`{3,}|~{3,})[^]*?^\1$/gm, "")
    .split(/\n\s*\n/)
    .map((part) => part.trim())
    .filter((part) => part !== "" && !/^(?:#|[-*+] |\d+\. |\||<|!?\[!?\[|>|=+$|-+$)/.test(part) && /\p{L}/u.test(part))
    .map((part) => plain(part).replace(/\s+/g, " "))

/** Without links: they lead somewhere from where the text stood. */
const plain = (text: string): string =>
  text
    .replace(/\{@link(?:code)? ([^}|\s]+)[^}]*\}/g, "`$1`")
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/<((?:https?|mailto):[^>]+)>/g, "`$1`")
    .replace(/(?<![`("<\w])(?:https?:\/\/|www\.)[^\s<>)\]]+/g, (address) => `\`${address}\``)

/** As many whole sentences as there is room for; at least the beginning of the first. */
export const shorten = (text: string, length: number): string => {
  if (text.length <= length) return text
  const cut = text.slice(0, length)
  return /^[^]*[.!?](?=\s)/.exec(cut)?.[0] ?? `${cut.slice(0, -3).trimEnd()}...`
}
