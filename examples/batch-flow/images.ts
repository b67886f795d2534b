/** What is done to images, with sharp. */
import { Array as Arr, Effect, FileSystem, Option, Path, Schema } from "effect"
import sharp, { type Sharp } from "sharp"
import { checkOutputs, UnusablePath } from "../shared/files.ts"
import { writeAtomically } from "../shared/output.ts"

/** A file that cannot be read as an image. */
export class UnreadableImage extends Schema.TaggedError<UnreadableImage>()("UnreadableImage", {
  path: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `${this.path}: ${this.reason}`
  }
}

export const Filter = Schema.Literals(["grayscale", "sepia", "blur", "outline"])

export type Filter = typeof Filter.Type

const apply: Readonly<Record<Filter, (image: Sharp) => Sharp>> = {
  grayscale: (image) => image.grayscale(),
  sepia: (image) =>
    image.recomb([
      [0.393, 0.769, 0.189],
      [0.349, 0.686, 0.168],
      [0.272, 0.534, 0.131]
    ]),
  blur: (image) => image.blur(5),
  outline: (image) =>
    image
      .grayscale()
      .convolve({ width: 3, height: 3, kernel: [-1, -1, -1, -1, 8, -1, -1, -1, -1] })
      .negate()
}

/** An image with a filter on it, as JPEG. */
export const render = (path: string, filter: Filter): Effect.Effect<Uint8Array, UnreadableImage> =>
  draw(path, () => apply[filter](sharp(path).autoOrient()).jpeg({ quality: 85 }).toBuffer())

const sheetName = "contact-sheet.png"

const cell = { width: 160, height: 120 }

/** Writes one row of small pictures for each list of files, as PNG. */
export const writeSheet = Effect.fnUntraced(function* (folder: string, rows: ReadonlyArray<ReadonlyArray<string>>) {
  const { join } = yield* Path.Path
  const pictures = yield* Effect.forEach(
    rows.flatMap((files, row) => files.map((file, column) => ({ file, row, column }))),
    ({ column, file, row }) =>
      Effect.map(
        draw(file, () =>
          sharp(file)
            .autoOrient()
            .resize({ ...cell, fit: "cover" })
            .toBuffer()
        ),
        (input) => ({ input, left: column * cell.width, top: row * cell.height })
      )
  )
  const width = Math.max(...rows.map(({ length }) => length)) * cell.width
  const canvas = sharp({ create: { width, height: rows.length * cell.height, channels: 3, background: "white" } })
  const target = join(folder, sheetName)
  yield* writeAtomically(target, yield* draw(target, () => canvas.composite(pictures).png().toBuffer()))
})

const draw = <A>(path: string, f: () => Promise<A>): Effect.Effect<A, UnreadableImage> =>
  Effect.tryPromise({
    try: f,
    catch: (error) => new UnreadableImage({ path, reason: error instanceof Error ? error.message : String(error) })
  })

/** Every image with every filter, and where the picture is written: nothing that is an image itself. */
export const jobsOf = Effect.fnUntraced(function* (
  output: string,
  images: ReadonlyArray<string>,
  filters: ReadonlyArray<Filter>
) {
  const { join, parse } = yield* Path.Path
  const jobs = images.flatMap((image) =>
    filters.map((filter) => ({ image, filter, target: join(output, `${parse(image).name}-${filter}.jpg`) }))
  )
  yield* checkOutputs([...jobs.map(({ target }) => target), join(output, sheetName)], images)
  return jobs
})

/** Whether there is a file that was written after another one. */
export const isNewer = Effect.fnUntraced(function* (file: string, than: string) {
  const [one, other] = yield* Effect.all([modified(file), modified(than)])
  return Option.isSome(one) && Option.isSome(other) && one.value > other.value
})

const modified = (file: string) =>
  FileSystem.FileSystem.use(({ stat }) => stat(file)).pipe(
    Effect.map(({ mtime }) => mtime),
    Effect.catchReason("PlatformError", "NotFound", () => Effect.succeedNone)
  )

/** Refuses images of the same name, as some file systems see it: their pictures would take each other's place. */
export const distinct = Effect.fnUntraced(function* (images: ReadonlyArray<string>) {
  const { parse } = yield* Path.Path
  for (const [first, second] of Object.values(Arr.groupBy(images, (image) => parse(image).name.toLowerCase()))) {
    if (second !== undefined) return yield* new UnusablePath({ path: second, reason: `has the name of ${first}` })
  }
  return images
})
