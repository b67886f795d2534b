import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, PlatformError, Redacted, Result } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { createServer } from "node:http"
import { readFolder } from "./folder.ts"
import { parseAddress } from "./repository.ts"
import { Sources } from "./sources.ts"

const selection = { include: ["*.ts", "*.md"], exclude: ["test/"], maxSize: 100 }

/** A temporary folder with these files. */
const folderOf = Effect.fnUntraced(function* (files: Readonly<Record<string, string | Uint8Array>>) {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped()
  for (const [path, content] of Object.entries(files)) {
    yield* fs.makeDirectory(`${folder}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true })
    yield* fs.writeFile(`${folder}/${path}`, typeof content === "string" ? new TextEncoder().encode(content) : content)
  }
  return folder
})

const git = (folder: string, ...args: ReadonlyArray<string>) =>
  ChildProcessSpawner.ChildProcessSpawner.use((spawner) =>
    spawner.string(
      ChildProcess.make("git", ["-c", "user.name=a", "-c", "user.email=a@b.c", ...args], {
        cwd: folder,
        extendEnv: true
      })
    )
  )

describe("a folder", () => {
  it.effect("is read as its .gitignore files say; what is left out is told", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const outside = yield* folderOf({ "secret.ts": "secret" })
      const folder = yield* folderOf({
        ".git/config": "x",
        ".gitignore": "*.log.ts\nbuilt/\n",
        "b.ts": "b\r\nb",
        "a.md": "a",
        "x.log.ts": "x",
        "built/x.ts": "x",
        "test/x.ts": "x",
        "logo.png": "x",
        "large.ts": "x".repeat(101),
        "binary.ts": new Uint8Array([97, 0, 98]),
        "latin.ts": new Uint8Array([0xe9]),
        "empty.ts": " \n",
        "deep/.gitignore": "!keep.log.ts\nown.ts\n",
        "deep/keep.log.ts": "kept",
        "deep/own.ts": "x",
        "deep/down/own.ts": "x",
        "deep/down/x.log.ts": "x",
        "own.ts": "own"
      })
      yield* fs.symlink(`${outside}/secret.ts`, `${folder}/link.ts`)
      yield* fs.symlink(outside, `${folder}/linked`)
      const { files, skipped } = yield* readFolder(folder, selection)
      assert.deepStrictEqual(files, [
        { path: "a.md", text: "a" },
        { path: "b.ts", text: "b\nb" },
        { path: "deep/keep.log.ts", text: "kept" },
        { path: "own.ts", text: "own" }
      ])
      const aLink = "a link; what it leads to is read where it is, if it is in the folder"
      assert.deepStrictEqual(Object.fromEntries(skipped.map(({ path, reason }) => [path, reason])), {
        ".gitignore": "no source, by its name",
        "binary.ts": "no text: binary data",
        built: "ignored by `built/` of a .gitignore",
        "deep/.gitignore": "no source, by its name",
        "deep/down/own.ts": "ignored by `own.ts` of a .gitignore",
        "deep/down/x.log.ts": "ignored by `*.log.ts` of a .gitignore",
        "deep/own.ts": "ignored by `own.ts` of a .gitignore",
        "empty.ts": "empty",
        "large.ts": "larger than 100 bytes",
        "latin.ts": "no text: invalid UTF-8",
        "link.ts": aLink,
        linked: aLink,
        "logo.png": "no source, by its name",
        test: "excluded by `test/`",
        "x.log.ts": "ignored by `*.log.ts` of a .gitignore"
      })
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("obeys the .gitignore files above it, up to the repository, and no further", () =>
    Effect.gen(function* () {
      const folder = yield* folderOf({
        ".gitignore": "*.ts\n",
        "repository/.git/config": "x",
        "repository/.gitignore": "/code/dist/\n",
        "repository/code/a.ts": "a",
        "repository/code/dist/a.ts": "x"
      })
      const { files, skipped } = yield* readFolder(`${folder}/repository/code`, selection)
      assert.deepStrictEqual(files, [{ path: "a.ts", text: "a" }])
      assert.deepStrictEqual(skipped, [{ path: "dist", reason: "ignored by `/code/dist/` of a .gitignore" }])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("is read if it is asked for by name, though it is ignored from above", () =>
    Effect.gen(function* () {
      const folder = yield* folderOf({ ".git/config": "x", ".gitignore": "built/\n", "built/a.ts": "a" })
      const { files } = yield* readFolder(`${folder}/built`, selection)
      assert.deepStrictEqual(files, [{ path: "a.ts", text: "a" }])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("is read where tests are taken back in", () =>
    Effect.gen(function* () {
      const folder = yield* folderOf({ "test/a.ts": "a" })
      const { files } = yield* readFolder(folder, { ...selection, exclude: ["test/", "!test/"] })
      assert.deepStrictEqual(files, [{ path: "test/a.ts", text: "a" }])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )
})

describe("a repository", () => {
  const read = (address: string) => {
    const repository = Result.getOrThrow(parseAddress(address))
    return Sources.use(({ read }) => read).pipe(Effect.provide(Sources.repository(repository, selection)))
  }

  it.live("is cloned, and gone afterwards", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* folderOf({ "a.ts": "a", "ignored.ts": "x", ".gitignore": "ignored.ts" })
      yield* git(folder, "init", "--quiet")
      yield* git(folder, "add", "a.ts", ".gitignore")
      yield* git(folder, "commit", "--quiet", "--message", "first")
      const temporary = yield* fs.makeTempDirectoryScoped()
      const { files } = yield* read(`file://${folder}`).pipe(
        Effect.provideService(FileSystem.FileSystem, {
          ...fs,
          makeTempDirectoryScoped: () => fs.makeTempDirectoryScoped({ directory: temporary })
        })
      )
      assert.deepStrictEqual(files, [{ path: "a.ts", text: "a" }])
      assert.deepStrictEqual(yield* fs.readDirectory(temporary), [])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.live("that is not there fails as such", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(read("file:///nowhere/project.git"))
      assert.strictEqual(error._tag, "CloneFailed")
      assert.match(error.message, /^file:\/\/\/nowhere\/project\.git: fatal: .*\/nowhere\/project\.git/)
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.effect("with an address for ssh is given to git as it is", () =>
    Effect.gen(function* () {
      const asked: Array<unknown> = []
      const refused = PlatformError.systemError({ _tag: "PermissionDenied", module: "Command", method: "spawn" })
      const error = yield* read("git@h.org:a/b.git").pipe(
        Effect.provideService(
          ChildProcessSpawner.ChildProcessSpawner,
          ChildProcessSpawner.make((command) => {
            if (command._tag === "StandardCommand") asked.push(command.args.slice(-3, -1), command.options.env)
            return Effect.fail(refused)
          })
        ),
        Effect.flip
      )
      assert.strictEqual(error._tag, "CloneFailed")
      assert.deepStrictEqual(asked, [
        ["--", "git@h.org:a/b.git"],
        { GIT_TERMINAL_PROMPT: "0", GIT_SSH_COMMAND: "ssh -o BatchMode=yes", GIT_LFS_SKIP_SMUDGE: "1" }
      ])
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.effect("needs git", () =>
    Effect.gen(function* () {
      const missing = PlatformError.systemError({ _tag: "NotFound", module: "Command", method: "spawn" })
      const error = yield* read("https://example.org/project.git").pipe(
        Effect.provideService(
          ChildProcessSpawner.ChildProcessSpawner,
          ChildProcessSpawner.make(() => Effect.fail(missing))
        ),
        Effect.flip
      )
      assert.strictEqual(error.message, "git is not installed, or not in the PATH")
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.live("gets its credentials, and shows them nowhere", () =>
    Effect.gen(function* () {
      const seen: Array<string | undefined> = []
      const port = yield* Effect.acquireRelease(
        Effect.callback<{ readonly port: number; readonly close: () => void }>((resume) => {
          const server = createServer((request, response) => {
            seen.push(request.headers.authorization)
            response.writeHead(404).end()
          })
          server.listen(0, "127.0.0.1", () => {
            const address = server.address()
            const port = typeof address === "object" && address !== null ? address.port : 0
            resume(Effect.succeed({ port, close: () => server.close() }))
          })
        }),
        ({ close }) => Effect.sync(close)
      ).pipe(Effect.map(({ port }) => port))
      const error = yield* Effect.flip(read(`http://ada:pa%24s@127.0.0.1:${port}/x.git?token=tok`))
      assert.strictEqual(seen[0], `Basic ${btoa("ada:pa$s")}`)
      assert.notMatch(JSON.stringify(error) + error.message, /ada|pa\$s|pa%24s|tok/)
      assert.include(error.message, `http://127.0.0.1:${port}/x.git: `)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it("has an address that is safe to give to git, and to show", () => {
    const parsed = (text: string) =>
      Result.map(parseAddress(text), ({ credentials, ...rest }) => ({
        ...rest,
        ...(credentials && { credentials: Redacted.value(credentials) })
      }))
    assert.deepStrictEqual(
      ["https://user:pw@h.org/a/b.git/?t=1#x", "git@h.org:a/b.git", "ssh://git@h.org/~a/b"].map(parsed),
      [
        Result.succeed({
          address: "https://h.org/a/b.git/?t=1#x",
          shown: "https://h.org/a/b.git/",
          name: "b",
          credentials: "user:pw"
        }),
        Result.succeed({ address: "git@h.org:a/b.git", shown: "git@h.org:a/b.git", name: "b" }),
        Result.succeed({ address: "ssh://git@h.org/~a/b", shown: "ssh://h.org/~a/b", name: "b" })
      ]
    )
    const refused = ["-x", "--upload-pack=x", "ext::sh -c x", "/etc", "javascript:alert(1)", "", "https://%zz:x@h.org/"]
    assert.deepStrictEqual(
      refused.filter((text) => Result.isSuccess(parsed(text))),
      []
    )
  })
})
