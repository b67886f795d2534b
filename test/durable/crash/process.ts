/** Workers as processes: bundled, begun, killed. */
import { Effect } from "effect"
import type { ChildProcess } from "node:child_process"
import { spawn } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"
import { sources } from "../../sources.ts"
import type { Job, Report } from "./trace.ts"

/** A folder that is gone at the end of the scope. */
export const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "durable-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true, maxRetries: 3 }))
)

/** The worker as one file, of which a process starts in a third of the time. */
export const bundle = Effect.gen(function* () {
  const at = yield* folder
  const file = join(at, "worker.mjs")
  yield* Effect.promise(async () => {
    const bundled = await rolldown({
      input: fileURLToPath(new URL("worker.ts", import.meta.url)),
      platform: "node",
      plugins: [
        {
          name: "sources",
          resolveId: (id) => {
            const source = sources.find(({ find }) => find.test(id))
            return source === undefined ? undefined : id.replace(source.find, source.replacement)
          }
        }
      ]
    })
    await bundled.write({ file, format: "esm", codeSplitting: false })
    await bundled.close()
  })
  return file
})

/** How the life of a process has ended. */
export type Death = { readonly killed: true } | { readonly killed: false; readonly report: Report }

export interface Worker {
  readonly process: ChildProcess
  /** It serves. */
  readonly serving: Promise<void>
  readonly died: Promise<Death>
}

/** Begins a worker, which is killed at the end of the scope at the latest. */
export const begin = (file: string, job: Job, env: NodeJS.ProcessEnv = {}) =>
  Effect.acquireRelease(
    Effect.sync((): Worker => {
      const child = spawn(process.execPath, [file, JSON.stringify(job)], {
        env: { ...process.env, NODE_COMPILE_CACHE: `${file}.cache`, ...env },
        stdio: ["ignore", "pipe", "pipe"]
      })
      let out = ""
      let errors = ""
      const serving = new Promise<void>((resolve) => {
        child.stdout.on("data", (chunk) => {
          out += chunk
          if (out.includes("serving\n")) resolve()
        })
        child.on("close", () => resolve())
      })
      child.stderr.on("data", (chunk) => (errors += chunk))
      const died = new Promise<Death>((resolve, reject) => {
        child.on("close", (code, signal) => {
          if (signal === "SIGKILL") return resolve({ killed: true })
          if (code === 0) return resolve({ killed: false, report: JSON.parse(out.trim().split("\n").at(-1)!) })
          reject(new Error(`a worker has ended by itself (${code ?? signal}): ${errors}${out}`))
        })
      })
      died.catch(() => {})
      return { process: child, serving, died }
    }),
    ({ died, process }) =>
      Effect.promise(() => {
        process.kill("SIGKILL")
        return died.then(
          () => {},
          () => {}
        )
      })
  )

/** A life of a worker: until it has reported, is dead, or `killAfter` milliseconds of serving are over. */
export const live = (file: string, job: Job, killAfter?: number): Effect.Effect<Death> =>
  Effect.scoped(
    Effect.gen(function* () {
      const worker = yield* begin(file, job)
      if (killAfter !== undefined) {
        yield* Effect.promise(() => worker.serving)
        yield* Effect.sleep(killAfter)
        worker.process.kill("SIGKILL")
      }
      return yield* Effect.promise(() => worker.died)
    })
  )
