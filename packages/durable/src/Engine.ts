/**
 * Where durable runs run: the engines of `effect/workflow` and `effect/cluster`, each
 * as a layer of one line.
 *
 * @since 0.1.0
 */
import * as NodeClusterSocket from "@effect/platform-node/NodeClusterSocket"
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as ClusterWorkflowEngine from "effect/cluster/ClusterWorkflowEngine"
import * as RunnerAddress from "effect/cluster/RunnerAddress"
import * as RunnerHealth from "effect/cluster/RunnerHealth"
import * as Runners from "effect/cluster/Runners"
import * as RunnerStorage from "effect/cluster/RunnerStorage"
import * as Sharding from "effect/cluster/Sharding"
import * as ShardingConfig from "effect/cluster/ShardingConfig"
import type { ConfigError } from "effect/Config"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { SocketServerError } from "effect/socket/SocketServer"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import * as WorkflowEngine from "effect/workflow/WorkflowEngine"
import * as History from "./History.ts"
import * as storage from "./internal/storage.ts"
import * as Sqlite from "./Sqlite.ts"

/**
 * What workflows need to run, and their clients.
 *
 * @category models
 * @since 0.1.0
 */
export type Engine = WorkflowEngine.WorkflowEngine | History.History

/**
 * Runs in memory: for tests, and to try things. Nothing outlives the process.
 *
 * @category layers
 * @since 0.1.0
 */
export const memory: Layer.Layer<Engine> = Layer.merge(WorkflowEngine.layerMemory, History.layerMemory)

/**
 * Runs in one process, and stores in one SQLite file: nothing to install.
 *
 * **Details**
 *
 * - `filename`: the file; it is made if it is not there.
 * - `poll`: how long a timer may be late, or an answer that another process has sent;
 *   1 second by default. Each time costs one query.
 * - `grace`: how long visits that are under way may go on when the process is asked to
 *   end; 5 seconds by default. Then they are interrupted, and made again later.
 *
 * It also gives the `SqlClient`, for visits that are `transactional`.
 *
 * **Gotchas**
 *
 * One process at a time works on a file. For several, use `cluster`.
 *
 * **Example** (A run that is still there in the next process)
 *
 * ```ts
 * import { Effect, Layer, Schema } from "effect"
 * import { mkdtempSync } from "node:fs"
 * import { tmpdir } from "node:os"
 * import { join } from "node:path"
 * import { Node, Store } from "effect-pocketflow"
 * import { Durable } from "@effect-pocketflow/durable"
 *
 * const Sum = Store.make("Sum", { n: Schema.Number })
 * const add = Node.make(Sum, { post: () => Sum.next((s) => ({ n: s.n + 1 })) })
 * const sums = Durable.workflow(add, { name: "sums", version: "1", idempotencyKey: ({ n }) => String(n) })
 *
 * const filename = join(mkdtempSync(join(tmpdir(), "sums-")), "runs.db")
 * const worker = () => sums.layer.pipe(Layer.provideMerge(Durable.embedded({ filename })))
 *
 * const run = await Effect.runPromise(sums.start({ n: 1 }).pipe(Effect.provide(worker())))
 * const { store } = await Effect.runPromise(sums.result(run).pipe(Effect.provide(worker())))
 * store.n // => 2
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const embedded = (options: Alone & { readonly filename: string }): Layer.Layer<Engine | SqlClient, SqlError> =>
  alone(options).pipe(Layer.provideMerge(Sqlite.layer({ filename: options.filename })))

/**
 * Runs in one process, and stores in a Postgres database.
 *
 * **Details**
 *
 * `database` are the options of `PgClient`; `poll` and `grace` are as in `embedded`.
 *
 * **Example** (A worker with a Postgres database)
 *
 * ```ts no-run
 * import { Layer, Redacted, Schema } from "effect"
 * import { Node, Store } from "effect-pocketflow"
 * import { Durable } from "@effect-pocketflow/durable"
 *
 * const Sum = Store.make("Sum", { n: Schema.Number })
 * const add = Node.make(Sum, { post: () => Sum.next((s) => ({ n: s.n + 1 })) })
 * const sums = Durable.workflow(add, { name: "sums", version: "1", idempotencyKey: ({ n }) => String(n) })
 *
 * const database = { url: Redacted.make("postgres://localhost/flows") }
 * const worker = sums.layer.pipe(Layer.provideMerge(Durable.postgres({ database })))
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const postgres = (
  options: Alone & { readonly database: PgClient.PgPoolConfig }
): Layer.Layer<Engine | SqlClient, SqlError> => alone(options).pipe(Layer.provideMerge(database(options.database)))

/**
 * How soon the runs of a worker that has died go on elsewhere, and what that costs.
 *
 * **Details**
 *
 * - `prompt`: 3 to 5 seconds. A worker writes its locks every second and asks for
 *   messages twice a second. A worker that is stopped for longer than 4 seconds
 *   (a long collection of garbage, a laptop that sleeps) loses its runs to another. Should
 *   it have committed something to the shared store of a `forEach` that the other one has
 *   not seen, the run is refused (`BadRecord`): no update is lost without a word.
 * - `patient`: the intervals of `effect/cluster`, 20 to 40 seconds; a query every few
 *   seconds.
 *
 * @category models
 * @since 0.1.0
 */
export const failover = {
  prompt: {
    runnerHealthCheckInterval: "1 second",
    refreshAssignmentsInterval: "1 second",
    entityMessagePollInterval: "500 millis",
    shardLockRefreshInterval: "1 second",
    shardLockExpiration: "4 seconds"
  },
  patient: {}
} as const satisfies Record<string, Partial<ShardingConfig.ShardingConfig["Service"]>>

/**
 * Runs in several processes, the workers, that share a Postgres database and talk
 * over sockets. Each does a part of the runs; those of one that dies go on elsewhere.
 *
 * **Details**
 *
 * - `port`: where this worker listens, different for each on a machine; and `host`,
 *   which is `"127.0.0.1"` by default: for workers on several machines, an address
 *   that the others reach. The sockets are not encrypted and ask for no password:
 *   keep them in a network of your own.
 * - `database`: the options of `PgClient`.
 * - `failover`: a preset of `failover`, `"prompt"` by default.
 * - `grace`: as in `embedded`.
 *
 * **Errors**
 *
 * `SqlError` where the database is not reached, `SocketServerError` where nobody can
 * listen at the port: another one does, perhaps.
 *
 * **Example** (A worker of several)
 *
 * ```ts no-run
 * import { Layer, Redacted, Schema } from "effect"
 * import { Node, Store } from "effect-pocketflow"
 * import { Durable } from "@effect-pocketflow/durable"
 *
 * const Sum = Store.make("Sum", { n: Schema.Number })
 * const add = Node.make(Sum, { post: () => Sum.next((s) => ({ n: s.n + 1 })) })
 * const sums = Durable.workflow(add, { name: "sums", version: "1", idempotencyKey: ({ n }) => String(n) })
 *
 * const database = { url: Redacted.make("postgres://localhost/flows") }
 * // The next one on this machine listens at 34432.
 * const worker = sums.layer.pipe(Layer.provideMerge(Durable.cluster({ port: 34431, database })))
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const cluster = (options: {
  readonly port: number
  readonly host?: string | undefined
  readonly database: PgClient.PgPoolConfig
  readonly failover?: keyof typeof failover | undefined
  readonly grace?: Duration.Input | undefined
}): Layer.Layer<Engine | SqlClient, SqlError | SocketServerError> => {
  const address = RunnerAddress.make(options.host ?? "127.0.0.1", options.port)
  return ClusterWorkflowEngine.layer.pipe(
    Layer.provide(
      NodeClusterSocket.layer({
        storage: "sql",
        shardingConfig: {
          ...(failover[options.failover ?? "prompt"] as Partial<ShardingConfig.ShardingConfig["Service"]>),
          entityTerminationTimeout: options.grace ?? "5 seconds",
          runnerAddress: Option.some(address),
          runnerListenAddress: Option.some(address)
        }
      }).pipe(Layer.catchTag("ConfigError", misconfigured))
    ),
    Layer.provideMerge(History.layerSql),
    Layer.provideMerge(database(options.database))
  )
}

/**
 * A client: it begins, watches and answers runs, and does none. The workers are other
 * processes, with `embedded` on the same file, or `postgres` or `cluster` on the same
 * database.
 *
 * **Details**
 *
 * `where` is the database: the `filename` of a SQLite file, or else the options of `PgClient`. A worker
 * that is alone sees what a client has sent when it looks next, after its `poll`; those of
 * a cluster are told.
 *
 * **Example** (Answers from a process that does no runs)
 *
 * ```ts no-run
 * import { Effect, Schema } from "effect"
 * import { Durable } from "@effect-pocketflow/durable"
 *
 * const approved = Durable.signal("approved", Schema.Boolean)
 * const yes = (token: Durable.Token) =>
 *   approved.answer(token, true).pipe(Effect.provide(Durable.client({ filename: "runs.db" })))
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const client = (
  where: { readonly filename: string } | PgClient.PgPoolConfig
): Layer.Layer<Engine | SqlClient, SqlError> =>
  ClusterWorkflowEngine.layer.pipe(
    Layer.provide(
      NodeClusterSocket.layer({
        storage: "sql",
        clientOnly: true,
        shardingConfig: { runnerAddress: Option.none() }
      }).pipe(Layer.catchTag("ConfigError", misconfigured))
    ),
    Layer.provideMerge(History.layerSql),
    Layer.provideMerge("filename" in where ? Sqlite.layer(where) : database(where))
  )

// internal

interface Alone {
  readonly poll?: Duration.Input | undefined
  readonly grace?: Duration.Input | undefined
}

/** The environment may configure a cluster, too: nobody who runs flows handles that it does so wrongly. */
const misconfigured = (error: ConfigError) => Layer.effectContext(Effect.die(error))

/** A pool connects when it is used first, and the engine takes a failure there for a defect. */
const database = (options: PgClient.PgPoolConfig) =>
  Layer.tap(PgClient.layer(options), (context) => {
    const sql = Context.get(context, PgClient.PgClient)
    return sql`SELECT 1`
  })

const alone = ({ grace = "5 seconds", poll = "1 second" }: Alone): Layer.Layer<Engine, never, SqlClient> =>
  ClusterWorkflowEngine.layer.pipe(
    // As `SingleRunner` is, but for the storage.
    Layer.provide(
      Sharding.layer.pipe(
        Layer.provideMerge(Runners.layerNoop),
        Layer.provideMerge(storage.layer),
        Layer.provide([RunnerStorage.layerMemory, RunnerHealth.layerNoop]),
        Layer.provide(
          ShardingConfig.layerFromEnv({ entityMessagePollInterval: poll, entityTerminationTimeout: grace })
        ),
        Layer.orDie
      )
    ),
    Layer.provide(NodeCrypto.layerDigest),
    Layer.provideMerge(History.layerSql)
  )
