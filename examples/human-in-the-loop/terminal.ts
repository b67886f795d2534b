/** A reviewer at the terminal: reads drafts, and decides. */
import { Effect, type PlatformError, Terminal } from "effect"
import { printable } from "../shared/cli.ts"
import type { Decision } from "./flow.ts"
import { Sessions } from "./sessions.ts"

/** Reviews a session until it has ended, or until the reviewer goes away: then it is kept. */
export const reviewInTerminal = Effect.fnUntraced(
  function* (id: string, { echo }: { readonly echo: boolean }) {
    const { display } = yield* cleanTerminal
    const sessions = yield* Sessions
    while (true) {
      const { draft, reason, status, step } = yield* sessions.settled(id)
      switch (status) {
        case "waiting":
          yield* display(`\n${draft}\n\n`)
          yield* sessions.decide(id, step, yield* ask(echo)).pipe(
            // On the page, for instance.
            Effect.catchTag("NotWaiting", () => display("Somebody else has decided.\n"))
          )
          break
        case "failed":
          yield* display(`\nIt failed: ${reason}\n`)
          yield* line("Enter tries again, Ctrl-D leaves it. ", echo)
          yield* sessions.retry(id)
          break
        default:
          return yield* display(`\nThe reply is ${status}.\n`)
      }
    }
  },
  (effect, id) =>
    Effect.catchTag(effect, "QuitError", () =>
      Terminal.Terminal.use(({ display }) => display(`\nIt is kept. Go on with it: --session ${id}\n`))
    )
)

/** What comes from models and other people is shown as it is. */
const cleanTerminal = Effect.map(Terminal.Terminal, ({ display, readLine }) => ({
  display: (text: string) => display(printable(text)),
  readLine
}))

/** What the user types, after a question. */
const line = Effect.fnUntraced(function* (prompt: string, echo: boolean) {
  const { display, readLine } = yield* cleanTerminal
  yield* display(prompt)
  const line = yield* readLine
  if (echo) yield* display(`${line}\n`)
  return line.trim()
})

const ask = Effect.fnUntraced(function* (
  echo: boolean
): Effect.fn.Return<typeof Decision.Type, Terminal.QuitError | PlatformError.PlatformError, Terminal.Terminal> {
  const { display } = yield* cleanTerminal
  while (true) {
    const typed = yield* line("approve, reject <what to change>, edit (and send) or discard? ", echo)
    const [, word = "", rest = ""] = /^(\S+)\s*(.*)$/.exec(typed) ?? []
    switch (commands.find((command) => word !== "" && command.startsWith(word.toLowerCase()))) {
      case "approve":
        return { _tag: "Approve" }
      case "discard":
        return { _tag: "Discard" }
      case "reject":
        if (rest !== "") return { _tag: "Reject", note: rest }
        yield* display("Say what to change: reject Shorter, please.\n")
        break
      case "edit": {
        const text = yield* textUntilDot(echo)
        if (text !== "") return { _tag: "Edit", text }
        break
      }
      default:
        yield* display("That is none of them.\n")
    }
  }
})

const commands = ["approve", "reject", "edit", "discard"] as const

const textUntilDot = Effect.fnUntraced(function* (echo: boolean) {
  const lines: Array<string> = []
  for (let next = yield* line("The reply, and a line with a dot to end it:\n", echo); next !== ".";) {
    lines.push(next)
    next = yield* line("", echo)
  }
  return lines.join("\n").trim()
})
