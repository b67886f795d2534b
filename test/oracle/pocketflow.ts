/** From data to nodes and flows of npm `pocketflow`, and how they run. */
import * as PocketFlow from "pocketflow"
import type { Action, Batch, Case, Ended, Graph, Many, Node, Params, Post, Run, State, Step, Task } from "./graph.ts"
import {
  begin,
  change,
  elements,
  exec,
  Failed,
  failed,
  fallback,
  mix,
  pathOf,
  pick,
  post,
  prep,
  tasks
} from "./graph.ts"

type Shared = { -readonly [K in keyof State]: State[K] }
type PartOfParams = { readonly [K in keyof Params]?: number }

/** The run, and the last action that was taken in it, and in which flow: the port's flows do not keep it. */
interface Context extends Run {
  last: { readonly flow: string; readonly action: Action | "stop" }
}

export const runThere = async ({ fuel, graph, state }: Case): Promise<Ended> => {
  const run: Context = { ...begin(fuel), last: { flow: "", action: null } }
  const shared: Shared = { ...state }
  const ended = (end: Ended["end"]): Ended => ({ end, store: shared, trace: run.trace })
  try {
    return ended({ outcome: (await flowOf(run, graph, "").run(shared)) || "default" })
  } catch (error) {
    if (!(error instanceof Failed)) throw error
    // What goes on beside a failure ends within this turn of the event loop.
    await new Promise(setImmediate)
    return ended(failed(error))
  }
}

const stepOf = (run: Context, spec: Step, parent: string, index: number): PocketFlow.BaseNode => {
  const at = pathOf(parent, index)
  switch (spec.kind) {
    case "flow":
      return flowOf(run, spec, at, parent)
    case "many":
      return manyOf(run, spec, at, parent)
    default:
      return leafOf(run, spec, at, parent)
  }
}

const orThrow = <A>(value: A | Failed): A => {
  if (value instanceof Failed) throw value
  return value
}

const paramsOf = ({ p = 0, q = 0 }: PartOfParams): Params => ({ p, q })

const wait = (moments: number): Promise<void> =>
  moments === 0 ? Promise.resolve() : Promise.resolve().then(() => wait(moments - 1))

/** Takes an action and writes, as a post does. */
const answer = (run: Context, spec: Post, flow: string, shared: Shared, output: number): string | undefined => {
  const action = pick(run, spec, output, shared)
  Object.assign(shared, change(spec, output, shared))
  run.last = { flow, action }
  return action ?? undefined
}

const leafOf = (run: Context, spec: Node | Batch, at: string, flow: string): PocketFlow.BaseNode => {
  const begins = (shared: Shared, params: PartOfParams) =>
    orThrow(prep(run, spec, at, shared, spec.reads && paramsOf(params)))
  const ends = (shared: Shared, output: number) => {
    orThrow(post(run, spec, at, output))
    return answer(run, spec.post, flow, shared, output)
  }

  if (spec.kind === "node" && spec.work === undefined) {
    // What has no exec gives undefined to post: see differences/work.test.ts.
    class Bare extends PocketFlow.BaseNode<Shared, PartOfParams> {
      override async prep(shared: Shared): Promise<unknown> {
        return begins(shared, this._params)
      }
      override async post(shared: Shared, input: unknown): Promise<string | undefined> {
        return ends(shared, input as number)
      }
    }
    return new Bare()
  }

  const Base = { node: PocketFlow.Node, batch: PocketFlow.BatchNode, parallel: PocketFlow.ParallelBatchNode }[spec.kind]
  class Leaf extends (Base as typeof PocketFlow.Node)<Shared, PartOfParams> {
    override async prep(shared: Shared): Promise<unknown> {
      const all = tasks(run, spec, at, begins(shared, this._params))
      return spec.kind === "node" ? all[0] : all
    }
    override async exec(task: unknown): Promise<unknown> {
      const result = exec(task as Task, this.currentRetry)
      await wait((task as Task).work.takes ?? 0)
      return orThrow(result)
    }
    override async post(shared: Shared, _prepared: unknown, output: unknown): Promise<string | undefined> {
      return ends(shared, spec.kind === "node" ? (output as number) : mix(...(output as ReadonlyArray<number>)))
    }
  }
  class WithFallback extends Leaf {
    override async execFallback(task: unknown, error: Error): Promise<unknown> {
      return orThrow(fallback(spec, task as Task, error as Failed))
    }
  }
  return new (spec.fallback === undefined ? Leaf : WithFallback)(spec.attempts)
}

/** The steps of a graph, wired; gives the first of them. */
const wired = (run: Context, graph: Graph, at: string): PocketFlow.BaseNode => {
  const steps = graph.steps.map((step, i) => stepOf(run, step, at, i))
  for (const { action, from, to } of graph.edges) steps[from]!.on(action, steps[to]!)
  return steps[0]!
}

const flowOf = (run: Context, graph: Graph, at: string, parent?: string): PocketFlow.Flow<Shared, PartOfParams> => {
  const start = wired(run, graph, at)
  if (graph.loses) return new PocketFlow.Flow(start)
  class Keeping extends PocketFlow.Flow<Shared, PartOfParams> {
    override async post(): Promise<string | undefined> {
      // A last step that is a flow without post ends with nothing.
      const action = run.last.flow === at ? run.last.action : null
      run.last = { flow: parent ?? "nowhere", action }
      return action ?? undefined
    }
  }
  return new Keeping(start)
}

const manyOf = (run: Context, spec: Many, at: string, flow: string): PocketFlow.BaseNode => {
  class Plain extends PocketFlow.BatchFlow<Shared, PartOfParams, Array<PartOfParams>> {
    override async prep(shared: Shared): Promise<Array<PartOfParams>> {
      const input = orThrow(prep(run, spec, at, shared, spec.reads && paramsOf(this._params)))
      // Of its runs, if there are any, none is the end of the flow.
      run.last = { flow, action: null }
      return elements(spec, input).map((n) => ({ [spec.param]: n }))
    }
  }
  class WithPost extends Plain {
    override async post(shared: Shared, all: unknown): Promise<string | undefined> {
      const output = mix(...(all as ReadonlyArray<PartOfParams>).map((params) => params[spec.param]!))
      orThrow(post(run, spec, at, output))
      return answer(run, spec.post!, flow, shared, output)
    }
  }
  return new (spec.post === undefined ? Plain : WithPost)(wired(run, spec.flow, at))
}
