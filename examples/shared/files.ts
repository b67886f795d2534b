/** Which files there are to read, and what is in them. */
import { Effect, FileSystem, Option, Path, Schema } from "effect"
import type { PlatformError } from "effect/PlatformError"

/** A path that there is nothing to do with. */
export class UnusablePath extends Schema.TaggedError<UnusablePath>()("UnusablePath", {
  path: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `${this.path}: ${this.reason}`
  }
}

/** A file that cannot be read as text. */
export class UnreadableFile extends Schema.TaggedError<UnreadableFile>()("UnreadableFile", {
  message: Schema.String
}) {}

/** Each path that is a file, and the `.txt` files of each that is a folder, every one once. */
export const listTexts = (paths: ReadonlyArray<string>) => listFiles(paths, ["txt"])

/** Each path that is a file, and the files with these extensions of each that is a folder, every one once. */
export const listFiles = Effect.fn("listFiles")(function* (
  paths: ReadonlyArray<string>,
  extensions: ReadonlyArray<string>
) {
  const files = yield* Effect.forEach(paths, filesAt(extensions))
  return Array.from(new Set(files.flat()))
})

const filesAt = (extensions: ReadonlyArray<string>) =>
  Effect.fnUntraced(function* (path: string) {
    const fs = yield* FileSystem.FileSystem
    const { extname, join, normalize } = yield* Path.Path
    const { type } = yield* Effect.mapError(fs.stat(path), unusable(path))
    if (type === "File") {
      yield* Effect.mapError(fs.access(path, { readable: true }), unusable(path))
      return [normalize(path)]
    }
    if (type !== "Directory") return yield* new UnusablePath({ path, reason: "neither a file nor a folder" })
    const entries = yield* Effect.mapError(fs.readDirectoryEntries(path), unusable(path))
    const found = entries.filter(
      ({ name, type }) =>
        extensions.includes(extname(name).slice(1).toLowerCase()) && (type === "File" || type === "SymbolicLink")
    )
    if (found.length > 0) return found.map(({ name }) => join(path, name)).toSorted()
    const kinds = extensions.map((extension) => `.${extension}`).join(", ")
    return yield* new UnusablePath({ path, reason: `no ${kinds} files in this folder` })
  })

/** Fails where a file cannot be written, or is one of the inputs, to say so before the work is done. */
export const checkOutput = (path: string, inputs: ReadonlyArray<string> = []) => checkOutputs([path], inputs)

/** The same for many files. */
export const checkOutputs = Effect.fn("checkOutputs")(function* (
  paths: ReadonlyArray<string>,
  inputs: ReadonlyArray<string>
) {
  const read = new Set(yield* Effect.forEach(inputs, identity))
  for (const path of paths) {
    yield* checkWritable(path)
    const written = yield* identity(path)
    if (written !== undefined && read.has(written)) {
      return yield* new UnusablePath({ path, reason: "is an input, and would be overwritten" })
    }
  }
})

/** What a file is called by the system, whatever names lead to it. */
const identity = (path: string) =>
  FileSystem.FileSystem.use((fs) => fs.stat(path)).pipe(
    Effect.map(({ dev, ino }) => (Option.isSome(ino) ? `${dev}:${ino.value}` : undefined)),
    Effect.orElseSucceed(() => undefined)
  )

const checkWritable = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  const { dirname, resolve } = yield* Path.Path
  const typeOf = (path: string) =>
    fs.stat(path).pipe(
      Effect.map(({ type }) => type),
      Effect.catchReason("PlatformError", "NotFound", () => Effect.undefined)
    )
  if ((yield* Effect.mapError(typeOf(path), unusable(path))) === "Directory") {
    return yield* new UnusablePath({ path, reason: "is a folder, not a file to write" })
  }
  let folder = dirname(resolve(path))
  while ((yield* Effect.mapError(typeOf(folder), unusable(path))) === undefined) folder = dirname(folder)
  yield* Effect.mapError(fs.access(folder, { writable: true }), unusable(path))
})

/** The text of a file, which must be UTF-8. */
export const readText = Effect.fn("readText")(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const bytes = yield* Effect.mapError(fs.readFile(file), (error) => new UnreadableFile({ message: reasonOf(error) }))
  const text = yield* Effect.try({
    try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
    catch: () => new UnreadableFile({ message: "not a text file: invalid UTF-8" })
  })
  if (text.includes("\0")) return yield* new UnreadableFile({ message: "not a text file: binary data" })
  if (text.trim() === "") return yield* new UnreadableFile({ message: "the file is empty" })
  return text
})

/** The text of a file that the command line names. */
export const readInput = (path: string) =>
  Effect.mapError(readText(path), ({ message }) => new UnusablePath({ path, reason: message }))

/** The folder `data` of an example, as it is shown to users. */
export const samplesOf = (example: string) =>
  Path.Path.useSync(({ join, relative }) => relative("", join(example, "data")) || ".")

const unusable = (path: string) => (error: PlatformError) => new UnusablePath({ path, reason: reasonOf(error) })

const reasonOf = ({ reason }: PlatformError): string => {
  if (reason._tag === "NotFound") return "no such file or folder"
  if (reason._tag === "PermissionDenied") return "permission denied"
  return reason.cause instanceof Error ? reason.cause.message : reason.message
}
