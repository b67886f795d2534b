/** Sentences, terms and names of English text: what an index and rules without a model need. */

/** The sentences of a text. A period after a single capital (`James E. Webb`) does not end one. */
export const sentencesOf = (text: string): ReadonlyArray<string> =>
  text.split(/\n{2,}|(?<=[.!?]["”)]?)(?<!\b\p{Lu}\.)\s+(?=["“(]?[\p{Lu}\d])/u).flatMap((part) => part.trim() || [])

/** The words of a text that carry meaning, without their endings, each once. */
export const termsOf = (text: string): ReadonlyArray<string> =>
  Array.from(new Set((text.match(/[\p{L}\d]+/gu) ?? []).flatMap((word) => termOf(word) ?? [])))

/** One word as a term: `launched`, `launches` and `launching` are `launch`. Common words are none. */
export const termOf = (word: string): string | undefined => {
  const lower = word.toLowerCase()
  if (/\d/.test(lower)) return lower
  if (lower.length < 2 || common.has(lower)) return undefined
  return (irregular.get(lower) ?? lower)
    .replace(/(?<=..)(?:ies|ied)$/, "y")
    .replace(/(?<=...)(?:ing|ed|es|s)$/, "")
    .replace(/(.)\1$/, "$1")
    .replace(/(?<=..)e$/, "")
    .replace(/(.)\1$/, "$1")
}

/** The share of `wanted` that is among `terms`, from 0 to 1. */
export const share = (wanted: ReadonlyArray<string>, terms: ReadonlyArray<string>): number =>
  wanted.length === 0 ? 0 : wanted.filter((term) => terms.includes(term)).length / wanted.length

/** The proper names inside a sentence, such as `Ariane 5` or `Johns Hopkins`, with what is before and after them. */
export const namesIn = (
  sentence: string
): ReadonlyArray<{ readonly name: string; readonly before: string; readonly after: string }> =>
  Array.from(sentence.matchAll(properName), ({ 0: name, index }) => ({
    name: name.replace(/'s$/, ""),
    before: sentence.slice(0, index),
    after: sentence.slice(index + name.length)
  }))

/** Capitals in the middle of a sentence, and the small numbers that belong to them. */
const properName =
  /(?<=[\p{L}\d,:;)] ["“(]?)(?!(?:January|February|March|April|May|June|July|August|September|October|November|December)\b)\p{Lu}[\p{L}'-]*(?: (?:\p{Lu}[\p{L}'-]*|\d{1,2}\b))*/gu

/** Whether a sentence has what a question wants to know: a name, a date, a number, a rocket. */
export const fitting = (question: string): ((sentence: string) => boolean) => {
  if (/\bwho(?:m|se)?\b/i.test(question)) return (sentence) => namesIn(sentence).some(({ name }) => name.includes(" "))
  if (/\b(?:when|(?:which|what) year)\b/i.test(question)) return (sentence) => /\b\d{4}\b/.test(sentence)
  if (/\bhow (?!do|did|does|can)/i.test(question)) return (sentence) => /\d/.test(sentence)
  const term = termOf(/\b(?:which|what) (\p{L}+)/iu.exec(question)?.[1] ?? "")
  return (sentence) => term === undefined || termsOf(sentence).includes(term)
}

const common = new Set(
  (
    "a about after all also an and any are as at be been before being between but by came can come could did do does during " +
    "each for from had has have he her him his how if in into is it its just long many more most much near no not of on once " +
    "me mine my only onto or other our out over own she so some still such than that the their them then there these they this those to too " +
    "until up us use used using very was we were what when where which while who whom whose why will with would you your"
  ).split(" ")
)

const irregular = new Map(
  Object.entries({
    flight: "fly",
    flights: "fly",
    flew: "fly",
    flown: "fly",
    brought: "bring",
    built: "build",
    found: "find",
    sent: "send",
    began: "begin",
    led: "lead",
    left: "leave",
    took: "take",
    taken: "take",
    made: "make",
    met: "meet",
    gave: "give",
    lost: "lose"
  })
)
