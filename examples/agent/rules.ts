/**
 * Research without a model, by the words of the question and of the documents in the prompt.
 *
 * A question such as "On which rocket was the probe that landed on Titan launched?" asks something (which rocket) about
 * a thing that it describes (the probe that landed on Titan). The rules look for the description, find the name of the
 * thing in what they read (Huygens), look for the name together with what is asked, and quote the sentences that say so.
 */
import type { OfflineModel } from "@effect-pocketflow/ai"
import { documentsIn } from "../shared/library.ts"
import { fitting, namesIn, sentencesOf, share, termOf, termsOf } from "../shared/text.ts"

export const rules: ReadonlyArray<OfflineModel.Rule> = [
  {
    name: "decide",
    when: ({ system }) => system.startsWith("Decide"),
    reply: ({ user }) => {
      const query = nextQuery(taskIn(user))
      return JSON.stringify(query === undefined ? { action: "answer", query: "" } : { action: "search", query })
    }
  },
  {
    name: "answer",
    when: ({ system }) => system.startsWith("Answer"),
    reply: ({ user }) => {
      const task = taskIn(user)
      const subject = subjectOf(task)
      const evidence = evidenceFor(task, subject)
      const quotes = [subject?.sentence, evidence].filter((sentence) => sentence !== undefined)
      const text = Array.from(new Set(quotes), ({ document, text }) => `${document.title}: "${text}" [${document.id}]`)
      if (evidence === undefined) text.push("The documents that were read do not answer the question.")
      return JSON.stringify({ text: text.join("\n"), found: evidence !== undefined })
    }
  }
]

interface Task {
  readonly question: Question
  readonly searches: ReadonlyArray<{ readonly query: string; readonly found: string }>
  readonly sentences: ReadonlyArray<Sentence>
}

interface Sentence {
  readonly text: string
  readonly document: { readonly id: string; readonly title: string; readonly terms: ReadonlyArray<string> }
  /** Whether the document begins with it, and so says what it is about. */
  readonly first: boolean
}

const taskIn = (prompt: string): Task => ({
  question: analyse(/^Question: (.*)$/m.exec(prompt)?.[1] ?? ""),
  searches: Array.from(
    prompt.matchAll(/^<search query="(.*)">\n(.*)\n<\/search>$/gm),
    ([, query = "", found = ""]) => ({ query, found })
  ),
  sentences: documentsIn(prompt).flatMap(({ id, text, title }) => {
    const document = { id, title, terms: termsOf(`${title} ${text}`) }
    return sentencesOf(text).map((text, i) => ({ text, document, first: i === 0 }))
  })
})

/** What to search for; nothing, if what was read answers the question or the library has no more. */
const nextQuery = (task: Task): string | undefined => {
  const { asked, described } = task.question
  const last = task.searches.at(-1)
  if (last === undefined) return described?.text ?? asked.join(" ")
  const subject = subjectOf(task)
  if (evidenceFor(task, subject) !== undefined) return undefined
  const query = subject && [subject.name, ...asked].join(" ")
  if (query !== undefined && !task.searches.some((search) => search.query === query)) return query
  return last.found === "nothing new" ? undefined : last.query
}

// -----------------------------------------------------------------------------
// The question
// -----------------------------------------------------------------------------

interface Question {
  /** The words of what is asked: `rocket launched`. */
  readonly asked: ReadonlyArray<string>
  /** Whether a sentence has what the question wants to know: a name, a date, a number, a rocket. */
  readonly fits: (sentence: string) => boolean
  /** The thing that is described in place of named: `probe that landed on Titan`. */
  readonly described: { readonly text: string; readonly noun: string } | undefined
}

const analyse = (sentence: string): Question => {
  const question = sentence.replace(/\W+$/, "")
  const [clause = "", noun = ""] = relativeClause.exec(question) ?? []
  // In "on which rocket was the probe that landed on Titan launched", the last verb belongs to what is asked.
  const text = clause.replace(
    /\bdid\b/.test(question) ? anyVerb : /\b(?:was|were|is|are)\b/.test(question) ? participle : "",
    ""
  )
  const rest = question.replace(text, "")
  return {
    asked: rest.split(/[^\p{L}\d-]+/u).filter((word) => termOf(word) !== undefined),
    fits: fitting(rest),
    described: text === "" ? undefined : { text, noun }
  }
}

const relativeClause =
  /(?<=\bthe )(?:(?!the\b)\p{L}+ )*?(\p{L}+)(?: (?:at|by|for|from|in|of|on|to|with))? (?:that|which|whose|who|where) .*/iu

const participle = / (?:\p{L}+ed|brought|built|found|made|sent)(?: (?:back|down|off|out|up))?$/u
const anyVerb = / \p{L}+(?: (?:back|down|off|out|up))?$/u

// -----------------------------------------------------------------------------
// The documents
// -----------------------------------------------------------------------------

interface Subject {
  readonly name: string
  /** Where it is said what it is. */
  readonly sentence: Sentence
}

/** The name of the thing that the question describes, once it was read. */
const subjectOf = ({ question: { described }, sentences }: Task): Subject | undefined => {
  if (described === undefined) return undefined
  const noun = termOf(described.noun) ?? ""
  const description = termsOf(described.text).filter((term) => term !== noun)
  const isNoun = (word = "") => termOf(word) === noun
  const candidates = sentences.flatMap((sentence) => {
    const { document, first, text } = sentence
    const terms = termsOf(`${document.title} ${text}`)
    const names = namesIn(text).filter(
      ({ after, before, name }) =>
        !described.text.includes(name) &&
        [name.split(" ").at(-1), /^ (\p{L}+)/u.exec(after)?.[1], /(\p{L}+) $/u.exec(before)?.[1]].some(isNoun)
    )
    const title =
      first && terms.includes(noun)
        ? [{ name: document.title, score: share(description, document.terms), sentence }]
        : []
    return [...title, ...names.map(({ name }) => ({ name, score: share(description, terms), sentence }))]
  })
  // The first document that tells is the one that was searched for by the description.
  const [first, ...others] = candidates.filter(({ score }) => score > 0.5)
  return first && best([first, ...others.filter(({ sentence }) => sentence.document === first.sentence.document)])
}

/** The sentence that says what is asked, of the subject where the question describes one. */
const evidenceFor = ({ question, sentences }: Task, subject: Subject | undefined): Sentence | undefined => {
  if (question.described !== undefined && subject === undefined) return undefined
  const asked = termsOf(question.asked.join(" "))
  const named = termsOf(question.asked.filter((word) => /^\p{Lu}/u.test(word)).join(" "))
  const candidates = sentences.flatMap((sentence) => {
    const { document, text } = sentence
    const terms = termsOf(`${document.title} ${text}`)
    const about = subject === undefined ? named : termsOf(subject.name)
    return about.every((term) => terms.includes(term)) && question.fits(text)
      ? [{ sentence, score: share(asked, terms) }]
      : []
  })
  return best(candidates.filter(({ score }) => score > 0.5))?.sentence
}

const best = <A extends { readonly score: number }>(candidates: ReadonlyArray<A>): A | undefined =>
  candidates.reduce<A | undefined>(
    (best, next) => (best !== undefined && best.score >= next.score ? best : next),
    undefined
  )
