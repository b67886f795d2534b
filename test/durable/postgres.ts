/**
 * A Postgres server for tests: the one that the environment names (`PGHOST`, `PGPORT`,
 * `PGUSER`, `PGPASSWORD`), else the local one, if it answers.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import { Effect } from "effect"
import * as SqlClient from "effect/sql/SqlClient"
import { randomUUID } from "node:crypto"
import { serverOf } from "./server.ts"

const server = serverOf(process.env)

const asServer = <A, E>(effect: Effect.Effect<A, E, SqlClient.SqlClient>) =>
  Effect.provide(effect, PgClient.layer(server))

/** Whether it does: tests that need it are skipped otherwise. */
export const answers = await Effect.runPromise(
  Effect.match(asServer(Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT 1`)), {
    onFailure: () => false,
    onSuccess: () => true
  })
)
if (!answers) console.warn(`skipped: no Postgres answers at ${server.host}; name one with PGHOST`)

/** A new database, dropped at the end of the scope. */
export const database = Effect.acquireRelease(
  Effect.gen(function* () {
    const name = `durable_${randomUUID().replaceAll("-", "")}`
    yield* asServer(Effect.flatMap(SqlClient.SqlClient, (sql) => sql`CREATE DATABASE ${sql(name)}`))
    return { ...server, database: name } as PgClient.PgPoolConfig
  }),
  ({ database }) =>
    Effect.ignore(
      asServer(Effect.flatMap(SqlClient.SqlClient, (sql) => sql`DROP DATABASE ${sql(database!)} WITH (FORCE)`))
    )
)
