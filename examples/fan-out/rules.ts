/** Reviewers without a model: each knows a few patterns of lines. Of what the code means they know nothing. */
import type { OfflineModel } from "@effect-pocketflow/ai"
import type { Finding } from "./diff.ts"

type Pattern = readonly [RegExp, Finding["severity"], string]

const security: ReadonlyArray<Pattern> = [
  [/\b(?:SELECT|INSERT|UPDATE|DELETE)\b.*\$\{/, "blocker", "A value is put into SQL as text: pass it as a parameter."],
  [
    /\b(?:password|secret|token|apiKey)\s*[:=]\s*["'`]/i,
    "blocker",
    "A secret is in the source: read it from the configuration."
  ],
  [/\beval\(|\.innerHTML\s*=/, "blocker", "Text is run as code."]
]

const correctness: ReadonlyArray<Pattern> = [
  [/<=\s*[\w.]+\.length\b/, "blocker", "The loop goes one element too far."],
  [/\bcatch\s*(?:\(\w+\)\s*)?\{\s*\}/, "blocker", "A failure is swallowed: nobody will know of it."],
  [/[^=!]==[^=]/, "remark", "== converts its operands; === does not."],
  [/\bparseInt\([^,)]+\)/, "remark", "parseInt takes what it can read of a text, and ignores the rest."]
]

const style: ReadonlyArray<Pattern> = [
  [/\bconsole\.log\(/, "remark", "A console.log was left behind."],
  [/\b(?:TODO|FIXME)\b/, "remark", "A note to do later: do it, or open an issue."],
  [/\bvar\b/, "remark", "var is visible in the whole function: use let or const."],
  [/[*/<>]=?\s*\d*\.?\d\d/, "remark", "A number without a name."]
]

const reviewer = (focus: string, patterns: ReadonlyArray<Pattern>): OfflineModel.Rule => ({
  name: focus,
  when: ({ system }) => system.startsWith(`Review a change of code for its ${focus}`),
  reply: ({ user }) => {
    const added = Array.from(user.matchAll(/^(.+?):(\d+) \+ (.*)$/gm))
    const findings = added.flatMap(([, file = "", line, text = ""]) =>
      patterns.flatMap(([pattern, severity, message]): ReadonlyArray<Finding> =>
        pattern.test(text) ? [{ file, line: Number(line), severity, message }] : []
      )
    )
    return JSON.stringify({ findings })
  }
})

export const rules: ReadonlyArray<OfflineModel.Rule> = [
  reviewer("security", security),
  reviewer("correctness", correctness),
  reviewer("style", style)
]
