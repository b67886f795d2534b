/** Where replies leave the house: here, a folder. */
import { Context, Effect, type FileSystem, Layer, Path, type PlatformError } from "effect"
import { writeAtomically } from "../shared/output.ts"

export class Outbox extends Context.Service<
  Outbox,
  {
    /** May be called again for the same id, after a crash: the reply is there once. */
    readonly send: (id: string, text: string) => Effect.Effect<void, PlatformError.PlatformError>
  }
>()("examples/human-in-the-loop/Outbox") {
  static readonly layer = (directory: string) =>
    Layer.effect(
      Outbox,
      Effect.gen(function* () {
        const context = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
        const path = yield* Path.Path
        return {
          send: (id, text) =>
            Effect.provideContext(writeAtomically(path.join(directory, `${id}.txt`), `${text}\n`), context)
        }
      })
    )
}
