/** The folder that a tutorial is written to. Nothing in it is touched that this program has not written. */
import { Effect, FileSystem, Path, Schema } from "effect"
import { writeAtomically } from "../shared/output.ts"
import { mark } from "./pages.ts"
import type { Page } from "./Tutorial.ts"

/** A file that somebody else has written stands where a page would be. */
class ForeignFile extends Schema.TaggedError<ForeignFile>()("ForeignFile", { path: Schema.String }) {
  override get message(): string {
    return `${this.path} is not of this program and would be overwritten; choose another --output or --name`
  }
}

/** The pages of an earlier run in a folder. Fails if one of them is something else. */
export const earlierPages = Effect.fn("earlierPages")(function* (folder: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const names = yield* fs
    .readDirectory(folder)
    .pipe(Effect.catchReason("PlatformError", "NotFound", () => Effect.succeed([])))
  const pages = names.filter((name) => /^(?:index|left-out|\d\d-.*)\.md$/.test(name))
  for (const name of pages) {
    const file = path.join(folder, name)
    if (!(yield* fs.readFileString(file)).trimEnd().endsWith(mark)) return yield* new ForeignFile({ path: file })
  }
  return pages
})

/** Writes the pages in their order, each as a whole, and then removes those of an earlier run that are no more. */
export const writePages = Effect.fn("writePages")(function* (folder: string, pages: ReadonlyArray<Page>) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const before = yield* earlierPages(folder)
  for (const { file, text } of pages) yield* writeAtomically(path.join(folder, file), text)
  for (const name of before) {
    if (!pages.some(({ file }) => file === name)) yield* fs.remove(path.join(folder, name))
  }
})
