/** A conversation: one node that loops, with the history in the store. */
import { Retry, TextStream } from "@effect-pocketflow/ai"
import { Effect, Schema, Terminal } from "effect"
import { LanguageModel } from "effect/ai"
import { Flow, Node, Store } from "effect-pocketflow"

const Message = Schema.Struct({
  role: Schema.Literals(["user", "assistant"]),
  content: Schema.String
})

const Chat = Store.make("Chat", { messages: Schema.Array(Message) })

/** What the user says, and the reply word by word, for whoever watches the run. */
export const heard = Flow.Channel<string>("heard")
export const said = Flow.Channel<string>("said")

const instructions =
  "You are a good listener. Reply in one or two short sentences, " +
  "come back to what was said before, and call people by their name once you know it."

/** The next line that says something. `exit` ends the chat as the end of the input does. */
const listen = Terminal.Terminal.use((terminal) => terminal.readLine).pipe(
  Effect.map((line) => line.trim()),
  Effect.repeat({ until: (line) => line !== "" }),
  Effect.filterOrFail(
    (line) => line !== "exit",
    () => new Terminal.QuitError({})
  )
)

const turn = Node.make(Chat, {
  prep: ({ messages }) => Effect.map(listen, (line) => ({ line, messages })),
  exec: ({ line, messages }) =>
    Effect.andThen(
      heard.emit(line),
      LanguageModel.streamText({
        prompt: [{ role: "system", content: instructions }, ...messages, { role: "user", content: line }]
      }).pipe(TextStream.runInto(said))
    ),
  post: ({ line }, { text }) =>
    Chat.to("again", ({ messages }) => ({
      messages: [...messages, { role: "user", content: line }, { role: "assistant", content: text }]
    })),
  actions: ["again"]
}).pipe(Node.retry(Retry.schedule()), Flow.catchTag("QuitError", "goodbye"))

export const chat = Flow.make(Chat, {
  start: "turn",
  nodes: { turn },
  edges: { turn: { again: "turn" } }
})
