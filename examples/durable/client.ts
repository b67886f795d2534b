/** A client: begins runs, watches them, answers for the editor, and looks at what is recorded. It does none itself. */
import { Durable } from "@effect-pocketflow/durable"
import { Cause, Console, Data, Effect, Exit, Layer, Stream } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { userError } from "../shared/cli.ts"
import * as Example from "../shared/example.ts"
import * as flags from "../shared/flags.ts"
import * as engine from "./engine.ts"
import { Edition, verdict } from "./flow.ts"

const defaultTopic = "How spacecraft use gravity assists"

const run = Argument.String("run").pipe(Argument.withDescription("The run, as `start` has named it"))

/** Shows the steps of a run as they are recorded, until it ends. */
const watch = Effect.fnUntraced(function* (run: string) {
  yield* Stream.runForEach(Durable.changes(Edition, run), (step) =>
    Console.log(
      step.kind === "asked"
        ? `${lineOf(step)}\n     Now, with the same database: client publish ${run} (or drop)`
        : lineOf(step)
    )
  )
  yield* tell(run)
})

/** How a run has ended, or why it does not go on. */
export const tell = Effect.fnUntraced(function* (run: string) {
  const status = yield* Edition.poll(run)
  if (status._tag === "Ended" && Exit.isSuccess(status.exit)) {
    const { outcome, store } = status.exit.value
    return yield* Console.log(`The run has ended: ${outcome}, with ${store.sections.length} sections.`)
  }
  if (status._tag === "Ended" && Exit.isFailure(status.exit))
    return yield* new Stopped({ message: String(Cause.squash(status.exit.cause)) })
  if (status._tag === "Suspended" && status.reason !== undefined) {
    return yield* new Stopped({
      message: `${status.reason.message}; when that is right, with the same database: client resume ${run}`
    })
  }
  yield* Console.log(status._tag === "Running" ? "The run goes on." : "The run waits for the editor.")
})

/** What the editor says. */
export const answer = Effect.fnUntraced(function* (run: string, said: "publish" | "drop") {
  const [asked] = yield* Durable.waiting(Edition, run)
  if (asked === undefined) return yield* new Stopped({ message: `the run ${run} waits for nobody` })
  yield* verdict.answer(asked.token, said)
})

/** A new run that goes on after this step, with fewer sections in its outline. */
export const fork = Effect.fnUntraced(function* (run: string, step: number, sections: number) {
  const store = yield* Durable.storeAfter(Edition, run, step)
  const outline = store.outline.slice(0, sections)
  const key = `${store.topic}: ${run} from ${step}, ${sections} sections`
  return yield* Durable.fork(Edition, run, { step, key, store: { ...store, outline } })
})

export class Stopped extends Data.TaggedError("Stopped")<{ readonly message: string }> {}

/** A step as a line. */
export const lineOf = ({ action, index, name }: Durable.Step): string =>
  `${String(index).padStart(3)}  ${name}${action === undefined ? "" : ` -> ${action}`}`

export const client = Command.make("client").pipe(
  Command.withDescription("Begins runs, watches and answers them; workers do them."),
  Command.withSharedFlags(engine.clientFlags),
  Command.withSubcommands([
    Example.command({
      name: "start",
      description: "Begins a run, and watches it. For the same topic it is the same run.",
      options: {
        topic: Flag.String("topic").pipe(
          Flag.withDescription(`What to write about ("${defaultTopic}")`),
          Flag.withDefault(defaultTopic)
        )
      },
      run: ({ topic }) =>
        Effect.gen(function* () {
          const run = yield* Edition.start({ topic })
          yield* Console.log(`The run ${run}: "${topic}"`)
          yield* watch(run)
        })
    }),
    Example.command({
      name: "watch",
      description: "Shows the steps of a run.",
      options: { run },
      run: ({ run }) => watch(run)
    }),
    Example.command({
      name: "publish",
      description: "Says for the editor that the article is published.",
      options: { run },
      run: ({ run }) => Effect.andThen(answer(run, "publish"), watch(run))
    }),
    Example.command({
      name: "drop",
      description: "Says for the editor that the article is not published.",
      options: { run },
      run: ({ run }) => Effect.andThen(answer(run, "drop"), watch(run))
    }),
    Example.command({
      name: "resume",
      description: "Goes on with a run that has failed, once what was wrong is right.",
      options: { run },
      run: ({ run }) => Effect.andThen(Edition.resume(run), watch(run))
    }),
    Example.command({
      name: "fork",
      description: "Begins a run that goes on after a step of another one, with fewer sections.",
      options: {
        run,
        step: flags.int("step", { description: "The step", default: 1, min: 0 }),
        sections: flags.int("sections", {
          description: "How many sections of the outline are kept",
          default: 2,
          min: 1
        })
      },
      run: ({ run, sections, step }) =>
        Effect.gen(function* () {
          const forked = yield* fork(run, step, sections)
          yield* Console.log(`The run ${forked}, from step ${step} of ${run}`)
          yield* watch(forked)
        })
    })
  ]),
  Command.provide((options) => Layer.effectContext(Effect.mapError(Layer.build(engine.client(options)), userError)))
)
