/** A worker: does runs until it is stopped, and goes on with those that another one has left. */
import { Console, Effect, Layer, Logger, References } from "effect"
import { rules } from "../article/rules.ts"
import * as Example from "../shared/example.ts"
import * as flags from "../shared/flags.ts"
import { Library } from "../shared/library.ts"
import { modelLayer } from "../shared/model.ts"
import * as engine from "./engine.ts"
import { Edition } from "./flow.ts"
import { announced } from "./model.ts"
import { Press } from "./press.ts"

export const worker = Example.command({
  name: "worker",
  description: "Does runs until it is stopped. With --cluster several share them.",
  options: {
    ...engine.workerFlags,
    latency: flags.int("latency", {
      description: "How long rules take for a reply, in milliseconds, as a model would",
      default: 1000,
      min: 0
    }),
    output: flags.output("folder", "out/durable")
  },
  run: Effect.fn(
    function* ({ latency, output, ...options }) {
      const services = [announced(modelLayer(rules, { latency })), Library.corpus, Press.layer(output)] as const
      yield* Layer.build(Edition.layer.pipe(Layer.provide([engine.worker(options), ...services])))
      yield* Console.log(`Worker ${process.pid} is at work; Ctrl-C ends it, kill -9 ${process.pid} kills it.`)
      return yield* Effect.never
    },
    Effect.scoped,
    Effect.provideService(Logger.LogToStderr, true),
    Effect.provideService(References.MinimumLogLevel, "Error")
  )
})
