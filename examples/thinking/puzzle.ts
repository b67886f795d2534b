/** River crossings: who has to get across, whom the boat carries, and who may not be left alone together. */

export interface Puzzle {
  readonly passengers: Cargo
  /** How many fit into the boat, beside the one who rows. */
  readonly capacity: number
  /** The first eats the second. */
  readonly conflicts: ReadonlyArray<readonly [string, string]>
}

export type Cargo = ReadonlyArray<string>

/** Whom the boat takes, time after time: over, back, over, ... */
export type Way = ReadonlyArray<Cargo>

/** The puzzle in a text such as "bring a wolf and a goat across ... one of them ... the wolf eats the goat". */
export const parse = (text: string): Puzzle | undefined => {
  const list = /\b(?:bring|carry|ferry|get|take)s? (.+?) (?:across|over)\b/is.exec(text)?.[1] ?? ""
  const passengers = listed(list)
  if (passengers.length < 2 || passengers.length > 8) return undefined
  const capacity = /\b(one|two|three|four) (?:of them|animals?|passengers?)\b/i.exec(text)?.[1]?.toLowerCase() ?? "one"
  const eats = (a: string, b: string) => new RegExp(`\\b${a}\\s+eats\\s+(?:an?\\s+|the\\s+)?${b}\\b`, "i").test(text)
  return {
    passengers,
    capacity: ["one", "two", "three", "four"].indexOf(capacity) + 1,
    conflicts: passengers.flatMap((a) => passengers.filter((b) => eats(a, b)).map((b) => [a, b] as const))
  }
}

/** Who is on which bank after a way. */
export const after = ({ passengers }: Puzzle, way: Way) => {
  const across = (passenger: string) => way.filter((cargo) => cargo.includes(passenger)).length % 2 === 1
  return { here: passengers.filter((passenger) => !across(passenger)), there: passengers.filter(across) }
}

/** The same as text. With the number of crossings odd or even, it says all that matters. */
export const bank = (puzzle: Puzzle, way: Way): string => {
  const { here, there } = after(puzzle, way)
  return `here ${here.join(", ") || "nobody"}; there ${there.join(", ") || "nobody"}`
}

/** What happens where nobody watches after a way, if anything. */
export const accident = (puzzle: Puzzle, way: Way): string | undefined => {
  const { here, there } = after(puzzle, way)
  const alone = way.length % 2 === 1 ? here : there
  const [eater, eaten] = puzzle.conflicts.find((pair) => pair.every((one) => alone.includes(one))) ?? []
  return eater && `the ${eater} eats the ${eaten}`
}

/** Whom the boat can take next. It goes over as full, and comes back as empty, as it can. */
export const choices = (puzzle: Puzzle, way: Way): ReadonlyArray<Cargo> => {
  const over = way.length % 2 === 0
  const { here, there } = after(puzzle, way)
  const cargos = groups(over ? here : there)
    .filter((cargo) => cargo.length <= puzzle.capacity)
    .toSorted((a, b) => b.length - a.length)
  return over ? cargos : cargos.toReversed()
}

/** A crossing in words. */
export const say = (number: number, cargo: Cargo): string => {
  const who = cargo.length === 0 ? "alone" : `with the ${cargo.join(" and the ")}`
  return `Crossing ${number}: ${number % 2 === 1 ? "over" : "back"} ${who}`
}

/** What `say` says, read back. */
export const read = (text: string): { readonly number: number; readonly cargo: Cargo } => {
  const [, number = "", who = ""] = /^Crossing (\d+): (?:over|back) (?:alone|with the (.*))$/.exec(text) ?? []
  return { number: Number(number), cargo: who === "" ? [] : who.split(" and the ") }
}

// internal

/** All groups of some passengers; nobody is one, too. */
const groups = (passengers: Cargo): ReadonlyArray<Cargo> => {
  const last = passengers.at(-1)
  if (last === undefined) return [[]]
  const others = groups(passengers.slice(0, -1))
  return [...others, ...others.map((group) => [...group, last])]
}

/** "a wolf, a goat and a cabbage" */
const listed = (text: string): Cargo =>
  text
    .split(/\s*,\s*(?:and\s+)?|\s+and\s+/)
    .map((name) =>
      name
        .trim()
        .replace(/^(?:an?|her|his|some|the)\s+/i, "")
        .toLowerCase()
    )
    .filter((name) => /^\p{L}[\p{L} -]*$/u.test(name))
