/**
 * The problems that the rules understand: sentences about a list of numbers, such as "the sum of the squares of the even
 * numbers". Each phrase is a step; the steps are done in the order of this file, whatever the sentence says.
 */
import type { Schema } from "effect"

type Numbers = ReadonlyArray<number>

/** A test that has failed. */
export interface Failure {
  readonly input: Numbers
  readonly expected: Schema.Json
  /** The result as JSON, or a message. */
  readonly got: string
}

interface Step {
  readonly phrase: RegExp
  /** What is meant. */
  readonly means: (numbers: Numbers) => Numbers | number | null
  /** An expression of `list`: the one that comes to mind first, and the right one. */
  readonly code: readonly [first: string, right?: string]
  /** What is wrong with the first, if a failure shows it. */
  readonly blame?: Blame
}

type Blame = (failure: Failure) => string | undefined

const keep = (f: (n: number) => boolean) => (list: Numbers) => list.filter(f)

const sorted =
  (isBefore: (a: number, b: number) => boolean): Blame =>
  ({ got }) =>
    listOf(got).some((n, i, list) => i > 0 && isBefore(n, list[i - 1]!))
      ? "Without a comparison, numbers are sorted as texts."
      : undefined

const nothing =
  (sign: string, what: string): Blame =>
  ({ got }) =>
    got.includes(sign) ? what : undefined

const steps: ReadonlyArray<Step> = [
  { phrase: /\beven\b/, means: keep((n) => n % 2 === 0), code: ["list.filter((n) => n % 2 === 0)"] },
  {
    phrase: /\bodd\b/,
    means: keep((n) => n % 2 !== 0),
    code: ["list.filter((n) => n % 2 === 1)", "list.filter((n) => n % 2 !== 0)"],
    blame: ({ input }) =>
      input.some((n) => n < 0 && n % 2 !== 0) ? "The remainder of a negative odd number is -1, not 1." : undefined
  },
  { phrase: /\bpositive\b/, means: keep((n) => n > 0), code: ["list.filter((n) => n > 0)"] },
  { phrase: /\bnegative\b/, means: keep((n) => n < 0), code: ["list.filter((n) => n < 0)"] },
  { phrase: /\bsquares\b/, means: (list) => list.map((n) => n * n), code: ["list.map((n) => n * n)"] },
  { phrase: /\bdoubles\b/, means: (list) => list.map((n) => 2 * n), code: ["list.map((n) => 2 * n)"] },
  {
    phrase: /\bwithout duplicates\b/,
    means: (list) => Array.from(new Set(list)),
    code: ["list.filter((n, i) => n !== list[i - 1])", "list.filter((n, i) => list.indexOf(n) === i)"],
    blame: ({ got }) =>
      listOf(got).some((n, i, list) => list.indexOf(n) !== i) ? "Equal numbers need not be neighbours." : undefined
  },
  {
    phrase: /\bascending\b/,
    means: (list) => list.toSorted((a, b) => a - b),
    code: ["list.toSorted()", "list.toSorted((a, b) => a - b)"],
    blame: sorted((a, b) => a < b)
  },
  {
    phrase: /\bdescending\b/,
    means: (list) => list.toSorted((a, b) => b - a),
    code: ["list.toSorted().toReversed()", "list.toSorted((a, b) => b - a)"],
    blame: sorted((a, b) => a > b)
  },
  { phrase: /\bhow many\b/, means: (list) => list.length, code: ["list.length"] },
  {
    phrase: /\bsum\b/,
    means: (list) => list.reduce((sum, n) => sum + n, 0),
    code: ["list.reduce((sum, n) => sum + n)", "list.reduce((sum, n) => sum + n, 0)"],
    blame: nothing("empty array", "The sum of nothing is 0.")
  },
  {
    phrase: /\blargest\b/,
    means: (list) => (list.length === 0 ? null : Math.max(...list)),
    code: ["Math.max(...list)", "list.length === 0 ? null : Math.max(...list)"],
    blame: nothing("-Infinity", "The largest of no numbers comes out as -Infinity.")
  },
  {
    phrase: /\bsmallest\b/,
    means: (list) => (list.length === 0 ? null : Math.min(...list)),
    code: ["Math.min(...list)", "list.length === 0 ? null : Math.min(...list)"],
    blame: nothing("Infinity", "The smallest of no numbers comes out as Infinity.")
  },
  {
    phrase: /\baverage\b/,
    // As one writes it down by hand, which is not what the problem says.
    means: (list) => (list.length === 0 ? null : Number((list.reduce((sum, n) => sum + n) / list.length).toFixed(2))),
    code: [
      "list.reduce((sum, n) => sum + n, 0) / list.length",
      "list.length === 0 ? null : list.reduce((sum, n) => sum + n, 0) / list.length"
    ],
    blame: nothing("NaN", "The average of no numbers comes out as 0 / 0.")
  }
]

/** The steps of a problem; none, if it is of another kind. */
export const stepsOf = (problem: string): ReadonlyArray<Step> =>
  problem.includes("list of numbers") ? steps.filter(({ phrase }) => phrase.test(problem)) : []

const inputs: Readonly<Record<string, Numbers>> = {
  "a usual list": [3, 8, 5, 12, 7, 6],
  "an empty list": [],
  "negative numbers": [-7, -2, 5, -9, 2],
  "equal numbers": [9, 3, 9, 1, 3],
  "numbers of different length": [100, 21, 9, 1003, 30]
}

export const writeTests = (steps: ReadonlyArray<Step>) =>
  Object.entries(inputs).map(([name, input]) => ({
    name,
    input: [input],
    expected: steps.reduce<ReturnType<Step["means"]>>(
      (value, { means }) => (Array.isArray(value) ? means(value) : value),
      input
    )
  }))

export const writeCode = (steps: ReadonlyArray<Step>): string =>
  [
    "const solve = (list) => {",
    ...steps.map(({ code: [first] }, i) => (i < steps.length - 1 ? `  list = ${first}` : `  return ${first}`)),
    "}"
  ].join("\n")

/** The code with the right expression in place of the first, where one of the failures shows that this is wrong. */
export const mendCode = (steps: ReadonlyArray<Step>, code: string, failures: ReadonlyArray<Failure>) => {
  const lines = code.split("\n")
  for (const failure of failures) {
    for (const {
      blame,
      code: [first, right]
    } of steps) {
      const line = lines.findIndex((line) => [`list = ${first}`, `return ${first}`].includes(line.trim()))
      const reason = line >= 0 && right !== undefined ? blame?.(failure) : undefined
      if (reason !== undefined) {
        return {
          reason,
          code: lines
            .with(
              line,
              lines[line]!.replace(first, () => right!)
            )
            .join("\n")
        }
      }
    }
  }
  return undefined
}

/** Whether a test is wrong rather than the code: its number is the result, rounded. */
export const isRounded = ({ expected, got }: Failure): boolean =>
  typeof expected === "number" && expected === Number(Number(got).toFixed(2))

// internal

const listOf = (got: string): Numbers => (got.startsWith("[") ? JSON.parse(got) : [])
