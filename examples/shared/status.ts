/** How far long work is: one line of a terminal that changes, or lines one after the other where that cannot be. */
import { Duration, Effect, Terminal } from "effect"
import { CliOutput, TerminalCapabilities } from "effect/cli"
import { oneLine } from "./cli.ts"

export const statusLine = Effect.gen(function* () {
  const terminal = yield* Terminal.Terminal
  const { canAnimate } = yield* TerminalCapabilities.TerminalCapabilities
  const columns = (yield* terminal.columns) || 80
  const display = (text: string) => Effect.ignore(terminal.display(text))
  const replace = (line: string) => display(`\r\x1b[K${fit(line, columns - 1).trimEnd()}`)
  return {
    /** What has happened. */
    show: (line: string) => (canAnimate ? replace(line) : display(`${line.replace(/\p{Cc}+/gu, " ")}\n`)),
    /** What is going on: only where the line can change. */
    hint: (line: string) => (canAnimate ? replace(line) : Effect.void),
    clear: canAnimate ? display("\r\x1b[K") : Effect.void
  }
})

/** Cut or filled to a number of columns, as a terminal counts them. */
export const fit = (text: string, columns: number): string => {
  let shown = oneLine(text.slice(0, 4 * columns))
  if (CliOutput.displayWidth(shown) > columns) {
    while (CliOutput.displayWidth(shown) >= columns) shown = Array.from(shown).slice(0, -1).join("")
    shown += "…"
  }
  return shown + " ".repeat(columns - CliOutput.displayWidth(shown))
}

/** A time for people: `4.7 s`. */
export const seconds = (duration: Duration.Input): string => `${Duration.toSeconds(duration).toFixed(1)} s`
