/** What the runs of random graphs came to, so that they cannot agree on nothing. */
import type { Case, Ended, Graph, Step } from "./graph.ts"
import { idOf, pathOf } from "./graph.ts"

const features = [
  "a node again",
  "a nested flow",
  "two levels of flows",
  "a flow that loses its action",
  "a kept action leads on",
  "an outcome other than default",
  "the end by fuel",
  "an action that is not wired",
  "no action",
  "a node without exec",
  "a retry",
  "a second retry",
  "a recovery by retry",
  "a recovery by fallback",
  "a batch",
  "a parallel batch",
  "a retry of an item",
  "a fallback of an item",
  "a batch flow",
  "a batch flow in another one",
  "params of a batch flow",
  "an update by value",
  "an update by function",
  "a decision",
  "the error limit",
  "the error prep",
  "the error exec",
  "the error fallback",
  "the error post",
  "an error of a parallel item"
] as const

type Feature = (typeof features)[number]

export const coverage = () => {
  const counts = Object.fromEntries(features.map((feature) => [feature, 0])) as Record<Feature, number>
  return {
    counts,
    add: (random: Case, run: Ended, warnings: number) => {
      for (const feature of new Set(found(random, run, warnings))) counts[feature]++
    }
  }
}

/** Whether control came from one place to another by an action that a flow around the first has kept. */
const ledByFlow = (all: ReadonlyMap<string, Place>, root: Graph, from: string, to: string): boolean => {
  const [a, b] = [from, to].map((path) => path.split("/").slice(1))
  const at = a!.findIndex((id, i) => id !== b![i])
  if (at < 0 || at === a!.length - 1) return false
  const pathTo = (ids: ReadonlyArray<string>) => ["", ...ids.slice(0, at)].join("/")
  const around = at === 0 ? root : all.get(pathTo(a!))!.spec
  const { edges } = around.kind === "many" ? around.flow : (around as Graph)
  const actions = edges
    .filter((edge) => idOf(edge.from) === a![at] && idOf(edge.to) === b![at])
    .map(({ action }) => action)
  return actions.length > 0 && !actions.includes("default")
}

interface Place {
  readonly spec: Step
  readonly flows: number
  readonly manys: number
}

/** All steps of a graph, by their paths. */
const places = (graph: Graph, at = "", flows = 0, manys = 0): ReadonlyArray<readonly [string, Place]> =>
  graph.steps.flatMap((spec, i) => {
    const path = pathOf(at, i)
    const own = [path, { spec, flows, manys }] as const
    if (spec.kind === "flow") return [own, ...places(spec, path, flows + 1, manys)]
    return spec.kind === "many" ? [own, ...places(spec.flow, path, flows, manys + 1)] : [own]
  })

function* found({ graph }: Case, { end, trace }: Ended, warnings: number): Generator<Feature> {
  const all = new Map(places(graph))
  const visits = new Map<string, number>()
  let at = ""
  for (const entry of trace) {
    if (typeof entry === "string") {
      const [path, phase] = entry.split(" ") as [string, string]
      if (phase === "prep") {
        visits.set(path, (visits.get(path) ?? 0) + 1)
        if (at !== "" && ledByFlow(all, graph, at, path)) yield "a kept action leads on"
      }
      at = path
      if (/ [pq] [1-9]/.test(entry)) yield "params of a batch flow"
      continue
    }
    const { spec } = all.get(at)!
    const item = spec.kind !== "node"
    for (const lines of entry) {
      const retried = lines.includes("attempt 1")
      const fallback = lines.some((line) => line.startsWith("fallback"))
      if (retried) yield item ? "a retry of an item" : "a retry"
      if (lines.includes("attempt 2")) yield "a second retry"
      if (retried && !fallback) yield "a recovery by retry"
      if (fallback) yield item ? "a fallback of an item" : "a recovery by fallback"
    }
    if (item && entry.length > 1) yield spec.kind === "parallel" ? "a parallel batch" : "a batch"
  }
  for (const [path, { flows, manys, spec }] of all) {
    const count = visits.get(path) ?? 0
    const parent = all.get(path.slice(0, path.lastIndexOf("/")))?.spec
    if (count === 0) continue
    if (count > 1 && manys === 0) yield "a node again"
    if (flows > 0) yield "a nested flow"
    if (flows > 1) yield "two levels of flows"
    if (parent?.kind === "flow" && parent.loses) yield "a flow that loses its action"
    if (spec.kind === "many") {
      yield "a batch flow"
      if (manys > 0) yield "a batch flow in another one"
    } else if (spec.kind !== "flow") {
      yield spec.post.by === "value"
        ? "an update by value"
        : spec.post.by === "decide"
          ? "a decision"
          : "an update by function"
      if (spec.post.actions.every((action) => !action)) yield "no action"
      if (spec.kind === "node" && spec.work === undefined) yield "a node without exec"
    }
  }
  if (warnings > 0) yield "an action that is not wired"
  if ("outcome" in end) {
    if (end.outcome === "stop") yield "the end by fuel"
    else if (end.outcome !== "default") yield "an outcome other than default"
    return
  }
  yield `the error ${end.failed.phase}`
  if (all.get(end.failed.at)?.spec.kind === "parallel") yield "an error of a parallel item"
}
