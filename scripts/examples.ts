/** Runs every example of the catalog without arguments or input: each must end well, offline. */
import { spawnSync } from "node:child_process"
import { catalog } from "../examples/catalog.ts"

/** Without what would make a model, a search, a trace or a port of it. */
const offline = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(?:OPENAI|BRAVE|OTEL|BACKEND)_/i.test(name))
)

const names = catalog.map(({ command }) => command.name)
const failed = names.filter((name) => {
  console.log(`\n# ${name}`)
  const { status } = spawnSync(process.execPath, ["examples/main.ts", name], {
    env: offline,
    stdio: ["ignore", "inherit", "inherit"],
    timeout: 120_000
  })
  return status !== 0
})

for (const name of failed) console.error(`${name} failed`)
console.log(`\nexamples: ${names.length} run, ${failed.length} failed`)
process.exitCode = failed.length === 0 ? 0 : 1
