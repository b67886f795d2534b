/**
 * Makes each of the mistakes of `examples/comparison/mistakes.ts` in a copy of the flow, has the copies compiled, and
 * writes what the compiler says, and the lines of both sides, into `examples/comparison/README.md`.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { resolve } from "node:path"
import { mistakes } from "../examples/comparison/mistakes.ts"

const out = "out/comparison"
const page = "examples/comparison/README.md"

/** A text with its one occurrence of another replaced. */
export const replaceOnce = (text: string, [from, to]: readonly [string, string]): string => {
  const parts = text.split(from)
  if (parts.length !== 2) throw new Error(`"${from}" is there ${parts.length - 1} times, not once`)
  return parts.join(to)
}

/** A flow as a module that stands in another folder. */
const moved = (program: string, change: (source: string) => string): string => {
  const folder = resolve("examples", program)
  return change(readFileSync(`${folder}/flow.ts`, "utf8")).replace(
    /from "(\.[^"]+)"/g,
    (_, path: string) => `from "${resolve(folder, path)}"`
  )
}

/** What the compiler says of each mistake: the last line of its first error, which is the most telling one. */
const compile = (): ReadonlyArray<string> => {
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
  for (const program of Object.keys(sources))
    writeFileSync(
      `${out}/${program}.ts`,
      moved(program, (source) => source)
    )
  for (const [i, { here, program }] of mistakes.entries()) {
    writeFileSync(
      `${out}/${i}.ts`,
      moved(program, (source) => replaceOnce(source, here))
    )
  }
  const { stdout } = spawnSync("tsc", ["-p", "scripts/tsconfig.comparison.json", "--pretty", "false"], {
    encoding: "utf8"
  })
  const errors = stdout.split(/^(?=\S)/m)
  const errorIn = (name: string | number) => errors.find((message) => message.startsWith(`${out}/${name}.ts`))
  for (const program of Object.keys(sources)) {
    if (errorIn(program) !== undefined) throw new Error(`Without a mistake: ${errorIn(program)}`)
  }
  return mistakes.map(({ program, slip }, i) => {
    const error = errorIn(i)
    if (error === undefined) throw new Error(`It compiles: ${program}, ${slip}`)
    const line = error.trimEnd().split("\n").at(-1)!
    return shorten(line.replace(/^.*?error TS\d+: /, "").trim())
  })
}

/** A message with its types cut short, the innermost first, until it fits into a table. */
const shorten = (message: string): string => {
  const shorter = message.replace(/\{[^{}]*\}/, "…")
  return message.length < 150 || shorter === message ? message.replaceAll("…", "{ … }") : shorten(shorter)
}

const codeLines = (file: string): number =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => !/^\s*(?:\/\/|\/?\*|#|"""|$)/.test(line)).length

const sources: Readonly<Record<string, ReadonlyArray<string>>> = {
  chat: ["chat/flow.ts", "shared/chat.ts"],
  resumes: ["resumes/flow.ts", "resumes/reply.ts", "resumes/Resume.ts"],
  article: ["article/flow.ts", "article/sections.ts"],
  agent: ["agent/flow.ts"],
  tutorial: ["tutorial/flow.ts", "tutorial/prompts.ts", "tutorial/Tutorial.ts"]
}

const linesTable = (): string =>
  [
    "| program | PocketFlow | here | files |",
    "|---|---:|---:|---|",
    ...Object.entries(sources).map(([program, files]) => {
      const here = files.reduce((sum, file) => sum + codeLines(`examples/${file}`), 0)
      const links = [`[${program}.py](${program}.py)`, ...files.map((file) => `[${file}](../${file})`)].join(", ")
      return `| ${program} | ${codeLines(`examples/comparison/${program}.py`)} | ${here} | ${links} |`
    })
  ].join("\n")

const mistakesTable = (messages: ReadonlyArray<string>): string =>
  [
    "| program | mistake | PocketFlow | here, before anything runs |",
    "|---|---|---|---|",
    ...mistakes.map(
      ({ program, seen, slip }, i) => `| ${program} | ${slip} | ${seen} | \`${messages[i]!.replaceAll("|", "\\|")}\` |`
    )
  ].join("\n")

/** The page with its two tables made anew. */
export const withTables = (text: string): string =>
  [linesTable(), mistakesTable(compile())].reduce((text, table, i) => {
    const name = ["lines", "mistakes"][i]
    return text.replace(new RegExp(`(?<=<!-- ${name} -->\\n)[^]*?(?=<!-- end -->)`), () => `\n${table}\n\n`)
  }, text)

if (import.meta.main) writeFileSync(page, withTables(readFileSync(page, "utf8")))
