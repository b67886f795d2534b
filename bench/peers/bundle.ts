/** Writes what each package weighs when it is bundled, minified and compressed, as JSON. */
import { build } from "esbuild"
import { gzipSync } from "node:zlib"
import type { Bundled } from "../weight.ts"
import { whole } from "../weight.ts"

/** A program of two nodes, as one would write it: what is not used of the library falls away. */
const small = `
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Flow from "effect-pocketflow/Flow"
import * as Node from "effect-pocketflow/Node"
import * as Store from "effect-pocketflow/Store"
const S = Store.make("S", { n: Schema.Number })
const first = Node.make(S, { prep: (s) => s.n, exec: (n) => Effect.succeed(n + 1), post: (_, n) => S.next({ n }) })
const second = Node.make(S, { post: (s) => S.to(s.n > 1 ? "more" : "one") })
Effect.runPromise(Flow.run(Flow.sequence(S, { first, second }), { n: 0 })).then(console.log)
`
const bare = `
import * as Effect from "effect/Effect"
Effect.runPromise(Effect.succeed(1)).then(console.log)
`
const schema = `
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
Effect.runPromise(Effect.succeed(Schema.Struct({ n: Schema.Number }).make({ n: 1 }))).then(console.log)
`

const all = (name: string): string => `export * from "${name}"`

const entries: ReadonlyArray<readonly [what: string, code: string, external?: ReadonlyArray<string>]> = [
  [whole.without, all("effect-pocketflow"), ["effect/*"]],
  [whole.with, all("effect-pocketflow")],
  ["a flow of two nodes, without Effect", small, ["effect/*"]],
  ["a flow of two nodes, with its part of Effect", small],
  ["a program of Effect without it", bare],
  ["the same with a schema", schema],
  ["pocketflow", all("pocketflow")],
  ["XState", all("xstate")],
  ["Mastra, workflows", all("@mastra/core/workflows")],
  ["LangGraph.js", all("@langchain/langgraph")]
]

const bundled: Array<Bundled> = []
for (const [what, contents, external = []] of entries) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname, loader: "js" },
    bundle: true,
    external: [...external],
    format: "esm",
    legalComments: "none",
    logLevel: "error",
    minify: true,
    platform: "node",
    target: "es2023",
    write: false
  })
  const code = outputFiles[0]!.contents
  bundled.push({ what, bytes: code.length, compressed: gzipSync(code, { level: 9 }).length })
}
console.log(JSON.stringify(bundled))
