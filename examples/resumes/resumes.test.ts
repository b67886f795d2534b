import { OfflineModel } from "@effect-pocketflow/ai"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import {
  Duration,
  Effect,
  Exit,
  Fiber,
  FileSystem,
  Layer,
  Path,
  PlatformError,
  Queue,
  Random,
  Ref,
  Stream,
  Terminal
} from "effect"
import { AiError, LanguageModel } from "effect/ai"
import { TerminalCapabilities } from "effect/cli"
import { TestClock } from "effect/testing"
import { Flow } from "effect-pocketflow"
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { parse } from "yaml"
import { UnusablePath } from "../shared/files.ts"
import { runExample } from "../shared/testing.ts"
import { Batch, type Progress, resumes } from "./flow.ts"
import { program as resumesProgram } from "./program.ts"
import { readReply } from "./reply.ts"
import { progressLine, toTable } from "./report.ts"
import type { Result, Resume } from "./Resume.ts"
import { rules } from "./rules.ts"

const here = import.meta.dirname
const offline = OfflineModel.layer(rules)

const start = (paths: ReadonlyArray<string>, output: string): typeof Batch.Type => Batch.schema.make({ paths, output })

/** A folder for one test, with these files in it. */
const folder = Effect.fn(function* (files: Readonly<Record<string, string | Uint8Array>>) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const directory = yield* fs.makeTempDirectoryScoped()
  for (const [name, content] of Object.entries(files)) {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content
    yield* fs.writeFile(path.join(directory, name), bytes)
  }
  return (name: string) => path.join(directory, name)
})

const fenced = (yaml: string) => `\`\`\`yaml\n${yaml}\n\`\`\``
const somebody = fenced("name: Somebody\njobs: []\nskills: []")
const anybody: Resume = { name: "Somebody", email: null, phone: null, jobs: [], skills: [] }

/** A model that gives these answers, one a call and the last for ever, and tells of each call. */
const scripted = Effect.fnUntraced(function* (...answers: ReadonlyArray<string | AiError.AiErrorReason>) {
  const calls = yield* Queue.unbounded<string>()
  const rest = [...answers]
  const generateText = Effect.fnUntraced(function* (options: LanguageModel.ProviderOptions) {
    yield* Queue.offer(calls, JSON.stringify(options.prompt.content.at(-1)?.content))
    const answer = rest.length > 1 ? rest.shift()! : rest[0]!
    if (typeof answer === "string") return [{ type: "text" as const, text: answer }]
    return yield* AiError.make({ module: "Test", method: "generateText", reason: answer })
  })
  const layer = Layer.effect(
    LanguageModel.LanguageModel,
    LanguageModel.make({ generateText, streamText: () => Effect.die("unused") as never })
  )
  return { calls, layer }
})

/** Reads files at once: virtual time does not wait for the disk. */
const Immediate = Layer.effect(
  FileSystem.FileSystem,
  Effect.map(FileSystem.FileSystem, (fs) =>
    FileSystem.FileSystem.of({ ...fs, readFile: (path) => Effect.sync(() => readFileSync(path)) })
  )
).pipe(Layer.provideMerge(NodeServices.layer))

/** Goes on with a run from call to call: the next one comes after exactly this many milliseconds. */
const nextCallAfter = Effect.fnUntraced(function* (calls: Queue.Dequeue<string>, millis: number) {
  yield* TestClock.adjust(millis - 1)
  assert.strictEqual(yield* Queue.size(calls), 0)
  yield* TestClock.adjust(1)
  yield* Queue.take(calls)
})

const overloaded = new AiError.InternalProviderError({ description: "overloaded" })

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

describe("résumés: the offline rules", () => {
  const ask = (text: string) =>
    LanguageModel.generateText({
      prompt: [
        { role: "system", content: "You read résumés." },
        { role: "user", content: text }
      ]
    }).pipe(
      Effect.flatMap(({ text }) => readReply(text)),
      Effect.provide(offline)
    )

  it.effect("reads a person that is not in the shipped files", () =>
    Effect.gen(function* () {
      const resume = yield* ask(`Résumé
======

Carlos de la Fuente
carlos.delafuente@example.com
Phone: 415-555-0199

Employment History
------------------
2018 - 2023: Backend Developer, Copperline Software
- on call since 2019

Junior Developer                            Jan 2015 – Dec 2017
Ash & Elm, Inc.

Education
---------
2011 - 2014  BSc Computing

Technical Skills: Go, PHP, Docker`)
      assert.deepStrictEqual(resume, {
        name: "Carlos de la Fuente",
        email: "carlos.delafuente@example.com",
        phone: "415-555-0199",
        jobs: [
          { title: "Backend Developer", company: "Copperline Software", dates: "2018 - 2023" },
          { title: "Junior Developer", company: "Ash & Elm, Inc.", dates: "Jan 2015 – Dec 2017" }
        ],
        skills: ["Go", "PHP", "Docker"]
      })
    })
  )

  it.effect("reads the prompt: what is changed there is changed in the reply", () =>
    Effect.gen(function* () {
      const text = readFileSync(`${here}/data/tomas-okonkwo-lindgren.txt`, "utf8")
      const before = yield* ask(text)
      const after = yield* ask(
        text.replaceAll("Tomas", "Berit").replaceAll("Blue Tarn", "Red Hill").replace("Bash; ", "")
      )
      assert.deepStrictEqual(after, {
        ...before,
        name: "Berit Okonkwo-Lindgren",
        jobs: before.jobs.map((job) =>
          job.company === "Blue Tarn Cable" ? { ...job, company: "Red Hill Cable" } : job
        ),
        skills: before.skills.filter((skill) => skill !== "Bash")
      })
    })
  )

  it.effect.each([
    "Dear Ms Miller,\nthe meeting is on Thursday. Call me: 503-555-0100.\n\nSam Miller",
    "INVOICE 2024-113\nAcme Supplies, billing@acme.example.com\nPeriod: 01/2024 - 02/2024",
    "\u{1F600}",
    "-".repeat(50_000),
    "a".repeat(50_000),
    " ,|\t".repeat(10_000),
    "1 of 2020 - ".repeat(4_000),
    "\n \n".repeat(10_000)
  ])("takes nothing else for a résumé (%#)", (text) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(ask(text))
      assert.strictEqual(error._tag, "NotAResume")
    })
  )
})

describe("résumés: the reply of the model", () => {
  it.effect("keeps numbers and dates as they are written", () =>
    Effect.gen(function* () {
      const resume = yield* readReply(
        `Sure!\n${fenced("name: Ann\nemail: null\nphone: 0555\njobs:\n- {title: Cook, dates: 07.2010}\nskills: [1.0, yes]")}\nBye.`
      )
      assert.deepStrictEqual(resume, {
        name: "Ann",
        email: null,
        phone: "0555",
        jobs: [{ title: "Cook", company: null, dates: "07.2010" }],
        skills: ["1.0", "yes"]
      })
    })
  )

  it.effect.each([
    ["no fence", "name: Ann", "the reply has no YAML or JSON block"],
    ["an open fence", "```yaml\nname: Ann", "the reply ends before"],
    ["bad syntax", fenced("name: [Ann"), "the block is not YAML"],
    ["deep nesting", fenced("[".repeat(20_000)), "the block is nested"],
    ["many aliases", fenced(`a: &a [x]\nb: [${"*a,".repeat(200)}]`), "anchors and aliases"],
    ["no name", fenced("jobs: []\nskills: []"), "the reply does not fit"],
    ["another type", fenced("name: Ann\njobs: none\nskills: []"), "the reply does not fit"],
    ["text", fenced("Ann"), "the reply does not fit"]
  ] as const)("refuses %s", ([_what, reply, message]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(readReply(reply))
      assert.strictEqual(error._tag, "InvalidReply")
      assert.isTrue(error.message.startsWith(message), error.message)
    })
  )
})

/** Waits as long as they are before they are spread. */
const evenly = Effect.provideService(Random.Random, { nextIntUnsafe: () => 0, nextDoubleUnsafe: () => 0.5 })

describe("résumés: a model that fails", () => {
  it.effect("is asked four times, later and later; the file is recorded and the others go on", () =>
    Effect.gen(function* () {
      const at = yield* folder({ "a.txt": "first", "b.txt": "second" })
      const model = yield* scripted(overloaded, overloaded, overloaded, overloaded, somebody)
      const fiber = yield* Flow.run(resumes({ concurrency: 1 }), start([at("")], at("out.yaml"))).pipe(
        Effect.provide(model.layer),
        evenly,
        Effect.forkChild
      )
      assert.include(yield* Queue.take(model.calls), "first")
      for (const millis of [500, 1000, 2000]) yield* nextCallAfter(model.calls, millis)
      assert.include(yield* Queue.take(model.calls), "second")
      const run = yield* Fiber.join(fiber)
      const [a, b] = run.store.results
      assert.strictEqual(run.outcome, "written")
      assert.strictEqual(a?._tag, "Failed")
      assert.include(a?._tag === "Failed" ? a.reason : "", "overloaded")
      assert.deepStrictEqual(b, { _tag: "Parsed", file: at("b.txt"), resume: anybody })
    }).pipe(Effect.scoped, Effect.provide(Immediate))
  )

  it.effect("is asked again after a reply that cannot be read", () =>
    Effect.gen(function* () {
      const at = yield* folder({ "a.txt": "first" })
      const model = yield* scripted("I cannot do that.", fenced("name: [Ann"), somebody)
      const fiber = yield* Flow.run(resumes({ concurrency: 1 }), start([at("a.txt")], at("out.yaml"))).pipe(
        Effect.provide(model.layer),
        evenly,
        Effect.forkChild
      )
      yield* Queue.take(model.calls)
      for (const millis of [500, 1000]) yield* nextCallAfter(model.calls, millis)
      const run = yield* Fiber.join(fiber)
      assert.deepStrictEqual(run.store.results, [{ _tag: "Parsed", file: at("a.txt"), resume: anybody }])
    }).pipe(Effect.scoped, Effect.provide(Immediate))
  )

  it.effect("is asked again no sooner than it says", () =>
    Effect.gen(function* () {
      const at = yield* folder({ "a.txt": "first" })
      const model = yield* scripted(new AiError.RateLimitError({ retryAfter: Duration.seconds(20) }), somebody)
      const fiber = yield* Flow.run(resumes({ concurrency: 1 }), start([at("a.txt")], at("out.yaml"))).pipe(
        Effect.provide(model.layer),
        evenly,
        Effect.forkChild
      )
      yield* Queue.take(model.calls)
      yield* nextCallAfter(model.calls, 20_000)
      assert.strictEqual((yield* Fiber.join(fiber)).outcome, "written")
    }).pipe(Effect.scoped, Effect.provide(Immediate))
  )

  it.effect("is not asked again where that is no use", () =>
    Effect.gen(function* () {
      const at = yield* folder({ "a.txt": "first", "b.txt": "second" })
      const model = yield* scripted(
        new AiError.AuthenticationError({ kind: "InvalidKey" }),
        fenced("not_a_resume: a poem")
      )
      const run = yield* Flow.run(resumes({ concurrency: 1 }), start([at("")], at("out.yaml"))).pipe(
        Effect.provide(model.layer)
      )
      assert.strictEqual(yield* Queue.size(model.calls), 2)
      assert.strictEqual(run.outcome, "nothing")
      assert.strictEqual(run.store.results[0]?._tag, "Failed")
      assert.deepStrictEqual(run.store.results[1], { _tag: "Skipped", file: at("b.txt"), reason: "a poem" })
    }).pipe(Effect.scoped, Effect.provide(Immediate))
  )
})

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
})

describe("résumés: the terminal", () => {
  const file = (name: string): Result => ({ _tag: "Parsed", file: name, resume: anybody })
  const files = ["a.txt", "b\u001b[31m.txt"]
  const told: ReadonlyArray<Progress> = [
    { _tag: "Asking", file: files[0]!, attempt: 0 },
    { _tag: "Asking", file: files[1]!, attempt: 0 },
    file(files[1]!),
    { _tag: "Asking", file: files[0]!, attempt: 1 },
    { _tag: "Skipped", file: files[0]!, reason: "a poem" }
  ]
  const unused = Effect.die("unused")
  const shown = Effect.fn(function* (canAnimate: boolean) {
    const text = yield* Ref.make("")
    const terminal = Terminal.make({
      columns: Effect.succeed(24),
      rows: unused,
      size: unused,
      readInput: unused,
      readLine: unused,
      display: (part) => Ref.update(text, (before) => before + part)
    })
    yield* progressLine.pipe(
      Effect.flatMap(({ clear, show }) =>
        Effect.andThen(
          Effect.forEach(told, (event) => show(files.length, event)),
          clear
        )
      ),
      Effect.provideService(Terminal.Terminal, terminal),
      Effect.provideService(TerminalCapabilities.TerminalCapabilities, {
        canAnimate,
        canColor: false,
        canPrompt: false
      })
    )
    return yield* Ref.get(text)
  })

  it.effect("shows what is done, a line each, where lines cannot change", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* shown(false)).split("\n"), [
        "1/2  parsed     b [31m.txt",
        "1/2  attempt 2  a.txt",
        "2/2  skipped    a.txt",
        ""
      ])
    })
  )

  it.effect("shows one line that fits and goes away", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* shown(true)).split("\r\x1b[K"), [
        "",
        "0/2 asking a.txt",
        "0/2 asking b [31m.txt",
        "1/2 parsed b [31m.txt",
        "1/2 attempt 2 a.txt",
        "2/2 skipped a.txt",
        ""
      ])
    })
  )

  it("has a table of at most 80 columns, whatever people write", () => {
    const wide = { ...anybody, name: "漢".repeat(40), email: `${"x".repeat(60)}@example.com` }
    const poems = Array.from({ length: 5 }, (_, i): Result => ({ _tag: "Skipped", file: `${i}`, reason: "a\npoem" }))
    assert.deepStrictEqual(
      toTable([
        file("a"),
        ...poems,
        { _tag: "Parsed", file: "w", resume: wide },
        { _tag: "Failed", file: "f", reason: "?" }
      ]).split("\n"),
      [
        `Name${" ".repeat(24)}E-mail${" ".repeat(34)}Jobs  Skills`,
        `Somebody${" ".repeat(20)}-${" ".repeat(39)}   0       0`,
        `${"漢".repeat(12)}…   ${"x".repeat(37)}…     0       0`,
        "",
        "skipped: 0, 1, 2 and 2 more: a poem",
        "failed: f: ?"
      ]
    )
  })
})

describe("résumés: the program", () => {
  const sources = new Map([
    ["effect-pocketflow", new URL("../../packages/core/src/index.ts", import.meta.url).href],
    ["@effect-pocketflow/ai", new URL("../../packages/ai/src/index.ts", import.meta.url).href]
  ])
  /** The program runs on the sources of the packages, as the tests do. */
  const hooks = `
    import { registerHooks } from "node:module"
    const sources = new Map(${JSON.stringify([...sources])})
    registerHooks({ resolve: (name, context, next) => next(sources.get(name) ?? name, context) })`

  const program = (...args: ReadonlyArray<string>) =>
    Effect.callback<{ readonly code: number; readonly out: string; readonly err: ReadonlyArray<string> }>((resume) => {
      const env = { ...process.env, OPENAI_API_KEY: "", OPENAI_BASE_URL: "" }
      const command = [
        "--import",
        `data:text/javascript,${encodeURIComponent(hooks)}`,
        `${here}/../main.ts`,
        "resumes",
        ...args
      ]
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
      assert.match(out, /one at a time: 0\.\d s {3}4 at a time: 0\.\d s {3}\(\d\.\d times as fast\)$/)
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
