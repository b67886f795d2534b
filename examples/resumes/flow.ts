/** Reads many résumés: list the files, let the model parse each, write what was found. */
import { Retry, type Structured } from "@effect-pocketflow/ai"
import { type Cause, Effect, Schema } from "effect"
import { type AiError, LanguageModel } from "effect/ai"
import { Flow, Node, Store } from "effect-pocketflow"
import { writeAtomically } from "../shared/output.ts"
import { checkOutput, listTexts, readText, type UnreadableFile } from "../shared/files.ts"
import { toYaml } from "./report.ts"
import { instructions, type NotAResume, readReply } from "./reply.ts"
import { Result } from "./Resume.ts"

export const Batch = Store.make("Batch", {
  /** Files and folders. */
  paths: Schema.Array(Schema.String),
  /** The file to write. */
  output: Schema.String,
  files: Schema.Array(Schema.String).pipe(Store.withInitial([])),
  results: Schema.Array(Result).pipe(Store.withInitial([]))
})

/** Told while files are being parsed: one has begun (again), or is done. */
export type Progress = { readonly _tag: "Asking"; readonly file: string; readonly attempt: number } | Result
export const progress = Flow.Channel<Progress>("progress")

const list = Node.make(Batch, {
  prep: (s) => s,
  exec: ({ output, paths }) => Effect.tap(listTexts(paths), (files) => checkOutput(output, files)),
  post: (_store, files) => Batch.next({ files }),
  actions: ["default"]
})

const parseFile = Effect.fn("parseFile")(function* (file: string) {
  yield* progress.emit({ _tag: "Asking", file, attempt: yield* Node.Attempt })
  const { text } = yield* LanguageModel.generateText({
    prompt: [
      { role: "system", content: instructions },
      { role: "user", content: yield* readText(file) }
    ]
  })
  return yield* told({ _tag: "Parsed", file, resume: yield* readReply(text) })
})

type Problem = AiError.AiError | Structured.InvalidReply | NotAResume | UnreadableFile | Cause.TimeoutError

const record = (problem: Problem, file: string) =>
  told(
    problem._tag === "NotAResume"
      ? { _tag: "Skipped", file, reason: problem.message }
      : { _tag: "Failed", file, reason: problem.message }
  )

const told = (result: Result) => Effect.as(progress.emit(result), result)

/** Without a résumé there is nothing to write, and an earlier output stays. */
const keep = (_files: ReadonlyArray<string>, results: ReadonlyArray<Result>) =>
  Batch.to(results.some(({ _tag }) => _tag === "Parsed") ? "parsed" : "nothing", { results })

const parse = (concurrency: number) =>
  Node.batch(Batch, {
    prep: (s) => s.files,
    exec: parseFile,
    post: keep,
    concurrency,
    actions: ["parsed", "nothing"]
  }).pipe(
    Node.timeout("1 minute"),
    Node.retry(
      Retry.schedule({ times: 3, while: (error) => Retry.isTransient(error) || error._tag === "InvalidReply" })
    ),
    Node.fallback(record)
  )

const write = Node.make(Batch, {
  prep: (s) => ({ path: s.output, text: toYaml(s.results) }),
  exec: ({ path, text }) => writeAtomically(path, text),
  post: () => Batch.to("written"),
  actions: ["written"]
})

export const resumes = ({ concurrency }: { readonly concurrency: number }) =>
  Flow.make(Batch, {
    start: "list",
    nodes: { list, parse: parse(concurrency), write },
    edges: { list: { default: "parse" }, parse: { parsed: "write" } }
  })
