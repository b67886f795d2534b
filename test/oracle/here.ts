/** From data to nodes and flows of this library, and how they run. */
import { Cause, Context, Effect, Exit, Ref, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import { replayInterleaving } from "@effect-pocketflow/testing"
import type {
  Batch,
  Case,
  Ended,
  Graph,
  Many,
  Node as NodeSpec,
  Params,
  Post,
  Run,
  State,
  Step,
  Task
} from "./graph.ts"
import {
  actionsOf,
  begin,
  change,
  elements,
  exec,
  Failed,
  failed,
  fallback,
  idOf,
  mix,
  pathOf,
  pick,
  post,
  prep,
  tasks
} from "./graph.ts"

const Numbers = Store.make("Numbers", { a: Schema.Int, b: Schema.Int })

type Here = Flow.Step<typeof Numbers, string, Failed>

const param = (name: keyof Params) => Context.Reference<number>(`test/oracle/${name}`, { defaultValue: () => 0 })
const references = { p: param("p"), q: param("q") }

/** Runs it in virtual time, with the interleaving that belongs to its seed. */
export const runHere = async ({ fuel, graph, seed, state }: Case): Promise<Ended> => {
  const run = begin(fuel)
  const ref = Ref.makeUnsafe<State>(state)
  const exit = await Effect.runPromiseExit(replayInterleaving(Flow.runRef(flowOf(run, graph, ""), ref), seed))
  const ended = (end: Ended["end"]): Ended => ({ end, store: Ref.getUnsafe(ref), trace: run.trace })
  if (Exit.isSuccess(exit)) return ended({ outcome: exit.value })
  const error = Cause.squash(exit.cause)
  if (!(error instanceof Failed) || Cause.hasDies(exit.cause)) throw error
  return ended(failed(error))
}

/** Its picture. */
export const draw = (graph: Graph): string => Flow.toMermaid(flowOf(begin(0), graph, ""))

const stepOf = (run: Run, spec: Step, parent: string, index: number): Here => {
  const at = pathOf(parent, index)
  switch (spec.kind) {
    case "flow":
      return flowOf(run, spec, at)
    case "many":
      return manyOf(run, spec, at)
    default:
      return leafOf(run, spec, at)
  }
}

const orFail = <A>(value: A | Failed) => (value instanceof Failed ? Effect.fail(value) : Effect.succeed(value))

const answer = (run: Run, spec: Post, output: number) => {
  if (spec.by === "decide") {
    return Numbers.decide((s) => [pick(run, spec, output, s) || "default", change(spec, output, s)])
  }
  const update = spec.by === "value" ? change(spec, output) : (s: State) => change(spec, output, s)
  const action = pick(run, spec, output)
  return action ? Numbers.to(action, update) : Numbers.next(update)
}

/** What prep sees, params included if it reads them, by a plain value where that is enough. */
const seen = <A>(run: Run, spec: NodeSpec | Batch | Many, at: string, s: State, f: (input: number) => A) => {
  const look = (params?: Params) => {
    const input = prep(run, spec, at, s, params)
    return input instanceof Failed ? Effect.fail(input) : f(input)
  }
  if (spec.reads !== true) return look()
  return Effect.flatMap(Effect.all(references), (params) => {
    const value = look(params)
    return Effect.isEffect(value) ? (value as Effect.Effect<never, Failed>) : Effect.succeed(value)
  })
}

const work = (task: Task): Effect.Effect<number, Failed> => {
  const { fails, work } = task
  if (fails === 0 && work.takes === undefined) return orFail(exec(task, 0))
  return Effect.flatMap(Node.Attempt, (attempt) => {
    const result = orFail(exec(task, attempt))
    return work.takes === undefined ? result : Effect.delay(result, work.takes)
  })
}

const leafOf = (run: Run, spec: NodeSpec | Batch, at: string): Here => {
  const actions = actionsOf(spec)
  const ends = (output: number) => {
    const trouble = post(run, spec, at, output)
    return trouble === undefined ? answer(run, spec.post, output) : Effect.fail(trouble)
  }
  if (spec.kind === "node") {
    if (spec.work === undefined) {
      return Node.make(Numbers, { prep: (s) => seen(run, spec, at, s, (input) => input), post: ends, actions })
    }
    const prep = (s: State) => seen(run, spec, at, s, (input) => tasks(run, spec, at, input)[0]!)
    return tuned(spec, Node.make(Numbers, { prep, exec: work, post: (_task, output) => ends(output), actions }))
  }
  return tuned(
    spec,
    Node.batch(Numbers, {
      prep: (s) => seen(run, spec, at, s, (input) => tasks(run, spec, at, input)),
      exec: work,
      post: (_tasks, outputs) => ends(mix(...outputs)),
      actions,
      concurrency: spec.kind === "parallel" ? "unbounded" : 1
    })
  )
}

/** `node` with the attempts and the fallback of its spec. */
const tuned = (
  spec: NodeSpec | Batch,
  node: Node.Node<typeof Numbers, Task, number, string, Failed, never, Failed>
): Here => {
  const retried = spec.attempts === undefined ? node : node.pipe(Node.retry({ times: spec.attempts - 1 }))
  if (spec.fallback === undefined) return retried
  return retried.pipe(Node.fallback((error, task) => orFail(fallback(spec, task, error))))
}

const flowOf = (run: Run, graph: Graph, at: string): Here => {
  const edges: Record<string, Record<string, string>> = {}
  for (const { action, from, to } of graph.edges) edges[idOf(from)] = { ...edges[idOf(from)], [action]: idOf(to) }
  const flow: Here = Flow.make(Numbers, {
    start: idOf(0),
    nodes: Object.fromEntries(graph.steps.map((step, i) => [idOf(i), stepOf(run, step, at, i)])),
    edges
  } as never)
  if (graph.loses !== true) return flow
  return flow.pipe(Flow.mapOutcome({ left: "default", right: "default", constructor: "default", stop: "default" }))
}

const manyOf = (run: Run, spec: Many, at: string): Here => {
  const ends = (all: ReadonlyArray<number>) => {
    const output = mix(...all)
    const trouble = post(run, spec, at, output)
    return trouble === undefined ? answer(run, spec.post!, output) : Effect.fail(trouble)
  }
  return Flow.forEach(flowOf(run, spec.flow, at), {
    params: references[spec.param],
    prep: (s: State) => seen(run, spec, at, s, (input) => elements(spec, input)),
    ...(spec.post !== undefined && { post: ends, actions: actionsOf(spec) })
  })
}
