/** Chat in the terminal, over a pipe, or as a demonstration: `npm run example -- chat --help`. */
import { Effect } from "effect"
import { Flow } from "effect-pocketflow"
import * as Example from "../shared/example.ts"
import { modelLayer } from "../shared/model.ts"
import { channels, converse, demoFlag } from "../shared/terminal.ts"
import { demo } from "./demo.ts"
import { chat } from "./flow.ts"
import { rules } from "./rules.ts"

export const program = Example.make({
  name: "chat",
  description: "Talk to a language model. `exit` or the end of the input ends the chat.",
  level: "first steps",
  teaches: "one node that loops, with the history in the store; replies word by word; a clean end",
  counterpart: "pocketflow-chat",
  flows: [chat],
  options: { demo: demoFlag },
  run: (options) =>
    converse(Flow.stream(chat, { messages: [] }, { channels }), demo, options).pipe(Effect.provide(modelLayer(rules)))
})
