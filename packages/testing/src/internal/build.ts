/**
 * From a spec to a flow.
 *
 * The numbers that nodes compute are in `arithmetic.ts`, which the reference
 * model shares; all that a flow means is the runtime's here and the model's
 * there.
 *
 * @internal
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Optic from "effect/Optic"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import { Flow, Node } from "effect-pocketflow"
import type { Batch, Failure, Node as NodeSpec, Post, Recorder, Spec, Work } from "../Spec.ts"
import { choose, fallbackNumber, failureNumber, joinMap, lines, mix, resultOf } from "./arithmetic.ts"
import { Boom, Busy, Oops, Sample } from "./sample.ts"

type Step = Flow.Step<typeof Sample, string, Failure>

class Element extends Context.Service<Element, number>()("@effect-pocketflow/testing/Element") {}

const swapped = Optic.makeLens<Sample, Sample>(
  (s) => ({ a: s.b, b: s.a }),
  (part) => ({ a: part.b, b: part.a })
)

export const build = (spec: Spec, path: ReadonlyArray<string>, log: Recorder): Step => {
  const inside = (inner: Spec) => build(inner, path, log)
  switch (spec.kind) {
    case "node":
      return nodeOf(spec, path, log)
    case "batch":
    case "fold":
      return batchOf(spec, path, log)
    case "flow":
      return Flow.make(Sample, {
        start: spec.start,
        nodes: mapRecord(spec.nodes, (node, id) => build(node, [...path, id], log)),
        edges: spec.edges
      } as never)
    case "call":
      return Flow.call(Sample, inside(spec.inner), {
        prep: (s) => ({ a: s.b, b: s.a }),
        post: (input, run) =>
          Sample.to(run.outcome, (s) => ({ a: mix(s.a, input.a, run.store.a, run.store.b, run.steps) }))
      })
    case "focus":
      return inside(spec.inner).pipe(Flow.focus(swapped)) as never
    case "mapOutcome":
      return inside(spec.inner).pipe(Flow.mapOutcome(spec.outcomes as {}))
    case "catch": {
      const edge = () => Sample.to(spec.action, (s) => ({ b: mix(s.b) }))
      return spec.tag === undefined
        ? inside(spec.inner).pipe(Flow.catch(edge))
        : inside(spec.inner).pipe(Flow.catchTag(spec.tag, edge))
    }
    case "budget":
      return inside(spec.inner).pipe(Flow.budget({ steps: spec.steps }, "spent"))
    case "all":
      return Flow.all(
        Sample,
        mapRecord(spec.branches, (branch, id) => build(branch, [...path, id], log)),
        {
          post: (outcomes) => Sample.to(spec.follow === undefined ? "default" : outcomes[spec.follow]!),
          concurrency: spec.concurrency ?? "unbounded"
        }
      )
    case "map":
      return Flow.map(Sample, inside(spec.inner), {
        prep: (s) => Array.from({ length: spec.times }, (_, i) => ({ a: mix(s.a, i), b: s.b })),
        post: (_inputs, runs) =>
          Sample.to((spec.follow && runs.at(-1)?.outcome) || "default", (s) => ({ a: joinMap(s.a, runs) })),
        concurrency: spec.concurrency
      })
    case "forEach":
      return Flow.forEach(inside(spec.inner), {
        params: Element,
        prep: () => Array.from({ length: spec.times }, (_, i) => i),
        post: (elements, outcomes) =>
          Sample.to((spec.follow && outcomes.at(-1)) || "default", (s) => ({ b: mix(s.b, elements.length) })),
        concurrency: spec.concurrency
      })
  }
}

const mapRecord = <A, B>(record: { readonly [id: string]: A }, f: (a: A, id: string) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([id, a]) => [id, f(a, id)]))

const failureOf = (work: Work) => (work.busy === true ? new Busy() : new Oops())

/** One attempt at a unit of work. */
const attempt = (
  work: Work,
  path: ReadonlyArray<string>,
  log: Recorder,
  [a, b]: readonly [number, number],
  item?: number
): Effect.Effect<number, Oops | Busy> =>
  Effect.flatMap(Effect.all([Node.Attempt, Node.Visit]), ([attempt, visit]) => {
    const begin = Effect.sync(() => {
      log.acquired++
      log.trace.push(lines.attempt(path, { attempt, item, visit }))
    })
    const end: Effect.Effect<number, Oops | Busy> =
      attempt < (work.fails ?? 0)
        ? Effect.fail(failureOf(work))
        : work.dies === true
          ? Effect.die(new Boom())
          : Effect.succeed(mix(a, b, attempt, visit, item ?? 0))
    return Effect.acquireUseRelease(
      begin,
      () => (work.delay === undefined ? end : Effect.delay(end, work.delay)),
      () => Effect.sync(() => log.released++)
    )
  })

/** Whether a phase other than `exec` is to fail or to die, and how. */
const trouble = (spec: NodeSpec, phase: "prep" | "post"): Effect.Effect<never, Oops | Busy> | undefined => {
  if (spec.in !== phase) return undefined
  if ((spec.fails ?? 0) > 0) return Effect.fail(failureOf(spec))
  if (spec.dies === true) throw new Boom()
  return undefined
}

const nodeOf = (spec: NodeSpec, path: ReadonlyArray<string>, log: Recorder): Step => {
  const prep = (s: Sample) => {
    log.trace.push(lines.visit(path))
    return trouble(spec, "prep") ?? s
  }
  const post = (_input: unknown, output: number) => trouble(spec, "post") ?? transition(spec.post, output)
  const bare = (s: Sample) => mix(s.a, s.b, 0, 0, 0)
  if (spec.exec === "none") return Node.make(Sample, { prep, post: (s) => post(s, bare(s)) })
  if (spec.exec === "succeed") return Node.make(Sample, { prep, exec: (s) => Effect.succeed(bare(s)), post })
  const work = spec.in === undefined || spec.in === "exec" ? spec : {}
  return tuned(spec, Node.make(Sample, { prep, exec: (s) => attempt(work, path, log, [s.a, s.b]), post }))
}

const batchOf = (spec: Batch, path: ReadonlyArray<string>, log: Recorder): Step => {
  const prep = (s: Sample) => {
    log.trace.push(lines.visit(path))
    return spec.items.map((work) => ({ work, s }))
  }
  const exec = ({ s, work }: ReturnType<typeof prep>[number], index: number) =>
    attempt(work, path, log, [s.a, s.b], index)
  const post = (_items: unknown, results: ReadonlyArray<number>) => transition(spec.post, resultOf(results))
  if (spec.kind === "fold") {
    return tuned(
      spec,
      Node.fold(Sample, {
        prep,
        initial: [] as ReadonlyArray<number>,
        exec: (done, item, index) => Effect.map(exec(item, index), (next) => [...done, next]),
        post
      }),
      ([done]) => [...done, fallbackNumber]
    )
  }
  const { concurrency } = spec
  if (spec.mode === undefined) return tuned(spec, Node.batch(Sample, { prep, exec, post, concurrency }))
  return tuned(
    spec,
    Node.batch(Sample, {
      prep,
      exec,
      post: (items, results) => post(items, results.map(Result.getOrElse(() => failureNumber))),
      concurrency,
      mode: "result"
    })
  )
}

/** `node` with the retries and the fallback of its spec. */
const tuned = <I, O>(
  spec: { readonly retries?: number; readonly fallback?: boolean },
  node: Node.Node<typeof Sample, I, O, string, any, never, Oops | Busy>,
  fallback: (input: I) => O = () => fallbackNumber as O
): Step => {
  const retried = spec.retries === undefined ? node : node.pipe(Node.retry(Schedule.recurs(spec.retries)))
  return spec.fallback === true
    ? retried.pipe(Node.fallback((_error, input) => Effect.succeed(fallback(input))))
    : retried
}

const transition = (post: Post | undefined, output: number) => {
  const { action, decide, update, value } = choose(post, output)
  if (decide !== undefined) return Sample.decide((s) => [decide(s), update(s)])
  return value === undefined ? Sample.to(action, update) : Sample.to(action, value)
}
