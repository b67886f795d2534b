/**
 * One query in a process of its own: `node query.ts <database> <rows>`, with the SQL on stdin and the result as JSON on
 * stdout. `node:sqlite` blocks while it works, and what works in another process can be killed.
 *
 * What the query may do is decided by SQLite itself: the file is open for reading only, and the authorizer is asked about
 * everything that the statement would do, and allows nothing but to select and to call functions that compute.
 */
import { readFileSync } from "node:fs"
import { constants, DatabaseSync } from "node:sqlite"

/** In characters: of a text in a cell, and of all cells together. */
const [longest, largest] = [10_000, 1_000_000]

const allowed = new Set([constants.SQLITE_SELECT, constants.SQLITE_READ, constants.SQLITE_RECURSIVE])
const functions = new Set(
  `abs ceil coalesce concat concat_ws exp floor format glob hex ifnull iif instr length like ln log log10 log2 lower ltrim
  max min mod nullif octet_length pi pow power printf quote random replace round rtrim sign sqrt substr substring trim
  trunc typeof unhex unicode upper zeroblob
  current_date current_time current_timestamp date datetime julianday strftime time timediff unixepoch
  avg count group_concat median percentile string_agg sum total
  cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number
  -> ->> json json_array_length json_extract json_group_array json_group_object json_type json_valid`.split(/\s+/)
)
const { SQLITE_DENY, SQLITE_FUNCTION, SQLITE_OK } = constants

const query = (path: string, sql: string, limit: number) => {
  const database = new DatabaseSync(path, {
    readOnly: true,
    allowExtension: false,
    // Of what a query can make in memory: values in bytes, columns by number.
    limits: { length: 1_000_000, column: 500 }
  })
  database.setAuthorizer((action, _argument, name) =>
    allowed.has(action) || (action === SQLITE_FUNCTION && functions.has(name ?? "")) ? SQLITE_OK : SQLITE_DENY
  )
  const statement = database.prepare(sql)
  // SQLite compiles the first statement, and does not look at what comes after it.
  if (sql.slice(statement.sourceSQL.length).trim() !== "") throw new Error("only one statement is allowed")
  statement.setReadBigInts(true)
  statement.setReturnArrays(true)
  const rows: Array<ReadonlyArray<string | number | null>> = []
  let size = 0
  for (const row of statement.iterate()) {
    if (rows.length === limit) return { columns: namesOf(statement), rows, more: true }
    const cells = Object.values(row).map(cell)
    size += cells.reduce<number>((sum, value) => sum + String(value).length, 0)
    if (size > largest) throw new Error(`the result has more than ${largest} characters`)
    rows.push(cells)
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
