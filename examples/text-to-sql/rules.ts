/**
 * Writes SQL without a model, for questions of a few forms: how many, the revenue, the average, the dearest, per what,
 * where and when.
 *
 * It makes the mistake that models make: at first it takes every word of the question for a column of the table that the
 * question is about. What the database says to that tells which columns are elsewhere, and which names stand for two.
 */
import type { OfflineModel } from "@effect-pocketflow/ai"
import { quotesIn } from "../shared/prompt.ts"
import { termOf } from "../shared/text.ts"

export const rules: ReadonlyArray<OfflineModel.Rule> = [
  {
    name: "query",
    when: ({ system }) => system.startsWith("Write a query for SQLite"),
    reply: ({ user }) => {
      const question = /^Question: (.*)$/m.exec(user)?.[1] ?? ""
      const errors = quotesIn("failed", user).map((text) => /^-- (.*)(?![^])/m.exec(text)?.[1] ?? "")
      return JSON.stringify({
        sql:
          dictated(question, errors) ?? compile(question, tablesIn(quotesIn("tables", user)[0] ?? ""), errors) ?? null
      })
    }
  }
]

/** Some models do whatever they are told: a question that is SQL itself is passed on, once. */
const dictated = (question: string, errors: ReadonlyArray<string>): string | undefined =>
  errors.length === 0 ? /\b(?:run|execute):\s*(.*)$/i.exec(question)?.[1] : undefined

// -----------------------------------------------------------------------------
// The tables
// -----------------------------------------------------------------------------

interface Table {
  readonly name: string
  readonly columns: ReadonlyArray<string>
  readonly references: ReadonlyArray<{ readonly column: string; readonly table: string; readonly key: string }>
}

const tablesIn = (tables: string): ReadonlyArray<Table> =>
  Array.from(tables.matchAll(/^CREATE TABLE (\w+) \(\n([^]*?)\n\);$/gm), ([, name = "", body = ""]) => {
    const columns = Array.from(body.matchAll(/^ *([a-z]\w*) [A-Z]/gm), ([, column = ""]) => column)
    const references = Array.from(
      body.matchAll(/^ *(\w+) .*REFERENCES (\w+) ?\((\w+)\)/gm),
      ([, column = "", table = "", key = ""]) => ({ column, table, key })
    )
    return { name, columns, references }
  })

const tableNamed = (word: string, tables: ReadonlyArray<Table>): Table | undefined =>
  tables.find(({ name }) => termOf(name) === termOf(word))

const tableWith = (column: string, tables: ReadonlyArray<Table>): Table | undefined =>
  tables.find(({ columns }) => columns.includes(column))

/** The tables on the way from one to another, along the references, with what joins them. */
const pathTo = (from: Table, to: string, tables: ReadonlyArray<Table>): ReadonlyArray<string> | undefined => {
  if (from.name === to) return []
  for (const { column, key, table } of from.references) {
    const next = tables.find(({ name }) => name === table)
    const rest = next && pathTo(next, to, tables)
    if (rest !== undefined) return [`JOIN ${table} ON ${table}.${key} = ${from.name}.${column}`, ...rest]
  }
  return undefined
}

// -----------------------------------------------------------------------------
// The question
// -----------------------------------------------------------------------------

/** A query with holes: what the question calls a column stands in braces. */
interface Plan {
  readonly from: Table
  readonly value: string
  readonly group?: string | undefined
  readonly where: ReadonlyArray<string>
  readonly order: string
}

const planOf = (question: string, tables: ReadonlyArray<Table>): Plan | undefined => {
  const [, group] = /\b(?:per|by|for each|which) (\w+)(?= has\b| have\b|\W*$| in\b)/i.exec(question) ?? []
  const [, place] = /\b(?:in|from) (\p{Lu}\p{L}+)/u.exec(question) ?? []
  const [, year] = /\bin (\d{4})\b/.exec(question) ?? []
  const day = tables.flatMap(({ columns }) => columns).find((column) => /_on$|_at$|date/.test(column))
  const where = [
    ...(place === undefined ? [] : [`'${place}' IN ({city}, {country})`]),
    ...(year === undefined || day === undefined ? [] : [`{${day}} LIKE '${year}-%'`])
  ]
  const most = /\bthe most\b/.test(question) ? " LIMIT 1" : ""
  const plan = (from: Table | undefined, value: string, order: string) => from && { from, value, group, where, order }

  const [, counted] = /\b(?:how many|the most) (\w+)/i.exec(question) ?? []
  const things = counted === undefined ? undefined : tableNamed(counted, tables)
  if (things !== undefined) return plan(things, `count(*) AS ${things.name}`, `${things.name} DESC${most}`)
  if (/\b(?:revenue|turnover)\b/i.test(question)) {
    return plan(tableWith("quantity", tables), "round(sum({quantity} * {price}), 2) AS revenue", `revenue DESC${most}`)
  }
  const [, averaged] = /\baverage (\w+)/i.exec(question) ?? []
  if (averaged !== undefined) {
    return plan(tableWith(averaged, tables), `round(avg({${averaged}}), 2) AS average`, "average DESC")
  }
  const [, count = "5", listed, extreme] =
    /\b(\d+)? ?(\w+) (?:are |is )?(?:the )?(most expensive|cheapest)\b/i.exec(question) ?? []
  const dearest = listed === undefined ? undefined : tableNamed(listed, tables)
  const direction = extreme === "cheapest" ? "ASC" : "DESC"
  return dearest && { from: dearest, value: "{name}, {price}", where, order: `{price} ${direction} LIMIT ${count}` }
}

const compile = (question: string, tables: ReadonlyArray<Table>, errors: ReadonlyArray<string>): string | undefined => {
  const plan = planOf(question, tables)
  if (plan === undefined) return undefined
  const joins = new Set<string>()
  let unknown = false
  /** A column, where the database has taught to look for it. */
  const column = (word: string): string => {
    if (!errors.includes(`no such column: ${word}`)) return word
    const home = tableWith(word, tables) ?? tableNamed(word, tables)
    const path = home && pathTo(plan.from, home.name, tables)
    if (home === undefined || path === undefined) unknown = true
    for (const join of path ?? []) joins.add(join)
    const name = home?.columns.includes(word) ? word : "name"
    return errors.includes(`ambiguous column name: ${name}`) ? `${home?.name}.${name}` : name
  }
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (_, word: string) => column(word))
  const group = plan.group && column(plan.group)
  const [value, where, order] = [fill(plan.value), plan.where.map(fill), fill(plan.order)]
  const sql = [
    `SELECT ${group === undefined ? "" : `${group}${group === plan.group ? "" : ` AS ${plan.group}`}, `}${value}`,
    `FROM ${plan.from.name}`,
    ...joins,
    ...(where.length === 0 ? [] : [`WHERE ${where.join(" AND ")}`]),
    ...(group === undefined ? [] : [`GROUP BY ${group}`]),
    ...(group === undefined && value.includes("(") ? [] : [`ORDER BY ${order}`])
  ].join("\n")
  return unknown ? undefined : sql
}
