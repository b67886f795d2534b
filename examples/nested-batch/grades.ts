/** What the folders say: `school/class/roster.txt` has the names of a class, `school/class/ada-brook.txt` the grades of one. */
import { Effect, FileSystem, Path, Schema } from "effect"
import { readInput, readText, UnusablePath } from "../shared/files.ts"

/** A pupil without an average: the file is missing, or has something else in it. */
class NoGrades extends Schema.TaggedError<NoGrades>()("NoGrades", {
  file: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `${this.file}: ${this.reason}`
  }
}

/** The folders in a folder, by name. */
export const foldersIn = Effect.fn("foldersIn")(function* (folder: string) {
  const fs = yield* FileSystem.FileSystem
  const { join } = yield* Path.Path
  const entries = yield* Effect.mapError(
    fs.readDirectoryEntries(folder),
    () => new UnusablePath({ path: folder, reason: "no folder that can be read" })
  )
  const names = entries.filter(({ type }) => type === "Directory").map(({ name }) => name)
  if (names.length === 0) return yield* new UnusablePath({ path: folder, reason: "no folders in this folder" })
  return names.toSorted().map((name) => ({ folder: join(folder, name) }))
})

/** The pupils of a class, and where their grades should be. */
export const rosterOf = Effect.fn("rosterOf")(function* (folder: string) {
  const { join } = yield* Path.Path
  const text = yield* readInput(join(folder, "roster.txt"))
  const names = text.split("\n").flatMap((line) => line.trim() || [])
  return Array.from(new Set(names), (name) => ({ name, file: join(folder, `${slug(name)}.txt`) }))
})

/** The average of the grades in a file, each on a line: `maths: 85`. */
export const averageIn = Effect.fn("averageIn")(function* (file: string) {
  const text = yield* Effect.mapError(readText(file), ({ message }) => new NoGrades({ file, reason: message }))
  const lines = text.split("\n").flatMap((line) => line.trim() || [])
  const grades = yield* Effect.forEach(lines, (line) => {
    const grade = Number(/^[^:]+:\s*(\d{1,3}(?:\.\d+)?)$/.exec(line)?.[1])
    return grade <= 100
      ? Effect.succeed(grade)
      : Effect.fail(new NoGrades({ file, reason: `"${line}" is no grade from 0 to 100` }))
  })
  return meanOf(grades)
})

export const meanOf = (numbers: ReadonlyArray<number>): number =>
  numbers.reduce((sum, n) => sum + n, 0) / numbers.length

/** The name of a pupil as the name of a file: `Chloé Dufour` is `chloe-dufour`. */
const slug = (name: string): string =>
  name
    .normalize("NFD")
    .toLowerCase()
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[^\p{L}\d]+/gu, "-")
