/** The whole story by itself: a worker is killed, another one goes on, an editor answers, and a step is gone back to. */
import { Durable } from "@effect-pocketflow/durable"
import { Console, Effect, FileSystem, Path, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { answer, fork, lineOf, Stopped, tell } from "./client.ts"
import { Edition } from "./flow.ts"
import { asking } from "./model.ts"

export const demonstrate = Effect.gen(function* () {
  const folder = yield* FileSystem.FileSystem.use((fs) => fs.makeTempDirectoryScoped({ prefix: "durable-" }))
  const filename = (yield* Path.Path).join(folder, "runs.db")
  yield* Effect.provide(story(filename, folder), Durable.client({ filename }))
}).pipe(Effect.scoped)

const topic = "How spacecraft use gravity assists"

const story = Effect.fnUntraced(function* (filename: string, folder: string) {
  yield* title("A worker and a client share a file. The worker is killed in the middle of a batch.")
  const run = yield* Edition.start({ topic })
  const first = yield* startWorker(filename, folder)
  yield* steps(run, ({ kind }) => kind === "item")
  yield* first.kill
  yield* Console.log(`  kill -9 ${first.pid}`)
  const before = yield* Durable.steps(Edition, run)
  const drafted = before.filter(({ kind }) => kind === "item").length

  yield* title(`Recorded are the outline and ${drafted} drafts. Another worker goes on with the run.`)
  const second = yield* startWorker(filename, folder)
  yield* steps(run, ({ kind }) => kind === "asked", before.length)
  const { outline } = yield* Durable.storeAfter(Edition, run, before.length)
  yield* check(second.asked, outline.slice(drafted).length)

  yield* title("The run takes no memory while it waits. The editor answers from another process: this one.")
  const waited = (yield* Durable.steps(Edition, run)).length
  yield* answer(run, "publish")
  yield* steps(run, () => false, waited)
  yield* tell(run)

  yield* title("Back to the first step: the same outline, cut to two sections. It is not asked for again.")
  const already = second.asked.length
  const other = yield* fork(run, 1, 2)
  yield* steps(other, ({ kind }) => kind === "asked", 1)
  yield* check(second.asked.slice(already), 2)
  yield* answer(other, "drop")
  yield* Edition.result(other)
  yield* tell(other)
})

const title = (text: string) => Console.log(`\n${text}\n`)

/** Shows the steps of a run that come after so many, up to one of a kind or the end. */
const steps = (run: string, last: (step: Durable.Step) => boolean, after = 0) =>
  Durable.changes(Edition, run, { every: 25 }).pipe(
    Stream.drop(after),
    Stream.takeUntil(last),
    Stream.runForEach((step) => Console.log(`  recorded ${lineOf(step)}`))
  )

/** Nothing that is recorded was asked for again. */
const check = Effect.fnUntraced(function* (asked: ReadonlyArray<string>, missing: number) {
  if (asked.length !== missing) {
    return yield* new Stopped({ message: `${missing} replies were missing, and ${asked.length} were asked for` })
  }
  yield* Console.log(`\n  Asked of the model: what was missing, ${missing} of the drafts, and nothing again.`)
})

/** A worker in a process of its own, and what it has asked the model for. */
const startWorker = Effect.fnUntraced(function* (filename: string, folder: string) {
  const { dirname } = import.meta
  const args = ["durable", "worker", "--sqlite", filename, "--output", folder, "--latency", "500"]
  const worker = yield* ChildProcess.make(process.execPath, [`${dirname}/../main.ts`, ...args], {
    extendEnv: true,
    stdin: "ignore",
    stderr: "inherit",
    killSignal: "SIGKILL"
  })
  const asked: Array<string> = []
  yield* Stream.decodeText(worker.stdout).pipe(
    Stream.splitLines,
    Stream.runForEach((line) => {
      if (line.startsWith(asking)) asked.push(line)
      return Console.log(`  worker ${worker.pid}: ${line}`)
    }),
    Effect.ignore,
    Effect.forkScoped
  )
  return { pid: worker.pid, asked, kill: worker.kill({ killSignal: "SIGKILL" }) }
})
