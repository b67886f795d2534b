/** Which file of the sources imports what of which other, and which files matter most. */
import { outlineOf, type Outline } from "./code.ts"
import type { SourceFile } from "./Tutorial.ts"

/** One file needs another: these names of it. */
export interface Edge {
  readonly from: string
  readonly to: string
  readonly names: ReadonlyArray<string>
}

export interface Graph {
  readonly edges: ReadonlyArray<Edge>
  readonly outlines: ReadonlyMap<string, Outline>
  /** How much a file tells of the whole: what is well described and what many import. */
  readonly rank: (path: string) => number
}

export const graphOf = (files: ReadonlyArray<SourceFile>): Graph => {
  const outlines = new Map(files.map(({ path, text }) => [path, outlineOf(path, text)]))
  const resolve = resolver(files)
  /** Where a name is declared: an index only passes on what others have. */
  const declaring = (path: string, name: string, depth = 0): string => {
    const outline = outlines.get(path)
    if (outline === undefined || depth > 4 || outline.declarations.some((own) => own.name === name)) return path
    for (const { from, names, reexported } of outline.imports) {
      const target = reexported ? resolve(path, from) : undefined
      if (target === undefined) continue
      if (names.includes(name)) return declaring(target, name, depth + 1)
      if (names.length === 0 && outlines.get(target)?.declarations.some((own) => own.name === name)) return target
    }
    return path
  }
  const merged = new Map<string, { readonly from: string; readonly to: string; readonly names: Set<string> }>()
  const add = (from: string, to: string, names: ReadonlyArray<string>) => {
    if (from === to) return
    const edge = merged.get(`${from}\n${to}`) ?? { from, to, names: new Set() }
    merged.set(`${from}\n${to}`, edge)
    for (const name of names) edge.names.add(name)
  }
  for (const [path, { imports }] of outlines) {
    for (const { from, names } of imports) {
      const target = resolve(path, from)
      if (target === undefined) continue
      if (names.length === 0) add(path, target, [])
      for (const name of names) add(path, declaring(target, name), [name])
    }
  }
  const edges = Array.from(merged.values(), ({ from, names, to }) => ({ from, to, names: [...names] }))
  const counts = new Map<string, number>()
  for (const { to } of edges) counts.set(to, (counts.get(to) ?? 0) + 1)
  return {
    edges,
    outlines,
    rank: (path) => {
      if (/^readme\.\w+$/i.test(path)) return 100
      if (/\/readme\.\w+$/i.test(path)) return 12
      const { declarations = [], header = "", imports = [] } = outlines.get(path) ?? {}
      const described = declarations.filter(({ doc, exported }) => exported && doc !== "").length
      const passedOn = imports.flatMap(({ names, reexported }) => (reexported ? names : [])).length
      const hidden = /(?:^|\/)(?:internal|_[^/]*|shared|utils?)\//.test(path) ? 0.6 : 1
      const said = 2 * Math.log2(1 + described + passedOn) + (header === "" ? 0 : 3)
      return hidden * (said + 2 * Math.log2(1 + (counts.get(path) ?? 0)))
    }
  }
}

// internal

/** The file that is meant by what is written behind `from`, if it is one of these. */
const resolver = (files: ReadonlyArray<SourceFile>) => {
  const known = new Set(files.map(({ path }) => path))
  const packages = new Map(
    files.flatMap(({ path, text }) => {
      const [, name] = /(?:^|\/)package\.json$/.test(path) ? (/"name":\s*"([^"]+)"/.exec(text) ?? []) : []
      return name === undefined ? [] : [[name, folderOf(path)]]
    })
  )
  const find = (base: string) =>
    [base, base.replace(/\.[cm]?js$/, ".ts"), ...endings.map((ending) => base + ending)].find((path) => known.has(path))
  return (importer: string, from: string): string | undefined => {
    if (from.startsWith("./") || from.startsWith("../")) return find(join(folderOf(importer), from))
    if (/^\.+[\w.]*$/.test(from)) {
      const [, dots = "", rest = ""] = /^(\.+)(.*)$/.exec(from) ?? []
      return find(join(folderOf(importer), `${"../".repeat(dots.length - 1)}${rest.replaceAll(".", "/")}`))
    }
    for (const [name, folder] of packages) {
      if (from !== name && !from.startsWith(`${name}/`)) continue
      const rest = from.slice(name.length + 1) || "index"
      return find(join(folder, `src/${rest}`)) ?? find(join(folder, rest))
    }
    return /^[\w.]+$/.test(from) ? find(from.replaceAll(".", "/")) : undefined
  }
}

const endings = [".ts", ".tsx", ".mts", ".js", ".jsx", ".mjs", "/index.ts", "/index.js", ".py", "/__init__.py"]

const folderOf = (path: string): string => path.split("/").slice(0, -1).join("/")

const join = (folder: string, path: string): string => {
  const parts = folder === "" ? [] : folder.split("/")
  for (const part of path.split("/")) {
    if (part === "..") parts.pop()
    else if (part !== "." && part !== "") parts.push(part)
  }
  return parts.join("/")
}
