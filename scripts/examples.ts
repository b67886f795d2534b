/** Runs every `examples/<name>/main.ts` without arguments or input: each must end well, offline. */
import { spawnSync } from "node:child_process"
import { globSync } from "node:fs"

const programs = globSync("examples/*/main.ts").toSorted()
const failed = programs.filter((program) => {
  console.log(`\n# ${program}`)
  const { status } = spawnSync(process.execPath, [program], {
    stdio: ["ignore", "inherit", "inherit"],
    timeout: 120_000
  })
  return status !== 0
})

for (const program of failed) console.error(`${program} failed`)
console.log(`\nexamples: ${programs.length} run, ${failed.length} failed`)
process.exitCode = failed.length === 0 ? 0 : 1
