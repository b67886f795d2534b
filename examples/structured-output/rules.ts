/**
 * Reads orders without a model, by the shapes that such mails have: a bullet or a row for each item, a day with its
 * month, a signature below. Like a small model it first copies words as they are written, "two dozen" for a number, and
 * puts right what is complained about.
 */
import type { OfflineModel } from "@effect-pocketflow/ai"
import { stringify } from "yaml"
import { share, termsOf } from "../shared/text.ts"

export const rules: ReadonlyArray<OfflineModel.Rule> = [
  {
    name: "order",
    when: ({ system }) => system.startsWith("You read the mail of a bakery"),
    reply: ({ history, system }) => {
      const [mail = "", ...complaints] = history.filter(({ role }) => role === "user").map(({ text }) => text)
      const order = orderIn(mail, productsIn(system))
      const said = order.items.length > 0 ? correct(order, mail, complaints) : { noOrder: subjectOf(mail) }
      return `\`\`\`yaml\n${stringify(said)}\`\`\``
    }
  }
]

// -----------------------------------------------------------------------------
// What the mail says
// -----------------------------------------------------------------------------

interface Order {
  readonly customer: string
  readonly email: string
  readonly phone?: string
  readonly deliverOn: string
  readonly items: ReadonlyArray<{ readonly product: string; readonly quantity: string }>
  readonly wishes: ReadonlyArray<string>
}

interface Product {
  readonly code: string
  readonly terms: ReadonlyArray<string>
}

const productsIn = (system: string): ReadonlyArray<Product> =>
  Array.from(system.matchAll(/^([A-Z]+-\d+): (.*)$/gm), ([, code = "", name = ""]) => ({ code, terms: termsOf(name) }))

const orderIn = (mail: string, products: ReadonlyArray<Product>): Order => {
  const text = bodyOf(mail)
  const [, name = "", email = ""] = /^From: (.*) <(.*)>$/m.exec(mail) ?? []
  const [phone] = /(?<=\s)\+?\d[\d ]{6,}\d/.exec(text) ?? []
  return {
    customer: /\((.*)\)/.exec(name)?.[1] ?? name.replace(/^(?:Office|Orders) /, ""),
    email,
    ...(phone === undefined ? {} : { phone }),
    deliverOn: dayPattern.exec(text)?.[0] ?? "",
    items: text.split("\n").flatMap((line) => itemIn(line, products)),
    wishes: text.replace(/\s+/g, " ").match(/(?:Please(?! forget)|Call) [^.]*\./g) ?? []
  }
}

/** What the customer wrote: without the header, the signature, and what is quoted. */
const bodyOf = (mail: string): string =>
  mail
    .replace(/^(?:-+ .*\n)?(?:[A-Z][\w-]*: .*\n)+/, "")
    .replace(/^-- \n[^]*/m, "")
    .replace(/^>.*$/gm, "")

const subjectOf = (mail: string): string => /^Subject: (.*)$/m.exec(mail)?.[1] ?? "a mail without a subject"

/** A row that begins with how many, and names a product. */
const itemIn = (line: string, products: ReadonlyArray<Product>): Order["items"] => {
  const [, quantity = "", rest = ""] = row.exec(line) ?? []
  const terms = termsOf(rest)
  const product = products.toSorted((a, b) => share(b.terms, terms) - share(a.terms, terms))[0]
  return product !== undefined && share(product.terms, terms) > 0.4 ? [{ product: product.code, quantity }] : []
}

const numbers = ["a", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
const tens = ["ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
const words = [...numbers, ...tens, "half"].join("|")

const row = new RegExp(
  `^\\s*(?:[-*]\\s+)?(?:and\\s+)?(\\d+|(?:(?:${words}) )?(?:a )?dozen|(?:${words})(?= ))x?\\s+(.*)`
)

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
const dayPattern = new RegExp(
  `\\d{1,2}(?:st|nd|rd|th)?(?: of)? (?:${months.join("|")})\\p{L}*|\\d{1,2}\\.\\d{1,2}\\.\\d{4}`,
  "u"
)

// -----------------------------------------------------------------------------
// What was complained about
// -----------------------------------------------------------------------------

/** The same with the fields that a complaint names written as the schema wants them. */
const correct = (order: Order, mail: string, complaints: ReadonlyArray<string>) => {
  const named = new Set(complaints.flatMap((text) => Array.from(text.matchAll(/(\S+) \(line/g), ([, path]) => path)))
  return {
    ...order,
    deliverOn: named.has("deliverOn") ? isoDay(order.deliverOn, mail) : order.deliverOn,
    items: order.items.map(({ product, quantity }, i) => ({
      product,
      quantity: named.has(`items[${i}].quantity`) || /^\d+$/.test(quantity) ? count(quantity) : quantity
    }))
  }
}

/** `half a dozen` is 6. */
const count = (quantity: string): number =>
  quantity
    .split(" ")
    .map((word) => {
      if (word === "dozen") return 12
      if (word === "half") return 0.5
      if (numbers.includes(word)) return numbers.indexOf(word) + 1
      return tens.includes(word) ? 10 * (tens.indexOf(word) + 1) : Number(word)
    })
    .reduce((product, n) => product * n, 1)

const isoDay = (day: string, mail: string): string => {
  const [date = "", month = "", year = /^Date: .*?(\d{4})/m.exec(mail)?.[1] ?? ""] =
    day.match(/\d+|\p{Lu}\p{L}+/gu) ?? []
  const number = months.indexOf(month.slice(0, 3)) + 1 || Number(month)
  return [year, String(number).padStart(2, "0"), date.padStart(2, "0")].join("-")
}
