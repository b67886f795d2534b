/**
 * Mutates the heart of the runtime, `internal/machine.ts`, by Stryker, in a copy
 * of the repository: says which of all small edits no unit test notices.
 * `node scripts/stryker.ts [file ...]` mutates other files.
 *
 * Stryker is a package of its own, which is installed in the copy only. It has
 * no vitest there, so its runner finds the one of the workspace.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { copy, replaceOnce, root, run } from "./copy.ts"

const home = "test/mutants/stryker"
const statuses = ["Killed", "Timeout", "Survived", "NoCoverage"] as const

interface Report {
  readonly files: Readonly<Record<string, { readonly mutants: ReadonlyArray<{ readonly status: string }> }>>
}

const main = async (files: ReadonlyArray<string>) => {
  const since = performance.now()
  const folder = copy()
  const installed = await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: join(folder, home),
    seconds: 600
  })
  if (installed?.status !== 0) throw new Error(`Stryker was not installed:\n${installed?.output}`)

  // A test that hangs is to fail by its own limit, and soon: that tells more than the limit of Stryker.
  const config = "vitest.workspace.ts"
  const limited = replaceOnce(config, readFileSync(join(folder, config), "utf8"), "60_000", "20_000")
  writeFileSync(join(folder, config), limited)

  const mutate = files.length === 0 ? [] : ["--mutate", files.join(",")]
  const stryker = `${home}/node_modules/@stryker-mutator/core/bin/stryker.js`
  await run(process.execPath, [stryker, "run", `${home}/stryker.config.json`, ...mutate], {
    cwd: folder,
    seconds: 4 * 3600,
    show: true
  })
  const report = join(folder, "out/report.json")
  if (!existsSync(report)) throw new Error("Stryker made no report")

  const { files: mutated } = JSON.parse(readFileSync(report, "utf8")) as Report
  const found = Object.values(mutated).flatMap(({ mutants }) => mutants.map(({ status }) => status))
  const [killed, timeout, survived, noCoverage] = statuses.map(
    (status) => found.filter((found) => found === status).length
  ) as [number, number, number, number]
  const mutants = killed + timeout + survived + noCoverage
  const score = Math.round((10_000 * (killed + timeout)) / mutants) / 100
  const seconds = Math.round((performance.now() - since) / 1000)
  const result = { mutants, killed, timeout, survived, noCoverage, score, seconds }
  // The report is of the heart, or else as it was.
  if (files.length === 0) {
    mkdirSync(join(root, "out"), { recursive: true })
    writeFileSync(join(root, "out/stryker.json"), JSON.stringify(result, undefined, 2))
  }
  console.log(`stryker: ${killed + timeout} of ${mutants} found (${timeout} by time), ${score} %, ${seconds} s`)
}

if (import.meta.main) await main(process.argv.slice(2))
