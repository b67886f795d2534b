/** A problem on its way to a solution: the tests, the code, and what came of it. */
import { Schema } from "effect"
import { isDeepStrictEqual } from "node:util"
import type { Outcome } from "./sandbox.ts"

export const Test = Schema.Struct({
  name: Schema.String,
  input: Schema.Array(Schema.Json).annotate({ description: "The arguments of solve, in order" }),
  expected: Schema.Json
})

export const Tests = Schema.Struct({
  tests: Schema.Array(Test).check(Schema.isBetweenLength(3, 20))
})

export const Code = Schema.Struct({
  code: Schema.String.check(Schema.isPattern(/\bsolve\b/, { expected: "code that defines the function solve" }))
})

/** What to change after some tests have failed. */
export const revisionOf = (tests: number) =>
  Schema.Struct({
    reason: Schema.String.annotate({ description: "What is wrong, in one sentence" }),
    code: Schema.optionalKey(Code.fields.code.annotate({ description: "The whole code, if the code is wrong" })),
    tests: Schema.optionalKey(
      Schema.Array(
        Schema.Struct({ number: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: tests })), test: Test })
      ).annotate({ description: "Those tests that are themselves wrong" })
    )
  }).check(
    Schema.makeFilter(
      ({ code, tests = [] }) => code !== undefined || tests.length > 0 || "neither code nor a test is changed"
    )
  )

/** What was changed: the code, and tests by their numbers. */
export const Revision = Schema.Struct({ reason: Schema.String, code: Schema.Boolean, tests: Schema.Array(Schema.Int) })

/** Whether a test has passed. The comparison is made here: the sandbox is not told what is expected. */
export const passes = ({ expected }: typeof Test.Type, outcome: typeof Outcome.Type | undefined): boolean => {
  if (outcome?._tag !== "Returned") return false
  try {
    return isDeepStrictEqual(JSON.parse(outcome.json), expected)
  } catch {
    return false
  }
}

/** Tests in a prompt, one a line. */
export const renderTests = (tests: ReadonlyArray<typeof Test.Type>): string =>
  tests.map((test, i) => `${i + 1}. ${JSON.stringify(test)}`).join("\n")

/** What failed, and how, in a prompt; cut where it is long. */
export const renderFailures = (
  tests: ReadonlyArray<typeof Test.Type>,
  outcomes: ReadonlyArray<typeof Outcome.Type>
): string =>
  tests
    .flatMap((test, i) => {
      const outcome = outcomes[i]
      if (outcome === undefined || passes(test, outcome)) return []
      const got = outcome._tag === "Returned" ? `returned ${outcome.json}` : `failed: ${outcome.message}`
      return `${i + 1}. ${got.replace(/\s+/g, " ").slice(0, 500)}`
    })
    .join("\n")
