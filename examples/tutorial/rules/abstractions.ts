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

/** The files come in the order of their importance. Documents are only told where there is nothing else. */
export const abstractionsOf = (excerpts: ReadonlyArray<Excerpt>, most: number) => {
  const code = excerpts.filter(({ path }) => !/\.(?:md|mdx|rst|json|toml|ya?ml)$/i.test(path))
  const modules = (code.length === 0 ? excerpts : code).map(moduleOf)
  const groups = groupsOf(modules)
  const seeds = seedsOf(groups, modules, namesIn(excerpts)).slice(0, most)
  const helpers = helpersOf(seeds, groups, modules)
  return seeds.map((seed) => ({
    name: nameOf(seed, seeds),
    description: descriptionOf(seed),
    files: [...(groups.get(seed) ?? [seed]), ...(helpers.get(seed) ?? [])].slice(0, 14).map(({ path }) => path)
  }))
}

// internal

const moduleOf = ({ path, text }: Excerpt): Module => {
  const { declarations, header, imports } = outlineOf(path, text)
  const folders = path.split("/").slice(0, -1)
  const stem = path.split("/").at(-1)!.replace(/\..*$/, "")
  const name = generic.has(stem) ? (folders.findLast((folder) => folder !== "src") ?? stem) : stem
  return {
    path,
    name,
    folders,
    header,
    exports: declarations.filter(({ exported }) => exported),
    imports: imports.flatMap(({ from }) => resolve(folders, from) ?? [])
  }
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

/** Modules with those of the folder that has their name: `flow/run.ts` belongs to `Flow.ts` beside the folder. */
const groupsOf = (modules: ReadonlyArray<Module>): ReadonlyMap<Module, ReadonlyArray<Module>> => {
  const keyOf = (...path: ReadonlyArray<string>) => path.join("/").toLowerCase()
  const byPath = new Map(modules.toReversed().map((module) => [keyOf(...module.folders, module.name), module]))
  const groups = new Map<Module, Array<Module>>()
  for (const module of modules) {
    const owner = byPath.get(keyOf(...module.folders))
    // A leader comes first in its group, even if its followers are more important.
    if (owner === undefined || owner === module) groups.set(module, [module, ...(groups.get(module)?.slice(1) ?? [])])
    else groups.set(owner, [...(groups.get(owner) ?? [owner]), module])
  }
  return groups
}

/** What says much of itself, is important, and is spoken of in a README; the best first, without those far behind. */
const seedsOf = (
  groups: ReadonlyMap<Module, ReadonlyArray<Module>>,
  modules: ReadonlyArray<Module>,
  named: ReadonlySet<string>
): ReadonlyArray<Module> => {
  const place = new Map(modules.map((module, i) => [module, 1 - i / modules.length]))
  const worths = Array.from(groups, ([module, group]) => {
    const exported = group.reduce((sum, { exports }) => sum + exports.length, 0)
    const said = (module.header === "" ? 0 : 2) + Math.log2(1 + exported) + (named.has(module.name) ? 4 : 0)
    return { module, worth: (said + 8 * (place.get(module) ?? 0)) * (isHidden(module) ? 0.6 : 1) }
  }).toSorted((a, b) => b.worth - a.worth)
  const telling = worths.filter(({ module }) => module.exports.length > 0)
  const [best] = telling
  return best === undefined
    ? worths.map(({ module }) => module)
    : telling.filter(({ worth }) => worth >= best.worth / 2).map(({ module }) => module)
}

/** What belongs to no seed is a helper of the one that imports it most. */
const helpersOf = (
  seeds: ReadonlyArray<Module>,
  groups: ReadonlyMap<Module, ReadonlyArray<Module>>,
  modules: ReadonlyArray<Module>
): ReadonlyMap<Module, ReadonlyArray<Module>> => {
  const taken = new Set(seeds.flatMap((seed) => groups.get(seed) ?? []))
  const importsOf = seeds.map((seed) => (groups.get(seed) ?? []).flatMap(({ imports }) => imports))
  const helpers = new Map<Module, Array<Module>>()
  for (const module of modules) {
    const path = module.path.replace(/\.\w+$/, "")
    const uses = importsOf.map((imports) => imports.filter((other) => other === path).length)
    const seed = seeds[uses.indexOf(Math.max(1, ...uses))]
    if (seed !== undefined && !taken.has(module)) helpers.set(seed, [...(helpers.get(seed) ?? []), module])
  }
  return helpers
}

/** What READMEs name: as code, or as a link. */
const namesIn = (excerpts: ReadonlyArray<Excerpt>): ReadonlySet<string> => {
  const readmes = excerpts.filter(({ path }) => /(?:^|\/)readme\.\w+$/i.test(path))
  const names = readmes.flatMap(({ text }) => text.match(/`[^`\n]+`|\[[^[\]\n]+\]/g) ?? [])
  return new Set(names.flatMap((name) => name.match(/[\p{L}\d]+/gu) ?? []))
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
