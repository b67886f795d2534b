/** Our side of each rule in `rules.ts`, and that the tests and the rules name each other. */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Clock, Context, Effect, Ref, Result, Schedule, Schema, Stream } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import { TestClock } from "effect/testing"
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { expectTypeOf } from "vitest"
import { add, Counter, defect, during, failure, set, Trail, visit } from "../core/support.ts"
import { rules } from "./rules.ts"
import { moment, range, timed } from "./support.ts"

const zero = { n: 0 }
const nobody = { seen: [] }

class Item extends Context.Service<Item, number>()("conformance/Item") {}

/** Leaves its item in the trail. */
const look = Node.make(Trail, {
  prep: () => Item,
  post: (item) => Trail.next((s) => ({ seen: [...s.seen, String(item)] }))
})

/** An `exec` whose first success is its `times`-th attempt; `calls` are the attempts and when they were made. */
const flaky = (times: number) => {
  const calls: Array<readonly [attempt: number, at: number]> = []
  const exec = (): Effect.Effect<string, string> =>
    Effect.gen(function* () {
      const attempt = yield* Node.Attempt
      calls.push([attempt, yield* Clock.currentTimeMillis])
      return calls.length < times ? yield* Effect.fail(`failure ${calls.length}`) : `success ${calls.length}`
    })
  return { calls, exec }
}

describe("R1: prep, exec, post, and the action", () => {
  it.effect("the phases run in order, each on what the one before gave, and post gives the action [R1]", () =>
    Effect.gen(function* () {
      const calls: Array<unknown> = []
      const node = Node.make(Counter, {
        prep: (s) => (calls.push(["prep", s]), "p"),
        exec: (input) => Effect.sync(() => (calls.push(["exec", input]), "e")),
        post: (input, output) => (calls.push(["post", input, output]), Counter.to("done", { n: 1 }))
      })
      assert.deepStrictEqual(yield* Flow.run(node, zero), { outcome: "done", store: { n: 1 }, steps: 1 })
      assert.deepStrictEqual(calls, [
        ["prep", zero],
        ["exec", "p"],
        ["post", "p", "e"]
      ])
    })
  )
})

describe("R4: an action wired twice", () => {
  it.effect("does not compile [R4]", () =>
    Effect.gen(function* () {
      const flow = Flow.make(Trail, {
        start: "a",
        nodes: { a: visit("a"), b: visit("b"), c: visit("c") },
        edges: {
          a: {
            // oxlint-disable-next-line no-dupe-keys -- it is what must not compile
            default: "b",
            // @ts-expect-error the same key twice
            default: "c"
          }
        }
      })
      // For JavaScript the last one wins, as it does in PocketFlow.
      assert.deepStrictEqual((yield* Flow.run(flow, nobody)).store, { seen: ["a", "c"] })
    })
  )
})

describe("R6: no start", () => {
  const nodes = { add }

  it("does not compile, and throws for those without types [R6]", () => {
    // @ts-expect-error there is no start
    assert.throws(() => Flow.make(Counter, { nodes }), Flow.InvalidFlow, "the flow has no start")
    // @ts-expect-error the start is not a node
    assert.throws(() => Flow.make(Counter, { start: "ad", nodes }), Flow.InvalidFlow, 'the start "ad" is not a node')
  })

  it.effect("is refused in wiring that comes as data [R6]", () =>
    Effect.gen(function* () {
      const problems = (json: unknown) =>
        Effect.map(Effect.flip(Flow.fromJson(Counter, nodes, json)), (error) => error.problems)
      assert.deepStrictEqual(yield* problems({ nodes: { add: "add" }, edges: {} }), [
        { path: [], reason: "a flow is an object { start: string, nodes: object, edges: object }" }
      ])
      assert.deepStrictEqual(yield* problems({ start: "ad", nodes: { add: "add" }, edges: {} }), [
        { path: [], reason: 'the start "ad" is not a node' }
      ])
    })
  )
})

describe("R7: the loop", () => {
  it.effect("goes from node to node by their actions, and ends where no edge leads on [R7]", () =>
    Effect.gen(function* () {
      const fork = Node.make(Trail, {
        post: () => Trail.decide((s) => [s.seen.length < 4 ? "again" : "enough", { seen: [...s.seen, "fork"] }])
      })
      const flow = Flow.make(Trail, {
        start: "a",
        nodes: { a: visit("a"), fork, end: visit("end", "done") },
        edges: { a: { default: "fork" }, fork: { again: "a", enough: "end" } }
      })
      assert.deepStrictEqual(yield* Flow.run(flow, nobody), {
        outcome: "done",
        store: { seen: ["a", "fork", "a", "fork", "a", "fork", "end"] },
        steps: 7
      })
    })
  )
})

describe("R8: the default action", () => {
  it.effect("is what next gives, and what a node without post does [R8]", () =>
    Effect.gen(function* () {
      for (const node of [
        Node.make(Counter, { post: () => Counter.next() }),
        Node.make(Counter, { post: () => Counter.to("default") }),
        Node.make(Counter, {})
      ]) {
        const flow = Flow.make(Counter, { start: "node", nodes: { node, add }, edges: { node: { default: "add" } } })
        assert.deepStrictEqual(yield* Flow.run(flow, zero), { outcome: "default", store: { n: 1 }, steps: 2 })
      }
    })
  )

  it.effect("is not an empty action, which is a defect [R8]", () =>
    Effect.gen(function* () {
      const node = Node.make(Counter, { post: () => Counter.to("", { n: 1 }) })
      const ref = yield* Ref.make(zero)
      assert.deepStrictEqual(yield* defect(Flow.runRef(node, ref)), new TypeError("post took an action without a name"))
      assert.deepStrictEqual(yield* Ref.get(ref), zero)
    })
  )

  it.effect("is not no answer, which does not compile [R8]", () =>
    Effect.gen(function* () {
      const node: unknown = Node.make(Counter, {
        // @ts-expect-error post must give a transition
        post: () => undefined
      })
      assert.deepStrictEqual(
        yield* defect(Flow.run(node as typeof add, zero)),
        new TypeError("post must give a transition (store.to, store.next or store.decide), not undefined")
      )
    })
  )
})

describe("R10: an action that is not wired", () => {
  it.effect("ends the flow, though the node has other edges, and is one of its outcomes [R10]", () =>
    Effect.gen(function* () {
      const fork = Node.make(Counter, {
        post: (s) => (s.n > 0 ? Counter.to("wired") : Counter.to("forgotten")),
        actions: ["wired", "forgotten"]
      })
      const end = Node.make(Counter, {})
      const flow = Flow.make(Counter, { start: "fork", nodes: { fork, end }, edges: { fork: { wired: "end" } } })
      const run = yield* Flow.run(flow, zero)
      expectTypeOf(run.outcome).toEqualTypeOf<"forgotten" | "default">()
      assert.deepStrictEqual(run, { outcome: "forgotten", store: zero, steps: 1 })
      assert.deepStrictEqual(Flow.toGraph(flow).outcomes, [
        { from: "fork", action: "forgotten" },
        { from: "end", action: "default" }
      ])
    })
  )
})

describe("R11: the last action", () => {
  it.effect("is the outcome of the run, of one node or many [R11]", () =>
    Effect.gen(function* () {
      const last = visit("b", "finished")
      const flow = Flow.sequence(Trail, { a: visit("a"), last })
      assert.strictEqual((yield* Flow.run(last, nobody)).outcome, "finished")
      assert.strictEqual((yield* Flow.run(flow, nobody)).outcome, "finished")
      assert.strictEqual(yield* Flow.runRef(flow, yield* Ref.make<typeof Trail.Type>(nobody)), "finished")
    })
  )
})

describe("R12: a post around a flow", () => {
  const inner = Node.make(Counter, { post: () => Counter.to("inner", { n: 1 }) })

  it.effect("must give a transition [R12]", () =>
    Effect.gen(function* () {
      const forgetful = Flow.call(Counter, inner, {
        prep: (s) => s,
        // @ts-expect-error post must give a transition
        post: () => undefined
      })
      assert.deepStrictEqual(
        yield* defect(Flow.run(forgetful, zero)),
        new TypeError("post must give a transition (store.to, store.next or store.decide), not undefined")
      )
    })
  )

  it.effect("can hand on the outcome, and what has no post keeps it [R12]", () =>
    Effect.gen(function* () {
      const flows = [
        Flow.call(Counter, inner, { prep: (s) => s, post: (_s, run) => Counter.to(run.outcome, { n: run.store.n }) }),
        Flow.all(Counter, { inner }, { post: ({ inner }) => Counter.to(inner) }),
        Flow.sequence(Counter, { inner }),
        Flow.budget(inner, { steps: 9 }),
        Flow.catch(inner, "failed")
      ]
      for (const flow of flows) {
        assert.deepStrictEqual(yield* Flow.run(flow, zero), { outcome: "inner", store: { n: 1 }, steps: 1 })
      }
    })
  )
})

describe("R13: a flow is no unit of work", () => {
  it.effect("it has no exec, and cannot be retried [R13]", () =>
    Effect.gen(function* () {
      const { calls, exec } = flaky(2)
      const flow = Flow.make(Counter, {
        start: "node",
        nodes: { node: Node.make(Counter, { exec }) },
        // @ts-expect-error a flow has no exec
        exec: () => Effect.die("called")
      })
      // @ts-expect-error a flow cannot be retried
      const retried: unknown = Node.retry(flow, { times: 3 })
      assert.deepStrictEqual(yield* failure(Flow.run(retried as typeof flow, zero)), {
        reasons: [{ fail: "failure 1" }],
        site: { path: ["node"], phase: "exec", attempt: 0, item: undefined }
      })
      assert.strictEqual(calls.length, 1)
    })
  )
})

describe("R14: nested flows", () => {
  it.effect("the outcome of the inner flow is its action in the outer one [R14]", () =>
    Effect.gen(function* () {
      const inner = Flow.make(Trail, {
        start: "a",
        nodes: {
          a: visit("a"),
          b: Node.make(Trail, {
            post: () => Trail.decide((s) => (s.seen.length < 3 ? ["more", { seen: [...s.seen, "b"] }] : "enough"))
          })
        },
        edges: { a: { default: "b" } }
      })
      const outer = Flow.make(Trail, {
        start: "inner",
        nodes: { inner, end: visit("end") },
        edges: { inner: { more: "inner", enough: "end" } }
      })
      assert.deepStrictEqual(yield* Flow.run(outer, nobody), {
        outcome: "default",
        store: { seen: ["a", "b", "a", "end"] },
        steps: 5
      })
      Flow.make(Trail, {
        start: "inner",
        nodes: { inner },
        // @ts-expect-error only an outcome of the inner flow can be wired
        edges: { inner: { other: "inner" } }
      })
    })
  )
})

describe("R15: what a node keeps", () => {
  it.effect("is nothing: visits and runs of one node do not know of each other [R15]", () =>
    Effect.gen(function* () {
      assert.isFalse(Reflect.set(add, "kept", 1))
      const count = Node.make(Trail, {
        exec: () => Effect.delay(Node.Visit, "10 millis"),
        post: (_s, visit) => Trail.next((s) => ({ seen: [...s.seen, String(visit)] }))
      })
      const flow = Flow.sequence(Trail, { one: count, two: count, end: visit("end") })
      const runs = Effect.all([Flow.run(flow, nobody), Flow.run(flow, nobody)], { concurrency: "unbounded" })
      const expected = { outcome: "default", store: { seen: ["0", "0", "end"] }, steps: 3 } as const
      assert.deepStrictEqual(yield* during("20 millis", runs), [expected, expected])
    })
  )
})

describe("R16: attempts", () => {
  it.effect("n retries are n + 1 attempts, counted from 0, at exact times and with no wait after the last [R16]", () =>
    Effect.gen(function* () {
      const { calls, exec } = flaky(Infinity)
      const node = Node.make(Counter, { exec }).pipe(
        Node.retry(Schedule.spaced("10 seconds").pipe(Schedule.upTo({ times: 3 })))
      )
      const failed = yield* timed(failure(Flow.run(node, zero)))
      assert.deepStrictEqual(calls, [
        [0, 0],
        [1, 10_000],
        [2, 20_000],
        [3, 30_000]
      ])
      assert.deepStrictEqual(failed, {
        value: {
          reasons: [{ fail: "failure 4" }],
          site: { path: [], phase: "exec", attempt: 3, item: undefined }
        },
        millis: 30_000
      })
    })
  )

  it.effect("zero attempts cannot be expressed: exec is always tried [R16]", () =>
    Effect.gen(function* () {
      for (const policy of [{ times: 0 }, { times: -1 }, Schedule.recurs(0), Schedule.recurs(-1)]) {
        const { calls, exec } = flaky(Infinity)
        const node = Node.make(Counter, { exec }).pipe(Node.retry(policy))
        assert.strictEqual(yield* Effect.flip(Flow.run(node, zero)), "failure 1")
        assert.deepStrictEqual(calls, [[0, 0]])
      }
    })
  )
})

describe("R17: what is retried", () => {
  it.effect("is exec: errors of prep and post end the run at once [R17]", () =>
    Effect.gen(function* () {
      for (const phases of [["prep"], ["prep", "exec", "post"]]) {
        const calls: Array<string> = []
        const phase = (name: string) => {
          calls.push(name)
          return name === phases.at(-1) ? Effect.fail(name) : Effect.void
        }
        const node = Node.make(Counter, {
          prep: () => phase("prep"),
          exec: () => phase("exec"),
          post: () => Effect.as(phase("post"), Counter.next())
        }).pipe(Node.retry({ times: 3 }))
        assert.strictEqual(yield* Effect.flip(Flow.run(node, zero)), phases.at(-1))
        assert.deepStrictEqual(calls, phases)
      }
    })
  )

  it.effect("is a failure: neither a defect nor an interruption [R17]", () =>
    Effect.gen(function* () {
      for (const [cause, reason] of [
        [Cause.die("boom"), { die: "boom" }],
        [Cause.interrupt(1), "interrupt"]
      ] as const) {
        let attempts = 0
        const node = Node.make(Counter, {
          exec: () => Effect.suspend(() => (attempts++, Effect.failCause(cause)))
        }).pipe(Node.retry({ times: 3 }))
        assert.deepStrictEqual(yield* failure(Flow.run(node, zero)), {
          reasons: [reason],
          site: { path: [], phase: "exec", attempt: 0, item: undefined }
        })
        assert.strictEqual(attempts, 1)
      }
    })
  )
})

describe("R18: fallback", () => {
  it.effect("gets the last error and the input, and gives what exec would have given [R18]", () =>
    Effect.gen(function* () {
      const { exec } = flaky(Infinity)
      const node = Node.make(Trail, {
        prep: () => "input",
        exec,
        post: (_input, output) => Trail.next({ seen: [output] })
      }).pipe(
        Node.retry({ times: 2 }),
        Node.fallback((error, input) => Effect.succeed(`${error} of ${input}`))
      )
      assert.deepStrictEqual((yield* Flow.run(node, nobody)).store, { seen: ["failure 3 of input"] })
    })
  )

  it.effect("is not there by default: the run fails with the error itself [R18]", () =>
    Effect.gen(function* () {
      const error = new Error("of exec")
      const node = Node.make(Counter, { exec: () => Effect.fail(error) })
      assert.strictEqual(yield* Effect.flip(Flow.run(node, zero)), error)
    })
  )
})

/** A batch over 0, 1, 2, 3 of which the odd ones fail, leaving the results and whatever happens. */
const odd = <M extends "fail-fast" | "result">(mode: M) => {
  const log: Array<unknown> = []
  const node = Node.batch(Counter, {
    prep: () => range(4),
    exec: (n) => Effect.suspend(() => (log.push(n), n % 2 === 0 ? Effect.succeed(n) : Effect.fail(`odd ${n}`))),
    post: (_items, results) => (log.push(results), Counter.to("done")),
    mode
  })
  return { log, node }
}

describe("R19: a batch and its failures", () => {
  it.effect("the first item that fails ends the batch: no other starts, and no result comes to post [R19]", () =>
    Effect.gen(function* () {
      const { log, node } = odd("fail-fast")
      assert.deepStrictEqual(yield* failure(Flow.run(node, zero)), {
        reasons: [{ fail: "odd 1" }],
        site: { path: [], phase: "exec", attempt: 0, item: 1 }
      })
      assert.deepStrictEqual(log, [0, 1])
    })
  )

  it.effect("retry and fallback are per item [R19]", () =>
    Effect.gen(function* () {
      const { log, node } = odd("fail-fast")
      const saved = node.pipe(
        Node.retry({ times: 1 }),
        Node.fallback((error, item) => Effect.succeed(error === `odd ${item}` ? -item : NaN))
      )
      assert.strictEqual((yield* Flow.run(saved, zero)).outcome, "done")
      assert.deepStrictEqual(log, [0, 1, 1, 2, 3, 3, [0, -1, 2, -3]])
    })
  )

  it.effect("the mode result keeps what there is [R19]", () =>
    Effect.gen(function* () {
      const { log, node } = odd("result")
      assert.strictEqual((yield* Flow.run(node, zero)).outcome, "done")
      assert.deepStrictEqual(log, [
        0,
        1,
        2,
        3,
        [Result.succeed(0), Result.fail("odd 1"), Result.succeed(2), Result.fail("odd 3")]
      ])
    })
  )
})

describe("R19b: the order of results", () => {
  it.effect("is that of the items, whatever ends first [R19b]", () =>
    Effect.gen(function* () {
      const ended: Array<number> = []
      const node = Node.batch(Trail, {
        prep: () => range(4),
        exec: (n) =>
          Effect.delay(
            Effect.sync(() => (ended.push(n), `item ${n}`)),
            100 - n
          ),
        post: (_items, seen) => Trail.next({ seen }),
        concurrency: "unbounded"
      })
      const run = yield* during("100 millis", Flow.run(node, nobody))
      assert.deepStrictEqual(run.store, { seen: ["item 0", "item 1", "item 2", "item 3"] })
      assert.deepStrictEqual(ended, [3, 2, 1, 0])
    })
  )
})

describe("R20: attempts of parallel items", () => {
  it.effect("each item has its own, and all that it is due [R20]", () =>
    Effect.gen(function* () {
      const attempts: ReadonlyArray<Array<number>> = range(4).map(() => [])
      const node = Node.batch(Trail, {
        prep: () => range(4),
        // The attempts of different items come in between each other.
        exec: (item) =>
          Effect.gen(function* () {
            yield* Effect.sleep(10 - item)
            const attempt = yield* Node.Attempt
            attempts[item]!.push(attempt)
            return attempt < item ? yield* Effect.fail("again") : `item ${item}`
          }),
        post: (_items, seen) => Trail.next({ seen }),
        concurrency: "unbounded"
      }).pipe(Node.retry({ times: 3 }))
      const run = yield* during("1 minute", Flow.run(node, nobody))
      assert.deepStrictEqual(run.store, { seen: ["item 0", "item 1", "item 2", "item 3"] })
      assert.deepStrictEqual(attempts, [[0], [0, 1], [0, 1, 2], [0, 1, 2, 3]])
    })
  )
})

describe("R21: siblings of a failure", () => {
  /** Item 0 ends in time, item 1 fails, item 2 has been begun. */
  const work = (item: number, log: Array<string>) =>
    (item === 1 ? Effect.delay(Effect.fail("one"), 10) : Effect.sleep(item === 0 ? 5 : 20)).pipe(
      Effect.onInterrupt(() => Effect.sync(() => log.push(`finalized ${item}`))),
      Effect.andThen(Effect.sync(() => void log.push(`ended ${item}`)))
    )

  it.effect("are interrupted and finalized, and write nothing afterwards [R21]", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const node = Node.make(Trail, {
        prep: () => Item,
        exec: (item) => work(item, log),
        post: (item) => Trail.next((s) => ({ seen: [...s.seen, String(item)] }))
      })
      const flow = Flow.forEach(node, { params: Item, prep: () => range(3), concurrency: "unbounded" })
      const ref = yield* Ref.make<typeof Trail.Type>(nobody)
      assert.strictEqual(yield* during("10 millis", Effect.flip(Flow.runRef(flow, ref))), "one")
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(log, ["ended 0", "finalized 2"])
      assert.deepStrictEqual(yield* Ref.get(ref), { seen: ["0"] })
    })
  )

  it.effect("so are those in a batch, and branches, whose part in the join is nothing [R21]", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const branch = (item: number) =>
        Flow.sequence(Trail, { begun: visit(`begun ${item}`), work: Node.make(Trail, { exec: () => work(item, log) }) })
      const steps: ReadonlyArray<Flow.Step<typeof Trail, "default", string>> = [
        Node.batch(Trail, { prep: () => range(3), exec: (item) => work(item, log), concurrency: "unbounded" }),
        Flow.all(Trail, { a: branch(0), b: branch(1), c: branch(2) })
      ]
      const ref = yield* Ref.make<typeof Trail.Type>(nobody)
      for (const step of steps) {
        assert.strictEqual(yield* during("10 millis", Effect.flip(Flow.runRef(step, ref))), "one")
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual(log.splice(0), ["ended 0", "finalized 2"])
        assert.deepStrictEqual(yield* Ref.get(ref), nobody)
      }
    })
  )
})

describe("R22: a run for each of the params", () => {
  it.effect("they run one after the other on one store, and their outcomes come in order [R22]", () =>
    Effect.gen(function* () {
      const node = Node.make(Counter, {
        prep: (s) => Effect.map(Item, (item) => ({ item, before: s.n })),
        post: ({ item, before }) => Counter.to(item > before ? "more" : "less", { n: before + item })
      })
      const flow = Flow.forEach(node, {
        params: Item,
        prep: () => [1, 2, 3],
        post: (items, outcomes) => {
          expectTypeOf(outcomes).toEqualTypeOf<ReadonlyArray<"more" | "less">>()
          return Counter.to(`${items.join()}: ${outcomes.join()}`)
        }
      })
      assert.deepStrictEqual(yield* Flow.run(flow, zero), {
        outcome: "1,2,3: more,more,less",
        store: { n: 6 },
        steps: 1
      })
    })
  )

  it.effect("params of an inner forEach add to those of an outer one [R22]", () =>
    Effect.gen(function* () {
      class Author extends Context.Service<Author, string>()("conformance/Author") {}
      const note = Node.make(Trail, {
        prep: () => Effect.all([Author, Item]),
        post: ([author, item]) => Trail.next((s) => ({ seen: [...s.seen, `${author}${item}`] }))
      })
      const inner = Flow.forEach(note, { params: Item, prep: () => [1, 2] })
      const outer = Flow.forEach(inner, { params: Author, prep: () => ["a", "b"] })
      assert.deepStrictEqual((yield* Flow.run(outer, nobody)).store, { seen: ["a1", "a2", "b1", "b2"] })
    })
  )
})

describe("R23: parallel runs on one store", () => {
  it.effect("lose no update [R23]", () =>
    Effect.gen(function* () {
      const increment = Node.make(Counter, {
        prep: () => Item,
        exec: (item) => Effect.repeat(Effect.yieldNow, { times: item % 5 }),
        post: () => Counter.next((s) => ({ n: s.n + 1 }))
      })
      const flow = Flow.forEach(increment, { params: Item, prep: () => range(1000), concurrency: "unbounded" })
      assert.deepStrictEqual((yield* Flow.run(flow, zero)).store, { n: 1000 })
    })
  )

  it.effect("do not hold each other up: each takes its own time, and together the longest [R23]", () =>
    Effect.gen(function* () {
      const slow = Node.make(Trail, { prep: () => Item, exec: (item) => Effect.sleep(item * 10) })
      const flow = Flow.forEach(Flow.sequence(Trail, { slow, look }), {
        params: Item,
        prep: () => [3, 1, 2],
        concurrency: "unbounded"
      })
      const { millis, value } = yield* timed(Flow.run(flow, nobody))
      assert.deepStrictEqual([millis, value.store], [30, { seen: ["1", "2", "3"] }])
    })
  )
})

describe("R24: whose params", () => {
  it.effect("those of the nearest provider around, and after it again those of the one before [R24]", () =>
    Effect.gen(function* () {
      const inner = Flow.forEach(Flow.sequence(Trail, { nested: Flow.sequence(Trail, { look }) }), {
        params: Item,
        prep: () => Effect.map(Item, (outer) => [outer + 1, outer + 2])
      })
      const flow = Flow.sequence(Trail, { before: look, inner, after: look })
      const run = yield* Effect.provideService(Flow.run(flow, nobody), Item, 10)
      assert.deepStrictEqual(run.store, { seen: ["10", "11", "12", "10"] })
    })
  )

  it("without a provider the run still needs them, and those without types get a defect [R24]", () => {
    const run = Flow.run(look, nobody)
    expectTypeOf<Effect.Services<typeof run>>().toEqualTypeOf<Item>()
    assert.throws(() => Effect.runSync(run as Effect.Effect<unknown>), "conformance/Item")
  })
})

describe("R25: params do not change", () => {
  it.effect("what a node provides holds inside what it runs, and for nobody else [R25]", () =>
    Effect.gen(function* () {
      const change = Node.make(Trail, {
        exec: () => Effect.provideService(Flow.run(look, nobody), Item, 99),
        post: (_s, run) => Trail.next((s) => ({ seen: [...s.seen, ...run.store.seen] }))
      })
      const flow = Flow.forEach(Flow.sequence(Trail, { before: look, change, after: look }), {
        params: Item,
        prep: () => [1, 2]
      })
      assert.deepStrictEqual((yield* Flow.run(flow, nobody)).store, { seen: ["1", "99", "1", "2", "99", "2"] })
    })
  )
})

describe("R26: one family", () => {
  it.effect("nodes that wait and nodes that do not go into one flow [R26]", () =>
    Effect.gen(function* () {
      const wait = Node.make(Counter, {
        prep: (s) => Effect.as(moment, s.n),
        exec: (n) => Effect.as(moment, n * 10),
        post: (_n, n) => Effect.as(moment, Counter.next({ n }))
      })
      const flow = Flow.sequence(Counter, { set: set(1), wait, add })
      assert.deepStrictEqual(yield* timed(Flow.run(flow, zero)), {
        value: { outcome: "default", store: { n: 11 }, steps: 3 },
        millis: 30
      })
    })
  )

  it("a phase with a wrong name does not compile [R26]", () => {
    const node = Node.make(Counter, {
      // @ts-expect-error there is no phase "exec_async"
      exec_async: () => Effect.void
    })
    assert.isTrue(Node.isNode(node))
  })
})

describe("R28: no silent skipping", () => {
  it.effect("whichever way a flow is run, all its phases are [R28]", () =>
    Effect.gen(function* () {
      const calls: Array<string> = []
      const call = <A>(name: string, value: A) => Effect.map(moment, () => (calls.push(name), value))
      const inner = Node.make(Trail, {
        prep: () => call("inner prep", "p"),
        exec: () => call("exec", "e"),
        post: () => call("inner post", Trail.next())
      })
      const flow = Flow.forEach(inner, {
        params: Item,
        prep: () => call("prep", [1, 2]),
        post: () => call("post", Trail.to("done"))
      })
      const ref = yield* Ref.make<typeof Trail.Type>(nobody)
      const ways: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
        Flow.run(flow, nobody),
        Flow.run(Flow.sequence(Trail, { flow }), nobody),
        Flow.runRef(flow, ref),
        Flow.step(flow)(Flow.start(flow), nobody),
        Flow.resume(flow, Flow.start(flow), nobody),
        Stream.runDrain(Flow.stream(flow, nobody)),
        Flow.runForEach(flow, nobody, () => Effect.void)
      ]
      for (const way of ways) {
        yield* during("1 minute", way)
        const each = ["inner prep", "exec", "inner post"]
        assert.deepStrictEqual(calls.splice(0), ["prep", ...each, ...each, "post"])
      }
    })
  )
})

describe("R29: the store", () => {
  const Pair = Store.make("Pair", { a: Schema.Number, b: Schema.Number })
  const both = Node.make(Pair, { post: () => Pair.next((s) => ({ a: s.a + 1, b: s.b + 1 })) })

  /** A patch whose first key can be written, and whose second one cannot. */
  const halfway = {
    a: 9,
    get b(): number {
      throw "update"
    }
  }

  it.effect("has each transition at once and as a whole [R29]", () =>
    Effect.gen(function* () {
      const ref = yield* Ref.make({ a: 0, b: 0 })
      const seen: Array<unknown> = []
      const watch = Node.make(Pair, { exec: () => Effect.map(Ref.get(ref), (now) => void seen.push(now)) })
      yield* Flow.runRef(Flow.sequence(Pair, { watch, both, again: watch, twice: both, last: watch }), ref)
      assert.deepStrictEqual(seen, [
        { a: 0, b: 0 },
        { a: 1, b: 1 },
        { a: 2, b: 2 }
      ])
    })
  )

  it.effect("has after a failure all that was committed, and nothing half-written [R29]", () =>
    Effect.gen(function* () {
      const failing: ReadonlyArray<readonly [reason: unknown, node: Flow.Step<typeof Pair, "default", string>]> = [
        [{ fail: "exec" }, Node.make(Pair, { exec: () => Effect.fail("exec"), post: () => Pair.next({ a: 9 }) })],
        [{ fail: "post" }, Node.make(Pair, { post: () => Effect.as(Effect.fail("post"), Pair.next({ a: 9 })) })],
        [{ die: "update" }, Node.make(Pair, { post: () => Pair.next(() => halfway) })]
      ]
      for (const [reason, node] of failing) {
        const ref = yield* Ref.make({ a: 0, b: 0 })
        const failed = yield* failure(Flow.runRef(Flow.sequence(Pair, { both, node }), ref))
        assert.deepStrictEqual(failed.reasons, [reason])
        assert.deepStrictEqual(yield* Ref.get(ref), { a: 1, b: 1 })
      }
    })
  )
})

describe("the table", () => {
  const read = (pattern: string): ReadonlyArray<string> =>
    globSync(pattern, { cwd: import.meta.dirname }).map((file) => readFileSync(join(import.meta.dirname, file), "utf8"))
  const ids = rules.map(({ id }) => id)

  it("is named by the titles of the tests, rule by rule, and nothing else is", () => {
    const title = /\bit(?:\.\w+)*\(\s*(["'`]).*?\[((?:R\d+b? ?)+)\]\1/g
    const named = read("**/*.test.ts").flatMap((source) =>
      Array.from(source.matchAll(title)).flatMap((match) => match[2]!.split(" "))
    )
    assert.sameMembers(Array.from(new Set(named)), ids)
  })

  it("has a describe for each rule, in order", () => {
    const described = read("rules.test.ts").flatMap((source) =>
      Array.from(source.matchAll(/^describe\("(R\w+): /gm), (match) => match[1]!)
    )
    assert.deepStrictEqual(described, ids)
  })
})
