/** Abstractions by the looks of files: what says most about itself, with the files that belong to it. */
import type { Excerpt } from "../budget.ts"
import { firstSentence, outlineOf } from "../code.ts"
import { docOf, shorten } from "./prose.ts"

interface Module {
  readonly path: string
  /** `src/flow/run.ts` is `run`, in `src` and `flow`. */
  readonly name: string
  readonly folders: ReadonlyArray<string>
  readonly header: string
  readonly exports: ReadonlyArray<{ readonly name: string; readonly doc: string }>
  /** The paths that it imports, without their endings. */
  readonly imports: ReadonlyArray<string>
}

/** The files come in the order of their importance. */
export const abstractionsOf = (excerpts: ReadonlyArray<Excerpt>, most: number) => {
  const modules = excerpts.flatMap(({ path, text }) => moduleOf(path, text))
  /** `flow/run.ts` belongs to `Flow.ts` beside its folder. */
  const ownerOf = ({ folders }: Module): Module | undefined =>
    modules.find(
      (other) =>
        other.folders.join("/") === folders.slice(0, -1).join("/") &&
        other.name.toLowerCase() === folders.at(-1)?.toLowerCase()
    )
  const leaders = modules.filter((module) => module.exports.length > 0 && ownerOf(module) === undefined)
  const readmes = excerpts.flatMap(({ path, text }) => (/(?:^|\/)readme\.\w+$/i.test(path) ? [text] : [])).join("\n")
  const named = new Set(readmes.match(/`[^`\n]+`|\[[^\]\n]+\]/g)?.flatMap((part) => part.match(/[\p{L}\d]+/gu) ?? []))
  const worthOf = new Map(
    leaders.map((leader) => {
      const own = modules.filter((module) => module === leader || ownerOf(module) === leader)
      const exported = own.reduce((sum, { exports }) => sum + exports.length, 0)
      const said = (leader.header === "" ? 0 : 2) + Math.log2(1 + exported) + (named.has(leader.name) ? 4 : 0)
      return [leader, (said + 8 * (1 - modules.indexOf(leader) / modules.length)) * (isHidden(leader) ? 0.6 : 1)]
    })
  )
  const least = 0.5 * Math.max(0, ...worthOf.values())
  const seeds = leaders
    .toSorted((a, b) => worthOf.get(b)! - worthOf.get(a)!)
    .slice(0, most)
    .filter((seed) => worthOf.get(seed)! >= least)
  if (seeds.length === 0) seeds.push(...modules.slice(0, most))
  return seeds.map((seed) => ({
    name: nameOf(seed, seeds),
    description: descriptionOf(seed),
    files: membersOf(seed, modules, seeds, ownerOf).map(({ path }) => path)
  }))
}

// internal

const moduleOf = (path: string, text: string): ReadonlyArray<Module> => {
  if (/\.(?:md|mdx|rst|json|toml|ya?ml)$/i.test(path)) return []
  const { declarations, header, imports } = outlineOf(path, text)
  const folders = path.split("/").slice(0, -1)
  const stem = path.split("/").at(-1)!.replace(/\..*$/, "")
  const name = generic.has(stem) ? (folders.findLast((folder) => folder !== "src") ?? stem) : stem
  return [
    {
      path,
      name,
      folders,
      header,
      exports: declarations.filter(({ exported }) => exported),
      imports: imports.flatMap(({ from }) => resolve(folders, from) ?? [])
    }
  ]
}

/** Names that say what a file is in its folder, and nothing of what is in it. */
const generic = new Set(["index", "main", "mod", "lib", "init", "__init__", "flow", "program", "app"])

const resolve = (folders: ReadonlyArray<string>, from: string): string | undefined => {
  if (!from.startsWith(".")) return undefined
  const parts = [...folders]
  for (const part of from.replace(/\.\w+$/, "").split("/")) {
    if (part === "..") parts.pop()
    else if (part !== ".") parts.push(part)
  }
  return parts.join("/")
}

/** What a reader comes to last, if at all. */
const isHidden = ({ folders }: Module): boolean =>
  folders.some((folder) => /^(?:internal|shared|utils?|scripts|examples|_.*)$/.test(folder))

/** The files of its own folder, and of those that only help: what they import more than others do. */
const membersOf = (
  seed: Module,
  modules: ReadonlyArray<Module>,
  seeds: ReadonlyArray<Module>,
  ownerOf: (module: Module) => Module | undefined
): ReadonlyArray<Module> => {
  const own = (seed: Module) => [seed, ...modules.filter((module) => ownerOf(module) === seed)]
  const usesOf = (seed: Module, { path }: Module) =>
    own(seed).filter(({ imports }) => imports.includes(path.replace(/\.\w+$/, ""))).length
  const helpers = modules.filter((module) => {
    if (seeds.includes(module) || seeds.some((seed) => ownerOf(module) === seed)) return false
    const uses = seeds.map((seed) => usesOf(seed, module))
    const most = Math.max(...uses)
    return most > 0 && seeds[uses.indexOf(most)] === seed
  })
  return [...own(seed), ...helpers].slice(0, 14)
}

/** `validReply` is "Valid reply"; a name that two have gets its folder. */
const nameOf = (module: Module, all: ReadonlyArray<Module>): string => {
  const name = /^\p{Lu}/u.test(module.name) ? module.name : spaced(module.name)
  const same = all.filter((other) => other.name.toLowerCase() === module.name.toLowerCase())
  const folder = module.folders.findLast((folder) => folder !== "src" && folder !== module.name) ?? module.path
  return (same.length > 1 ? `${name} (${folder})` : name).slice(0, 60)
}

const spaced = (name: string): string => {
  const words = name.replace(/[-_]+/g, " ").replace(/(?<=\p{Ll})\p{Lu}/gu, (letter) => ` ${letter.toLowerCase()}`)
  return words.charAt(0).toUpperCase() + words.slice(1)
}

const descriptionOf = ({ exports, header, path }: Module): string => {
  const { paragraphs } = docOf(header)
  const described = exports.filter(({ doc }) => doc !== "").map(({ doc, name }) => `\`${name}\`: ${firstSentence(doc)}`)
  const text = paragraphs.length > 0 ? paragraphs.slice(0, 2).join(" ") : described.slice(0, 2).join(" ")
  const names = exports.slice(0, 6).map(({ name }) => `\`${name}\``)
  return shorten(text || `\`${path}\`${names.length > 0 ? ` has ${names.join(", ")}` : ""}.`, 600)
}
