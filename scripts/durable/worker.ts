/** A worker of the measurement of failovers: says on stdout which steps it does. */
import { Durable } from "@effect-pocketflow/durable"
import type * as PgClient from "@effect/sql-pg/PgClient"
import { Effect, Layer, Logger, Redacted } from "effect"
import { slow } from "./workflows.ts"

const [port, database] = process.argv.slice(2)
const { PGPASSWORD } = process.env
const options: PgClient.PgPoolConfig = {
  ...JSON.parse(database!),
  ...(PGPASSWORD !== undefined && { password: Redacted.make(PGPASSWORD) })
}

const { layer } = slow((n) => process.stdout.write(`${n}\n`))

await Layer.launch(Layer.provide(layer, Durable.cluster({ port: Number(port), database: options }))).pipe(
  Effect.provideService(Logger.LogToStderr, true),
  Effect.runPromise
)
