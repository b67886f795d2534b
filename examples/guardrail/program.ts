/** A travel adviser between two guards: `npm run example -- guardrail --help`. */
import { Effect } from "effect"
import { Flow } from "effect-pocketflow"
import * as Example from "../shared/example.ts"
import { modelLayer } from "../shared/model.ts"
import { channels, converse, demoFlag } from "../shared/terminal.ts"
import { demo } from "./demo.ts"
import { guardrail } from "./flow.ts"
import { rules } from "./rules.ts"

export const program = Example.make({
  name: "guardrail",
  description: "Talk to a travel adviser about travel, and nothing else. `exit` or the end of the input ends it.",
  level: "patterns",
  teaches: "guards before and behind a model, by rules and by a model; what they refuse goes no further",
  counterpart: "pocketflow-chat-guardrail",
  flows: [guardrail],
  options: { demo: demoFlag },
  run: (options) =>
    converse(Flow.stream(guardrail, {}, { channels }), demo, options).pipe(Effect.provide(modelLayer(rules)))
})
