/**
 * Damaged records: a run that is gone on with ends as it would have, or is halted with the reason.
 */
import { assert, describe, it } from "@effect/vitest"
import { Durable, History } from "@effect-pocketflow/durable"
import { Property } from "@effect-pocketflow/testing"
import { Context, Effect, Exit, Layer, Option, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import * as WorkflowEngine from "effect/workflow/WorkflowEngine"
import * as fc from "fast-check"
import { holds } from "../holds.ts"
import { damage, kinds } from "./damaging.ts"
import { Log, when } from "./support.ts"

class Oops extends Schema.TaggedError<Oops>()("Oops", {}) {}

const Item = Store.make("Item", { id: Schema.Number, seen: Schema.Boolean.pipe(Store.withInitial(false)) })
class Index extends Context.Service<Index, number>()("test/durable/Index") {}

const places = ["end", "all", "map", "forEach", "batch"] as const
type Place = (typeof places)[number]

const actions = ["default"] as const
const add = (line: string) => Log.next((s) => ({ lines: [...s.lines, line] }))
const note = (line: string) => Node.make(Log, { post: () => add(line), actions })

/** A flow with what can be recorded, that is held at one place until it is open. */
const workflowOf = (place: Place, fails: boolean, open: { readonly is: boolean; held: boolean }) => {
  const undone: Array<unknown> = []
  const at = (here: Place) =>
    Effect.suspend(() => {
      if (place !== here || open.is) return Effect.succeed(`held ${here}`)
      open.held = true
      return Effect.never
    })
  const holding = (here: Place) => Node.make(Log, { exec: () => at(here), post: (_store, line) => add(line), actions })
  const failing = Node.make(Log, { exec: () => Effect.fail(new Oops()), actions })
  const flow = Flow.sequence(Log, {
    a: note("a").pipe(Durable.compensate(({ lines }) => Effect.sync(() => undone.push(lines.length)))),
    long: Node.make(Log, { post: () => add("b".repeat(400)), actions }),
    ready: Flow.call(Log, note("called"), {
      prep: (s) => Effect.succeed(s),
      post: (_input, run) => Log.next({ n: run.store.lines.length })
    }),
    each: Node.batch(Log, {
      prep: () => [1, 2, 3],
      exec: (n) => (n === 2 ? Effect.as(at("batch"), n * 10) : Effect.succeed(n * 10)),
      post: (_items, found) => add(found.join()),
      actions
    }),
    caught: Flow.make(Log, { start: "failing", nodes: { failing } }).pipe(Flow.catch("default")),
    limited: Flow.budget(Flow.sequence(Log, { one: note("one"), two: note("two") }), { steps: 1 }, "default"),
    map: Flow.map(
      Log,
      Node.make(Item, {
        exec: ({ id }) => (id === 1 ? Effect.as(at("map"), true) : Effect.succeed(true)),
        post: (_item, seen) => Item.next({ seen }),
        actions
      }),
      {
        prep: () => [0, 1, 2].map((id) => ({ id })),
        post: (_inputs, runs) => add(runs.map(({ store }) => `${store.id} ${store.seen}`).join()),
        concurrency: "unbounded"
      }
    ),
    both: Flow.all(Log, {
      left: Flow.sequence(Log, { one: note("l1"), hold: holding("all") }),
      right: Flow.sequence(Log, { one: note("r1"), two: note("r2") })
    }),
    forEach: Flow.forEach(
      Flow.sequence(Log, {
        one: note("x"),
        two: Node.make(Log, {
          prep: () => Index,
          exec: (i) => (i === 1 ? at("forEach") : Effect.succeed(`y${i}`)),
          post: (_i, line) => add(line),
          actions
        })
      }),
      { params: Index, prep: () => [0, 1, 2], concurrency: 3 }
    ),
    last: note("last"),
    end: holding("end"),
    finish: Node.make(Log, { exec: () => (fails ? Effect.fail(new Oops()) : Effect.void), actions })
  })
  const workflow = Durable.workflow(flow, {
    name: "damaged",
    version: "1",
    idempotencyKey: ({ n }) => `${n}`,
    error: Oops,
    values: { each: Schema.Number, "both/left/hold": Schema.String, "forEach/two": Schema.String }
  })
  return { workflow, undone: () => undone.toString() }
}

/** The engine in memory, on records that are there already. */
const engine = (entries: Array<History.Entry>) =>
  Layer.merge(
    WorkflowEngine.layerMemory,
    Layer.succeed(History.History, {
      read: () => Effect.sync(() => [...entries]),
      note: (_workflow, _run, entry) => Effect.sync(() => void entries.push(entry))
    })
  )

const start = (n: number): typeof Log.Type => ({ lines: [], n })

/** The records of a run that is held, and what it would come to. */
const begin = (place: Place, fails: boolean, n: number) =>
  Effect.gen(function* () {
    const open = { is: false, held: false }
    const entries: Array<History.Entry> = []
    const { workflow } = workflowOf(place, fails, open)
    const run = yield* Effect.gen(function* () {
      const run = yield* workflow.start(start(n))
      yield* when(Effect.sync(() => open.held))
      // What goes on beside it goes on to where it can.
      let before = -1
      yield* when(
        Effect.sync(() => {
          const same = before === entries.length
          before = entries.length
          return same
        })
      )
      return run
    }).pipe(Effect.provide(Layer.fresh(workflow.layer.pipe(Layer.provideMerge(engine(entries))))))
    const kept = JSON.parse(JSON.stringify(entries)) as ReadonlyArray<History.Entry>
    const { status, undone } = yield* goOn(place, fails, n, kept)
    return { run, entries: kept, ended: status, undone }
  })

type Begun = Effect.Success<ReturnType<typeof begin>>

/** What a fresh worker makes of records, until it ends or is halted; and what one sees who looks at them. */
const goOn = (place: Place, fails: boolean, n: number, records: ReadonlyArray<History.Entry>) =>
  Effect.gen(function* () {
    const { undone, workflow } = workflowOf(place, fails, { is: true, held: false })
    const entries = [...records]
    return yield* Effect.gen(function* () {
      const run = yield* workflow.start(start(n))
      let status: Durable.Status<typeof Log.Type, string, unknown> | undefined
      const halted = Effect.map(workflow.poll(run), (found) => {
        status = found
        return found._tag === "Ended" || (found._tag === "Suspended" && found.reason !== undefined)
      })
      const done = yield* Effect.timeoutOption(when(halted), "30 seconds")
      assert.isTrue(Option.isSome(done), `hangs, ${JSON.stringify(status)}`)
      return { run, status: status!, undone: undone() }
    }).pipe(Effect.provide(Layer.fresh(workflow.layer.pipe(Layer.provideMerge(engine(entries))))))
  })

const looks = (place: Place, run: string, records: ReadonlyArray<History.Entry>) => {
  const { workflow } = workflowOf(place, false, { is: true, held: false })
  return Effect.forEach(
    [
      Durable.steps(workflow, run),
      Durable.waiting(workflow, run),
      Durable.storeAfter(workflow, run, 0),
      Durable.storeAfter(workflow, run, 3),
      Durable.storeAfter(workflow, run, records.length - 1),
      Durable.fork(workflow, run, { step: 2, key: "fork" })
    ] as ReadonlyArray<Effect.Effect<unknown, Durable.BadRecord, any>>,
    (look) => Effect.timeoutOption(Effect.exit(look), "200 millis")
  ).pipe(Effect.provide(Layer.fresh(workflow.layer.pipe(Layer.provideMerge(engine([...records]))))))
}

const cases = fc.record({
  place: fc.constantFrom(...places),
  fails: fc.boolean(),
  kind: fc.constantFrom(...kinds),
  one: fc.nat(),
  other: fc.nat(),
  pick: fc.nat()
})

const begun = new Map<string, Begun>()
const known = ({ fails, place }: { readonly place: Place; readonly fails: boolean }, n: number) =>
  Effect.gen(function* () {
    const key = `${place}/${fails}/${n}`
    return begun.get(key) ?? (begun.set(key, yield* begin(place, fails, n)), begun.get(key)!)
  })

/** What goes on at once may come in another order. */
const told = (status: Durable.Status<typeof Log.Type, string, unknown>) => {
  if (status._tag !== "Ended" || !Exit.isSuccess(status.exit)) return status
  const { outcome, steps, store } = status.exit.value
  return { outcome, steps, store: { ...store, lines: store.lines.toSorted() } }
}

describe("a run with a damaged record", () => {
  holds("ends as it would have, or is halted and tells why", { ci: 300, soak: 10_000, counts: "damages" }, (options) =>
    Property.check(
      cases,
      (choice) =>
        Effect.gen(function* () {
          const { fails, place } = choice
          const before = yield* known(choice, 0)
          assert.strictEqual(before.ended._tag, "Ended")
          const { entries: others } = yield* known(choice, 1)
          const { entries, exact, what } = damage(before.entries, others, choice)
          const { run, status, undone } = yield* goOn(place, fails, 0, entries)
          const says = () => `${JSON.stringify(what)}: ${JSON.stringify(status)}`.replaceAll("b".repeat(400), "b...")
          if (status._tag === "Suspended") {
            assert.include(["BadRecord", "OtherGraph"], status.reason?._tag, says())
            assert.strictEqual(status.reason?.run, before.run, says())
          } else if (exact) {
            assert.deepStrictEqual(told(status), told(before.ended), says())
            assert.strictEqual(undone, before.undone, says())
          } else assert.isTrue(status._tag === "Ended" && !Exit.hasDies(status.exit), says())
          for (const look of yield* looks(place, run, entries)) {
            if (Option.isNone(look) || Exit.isSuccess(look.value)) continue
            const error = Exit.findErrorOption(look.value)
            assert.isTrue(Option.isSome(error) && error.value instanceof Durable.BadRecord, `${says()} ${look.value}`)
          }
        }) as unknown as Effect.Effect<void, unknown>,
      options
    )
  )
})

/** A record of a committed visit that takes such an action. */
const committed = (action: string) => (json: any) => ({ ...json, ending: { ...json.ending, action } })
const another = (json: any) => ({ ...json, path: ["another"] })

describe("is refused, while what is beside it waits:", () => {
  it.live.each<[string, Place, string, (json: any) => unknown, string]>([
    ["an action that is not declared", "end", "a#0", committed("left"), "left"],
    ["the action of an error edge that is not declared", "end", "caught/failing#6", committed("left"), "left"],
    ["a record of another node in an all", "all", "both#10/right/one#0", another, "another"],
    ["a record of another node in a map", "map", "map#9/0/#0", another, "another"],
    ["a record of another node in a forEach", "forEach", "forEach#11/0/one#0", another, "another"],
    ["an action that is not declared in a forEach", "forEach", "forEach#11/0/one#0", committed("left"), "left"],
    ["an item of another batch", "batch", "each#5/0", another, "another"]
  ])("%s", ([, place, name, change, reason]) =>
    Effect.gen(function* () {
      const { entries, run } = yield* begin(place, false, 0)
      const names = entries.map(({ name }) => name)
      assert.include(names, name)
      const { status } = yield* goOn(
        place,
        false,
        0,
        entries.map((entry) => (entry.name === name ? { ...entry, json: change(entry.json) } : entry))
      )
      const refused = status._tag === "Suspended" ? (status.reason as Durable.BadRecord) : undefined
      assert.deepInclude(refused, { _tag: "BadRecord", run, record: name })
      assert.include(refused!.reason, reason)
    })
  )

  it.live("a token that is none, or is of another run", () =>
    Effect.gen(function* () {
      const answer = Durable.signal("answer", Schema.Boolean)
      const workflow = Durable.workflow(Durable.approval(Log, { signal: answer, post: () => Log.next() }), {
        name: "tokens",
        version: "1",
        idempotencyKey: ({ n }) => `${n}`
      })
      const on = <A, E>(entries: Array<History.Entry>, effect: Effect.Effect<A, E, Durable.Engine>) =>
        Effect.provide(effect, Layer.fresh(workflow.layer.pipe(Layer.provideMerge(engine(entries)))))
      const asked = (n: number) =>
        Effect.gen(function* () {
          const entries: Array<History.Entry> = []
          const begin = Effect.tap(workflow.start(start(n)), (run) =>
            when(Effect.map(workflow.poll(run), ({ _tag }) => _tag === "Suspended"))
          )
          return { run: yield* on(entries, begin), entries }
        })
      const { entries, run } = yield* asked(0)
      const [{ token }] = (yield* on([...entries], Durable.waiting(workflow, run))) as [Durable.Waiting]
      const { entries: others } = yield* asked(1)
      const of = others.find(({ name }) => name.includes("/asked/"))!.json as any
      for (const wrong of [`${token}x`, token.slice(1), "", of.ending.token]) {
        const changed = entries.map((entry) =>
          entry.name.includes("/asked/")
            ? { ...entry, json: { ...(entry.json as any), ending: { ...(entry.json as any).ending, token: wrong } } }
            : entry
        )
        const refused = yield* on([...changed], Effect.flip(Durable.waiting(workflow, run)))
        assert.deepInclude(refused, { _tag: "BadRecord", run, record: "#0/asked/answer" })
        const result = yield* on(
          [...changed],
          Effect.andThen(workflow.start(start(0)), Effect.flip(workflow.result(run)))
        )
        assert.deepInclude(result, { _tag: "BadRecord", run, record: "#0/asked/answer" })
      }
    })
  )
})
