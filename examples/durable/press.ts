/** Where articles are published: an outside system, which is told what it has printed already. */
import { Console, Context, Effect, type FileSystem, Layer, Path, Schema } from "effect"
import { writeAtomically } from "../shared/output.ts"

export class PressFailed extends Schema.TaggedError<PressFailed>()("PressFailed", { message: Schema.String }) {}

export class Press extends Context.Service<
  Press,
  {
    /** Prints a text. With the same key it is the same order, however often it comes. */
    readonly print: (key: string, text: string) => Effect.Effect<void, PressFailed>
  }
>()("examples/durable/Press") {
  /** A file for each order. */
  static readonly layer = (folder: string) =>
    Layer.effect(
      Press,
      Effect.gen(function* () {
        const context = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
        const { join } = yield* Path.Path
        return {
          print: (key, text) => {
            const file = join(folder, `${key}.md`)
            return writeAtomically(file, text).pipe(
              Effect.mapError(({ message }) => new PressFailed({ message })),
              Effect.andThen(Console.log(`printed ${file}`)),
              Effect.provideContext(context)
            )
          }
        }
      })
    )
}
