/** The plan behind a chain of thought: steps with a status, and what is wrong with how a model has changed them. */
import { Schema } from "effect"
import { oneLine } from "../shared/cli.ts"

const fields = {
  text: Schema.String,
  status: Schema.Literals(["open", "done", "failed"]),
  result: Schema.String.annotate({ description: "What came of it, or why it failed; empty while it is open" })
}

const Step = Schema.Struct({
  ...fields,
  steps: Schema.Array(Schema.Struct(fields)).annotate({ description: "What the step was divided into, in order" })
})

export const Plan = Schema.Array(Step)

type Item = Omit<typeof Step.Type, "steps">

/** Why a plan and an answer cannot follow upon the plan before; nothing, if they can. */
export const objectionTo = (
  before: typeof Plan.Type,
  { answer, plan }: { readonly answer: string; readonly plan: typeof Plan.Type }
): string | undefined => {
  if (plan.length === 0) return "The plan has no steps."
  const now = itemsOf(plan)
  const lost = itemsOf(before).find(({ status, text }) => status !== "open" && !now.some((step) => step.text === text))
  if (lost !== undefined) return `"${lost.text}" was ${lost.status}, and is no longer in the plan.`
  const silent = now.find(({ result, status }) => status !== "open" && result === "")
  if (silent !== undefined) return `"${silent.text}" is ${silent.status} without a result.`
  const early = plan.find(({ status, steps }) => status === "done" && steps.some((step) => step.status === "open"))
  if (early !== undefined) return `"${early.text}" is done, but not all of its steps are.`
  const open = plan.find(({ status }) => status === "open")
  if (answer !== "" && open !== undefined) return `There is an answer, but "${open.text}" is open.`
  if (answer === "" && open === undefined) return "No step is open, but there is no answer."
  return undefined
}

/** The plan as an outline. */
export const outline = (plan: typeof Plan.Type): string =>
  plan.flatMap(({ steps, ...step }) => [line(step), ...steps.map((step) => `  ${line(step)}`)]).join("\n")

const marks = { open: " ", done: "x", failed: "-" }

const line = ({ result, status, text }: Item): string => oneLine(`[${marks[status]}] ${text}${result && `: ${result}`}`)

const itemsOf = (plan: typeof Plan.Type): ReadonlyArray<Item> => plan.flatMap((step) => [step, ...step.steps])
