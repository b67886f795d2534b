import { assert, describe, it } from "@effect/vitest"
import { Durable, Sqlite } from "@effect-pocketflow/durable"
import { Effect, Exit, Layer, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import * as SqlClient from "effect/sql/SqlClient"
import { embedded, file, Log, when } from "./support.ts"

const note = (line: string) => Node.make(Log, { post: () => Log.next((s) => ({ lines: [...s.lines, line] })) })

const hold = (open: { is: boolean }) =>
  Node.make(Log, {
    exec: () => (open.is ? Effect.void : Effect.never),
    post: () => Log.next((s) => ({ lines: [...s.lines, "held"] }))
  })

const options = { name: "refused", version: "1", idempotencyKey: () => "k" } as const

/** Begins a run that stands at its third node, changes what is recorded, and goes on with `next`. */
const goOn = (
  next: (graph: string) => Durable.Workflow<typeof Log, any, any, never>,
  tamper: string | ((sql: SqlClient.SqlClient) => Effect.Effect<unknown, unknown>) = ""
) =>
  Effect.gen(function* () {
    const filename = file()
    const first = Durable.workflow(Flow.sequence(Log, { a: note("a"), b: note("b"), c: hold({ is: false }) }), options)
    const run = yield* Effect.gen(function* () {
      const run = yield* first.start({ lines: [], n: 0 })
      yield* when(Effect.map(Durable.steps(first, run), ({ length }) => length === 2))
      return run
    }).pipe(Effect.provide(first.layer.pipe(Layer.provideMerge(embedded(filename)))))
    yield* Effect.flatMap(SqlClient.SqlClient, (sql) =>
      typeof tamper === "function" ? tamper(sql) : tamper === "" ? Effect.void : sql.unsafe(tamper)
    ).pipe(Effect.provide(Sqlite.layer({ filename })))
    const second = next(first.graph)
    const result = yield* Effect.result(second.result(run)).pipe(
      Effect.provide(second.layer.pipe(Layer.provideMerge(embedded(filename))))
    )
    return { run, first, second, result, filename }
  })

const same = () => Durable.workflow(Flow.sequence(Log, { a: note("a"), b: note("b"), c: hold({ is: true }) }), options)

/** SQL that changes the record of a visit. */
const change = (name: string, to: string) => `
  UPDATE cluster_replies SET payload = ${to} WHERE request_id IN
    (SELECT id FROM cluster_messages WHERE tag = 'activity' AND json_extract(payload, '$.name') = '${name}')`

const failure = (result: unknown): any => (result as { readonly failure: unknown }).failure

describe("what is recorded", () => {
  it.live("is gone on with", () =>
    Effect.gen(function* () {
      const { result } = yield* goOn(same)
      assert.deepStrictEqual((result as any).success.store.lines, ["a", "b", "held"])
    })
  )

  it.live("on another graph is refused, with both hashes; the right worker goes on later", () =>
    Effect.gen(function* () {
      const { filename, first, result, run, second } = yield* goOn(() =>
        Durable.workflow(Flow.sequence(Log, { a: note("a"), c: hold({ is: true }) }), options)
      )
      assert.deepStrictEqual(
        failure(result),
        new Durable.OtherGraph({ run, recorded: first.graph, found: second.graph })
      )
      const right = same()
      const ended = yield* Effect.andThen(right.resume(run), right.result(run)).pipe(
        Effect.provide(right.layer.pipe(Layer.provideMerge(embedded(filename))))
      )
      assert.deepStrictEqual(ended.store.lines, ["a", "b", "held"])
    })
  )

  it.live("with another version is refused", () =>
    Effect.gen(function* () {
      const flow = Flow.sequence(Log, { a: note("a"), b: note("b"), c: hold({ is: true }) })
      const { result } = yield* goOn(() => Durable.workflow(flow, { ...options, version: "2" }))
      assert.instanceOf(failure(result), Durable.OtherGraph)
    })
  )

  it.live("on another graph is gone on with, where a migration says how", () =>
    Effect.gen(function* () {
      const flow = Flow.sequence(Log, { first: note("A"), b: note("B"), c: hold({ is: true }), d: note("d") })
      const { result } = yield* goOn((graph) =>
        Durable.workflow(flow, { ...options, migrate: { [graph]: { rename: { a: "first" } } } })
      )
      assert.deepStrictEqual((result as any).success.store.lines, ["a", "b", "held", "d"])
    })
  )

  it.live("that cannot be parsed is refused", () =>
    Effect.gen(function* () {
      const { result, run } = yield* goOn(same, change("a#0", `substr(payload, 1, length(payload) - 9)`))
      assert.deepInclude(failure(result), { _tag: "BadRecord", run, record: "a#0" })
    })
  )

  it.live("as the first is refused, if it cannot be read or is lost", () =>
    Effect.gen(function* () {
      const broken = yield* goOn(same, change("begun", `'{}'`))
      assert.deepInclude(failure(broken.result), { _tag: "BadRecord", run: broken.run, record: "begun" })
      const lost = yield* goOn(same, (sql) =>
        sql.unsafe(`UPDATE cluster_messages SET payload = json_set(payload, '$.name', 'z#0')
          WHERE json_extract(payload, '$.name') = 'begun'`)
      )
      assert.deepInclude(failure(lost.result), { _tag: "BadRecord", run: lost.run, record: "begun" })
    })
  )

  it.live("that is something else is refused", () =>
    Effect.gen(function* () {
      const { result, run } = yield* goOn(
        same,
        change("a#0", `json_set(payload, '$.value.exit.value', json('{"v":1,"at":0,"ending":{"_tag":"Committed"}}'))`)
      )
      assert.deepInclude(failure(result), { _tag: "BadRecord", run, record: "a#0" })
    })
  )

  it.live("of an edge or a budget that the flow does not have is refused", () =>
    Effect.gen(function* () {
      for (const ending of [
        `{"_tag":"Caught","frame":7,"action":"x","patch":{}}`,
        `{"_tag":"Spent","frame":7}`,
        `{"_tag":"Cut","frame":-1,"patch":{}}`
      ]) {
        const { result, run } = yield* goOn(
          same,
          change("b#1", `json_set(payload, '$.value.exit.value.ending', json('${ending}'))`)
        )
        assert.deepInclude(failure(result), { _tag: "BadRecord", run, record: "b#1" })
      }
    })
  )

  it.live("of another kind of visit, or with an action that is none, is refused", () =>
    Effect.gen(function* () {
      for (const ending of [
        `{"_tag":"Prepared","value":{}}`,
        `{"_tag":"Spent","frame":0}`,
        `{"_tag":"Cut","frame":0,"patch":{}}`,
        `{"_tag":"Caught","frame":0,"action":"x","patch":{}}`,
        `{"_tag":"Committed","action":"","patch":{}}`
      ]) {
        const { result, run } = yield* goOn(
          same,
          change("b#1", `json_set(payload, '$.value.exit.value.ending', json('${ending}'))`)
        )
        assert.deepInclude(failure(result), { _tag: "BadRecord", run, record: "b#1" })
      }
    })
  )

  it.live("of a store that has another shape now is refused", () =>
    Effect.gen(function* () {
      const Other = Store.make("Log", { lines: Schema.Array(Schema.String), n: Schema.String })
      const nothing = Node.make(Other, { post: () => Other.next() })
      const { result, run } = yield* goOn(
        () => Durable.workflow(Flow.sequence(Other, { a: nothing, b: nothing, c: nothing }), options) as any
      )
      const error = failure(result)
      assert.deepInclude(error, { _tag: "BadRecord", run, record: "begun" })
      assert.include(error.reason, `at ["n"]`)
    })
  )

  it.live("by a newer version is refused", () =>
    Effect.gen(function* () {
      const { result, run } = yield* goOn(same, change("b#1", `json_set(payload, '$.value.exit.value.v', 2)`))
      assert.deepEqual(
        failure(result),
        new Durable.BadRecord({ run, record: "b#1", reason: "was written by a newer version (2)" })
      )
    })
  )

  it.live("and lost in the middle is refused", () =>
    Effect.gen(function* () {
      const { result, run } = yield* goOn(same, (sql) =>
        Effect.andThen(
          sql.unsafe(`DELETE FROM cluster_replies WHERE request_id IN (SELECT id FROM cluster_messages
            WHERE json_extract(payload, '$.name') = 'a#0')`),
          sql.unsafe(`DELETE FROM cluster_messages WHERE json_extract(payload, '$.name') = 'a#0'`)
        )
      )
      assert.deepStrictEqual(
        failure(result),
        new Durable.BadRecord({ run, record: "a#0", reason: 'is missing, though the later "b#1" is there' })
      )
    })
  )

  it.live("of another node is refused", () =>
    Effect.gen(function* () {
      const { result, run } = yield* goOn(same, (sql) =>
        sql.unsafe(`UPDATE cluster_messages SET payload = json_set(payload, '$.name', 'x#1')
          WHERE json_extract(payload, '$.name') = 'b#1'`)
      )
      assert.deepStrictEqual(
        failure(result),
        new Durable.BadRecord({
          run,
          record: "x#1",
          reason: 'is of another way through the flow, which comes to "b#1"'
        })
      )
    })
  )

  it.live("with a value that does not fit the store is refused", () =>
    Effect.gen(function* () {
      const { result, run } = yield* goOn(
        same,
        change("a#0", `json_set(payload, '$.value.exit.value.ending.patch.set.lines', json('[1]'))`)
      )
      assert.deepInclude(failure(result), { _tag: "BadRecord", run, record: "a#0" })
    })
  )
})

describe("the end of a run", () => {
  class Full extends Schema.TaggedError<Full>()("Full", { room: Schema.Int }) {}
  class FullNow extends Schema.TaggedError<FullNow>()("Full", { room: Schema.String }) {}
  const Other = Store.make("Log", { lines: Schema.Array(Schema.String), n: Schema.String })

  /** Ends a run under one workflow, and looks at it under another that has the same graph. */
  const lookAt = (first: Durable.Workflow<any, any, any, never>, second: Durable.Workflow<any, any, any, never>) =>
    Effect.gen(function* () {
      const filename = file()
      const run = yield* Effect.gen(function* () {
        const run = yield* first.start({ lines: [], n: 0 })
        yield* Effect.exit(first.result(run))
        return run
      }).pipe(Effect.provide(first.layer.pipe(Layer.provideMerge(embedded(filename)))))
      return yield* Effect.gen(function* () {
        const result = yield* Effect.result(second.result(run))
        const executed = yield* Effect.result(second.execute({ lines: [], n: "0" }))
        return { run, result, executed, status: yield* second.poll(run) }
      }).pipe(Effect.provide(second.layer.pipe(Layer.provideMerge(embedded(filename)))))
    })

  it.live("whose store has another shape now is refused", () =>
    Effect.gen(function* () {
      const nothing = Node.make(Other, { post: () => Other.next() })
      const { executed, result, run, status } = yield* lookAt(
        Durable.workflow(Flow.sequence(Log, { a: note("a") }), options),
        Durable.workflow(Flow.sequence(Other, { a: nothing }), options) as any
      )
      for (const error of [failure(result), failure(executed)]) {
        assert.deepInclude(error, { _tag: "BadRecord", run, record: "end" })
        assert.include(error.reason, `at ["store"]["n"]`)
      }
      assert.deepStrictEqual(status, { _tag: "Ended", exit: Exit.fail(failure(result)) })
    })
  )

  it.live("that failed with what has another shape now is refused", () =>
    Effect.gen(function* () {
      const fails = Node.make(Log, { exec: () => Effect.fail(new Full({ room: 1 })), post: () => Log.next() })
      const failsNow = Node.make(Other, {
        exec: () => Effect.fail(new FullNow({ room: "1" })),
        post: () => Other.next()
      })
      const { executed, result, run, status } = yield* lookAt(
        Durable.workflow(Flow.sequence(Log, { a: fails }), { ...options, error: Full }),
        Durable.workflow(Flow.sequence(Other, { a: failsNow }), { ...options, error: FullNow }) as any
      )
      for (const error of [failure(result), failure(executed)]) {
        assert.deepInclude(error, { _tag: "BadRecord", run, record: "end" })
      }
      assert.deepStrictEqual(status, { _tag: "Ended", exit: Exit.fail(failure(result)) })
    })
  )
})

describe("what cannot be recorded", () => {
  it.live("is no error of the flow, whatever the schema of these takes", () =>
    Effect.gen(function* () {
      const each = Node.batch(Log, {
        prep: () => [1],
        exec: (): Effect.Effect<unknown, string> => Effect.succeed(new Map()),
        post: () => Log.to("never")
      })
      const flow = Flow.make(Log, { start: "each", nodes: { each } }).pipe(Flow.catch("caught"))
      const workflow = Durable.workflow(flow, { ...options, name: "anything", error: Schema.Unknown })
      const result = yield* Effect.result(workflow.execute({ lines: [], n: 0 })).pipe(
        Effect.provide(workflow.layer.pipe(Layer.provideMerge(Durable.memory)))
      )
      assert.instanceOf(failure(result), Durable.NotRecordable)
    })
  )

  it.live("is an error that names the node, and no edge catches it", () =>
    Effect.gen(function* () {
      const each = Node.batch(Log, {
        prep: () => [1],
        exec: () => Effect.succeed(new Map()),
        post: () => Log.to("never")
      })
      const flow = Flow.make(Log, { start: "each", nodes: { each } }).pipe(Flow.catch("caught"))
      const workflow = Durable.workflow(flow, { ...options, name: "unrecorded" })
      const result = yield* Effect.result(workflow.execute({ lines: [], n: 0 })).pipe(
        Effect.provide(workflow.layer.pipe(Layer.provideMerge(Durable.memory)))
      )
      assert.deepInclude(failure(result), { _tag: "NotRecordable", path: ["each"] })
    })
  )
})
