/** Writing results so that a reader finds the old file or the new one, and never a part of either. */
import { Effect, FileSystem, Path } from "effect"

/**
 * Writes a file, text or bytes: to a temporary file beside it first, which then takes its place. A failure or an interruption
 * leaves what was there. Missing folders are made.
 */
export const writeAtomically = Effect.fn("writeAtomically")(function* (path: string, content: string | Uint8Array) {
  const fs = yield* FileSystem.FileSystem
  const directory = (yield* Path.Path).dirname(path)
  yield* fs.makeDirectory(directory, { recursive: true })
  const temporary = yield* fs.makeTempFileScoped({ directory, prefix: ".writing-" })
  const file = yield* fs.open(temporary, { flag: "w" })
  yield* file.writeAll(typeof content === "string" ? new TextEncoder().encode(content) : content)
  yield* file.sync
  yield* fs.rename(temporary, path)
}, Effect.scoped)
