/** Where runs are kept, as the command line says it: in a file, or in a database of Postgres. */
import { Durable } from "@effect-pocketflow/durable"
import { Data, Effect, FileSystem, Layer, Option, Path, Redacted } from "effect"
import { type Command, Flag } from "effect/cli"
import * as flags from "../shared/flags.ts"
import { variable } from "../shared/model.ts"

const file = "out/durable/runs.db"

/** The database, which workers and clients have to name alike. */
export const clientFlags = {
  sqlite: Flag.String("sqlite").pipe(
    Flag.withMetavar("file"),
    Flag.withDescription(`A file of SQLite, for one worker (${file})`),
    Flag.filter(
      (file) => file !== "",
      () => "a path"
    ),
    Flag.optional
  ),
  postgres: Flag.Redacted("postgres").pipe(
    Flag.withMetavar("url"),
    Flag.withDescription(
      "A database of Postgres: postgresql://user@127.0.0.1:5432/name; its password may be PGPASSWORD"
    ),
    Flag.optional
  )
}

export const workerFlags = {
  ...clientFlags,
  cluster: Flag.Boolean("cluster").pipe(
    Flag.withDescription("Share the runs of a Postgres with other workers"),
    Flag.withDefault(false)
  ),
  port: flags.int("port", {
    description: "Where a worker of a cluster listens on 127.0.0.1; each needs one of its own",
    default: 34431,
    min: 1,
    max: 65535
  })
}

/** What is wrong with a database, or with what was said of it. */
export class NoEngine extends Data.TaggedError("NoEngine")<{ readonly message: string }> {}

/** Begins, watches and answers runs that others do. */
export const client = (options: ClientOptions) =>
  Effect.map(placeOf(options), (place) => Durable.client("filename" in place ? place : place.database)).pipe(
    Layer.unwrap,
    explained
  )

/** Does runs. */
export const worker = ({ cluster, port, ...options }: WorkerOptions) =>
  Effect.gen(function* () {
    const place = yield* placeOf(options)
    if ("database" in place) {
      return cluster ? Durable.cluster({ ...place, port }) : Durable.postgres({ ...place, poll: "200 millis" })
    }
    if (!cluster) return Durable.embedded({ ...place, poll: "200 millis" })
    return yield* new NoEngine({ message: "the workers of a cluster share a Postgres: --cluster needs --postgres" })
  }).pipe(Layer.unwrap, explained)

// internal

type ClientOptions = Command.Command.Config.Infer<typeof clientFlags>
type WorkerOptions = Command.Command.Config.Infer<typeof workerFlags>
type Place =
  | { readonly filename: string }
  | { readonly database: { readonly url: Redacted.Redacted; readonly password?: Redacted.Redacted } }

const placeOf = Effect.fnUntraced(function* ({ postgres, sqlite }: ClientOptions) {
  if (Option.isNone(postgres)) {
    const filename = Option.getOrElse(sqlite, () => file)
    const fs = yield* FileSystem.FileSystem
    yield* fs.makeDirectory((yield* Path.Path).dirname(filename), { recursive: true })
    return { filename } satisfies Place as Place
  }
  if (Option.isSome(sqlite)) return yield* new NoEngine({ message: "--sqlite or --postgres, not both" })
  const password = yield* variable("PGPASSWORD")
  const database = { url: postgres.value, ...(password !== "" && { password: Redacted.make(password) }) }
  return { database } satisfies Place as Place
})

const explained = <A, E extends Error, R>(layer: Layer.Layer<A, E, R>): Layer.Layer<A, NoEngine, R> =>
  Layer.effectContext(
    Effect.mapError(Layer.build(layer), (error) =>
      error instanceof NoEngine ? error : new NoEngine({ message: `the database: ${reasonOf(error)}` })
    )
  )

/** The innermost reason: "connect ECONNREFUSED 127.0.0.1:5432" says more than "cannot connect". */
const reasonOf = ({ cause, message }: Error): string => (cause instanceof Error && reasonOf(cause)) || message
