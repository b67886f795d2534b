import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer } from "effect"
import { Flow } from "effect-pocketflow"
import { readFileSync } from "node:fs"
import { parse } from "yaml"
import { resumes } from "./flow.ts"
import type { Result, Resume } from "./Resume.ts"
import { here, offline, start, folder } from "./testing.ts"

describe("résumés: the shipped files", () => {
  interface Expected extends Omit<Resume, "jobs"> {
    readonly jobs: ReadonlyArray<string>
  }
  const expected: Readonly<Record<string, Expected>> = parse(readFileSync(`${here}/expected.yaml`, "utf8"))

  it.effect("finds everybody with all they say, and no résumé in the recipe", () =>
    Effect.gen(function* () {
      const at = yield* folder({})
      const run = yield* Flow.run(resumes({ concurrency: 4 }), start([`${here}/data`], at("out/resumes.yaml")))
      assert.strictEqual(run.outcome, "written")
      const files = [...Object.keys(expected), "not-a-resume.txt"].toSorted()
      const wanted = files.map((name): Result => {
        const file = `${here}/data/${name}`
        const resume = expected[name]
        if (resume === undefined) {
          const reason = "no sign of an e-mail address or a phone number, nor of a job or an education"
          return { _tag: "Skipped", file, reason }
        }
        const jobs = resume.jobs.map((job) => {
          const [title = "", company = null, dates = null] = job.split(" | ")
          return { title, company, dates }
        })
        return { _tag: "Parsed", file, resume: { ...resume, jobs } }
      })
      assert.deepStrictEqual(run.store.results, wanted)

      const fs = yield* FileSystem.FileSystem
      const written = parse(yield* fs.readFileString(at("out/resumes.yaml")))
      assert.deepStrictEqual(
        written.resumes,
        wanted.flatMap((result) => (result._tag === "Parsed" ? [{ file: result.file, ...result.resume }] : []))
      )
      assert.deepStrictEqual(written.skipped.length, 1)
      assert.deepStrictEqual(written.failed, [])
    }).pipe(Effect.scoped, Effect.provide(Layer.merge(offline, NodeServices.layer)))
  )
})
