/** The one who guesses: knows the hints and nothing else, and plays until there are no more. */
import { Retry } from "@effect-pocketflow/ai"
import { Effect, Queue } from "effect"
import { LanguageModel } from "effect/ai"
import { Flow, Node, Store } from "effect-pocketflow"
import { Guesses, Hints, said, Words } from "./table.ts"

const Guesser = Store.make("Guesser", { hints: Words, guesses: Words })

/** Waits for a hint. The end of the queue is the end of the game. */
const listen = Node.make(Guesser, {
  exec: () => Effect.flatMap(Hints, Queue.take),
  post: (_store, hint) => Guesser.to("heard", ({ hints }) => ({ hints: [...hints, hint] })),
  actions: ["heard"]
}).pipe(Flow.catchTag("Done", "over"))

const guess = Node.make(Guesser, {
  prep: (store) => store,
  exec: ({ guesses, hints }) =>
    LanguageModel.generateText({
      prompt: [
        {
          role: "system",
          content: "You guess in a game of Taboo. Reply with the one word that all hints fit, and nothing else."
        },
        {
          role: "user",
          content: hints
            .map((hint, i) => `Hint ${i + 1}: ${hint}${guesses[i] ? `\nWrong guess: ${guesses[i]}` : ""}`)
            .join("\n")
        }
      ]
    }),
  post: (_store, { text }) =>
    Guesser.to("guessed", ({ guesses }) => ({ guesses: [...guesses, text.replace(/\s+/g, " ").trim()] })),
  actions: ["guessed"]
}).pipe(Node.timeout("1 minute"), Node.retry(Retry.schedule()))

const tell = Node.make(Guesser, {
  prep: ({ guesses }) => guesses.at(-1) ?? "",
  exec: (guess) =>
    Effect.andThen(
      said.emit({ who: "guesser", what: guess }),
      Guesses.use((queue) => Queue.offer(queue, guess))
    ),
  post: () => Guesser.to("told"),
  actions: ["told"]
})

export const guesser = Flow.make(Guesser, {
  start: "listen",
  nodes: { listen, guess, tell },
  edges: { listen: { heard: "guess" }, guess: { guessed: "tell" }, tell: { told: "listen" } }
})
