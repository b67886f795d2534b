/** Markdown that somebody else has written: what is wrong with it, and how to put it where it does no harm. */
import { fromMarkdown, type Options } from "mdast-util-from-markdown"
import { gfm } from "micromark-extension-gfm"

/**
 * What is wrong with the text of a chapter, in words for the model. It may link to the pages of the tutorial and to
 * addresses that the sources have: a model that was talked into something could link anywhere.
 */
export const problemIn = (
  text: string,
  { pages, sources }: { readonly pages: ReadonlyArray<string>; readonly sources: string }
): string | undefined => {
  const { nodes, text: shown } = withHtmlAsText(text)
  if (nodes === undefined) return "it has too many marks to be a text"
  for (const node of nodes) {
    if (node.type === "heading" && node.depth === 1) {
      return 'a heading begins with "# "; the title is added, they begin at "## "'
    }
    if (node.type !== "code") continue
    if (isOpen(sourceOf(shown, node))) return "a fence is not closed"
    if (node.lang === "mermaid" && reaching.test(node.value)) return "a diagram has addresses, clicks or HTML in it"
  }
  if (!nodes.some(({ type }) => type === "text" || type === "image")) {
    return "it is code and nothing else; give it without a fence around it"
  }
  const known = new Set(
    addressesIn(sources)
      .flatMap((address) => [address, ...address.split(/[)\]},;|\\]/, 1)])
      .map(normal)
  )
  for (const target of targetsOf(nodes)) {
    if (known.has(normal(target))) continue
    if (/^(?:[a-z][a-z+.-]*:|[\\/]{2}|www\.)/i.test(target)) return `the link ${cut(target)} is not in the files`
    if (!target.startsWith("#") && !pages.includes(decode(target).replace(/#.*$/, ""))) {
      return `the link ${cut(target)} leads nowhere; there are ${pages.join(", ")}`
    }
  }
  return undefined
}

/** Where the links and pictures of a text lead, each once. */
export const linksIn = (markdown: string): ReadonlyArray<string> => targetsOf(nodesOf(markdown)).map(decode)

/** Prose in which HTML is text. */
export const withoutHtml = (markdown: string): string => withHtmlAsText(markdown).text

/** One line of prose in which nothing is markup but `code`. */
export const inline = (text: string): string =>
  text
    .replace(/\s+/g, " ")
    .trim()
    .replace(/(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)|[\\*_[\]<>#|~]/g, (part, ticks?: string) =>
      ticks === undefined ? `\\${part}` : part
    )

/** A line as `code`, whatever is in it. */
export const code = (text: string): string => {
  const fence = ticksAround(text, 1)
  const space = /^`|`$/.test(text) ? " " : ""
  return `${fence}${space}${text.replace(/\s+/g, " ")}${space}${fence}`
}

/** A text in a fence that it cannot end. */
export const fenced = (info: string, text: string): string => {
  const fence = ticksAround(text, 3)
  return `${fence}${info}\n${text}\n${fence}`
}

/** The text of a node or an edge of a Mermaid drawing. */
export const mermaidLabel = (text: string): string =>
  `"${text
    .replace(/\s+/g, " ")
    .trim()
    .replace(/[^\p{L}\p{N} .,:/()'?!+=_-]/gu, (char) => `#${char.codePointAt(0)};`)}"`

// internal

/**
 * What a text is made of, to those who know tables and footnotes and to those who do not: a `|` can end code, and the
 * `[^1]:` of a footnote begin a link. Emphasis is no matter here, and takes long where there is much of it.
 */
const nodesOf = (markdown: string) =>
  readings.flatMap((extensions) => {
    const nodes: Array<Node> = [fromMarkdown(markdown, { extensions })]
    for (const node of nodes) if ("children" in node) nodes.push(...node.children)
    return nodes.slice(1).toSorted((a, b) => offsetOf(a) - offsetOf(b))
  })

type Root = ReturnType<typeof fromMarkdown>
type Node = Root | Extract<Root["children"][number], { readonly type: string }>

const without = {
  disable: { null: ["attention", "strikethrough", "wwwAutolink", "protocolAutolink", "emailAutolink"] }
}
const readings: ReadonlyArray<NonNullable<Options["extensions"]>> = [[without], [gfm(), without]]

const offsetOf = ({ position }: Node): number => position?.start.offset ?? 0
const sourceOf = (markdown: string, node: Node): string => markdown.slice(offsetOf(node), node.position?.end.offset)

/**
 * A text in which no angle outside of code begins HTML, and its nodes. What has become text can be more than that, such as
 * a fence: so it is read again. Where that does not end soon, or would take long, all angles are text, and there are no
 * nodes.
 */
const withHtmlAsText = (markdown: string) => {
  let text = markdown
  for (let round = 0; round < 4 && !isOverloaded(text); round++) {
    const nodes = nodesOf(text)
    const angles = anglesOf(text, nodes)
    if (angles.size === 0) return { text, nodes }
    text = text.replace(/</g, (angle, at: number) => (angles.has(at) ? "&lt;" : angle))
  }
  return { text: text.replaceAll("<", "&lt;"), nodes: undefined }
}

/** Where HTML could begin; what a parser takes for text may be HTML to another one. */
const anglesOf = (markdown: string, nodes: ReadonlyArray<Node>): ReadonlySet<number> => {
  const kept = nodes.flatMap((node) => {
    const isKept = node.type === "code" || node.type === "inlineCode" || node.type === "link"
    const source = isKept ? sourceOf(markdown, node) : ""
    return node.type !== "link" || source.startsWith("<")
      ? Array.from(source.matchAll(/</g), ({ index }) => offsetOf(node) + index)
      : []
  })
  const readers = new Map<number, number>()
  for (const at of kept) readers.set(at, (readers.get(at) ?? 0) + 1)
  const all = Array.from(markdown.matchAll(/(?<!(?<!\\)(?:\\\\)*\\)<(?=[a-z/!?])/gi), ({ index }) => index)
  return new Set(all.filter((at) => readers.get(at) !== readings.length))
}

/** Many marks, deep nesting and endless paragraphs make a parser slow; nobody writes so. */
const isOverloaded = (markdown: string): boolean =>
  markdown.split(/[[\]<&`]|^[ \t]*(?:>|[-+*] |\d+[.)])/m).length > 2500 ||
  /^(?:[ \t]*(?:>|[-+*]|\d+[.)])){30}/m.test(markdown) ||
  markdown.split(/\n\s*\n/).some((paragraph) => paragraph.split("\n").length > 1000)

/** A fence without its end: the last line is not made of as many marks. */
const isOpen = (fence: string): boolean => {
  const [, mark] = /^(`{3,}|~{3,})/.exec(fence) ?? []
  if (mark === undefined) return false
  const last =
    fence
      .split("\n")
      .slice(1)
      .at(-1)
      ?.replace(/^[\s>]+/, "")
      .trimEnd() ?? ""
  return !last.startsWith(mark) || last !== mark[0]!.repeat(last.length)
}

/** What lets a Mermaid drawing load something, or lead somewhere. */
const reaching = /https?:|[\\/]{2}|<(?!br\b)[a-z/!]|^\s*click\b/im

const targetsOf = (nodes: ReadonlyArray<Node>): ReadonlyArray<string> => [
  ...new Set(
    nodes.flatMap((node) => {
      if (node.type === "link" || node.type === "image" || node.type === "definition") return [node.url]
      return node.type === "text" ? addressesIn(node.value) : []
    })
  )
]

/** What GitHub and others make a link by itself, and a little more. */
const addressesIn = (text: string): ReadonlyArray<string> =>
  Array.from(text.matchAll(/(?:(?:https?|ftp):\/\/|www\.|mailto:)[^\s<>"'`]+/gi), ([address]) =>
    address.replace(/[)\].,:;!?*_~]+$/, "")
  )

const normal = (address: string): string => URL.parse(address.replace(/^www\./i, "http://$&"))?.href ?? address

const ticksAround = (text: string, least: number): string =>
  "`".repeat(Math.max(least, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length + 1)))

const decode = (target: string): string => {
  try {
    return decodeURIComponent(target)
  } catch {
    return target
  }
}

const cut = (text: string): string => (text.length > 100 ? `${text.slice(0, 100)}...` : text)
