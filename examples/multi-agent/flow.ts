/** A game of Taboo between two agents: each is a flow over a store of its own, and they talk through queues. */
import { Schema } from "effect"
import { Flow, Store } from "effect-pocketflow"
import { guesser } from "./guesser.ts"
import { hinter } from "./hinter.ts"
import { Words } from "./table.ts"

const Game = Store.make("Game", {
  word: Schema.String,
  forbidden: Schema.Array(Schema.String),
  rounds: Schema.Int,
  hints: Words,
  guesses: Words
})

/** Both play at once. If one fails, the other is interrupted. */
export const taboo = Flow.all(
  Game,
  {
    hinter: Flow.call(Game, hinter, {
      prep: ({ forbidden, rounds, word }) => ({ word, forbidden, rounds }),
      post: (_input, { outcome, store: { guesses, hints } }) => Game.to(outcome, { guesses, hints }),
      actions: ["guessed", "unguessed", "speechless"]
    }),
    guesser: Flow.call(Game, guesser, { prep: () => ({}), post: () => Game.next(), actions: ["default"] })
  },
  { post: ({ hinter }) => Game.to(hinter), actions: ["guessed", "unguessed", "speechless"] }
)
