/** Replies to letters that somebody approves of, in the terminal or on a page: `npm run example -- human-in-the-loop --help`. */
import { Limits } from "@effect-pocketflow/ai"
import { Console, Data, Effect, FileSystem, Layer, Logger, Option, Path, Stdio, Stream } from "effect"
import { Argument, Flag } from "effect/cli"
import { FetchHttpClient, HttpClient } from "effect/http"
import { scripted } from "../shared/terminal.ts"
import * as Example from "../shared/example.ts"
import { runServer, serve, serverOptions, withToken } from "../shared/http.ts"
import { modelLayer } from "../shared/model.ts"
import { demonstrate, lines } from "./demo.ts"
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
    Flag.withDescription("Where sessions and sent replies are kept"),
    Flag.withDefault("out/human-in-the-loop")
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
      if (Option.isSome(options.port)) {
        if (Option.isSome(options.letter)) yield* begin(options.letter)
        return yield* page(options)
      }
      const typed = yield* Stdio.Stdio.use(({ stdinIsTerminal }) => stdinIsTerminal)
      const id = yield* Option.match(options.session, { onNone: () => begin(options.letter), onSome: Effect.succeed })
      if (typed && !options.demo) return yield* reviewInTerminal(id, { echo: false })
      yield* Effect.provide(reviewInTerminal(id, { echo: true }), scripted(Stream.fromIterable(lines)))
      yield* Console.log("\nThe same on the page:\n")
      yield* page(options)
    },
    (effect, { directory }) =>
      effect.pipe(Effect.provide(sessions(directory)), Effect.provideService(Logger.LogToStderr, true))
  )
})

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
