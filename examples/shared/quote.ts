/** Words of a text, quoted to prove something: what a model says may be checked by them. */

const fewest = 4

/** What is wrong with a quote: it has to be in the text as it is written, and long enough to say something. */
export const objectionToQuote = (quote: string, text: string): string | undefined => {
  const [quoted, whole] = [plain(quote), plain(text)]
  const words = wordsOf(quoted)
  if (words.length === 0) return "is empty"
  if (!whole.includes(quoted) || !` ${wordsOf(whole).join(" ")} `.includes(` ${words.join(" ")} `))
    return "is not there"
  return words.length < fewest && quoted !== whole ? `has fewer than ${fewest} words` : undefined
}

const plain = (text: string): string => text.replaceAll(/\s+/g, " ").trim()

const segmenter = new Intl.Segmenter("en", { granularity: "word" })

const wordsOf = (text: string): ReadonlyArray<string> =>
  Array.from(segmenter.segment(text)).flatMap(({ isWordLike, segment }) => (isWordLike ? [segment] : []))
