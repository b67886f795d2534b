/** A run that survives its process: before each node its position and its store are in a file. */
import { Effect, FileSystem, Option, Path, Schema } from "effect"
import { Flow, Store } from "effect-pocketflow"
import { createHash } from "node:crypto"
import { writeAtomically } from "../shared/output.ts"
import { Tutorial } from "./Tutorial.ts"

/**
 * Runs a flow, with a checkpoint in `folder` before each node. An earlier run over the same goes on from its
 * checkpoint, unless this one is to begin `anew`. `forget` removes the checkpoint, once the result is where it belongs.
 */
export const runKept = Effect.fn("runKept")(function* <A extends string, E, R, W extends string>(
  flow: Flow.Step<typeof Tutorial, A, E, R, W>,
  begin: Store.Init<typeof Tutorial>,
  options: {
    readonly folder: string
    readonly anew: boolean
    /** Which model answers: what another has begun is not gone on with. */
    readonly model: string
    /** Told before each node: which it is, and whether an earlier run has come so far. */
    readonly onStep: (node: string, store: Tutorial, resumed: boolean) => Effect.Effect<void>
  }
) {
  const fs = yield* FileSystem.FileSystem
  // The sources are read each time: they tell whether it is still the same run.
  const read = yield* Flow.run(flow, begin, { pauseBefore: ["identify"] })
  if (!Flow.isPaused(read)) return yield* Effect.die("there is nothing to do after the sources are read")
  const subject = JSON.stringify([options.model, Flow.toGraph(flow), yield* Store.encode(Tutorial, read.store)])
  const name = createHash("sha256").update(subject).digest("hex").slice(0, 16)
  const file = (yield* Path.Path).join(options.folder, `checkpoint-${name}.json`)
  const earlier = options.anew ? Option.none() : yield* load(file, read.store)
  let resumed = Option.isSome(earlier)
  const { position: from, store } = Option.getOrElse(earlier, () => read)
  const run = yield* Flow.runForEach(
    flow,
    store,
    Effect.fnUntraced(function* (event) {
      if (event._tag !== "Started" || event.position === undefined) return
      yield* save(file, { position: event.position, store: event.store })
      yield* options.onStep(event.path.join("/"), event.store, resumed)
      resumed = false
    }),
    { from }
  )
  return { store: run.store, forget: fs.remove(file, { force: true }) }
})

// internal

const Checkpoint = Schema.fromJsonString(
  Schema.toCodecJson(Schema.Struct({ position: Flow.Position, store: Tutorial.schema }))
)

/** Nothing, if there is no such file or it is no checkpoint any more. */
const load = Effect.fn("load")(function* (file: string, { files }: Tutorial) {
  const fs = yield* FileSystem.FileSystem
  const { position, store } = yield* Effect.flatMap(fs.readFileString(file), Schema.decodeEffect(Checkpoint))
  return { position, store: { ...store, files } }
}, Effect.option)

/** The files are not kept: they are read again anyway, and are the same. */
const save = Effect.fn("save")(function* (file: string, { position, store }: Flow.Paused<Tutorial>) {
  yield* writeAtomically(file, yield* Schema.encodeEffect(Checkpoint)({ position, store: { ...store, files: [] } }))
})
