/** Replies without a model: what the letter asks and tells is taken up, and what the reviewer notes is said. */
import type { OfflineModel } from "@effect-pocketflow/ai"
import { quotesIn } from "../shared/prompt.ts"
import { sentencesOf } from "../shared/text.ts"

export const rules: ReadonlyArray<OfflineModel.Rule> = [
  {
    name: "a reply",
    when: ({ system }) => system.includes("mail-order shop"),
    reply: ({ user }) => {
      const [letter = ""] = quotesIn("letter", user)
      // What a letter or a draft says there is no note: notes are below the last of the tags.
      const below = user.split(/^<\/(?:letter|draft)>$/m).at(-1) ?? ""
      const notes = Array.from(below.matchAll(/^- (.+)$/gm), ([, note = ""]) => note)
      const name = letter.trim().split("\n").at(-1)?.trim() ?? ""
      const order = /\border (\d+)/.exec(letter)?.[1]
      const short = notes.some((note) => /\bshort(?:er)?\b|\bbrief(?:er)?\b/i.test(note))
      return [
        `Dear ${name || "customer"},`,
        `thank you for your letter${order === undefined ? "" : ` about order ${order}`}.${short ? "" : sympathyFor(letter)}`,
        ...(short ? [] : questionsIn(letter)),
        ...notes.flatMap(saidFor),
        "Kind regards,\nyour shop"
      ].join("\n\n")
    }
  }
]

const sympathyFor = (letter: string): string =>
  /broken|nothing has arrived|late|wrong|but it is/i.test(letter)
    ? " We are sorry for the trouble: this is not how it should have been."
    : ""

/** Each question, given back with what follows from it: a human has to know the answer. */
const questionsIn = (letter: string): ReadonlyArray<string> =>
  sentencesOf(letter.replace(/(?<=\S)\n(?=\S)/g, " "))
    .filter((sentence) => sentence.endsWith("?"))
    .map((question) => `You ask: "${question}" We are looking into it, and will write again within two days.`)

/** "Offer a refund" becomes "We offer a refund."; what is about the form of the reply adds nothing to it. */
const saidFor = (note: string): ReadonlyArray<string> => {
  const [, verb = "", rest = ""] =
    /^(?:please )?(offer|promise|apologi[sz]e|send|add|mention|say|tell \w+)(?: that)?\b ?(.*?)[.!]*$/i.exec(note) ?? []
  if (verb === "") return []
  if (/^(?:add|mention|say|tell)/i.test(verb)) return [`${rest.charAt(0).toUpperCase()}${rest.slice(1)}.`]
  return [`We ${verb.toLowerCase()}${rest === "" ? "" : ` ${rest}`}.`]
}
