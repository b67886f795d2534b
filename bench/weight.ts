/** What the packages weigh: bundled, imported, installed; and what type-checking flows takes. */
import { existsSync, globSync, readFileSync, realpathSync, statSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import type { Checked } from "../scripts/types-budget.ts"
import { chain, check, nest } from "../scripts/types-budget.ts"
import { here, run, runJson } from "./child.ts"
import type { Aim } from "./report.ts"
import { table } from "./report.ts"
import type { Summary } from "./statistics.ts"
import { format, rotate, summarize } from "./statistics.ts"

export interface Bundled {
  readonly what: string
  readonly bytes: number
  readonly compressed: number
}

export interface Weight {
  readonly bundles: ReadonlyArray<Bundled>
  /** Milliseconds. */
  readonly imports: Readonly<Record<string, Summary>>
  /** Bytes, with all that the package needs. */
  readonly installed: Readonly<Record<string, { readonly own: number; readonly all: number }>>
  readonly types: Readonly<Record<string, Checked>>
}

/** The names of two bundles. */
export const whole = {
  without: "effect-pocketflow, all of it, without Effect",
  with: "effect-pocketflow, all of it, with its part of Effect"
} as const

/** What is imported, one module after the other. */
const imported = [
  "effect/Effect",
  "effect/Effect, effect/Schema",
  "effect",
  "effect-pocketflow",
  "pocketflow",
  "xstate",
  "@mastra/core/workflows",
  "@langchain/langgraph"
] as const

const installed = ["effect-pocketflow", "effect", "pocketflow", "xstate", "@mastra/core", "@langchain/langgraph"]

/** How long a fresh process takes to import each module, all in turn, round by round. */
const imports = async (rounds: number): Promise<Weight["imports"]> => {
  const taken = new Map<string, Array<number>>(imported.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const name of rotate(imported, round)) {
      const code = [
        "const since = performance.now()",
        ...name.split(", ").map((module) => `await import("${module}")`),
        "console.log(performance.now() - since)",
        "process.exit(0)"
      ].join("\n")
      const output = await run(process.execPath, ["--input-type=module", "-e", code], 60)
      taken.get(name)!.push(Number(output.trim().split("\n").at(-1)))
    }
  }
  return Object.fromEntries(Array.from(taken, ([name, samples]) => [name, summarize(samples)]))
}

/** The folder of a package as it is seen from another folder. */
const folderOf = (name: string, from: string): string | undefined => {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name)
    if (existsSync(join(candidate, "package.json"))) return realpathSync(candidate)
    if (dirname(folder) === folder) return undefined
  }
}

/** What one folder of a package holds, as it is published; what is nested in it counts for itself. */
const sizeOf = (folder: string): number => {
  const { files } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
  // A package of this repository has more in its folder than it publishes.
  const published: ReadonlyArray<string> = folder.includes("node_modules") || !Array.isArray(files) ? ["."] : files
  return published
    .flatMap((part) =>
      globSync(join(part, "**/*"), {
        cwd: folder,
        exclude: (name) => name === "node_modules" || name.endsWith(".tsbuildinfo")
      })
    )
    .reduce((total, file) => {
      const stat = statSync(join(folder, file))
      return stat.isFile() ? total + stat.size : total
    }, 0)
}

/** A package and all that it needs, each once. */
const closure = (name: string): ReadonlyArray<string> => {
  const seen = new Set<string>()
  const visit = (name: string, from: string): void => {
    const folder = folderOf(name, from)
    if (folder === undefined || seen.has(folder)) return
    seen.add(folder)
    const { dependencies, peerDependencies, peerDependenciesMeta } = createRequire(import.meta.url)(
      join(folder, "package.json")
    )
    const peers = Object.keys(peerDependencies ?? {}).filter((peer) => peerDependenciesMeta?.[peer]?.optional !== true)
    for (const needed of [...Object.keys(dependencies ?? {}), ...peers]) visit(needed, folder)
  }
  visit(name, here)
  return Array.from(seen)
}

export const measureWeight = async (progress: (line: string) => void): Promise<Weight> => {
  progress("  bundles")
  const bundles = await runJson<ReadonlyArray<Bundled>>(process.execPath, ["peers/bundle.ts"], 300)
  progress("  imports")
  const imported = await imports(11)
  progress("  installed sizes, types")
  return {
    bundles,
    imports: imported,
    installed: Object.fromEntries(
      installed.map((name) => {
        const sizes = closure(name).map(sizeOf)
        return [name, { own: sizes[0]!, all: sizes.reduce((total, size) => total + size, 0) }]
      })
    ),
    types: {
      "100 nodes": check("chain-100", chain(100)),
      "300 nodes": check("chain-300", chain(300)),
      "20 nested flows": check("nest-20", nest(20))
    }
  }
}

/** What this library means to weigh at most. */
export const weightAims = ({ bundles, imports, types }: Weight): ReadonlyArray<Aim> => {
  const compressed = (what: string): number => bundles.find((bundle) => bundle.what === what)!.compressed / 1024
  return [
    { name: "all of it without Effect", limit: 6, value: compressed(whole.without), unit: "KB" },
    { name: "all of it with its part of Effect", limit: 20, value: compressed(whole.with), unit: "KB" },
    {
      name: "import, on top of effect/Effect",
      limit: 10,
      value: imports["effect-pocketflow"]!.median - imports["effect/Effect"]!.median,
      unit: "ms"
    },
    { name: "checking 100 nodes", limit: 1, value: types["100 nodes"]!.checkSeconds, unit: "s" }
  ]
}

const kilobytes = (bytes: number): string => format(bytes / 1024)

export const weightTables = ({ bundles, imports, installed, types }: Weight): string =>
  [
    table(
      ["bundled", "minified, KB", "and compressed, KB"],
      bundles.map(({ bytes, compressed, what }) => [what, kilobytes(bytes), kilobytes(compressed)])
    ),
    table(
      ["import in a fresh process", "ms, median", "min", "max"],
      Object.entries(imports).map(([name, { max, median, min }]) => [name, ...[median, min, max].map(format)])
    ),
    table(
      ["installed", "itself, MB", "with all it needs, MB"],
      Object.entries(installed).map(([name, { all, own }]) => [name, ...[own, all].map((n) => format(n / 1024 / 1024))])
    ),
    table(
      ["type-checking", "instantiations", "checking, s", "all of tsc, s"],
      Object.entries(types).map(([name, { checkSeconds, instantiations, seconds }]) => [
        name,
        instantiations.toLocaleString("en-US"),
        format(checkSeconds),
        format(seconds)
      ])
    )
  ].join("\n\n")
