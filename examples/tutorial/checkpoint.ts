/** A run that survives its process: after each step its position and its store are in a file. */
import { Effect, FileSystem, Option, Path, Schema } from "effect"
import { Flow, Store } from "effect-pocketflow"
import { createHash } from "node:crypto"
import { writeAtomically } from "../shared/output.ts"
import { Tutorial } from "./Tutorial.ts"

/**
 * Runs a flow step by step, with a checkpoint in `folder` after each. An earlier run over the same goes on from its
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
    /** Told before each step: the node that is next, and whether an earlier run has come so far. */
    readonly onStep: (node: string, store: Tutorial, resumed: boolean) => Effect.Effect<void>
  }
) {
  const fs = yield* FileSystem.FileSystem
  const step = Flow.step(flow)
  // The first step reads the sources. They are read each time: they tell whether it is still the same run.
  let next = yield* step(Flow.start(flow), Tutorial.schema.make(begin))
  const subject = JSON.stringify([options.model, Flow.toGraph(flow), yield* Store.encode(Tutorial, next.store)])
  const name = createHash("sha256").update(subject).digest("hex").slice(0, 16)
  const file = (yield* Path.Path).join(options.folder, `checkpoint-${name}.json`)
  const earlier = options.anew ? Option.none() : yield* load(file, next.store)
  if (Option.isSome(earlier)) next = { _tag: "Next", ...earlier.value }
  for (let resumed = Option.isSome(earlier); next._tag === "Next"; resumed = false) {
    yield* options.onStep(next.position.path.join("/"), next.store, resumed)
    next = yield* step(next.position, next.store)
    if (next._tag === "Next") yield* save(file, next)
  }
  return { store: next.store, forget: fs.remove(file, { force: true }) }
})

// internal

const Checkpoint = Schema.fromJsonString(Schema.Struct({ position: Flow.Position, store: Schema.Json }))

/** Nothing, if there is no such file or it is no checkpoint any more. */
const load = Effect.fn("load")(function* (file: string, { files }: Tutorial) {
  const fs = yield* FileSystem.FileSystem
  const { position, store } = yield* Effect.flatMap(fs.readFileString(file), Schema.decodeEffect(Checkpoint))
  return { position, store: { ...(yield* Store.decode(Tutorial, store)), files } }
}, Effect.option)

/** The files are not kept: they are read again anyway, and are the same. */
const save = Effect.fn("save")(function* (file: string, { position, store }: Flow.Paused<Tutorial>) {
  const kept = yield* Store.encode(Tutorial, { ...store, files: [] })
  yield* writeAtomically(file, yield* Schema.encodeEffect(Checkpoint)({ position, store: kept }))
})
