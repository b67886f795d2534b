/** Rates many applications at once, each in a flow and a store of its own, and shares out a fund among them. */
import { Retry } from "@effect-pocketflow/ai"
import { Result, Schema } from "effect"
import { LanguageModel } from "effect/ai"
import { Flow, Node, Store } from "effect-pocketflow"
import { listTexts, readText } from "../shared/files.ts"
import { quoted } from "../shared/prompt.ts"
import { Assessment, instructions, objectionsTo, pointsOf } from "./assessment.ts"
import { award, Verdict } from "./fund.ts"

// -----------------------------------------------------------------------------
// Map: one application
// -----------------------------------------------------------------------------

const Application = Store.make("Application", {
  file: Schema.String,
  text: Schema.String.pipe(Store.withInitial("")),
  assessment: Schema.optionalKey(Assessment),
  /** What is wrong with the assessment: it is made again, and the model is told. */
  objections: Schema.Array(Schema.String).pipe(Store.withInitial([]))
})

const read = Node.make(Application, {
  prep: ({ file }) => file,
  exec: readText,
  post: (_file, text) => Application.next({ text }),
  actions: ["default"]
})

const assess = Node.make(Application, {
  prep: ({ objections, text }) => [quoted("application", text), ...objections].join("\n\n"),
  exec: (application) =>
    LanguageModel.generateObject({
      schema: Assessment,
      prompt: [
        { role: "system", content: instructions },
        { role: "user", content: application }
      ]
    }),
  post: (_application, { value }) => Application.next({ assessment: value }),
  actions: ["default"]
}).pipe(Node.timeout("1 minute"), Node.retry(Retry.schedule()))

const check = Node.make(Application, {
  prep: ({ assessment, text }) => objectionsTo(assessment, text),
  post: (objections) => Application.to(objections.length === 0 ? "rated" : "unfounded", { objections }),
  actions: ["rated", "unfounded"]
})

/** Five visits are the reading and two attempts. After that a human should look at it. */
const application = Flow.make(Application, {
  start: "read",
  nodes: { read, assess, check },
  edges: { read: { default: "assess" }, assess: { default: "check" }, check: { unfounded: "assess" } }
}).pipe(Flow.budget({ steps: 5 }, "unclear"))

// -----------------------------------------------------------------------------
// Reduce: all of them
// -----------------------------------------------------------------------------

const Fund = Store.make("Fund", {
  /** Files and folders. */
  paths: Schema.Array(Schema.String),
  /** What there is to give, in euros. */
  budget: Schema.Int,
  files: Schema.Array(Schema.String).pipe(Store.withInitial([])),
  verdicts: Schema.Array(Verdict).pipe(Store.withInitial([]))
})

const list = Node.make(Fund, {
  prep: ({ paths }) => paths,
  exec: listTexts,
  post: (_paths, files) => Fund.next({ files }),
  actions: ["default"]
})

const rate = (concurrency: number) =>
  Flow.map(Fund, application, {
    prep: ({ files }) => files.map((file) => ({ file })),
    post: (inputs, runs) =>
      Fund.next({
        verdicts: runs.map((run, i): Verdict => {
          const { file } = inputs[i]!
          if (Result.isFailure(run)) return { _tag: "Unclear", file, reason: run.failure.message }
          const { assessment, objections } = run.success.store
          return run.success.outcome === "rated" && assessment !== undefined
            ? { _tag: "Rated", file, ...assessment, points: pointsOf(assessment), granted: false }
            : { _tag: "Unclear", file, reason: objections.join("; ") }
        })
      }),
    concurrency,
    mode: "result",
    actions: ["default"]
  })

const share = Node.make(Fund, {
  prep: ({ budget, verdicts }) => award(verdicts, budget),
  post: (verdicts) => {
    const rated = verdicts.filter(({ _tag }) => _tag === "Rated").length
    return Fund.to(rated === 0 ? "nothing" : rated < verdicts.length ? "partial" : "complete", { verdicts })
  },
  actions: ["complete", "partial", "nothing"]
})

export const fund = ({ concurrency }: { readonly concurrency: number }) =>
  Flow.sequence(Fund, { list, rate: rate(concurrency), share })
