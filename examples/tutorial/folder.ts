/** The text files of a folder: what `.gitignore` and the options leave of it, and what was left out for which reason. */
import { Effect, FileSystem, Path, Result } from "effect"
import type { PlatformError } from "effect/PlatformError"
import ignore from "ignore"
import type { Skipped, SourceFile } from "./Tutorial.ts"

/** Patterns are those of `.gitignore`; `exclude` may take a file back in, as `!test/`. */
export interface Selection {
  readonly include: ReadonlyArray<string>
  readonly exclude: ReadonlyArray<string>
  /** The largest file that is read, in bytes. */
  readonly maxSize: number
}

export const readFolder = Effect.fn("readFolder")(function* (root: string, selection: Selection) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const { found, ignored } = yield* walk(yield* fs.realPath(root), selection)
  const read = yield* Effect.forEach(
    found,
    (file) => Effect.result(readText(path.join(root, file), selection.maxSize)),
    { concurrency: 16 }
  )
  const files: Array<SourceFile> = []
  const skipped: Array<Skipped> = [...ignored]
  for (const [i, result] of read.entries()) {
    const file = found[i]!
    if (Result.isSuccess(result)) files.push({ path: file, text: result.success })
    else skipped.push({ path: file, reason: result.failure })
  }
  return { files, skipped }
})

// internal

const walk = Effect.fnUntraced(function* (root: string, { exclude, include }: Selection) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const found: Array<string> = []
  const ignored: Array<Skipped> = []
  const included = ignore().add(include)
  const excluded = ignore().add(exclude)
  const relative = (from: string, to: string) => path.relative(from, to).split(path.sep).join("/")

  /** The rules of the `.gitignore` in a folder, if there is one. */
  const rulesIn = (folder: string) =>
    fs.readFileString(path.join(folder, ".gitignore")).pipe(
      Effect.map((text): ReadonlyArray<Rules> => [{ folder, patterns: ignore().add(text) }]),
      Effect.orElseSucceed((): ReadonlyArray<Rules> => [])
    )

  /** Those of the folders above, as far as they belong to the same repository. */
  const rulesAbove = Effect.fnUntraced(function* () {
    const folders = [root]
    while (!(yield* fs.exists(path.join(folders[0]!, ".git")))) {
      const above = path.dirname(folders[0]!)
      if (above === folders[0]) return []
      folders.unshift(above)
    }
    const rules = (yield* Effect.forEach(folders.slice(0, -1), rulesIn)).flat()
    // Whoever asks for a folder that is itself ignored wants it all the same.
    return rules.filter(({ folder, patterns }) => !patterns.ignores(`${relative(folder, root)}/`))
  })

  /** Why an entry is left out. The innermost `.gitignore` that says anything decides. */
  const reasonFor = (file: string, isFolder: boolean, rules: ReadonlyArray<Rules>): string | undefined => {
    const end = isFolder ? "/" : ""
    const byOption = excluded.test(relative(root, file) + end)
    if (byOption.ignored) return `excluded by \`${byOption.rule?.pattern}\``
    for (const { folder, patterns } of rules.toReversed()) {
      const { ignored, rule, unignored } = patterns.test(relative(folder, file) + end)
      if (ignored) return `ignored by \`${rule?.pattern}\` of a .gitignore`
      if (unignored) return undefined
    }
    return undefined
  }

  const visit: (folder: string, rules: ReadonlyArray<Rules>) => Effect.Effect<void, PlatformError> = Effect.fnUntraced(
    function* (folder, above) {
      const rules = [...above, ...(yield* rulesIn(folder))]
      const entries = yield* fs.readDirectoryEntries(folder)
      for (const { name, type } of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
        const file = path.join(folder, name)
        const shown = relative(root, file)
        const leaveOut = (reason: string) => void ignored.push({ path: shown, reason })
        const reason = reasonFor(file, type === "Directory", rules)
        if (name === ".git") continue
        else if (reason !== undefined) leaveOut(reason)
        else if (/[\p{Cc}`]/u.test(name)) leaveOut("its name cannot be shown")
        else if (type === "SymbolicLink")
          leaveOut("a link; what it leads to is read where it is, if it is in the folder")
        else if (type === "Directory") {
          yield* Effect.catch(visit(file, rules), (error) => Effect.sync(() => leaveOut(reasonOf(error))))
        } else if (type !== "File") leaveOut("neither a file nor a folder")
        else if (included.ignores(shown)) found.push(shown)
        else leaveOut("no source, by its name")
      }
    }
  )

  yield* visit(root, yield* rulesAbove())
  return { found, ignored }
})

interface Rules {
  readonly folder: string
  readonly patterns: ignore.Ignore
}

/** The text of a file, or why it is none. */
const readText = Effect.fnUntraced(function* (file: string, maxSize: number) {
  const fs = yield* FileSystem.FileSystem
  const { size } = yield* Effect.mapError(fs.stat(file), reasonOf)
  if (size > maxSize) return yield* Effect.fail(`larger than ${maxSize} bytes`)
  const bytes = yield* Effect.mapError(fs.readFile(file), reasonOf)
  const text = yield* Effect.try({
    try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
    catch: () => "no text: invalid UTF-8"
  })
  if (text.includes("\0")) return yield* Effect.fail("no text: binary data")
  if (text.trim() === "") return yield* Effect.fail("empty")
  return text.replaceAll("\r\n", "\n")
})

const reasonOf = ({ reason }: PlatformError): string =>
  reason._tag === "PermissionDenied" ? "permission denied" : reason._tag === "NotFound" ? "gone" : reason.message
