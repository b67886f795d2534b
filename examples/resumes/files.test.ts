import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, FileSystem, Layer, PlatformError, Queue, Stream } from "effect"
import { LanguageModel } from "effect/ai"
import { Flow } from "effect-pocketflow"
import { readFileSync } from "node:fs"
import { parse } from "yaml"
import { UnusablePath } from "../shared/files.ts"
import { resumes } from "./flow.ts"
import { anybody, here, offline, start, folder, fenced, somebody, scripted } from "./testing.ts"

describe("résumés: the output", () => {
  const earlier = { "a.txt": "first", "out.yaml": "earlier" }

  /** What is in the folder after a run that did not end well. */
  const nothingLost = Effect.fn(function* (at: (name: string) => string) {
    const fs = yield* FileSystem.FileSystem
    assert.strictEqual(yield* fs.readFileString(at("out.yaml")), "earlier")
    assert.deepStrictEqual((yield* fs.readDirectory(at(""))).toSorted(), ["a.txt", "out.yaml"])
  })

  it.effect("takes the place of an earlier one", () =>
    Effect.gen(function* () {
      const at = yield* folder(earlier)
      const model = yield* scripted(somebody)
      yield* Flow.run(resumes({ concurrency: 1 }), start([at("")], at("out.yaml"))).pipe(Effect.provide(model.layer))
      const fs = yield* FileSystem.FileSystem
      assert.deepStrictEqual(parse(yield* fs.readFileString(at("out.yaml"))), {
        resumes: [{ file: at("a.txt"), ...anybody }],
        skipped: [],
        failed: []
      })
      assert.deepStrictEqual((yield* fs.readDirectory(at(""))).toSorted(), ["a.txt", "out.yaml"])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("stays when the run is interrupted", () =>
    Effect.gen(function* () {
      const at = yield* folder(earlier)
      const asked = yield* Queue.unbounded<void>()
      const silent = Layer.effect(
        LanguageModel.LanguageModel,
        LanguageModel.make({
          generateText: () => Effect.andThen(Queue.offer(asked, undefined), Effect.never),
          streamText: () => Stream.die("unused")
        })
      )
      const fiber = yield* Flow.run(resumes({ concurrency: 1 }), start([at("")], at("out.yaml"))).pipe(
        Effect.provide(silent),
        Effect.forkChild
      )
      yield* Queue.take(asked)
      yield* Fiber.interrupt(fiber)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
      yield* nothingLost(at)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect.each(["writeAll", "rename"] as const)("stays when %s fails", (method) =>
    Effect.gen(function* () {
      const at = yield* folder(earlier)
      const model = yield* scripted(somebody)
      const fs = yield* FileSystem.FileSystem
      const full = PlatformError.systemError({
        _tag: "Unknown",
        module: "FileSystem",
        method,
        description: "disk full"
      })
      const broken = FileSystem.FileSystem.of({
        ...fs,
        open: (path, options) =>
          method === "rename"
            ? fs.open(path, options)
            : Effect.map(fs.open(path, options), (file) => ({
                ...file,
                writeAll: (bytes) => Effect.andThen(file.write(bytes.slice(0, 3)), Effect.fail(full))
              })),
        rename: (from, to) => (method === "rename" ? Effect.fail(full) : fs.rename(from, to))
      })
      const error = yield* Flow.run(resumes({ concurrency: 1 }), start([at("")], at("out.yaml"))).pipe(
        Effect.provide(model.layer),
        Effect.provideService(FileSystem.FileSystem, broken),
        Effect.flip
      )
      assert.strictEqual(error, full)
      yield* nothingLost(at)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("stays when no file is a résumé", () =>
    Effect.gen(function* () {
      const at = yield* folder(earlier)
      const model = yield* scripted(fenced("not_a_resume: a poem"))
      const run = yield* Flow.run(resumes({ concurrency: 1 }), start([at("")], at("out.yaml"))).pipe(
        Effect.provide(model.layer)
      )
      assert.strictEqual(run.outcome, "nothing")
      yield* nothingLost(at)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )
})

describe("résumés: the input", () => {
  const run = (paths: ReadonlyArray<string>, output: string) =>
    Flow.run(resumes({ concurrency: 2 }), start(paths, output)).pipe(Effect.provide(offline))

  it.effect("is each .txt file of a folder and each file that is named, once", () =>
    Effect.gen(function* () {
      const at = yield* folder({ "b.txt": "b", "a.TXT": "a", "notes.md": "m", "other.html": "h" })
      const fs = yield* FileSystem.FileSystem
      yield* fs.makeDirectory(at("folder.txt"))
      const { store } = yield* run([at("notes.md"), at(""), at("b.txt")], at("out.yaml"))
      assert.deepStrictEqual(store.files, [at("notes.md"), at("a.TXT"), at("b.txt")])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("is recorded as failed where it is no text, and the rest goes on", () =>
    Effect.gen(function* () {
      const at = yield* folder({
        "1.txt": Uint8Array.of(0x61, 0xff, 0xfe),
        "2.txt": "binary\0",
        "3.txt": "\ufeff\n",
        "5.txt": readFileSync(`${here}/data/gideon-marlowitz.txt`)
      })
      const fs = yield* FileSystem.FileSystem
      yield* fs.symlink(at("nowhere"), at("4.txt"))
      const { outcome, store } = yield* run([at("")], at("out.yaml"))
      assert.strictEqual(outcome, "written")
      assert.deepStrictEqual(store.results.slice(0, 4), [
        { _tag: "Failed", file: at("1.txt"), reason: "not a text file: invalid UTF-8" },
        { _tag: "Failed", file: at("2.txt"), reason: "not a text file: binary data" },
        { _tag: "Failed", file: at("3.txt"), reason: "the file is empty" },
        { _tag: "Failed", file: at("4.txt"), reason: "no such file or folder" }
      ])
      assert.strictEqual(store.results[4]?._tag, "Parsed")
      const written = parse(yield* fs.readFileString(at("out.yaml")))
      assert.deepStrictEqual([written.resumes.length, written.skipped.length, written.failed.length], [1, 0, 4])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("ends the run where there is nothing to read, or nowhere to write", () =>
    Effect.gen(function* () {
      const at = yield* folder({ "a.txt": "a", "b.txt": "b" })
      const fs = yield* FileSystem.FileSystem
      yield* fs.makeDirectory(at("empty"))
      const locked = FileSystem.FileSystem.of({
        ...fs,
        access: (path, options) =>
          path === at("b.txt")
            ? Effect.fail(
                PlatformError.systemError({ _tag: "PermissionDenied", module: "FileSystem", method: "access" })
              )
            : fs.access(path, options)
      })
      const messageOf = (path: string, output = at("out/out.yaml")) =>
        run([at("a.txt"), path], output).pipe(
          Effect.provideService(FileSystem.FileSystem, locked),
          Effect.flip,
          Effect.map((error) => {
            assert.instanceOf(error, UnusablePath)
            return error.message
          })
        )
      assert.strictEqual(yield* messageOf(at("missing")), `${at("missing")}: no such file or folder`)
      assert.strictEqual(yield* messageOf(at("empty")), `${at("empty")}: no .txt files in this folder`)
      assert.strictEqual(yield* messageOf(at("b.txt")), `${at("b.txt")}: permission denied`)
      assert.strictEqual(yield* messageOf("/dev/null"), "/dev/null: neither a file nor a folder")
      assert.strictEqual(yield* messageOf(at("a.txt"), at("empty")), `${at("empty")}: is a folder, not a file to write`)
      assert.include(yield* messageOf(at("a.txt"), at("a.txt/out.yaml")), `${at("a.txt/out.yaml")}: ENOTDIR`)
      assert.deepStrictEqual((yield* fs.readDirectory(at(""))).toSorted(), ["a.txt", "b.txt", "empty"])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("is not overwritten by the output, whatever it is called", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const at = yield* folder({ "a.txt": "Ada", "b.txt": "Bob" })
      yield* fs.symlink(at("b.txt"), at("link.yaml"))
      for (const output of [at("b.txt"), `${at("")}/./b.txt`, at("link.yaml")]) {
        const error = yield* Effect.flip(run([at("")], output))
        assert.strictEqual(error.message, `${output}: is an input, and would be overwritten`)
      }
      assert.strictEqual(yield* fs.readFileString(at("b.txt")), "Bob")
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )
})
