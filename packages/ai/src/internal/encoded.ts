/** What there is to know of a schema's encoded side, and its decoded side does not tell. */
import * as SchemaAST from "effect/SchemaAST"

/** What something is decoded from, in the end. */
export const encodedOf = (ast: SchemaAST.AST): SchemaAST.AST =>
  ast.encoding === undefined ? ast : encodedOf(ast.encoding.at(-1)!.to)

/** Whether a key may be left out of what is encoded. */
export const isOptional = (ast: SchemaAST.AST): boolean => encodedOf(ast).context?.isOptional === true

/** Whether it is a point in time that is written as a text. */
export const isDate = (ast: SchemaAST.AST): boolean =>
  SchemaAST.isDeclaration(ast) &&
  dates.has(String((ast.annotations?.["representation"] as { readonly id?: unknown } | undefined)?.id)) &&
  SchemaAST.isString(encodedOf(ast))

const dates = new Set(["effect/schema/Date", "effect/schema/DateTimeUtc"])

/** What a date has to be like. JavaScript takes much more: "5" as the 1st of May, "03/04/2026" by the American order. */
export const dateWords = "a date or time in ISO 8601, such as 2026-01-31 or 2026-01-31T12:00:00Z"

/** Whether it is one day, or one moment: a time without its zone is neither, and there is no 31st of February. */
export const isIso8601 = (text: string): boolean => {
  const [, day] = iso8601.exec(text) ?? []
  if (day === undefined) return false
  const date = new Date(day)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day) && !Number.isNaN(Date.parse(text))
}

const iso8601 =
  /^((?:\d{4}|[+-]\d{6})(?:-\d{2}(?:-\d{2}(?=$|T))?)?)(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2}))?$/
