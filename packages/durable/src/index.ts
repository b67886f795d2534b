/**
 * Durable and distributed runs of flows, on `effect/workflow` and `effect/cluster`.
 *
 * @since 0.1.0
 */
export * as Durable from "./Durable.ts"
export * as History from "./History.ts"
export * as Sqlite from "./Sqlite.ts"
