/** Replies without a model: what the user said is turned around, and brought up again later (after ELIZA, 1966). */
import type { OfflineModel } from "@effect-pocketflow/ai"

type Prompt = OfflineModel.PromptText

export const rules: ReadonlyArray<OfflineModel.Rule> = [
  {
    name: "the user asks for their name",
    when: ({ user }) => /what(?:'s| is)? my name|who am i/i.test(user),
    reply: (prompt) =>
      nameIn(prompt) ? `You told me that your name is ${nameIn(prompt)}.` : "You have not told me yet."
  },
  {
    name: "the user gives their name",
    when: ({ user }) => introduction.test(user),
    reply: (prompt) => `Nice to meet you, ${nameIn(prompt)}. What is on your mind?`
  },
  {
    name: "the user asks what they said",
    when: ({ user }) => /what did i (?:say|tell you)/i.test(user),
    reply: (prompt) => {
      const topic = wordsOf(prompt.user.replace(/.*what did i (?:say|tell you)/i, ""))
      const said = statements(prompt).findLast((line) => topic.every((word) => wordsOf(line).includes(word)))
      return said ? `You said: "${said}"` : `You have said nothing about ${topic.join(" ") || "it"} so far.`
    }
  },
  {
    name: "the user greets",
    when: ({ user }) => /^(?:hello|hi|hey|good (?:morning|evening))\b/i.test(user),
    reply: (prompt) =>
      nameIn(prompt) ? `Hello again, ${nameIn(prompt)}.` : "Hello. How are you, and what is your name?"
  },
  {
    name: "the user speaks of themselves",
    when: ({ user }) => patterns.some(([pattern]) => pattern.test(user)),
    reply: ({ user }) => {
      const [pattern, question] = patterns.find(([pattern]) => pattern.test(user))!
      return question(turnAround(pattern.exec(user)![1]!))
    }
  },
  {
    name: "the user asks",
    when: ({ user }) => user.endsWith("?"),
    reply: ({ user }) => `You ask: "${turnAround(user)}" What answer do you hope for?`
  },
  {
    name: "something said before",
    when: (prompt) => statements(prompt).length > 0,
    reply: (prompt) => {
      const before = statements(prompt)
      const words = wordsOf(prompt.user)
      const related = before.findLast((line) => wordsOf(line).some((word) => words.includes(word)))
      const line = turnAround(related ?? before[turns(prompt) % before.length]!)
      return related
        ? `Earlier you said that ${lower(line)}. How do the two go together?`
        : `I see. Does that have to do with what you said before, that ${lower(line)}?`
    }
  },
  { name: "anything", when: () => true, reply: ({ user }) => `"${turnAround(user)}": please tell me more about that.` }
]

const introduction = /\b(?:[Mm]y name is|[Cc]all me|I am called)\s+(\p{Lu}[\p{L}'-]*)/u

/** The name that the user gave last. */
const nameIn = ({ history }: Prompt): string | undefined =>
  history.findLast(({ role, text }) => role === "user" && introduction.test(text))?.text.match(introduction)?.[1]

const patterns: ReadonlyArray<readonly [RegExp, (rest: string) => string]> = [
  [/\bbecause (.+)/i, (rest) => `Is that the whole reason, that ${rest}?`],
  [/\bi (?:feel|am feeling) (.+)/i, (rest) => `Since when have you felt ${rest}?`],
  [
    /\bi(?: would like| want) to (.+)/i,
    (rest) => `What keeps you from it? To ${rest} sounds like something you could start today.`
  ],
  [/\bi (?:need|want) (.+)/i, (rest) => `What would change if you had ${rest}?`],
  [/\bi(?: am|'m) (.+)/i, (rest) => `How long have you been ${rest}?`],
  [/\bi (?:can't|cannot) (.+)/i, (rest) => `What happened when you tried to ${rest}?`],
  [/\bmy (.+)/i, (rest) => `Tell me more about your ${rest}.`]
]

const pronouns: Readonly<Record<string, string>> = {
  i: "you",
  me: "you",
  my: "your",
  mine: "yours",
  myself: "yourself",
  am: "are",
  "i'm": "you are",
  "i've": "you have",
  you: "I",
  your: "my",
  yours: "mine",
  yourself: "myself"
}

/** The same from the other side: "I lost my keys." becomes "you lost your keys". */
const turnAround = (text: string): string =>
  text.replace(/[.!\s]+$/, "").replace(/[\p{L}']+/gu, (word) => pronouns[word.toLowerCase()] ?? word)

/** What the user has stated so far, without the last message, questions, greetings and names. */
const statements = ({ history }: Prompt): ReadonlyArray<string> =>
  history
    .filter(({ role }) => role === "user")
    .slice(0, -1)
    .map(({ text }) => text)
    .filter((text) => !text.endsWith("?") && !introduction.test(text) && wordsOf(text).length > 0)

const turns = ({ history }: Prompt): number => history.filter(({ role }) => role === "user").length

const common = new Set(
  "about after also and are because but can did feel for from had has have hello her him his how its just like much not now our said say she that the their them then there they this want was were what when where which who why will with would you your".split(
    " "
  )
)

/** The words that carry meaning, without endings. */
const wordsOf = (text: string): ReadonlyArray<string> =>
  (text.toLowerCase().match(/\p{L}{3,}/gu) ?? [])
    .filter((word) => !common.has(word))
    .map((word) => word.replace(/s$/, ""))

const lower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)
