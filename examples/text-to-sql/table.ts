/** The result of a query as text. */
import { oneLine } from "../shared/cli.ts"
import type { Table } from "./database.ts"

export const toText = ({ columns, more, rows }: typeof Table.Type): string => {
  const cells = rows.map((row) => row.map((cell) => cut(oneLine(String(cell ?? "-")))))
  const widths = columns.map((name, i) => Math.max(name.length, ...cells.map((row) => row[i]?.length ?? 0)))
  const isNumber = columns.map((_, i) => rows.every((row) => typeof row[i] === "number"))
  const line = (row: ReadonlyArray<string>) =>
    row
      .map((cell, i) => (isNumber[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join("  ")
      .trimEnd()
  return [
    line(columns.map(oneLine)),
    widths.map((width) => "-".repeat(width)).join("  "),
    ...(rows.length === 0 ? ["(no rows)"] : cells.map(line)),
    ...(more ? [`(only the first ${rows.length} rows)`] : [])
  ].join("\n")
}

const cut = (text: string): string => (text.length > 60 ? `${text.slice(0, 59)}…` : text)
