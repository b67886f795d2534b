/** The words of a command line, where no shell runs. */
import { Result } from "effect"

/** What stands in quotes, what is behind a backslash, and a character that means nothing else. */
const piece = /'[^']*'|"(?:[^"\\]|\\[^])*"|\\[^]|[^\s'"\\|&;<>()$`*?[]/g

const word = new RegExp(`(?:${piece.source})+`, "g")

/** The words as a POSIX shell takes them apart; what only a shell can do is refused. */
export const wordsOf = (line: string): Result.Result<ReadonlyArray<string>, string> => {
  const [unclear] = line.replace(word, "").trim()
  if (unclear === undefined) return Result.succeed((line.match(word) ?? []).map((word) => word.replace(piece, meant)))
  return Result.fail(
    /['"\\]/.test(unclear) ? `something is missing after ${unclear}` : `${unclear} needs a shell; quote it`
  )
}

const meant = (piece: string): string => {
  if (piece.startsWith("'")) return piece.slice(1, -1)
  if (piece.startsWith('"')) return piece.slice(1, -1).replace(/\\(["\\$`])/g, "$1")
  return piece.startsWith("\\") ? piece.slice(1) : piece
}
