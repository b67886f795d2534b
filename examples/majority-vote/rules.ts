/**
 * Voters without a model: they work out bills, and forget to carry now and then.
 *
 * A voter adds digit by digit, as on paper. Which carries are forgotten depends on the problem and on the number of the
 * voter, so the same voter makes the same mistakes again, and another one makes others.
 */
import type { OfflineModel } from "@effect-pocketflow/ai"

export const rules: ReadonlyArray<OfflineModel.Rule> = [
  {
    name: "a bill, such as: 2 teas at 3.10 and 1 cake at 4.25, with a tip of 10 percent, shared by 2 people",
    when: ({ user }) => itemsIn(user).length > 0,
    reply: ({ user }) => {
      const sum = adder(seedOf(user))
      const items = itemsIn(user).map(({ name, price, times }) => {
        const cost = sum(Array.from({ length: times }, () => price))
        return { cost, step: `${times} ${name} at ${euros(price)} are ${euros(cost)}` }
      })
      const bill = sum(items.map(({ cost }) => cost))
      const percent = Number(/tip of (\d+) percent/.exec(user)?.[1] ?? 0)
      const tip = Math.round((bill * percent) / 100)
      const total = sum([bill, tip])
      const people = Number(/(?:shared? (?:by|among)|group of) (\d+)/.exec(user)?.[1] ?? 1)
      return JSON.stringify({
        thinking: [
          ...items.map(({ step }) => step),
          `together ${euros(bill)}`,
          ...(tip > 0 ? [`with the tip of ${euros(tip)} that is ${euros(total)}`] : []),
          ...(people > 1 ? [`each of ${people} pays ${euros(total / people)}`] : [])
        ].join("; "),
        answer: total / people / 100
      })
    }
  }
]

const itemsIn = (problem: string) =>
  Array.from(
    problem.matchAll(/(\d+) (\p{L}+) at (\d+)(?:\.(\d\d))?/gu),
    ([, times, name = "", whole, cents = "0"]) => ({
      times: Number(times),
      name,
      price: Number(whole) * 100 + Number(cents)
    })
  )

const euros = (cents: number): string => (cents / 100).toFixed(2)

/** Adds up as somebody does who forgets one carry in twenty-five. */
const adder = (seed: number) => {
  const random = randomFrom(seed)
  const add = (a: number, b: number): number => {
    let sum = 0
    let carry = 0
    for (let place = 1; place <= Math.max(a, b) || carry > 0; place *= 10) {
      const digits = (Math.floor(a / place) % 10) + (Math.floor(b / place) % 10) + carry
      sum += (digits % 10) * place
      carry = digits > 9 && random() > 0.04 ? 1 : 0
    }
    return sum
  }
  return (numbers: ReadonlyArray<number>): number => numbers.reduce(add, 0)
}

/** A number for a text: FNV-1a. */
const seedOf = (text: string): number =>
  Array.from(text).reduce((hash, character) => Math.imul(hash ^ character.charCodeAt(0), 0x01000193), 0x811c9dc5)

/** Numbers from 0 to 1 that follow from the seed: mulberry32. */
const randomFrom = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}
