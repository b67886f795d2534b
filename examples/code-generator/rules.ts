/**
 * Code without a model, for problems about a list of numbers: tests from what the words mean, and code from what comes to
 * mind first, which is often wrong at the edges. A revision goes by the failures alone, and mends one thing at a time.
 */
import type { OfflineModel } from "@effect-pocketflow/ai"
import { Schema } from "effect"
import { quotesIn } from "../shared/prompt.ts"
import { type Failure, isRounded, mendCode, stepsOf, writeCode, writeTests } from "./lists.ts"
import { Test } from "./task.ts"

const isUnderstood = (prompt: string) => stepsOf(partOf(prompt, "problem")).length > 0

export const rules: ReadonlyArray<OfflineModel.Rule> = [
  {
    name: "tests for a problem about a list of numbers",
    when: ({ system, user }) => system.includes("Write five to eight tests") && isUnderstood(user),
    reply: ({ user }) => block({ tests: writeTests(stepsOf(partOf(user, "problem"))) })
  },
  {
    name: "code for a problem about a list of numbers",
    when: ({ system, user }) => system.includes("Write a function solve") && isUnderstood(user),
    reply: ({ user }) => block({ code: writeCode(stepsOf(partOf(user, "problem"))) })
  },
  {
    name: "revision by what failed",
    when: ({ system, user }) => system.includes("Some tests have failed") && isUnderstood(user),
    reply: ({ user }) => {
      const failures = failuresIn(user)
      const mended = mendCode(stepsOf(partOf(user, "problem")), partOf(user, "source-code"), failures)
      if (mended !== undefined) return block(mended)
      const tests = failures
        .filter(isRounded)
        .map(({ got, number, test }) => ({ number, test: { ...test, expected: Number(got) } }))
      return block({ reason: "The tests have rounded numbers, and the problem does not ask for that.", tests })
    }
  }
]

const block = (value: unknown): string => `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``

const partOf = (prompt: string, name: string): string => quotesIn(name, prompt)[0] ?? ""

const decodeTest = Schema.decodeUnknownSync(Schema.fromJsonString(Test))
const isNumbers = Schema.is(Schema.Array(Schema.Number))

/** The tests that failed, with what they got. */
const failuresIn = (
  prompt: string
): ReadonlyArray<Failure & { readonly number: number; readonly test: typeof Test.Type }> => {
  const tests = partOf(prompt, "tests")
    .split("\n")
    .map((line) => decodeTest(line.replace(/^\d+\. /, "")))
  return Array.from(
    partOf(prompt, "failures").matchAll(/^(\d+)\. (?:returned|failed:) (.*)$/gm),
    ([, number, got = ""]) => {
      const test = tests[Number(number) - 1]!
      const [input] = test.input
      return { number: Number(number), test, input: isNumbers(input) ? input : [], expected: test.expected, got }
    }
  )
}
