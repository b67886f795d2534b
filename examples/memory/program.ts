/** A chat with a memory: `npm run example -- memory --help`. */
import { Effect } from "effect"
import { Flow } from "effect-pocketflow"
import { embeddingLayer } from "../shared/embedding.ts"
import * as Example from "../shared/example.ts"
import * as flags from "../shared/flags.ts"
import { modelLayer } from "../shared/model.ts"
import { channels, converse, demoFlag } from "../shared/terminal.ts"
import { demo } from "./demo.ts"
import { memory } from "./flow.ts"
import { rules } from "./rules.ts"

export const program = Example.make({
  name: "memory",
  description: "Talk to a language model that recalls what was said long ago. `exit` or the end of the input ends it.",
  level: "patterns",
  teaches: "prompts that do not grow: a window of the last turns, and older ones found again by their embeddings",
  counterpart: "pocketflow-chat-memory",
  flows: [memory({ window: 3 })],
  options: {
    demo: demoFlag,
    window: flags.int("window", {
      description: "How many of the last turns are in each prompt word for word",
      default: 3,
      min: 1,
      max: 50,
      metavar: "turns"
    })
  },
  run: ({ window, ...options }) =>
    converse(Flow.stream(memory({ window }), {}, { channels }), demo, options).pipe(
      Effect.provide([modelLayer(rules), embeddingLayer])
    )
})
