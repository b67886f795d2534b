/** Markdown that somebody else has written: what is wrong with it, and how to put it where it does no harm. */

/**
 * What is wrong with the text of a chapter, in words for the model. It may link to the pages of the tutorial and to
 * addresses that the sources have: a model that was talked into something could link anywhere.
 */
export const problemIn = (
  text: string,
  { pages, sources }: { readonly pages: ReadonlyArray<string>; readonly sources: string }
): string | undefined => {
  const { open, prose } = read(text)
  if (open) return "a fence is not closed"
  if (!prose.some((part) => part.trim() !== "")) return "it is code and nothing else; give it without a fence around it"
  if (prose.some((part) => /^#\s/.test(part)))
    return 'a heading begins with "# "; the title is added, they begin at "## "'
  for (const target of linksIn(text)) {
    if (/^(?:[a-z][a-z+.-]*:|\/\/)/i.test(target)) {
      if (!sources.includes(target)) return `the link ${cut(target)} is not in the files`
    } else if (!target.startsWith("#") && !pages.includes(target.replace(/#.*$/, ""))) {
      return `the link ${cut(target)} leads nowhere; there are ${pages.join(", ")}`
    }
  }
  return undefined
}

/** Where the links and pictures of a text lead, in the order in which they are there. */
export const linksIn = (markdown: string): ReadonlyArray<string> =>
  read(markdown).prose.flatMap((part) =>
    Array.from(part.matchAll(link), ([, ...targets]) => decode(targets.find((target) => target !== undefined) ?? ""))
  )

/** Prose in which HTML is text. */
export const withoutHtml = (markdown: string): string =>
  read(markdown, (prose) => prose.replace(/<(?=[a-z/!?])/gi, "&lt;")).text

/** One line of prose in which nothing is markup but `code`. */
export const inline = (text: string): string =>
  read(text.replace(/\s+/g, " ").trim(), (prose) => prose.replace(/[\\*_[\]<>#|~]/g, "\\$&")).text

/** A text in a fence that it cannot end. */
export const fenced = (info: string, text: string): string => {
  const fence = "`".repeat(Math.max(3, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length + 1)))
  return `${fence}${info}\n${text}\n${fence}`
}

/** The text of a node or an edge of a Mermaid drawing. */
export const mermaidLabel = (text: string): string =>
  `"${text
    .replace(/\s+/g, " ")
    .trim()
    .replace(/[^\p{L}\p{N} .,:/()'?!+=_-]/gu, (char) => `#${char.codePointAt(0)};`)}"`

// internal

/** `[](here)`, `[]: here`, `<here:>`, and what GitHub makes a link by itself. */
const link =
  /\]\(\s*<?([^\s)>]+)|^\s{0,3}\[[^\]]+\]:\s*<?([^\s>]+)|<([a-z][a-z+.-]*:[^\s>]+)>|(?<![("<\w])((?:https?:\/\/|www\.)[^\s<>)\]]*[^\s<>)\].,;:!?"'])/gi

const decode = (target: string): string => {
  try {
    return decodeURIComponent(target)
  } catch {
    return target
  }
}

/** Tells prose from fences and `code`, line by line; only prose is changed. */
const read = (markdown: string, change: (prose: string) => string = (prose) => prose) => {
  const prose: Array<string> = []
  let fence: string | undefined
  const lines = markdown.split("\n").map((line) => {
    const [, mark] = /^\s*(`{3,}(?!.*`)|~{3,})/.exec(line) ?? []
    if (fence !== undefined) {
      if (mark?.startsWith(fence) && line.trim() === mark) fence = undefined
      return line
    }
    if (mark !== undefined) {
      fence = mark
      return line
    }
    return line.replace(/(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)|[^`]+|`+/g, (part, code: string | undefined) => {
      if (code !== undefined) return part
      prose.push(part)
      return change(part)
    })
  })
  return { prose, text: lines.join("\n"), open: fence !== undefined }
}

const cut = (text: string): string => (text.length > 100 ? `${text.slice(0, 100)}...` : text)
