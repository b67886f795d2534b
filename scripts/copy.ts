/**
 * A copy of the repository to break things in: the files as they are in the
 * working tree, in a temporary folder, with the dependencies that are installed.
 */
import { execFileSync, spawn } from "node:child_process"
import {
  cpSync,
  existsSync,
  globSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"

export const root = resolve(import.meta.dirname, "..")

const folders = new Set<string>()
const children = new Set<number>()

/** Makes a copy; it is removed when this process ends. */
export const copy = (): string => {
  if (folders.size === 0) cleanUpAtTheEnd()
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "effect-pocketflow-")))
  folders.add(folder)
  const list = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root })
  for (const file of new Set(list.toString().split("\0"))) {
    if (file !== "" && existsSync(join(root, file))) cpSync(join(root, file), join(folder, file))
  }
  link("node_modules", folder)
  // What vitest does by its aliases, a process of its own that a test starts has from here: names are sources.
  for (const manifest of globSync("packages/*/package.json", { cwd: folder })) {
    const text = readFileSync(join(folder, manifest), "utf8")
    writeFileSync(join(folder, manifest), text.replaceAll(/"\.\/dist\/(\w+)\.js"/g, '"./src/$1.ts"'))
  }
  return folder
}

/** Links each dependency; a package of the workspace, itself a link, becomes one to the copy's package. */
const link = (path: string, folder: string): void => {
  mkdirSync(join(folder, path))
  for (const name of readdirSync(join(root, path))) {
    if (name.startsWith(".")) continue
    const inner = `${path}/${name}`
    const source = join(root, inner)
    if (lstatSync(source).isSymbolicLink()) symlinkSync(readlinkSync(source), join(folder, inner))
    else if (name.startsWith("@")) link(inner, folder)
    else symlinkSync(source, join(folder, inner))
  }
}

/** `text` with one replacement, the place of which must be there once; `what` it is for, in the error. */
export const replaceOnce = (what: string, text: string, find: string, replace: string): string => {
  const parts = text.split(find)
  if (parts.length !== 2) throw new Error(`${what}: its place is there ${parts.length - 1} times, not once`)
  return parts.join(replace)
}

/** How a command ended, and what it printed; `undefined`, if it had to be killed after `seconds`. */
export const run = (
  command: string,
  args: ReadonlyArray<string>,
  options: { readonly cwd: string; readonly seconds: number; readonly show?: boolean }
): Promise<{ readonly status: number | null; readonly output: string } | undefined> =>
  new Promise((done, fail) => {
    // A group of its own, so that no worker of it outlives it.
    const child = spawn(command, args, {
      cwd: options.cwd,
      detached: true,
      stdio: options.show ? ["ignore", "inherit", "inherit"] : ["ignore", "pipe", "pipe"]
    })
    const pid = child.pid
    if (pid !== undefined) children.add(pid)
    let output = ""
    child.stdout?.on("data", (chunk) => (output += chunk))
    child.stderr?.on("data", (chunk) => (output += chunk))
    let late = false
    const timer = setTimeout(() => {
      late = true
      kill(pid)
    }, options.seconds * 1000)
    child.on("error", fail)
    child.on("close", (status) => {
      clearTimeout(timer)
      kill(pid)
      if (pid !== undefined) children.delete(pid)
      done(late ? undefined : { status, output })
    })
  })

const kill = (pid: number | undefined): void => {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL")
  } catch {
    // It has ended by itself.
  }
}

const cleanUpAtTheEnd = (): void => {
  process.on("exit", () => {
    for (const pid of children) kill(pid)
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  })
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1))
}
