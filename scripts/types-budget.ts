/**
 * Keeps type-checking linear: measures how many type instantiations a flow of
 * 100 and a flow of 300 nodes cost, and fails when a further node costs more
 * than the budget. Quadratic checking shows here long before it is felt.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, rmSync, writeFileSync } from "node:fs"

/** Instantiations that one more node, wired with two edges, may cost. */
const budget = 1_000
const sizes = [100, 300] as const
const out = "out/types-budget"

const head = `import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Flow, Node, Store } from "effect-pocketflow"

const S = Store.make("S", { count: Schema.Number })
`

/** A flow of `size` nodes: each goes on to the next or back to the first, the last one ends. */
export const chain = (size: number): string => {
  const ids = Array.from({ length: size }, (_, index) => `n${index}`)
  const nodes = ids.map(
    (id) =>
      `const ${id} = Node.make(S, {
  prep: (s) => s.count,
  exec: (n) => Effect.succeed(n + 1),
  post: (_, count) => count > 9 ? S.to("again", { count }) : S.to("next", (s) => ({ count: s.count + 1 }))
})`
  )
  const edges = ids.map((id, index) =>
    index + 1 < size ? `${id}: { next: "n${index + 1}", again: "n0" }` : `${id}: { again: "n0" }`
  )
  return `${head}${nodes.join("\n")}
const flow = Flow.make(S, {
  start: "n0",
  nodes: { ${ids.join(", ")} },
  edges: {
    ${edges.join(",\n    ")}
  }
})
export const outcome: Effect.Effect<"next"> = Effect.map(Flow.run(flow, { count: 0 }), (run) => run.outcome)
`
}

/** Flows inside each other, `depth` deep: each is a node and the one inside it, with actions of its own. */
export const nest = (depth: number): string => {
  const flows = Array.from({ length: depth }, (_, index) => {
    const nodes = index === 0 ? "n0" : `n${index}, inner: f${index - 1}`
    const edges = index === 0 ? "" : `\n  edges: { n${index}: { next: "inner" } },`
    return `const n${index} = Node.make(S, {
  exec: (s) => Effect.succeed(s.count + 1),
  post: (_, count) => count > 9 ? S.to("end${index}", { count }) : S.to("${index === 0 ? "end" : "next"}", { count })
})
const f${index} = Flow.make(S, {
  start: "n${index}",${edges}
  nodes: { ${nodes} }
})`
  })
  return `${head}${flows.join("\n")}
export const outcome: Effect.Effect<string> = Effect.map(Flow.run(f${depth - 1}, { count: 0 }), (run) => run.outcome)
`
}

export interface Checked {
  readonly instantiations: number
  /** What checking took, and all of it with reading the types of the libraries. */
  readonly checkSeconds: number
  readonly seconds: number
}

/** Type-checks a source, and tells what that took. */
export const check = (name: string, text: string): Checked => {
  const folder = `${out}/${name}`
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}/flow.ts`, text)
  writeFileSync(
    `${folder}/tsconfig.json`,
    JSON.stringify({
      extends: "../../../tsconfig.base.json",
      compilerOptions: { composite: false, noEmit: true },
      files: ["flow.ts"]
    })
  )
  const { status, stdout } = spawnSync("tsc", ["-p", folder, "--extendedDiagnostics"], { encoding: "utf8" })
  if (status !== 0) throw new Error(`The flow ${name} does not type-check:\n${stdout}`)
  const figure = (name: string): number => Number(new RegExp(`^${name}:\\s+([\\d.]+)`, "m").exec(stdout)?.[1])
  return {
    instantiations: figure("Instantiations"),
    checkSeconds: figure("Check time"),
    seconds: figure("Total time")
  }
}

if (import.meta.main) {
  rmSync(out, { recursive: true, force: true })
  const [small, large] = sizes.map((size) => check(`chain-${size}`, chain(size)).instantiations) as [number, number]
  const each = Math.round((large - small) / (sizes[1] - sizes[0]))
  console.log(`types: ${each} instantiations a node (${sizes[0]}: ${small}, ${sizes[1]}: ${large}), budget ${budget}`)
  if (!(each <= budget)) {
    console.error("A node costs more type instantiations than the budget allows.")
    process.exitCode = 1
  }
}
