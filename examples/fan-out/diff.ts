/** A unified diff, line by line, and where in it findings may be. */
import { Schema } from "effect"

export const Finding = Schema.Struct({
  file: Schema.String,
  line: Schema.Int,
  severity: Schema.Literals(["blocker", "remark"]),
  message: Schema.String.annotate({ description: "What is wrong, in one sentence" })
})

export type Finding = typeof Finding.Type

/** A reviewer speaks of a line that the change does not add. */
class Misplaced extends Schema.TaggedError<Misplaced>()("Misplaced", { file: Schema.String, line: Schema.Int }) {
  override get message(): string {
    return `${this.file}:${this.line} is no added line of the change`
  }
}

interface Line {
  readonly file: string
  readonly line: number
  readonly kind: "+" | "-" | " "
  readonly text: string
}

/** The lines of all hunks; a line that is removed has the number where it was. */
const linesOf = (diff: string): ReadonlyArray<Line> => {
  const lines: Array<Line> = []
  let file = ""
  // The next line before and after the change, and how many of each are left in the hunk.
  let [before, after, old, fresh] = [0, 0, 0, 0]
  for (const text of diff.split("\n")) {
    const hunk = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(text)?.slice(1)
    if (hunk !== undefined) {
      const [from, oldCount = 1, to, freshCount = 1] = hunk
      ;[before, after, old, fresh] = [Number(from), Number(to), Number(oldCount), Number(freshCount)]
    } else if (old === 0 && fresh === 0) {
      file = /^\+\+\+ (?:b\/)?(.*?)(?:\t.*)?$/.exec(text)?.[1] ?? file
    } else if (!text.startsWith("\\")) {
      const kind = text.startsWith("+") ? "+" : text.startsWith("-") ? "-" : " "
      lines.push({ file, line: kind === "-" ? before : after, kind, text: text.slice(1) })
      if (kind !== "+") [before, old] = [before + 1, old - 1]
      if (kind !== "-") [after, fresh] = [after + 1, fresh - 1]
    }
  }
  return lines
}

export const addedLines = (diff: string): ReadonlyArray<Line> => linesOf(diff).filter(({ kind }) => kind === "+")

/** For the prompt: every line with its place. */
export const numbered = (diff: string): string =>
  linesOf(diff)
    .map(({ file, kind, line, text }) => `${file}:${line} ${kind} ${text}`)
    .join("\n")

/** The first finding that is not on an added line. */
export const misplaced = (findings: ReadonlyArray<Finding>, added: ReadonlyArray<Line>): Misplaced | undefined => {
  const wrong = findings.find(
    (finding) => !added.some(({ file, line }) => file === finding.file && line === finding.line)
  )
  return wrong && new Misplaced({ file: wrong.file, line: wrong.line })
}
