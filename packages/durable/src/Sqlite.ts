/**
 * SQLite as a `SqlClient`, on the module that Node brings.
 *
 * It is what the embedded engine stores in. One connection, on which statements
 * run one after the other; several processes may open the same file.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import * as SqlClient from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import { classifySqliteError, SqlError } from "effect/sql/SqlError"
import * as Statement from "effect/sql/Statement"
import type { StatementSync } from "node:sqlite"
import { DatabaseSync } from "node:sqlite"

/**
 * Options of `layer`.
 *
 * **Details**
 *
 * - `filename`: a file, which is made if it is not there; or `":memory:"`.
 * - `busyTimeout`: how long a statement waits for another process, in milliseconds;
 *   5000 by default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly filename: string
  readonly busyTimeout?: number | undefined
}

/**
 * Opens a database, in the write-ahead mode.
 *
 * **Errors**
 *
 * A file that cannot be opened is an `SqlError`.
 *
 * **Example** (A table in memory)
 *
 * ```ts
 * import { Effect } from "effect"
 * import * as SqlClient from "effect/sql/SqlClient"
 * import { Sqlite } from "@effect-pocketflow/durable"
 *
 * const program = Effect.gen(function*() {
 *   const sql = yield* SqlClient.SqlClient
 *   yield* sql`CREATE TABLE words (word TEXT)`
 *   yield* sql`INSERT INTO words ${sql.insert([{ word: "owl" }])}`
 *   return yield* sql`SELECT word FROM words`
 * })
 *
 * const rows = await Effect.runPromise(program.pipe(Effect.provide(Sqlite.layer({ filename: ":memory:" }))))
 * rows.map((row) => row["word"]) // => ["owl"]
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<SqlClient.SqlClient, SqlError> =>
  Layer.provide(Layer.effect(SqlClient.SqlClient, make(options)), Reactivity.layer)

// internal

const make = (options: Options) =>
  Effect.gen(function* () {
    const db = yield* Effect.acquireRelease(
      attempt(() => open(options), "cannot open the database", "connect"),
      (db) => Effect.sync(() => db.close())
    )
    return yield* SqlClient.make({
      // One at a time has the connection; a COMMIT that fails (a full disk) leaves no transaction open.
      ...SqlClient.makeSqliteAcquirers({
        connection: Effect.succeed(connect(db)),
        semaphore: Semaphore.makeUnsafe(1),
        isTransaction: () => db.isTransaction
      }),
      compiler: Statement.makeCompilerSqlite(),
      driver: "sqlite-node",
      // Who writes in the end says so at the start: a lock that is asked for in between may not be waited for.
      beginTransaction: "BEGIN IMMEDIATE",
      spanAttributes: [["db.system.name", "sqlite"]]
    })
  })

const open = ({ busyTimeout = 5000, filename }: Options): DatabaseSync => {
  const db = new DatabaseSync(filename, { timeout: busyTimeout })
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
  return db
}

const connect = (db: DatabaseSync): Connection => {
  const prepared = new Map<string, StatementSync>()
  const prepare = (sql: string): StatementSync => {
    let statement = prepared.get(sql)
    if (statement !== undefined) return statement
    if (prepared.size >= 200) prepared.clear()
    prepared.set(sql, (statement = db.prepare(sql)))
    return statement
  }
  const run = (statement: () => StatementSync, params: ReadonlyArray<unknown>, arrays = false) =>
    Effect.contextWith((context: Context.Context<never>) => {
      const bigints = Context.get(context, SqlClient.SafeIntegers)
      return attempt(
        () => {
          const at = statement()
          at.setReadBigInts(bigints)
          at.setReturnArrays(arrays)
          return at.columns().length > 0 ? at.all(...(params as Array<any>)) : void at.run(...(params as Array<any>))
        },
        "cannot run the statement",
        "execute"
      )
    })
  const rows = (effect: Effect.Effect<ReadonlyArray<any> | undefined, SqlError>) =>
    Effect.map(effect, (rows) => rows ?? [])
  return {
    execute: (sql, params, transform) =>
      Effect.map(rows(run(() => prepare(sql), params)), (rows) => transform?.(rows) ?? rows),
    executeUnprepared: (sql, params, transform) =>
      Effect.map(rows(run(() => db.prepare(sql), params)), (rows) => transform?.(rows) ?? rows),
    executeRaw: (sql, params) => run(() => prepare(sql), params),
    executeValues: (sql, params) => rows(run(() => prepare(sql), params, true)),
    executeValuesUnprepared: (sql, params) => rows(run(() => db.prepare(sql), params, true)),
    executeStream: (sql, params, transform) =>
      Stream.unwrap(
        Effect.map(rows(run(() => prepare(sql), params)), (rows) => Stream.fromIterable(transform?.(rows) ?? rows))
      )
  }
}

const attempt = <A>(f: () => A, message: string, operation: string): Effect.Effect<A, SqlError> =>
  Effect.try({
    try: f,
    catch: (cause) => new SqlError({ reason: classifySqliteError(withErrno(cause), { message, operation }) })
  })

/** `node:sqlite` calls `errcode` what others call `errno`. */
const withErrno = (cause: unknown): unknown =>
  cause instanceof Error && "errcode" in cause ? Object.assign(cause, { errno: cause.errcode }) : cause
