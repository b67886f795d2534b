/** What PocketFlow's TypeScript port and this library make of phases, attempts and items, where that differs. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Result, Schedule } from "effect"
import { Flow, Node } from "effect-pocketflow"
import * as PocketFlow from "pocketflow"
import { vi } from "vitest"
import { defect, during, failure, Trail } from "../../core/support.ts"
import { nobody, there, turn } from "./support.ts"
import type { Seen } from "./support.ts"

/** Runs `f` with timers that go off at once, one after the other; their time is that of `Date`. */
const inFakeTime = <A>(f: () => Promise<A>) =>
  Effect.promise(async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "Date"], now: 0 })
    try {
      const running = f()
      await vi.runAllTimersAsync()
      return await running
    } finally {
      vi.useRealTimers()
    }
  })

describe("phases", () => {
  it.effect("those that are missing give undefined there, and hand on what there is here [no rule]", () =>
    Effect.gen(function* () {
      class Bare extends PocketFlow.Node<Seen> {
        override async post(shared: Seen, prepared: unknown, output: unknown): Promise<undefined> {
          shared.seen.push(String(prepared), String(output))
        }
      }
      class Prepared extends Bare {
        override async prep(): Promise<string> {
          return "prepared"
        }
      }
      assert.deepStrictEqual((yield* there(new Bare())).seen, ["undefined", "undefined"])
      assert.deepStrictEqual((yield* there(new Prepared())).seen, ["prepared", "undefined"])

      const bare = Node.make(Trail, {
        post: (input, output) => Trail.next({ seen: [JSON.stringify(input), JSON.stringify(output)] })
      })
      const prepared = Node.make(Trail, {
        prep: () => "prepared",
        post: (input, output) => Trail.next({ seen: [input, output] })
      })
      assert.deepStrictEqual((yield* Flow.run(bare, nobody)).store.seen, ['{"seen":[]}', '{"seen":[]}'])
      assert.deepStrictEqual((yield* Flow.run(prepared, nobody)).store.seen, ["prepared", "prepared"])
    })
  )

  it.effect("one with a wrong name is ignored there, and does not compile here [R26]", () =>
    Effect.gen(function* () {
      // The port has one family of classes, which is asynchronous; a name of Python's other family is still a wrong one.
      class Misspelt extends PocketFlow.Node<Seen> {
        override async exec(): Promise<never> {
          throw new Error("of exec")
        }
        async execFallbackAsync(): Promise<string> {
          return "fallback"
        }
      }
      assert.deepStrictEqual((yield* there(new Misspelt())).error, new Error("of exec"))
      const misspelt = Node.make(Trail, {
        // @ts-expect-error there is no phase "execFallback"
        execFallback: () => Effect.succeed("fallback")
      })
      assert.isTrue(Node.isNode(misspelt))
    })
  )
})

describe("what a node keeps", () => {
  it.effect("leaks from visit to visit there where it is no plain value; nodes here have nothing to keep [R15]", () =>
    Effect.gen(function* () {
      class Keeps extends PocketFlow.Node<Seen> {
        count = 0
        readonly list: Array<number> = []
        override async post(shared: Seen): Promise<string> {
          // The copy of each visit is a shallow one, as in Python.
          this.list.push(this.count++)
          shared.seen.push(`count ${this.count}, list ${this.list.length}`)
          return shared.seen.length < 3 ? "again" : "enough"
        }
      }
      const node = new Keeps()
      node.on("again", node)
      assert.deepStrictEqual((yield* there(new PocketFlow.Flow(node))).seen, [
        "count 1, list 1",
        "count 1, list 2",
        "count 1, list 3"
      ])

      // How often it was visited is the run's to know.
      const counts = Node.make(Trail, {
        prep: () => Node.Visit,
        post: (visit) =>
          Trail.decide((s) => [s.seen.length < 2 ? "again" : "enough", { seen: [...s.seen, `visit ${visit}`] }])
      })
      const flow = Flow.make(Trail, { start: "counts", nodes: { counts }, edges: { counts: { again: "counts" } } })
      for (const _ of [1, 2]) {
        assert.deepStrictEqual((yield* Flow.run(flow, nobody)).store.seen, ["visit 0", "visit 1", "visit 2"])
      }
    })
  )

  it.effect(
    "private fields break in the copy there, arrow functions miss it; phases here are functions [no rule]",
    () =>
      Effect.gen(function* () {
        class Private extends PocketFlow.Node<Seen> {
          readonly #name = "private"
          override async prep(): Promise<string> {
            return this.#name
          }
        }
        assert.instanceOf((yield* there(new PocketFlow.Flow<Seen>(new Private()))).error, TypeError)

        class Arrow extends PocketFlow.Node<Seen, { readonly item?: number }> {
          override post = async (shared: Seen): Promise<undefined> => void shared.seen.push(`item ${this._params.item}`)
        }
        const flow = new PocketFlow.Flow<Seen>(new Arrow()).setParams({ item: 1 })
        assert.deepStrictEqual((yield* there(flow)).seen, ["item undefined"])

        const name = "private"
        const node = Node.make(Trail, { prep: () => name, post: (name) => Trail.next({ seen: [name] }) })
        assert.deepStrictEqual((yield* Flow.run(Flow.sequence(Trail, { node }), nobody)).store, { seen: [name] })
      })
  )
})

const again: Effect.Effect<string, string> = Effect.fail("again")

/** A node whose attempts all fail; it tells of them, and what post gets. */
class Failing extends PocketFlow.Node<Seen> {
  readonly log: Array<string> = []
  override async exec(): Promise<unknown> {
    this.log.push(`attempt ${this.currentRetry} at ${Date.now()}`)
    throw new Error("again")
  }
  override async post(shared: Seen, _prepared: unknown, output: unknown): Promise<undefined> {
    shared.seen.push(String(output))
  }
}

class FallingBack extends Failing {
  override async execFallback(): Promise<string> {
    this.log.push(`fallback at ${Date.now()}`)
    return "fallback"
  }
}

describe("attempts", () => {
  const failing = (log: Array<string>) =>
    Node.make(Trail, {
      exec: () =>
        Effect.gen(function* () {
          log.push(`attempt ${yield* Node.Attempt} at ${yield* Clock.currentTimeMillis}`)
          return yield* again
        }),
      post: (_input, output) => Trail.next({ seen: [output] })
    })

  it.effect("of 0 none is made there, and post gets undefined; here the first one always is [R16]", () =>
    Effect.gen(function* () {
      const node = new FallingBack(0)
      assert.deepStrictEqual((yield* there(node)).seen, ["undefined"])
      assert.deepStrictEqual(node.log, [])

      const log: Array<string> = []
      const never = failing(log).pipe(Node.retry({ times: 0 }))
      assert.strictEqual(yield* Effect.flip(Flow.run(never, nobody)), "again")
      assert.deepStrictEqual(log, ["attempt 0 at 0"])
    })
  )

  it.effect("wait in between and not after the last, the same in both [R16]", () =>
    Effect.gen(function* () {
      for (const [attempts, seconds] of [
        [1, 5],
        [2, 0.5],
        [4, 3]
      ] as const) {
        const node = new FallingBack(attempts, seconds)
        yield* inFakeTime(() => node.run({ seen: [] }))

        const log: Array<string> = []
        const begin = yield* Clock.currentTimeMillis
        const here = failing(log).pipe(
          Node.retry({ schedule: Schedule.spaced(seconds * 1000), times: attempts - 1 }),
          Node.fallback(() =>
            Effect.map(Clock.currentTimeMillis, (now) => (log.push(`fallback at ${now}`), "fallback"))
          )
        )
        yield* during("1 minute", Flow.run(here, nobody))
        const sinceBegin = log.map((line) => line.replace(/\d+$/, (at) => String(Number(at) - begin)))
        assert.deepStrictEqual(sinceBegin, node.log)
        assert.lengthOf(log, attempts + 1)
      }
    })
  )

  it.effect("follow any exception there, and only a failure here, not a defect [R17]", () =>
    Effect.gen(function* () {
      class Buggy extends Failing {
        override async exec(): Promise<never> {
          this.log.push("attempt")
          throw new TypeError("a bug")
        }
      }
      const node = new Buggy(3)
      yield* there(node)
      assert.deepStrictEqual(node.log, ["attempt", "attempt", "attempt"])

      const log: Array<string> = []
      const buggy = Node.make(Trail, {
        exec: () => (log.push("attempt"), Effect.die(new TypeError("a bug")))
      }).pipe(Node.retry({ times: 2 }))
      assert.deepStrictEqual(yield* defect(Flow.run(buggy, nobody)), new TypeError("a bug"))
      assert.deepStrictEqual(log, ["attempt"])
    })
  )
})

/** Parallel items that all fail in the end, with two attempts. */
class Parallel extends PocketFlow.ParallelBatchNode<Seen> {
  readonly log: Array<string> = []
  override async prep(): Promise<Array<string>> {
    return ["a", "b", "c"]
  }
  override async exec(item: unknown): Promise<unknown> {
    this.log.push(`${item as string} attempt ${this.currentRetry}`)
    throw new Error("again")
  }
  override async execFallback(item: unknown): Promise<string> {
    return `${item as string} fell back`
  }
  override async post(shared: Seen, _items: unknown, results: unknown): Promise<undefined> {
    shared.seen.push(...(results as ReadonlyArray<unknown>).map(String))
  }
}

describe("items", () => {
  it.effect("at once share a counter of attempts there, and have their own here [R20]", () =>
    Effect.gen(function* () {
      const hasty = new Parallel(2)
      assert.deepStrictEqual((yield* there(hasty)).seen, ["a fell back", "b fell back", "c fell back"])
      // The attempt of "a" was the last one for all.
      assert.deepStrictEqual(hasty.log, ["a attempt 0", "b attempt 0", "c attempt 0", "a attempt 1"])

      // With a wait all are past the check for the last attempt when the counter goes on: "b" and "c" get no other
      // attempt, no fallback and no error.
      const patient = new Parallel(2, 1)
      const shared: Seen = { seen: [] }
      yield* inFakeTime(() => patient.run(shared))
      assert.deepStrictEqual(patient.log, ["a attempt 0", "b attempt 0", "c attempt 0", "a attempt 1"])
      assert.deepStrictEqual(shared.seen, ["a fell back", "undefined", "undefined"])

      for (const wait of [0, 1000]) {
        const log: Array<string> = []
        const node = Node.batch(Trail, {
          prep: () => ["a", "b", "c"],
          exec: (item) => Effect.flatMap(Node.Attempt, (attempt) => (log.push(`${item} attempt ${attempt}`), again)),
          post: (_items, seen) => Trail.next({ seen }),
          concurrency: "unbounded"
        }).pipe(
          Node.retry({ schedule: Schedule.spaced(wait), times: 1 }),
          Node.fallback((_error, item) => Effect.succeed(`${item} fell back`))
        )
        const run = yield* during("1 minute", Flow.run(node, nobody))
        assert.deepStrictEqual(run.store.seen, ["a fell back", "b fell back", "c fell back"])
        assert.sameMembers(
          log,
          ["a", "b", "c"].flatMap((item) => [`${item} attempt 0`, `${item} attempt 1`])
        )
      }
    })
  )

  it.effect("beside one that fails go on there, and are interrupted here [R21]", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      class Siblings extends PocketFlow.ParallelBatchNode<Seen> {
        override async prep(): Promise<Array<string>> {
          return ["ends", "fails", "goes on"]
        }
        override async exec(item: unknown): Promise<void> {
          if (item === "fails") throw new Error("one")
          if (item === "goes on") await new Promise(setImmediate)
          log.push(item as string)
        }
      }
      assert.deepStrictEqual((yield* there(new Siblings())).error, new Error("one"))
      assert.deepStrictEqual(log, ["ends"])
      yield* turn
      assert.deepStrictEqual(log.splice(0), ["ends", "goes on"])

      const siblings = Node.batch(Trail, {
        prep: () => ["ends", "fails", "goes on"],
        exec: (item) =>
          item === "fails"
            ? Effect.delay(Effect.fail("one"), 10)
            : Effect.onInterrupt(
                Effect.delay(
                  Effect.sync(() => void log.push(item)),
                  item === "ends" ? 5 : 20
                ),
                () => Effect.sync(() => log.push(`${item} no more`))
              ),
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(yield* failure(during("1 minute", Flow.run(siblings, nobody))), {
        reasons: [{ fail: "one" }],
        site: { path: [], phase: "exec", attempt: 0, item: 1 }
      })
      assert.deepStrictEqual(log, ["ends", "goes on no more"])
    })
  )

  it.effect("all are lost there with one that fails, here they may be kept [R19]", () =>
    Effect.gen(function* () {
      class Lossy extends PocketFlow.BatchNode<Seen> {
        override async prep(): Promise<Array<number>> {
          return [1, 2]
        }
        override async exec(item: unknown): Promise<number> {
          if (item === 2) throw new Error("two")
          return 1
        }
        override async post(shared: Seen): Promise<undefined> {
          shared.seen.push("post")
        }
      }
      assert.deepStrictEqual(yield* there(new Lossy()), { error: new Error("two"), seen: [], warnings: [] })

      const kept = Node.batch(Trail, {
        prep: () => [1, 2],
        exec: (item): Effect.Effect<string, string> => (item === 2 ? Effect.fail("two") : Effect.succeed("one")),
        post: (_items, results) => Trail.next({ seen: results.map(Result.merge) }),
        mode: "result"
      })
      assert.deepStrictEqual((yield* Flow.run(kept, nobody)).store, { seen: ["one", "two"] })
    })
  )

  it.effect("that are no array are none there, and here anything that can be iterated [no rule]", () =>
    Effect.gen(function* () {
      // Python takes whatever can be iterated, too.
      class OverSet extends PocketFlow.BatchNode<Seen> {
        override async prep(): Promise<Set<string>> {
          return new Set(["a", "b"])
        }
        override async exec(item: unknown): Promise<unknown> {
          return item
        }
        override async post(shared: Seen, _items: unknown, results: unknown): Promise<undefined> {
          shared.seen.push(...(results as ReadonlyArray<string>), "post")
        }
      }
      assert.deepStrictEqual((yield* there(new OverSet())).seen, ["post"])

      const overSet = Node.batch(Trail, {
        prep: () => new Set(["a", "b"]),
        exec: (item) => Effect.succeed(item),
        post: (_items, results) => Trail.next({ seen: [...results, "post"] })
      })
      assert.deepStrictEqual((yield* Flow.run(overSet, nobody)).store, { seen: ["a", "b", "post"] })
    })
  )
})
