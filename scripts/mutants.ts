/**
 * Whether the tests bite: plants the bugs of `test/mutants/mutants.ts`, one at a
 * time, in a copy of the repository, and runs the fast tests on it. They must
 * catch each. `node scripts/mutants.ts [name ...]` plants only those.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import { join } from "node:path"
import { copy, replaceOnce, root, run } from "./copy.ts"

export interface Mutant {
  readonly name: string
  readonly file: string
  /** The place in the file; it must be there once. */
  readonly find: string
  readonly replace: string
  /** The promise that it breaks. */
  readonly breaks: string
  /** The tests to run in place of the fast ones. */
  readonly tests?: ReadonlyArray<string>
}

/** `source` with the bug in it. */
export const plant = ({ file, find, name, replace }: Mutant, source: string): string =>
  replaceOnce(`${file}: ${name}`, source, find, replace)

const suites = ["core", "conformance", "properties", "testing", "oracle"].map((name) => `test/${name}/`)
const slow = "test/core/limits.test.ts"

interface Report {
  readonly success: boolean
  readonly numTotalTests: number
  readonly testResults: ReadonlyArray<{
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: ReadonlyArray<{ readonly status: string; readonly fullName: string }>
  }>
}

/** Runs tests in a copy until the first that fails: which that is, or nothing. */
const test = async (folder: string, tests: ReadonlyArray<string>, seconds: number) => {
  const file = join(folder, "out/mutant.json")
  rmSync(file, { force: true })
  const args = ["run", "--config=vitest.workspace.ts", "--bail=1", "--maxWorkers=1", "--cache=false"]
  const report = ["--reporter=json", `--outputFile=${file}`]
  const exclude = tests.includes(slow) ? [] : [`--exclude=${slow}`]
  const ended = await run(
    process.execPath,
    [join(root, "node_modules/vitest/vitest.mjs"), ...args, ...report, ...exclude, ...tests],
    { cwd: folder, seconds }
  )
  if (ended === undefined) return { count: 0, failed: `a hang: killed after ${seconds} seconds` }
  if (!existsSync(file)) throw new Error(`vitest made no report:\n${ended.output}`)
  const { numTotalTests, success, testResults } = JSON.parse(readFileSync(file, "utf8")) as Report
  // What the bail has kept from running is a failed file, too, but without a failed test and without a message.
  const failed = testResults.flatMap(({ assertionResults, message, name }) => {
    const titles = assertionResults.filter(({ status }) => status === "failed").map(({ fullName }) => fullName)
    const all = titles.length === 0 && message !== "" ? [message.split("\n", 1)[0]] : titles
    return all.map((title) => `${name.slice(folder.length + 1)}: ${title}`)
  })
  const otherwise = success && ended.status === 0 ? undefined : `an error outside of the tests:\n${ended.output}`
  return { count: numTotalTests, failed: failed[0] ?? otherwise }
}

const main = async (names: ReadonlyArray<string>) => {
  const since = performance.now()
  const secondsSince = (start: number) => Math.round((performance.now() - start) / 100) / 10
  const { mutants: all } = (await import(join(root, "test/mutants/mutants.ts"))) as {
    readonly mutants: ReadonlyArray<Mutant>
  }
  const unknown = names.filter((name) => !all.some((mutant) => mutant.name === name))
  if (unknown.length > 0) throw new Error(`There is no planted bug ${unknown.join(", ")}`)
  const mutants = names.length === 0 ? all : all.filter(({ name }) => names.includes(name))
  const fast = suites.filter((folder) => existsSync(join(root, folder)))
  const testsOf = (mutant: Mutant) => mutant.tests ?? fast

  const folder = copy()
  for (const mutant of mutants) plant(mutant, readFileSync(join(folder, mutant.file), "utf8"))
  const { count, failed } = await test(folder, [...new Set(mutants.flatMap(testsOf))], 900)
  if (failed !== undefined) throw new Error(`The tests fail without a bug: ${failed}`)
  const whole = secondsSince(since)
  console.log(`mutants: without a bug ${count} tests pass, ${whole} s`)

  const results: Array<{ name: string; file: string; caughtBy: string | undefined; seconds: number }> = []
  const queue = mutants.values()
  const worker = async (folder: string) => {
    for (const mutant of queue) {
      const start = performance.now()
      const path = join(folder, mutant.file)
      const source = readFileSync(path, "utf8")
      writeFileSync(path, plant(mutant, source))
      // oxlint-disable-next-line no-await-in-loop -- one process a copy at a time
      const { failed: caughtBy } = await test(folder, testsOf(mutant), 120 + 3 * Math.ceil(whole))
      writeFileSync(path, source)
      results.push({ name: mutant.name, file: mutant.file, caughtBy, seconds: secondsSince(start) })
      console.log(`${caughtBy === undefined ? "SURVIVED" : "caught"}  ${mutant.name}`)
    }
  }
  const more = Array.from({ length: Math.min(availableParallelism(), mutants.length) - 1 }, copy)
  await Promise.all([folder, ...more].map(worker))

  const table = mutants.map(({ name }) => results.find((result) => result.name === name)!)
  const width = Math.max(...table.map(({ name }) => name.length))
  console.log(`\n${"bug".padEnd(width)}  seconds  caught by`)
  for (const { caughtBy, name, seconds } of table) {
    console.log(`${name.padEnd(width)}  ${seconds.toFixed(1).padStart(7)}  ${caughtBy ?? "NOTHING"}`)
  }
  const survivors = mutants.filter((_, index) => table[index]!.caughtBy === undefined)
  for (const { breaks, name } of survivors) console.error(`No test caught "${name}", which breaks: ${breaks}`)
  const seconds = secondsSince(since)
  console.log(`\n${mutants.length - survivors.length} of ${mutants.length} caught, ${seconds} s`)
  // The report is of all bugs, or else as it was.
  if (mutants.length === all.length) {
    mkdirSync(join(root, "out"), { recursive: true })
    const json = { mutants: table.map((result) => ({ ...result, caughtBy: result.caughtBy ?? null })), seconds }
    writeFileSync(join(root, "out/mutants.json"), JSON.stringify(json, undefined, 2))
  }
  process.exitCode = survivors.length === 0 ? 0 : 1
}

if (import.meta.main) await main(process.argv.slice(2))
