/**
 * Thoughts without a model, for one class of problems: a river, a boat, and passengers who may not be left alone together.
 *
 * A thought proposes a crossing. The next one evaluates it, by who would be where: a crossing that goes wrong, or leads to
 * where things stood before, has failed, and another one is tried. Where none is left, the crossing before has failed as well.
 * All that the rules know is in the prompt: what was tried is in the plan.
 */
import type { OfflineModel } from "@effect-pocketflow/ai"
import { Schema } from "effect"
import { quotesIn } from "../shared/prompt.ts"
import { Plan } from "./plan.ts"
import { accident, after, bank, choices, parse, type Puzzle, read, say, type Way } from "./puzzle.ts"

export const rules: ReadonlyArray<OfflineModel.Rule> = [
  {
    name: "think",
    when: ({ system }) => system.startsWith("Solve the problem in small thoughts"),
    reply: ({ user }) => {
      const puzzle = parse(quotesIn("problem", user)[0] ?? "")
      const plan = Schema.decodeUnknownSync(Schema.fromJsonString(Plan))(quotesIn("plan", user).at(-1))
      return JSON.stringify(puzzle === undefined ? unknown : thinkOn(puzzle, plan))
    }
  }
]

type Step = (typeof Plan.Type)[number]
type Crossings = Step["steps"]

const open = (text: string): Step => ({ text, status: "open", result: "", steps: [] })
const settled = <A extends Crossings[number]>(step: A, status: "done" | "failed", result: string): A => ({
  ...step,
  status,
  result
})

const unknown = {
  evaluation: "There is nothing to evaluate.",
  thinking: "This is no puzzle about a river and a boat. Without a real model I can solve no other.",
  plan: [settled(open("Understand the problem"), "failed", "it is of no kind that I know")],
  answer: "I do not know."
}

const thinkOn = (puzzle: Puzzle, [written, found, checked]: typeof Plan.Type) => {
  if (written === undefined || found === undefined || checked === undefined) {
    return {
      evaluation: "There is nothing to evaluate yet.",
      thinking: "First I say what the puzzle is, then I look for crossings one by one, and then I check them all.",
      plan: [open("Write down the puzzle"), open("Find the crossings"), open("Check the whole way")],
      answer: ""
    }
  }
  if (written.status === "open") {
    const dangers = puzzle.conflicts.map((pair) => pair.join(" and ")).join(", ") || "nobody"
    const result = `across go ${puzzle.passengers.join(", ")}, ${puzzle.capacity} at a time; never alone: ${dangers}`
    return {
      evaluation: "The plan fits: there are so few states that they can be tried.",
      thinking: `The puzzle is: ${result}.`,
      plan: [settled(written, "done", result), found, checked],
      answer: ""
    }
  }
  if (found.status === "open") {
    const { crossings, evaluation } = evaluate(puzzle, found.steps)
    const next = proceed(puzzle, crossings)
    const solvable = next.status !== "failed"
    return {
      evaluation,
      thinking: next.thinking,
      plan: [
        written,
        { ...found, status: next.status, result: next.result, steps: next.crossings },
        solvable ? checked : settled(checked, "failed", "there is no way to check")
      ],
      answer: solvable ? "" : "Nobody can get all of them across."
    }
  }
  const way = wayOf(found.steps)
  const accidents = way.map((_, i) => accident(puzzle, way.slice(0, i + 1))).filter((what) => what !== undefined)
  const whole = accidents.length === 0 && after(puzzle, way).here.length === 0
  return {
    evaluation: `The way has ${way.length} crossings, and they follow one upon the other.`,
    thinking: "I go through it from the beginning, and look at who is left alone each time.",
    plan: [written, found, settled(checked, whole ? "done" : "failed", accidents[0] ?? bank(puzzle, way))],
    answer: whole ? way.map((cargo, i) => say(i + 1, cargo)).join("\n") : "I was wrong, and do not know where."
  }
}

/** The crossings that have worked so far, one after the other. */
const wayOf = (crossings: Crossings): Way =>
  crossings.filter(({ status }) => status === "done").map(({ text }) => read(text).cargo)

/** Whether the crossing that was proposed works. */
const evaluate = (puzzle: Puzzle, crossings: Crossings) => {
  const proposed = crossings.at(-1)
  if (proposed?.status !== "open")
    return { crossings, evaluation: "The puzzle is written down as the problem says it." }
  const before = crossings.slice(0, -1)
  const way = [...wayOf(before), read(proposed.text).cargo]
  const now = bank(puzzle, way)
  const past = [
    bank(puzzle, []),
    ...before.filter(({ text }) => read(text).number % 2 === way.length % 2).map(({ result }) => result)
  ]
  const wrong =
    accident(puzzle, way) ?? (past.some((then) => then.startsWith(now)) ? "things stood like that before" : undefined)
  const name = `Crossing ${way.length}`
  return wrong === undefined
    ? { crossings: [...before, settled(proposed, "done", now)], evaluation: `${name} works: ${now}.` }
    : { crossings: [...before, settled(proposed, "failed", wrong)], evaluation: `${name} does not work: ${wrong}.` }
}

/** What is next: another crossing, a step back where none is left, or the end. */
const proceed = (
  puzzle: Puzzle,
  crossings: Crossings
): Pick<Step, "status" | "result"> & { readonly crossings: Crossings; readonly thinking: string } => {
  const way = wayOf(crossings)
  if (after(puzzle, way).here.length === 0) {
    return { status: "done", result: `${way.length} crossings`, crossings, thinking: "Now everybody is across." }
  }
  const last = crossings.findLastIndex(({ status }) => status === "done")
  const tried = crossings.slice(last + 1).map(({ text }) => text)
  const next = choices(puzzle, way)
    .map((cargo) => say(way.length + 1, cargo))
    .find((text) => !tried.includes(text))
  if (next !== undefined) {
    const crossing = { text: next, status: "open", result: "" } as const
    return {
      status: "open",
      result: "",
      crossings: [...crossings, crossing],
      thinking: `I try ${next.replace(/^C/, "c")}.`
    }
  }
  const dead = crossings[last]
  if (dead === undefined) {
    return { status: "failed", result: "all was tried", crossings, thinking: "I have tried all there is." }
  }
  const step = proceed(puzzle, crossings.with(last, settled(dead, "failed", `${dead.result}; it leads nowhere`)))
  return {
    ...step,
    thinking: `After crossing ${way.length} nothing is left to try, so that was wrong. ${step.thinking}`
  }
}
