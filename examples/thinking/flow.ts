/** A chain of thought: a node that loops, each time with one thought about the one before, and a plan that grows. */
import { Retry } from "@effect-pocketflow/ai"
import { Schema } from "effect"
import { LanguageModel } from "effect/ai"
import { Flow, Node, Store } from "effect-pocketflow"
import { quoted } from "../shared/prompt.ts"
import { objectionTo, Plan } from "./plan.ts"

const Thought = Schema.Struct({
  evaluation: Schema.String.annotate({ description: "Is the last thought right? Check it; do not repeat it" }),
  thinking: Schema.String.annotate({ description: "The next thought: work on one open step, and on no more" }),
  plan: Plan.annotate({ description: "The whole plan, as it is after this thought" }),
  answer: Schema.String.annotate({ description: "The answer to the problem; empty while a step is open" })
})

const Reasoning = Store.make("Reasoning", {
  problem: Schema.String,
  thoughts: Schema.Array(Schema.Struct({ evaluation: Schema.String, thinking: Schema.String })).pipe(
    Store.withInitial([])
  ),
  plan: Plan.pipe(Store.withInitial([])),
  /** Why the last thought was not taken. */
  objection: Schema.optionalKey(Schema.String),
  answer: Schema.optionalKey(Schema.String)
})

const instructions = `Solve the problem in small thoughts, one a turn. You are given the last thought and the plan.

First evaluate the last thought. Where it was wrong, say so: set its step to "failed", with the reason as its result, and
try something else. Then think the next thought, and give the plan as it is after it:
- Begin with a plan of a few steps. Divide a step that is too large into steps of its own.
- A step is "open" until it has a result, and "done" once you have checked that result.
- Keep what is done or failed in the plan, with its text as it is.
- Give the answer when no step is open.`

const think = Node.make(Reasoning, {
  prep: (store) => store,
  exec: ({ objection, plan, problem, thoughts }) =>
    LanguageModel.generateObject({
      schema: Thought,
      prompt: [
        { role: "system", content: instructions },
        {
          role: "user",
          content: [
            quoted("problem", problem),
            quoted("last-thought", thoughts.at(-1)?.thinking ?? "none yet"),
            quoted("plan", JSON.stringify(plan, null, 1)),
            ...(objection === undefined ? [] : [`Your reply to this could not be taken: ${objection} Mend it.`])
          ].join("\n\n")
        }
      ]
    }),
  post: ({ plan }, { value: { answer, evaluation, thinking, ...thought } }) => {
    const objection = objectionTo(plan, { answer, plan: thought.plan })
    if (objection !== undefined) return Reasoning.to("object", { objection })
    const update = ({ thoughts }: typeof Reasoning.Type) => ({
      thoughts: [...thoughts, { evaluation, thinking }],
      plan: thought.plan,
      objection: Store.unset
    })
    return answer === ""
      ? Reasoning.to("continue", update)
      : Reasoning.to("solved", (store) => ({ ...update(store), answer }))
  },
  actions: ["object", "continue", "solved"]
}).pipe(Node.timeout("1 minute"), Node.retry(Retry.schedule()))

/** At most so many thoughts, those that are not taken among them. */
export const reasoning = ({ thoughts }: { readonly thoughts: number }) =>
  Flow.make(Reasoning, {
    start: "think",
    nodes: { think },
    edges: { think: { continue: "think", object: "think" } }
  }).pipe(Flow.budget({ steps: thoughts }))
