/** Where the files come from, as a service: the flow knows neither folders nor git, and sees no credentials. */
import { Context, Effect, FileSystem, Layer, type Path, Schema } from "effect"
import type { ChildProcessSpawner } from "effect/process"
import { readFolder, type Selection } from "./folder.ts"
import { clone, type CloneFailed, type Repository } from "./repository.ts"
import type { Skipped, SourceFile } from "./Tutorial.ts"

/** There is nothing to write about. */
export class NoSources extends Schema.TaggedError<NoSources>()("NoSources", { message: Schema.String }) {}

export class Sources extends Context.Service<
  Sources,
  {
    readonly read: Effect.Effect<
      { readonly files: ReadonlyArray<SourceFile>; readonly skipped: ReadonlyArray<Skipped> },
      NoSources | CloneFailed
    >
  }
>()("examples/tutorial/Sources") {
  static readonly folder = (path: string, selection: Selection) => from(readAll(path, path, selection))

  /** Its newest state, in a temporary folder that is gone afterwards. */
  static readonly repository = (repository: Repository, selection: Selection) =>
    from(
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const folder = yield* fs
          .makeTempDirectoryScoped({ prefix: "tutorial-" })
          .pipe(Effect.mapError(({ message }) => new NoSources({ message: `no temporary folder: ${message}` })))
        yield* clone(repository, folder)
        return yield* readAll(folder, repository.shown, selection)
      }).pipe(Effect.scoped)
    )
}

// internal

type Needed = FileSystem.FileSystem | Path.Path | ChildProcessSpawner.ChildProcessSpawner

const from = (read: Effect.Effect<Effect.Success<Sources["Service"]["read"]>, NoSources | CloneFailed, Needed>) =>
  Layer.effect(
    Sources,
    Effect.map(Effect.context<Needed>(), (context) => ({ read: Effect.provide(read, context) }))
  )

const readAll = (folder: string, shown: string, selection: Selection) =>
  readFolder(folder, selection).pipe(
    Effect.mapError(({ reason }) => {
      const why = reason._tag === "NotFound" ? "no such folder" : `no folder that can be read (${reason._tag})`
      return new NoSources({ message: `${shown}: ${why}` })
    }),
    Effect.filterOrFail(
      ({ files }) => files.length > 0,
      ({ skipped }) => new NoSources({ message: `${shown}: no source file is left (${skipped.length} were left out)` })
    )
  )
