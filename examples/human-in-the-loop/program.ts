/** Replies to letters that somebody approves of, in the terminal or on a page: `npm run example -- human-in-the-loop --help`. */
import { Limits } from "@effect-pocketflow/ai"
import { Console, Data, Effect, FileSystem, Layer, Logger, Option, Path, Stdio, Stream } from "effect"
import { Argument, type Command, Flag } from "effect/cli"
import { FetchHttpClient, HttpClient } from "effect/http"
import { piped, scripted } from "../shared/terminal.ts"
import * as Example from "../shared/example.ts"
import { runServer, serve, serverOptions, withToken } from "../shared/http.ts"
import { modelLayer } from "../shared/model.ts"
import { demonstrate, lines as demo } from "./demo.ts"
import { correspondence } from "./flow.ts"
import { Outbox } from "./outbox.ts"
import { rules } from "./rules.ts"
import { routes } from "./server.ts"
import { Sessions } from "./sessions.ts"
import { reviewInTerminal } from "./terminal.ts"

const options = {
  letter: Argument.File("letter", { mustExist: true }).pipe(
    Argument.withDescription("A letter to reply to, as a text file; by default one of this example"),
    Argument.optional
  ),
  session: Flag.String("session").pipe(Flag.withDescription("Go on with a session that was left"), Flag.optional),
  directory: Flag.String("directory").pipe(
    Flag.withDescription(
      "Where sessions and sent replies are kept (out/human-in-the-loop; for a demonstration, nowhere)"
    ),
    Flag.optional
  ),
  ...serverOptions
}

export const program = Example.make({
  name: "human-in-the-loop",
  description: "Drafts replies to letters; none is sent before you approve. In the terminal, or with --port on a page.",
  level: "systems",
  teaches: "a run that is paused for a human, kept in a file, and resumed: in the terminal, on a page, after a restart",
  counterpart: "pocketflow-fastapi-hitl",
  flows: [correspondence],
  options,
  run: Effect.fn(
    function* (options) {
      const typed = yield* Stdio.Stdio.use(({ stdinIsTerminal }) => stdinIsTerminal)
      const given = Option.isSome(options.letter) || Option.isSome(options.session)
      if (options.demo && given) return yield* new DemonstrationOnly()
      const served = Option.isSome(options.port) && !options.demo
      const lines = typed || served || options.demo ? [] : yield* Stream.runCollect(piped)
      const demo = options.demo || (!typed && !served && !given && lines.length === 0)
      const fs = yield* FileSystem.FileSystem
      const directory = Option.isSome(options.directory)
        ? options.directory.value
        : demo
          ? yield* fs.makeTempDirectoryScoped()
          : "out/human-in-the-loop"
      const work = demo
        ? demonstration(options)
        : served
          ? pageOnly(options)
          : reviewed(options, typed ? undefined : lines)
      yield* Effect.provide(work, sessions(directory))
    },
    Effect.scoped,
    Effect.provideService(Logger.LogToStderr, true)
  )
})

type Options = Command.Command.Config.Infer<typeof options>

/** What nobody has decided is kept, also where nobody is there to decide. */
const reviewed = Effect.fnUntraced(function* ({ letter, session }: Options, lines: ReadonlyArray<string> | undefined) {
  const id = Option.isSome(session) ? session.value : yield* begin(letter)
  yield* Console.error(`Session ${id}`)
  const review = reviewInTerminal(id, { echo: lines !== undefined })
  yield* lines === undefined ? review : Effect.provide(review, scripted(Stream.fromIterable(lines)))
})

const pageOnly = Effect.fnUntraced(function* (options: Options) {
  if (Option.isSome(options.letter)) yield* begin(options.letter)
  yield* page(options)
})

const demonstration = Effect.fnUntraced(function* (options: Options) {
  const id = yield* begin(Option.none())
  yield* Effect.provide(reviewInTerminal(id, { echo: true }), scripted(Stream.fromIterable(demo)))
  yield* Console.log("\nThe same on the page:\n")
  yield* page({ ...options, demo: true })
})

class DemonstrationOnly extends Data.TaggedError("DemonstrationOnly") {
  override readonly message = "--demo has a letter of its own: leave out the letter and --session"
}

// internal

/** Both ends work with the same sessions: what was begun in the terminal can be decided on the page. */
const sessions = (directory: string) =>
  Layer.unwrap(
    Effect.map(Path.Path, (path) =>
      Sessions.layer(path.join(directory, "sessions")).pipe(
        Layer.provide([modelLayer(rules).pipe(Limits.withConcurrency(4)), Outbox.layer(path.join(directory, "sent"))])
      )
    )
  )

const page = Effect.fnUntraced(function* (options: Parameters<typeof runServer>[0]) {
  const token = crypto.randomUUID()
  yield* runServer(
    { ...options, token },
    ({ port }) => serve(routes, { grace: "1 second", port, token }),
    (url) =>
      Effect.flatMap(read(sample("broken-lamp")), (letter) => demonstrate(url, letter)).pipe(
        Effect.updateService(HttpClient.HttpClient, withToken(token)),
        Effect.provide(FetchHttpClient.layer)
      )
  )
})

const begin = Effect.fnUntraced(function* (path: Option.Option<string>) {
  const letter = yield* read(Option.getOrElse(path, () => sample("late-parcel")))
  yield* Console.log(letter)
  return yield* Sessions.use(({ begin }) => begin(letter))
})

const sample = (name: string) => `${import.meta.dirname}/data/${name}.txt`

class EmptyLetter extends Data.TaggedError("EmptyLetter")<{ readonly path: string }> {
  override readonly message = `There is nothing in ${this.path}`
}

const read = Effect.fnUntraced(function* (path: string) {
  const letter = (yield* FileSystem.FileSystem.use((fs) => fs.readFileString(path))).trim()
  return letter === "" ? yield* new EmptyLetter({ path }) : letter
})
