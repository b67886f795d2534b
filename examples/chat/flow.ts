/** A conversation: one node that loops, with the history in the store. */
import { Retry, TextStream } from "@effect-pocketflow/ai"
import { Effect, Schema } from "effect"
import { LanguageModel } from "effect/ai"
import { Flow, Node, Store } from "effect-pocketflow"
import { heard, listen, Message, said } from "../shared/chat.ts"

const Chat = Store.make("Chat", { messages: Schema.Array(Message) })

const instructions =
  "You are a good listener. Reply in one or two short sentences, " +
  "come back to what was said before, and call people by their name once you know it."

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
