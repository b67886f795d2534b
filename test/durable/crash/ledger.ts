/**
 * What must hold of what is recorded, whatever happens to the workers: it stays as it
 * is, and what it is of is not done again.
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import * as SqlClient from "effect/sql/SqlClient"
import { deeds, read } from "./trace.ts"

interface Row {
  readonly run: string
  readonly message: string
  readonly reply: string
}

/** The tables of the engine, read from outside; they may not be there yet. */
const rows = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => sql<Row>`
    SELECT m.entity_id AS run, m.payload AS message, r.payload AS reply
    FROM cluster_messages m JOIN cluster_replies r ON r.request_id = m.id
    WHERE m.tag = 'activity'
  `
).pipe(Effect.orElseSucceed((): ReadonlyArray<Row> => []))

/** Keeps what was recorded, and compares what is with it. */
export class Ledger {
  private readonly records = new Map<string, string>()
  private readonly keys = new Set<string>()
  private seen = 0
  /**
   * Workers that have stood still: what they were at they do to its end, whatever others have recorded meanwhile (under
   * the same key, see `keyed`).
   */
  readonly late = new Set<number>()
  private readonly trace: string
  constructor(trace: string) {
    this.trace = trace
  }
  /** How many records there are. */
  get size(): number {
    return this.records.size
  }
  /** Looks at what is recorded now, and at what was done since the last time. */
  readonly look: Effect.Effect<void, never, SqlClient.SqlClient> = Effect.map(rows, (rows) => {
    const lines = read(this.trace)
    for (const { key, label, pid, run } of deeds(lines.slice(this.seen))) {
      assert.isFalse(this.keys.has(key) && !this.late.has(pid), `${label} of ${run} was recorded, and is done again`)
    }
    this.seen = lines.length
    const now = new Map<string, string>()
    for (const { message, reply, run } of rows) {
      if (JSON.parse(reply).value._tag === "Suspended") continue
      const { attempt, name } = JSON.parse(message)
      now.set(`${run} ${name} ${attempt}`, reply)
    }
    for (const [name, reply] of this.records) assert.strictEqual(now.get(name), reply, `what was recorded as ${name}`)
    for (const [name, reply] of now) {
      if (this.records.has(name)) continue
      this.records.set(name, reply)
      for (const [, key] of reply.matchAll(/\|([0-9a-f]{32})\|/g)) this.keys.add(key!)
    }
  })
  /** The same thing is done under the same key each time, and no two things under one. */
  readonly keyed = Effect.sync(() => {
    const keyOf = new Map<string, string>()
    const deedOf = new Map<string, string>()
    for (const { key, label, run } of deeds(read(this.trace))) {
      const deed = `${label} of ${run}`
      assert.strictEqual(key, keyOf.get(deed) ?? key, `the key of ${deed}`)
      assert.strictEqual(deed, deedOf.get(key) ?? deed, `what is done as ${key}`)
      keyOf.set(deed, key)
      deedOf.set(key, deed)
    }
  })
}
