/**
 * Type-checks and runs every TypeScript example of the READMEs and docstrings.
 *
 * Each block becomes a file in `out/docs`, its code on the same lines as in the
 * source, so that every error names the place to mend. A line that ends with
 * `// => value` becomes an assertion. Blocks marked `ts no-run` are only
 * type-checked.
 */
import { execFile } from "node:child_process"
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import { dirname } from "node:path"
import { promisify } from "node:util"

export interface Block {
  readonly file: string
  /** The 1-based line of the opening fence. */
  readonly line: number
  readonly run: boolean
  readonly code: ReadonlyArray<string>
}

const sources = ["README.md", "packages/*/README.md", "packages/*/src/**/*.ts"]
const out = "out/docs"

/** The `ts` blocks of a Markdown file, or of the docstrings of a TypeScript file. */
export const extract = (file: string, source: string): Array<Block> => {
  const blocks: Array<Block> = []
  let open: Array<string> | undefined
  let indent = 0
  for (const [index, raw] of source.split("\n").entries()) {
    const text = file.endsWith(".md") ? raw : /^\s*\* ?(.*)$/.exec(raw)?.[1]
    const fence = /^(\s*)```(.*)$/.exec(text ?? "")
    if (open === undefined) {
      if (fence === null) continue
      const [language, ...marks] = fence[2]!.trim().split(/\s+/)
      open = []
      indent = fence[1]!.length
      if (language === "ts") blocks.push({ file, line: index + 1, run: !marks.includes("no-run"), code: open })
    } else if (text === undefined || fence !== null) {
      open = undefined
    } else {
      open.push(text.slice(indent))
    }
  }
  return blocks
}

const indentOf = (line: string): number => line.search(/\S|$/)

/** Turns `expression // => value` into an assertion, without adding or removing a line. */
export const instrument = (code: ReadonlyArray<string>): Array<string> => {
  const lines = [...code]
  for (const [end, line] of code.entries()) {
    const match = /^(.*[^\s;]);?\s*\/\/ => (.+)$/.exec(line)
    if (match === null) continue
    const [, expression, value] = match
    let start = end
    while (start > 0 && (/^\s*([)\]}.?:]|$)/.test(code[start]!) || indentOf(code[start]!) > indentOf(line))) start--
    const name = /^\s*(?:export )?const (\w+)/.exec(code[start]!)?.[1]
    lines[end] = name === undefined ? `${expression}, ${value})` : `${expression}; equal__(${name}, ${value})`
    if (name === undefined) lines[start] = lines[start]!.replace(/^(\s*)(?:console\.log\b)?/, "$1equal__(")
  }
  return lines
}

/** The module made of a block: line n of it is line n of the block's source. */
export const render = (block: Block): string =>
  [
    'import { deepStrictEqual } from "node:assert/strict"; ' +
      "const equal__: (actual: unknown, expected: unknown) => void = deepStrictEqual; void equal__",
    ...Array.from({ length: block.line - 1 }, () => ""),
    ...(block.run ? instrument(block.code) : block.code),
    "export {}\n"
  ].join("\n")

const pathOf = (block: Block): string => `${out}/${block.file}/${block.line}.ts`

/** Names the source wherever the output of a tool names a generated file. */
export const locate = (output: string): string =>
  output.replace(
    /(?:file:\/\/)?[^\s("']*out\/docs\/([^\s("']+)\/\d+\.ts(?:\((\d+),\d+\)|:(\d+)(?::\d+)?)?/g,
    (...found) => {
      const [, file, checked, ran] = found as Array<string | undefined>
      return [file, checked ?? ran].filter((part) => part !== undefined).join(":")
    }
  )

const exec = promisify(execFile)

/** What a failed command printed, without the frames of Node itself. */
const failure = (command: string, args: Array<string>): Promise<ReadonlyArray<string>> =>
  exec(command, args, { timeout: 60_000 }).then(
    () => [],
    ({ killed, stdout, stderr, message }) => {
      const output = killed ? "It did not end within a minute.\n" : `${stdout}${stderr}` || message
      return [locate(output).replace(/^ +at .*node:internal.*\n/gm, "")]
    }
  )

const main = async () => {
  const blocks = sources
    .flatMap((pattern) => globSync(pattern).toSorted())
    .flatMap((file) => extract(file, readFileSync(file, "utf8")))
  rmSync(out, { recursive: true, force: true })
  for (const block of blocks) {
    mkdirSync(dirname(pathOf(block)), { recursive: true })
    writeFileSync(pathOf(block), render(block))
  }
  const typed =
    blocks.length === 0 ? [] : await failure("tsc", ["-p", "scripts/tsconfig.docs.json", "--pretty", "false"])
  const problems = [...typed]
  const runnable = typed.length > 0 ? [] : blocks.filter((block) => block.run)
  const queue = runnable.values()
  const worker = async () => {
    for (const block of queue) {
      // oxlint-disable-next-line no-await-in-loop -- one process a worker at a time
      const failed = await failure(process.execPath, [pathOf(block)])
      problems.push(...failed.map((output) => `${block.file}:${block.line}: this example fails\n${output}`))
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
  for (const problem of problems) console.error(problem)
  console.log(`docs: ${blocks.length} examples, ${runnable.length} run, ${problems.length} problems`)
  process.exitCode = problems.length === 0 ? 0 : 1
}

if (import.meta.main) await main()
