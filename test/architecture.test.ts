import { assert, describe, it } from "@effect/vitest"
import { existsSync, globSync, readFileSync } from "node:fs"
import { basename, dirname, join, resolve } from "node:path"

const root = resolve(import.meta.dirname, "..")
const read = (file: string): string => readFileSync(join(root, file), "utf8")
const files = (pattern: string): Array<string> => globSync(pattern, { cwd: root }).toSorted()

/** Which packages of this repository a package may import; `effect` may be imported by all. */
const layers: Record<string, ReadonlyArray<string>> = {
  core: [],
  testing: ["effect-pocketflow"],
  ai: ["effect-pocketflow"],
  durable: ["effect-pocketflow"]
}

interface Import {
  readonly specifier: string
  readonly typeOnly: boolean
}

const statement = /^(?:import|export)\b(\s+type\b)?(?:[^"`;=(]*?\sfrom)?\s+"([^"]+)"/gm
const dynamic = /^(?!\s*(?:\*|\/\/)).*\bimport\("([^"]+)"\)/gm

const importsOf = (source: string): Array<Import> => [
  ...[...source.matchAll(statement)].map((match) => ({ specifier: match[2]!, typeOnly: match[1] !== undefined })),
  ...[...source.matchAll(dynamic)].map((match) => ({ specifier: match[1]!, typeOnly: false }))
]

const packageOf = (specifier: string): string => specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/")

/** Why a module of a package may not import something, or nothing. */
const objection = (folder: string, file: string, { specifier }: Import): string | undefined => {
  if (specifier.startsWith(".")) {
    const target = join(dirname(file), specifier)
    if (!target.startsWith(`packages/${folder}/src/`)) return "leaves its package"
    return existsSync(join(root, target)) ? undefined : "does not exist"
  }
  if (specifier.startsWith("node:")) return folder === "core" ? "is of Node, and the core runs anywhere" : undefined
  const name = packageOf(specifier)
  if (name === "effect") return /\/[A-Z]\w*$/.test(specifier) ? undefined : "is a barrel"
  if (/^(@effect-pocketflow\/|effect-pocketflow$)/.test(name) && !layers[folder]!.includes(name)) {
    return "is not below this package"
  }
  const { dependencies, peerDependencies } = JSON.parse(read(`packages/${folder}/package.json`))
  return folder !== "core" && name in { ...dependencies, ...peerDependencies } ? undefined : "is not a dependency"
}

/** The first cycle in a graph, as the path that closes it. */
const findCycle = (graph: ReadonlyMap<string, ReadonlyArray<string>>): ReadonlyArray<string> | undefined => {
  const done = new Set<string>()
  const visit = (node: string, path: ReadonlyArray<string>): ReadonlyArray<string> | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node]
    if (done.has(node)) return undefined
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next, [...path, node])
      if (cycle !== undefined) return cycle
    }
    done.add(node)
    return undefined
  }
  for (const node of graph.keys()) {
    const cycle = visit(node, [])
    if (cycle !== undefined) return cycle
  }
  return undefined
}

const packages = files("packages/*/package.json").map((manifest) => manifest.split("/")[1]!)

describe.each(packages)("packages/%s", (folder) => {
  const modules = files(`packages/${folder}/src/**/*.ts`)

  it("is a known layer", () => assert.property(layers, folder))

  it("imports only what is below it", () => {
    const objections = modules.flatMap((file) =>
      importsOf(read(file)).flatMap((found) => {
        const why = objection(folder, file, found)
        return why === undefined ? [] : [`${file}: "${found.specifier}" ${why}`]
      })
    )
    assert.deepStrictEqual(objections, [])
  })

  it("has no import cycle", () => {
    // Type-only imports are erased, so they cannot make a module run before what it needs.
    const graph = new Map(
      modules.map((file) => [
        file,
        importsOf(read(file))
          .filter(({ specifier, typeOnly }) => specifier.startsWith(".") && !typeOnly)
          .map(({ specifier }) => join(dirname(file), specifier))
      ])
    )
    assert.isUndefined(findCycle(graph))
  })

  it("exports every public module", () => {
    const { exports } = JSON.parse(read(`packages/${folder}/package.json`))
    const names = files(`packages/${folder}/src/*.ts`).map((file) => basename(file, ".ts"))
    const expected = names.map((name) => [
      name === "index" ? "." : `./${name}`,
      { types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` }
    ])
    assert.deepStrictEqual(exports, {
      ...Object.fromEntries(expected),
      "./internal/*": null,
      "./package.json": "./package.json"
    })
  })

  it("does not export its internals from its index", () => {
    assert.notMatch(read(`packages/${folder}/src/index.ts`), /^export .*\/internal\//m)
  })
})

describe("everywhere", () => {
  it("a file has at most 400 lines", () => {
    const long = files("{packages/*/src,scripts}/**/*.ts").filter(
      (file) => read(file).trimEnd().split("\n").length > 400
    )
    assert.deepStrictEqual(long, [])
  })

  it("examples import packages by name, and nothing of the tests", () => {
    const outside = files("examples/**/*.ts").flatMap((file) =>
      importsOf(read(file))
        .filter(({ specifier }) => specifier.startsWith(".") && !join(dirname(file), specifier).startsWith("examples/"))
        .map(({ specifier }) => `${file}: "${specifier}"`)
    )
    assert.deepStrictEqual(outside, [])
  })
})

describe("the checks themselves", () => {
  it("importsOf reads every form of import, and no example in a comment", () => {
    const source = [
      "/**",
      ' * import { no } from "comment"',
      ' * await import("comment")',
      " */",
      'import "a"',
      'import * as B from "b"',
      "import {",
      "  c,",
      "  type d",
      '} from "c"',
      'import type { D } from "d"',
      'export * as E from "e"',
      'export const text = "f"',
      '  const g = await import("g")'
    ].join("\n")
    assert.deepStrictEqual(
      importsOf(source).map(({ specifier, typeOnly }) => (typeOnly ? `type ${specifier}` : specifier)),
      ["a", "b", "c", "type d", "e", "g"]
    )
  })

  it("findCycle finds a cycle behind a shared module", () => {
    assert.isUndefined(
      findCycle(
        new Map([
          ["a", ["b", "c"]],
          ["b", ["c"]],
          ["c", []]
        ])
      )
    )
    assert.deepStrictEqual(
      findCycle(
        new Map([
          ["a", ["b"]],
          ["b", ["c"]],
          ["c", ["b"]]
        ])
      ),
      ["b", "c", "b"]
    )
  })
})
