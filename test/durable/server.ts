import type * as PgClient from "@effect/sql-pg/PgClient"
import { Redacted } from "effect"
import { userInfo } from "node:os"

/** How a Postgres server is named by an environment, else the local one. */
export const serverOf = ({ PGHOST, PGPASSWORD, PGPORT, PGUSER }: NodeJS.ProcessEnv): PgClient.PgPoolConfig => ({
  host: PGHOST ?? "/var/run/postgresql",
  ...(PGPORT !== undefined && { port: Number(PGPORT) }),
  username: PGUSER ?? userInfo().username,
  ...(PGPASSWORD !== undefined && { password: Redacted.make(PGPASSWORD) }),
  database: "postgres",
  connectTimeout: "2 seconds"
})
