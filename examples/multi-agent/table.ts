/** What the players share: how they hear each other, and what may not be said. They share no store. */
import { type Cause, Context, Layer, Queue, Schema } from "effect"
import { Flow, Store } from "effect-pocketflow"
import { termOf } from "../shared/text.ts"

/** From the hinter to the guesser. It ends when the game is over. */
export class Hints extends Context.Service<Hints, Queue.Queue<string, Cause.Done>>()("examples/multi-agent/Hints") {}

/** From the guesser to the hinter. */
export class Guesses extends Context.Service<Guesses, Queue.Queue<string>>()("examples/multi-agent/Guesses") {}

/** A new table for each game. */
export const table = Layer.mergeAll(
  Layer.effect(Hints, Queue.unbounded<string, Cause.Done>()),
  Layer.effect(Guesses, Queue.unbounded<string>())
)

/** What is said, for whoever watches. */
export const said = Flow.Channel<{ readonly who: "hinter" | "guesser"; readonly what: string }>("said")

/** What each of them remembers, in a store of its own. */
export const Words = Schema.Array(Schema.String).pipe(Store.withInitial([]))

/** Why a hint is against the rules; nothing, if it is not. Other forms of a forbidden word are forbidden, too. */
export const foulIn = (
  hint: string,
  { forbidden, word }: { readonly word: string; readonly forbidden: ReadonlyArray<string> }
): string | undefined => {
  const said = hint.match(/[\p{L}\p{N}'-]+/gu) ?? []
  if (said.length === 0) return "there is nothing in it"
  if (said.length > 5) return `it has ${said.length} words, and 5 are allowed`
  const foul = said.find((one) => [word, ...forbidden].some((taboo) => isForm(one.toLowerCase(), taboo.toLowerCase())))
  return foul && `"${foul}" is forbidden`
}

const isForm = (one: string, taboo: string): boolean =>
  one.includes(taboo) || (termOf(one) ?? one) === (termOf(taboo) ?? taboo)

/** Two guesses are the same, whatever their capitals and punctuation. */
export const normal = (guess: string): string =>
  guess
    .toLowerCase()
    .replace(/[^\p{L}\p{N}' -]+/gu, "")
    .trim()
