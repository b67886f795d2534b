/**
 * One query in a process of its own: `node query.ts <database> <rows>`, with the SQL on stdin and the result as JSON on
 * stdout. `node:sqlite` blocks while it works, and what works in another process can be killed.
 *
 * What the query may do is decided by SQLite itself: the file is open for reading only, and the authorizer is asked about
 * everything that the statement would do, and allows nothing but to select and to call functions.
 */
import { readFileSync } from "node:fs"
import { constants, DatabaseSync } from "node:sqlite"

/** Of a text in a cell, in characters. */
const longest = 10_000

const allowed = new Set([constants.SQLITE_SELECT, constants.SQLITE_READ, constants.SQLITE_RECURSIVE])
const { SQLITE_DENY, SQLITE_FUNCTION, SQLITE_OK } = constants

const query = (path: string, sql: string, limit: number) => {
  const database = new DatabaseSync(path, { readOnly: true, allowExtension: false })
  database.setAuthorizer((action, _argument, name) =>
    allowed.has(action) || (action === SQLITE_FUNCTION && name !== "load_extension") ? SQLITE_OK : SQLITE_DENY
  )
  const statement = database.prepare(sql)
  // SQLite compiles the first statement, and does not look at what comes after it.
  if (sql.slice(statement.sourceSQL.length).trim() !== "") throw new Error("only one statement is allowed")
  statement.setReadBigInts(true)
  statement.setReturnArrays(true)
  const rows: Array<ReadonlyArray<string | number | null>> = []
  for (const row of statement.iterate()) {
    if (rows.length === limit) return { columns: namesOf(statement), rows, more: true }
    rows.push(Object.values(row).map(cell))
  }
  return { columns: namesOf(statement), rows, more: false }
}

const namesOf = (statement: ReturnType<DatabaseSync["prepare"]>) => statement.columns().map(({ name }) => name)

const cell = (value: unknown): string | number | null => {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  if (typeof value === "string") return value.length > longest ? `${value.slice(0, longest)}…` : value
  if (value instanceof Uint8Array) return `(${value.length} bytes)`
  return typeof value === "number" ? value : null
}

const [path = "", limit] = process.argv.slice(2)
try {
  console.log(JSON.stringify(query(path, readFileSync(0, "utf8"), Number(limit))))
} catch (error) {
  console.log(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }))
}
