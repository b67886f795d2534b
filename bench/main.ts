/**
 * `npm run bench`: all systems, memory and weight; writes `results`.
 * `npm run bench:quick`: this library, PocketFlow and the baselines, in less than a minute; writes nothing.
 *
 * `--rounds n`, `--only id,...` (subjects), `--workloads id,...` take a part;
 * `--clock cpu` counts the time of the processes, for a machine that has others on it;
 * `--python folder` adds PocketFlow's Python core, the package in that folder.
 */
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { cpus, totalmem } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { chart } from "./chart.ts"
import { here } from "./child.ts"
import { measure } from "./measure.ts"
import { measureMemory, memoryTables } from "./memory.ts"
import { aimsOf, aimTable, legend, resultsOf, speed, spread } from "./report.ts"
import type { Subject } from "./subjects.ts"
import { far, near, python } from "./subjects.ts"
import { measureWeight, weightAims, weightTables } from "./weight.ts"
import type { WorkloadId } from "./workloads.ts"
import { workloadIds } from "./workloads.ts"

const settings = {
  full: { rounds: 7, budget: { clock: "wall", warm: 300, sample: 100, samples: 3 } },
  quick: { rounds: 4, budget: { clock: "wall", warm: 70, sample: 10, samples: 2 } }
} as const

/** Installs the other systems, unless they already are as the lock file says, and type-checks what uses them. */
const install = (): void => {
  const lock = join(here, "package-lock.json")
  const installed = join(here, "node_modules/.package-lock.json")
  if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs) {
    execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: here, stdio: "inherit" })
  }
  execFileSync("tsc", ["-p", join(here, "peers")], { stdio: "inherit" })
}

const versions = (subjects: ReadonlyArray<Subject>): Readonly<Record<string, string>> => {
  const names = new Set(["effect", ...subjects.flatMap((subject) => subject.package ?? [])])
  const version = (name: string): string => {
    const manifest = [here, join(here, "..")]
      .map((folder) => join(folder, "node_modules", name, "package.json"))
      .find((file) => existsSync(file))
    return JSON.parse(readFileSync(manifest!, "utf8")).version
  }
  const found = Object.fromEntries(Array.from(names, (name) => [name, version(name)]))
  if (!subjects.includes(python)) return found
  return { ...found, python: execFileSync("python3", ["-V"], { encoding: "utf8" }).trim().replace("Python ", "") }
}

const machine = () => {
  const all = cpus()
  return {
    cpu: all[0]?.model.trim() ?? "unknown",
    cores: all.length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    v8: process.versions.v8
  }
}

/** What of `known` is meant by a list on the command line. */
const pick = <A extends string>(list: string | undefined, known: ReadonlyArray<A>): ReadonlyArray<A> => {
  if (list === undefined) return known
  const unknown = list.split(",").find((name) => !known.some((id) => id === name))
  if (unknown !== undefined) throw new Error(`there is no ${unknown}: ${known.join(", ")}`)
  return known.filter((id) => list.split(",").includes(id))
}

const atLeastOne = (text: string): number => {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 1) throw new Error(`--rounds takes a whole number from 1, not ${text}`)
  return n
}

const main = async (args: ReadonlyArray<string>): Promise<void> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      clock: { type: "string" },
      python: { type: "string" },
      rounds: { type: "string" },
      only: { type: "string" },
      workloads: { type: "string" }
    }
  })
  const { budget, rounds } = values.quick ? settings.quick : settings.full
  const all = [...near, ...(values.quick ? [] : far), ...(values.python === undefined ? [] : [python])]
  const ids = pick(
    values.only,
    all.map(({ id }) => id)
  )
  const subjects = all.filter(({ id }) => ids.includes(id))
  const session = {
    subjects,
    workloads: pick<WorkloadId>(values.workloads, workloadIds),
    rounds: values.rounds === undefined ? rounds : atLeastOne(values.rounds),
    budget: { ...budget, clock: pick(values.clock, ["wall", "cpu"])[0] ?? budget.clock }
  }
  const progress = (line: string): void => console.error(line)

  if (!values.quick) install()
  const since = performance.now()
  const measured = await measure({ ...session, python: values.python, progress: values.quick ? () => {} : progress })
  const results = resultsOf(subjects, measured)
  console.log(`${speed(subjects, results)}\n\n${aimTable(aimsOf(measured))}`)
  console.log(`\n${((performance.now() - since) / 1000).toFixed(0)} s`)
  // A part of it is not what the results are.
  if (values.quick || [values.only, values.workloads, values.clock].some((part) => part !== undefined)) return

  progress("memory")
  const memory = await measureMemory(subjects, progress)
  progress("weight")
  const weight = await measureWeight(progress)
  const aims = aimTable([...aimsOf(measured), ...weightAims(weight)])
  console.log(`\n${memoryTables(subjects, memory)}\n\n${weightTables(weight)}`)

  const about = { machine: machine(), versions: versions(subjects), rounds: session.rounds, budget: session.budget }
  const { cores, cpu, node, platform } = about.machine
  const on = `Node ${node}, ${cpu}, ${cores} cores, ${platform}`
  const folder = join(here, "results")
  mkdirSync(folder, { recursive: true })
  const json = { ...about, results, memory, weight }
  writeFileSync(join(folder, "results.json"), `${JSON.stringify(json, undefined, 2)}\n`)
  const note = `Median of ${session.rounds * budget.samples} samples; the bar is from the fastest to the slowest. ${on}.`
  writeFileSync(join(folder, "chart.svg"), chart(subjects, results, note))
  writeFileSync(
    join(folder, "README.md"),
    `# Results

Written by \`npm run bench\`; [what is measured, and how](../README.md). ${on}.
${Object.entries(about.versions)
  .map(([name, version]) => `${name} ${version}`)
  .join(", ")}. ${session.rounds} rounds of ${budget.samples} samples, each system in a fresh process in each round.

![What a step costs](chart.svg)

${legend(subjects, results)}

## Speed

${speed(subjects, results)}

${spread(subjects, results)}

## Targets

${aims}

## Memory

${memoryTables(subjects, memory)}

## Weight

${weightTables(weight)}
`
  )
  progress(`${join("bench", "results")} written`)
}

if (import.meta.main) await main(process.argv.slice(2))
