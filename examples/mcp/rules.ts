/**
 * Arithmetic without a model: the question is taken apart, and the tools calculate.
 *
 * The formula in the question, `(2 + 3) * 4` or "2 plus 3, times 4", becomes a tree. Each turn calls a tool for every part
 * whose numbers are known, and puts the results of the turns before in their places.
 */
import type { OfflineModel } from "@effect-pocketflow/ai"

export const rules: ReadonlyArray<OfflineModel.Rule> = [
  {
    name: "calculate",
    when: ({ user }) => parse(user) !== undefined,
    reply: ({ results, tools, user }) => {
      const failed = results.find(({ isFailure }) => isFailure)
      if (failed !== undefined) return `I cannot calculate that: ${reasonOf(failed.text)}.`
      const asked = parse(user)!
      const known = solve(
        asked,
        results.map(({ text }) => valueOf(text))
      )
      if (typeof known === "string") return `${show(asked)} = ${known}`
      const calls = ready(known)
      if (calls.length === 0)
        return `I came as far as ${show(known)}, where there is something else than a whole number.`
      const missing = calls.find(({ name }) => !tools.includes(name))
      return missing ? `I have no tool "${missing.name}", and came as far as ${show(known)}.` : calls
    }
  },
  {
    name: "anything else",
    when: () => true,
    reply: () => "Without a real model I understand whole numbers and + - * / ^ only, as in: What is (2 + 3) * 4?"
  }
]

// -----------------------------------------------------------------------------
// The formula
// -----------------------------------------------------------------------------

/** A number, or what a tool has to calculate. */
type Term = string | { readonly name: string; readonly sign: string; readonly a: Term; readonly b: Term }

/** From what binds least to what binds most. */
const operators: ReadonlyArray<Readonly<Record<string, string>>> = [
  { "+": "add", "-": "subtract" },
  { "*": "multiply", "/": "divide" },
  { "^": "power" }
]

const words: ReadonlyArray<readonly [RegExp, string]> = [
  [/(?<=\d)[,_](?=\d{3})/g, ""],
  [/\bplus\b/gi, "+"],
  [/\bminus\b/gi, "-"],
  [/\btimes\b|\bmultiplied by\b|×/gi, "*"],
  [/\bdivided by\b|÷/gi, "/"],
  [/\bto the power of\b|\*\*/gi, "^"]
]

/** The formula in a text, if there is one. */
const parse = (text: string): Term | undefined => {
  const formula = words.reduce((text, [word, sign]) => text.replace(word, sign), text)
  const tokens = formula.match(/[-+*/^()]|\d+/g) ?? []
  let next = 0
  const operation = (level: number): Term | undefined => {
    const names = operators[level]
    if (names === undefined) return operand()
    let a = operation(level + 1)
    for (let name; a !== undefined && (name = names[tokens[next] ?? ""]) !== undefined;) {
      const sign = tokens[next++]!
      const b = operation(name === "power" ? level : level + 1)
      a = b && { name, sign, a, b }
    }
    return a
  }
  const operand = (): Term | undefined => {
    const token = tokens[next++]
    if (token === "-") return /^\d/.test(tokens[next] ?? "") ? `-${tokens[next++]}` : undefined
    if (token !== "(") return /^\d/.test(token ?? "") ? token : undefined
    const inner = operation(0)
    return tokens[next++] === ")" ? inner : undefined
  }
  const term = operation(0)
  return next === tokens.length && typeof term === "object" ? term : undefined
}

const isWhole = (term: Term): boolean => typeof term === "string" && /^-?\d+$/.test(term)

const show = (term: Term): string => {
  if (typeof term === "string") return term
  const [a, b] = [term.a, term.b].map((part) => (isWhole(part) ? part : `(${show(part)})`))
  return `${a} ${term.sign} ${b}`
}

// -----------------------------------------------------------------------------
// The tools
// -----------------------------------------------------------------------------

/** The calls for all parts whose numbers are known. */
const ready = (term: Term): ReadonlyArray<OfflineModel.ToolCall> => {
  if (typeof term === "string") return []
  const { a, b, name } = term
  return isWhole(a) && isWhole(b) ? [{ name, params: { a, b } }] : [...ready(a), ...ready(b)]
}

/** The formula with the results so far in place of the calls: turn by turn, in the order of `ready`. */
const solve = (term: Term, results: ReadonlyArray<string>): Term => {
  const turn = ready(term).length
  if (turn === 0 || results.length < turn) return term
  const values = results.slice(0, turn)
  const fill = (term: Term): Term => {
    if (typeof term === "string") return term
    if (isWhole(term.a) && isWhole(term.b)) return values.shift()!
    const a = fill(term.a)
    return { ...term, a, b: fill(term.b) }
  }
  return solve(fill(term), results.slice(turn))
}

/** A quotient comes with its remainder; all else is the number itself. */
const valueOf = (result: string): string => {
  const [, quotient, remainder] = /"quotient":"(-?\d+)","remainder":"(-?\d+)"/.exec(result) ?? []
  if (quotient === undefined) return result
  return remainder === "0" ? quotient : `${quotient}, remainder ${remainder}`
}

/** What the tool said, within what the client says of it. */
const reasonOf = (failure: string): string =>
  /"(?:text|reason)":"((?:[^"\\]|\\.)*)"/.exec(failure)?.[1]?.replaceAll('\\"', "") ?? failure
