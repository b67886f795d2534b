/** A SQLite database as a service that answers queries, and cannot be harmed by them. */
import { Context, Data, Effect, FileSystem, Layer, type PlatformError, Schema, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { DatabaseSync } from "node:sqlite"
import { fileURLToPath } from "node:url"

export const Table = Schema.Struct({
  columns: Schema.Array(Schema.String),
  rows: Schema.Array(Schema.Array(Schema.Union([Schema.String, Schema.Finite, Schema.Null]))),
  /** Whether there were more rows. */
  more: Schema.Boolean
})

/** The database does not take the query; `message` says why, in words that help to mend it. */
export class QueryFailed extends Data.TaggedError("QueryFailed")<{ readonly message: string }> {}

const [mostRows, mostTables, longest] = [50, 500, "5 seconds"] as const

/** `PlatformError`: the query could not even be tried. */
type Result<A> = Effect.Effect<A, QueryFailed | PlatformError.PlatformError>

export class Database extends Context.Service<
  Database,
  {
    /** The tables, as the statements that made them. */
    readonly tables: Result<string>
    /** Runs a single SELECT: at most 50 rows, at most 5 seconds. */
    readonly query: (sql: string) => Result<typeof Table.Type>
  }
>()("examples/text-to-sql/Database") {
  /** The database in a file. */
  static readonly layer = (path: string) =>
    Layer.effect(
      Database,
      Effect.gen(function* () {
        const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
        const select = (sql: string, limit: number) =>
          spawner.spawn(inProcess(path, sql, limit)).pipe(
            Effect.flatMap(({ stdout }) =>
              // A part of it is no JSON.
              Stream.limitBytes(stdout, "8 MiB", () => Stream.empty).pipe(Stream.decodeText(), Stream.mkString)
            ),
            Effect.scoped, // Whatever is left of the process is killed here.
            Effect.flatMap(decodeReply),
            Effect.catchTag(
              "SchemaError",
              () => new QueryFailed({ message: "there is no result; perhaps it is too large" })
            ),
            Effect.timeoutOrElse({
              duration: longest,
              orElse: () => new QueryFailed({ message: `the query takes longer than ${longest}` })
            }),
            Effect.flatMap((reply) =>
              "error" in reply ? new QueryFailed({ message: reply.error }) : Effect.succeed(reply)
            )
          )
        return {
          tables: Effect.map(select(schemaQuery, mostTables), ({ rows }) =>
            rows.map(([sql]) => `${sql};`).join("\n\n")
          ),
          query: (sql) => select(sql, mostRows)
        }
      })
    )

  /** The shop that comes with the example, in a temporary file. */
  static readonly shop = Layer.unwrap(
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const sql = yield* fs.readFileString(`${import.meta.dirname}/data/shop.sql`)
      const path = `${yield* fs.makeTempDirectoryScoped()}/shop.db`
      yield* Effect.sync(() => {
        using database = new DatabaseSync(path)
        database.exec(sql)
      })
      return Database.layer(path)
    })
  )
}

// internal

const schemaQuery = "SELECT sql FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"

const decodeReply = Schema.decodeUnknownEffect(
  Schema.fromJsonString(Schema.Union([Table, Schema.Struct({ error: Schema.String })]))
)

const script = fileURLToPath(import.meta.resolve("./query.ts"))

/** It can read two files, has little memory and no secrets, and is killed if nobody waits for it any longer. */
const inProcess = (path: string, sql: string, limit: number) =>
  ChildProcess.make(
    process.execPath,
    [
      "--permission",
      `--allow-fs-read=${script}`,
      `--allow-fs-read=${path}`,
      "--max-old-space-size=64",
      script,
      path,
      String(limit)
    ],
    { env: {}, stdin: Stream.encodeText(Stream.make(sql)), stderr: "ignore", killSignal: "SIGKILL" }
  )
