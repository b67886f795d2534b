/** What the flows of chats have in common: messages, channels for whoever watches, and the next line of the user. */
import { Effect, Schema, Terminal } from "effect"
import { Flow } from "effect-pocketflow"

export const Message = Schema.Struct({
  role: Schema.Literals(["user", "assistant"]),
  content: Schema.String
})

/** What the user says, the reply word by word, and what else is worth telling. */
export const heard = Flow.Channel<string>("heard")
export const said = Flow.Channel<string>("said")
export const noted = Flow.Channel<string>("noted")

/** The next line that says something. `exit` ends a chat as the end of the input does. */
export const listen = Terminal.Terminal.use((terminal) => terminal.readLine).pipe(
  Effect.map((line) => line.trim()),
  Effect.repeat({ until: (line) => line !== "" }),
  Effect.filterOrFail(
    (line) => line !== "exit",
    () => new Terminal.QuitError({})
  )
)
