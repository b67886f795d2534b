/**
 * Taboo without a model, by the words of the meanings on the cards.
 *
 * The hinter says a word out of the meaning of its card. It begins with one that is common to many cards, and after a wrong
 * guess takes one that does not fit it. It only avoids what is literally forbidden, and learns of other forms by its fouls.
 * The guesser says the card that most of the hints fit; it does not know which one is played.
 */
import type { OfflineModel } from "@effect-pocketflow/ai"
import { termOf, termsOf } from "../shared/text.ts"
import { cards } from "./cards.ts"
import { normal } from "./table.ts"

export const rules: ReadonlyArray<OfflineModel.Rule> = [
  {
    name: `hints at ${cards.map(({ word }) => word).join(", ")}`,
    when: ({ system, user }) =>
      system.startsWith("You give hints") && meaningOf(valuesOf(user, "Word")[0] ?? "") !== "",
    reply: ({ user }) => {
      const word = valuesOf(user, "Word")[0] ?? ""
      const hints = valuesOf(user, "Hint \\d+")
      const guesses = valuesOf(user, "Wrong guess")
      const banned = wordsOf([...valuesOf(user, "Forbidden"), ...valuesOf(user, "Not allowed"), ...hints].join(" "))
      const known = wordsOf(meaningOf(word)).filter((one) => termOf(one) !== undefined && !banned.includes(one))
      const misleading = (one: string) => guesses.filter((guess) => fits(guess, one)).length
      const common = (one: string) => cards.filter((card) => fits(card.word, one)).length
      const [best] = known.toSorted((a, b) => misleading(a) - misleading(b) || common(b) - common(a))
      return best ?? `${word.length} letters`
    }
  },
  {
    name: "guesses",
    when: ({ system }) => system.startsWith("You guess"),
    reply: ({ user }) => {
      const terms = termsOf(valuesOf(user, "Hint \\d+").join(" "))
      const tried = valuesOf(user, "Wrong guess").map(normal)
      const score = (word: string) => terms.filter((term) => termsOf(meaningOf(word)).includes(term)).length
      const left = cards.map(({ word }) => word).filter((word) => !tried.includes(word))
      return left.toSorted((a, b) => score(b) - score(a) || a.localeCompare(b))[0] ?? "I do not know"
    }
  }
]

/** The lines of a prompt that begin with a label, without it. */
const valuesOf = (prompt: string, label: string): ReadonlyArray<string> =>
  Array.from(prompt.matchAll(new RegExp(`^${label}: (.*)$`, "gm")), ([, value = ""]) => value)

const wordsOf = (text: string): ReadonlyArray<string> => text.toLowerCase().match(/\p{L}+/gu) ?? []

const meaningOf = (word: string): string => cards.find((card) => card.word === normal(word))?.meaning ?? ""

const fits = (card: string, one: string): boolean => termsOf(meaningOf(card)).includes(termOf(one) ?? "")
