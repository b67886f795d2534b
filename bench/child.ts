/** Processes of their own to measure in, so that one system does not shape how another one is compiled. */
import type { ChildProcess } from "node:child_process"
import { spawn } from "node:child_process"

export const here = import.meta.dirname

const children = new Set<ChildProcess>()
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL")
})
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1))

/** Runs a command in this folder to its end, and gives what it wrote to stdout. */
export const run = (command: string, args: ReadonlyArray<string>, seconds: number): Promise<string> =>
  new Promise((done, fail) => {
    const child = spawn(command, args, {
      cwd: here,
      env: { ...process.env, NODE_ENV: "production" },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: seconds * 1000,
      killSignal: "SIGKILL"
    })
    children.add(child)
    let output = ""
    let errors = ""
    child.stdout.on("data", (chunk) => (output += chunk))
    child.stderr.on("data", (chunk) => (errors += chunk))
    child.on("error", fail)
    child.on("close", (status, signal) => {
      children.delete(child)
      if (status === 0) return done(output)
      fail(new Error(`${[command, ...args].join(" ")}: ended with ${signal ?? status}\n${output}${errors}`))
    })
  })

/** The JSON on the last line of what a command writes. */
export const runJson = async <A>(command: string, args: ReadonlyArray<string>, seconds: number): Promise<A> => {
  const output = await run(command, args, seconds)
  return JSON.parse(output.trimEnd().split("\n").at(-1)!)
}
