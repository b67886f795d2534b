/** From a problem to tested code: write tests, write code, run it, and revise what is wrong, within a budget. */
import { Retry, Structured } from "@effect-pocketflow/ai"
import { Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import { quoted } from "../shared/prompt.ts"
import { Outcome, Sandbox } from "./sandbox.ts"
import { Code, passes, renderFailures, renderTests, Revision, revisionOf, Test, Tests } from "./task.ts"

export const Task = Store.make("Task", {
  problem: Schema.String,
  tests: Schema.Array(Test).pipe(Store.withInitial([])),
  code: Schema.String.pipe(Store.withInitial("")),
  /** What came of each test, when the code was run last. */
  outcomes: Schema.Array(Outcome).pipe(Store.withInitial([])),
  revisions: Schema.Array(Revision).pipe(Store.withInitial([]))
})

const kind =
  "The code is plain JavaScript that defines a synchronous function solve. It has the language and nothing else: no imports " +
  "and exports, no console, files or network. Arguments and result are JSON."

const specify = Node.make(Task, {
  prep: ({ problem }) => problem,
  exec: (problem) =>
    Structured.generate(Tests, [
      {
        role: "system",
        content: `Write five to eight tests for a function solve that solves the problem: usual cases, and those at the edges. ${kind}`
      },
      { role: "user", content: quoted("problem", problem) }
    ]),
  post: (_problem, { tests }) => Task.next({ tests }),
  actions: ["default"]
}).pipe(Node.timeout("1 minute"), Node.retry(Retry.schedule()))

const implement = Node.make(Task, {
  prep: (store) => store,
  exec: ({ problem, tests }) =>
    Structured.generate(Code, [
      { role: "system", content: `Write a function solve that solves the problem. ${kind}` },
      { role: "user", content: [quoted("problem", problem), quoted("tests", renderTests(tests))].join("\n\n") }
    ]),
  post: (_store, { code }) => Task.next({ code }),
  actions: ["default"]
}).pipe(Node.timeout("1 minute"), Node.retry(Retry.schedule()))

const run = Node.batch(Task, {
  prep: ({ code, tests }) => tests.map((test) => ({ code, test })),
  exec: ({ code, test }) => Sandbox.use((sandbox) => sandbox.call(code, test.input)),
  post: (items, outcomes) =>
    items.every(({ test }, i) => passes(test, outcomes[i]))
      ? Task.to("passed", { outcomes })
      : Task.to("failed", { outcomes }),
  concurrency: 4,
  actions: ["passed", "failed"]
})

const revise = Node.make(Task, {
  prep: (store) => store,
  exec: ({ code, outcomes, problem, tests }) =>
    Structured.generate(revisionOf(tests.length), [
      {
        role: "system",
        content: `Some tests have failed. Mend the code where it does not do what the problem says, and a test only where it contradicts the problem. ${kind}`
      },
      {
        role: "user",
        content: [
          quoted("problem", problem),
          quoted("tests", renderTests(tests)),
          quoted("source-code", code),
          quoted("failures", renderFailures(tests, outcomes))
        ].join("\n\n")
      }
    ]),
  post: ({ code: before }, { code = before, reason, tests: changed = [] }) => {
    const revision = { reason, code: code !== before, tests: changed.map(({ number }) => number) }
    return Task.to("revised", ({ revisions, tests }) => ({
      code,
      tests: tests.map((test, i) => changed.findLast(({ number }) => number === i + 1)?.test ?? test),
      revisions: [...revisions, revision]
    }))
  },
  actions: ["revised"]
}).pipe(Node.timeout("1 minute"), Node.retry(Retry.schedule()))

/** With at most so many revisions; it ends as `passed` or `exhausted`. */
export const codeGenerator = ({ revisions }: { readonly revisions: number }) =>
  Flow.sequence(Task, {
    specify,
    implement,
    test: Flow.make(Task, {
      start: "run",
      nodes: { run, revise },
      edges: { run: { failed: "revise" }, revise: { revised: "run" } }
    }).pipe(Flow.budget({ steps: 2 * revisions + 1 }))
  })
