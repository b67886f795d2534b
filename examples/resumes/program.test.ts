import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { execFile } from "node:child_process"
import { onSources, runExample } from "../shared/testing.ts"
import { program as resumesProgram } from "./program.ts"
import { here, folder } from "./testing.ts"

describe("résumés: the program", () => {
  /** The program, in a process of its own. */
  const program = (...args: ReadonlyArray<string>) =>
    Effect.callback<{ readonly code: number; readonly out: string; readonly err: ReadonlyArray<string> }>((resume) => {
      const env = { ...process.env, OPENAI_API_KEY: "", OPENAI_BASE_URL: "" }
      const command = ["--import", onSources, `${here}/../main.ts`, "resumes", ...args]
      const child = execFile(process.execPath, command, { env }, (error, out, err) => {
        const code = error === null ? 0 : Number(error.code)
        resume(Effect.succeed({ code, out, err: err.split("\n").filter((line) => line !== "") }))
      })
      return Effect.sync(() => child.kill())
    })

  const notice = "Offline: rules reply. Set OPENAI_API_KEY (or OPENAI_BASE_URL) for a real model."

  it.live(
    "reads the shipped files",
    () =>
      Effect.gen(function* () {
        const at = yield* folder({})
        const { code, err, out } = yield* program("--output", at("out.yaml"), "-c", "8")
        assert.deepStrictEqual({ code, err }, { code: 0, err: [notice] })
        assert.match(out, /^15\/15 {2}/m)
        assert.match(out, /^Søren Ållbeck +soren\.allbeck@example\.com +3 +11$/m)
        assert.isTrue(out.endsWith(`written: ${at("out.yaml")}\n`))
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
    60_000
  )

  it.live(
    "says in one line what is wrong, and ends with 1",
    () =>
      Effect.gen(function* () {
        const at = yield* folder({ "a.txt": Uint8Array.of(0xff) })
        const failure = (...args: ReadonlyArray<string>) => program(...args, "--output", at("out.yaml"))
        const results = yield* Effect.all(
          [failure("--concurrency", "0"), failure("--concurrency", "abc"), failure(at("no")), failure(at("a.txt"))],
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(
          results.map(({ code, err }) => [code, ...err]),
          [
            [1, 'error: Invalid value for flag --concurrency: "0". Expected: at least 1 (see --help)'],
            [
              1,
              'error: Invalid value for flag --concurrency: "abc". Expected a string representing a finite number (see --help)'
            ],
            [1, notice, `error: ${at("no")}: no such file or folder`],
            [1, notice, `error: ${at("a.txt")}: not a text file: invalid UTF-8; nothing was written`]
          ]
        )
        const fs = yield* FileSystem.FileSystem
        assert.deepStrictEqual(yield* fs.readDirectory(at("")), ["a.txt"])
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
    60_000
  )

  it.live("compares one at a time with several", () =>
    Effect.gen(function* () {
      const at = yield* folder({
        "a.txt": "Ada Lovelace\nada@example.com\nEducation\n1842 Turin",
        "b.txt": "Rye bread"
      })
      const { err, ok, out } = yield* runExample(resumesProgram, "--compare", "-o", at("out.yaml"), at(""))
      assert.deepStrictEqual([ok, err], [true, notice])
      assert.match(out, /one at a time: \d+\.\d s {3}4 at a time: \d+\.\d s {3}\(\d+\.\d times as fast\)$/)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.live(
    "has help",
    () =>
      Effect.gen(function* () {
        const { code, err, out } = yield* program("--help")
        assert.deepStrictEqual({ code, err }, { code: 0, err: [] })
        for (const option of ["path", "--concurrency", "--output", "--help"]) assert.include(out, option)
      }),
    60_000
  )
})
