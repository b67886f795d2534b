/**
 * The places where a process can be killed: wherever what is in the database, or what
 * was done outside, is another than at the place before.
 */
import { Effect, Layer } from "effect"
import * as SqlClient from "effect/sql/SqlClient"

/** Counts the places that the process comes to, and kills it at one. */
export class Boundaries {
  private passed = 0
  private readonly end: number
  constructor(end = Infinity) {
    this.end = end
  }
  /** The process is killed before it goes on. */
  readonly pass = Effect.sync(() => {
    if (++this.passed === this.end) process.kill(process.pid, "SIGKILL")
  })
  /** It is killed when what comes next is on its way. */
  readonly leave = Effect.sync(() => {
    if (++this.passed === this.end) setImmediate(() => process.kill(process.pid, "SIGKILL"))
  })
}

type Run = (this: object, sql: string, ...rest: ReadonlyArray<unknown>) => Effect.Effect<unknown, unknown>

const begins = /^\s*BEGIN\b/i
const ends = /^\s*(?:COMMIT|ROLLBACK)\s*$/i
const writes = /^\s*(?:INSERT|UPDATE|DELETE)\b/i

/** Makes a place of each write of the engine: of a statement by itself, and of the end of a transaction. */
export const watched = (boundaries: Boundaries): Layer.Layer<never, unknown, SqlClient.SqlClient> =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const connection = yield* sql.reserve
      // The connections of a pool are of one class; and a server may still do what a dead client has sent.
      const pooled = !Object.hasOwn(connection, "execute")
      const target = pooled ? Object.getPrototypeOf(connection) : connection
      const place = pooled ? boundaries.leave : boundaries.pass
      /** Whether a transaction that is open has written. */
      const open = new WeakMap<object, boolean>()
      for (const name of ["execute", "executeUnprepared", "executeRaw"]) {
        const run: Run = target[name]
        target[name] = function (this: object, ...args: Parameters<Run>) {
          const [statement] = args
          let write = writes.test(statement)
          if (begins.test(statement)) {
            open.set(this, false)
          } else if (ends.test(statement)) {
            write = open.get(this) === true
            open.delete(this)
          } else if (write && open.has(this)) {
            open.set(this, true)
            write = false
          }
          return write ? Effect.andThen(place, run.apply(this, args)) : run.apply(this, args)
        } satisfies Run
      }
    }).pipe(Effect.scoped)
  )
