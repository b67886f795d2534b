/**
 * What is recorded of runs, to be read: by the runtime when it goes on with a
 * run, and by whoever looks at one.
 *
 * The engines write; this only reads what they have written.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as SqlClient from "effect/sql/SqlClient"

/**
 * One record: its name in the run, which attempt it is of, and what was written.
 *
 * @category models
 * @since 0.1.0
 */
export interface Entry {
  readonly name: string
  readonly attempt: number
  readonly json: unknown
}

/**
 * The records of runs.
 *
 * **Details**
 *
 * - `read(workflow, run)`: all records of a run, in the order in which they were
 *   written. What cannot be parsed is there as text.
 * - `note(workflow, run, entry)`: for an engine whose records cannot be read: keeps
 *   the entry.
 *
 * @category services
 * @since 0.1.0
 */
export class History extends Context.Service<
  History,
  {
    readonly read: (workflow: string, run: string) => Effect.Effect<ReadonlyArray<Entry>>
    readonly note: (workflow: string, run: string, entry: Entry) => Effect.Effect<void>
  }
>()("@effect-pocketflow/durable/History") {}

/**
 * Keeps records in memory, beside an engine that does.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerMemory: Layer.Layer<History> = Layer.sync(History, () => {
  const runs = new Map<string, Array<Entry>>()
  return {
    read: (workflow, run) => Effect.sync(() => [...(runs.get(`${workflow}/${run}`) ?? [])]),
    note: (workflow, run, entry) =>
      Effect.sync(() => {
        const key = `${workflow}/${run}`
        const entries = runs.get(key)
        if (entries === undefined) runs.set(key, [entry])
        else entries.push(entry)
      })
  }
})

/**
 * Reads the records of `effect/cluster` from its tables: an activity is a message,
 * and its result the reply.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerSql: Layer.Layer<History, never, SqlClient.SqlClient> = Layer.effect(
  History,
  Effect.map(SqlClient.SqlClient, (sql) => {
    // The engine looks messages up by shard; a run is found by its id.
    const index = Effect.ignore(sql`CREATE INDEX IF NOT EXISTS durable_run_idx ON cluster_messages (entity_id)`)
    let indexed = false
    return {
      read: (workflow, run) =>
        Effect.suspend(() => {
          const read = sql<{ readonly message: string; readonly reply: string }>`
            SELECT m.payload AS message, r.payload AS reply
            FROM cluster_messages m JOIN cluster_replies r ON r.request_id = m.id
            WHERE m.entity_id = ${run} AND m.entity_type = ${`Workflow/${workflow}`} AND m.tag = 'activity'
            ORDER BY r.rowid
          `.pipe(
            Effect.map((rows) => rows.flatMap(({ message, reply }) => entryOf(message, reply))),
            Effect.orDie
          )
          if (indexed) return read
          indexed = true
          return Effect.andThen(index, read)
        }),
      note: () => Effect.void
    }
  })
)

// internal

/** What `effect/cluster` has written for an activity that has succeeded; nothing for one that has not. */
const entryOf = (message: string, reply: string): ReadonlyArray<Entry> => {
  const { attempt, name } = parse(message) as { readonly attempt: number; readonly name: string }
  const result = parse(reply)
  if (!isTagged(result)) return [{ name, attempt, json: reply }]
  const value = "value" in result ? result.value : undefined
  const exit = isTagged(value) && "exit" in value ? value.exit : undefined
  return isTagged(exit) && exit._tag === "Success" ? [{ name, attempt, json: "value" in exit ? exit.value : null }] : []
}

const isTagged = (u: unknown): u is { readonly _tag: string } => Predicate.hasProperty(u, "_tag")

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
