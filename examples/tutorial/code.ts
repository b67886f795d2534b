/**
 * What can be seen of a source file without understanding it: what its comments say, what it imports and declares.
 *
 * It knows the looks of TypeScript, JavaScript, Python and Markdown, and the comments of most others. It reads lines,
 * not grammars: what is indented is passed over.
 */

export interface Import {
  /** What is written behind `from`. */
  readonly from: string
  /** As the other file calls them; none, if all of it is imported under one name. */
  readonly names: ReadonlyArray<string>
  /** Whether it is passed on to those who import this file. */
  readonly reexported: boolean
}

export interface Declaration {
  readonly name: string
  readonly doc: string
  /** The code up to the body. */
  readonly signature: string
  /** From 1. */
  readonly line: number
  readonly exported: boolean
}

export interface Outline {
  /** The comment at the top, about the whole. */
  readonly header: string
  readonly imports: ReadonlyArray<Import>
  readonly declarations: ReadonlyArray<Declaration>
  /** What of the file tells all this, in its order. */
  readonly outline: string
  /** The same in a few lines: what it is about, and the names. */
  readonly sketch: string
}

export const outlineOf = (path: string, text: string): Outline => {
  const lines = text.replace(/^#!.*\n/, "\n").split("\n")
  if (/\.(?:md|mdx|rst)$/i.test(path)) return outlineOfProse(lines)
  const isPython = /\.pyi?$/.test(path)
  const comments = isPython ? docstringsOf(lines) : commentsOf(lines)
  const declarations = lines.flatMap((line, i) => {
    const [, exported, name] = declaration.exec(line) ?? []
    if (name === undefined) return []
    const doc = comments.find(({ docOf }) => docOf === i)?.text ?? ""
    const signature = signatureAt(lines, i).join("\n")
    const isExported = exported !== undefined || (isPython && !name.startsWith("_"))
    return [{ name, doc, signature, line: i + 1, exported: isExported }]
  })
  const top = comments.find(({ start }) => lines.slice(0, start).every((line) => line.trim() === ""))
  const header = top === undefined || declarations.some(({ line }) => top.docOf === line - 1) ? "" : top.text
  const exported = declarations.filter(({ exported }) => exported)
  const comment = (text: string) => (text === "" ? [] : isPython ? [`"""${text}"""`] : [`/** ${text} */`])
  const outlined = exported.flatMap(({ doc, signature }) => {
    const about = comment(firstParagraph(doc).replace(/\s+/g, " "))
    return isPython ? [signature, ...about.map((line) => `    ${line}`), ""] : [...about, signature, ""]
  })
  return {
    header,
    imports: importsOf(text),
    declarations,
    outline: [...comment(header), ...lines.filter((line) => importLine.test(line)), "", ...outlined].join("\n"),
    sketch: [
      ...comment(firstParagraph(header)),
      ...lines.filter((line) => /^export .*\bfrom\b/.test(line)),
      "",
      ...exported.map(({ signature }) => declaration.exec(signature)?.[0] ?? "")
    ].join("\n")
  }
}

/** What stands before the first empty line. */
const firstParagraph = (doc: string): string => doc.split(/\n\s*\n/, 1)[0]!.trim()

/** The first sentence, without what only a program reads. */
export const firstSentence = (doc: string): string => {
  const text = firstParagraph(doc).replace(/\s+/g, " ")
  return (/^.*?[.!?](?=\s|$)/.exec(text)?.[0] ?? text).replace(/[:,]$/, ".")
}

// internal

const declaration =
  /^(?:(export|pub|public) )?(?:(?:declare|abstract|async|default|final|static) )*(?:const|let|function\*?|class|interface|type|enum|namespace|def|struct|trait|fn|func) +([\p{L}_$][\p{L}\p{N}_$]*)/u

const importLine = /^(?:import\b|export .*\bfrom\b|\} from |from \S+ import |#include|use )/

const importsOf = (text: string): ReadonlyArray<Import> => [
  ...Array.from(
    text.matchAll(/^(import|export)\s+(?:type\s+)?([^"';=()]{0,2000}?)\s*(?:\bfrom\s*)?["']([^"'\n]+)["']/gm),
    ([, word, clause = "", from = ""]) => ({ from, names: namesOf(clause), reexported: word === "export" })
  ),
  ...Array.from(text.matchAll(/^from\s+(\.*[\w.]*)\s+import\s+\(?([\w\s,*]+)/gm), ([, from = "", names = ""]) => ({
    from,
    names: names.split(",").flatMap((name) => name.trim().split(/\s+as\s+/)[0] || []),
    reexported: false
  })),
  ...Array.from(text.matchAll(/^import\s+([\w.]+)(?:\s+as\s+\w+)?\s*$/gm), ([, from = ""]) => ({
    from,
    names: [],
    reexported: false
  }))
]

/** `{ a, type B as C }`: what `from` calls them. For `* as X` it is `X`, and for a default nothing. */
const namesOf = (clause: string): ReadonlyArray<string> => {
  const [, namespace] = /\*\s+as\s+(\w+)/.exec(clause) ?? []
  if (namespace !== undefined) return [namespace]
  const [, list = ""] = /\{([^}]*)\}/.exec(clause) ?? []
  return list.split(",").flatMap((name) => /^(?:type\s+)?([\w$]+)/.exec(name.trim())?.[1] ?? [])
}

interface Comment {
  readonly text: string
  readonly start: number
  readonly end: number
  /** The line of what it is about, if it is about the next thing. */
  readonly docOf: number
}

/** Block comments, and line comments one below the other. */
const commentsOf = (lines: ReadonlyArray<string>): ReadonlyArray<Comment> => {
  const comments: Array<Comment> = []
  for (let i = 0; i < lines.length; i++) {
    const start = i
    if (lines[i]!.startsWith("/*")) {
      while (i < lines.length - 1 && !lines[i]!.includes("*/")) i++
      const text = lines
        .slice(start, i + 1)
        .map((line) => line.replace(/^\s*\/?\*+(?!\/) ?/, "").replace(/\s*\*\/.*$/, ""))
        .join("\n")
        .trim()
      comments.push({ text, start, end: i, docOf: i + 1 })
    } else if (lineComment.test(lines[i]!)) {
      while (i < lines.length - 1 && lineComment.test(lines[i + 1]!)) i++
      const text = lines.slice(start, i + 1).map((line) => line.replace(lineComment, ""))
      comments.push({ text: text.join("\n").trim(), start, end: i, docOf: i + 1 })
    }
  }
  return comments
}

const lineComment = /^(?:\/\/[/!]?|#(?!include|!|\[)|--|;;)(?: |$)/

const docstringsOf = (lines: ReadonlyArray<string>): ReadonlyArray<Comment> => {
  const comments: Array<Comment> = [...commentsOf(lines)]
  for (let i = 0; i < lines.length; i++) {
    const [, quotes] = /^\s*[ru]?("""|''')/i.exec(lines[i]!) ?? []
    if (quotes === undefined) continue
    const start = i
    if (lines[i]!.split(quotes).length < 3)
      do i++
      while (i < lines.length - 1 && !lines[i]!.includes(quotes))
    const text = lines.slice(start, i + 1).map((line) => line.replace(/^\s+/, "").replace(/[ru]?(?:"""|''')/gi, ""))
    const above = lines.slice(0, start).findLastIndex((line) => declaration.test(line))
    // A docstring stands directly below the (perhaps long) head of what it is about.
    const isDoc = above >= 0 && lines.slice(above, start).join(" ").trimEnd().endsWith(":")
    comments.push({ text: text.join("\n").trim(), start, end: i, docOf: isDoc ? above : -1 })
  }
  return comments
}

const longestSignature = 14

const signatureAt = (lines: ReadonlyArray<string>, at: number): ReadonlyArray<string> => {
  const taken: Array<string> = []
  let depth = 0
  for (const line of lines.slice(at, at + longestSignature)) {
    taken.push(line)
    const code = line.replace(/=>|\/\/.*$|"[^"]*"/g, "")
    const before = depth
    depth += (code.match(/[([{<]/g)?.length ?? 0) - (code.match(/[)\]}>]/g)?.length ?? 0)
    // The body of a function is not its signature; the members of an interface are.
    const opensBody = /(?:=>|\)|>|\w)\s*\{$/.test(line) && !/\b(?:interface|type|enum|class)\b/.test(lines[at]!)
    if ((opensBody && depth <= 1) || (depth <= 0 && !/[<(,=|&:]$/.test(line.trim())) || line.endsWith("=>")) {
      if (depth <= 0 || opensBody || before <= 0) return taken
    }
  }
  return depth > 0 ? [...taken, "  // ..."] : taken
}

const outlineOfProse = (lines: ReadonlyArray<string>): Outline => {
  const body = lines
    .filter((line) => !/^\s*(?:<|!?\[!|---)/.test(line))
    .join("\n")
    .trim()
  const [sketch, header = ""] = /^(?:#[^\n]*\n+)?((?:[^#`|>\s-][^\n]*\n?)*)/.exec(body) ?? [""]
  const headings = lines.filter((line) => /^#{2,3} /.test(line))
  return { header: header.trim(), imports: [], declarations: [], outline: [sketch, ...headings].join("\n"), sketch }
}
