/** Has a change reviewed by three reviewers at once: `npm run example -- fan-out --help`. */
import { Clock, Console, Effect } from "effect"
import { Argument, Flag } from "effect/cli"
import { Flow } from "effect-pocketflow"
import { oneLine, userError } from "../shared/cli.ts"
import * as Example from "../shared/example.ts"
import { readInput } from "../shared/files.ts"
import { modelLayer } from "../shared/model.ts"
import { seconds, statusLine } from "../shared/status.ts"
import { addedLines } from "./diff.ts"
import { review } from "./flow.ts"
import { rules } from "./rules.ts"

const reviewers = ["security", "correctness", "style"] as const

/** The review of a change, and how long each reviewer and all of them took, in milliseconds. */
const timed = Effect.fn(function* (diff: string, concurrency: number | "unbounded") {
  const started = new Map<string, number>()
  const took = new Map<string, number>()
  const status = yield* statusLine
  const run = yield* Flow.runForEach(review({ concurrency }), { diff }, ({ _tag, path }) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const visit = path.at(-1) ?? ""
      if (_tag === "Started") started.set(visit, now)
      else took.set(visit, now - (started.get(visit) ?? now))
      const working = reviewers.filter((reviewer) => started.has(reviewer) && !took.has(reviewer))
      return working.length === 0 ? Effect.void : status.hint(`reviewing: ${working.join(", ")}`)
    })
  ).pipe(Effect.ensuring(status.clear))
  return { ...run, took }
})

export const program = Example.make({
  name: "fan-out",
  description: "Has a change of code reviewed for security, correctness and style, by three reviewers at once.",
  level: "patterns",
  teaches: "different nodes at once on one store, joined in a fixed order; keys that two of them set do not compile",
  counterpart: "pocketflow-parallel-batch-flow",
  flows: [review({ concurrency: "unbounded" })],
  options: {
    diff: Argument.String("diff").pipe(
      Argument.withDescription("A file with a unified diff, as git diff writes it; that of this example by default"),
      Argument.withDefault(`${import.meta.dirname}/data/orders.diff`)
    ),
    once: Flag.Boolean("once").pipe(
      Flag.withDescription("Review only once; without it the same is done one by one as well, to compare the times"),
      Flag.withDefault(false)
    )
  },
  run: Effect.fn(
    function* ({ diff, once }) {
      const text = yield* readInput(diff)
      if (addedLines(text).length === 0)
        return yield* userError({ message: `${diff}: no unified diff that adds lines` })
      const { outcome, store, took } = yield* timed(text, "unbounded")
      for (const reviewer of reviewers) {
        const missing = store.problems.some((problem) => problem.reviewer === reviewer)
        const none = missing ? ": no review" : store[reviewer].length === 0 ? ": nothing" : ""
        yield* Console.log(`${reviewer}${none}`)
        for (const { file, line, message, severity } of store[reviewer]) {
          yield* Console.log(`  ${severity.padEnd(7)} ${oneLine(`${file}:${line} ${message}`)}`)
        }
      }
      yield* Console.log(`\n${outcome}`)
      for (const { reason, reviewer } of store.problems) yield* Console.error(`no review: ${reviewer}: ${reason}`)
      if (outcome === "incomplete") return yield* userError({ message: "the review is incomplete" })
      if (once) return
      const sequential = yield* timed(text, 1)
      yield* Console.error(`\n${"".padEnd(12)}at once   one by one`)
      for (const [reviewer, millis] of took) {
        const other = sequential.took.get(reviewer) ?? 0
        yield* Console.error(`${reviewer.padEnd(12)}${seconds(millis).padStart(7)}  ${seconds(other).padStart(10)}`)
      }
    },
    Effect.provide(modelLayer(rules, { latency: "300 millis" }))
  )
})
