/** The one who knows the word: gives hints that are allowed, until the guesser has it or the rounds are over. */
import { Retry } from "@effect-pocketflow/ai"
import { Effect, Queue, Schema } from "effect"
import { LanguageModel } from "effect/ai"
import { Flow, Node, Store } from "effect-pocketflow"
import { foulIn, Guesses, Hints, normal, said, Words } from "./table.ts"

const Hinter = Store.make("Hinter", {
  word: Schema.String,
  forbidden: Schema.Array(Schema.String),
  rounds: Schema.Int,
  hints: Words,
  guesses: Words,
  hint: Schema.optionalKey(Schema.String),
  fouls: Words
})

const hint = Node.make(Hinter, {
  prep: (store) => store,
  exec: ({ forbidden, fouls, guesses, hints, word }) =>
    LanguageModel.generateText({
      prompt: [
        {
          role: "system",
          content:
            "You give hints in a game of Taboo: another player has to guess your word. Reply with a hint of one to five words, " +
            "and nothing else. Your word, the forbidden words and other forms of them must not be in it."
        },
        {
          role: "user",
          content: [
            `Word: ${word}`,
            `Forbidden: ${forbidden.join(", ")}`,
            ...hints.map((hint, i) => `Hint ${i + 1}: ${hint}\nWrong guess: ${guesses[i]}`),
            ...fouls.map((foul) => `Not allowed: ${foul}`)
          ].join("\n")
        }
      ]
    }),
  post: (store, { text }) => {
    const hint = text.replace(/\s+/g, " ").trim()
    const foul = foulIn(hint, store)
    return foul === undefined
      ? Hinter.to("fair", { hint, fouls: [] })
      : Hinter.to("foul", ({ fouls }) => ({ fouls: [...fouls, `${hint} (${foul})`] }))
  },
  actions: ["fair", "foul"]
}).pipe(Node.timeout("1 minute"), Node.retry(Retry.schedule()))

/** Says the hint, and waits for the guess. After the last guess it ends the game. */
const ask = Node.make(Hinter, {
  prep: (store) => store,
  exec: ({ guesses, hint = "", rounds, word }) =>
    Effect.gen(function* () {
      const table = { hints: yield* Hints, guesses: yield* Guesses }
      yield* said.emit({ who: "hinter", what: hint })
      yield* Queue.offer(table.hints, hint)
      const guess = yield* Queue.take(table.guesses)
      const end = normal(guess) === normal(word) ? "guessed" : guesses.length + 1 >= rounds ? "unguessed" : undefined
      if (end !== undefined) yield* Queue.end(table.hints)
      return { guess, end } as const
    }),
  post: ({ hint = "" }, { end, guess }) =>
    Hinter.to(end ?? "wrong", ({ guesses, hints }) => ({ hints: [...hints, hint], guesses: [...guesses, guess] })),
  actions: ["guessed", "unguessed", "wrong"]
})

const giveUp = Node.make(Hinter, {
  exec: () => Effect.flatMap(Hints, Queue.end),
  post: () => Hinter.to("speechless"),
  actions: ["speechless"]
})

export const hinter = Flow.make(Hinter, {
  start: "speak",
  nodes: {
    // Three attempts at a hint that is allowed.
    speak: Flow.make(Hinter, { start: "hint", nodes: { hint }, edges: { hint: { foul: "hint" } } }).pipe(
      Flow.budget({ steps: 3 })
    ),
    ask,
    giveUp
  },
  edges: { speak: { fair: "ask", exhausted: "giveUp" }, ask: { wrong: "speak" } }
})
