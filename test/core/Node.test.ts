import { assert, describe, it } from "@effect/vitest"
import { Cause, Clock, Context, Effect, Ref, Result, Schedule, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import { add, Counter, defect, during, failure, Trail, visit } from "./support.ts"

const Log = Store.make("Log", { n: Schema.Number, log: Schema.optionalKey(Schema.Json) })

/** Runs one node and gives what it left in the log. */
const logOf = (node: Flow.Step<typeof Log, "default">) => Effect.map(Flow.run(node, { n: 1 }), (run) => run.store.log)

/** An `exec` that fails with the number of the call until it has been called `times` times. */
const flaky = (times: number) => {
  const calls: Array<{ readonly at: number; readonly attempt: number }> = []
  const exec = (): Effect.Effect<string, string> =>
    Effect.gen(function* () {
      calls.push({ at: yield* Clock.currentTimeMillis, attempt: yield* Node.Attempt })
      return calls.length < times ? yield* Effect.fail(`failure ${calls.length}`) : `success ${calls.length}`
    })
  return { calls, exec }
}

describe("make", () => {
  const prep = (s: { readonly n: number }) => s.n + 10
  const double = (n: number) => Effect.succeed(n * 2)
  const log = (input: unknown, output: unknown) => Log.next({ log: [input, output] as Schema.JsonArray })
  const snapshot = { n: 1 }

  it.effect("each of the phases may be left out", () =>
    Effect.gen(function* () {
      const nodes = [
        Node.make(Log, { prep, exec: double, post: (input, output) => log(input, output) }),
        Node.make(Log, { prep, post: (input, output) => log(input, output) }),
        Node.make(Log, { exec: (s) => double(s.n), post: (input, output) => log(input, output) }),
        Node.make(Log, { post: (input, output) => log(input, output) })
      ]
      assert.deepStrictEqual(yield* Effect.all(nodes.map(logOf)), [
        [11, 22],
        [11, 11],
        [snapshot, 2],
        [snapshot, snapshot]
      ])
      const inputs: Array<unknown> = []
      const look = (input: unknown) => Effect.sync(() => void inputs.push(input))
      const silent = [
        Node.make(Log, { prep, exec: look }),
        Node.make(Log, { exec: look }),
        Node.make(Log, { prep }),
        Node.make(Log, {})
      ]
      for (const node of silent) {
        assert.deepStrictEqual(yield* Flow.run(node, { n: 1 }), { outcome: "default", store: { n: 1 }, steps: 1 })
      }
      assert.deepStrictEqual(inputs, [11, snapshot])
    })
  )

  it.effect("each phase may be an Effect that has to be waited for", () =>
    Effect.gen(function* () {
      const later = <A>(value: A) => Effect.delay(Effect.succeed(value), "1 second")
      const node = Node.make(Log, {
        prep: (s) => later(s.n + 10),
        exec: (n) => later(n * 2),
        post: (input, output) => later(Log.to("done", { log: [input, output] }))
      })
      assert.deepStrictEqual(yield* during("3 seconds", Flow.run(node, { n: 1 })), {
        outcome: "done",
        store: { n: 1, log: [11, 22] },
        steps: 1
      })
    })
  )

  it.effect("the phases run once each and in order, and see only what they are meant to", () =>
    Effect.gen(function* () {
      const calls: Array<unknown> = []
      const record =
        <A>(phase: string, value: A) =>
        (...args: ReadonlyArray<unknown>) => {
          calls.push([phase, ...args])
          return value
        }
      const node = Node.make(Log, {
        prep: record("prep", "p"),
        exec: record("exec", Effect.succeed("e")),
        post: record("post", Log.to("done"))
      })
      yield* Flow.run(node, { n: 1 })
      assert.deepStrictEqual(calls, [
        ["prep", { n: 1 }],
        ["exec", "p"],
        ["post", "p", "e"]
      ])
    })
  )

  it.effect("undefined, null and false are values like others", () =>
    Effect.gen(function* () {
      for (const value of [undefined, null, false, 0, ""]) {
        const seen: Array<unknown> = []
        const node = Node.make(Counter, {
          prep: () => value,
          exec: (input) => Effect.sync(() => (seen.push(input), value)),
          post: (input, output) => {
            seen.push(input, output)
            return Counter.next()
          }
        })
        yield* Flow.run(node, { n: 0 })
        assert.deepStrictEqual(seen, [value, value, value])
      }
    })
  )

  it.effect("a failure of any phase ends the run, and nothing of the visit is committed", () =>
    Effect.gen(function* () {
      for (const phase of ["prep", "exec", "post"] as const) {
        for (const cause of [Cause.fail("failed"), Cause.die("died")]) {
          const ref = yield* Ref.make({ n: 0 })
          const phases: Array<string> = []
          const at = (name: string) => {
            phases.push(name)
            return name === phase ? Effect.failCause(cause) : Effect.void
          }
          const node = Node.make(Counter, {
            prep: () => at("prep"),
            exec: () => at("exec"),
            post: () => Effect.as(at("post"), Counter.next({ n: 9 }))
          })
          const { reasons } = (yield* failure(Flow.runRef(Flow.sequence(Counter, { add, node }), ref))) as {
            reasons: unknown
          }
          assert.deepStrictEqual(reasons, [Cause.hasDies(cause) ? { die: "died" } : { fail: "failed" }])
          assert.deepStrictEqual(phases, ["prep", "exec", "post"].slice(0, phases.length))
          assert.strictEqual(phases.at(-1), phase)
          assert.deepStrictEqual(yield* Ref.get(ref), { n: 1 })
        }
      }
    })
  )

  it.effect("a phase that throws is a defect", () =>
    Effect.gen(function* () {
      const boom = new Error("boom")
      const thrower = (): never => {
        throw boom
      }
      for (const phases of [{ prep: thrower }, { exec: thrower }, { post: thrower }]) {
        assert.strictEqual(yield* defect(Flow.run(Node.make(Counter, phases as {}), { n: 0 })), boom)
      }
    })
  )

  it.effect("all phases may need services", () =>
    Effect.gen(function* () {
      class Name extends Context.Service<Name, string>()("Name") {}
      const node = Node.make(Log, {
        prep: () => Name,
        exec: (name) => Effect.map(Name, (again) => name + again),
        post: (_name, names) => Effect.map(Name, (name) => Log.next({ log: names + name }))
      })
      const run = yield* Effect.provideService(Flow.run(node, { n: 0 }), Name, "a")
      assert.strictEqual(run.store.log, "aaa")
    })
  )

  it.effect("a node is an immutable value: it keeps nothing from a run", () =>
    Effect.gen(function* () {
      const node = Node.make(Counter, { post: (s) => Counter.next({ n: s.n + 1 }) })
      assert.isTrue(Object.isFrozen(node))
      const runs = yield* Effect.all(
        [1, 2, 3].map((n) => Flow.run(node, { n })),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(
        runs.map((run) => run.store.n),
        [2, 3, 4]
      )
    })
  )
})

describe("batch", () => {
  const Words = Store.make("Words", { words: Schema.Array(Schema.String), log: Schema.optionalKey(Schema.Json) })
  const words = ["a", "b", "c", "d"]

  it.effect("results keep the order of the items, whatever ends first", () =>
    Effect.gen(function* () {
      const ended: Array<string> = []
      const node = Node.batch(Words, {
        prep: (s) => s.words,
        exec: (word, index) =>
          Effect.delay(
            Effect.sync(() => (ended.push(word), `${index}${word}`)),
            100 - index * 10
          ),
        post: (items, results) => Words.next({ log: [items, results] }),
        concurrency: "unbounded"
      })
      const run = yield* during(100, Flow.run(node, { words }))
      assert.deepStrictEqual(ended, ["d", "c", "b", "a"])
      assert.deepStrictEqual(run, {
        outcome: "default",
        store: { words, log: [words, ["0a", "1b", "2c", "3d"]] },
        steps: 1
      })
    })
  )

  it.effect("concurrency is one by default, and never more than asked for", () =>
    Effect.gen(function* () {
      for (const [concurrency, most] of [
        [undefined, 1],
        [1, 1],
        [3, 3],
        ["unbounded", 10]
      ] as const) {
        let now = 0
        let max = 0
        const node = Node.batch(Counter, {
          prep: () => Array.from({ length: 10 }, (_, i) => i),
          exec: (i) =>
            Effect.acquireUseRelease(
              Effect.sync(() => (max = Math.max(max, ++now))),
              () => Effect.sleep(1 + (i % 3)),
              () => Effect.sync(() => now--)
            ),
          concurrency
        })
        yield* during(100, Flow.run(node, { n: 0 }))
        assert.deepStrictEqual([max, now], [most, 0])
      }
    })
  )

  it.effect("prep gives any Iterable, or an Effect of one, which is read once", () =>
    Effect.gen(function* () {
      let reads = 0
      const preps = [
        () => new Set([1, 2]),
        () =>
          (function* () {
            reads++
            yield 1
            yield 2
          })(),
        () => Effect.succeed([1, 2]),
        () => Effect.delay(Effect.succeed(new Map([[1, 2]]).values()), 1)
      ] as ReadonlyArray<() => Iterable<number>>
      const logs: Array<unknown> = []
      for (const prep of preps) {
        const node = Node.batch(Counter, {
          prep,
          exec: (i) => Effect.succeed(i * 10),
          post: (items, results) => {
            logs.push([items, results])
            return Counter.next()
          }
        })
        yield* during(1, Flow.run(node, { n: 0 }))
      }
      const both = [
        [1, 2],
        [10, 20]
      ]
      assert.deepStrictEqual(logs, [both, both, both, [[2], [20]]])
      assert.strictEqual(reads, 1)
    })
  )

  it.effect("of nothing gives nothing, in every mode", () =>
    Effect.gen(function* () {
      for (const concurrency of [1, "unbounded"] as const) {
        for (const mode of ["fail-fast", "result"] as const) {
          const node = Node.batch(Words, {
            prep: (s) => s.words,
            exec: () => Effect.fail("never"),
            post: (items, results) => Words.to("none", { log: [items.length, results.length] }),
            concurrency,
            mode
          })
          const run = yield* Flow.run(node, { words: [] })
          assert.deepStrictEqual(run, { outcome: "none", store: { words: [], log: [0, 0] }, steps: 1 })
        }
      }
    })
  )

  it.effect("fails fast: later items do not start, siblings are interrupted and finalized, post is not called", () =>
    Effect.gen(function* () {
      for (const [concurrency, expected] of [
        [1, ["start 0", "end 0", "start 1"]],
        [3, ["start 0", "start 1", "start 2", "end 0", "start 3", "interrupted 2", "interrupted 3"]]
      ] as const) {
        const events: Array<string> = []
        const node = Node.batch(Counter, {
          prep: () => [0, 1, 2, 3, 4],
          exec: (i) => {
            events.push(`start ${i}`)
            return i === 1
              ? Effect.delay(Effect.fail("one"), 20)
              : Effect.delay(
                  Effect.sync(() => void events.push(`end ${i}`)),
                  i === 0 ? 10 : 100
                ).pipe(Effect.onInterrupt(() => Effect.sync(() => void events.push(`interrupted ${i}`))))
          },
          post: () => {
            events.push("post")
            return Counter.next()
          },
          concurrency
        })
        const failed = yield* during(1000, failure(Flow.run(node, { n: 0 })))
        assert.deepStrictEqual(failed, {
          reasons: [{ fail: "one" }],
          site: { path: [], phase: "exec", attempt: 0, item: 1 }
        })
        assert.deepStrictEqual(events, [...expected])
      }
    })
  )

  it.effect("in the mode result every item has its Result, in order", () =>
    Effect.gen(function* () {
      for (const concurrency of [1, 2, "unbounded"] as const) {
        const seen: Array<ReadonlyArray<Result.Result<number, string>>> = []
        const node = Node.batch(Counter, {
          prep: () => [0, 1, 2, 3],
          exec: (i) => Effect.delay(i % 2 === 0 ? Effect.succeed(i) : Effect.fail(`odd ${i}`), 10 - i),
          post: (_items, results) => {
            seen.push(results)
            return Counter.next()
          },
          concurrency,
          mode: "result"
        })
        yield* during(100, Flow.run(node, { n: 0 }))
        assert.deepStrictEqual(seen, [
          [Result.succeed(0), Result.fail("odd 1"), Result.succeed(2), Result.fail("odd 3")]
        ])
      }
    })
  )

  it.effect("a defect fails the node even in the mode result", () =>
    Effect.gen(function* () {
      for (const die of [
        () => Effect.die("boom"),
        (): Effect.Effect<number> => {
          throw "boom"
        }
      ]) {
        const node = Node.batch(Counter, {
          prep: () => [0, 1],
          exec: (i): Effect.Effect<number, string> => (i === 1 ? die() : Effect.succeed(i)),
          mode: "result"
        })
        assert.deepStrictEqual(yield* failure(Flow.run(node, { n: 0 })), {
          reasons: [{ die: "boom" }],
          site: { path: [], phase: "exec", attempt: 0, item: 1 }
        })
      }
    })
  )

  it.effect("retry and Attempt are per item, also at the same time", () =>
    Effect.gen(function* () {
      const calls: Array<string> = []
      const node = Node.batch(Words, {
        prep: (s) => s.words,
        exec: (word) =>
          Effect.gen(function* () {
            const attempt = yield* Node.Attempt
            calls.push(`${yield* Clock.currentTimeMillis} ${word}${attempt}`)
            return attempt < words.indexOf(word) ? yield* Effect.fail(word) : attempt
          }),
        post: (_words, attempts) => Words.next({ log: attempts }),
        concurrency: "unbounded"
      }).pipe(Node.retry(Schedule.spaced(10)))
      const run = yield* during(30, Flow.run(node, { words }))
      assert.deepStrictEqual(run.store.log, [0, 1, 2, 3])
      assert.deepStrictEqual(calls, [
        "0 a0",
        "0 b0",
        "0 c0",
        "0 d0",
        "10 b1",
        "10 c1",
        "10 d1",
        "20 c2",
        "20 d2",
        "30 d3"
      ])
    })
  )

  it.effect("fallback and timeout are per item", () =>
    Effect.gen(function* () {
      const node = Node.batch(Words, {
        prep: (s) => s.words,
        exec: (word, index): Effect.Effect<string, string> =>
          word === "b" ? Effect.fail("no b") : Effect.delay(Effect.succeed(word), index * 100),
        post: (_words, results) => Words.next({ log: results })
      }).pipe(
        Node.timeout(250),
        Node.fallback((error, word) => Effect.succeed(`${word}: ${typeof error === "string" ? error : error._tag}`))
      )
      const run = yield* during(1000, Flow.run(node, { words }))
      assert.deepStrictEqual(run.store.log, ["a", "b: no b", "c", "d: TimeoutError"])
    })
  )

  it.effect("in the mode result retry and fallback see the errors before they are kept", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const node = Node.batch(Counter, {
        prep: () => [0, 1, 2],
        exec: (i) => Effect.flatMap(Node.Attempt, (attempt) => (attempt < i ? Effect.fail(i) : Effect.succeed(i))),
        post: (_items, results) => {
          seen.push(results)
          return Counter.next()
        },
        mode: "result"
      }).pipe(Node.retry(Schedule.recurs(1)))
      yield* Flow.run(node, { n: 0 })
      yield* Flow.run(
        Node.fallback(node, (error) => Effect.succeed(-error)),
        { n: 0 }
      )
      assert.deepStrictEqual(seen, [
        [Result.succeed(0), Result.succeed(1), Result.fail(2)],
        [Result.succeed(0), Result.succeed(1), Result.succeed(-2)]
      ])
    })
  )
})

describe("fold", () => {
  const Book = Store.make("Book", { titles: Schema.Array(Schema.String), log: Schema.optionalKey(Schema.Json) })
  const titles = ["a", "b", "c"]
  const chapters = {
    prep: (s: typeof Book.Type) => s.titles,
    initial: [] as ReadonlyArray<string>,
    post: (titles: ReadonlyArray<string>, acc: ReadonlyArray<string>) => Book.next({ log: [titles, acc] })
  }

  it.effect("each item sees the result so far, one after the other", () =>
    Effect.gen(function* () {
      const calls: Array<unknown> = []
      const node = Node.fold(Book, {
        ...chapters,
        exec: (acc, title, index) => {
          calls.push([acc.length, title, index])
          return Effect.delay(Effect.succeed([...acc, title.toUpperCase()]), 30 - index * 10)
        }
      })
      const run = yield* during(60, Flow.run(node, { titles }))
      assert.deepStrictEqual(calls, [
        [0, "a", 0],
        [1, "b", 1],
        [2, "c", 2]
      ])
      assert.deepStrictEqual(run.store.log, [titles, ["A", "B", "C"]])
    })
  )

  it.effect("of nothing is the initial value, and each visit begins with it", () =>
    Effect.gen(function* () {
      const node = Node.fold(Book, { ...chapters, exec: (acc, title) => Effect.succeed([...acc, title]) })
      assert.deepStrictEqual((yield* Flow.run(node, { titles: [] })).store.log, [[], []])
      const twice = Flow.sequence(Book, { first: node, second: node })
      assert.deepStrictEqual((yield* Flow.run(twice, { titles })).store.log, [titles, titles])
    })
  )

  it.effect("retry repeats the item that failed, with the same result so far", () =>
    Effect.gen(function* () {
      const calls: Array<string> = []
      const node = Node.fold(Book, {
        ...chapters,
        exec: (acc, title) =>
          Effect.gen(function* () {
            const attempt = yield* Node.Attempt
            calls.push(`${acc.join("")}+${title}${attempt}`)
            return title === "b" && attempt < 2 ? yield* Effect.fail("b") : [...acc, title]
          })
      }).pipe(Node.retry(Schedule.recurs(5)))
      yield* Flow.run(node, { titles })
      assert.deepStrictEqual(calls, ["+a0", "a+b0", "a+b1", "a+b2", "ab+c0"])
    })
  )

  it.effect("fallback gets the result so far and the item; the first failure without one ends it", () =>
    Effect.gen(function* () {
      const calls: Array<string> = []
      const node = Node.fold(Book, {
        ...chapters,
        exec: (acc, title) => {
          calls.push(title)
          return title === "b" ? Effect.fail("no b" as const) : Effect.succeed([...acc, title])
        }
      })
      const skipping = node.pipe(Node.fallback((_error, [acc]) => Effect.succeed(acc)))
      assert.deepStrictEqual((yield* Flow.run(skipping, { titles })).store.log, [titles, ["a", "c"]])
      assert.deepStrictEqual(yield* failure(Flow.run(node, { titles })), {
        reasons: [{ fail: "no b" }],
        site: { path: [], phase: "exec", attempt: 0, item: 1 }
      })
      assert.deepStrictEqual(calls, ["a", "b", "c", "a", "b"])
    })
  )
})

describe("retry", () => {
  it.effect("n recurrences are at most n + 1 attempts, at the exact times of the schedule", () =>
    Effect.gen(function* () {
      const { calls, exec } = flaky(Infinity)
      const node = Node.make(Counter, { exec }).pipe(
        Node.retry(Schedule.exponential("100 millis").pipe(Schedule.upTo({ times: 3 })))
      )
      const failed = yield* during(700, failure(Flow.run(node, { n: 0 })))
      assert.deepStrictEqual(calls, [
        { at: 0, attempt: 0 },
        { at: 100, attempt: 1 },
        { at: 300, attempt: 2 },
        { at: 700, attempt: 3 }
      ])
      assert.deepStrictEqual(failed, {
        reasons: [{ fail: "failure 4" }],
        site: { path: [], phase: "exec", attempt: 3, item: undefined }
      })
    })
  )

  it.effect("ends with the first success, and waits no longer", () =>
    Effect.gen(function* () {
      const { calls, exec } = flaky(3)
      const node = Node.make(Log, { exec, post: (_s, log) => Log.next({ log }) }).pipe(
        Node.retry(Schedule.spaced("1 second"))
      )
      const run = yield* during("2 seconds", Flow.run(node, { n: 0 }))
      assert.deepStrictEqual(run, { outcome: "default", store: { n: 0, log: "success 3" }, steps: 1 })
      assert.deepStrictEqual(
        calls.map(({ at }) => at),
        [0, 1000, 2000]
      )
    })
  )

  it.effect("a first success is one attempt, and the schedule is not asked", () =>
    Effect.gen(function* () {
      let asked = 0
      const schedule = Schedule.tap(Schedule.recurs(3), () => Effect.sync(() => void asked++))
      const { calls, exec } = flaky(1)
      yield* Flow.run(Node.retry(Node.make(Counter, { exec }), schedule), { n: 0 })
      assert.deepStrictEqual([calls.length, asked], [1, 0])
    })
  )

  it.effect("the schedule sees the errors, and starts anew at each visit", () =>
    Effect.gen(function* () {
      const errors: Array<string> = []
      const attempts: Array<number> = []
      const schedule = Schedule.recurs(2).pipe(
        Schedule.setInputType<string>(),
        Schedule.tap(({ input }) => Effect.sync(() => void errors.push(input)))
      )
      const node = Node.make(Counter, {
        exec: () =>
          Effect.flatMap(Node.Attempt, (attempt) => {
            attempts.push(attempt)
            return attempt < 2 ? Effect.fail(`attempt ${attempt}`) : Effect.void
          })
      }).pipe(Node.retry(schedule))
      yield* Flow.run(Flow.sequence(Counter, { first: node, second: node }), { n: 0 })
      assert.deepStrictEqual(attempts, [0, 1, 2, 0, 1, 2])
      assert.deepStrictEqual(errors, ["attempt 0", "attempt 1", "attempt 0", "attempt 1"])
    })
  )

  it.effect("takes the options of Effect.retry, too", () =>
    Effect.gen(function* () {
      const attempts = (policy: Node.RetryPolicy<string>) =>
        Effect.gen(function* () {
          const { calls, exec } = flaky(9)
          const begin = yield* Clock.currentTimeMillis
          const run = during(
            "1 minute",
            Effect.option(Flow.run(Node.retry(Node.make(Counter, { exec }), policy), { n: 0 }))
          )
          const { _tag } = yield* run
          return [_tag, ...calls.map(({ at, attempt }) => `${attempt}@${at - begin}`)]
        })
      const isNot = (n: number) => (error: string) => error !== `failure ${n}`
      assert.deepStrictEqual(yield* attempts({ times: 2 }), ["None", "0@0", "1@0", "2@0"])
      assert.deepStrictEqual(yield* attempts({ times: 0 }), ["None", "0@0"])
      assert.deepStrictEqual(yield* attempts({ while: isNot(3) }), ["None", "0@0", "1@0", "2@0"])
      assert.deepStrictEqual(yield* attempts({ until: (error) => !isNot(1)(error) }), ["None", "0@0"])
      assert.deepStrictEqual(yield* attempts({ schedule: Schedule.spaced(5), times: 2 }), [
        "None",
        "0@0",
        "1@5",
        "2@10"
      ])
      assert.deepStrictEqual((yield* attempts({ times: 8 }))[0], "Some")
    })
  )

  it.effect("defects and interruptions are not retried, at the first attempt and at a later one", () =>
    Effect.gen(function* () {
      for (const cause of [Cause.die("boom"), Cause.interrupt(7)]) {
        for (const failing of [0, 1]) {
          let attempts = 0
          const node = Node.make(Counter, {
            exec: () => (attempts++ === failing ? Effect.failCause(cause) : Effect.fail("again"))
          }).pipe(Node.retry(Schedule.recurs(5)))
          const { reasons } = (yield* failure(Flow.run(node, { n: 0 }))) as { reasons: unknown }
          assert.deepStrictEqual(reasons, [Cause.hasDies(cause) ? { die: "boom" } : "interrupt"])
          assert.strictEqual(attempts, failing + 1)
        }
      }
    })
  )

  it.effect("a failure together with a defect is not retried", () =>
    Effect.gen(function* () {
      const both = Cause.combine(Cause.fail("x"), Cause.die("boom"))
      for (const failing of [0, 1]) {
        let attempts = 0
        const node = Node.make(Counter, {
          exec: () => (attempts++ === failing ? Effect.failCause(both) : Effect.fail("again"))
        }).pipe(Node.retry(Schedule.recurs(5)))
        yield* failure(Flow.run(node, { n: 0 }))
        assert.strictEqual(attempts, failing + 1)
      }
    })
  )

  it.effect("errors of prep and post are not retried", () =>
    Effect.gen(function* () {
      for (const phase of ["prep", "post"]) {
        const calls: Array<string> = []
        const at = (name: string) => {
          calls.push(name)
          return name === phase ? Effect.fail(name) : Effect.void
        }
        const node = Node.make(Counter, {
          prep: () => at("prep"),
          exec: () => at("exec"),
          post: () => Effect.as(at("post"), Counter.next())
        }).pipe(Node.retry(Schedule.recurs(3)))
        yield* failure(Flow.run(node, { n: 0 }))
        assert.deepStrictEqual(calls, phase === "prep" ? ["prep"] : ["prep", "exec", "post"])
      }
    })
  )

  it.effect("leaves the node as it was, and a node without exec has nothing to retry", () =>
    Effect.gen(function* () {
      const { calls, exec } = flaky(2)
      const node = Node.make(Counter, { exec })
      Node.retry(node, Schedule.recurs(3))
      yield* failure(Flow.run(node, { n: 0 }))
      assert.strictEqual(calls.length, 1)
      const run = yield* Flow.run(Node.retry(add, Schedule.recurs(3)), { n: 0 })
      assert.deepStrictEqual(run, { outcome: "default", store: { n: 1 }, steps: 1 })
    })
  )

  it.effect("an interruption while it waits ends it", () =>
    Effect.gen(function* () {
      const { calls, exec } = flaky(Infinity)
      const node = Node.make(Counter, { exec }).pipe(Node.retry(Schedule.spaced("1 second")))
      const run = Effect.timeoutOption(Flow.run(node, { n: 0 }), "2500 millis")
      assert.strictEqual((yield* during("10 seconds", run))._tag, "None")
      assert.strictEqual(calls.length, 3)
    })
  )
})

describe("fallback", () => {
  const failing = Node.make(Log, {
    prep: (s) => s.n,
    exec: (n): Effect.Effect<string, string> => Effect.fail(`no ${n}`),
    post: (_n, log) => Log.next({ log })
  })

  it.effect("gives what exec would have given, from the error and the input", () =>
    Effect.gen(function* () {
      const node = Node.fallback(failing, (error, n) => Effect.succeed(`${error}, ${n}`))
      assert.strictEqual(yield* logOf(node), "no 1, 1")
    })
  )

  it.effect("is not asked when exec succeeds", () =>
    Effect.gen(function* () {
      const node = Node.make(Log, { exec: () => Effect.succeed("fine"), post: (_s, log) => Log.next({ log }) }).pipe(
        Node.fallback((): Effect.Effect<string> => Effect.die("asked"))
      )
      assert.strictEqual(yield* logOf(node), "fine")
    })
  )

  it.effect("after retry it sees the last error; before retry there is nothing left to retry", () =>
    Effect.gen(function* () {
      const { calls, exec } = flaky(Infinity)
      const node = Node.make(Log, { exec, post: (_s, log) => Log.next({ log }) })
      const toText = (error: string) => Effect.succeed(`from ${error}`)
      assert.strictEqual(
        yield* logOf(node.pipe(Node.retry(Schedule.recurs(2)), Node.fallback(toText))),
        "from failure 3"
      )
      assert.strictEqual(
        yield* logOf(node.pipe(Node.fallback(toText), Node.retry(Schedule.recurs(2)))),
        "from failure 4"
      )
      assert.strictEqual(calls.length, 4)
    })
  )

  it.effect("may fail itself, and leaves defects and the errors of prep and post alone", () =>
    Effect.gen(function* () {
      const worse = failing.pipe(
        Node.fallback((error): Effect.Effect<string, { readonly worse: string }> => Effect.fail({ worse: error }))
      )
      assert.deepStrictEqual(yield* Effect.flip(Flow.run(worse, { n: 1 })), { worse: "no 1" })

      const asked: Array<string> = []
      const record = (error: string) => Effect.sync(() => asked.push(error))
      const die = Node.make(Counter, { exec: (): Effect.Effect<number, string> => Effect.die("boom") })
      assert.strictEqual(yield* defect(Flow.run(Node.fallback(die, record), { n: 0 })), "boom")
      const around = Node.make(Counter, {
        prep: (s) => (s.n === 0 ? Effect.fail("prep") : Effect.succeed(s)),
        exec: (): Effect.Effect<number, string> => Effect.succeed(0),
        post: () => Effect.as(Effect.fail("post"), Counter.next())
      }).pipe(Node.fallback(record))
      assert.strictEqual(yield* Effect.flip(Flow.run(around, { n: 0 })), "prep")
      assert.strictEqual(yield* Effect.flip(Flow.run(around, { n: 1 })), "post")
      assert.deepStrictEqual(asked, [])
    })
  )
})

describe("timeout", () => {
  const slow = (millis: number, ended: Array<string>) =>
    Node.make(Log, {
      exec: () =>
        Effect.flatMap(Node.Attempt, (attempt) =>
          Effect.as(Effect.sleep(millis), `attempt ${attempt}`).pipe(
            Effect.onExit((exit) =>
              Effect.map(Clock.currentTimeMillis, (at) => void ended.push(`${at} ${attempt} ${exit._tag}`))
            )
          )
        ),
      post: (_s, log) => Log.next({ log })
    })

  it.effect("fails and interrupts what takes longer, at the exact time", () =>
    Effect.gen(function* () {
      const ended: Array<string> = []
      const error = yield* during(2000, Effect.flip(Flow.run(Node.timeout(slow(1001, ended), "1 second"), { n: 0 })))
      assert.isTrue(Cause.isTimeoutError(error))
      assert.deepStrictEqual(ended, ["1000 0 Failure"])
    })
  )

  it.effect("leaves alone what is in time", () =>
    Effect.gen(function* () {
      const ended: Array<string> = []
      const run = yield* during(2000, Flow.run(Node.timeout(slow(999, ended), "1 second"), { n: 0 }))
      assert.strictEqual(run.store.log, "attempt 0")
      assert.deepStrictEqual(ended, ["999 0 Success"])
    })
  )

  it.effect("before retry it limits each attempt, after it all of them", () =>
    Effect.gen(function* () {
      const each: Array<string> = []
      const perAttempt = slow(5000, each).pipe(
        Node.timeout("1 second"),
        Node.retry(Schedule.spaced(500).pipe(Schedule.upTo({ times: 2 })))
      )
      const error = yield* during(10_000, Effect.flip(Flow.run(perAttempt, { n: 0 })))
      assert.isTrue(Cause.isTimeoutError(error))
      assert.deepStrictEqual(each, ["1000 0 Failure", "2500 1 Failure", "4000 2 Failure"])

      const { calls, exec } = flaky(Infinity)
      const inAll = Node.make(Counter, { exec }).pipe(Node.retry(Schedule.spaced("1 second")), Node.timeout(2500))
      const late = yield* during(10_000, Effect.flip(Flow.run(inAll, { n: 0 })))
      assert.isTrue(Cause.isTimeoutError(late))
      assert.strictEqual(calls.length, 3)
    })
  )
})

describe("Attempt and Visit", () => {
  it.effect("are 0 outside of a run", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual([yield* Node.Attempt, yield* Node.Visit], [0, 0])
    })
  )

  it.effect("Visit counts the earlier visits of this node in this run, in prep and exec", () =>
    Effect.gen(function* () {
      const visits = (name: string, action: (visit: number) => "again" | "default") =>
        Node.make(Trail, {
          prep: () => Node.Visit,
          exec: (inPrep) => Effect.map(Node.Visit, (inExec) => [inPrep, inExec]),
          post: (_visit, [inPrep, inExec]) =>
            Trail.to(action(inExec!), (s) => ({ seen: [...s.seen, `${name} ${inPrep}${inExec}`] }))
        })
      const flow = Flow.make(Trail, {
        start: "a",
        nodes: {
          a: visits("a", () => "default"),
          b: visits("b", (n) => (n < 2 ? "again" : "default")),
          c: visits("c", () => "default")
        },
        edges: { a: { default: "b" }, b: { again: "a", default: "c" } }
      })
      const expected = ["a 00", "b 00", "a 11", "b 11", "a 22", "b 22", "c 00"]
      assert.deepStrictEqual((yield* Flow.run(flow, { seen: [] })).store.seen, expected)
      assert.deepStrictEqual((yield* Flow.run(flow, { seen: [] })).store.seen, expected)
    })
  )

  it.effect("Visit goes on when a nested flow is entered again, and tells one node under two ids apart", () =>
    Effect.gen(function* () {
      const look = Node.make(Trail, {
        exec: () => Effect.map(Node.Visit, String),
        post: (_s, visit) => Trail.next((s) => ({ seen: [...s.seen, visit] }))
      })
      const inner = Flow.sequence(Trail, { x: look, y: look })
      const flow = Flow.make(Trail, {
        start: "inner",
        nodes: {
          inner,
          more: Node.make(Trail, { post: () => Trail.decide((s) => (s.seen.length < 6 ? "again" : "done")) })
        },
        edges: { inner: { default: "more" }, more: { again: "inner" } }
      })
      assert.deepStrictEqual((yield* Flow.run(flow, { seen: [] })).store.seen, ["0", "0", "1", "1", "2", "2"])
    })
  )

  it.effect("a run inside an exec has an Attempt and a Visit of its own, and gives them back", () =>
    Effect.gen(function* () {
      const look = Effect.all([Node.Attempt, Node.Visit])
      const seen: Array<ReadonlyArray<number>> = []
      const inner = Node.make(Counter, { exec: () => Effect.map(look, (both) => void seen.push(both)) })
      const outer = Node.make(Counter, {
        exec: () =>
          Effect.gen(function* () {
            seen.push(yield* look)
            yield* Flow.run(inner, { n: 0 })
            seen.push(yield* look)
            if ((yield* Node.Attempt) === 0) return yield* Effect.fail("again")
          }),
        post: () => Counter.decide((s) => (s.n === 0 ? ["again", { n: 1 }] : "done"))
      }).pipe(Node.retry(Schedule.recurs(1)))
      const flow = Flow.make(Counter, { start: "outer", nodes: { outer }, edges: { outer: { again: "outer" } } })
      yield* Flow.run(flow, { n: 0 })
      assert.deepStrictEqual(seen, [
        [0, 0],
        [0, 0],
        [0, 0],
        [1, 0],
        [0, 0],
        [1, 0],
        [0, 1],
        [0, 0],
        [0, 1],
        [1, 1],
        [0, 0],
        [1, 1]
      ])
    })
  )

  it.effect("Attempt is 0 in prep, post and fallback, which are not part of an attempt", () =>
    Effect.gen(function* () {
      const node = Node.make(Log, {
        prep: () => Node.Attempt,
        exec: () =>
          Effect.flatMap(Node.Attempt, (attempt): Effect.Effect<Array<number>, number> => Effect.fail(attempt)),
        post: (inPrep, numbers) => Effect.map(Node.Attempt, (inPost) => Log.next({ log: [inPrep, ...numbers, inPost] }))
      }).pipe(
        Node.retry(Schedule.recurs(2)),
        Node.fallback((last) => Effect.map(Node.Attempt, (inFallback) => [last, inFallback]))
      )
      assert.deepStrictEqual(yield* logOf(node), [0, 2, 0, 0])
    })
  )
})

describe("actions", () => {
  const outcomes = (step: Flow.Step<any, string, any>) => Flow.toGraph(step).outcomes.map(({ action }) => action)

  it("are declared, follow from a missing post, or are unknown; combinators keep them", () => {
    const declared = Node.make(Counter, {
      exec: (s): Effect.Effect<number, string> => Effect.succeed(s.n),
      post: (_s, n) => (n > 0 ? Counter.to("a") : Counter.to("b")),
      actions: ["a", "b"]
    })
    assert.deepStrictEqual(outcomes(declared), ["a", "b"])
    assert.deepStrictEqual(
      outcomes(
        declared.pipe(
          Node.retry(Schedule.recurs(1)),
          Node.timeout(1),
          Node.fallback((_error, s) => Effect.succeed(s.n))
        )
      ),
      ["a", "b"]
    )
    assert.deepStrictEqual(outcomes(Node.make(Counter, {})), ["default"])
    assert.deepStrictEqual(outcomes(Node.make(Counter, { post: () => Counter.to("a") })), [undefined])
    const many = { prep: () => [1], exec: () => Effect.succeed(1) }
    assert.deepStrictEqual(outcomes(Node.batch(Counter, many)), ["default"])
    assert.deepStrictEqual(outcomes(Node.batch(Counter, { ...many, post: () => Counter.to("a"), actions: ["a"] })), [
      "a"
    ])
    assert.deepStrictEqual(
      outcomes(Node.fold(Counter, { ...many, initial: 1, post: () => Counter.to("b"), actions: ["b"] })),
      ["b"]
    )
  })
  it.effect("an action that is not declared is a defect, and nothing is committed", () =>
    Effect.gen(function* () {
      const ref = yield* Ref.make({ n: 0 })
      const undeclared: string = "c"
      const actions = ["a", "b"] as const
      const take = () => Counter.to(undeclared, { n: 1 })
      const [step, one] = [Node.make(Counter, {}), { prep: () => [1], exec: () => Effect.succeed(1) }]
      for (const node of [
        Node.make(Counter, { post: take, actions }),
        Node.make(Counter, { post: () => Counter.decide(() => [undeclared, { n: 1 }]), actions }),
        Node.batch(Counter, { ...one, post: take, actions }),
        Node.fold(Counter, { ...one, initial: 1, post: take, actions }),
        Flow.all(Counter, { step }, { post: take, actions }),
        Flow.map(Counter, step, { prep: (s) => [s], post: take, actions }),
        Flow.forEach(step, { params: Node.Visit, prep: () => [1], post: take, actions }),
        Flow.call(Counter, step, { prep: (s) => s, post: take, actions })
      ]) {
        assert.deepStrictEqual(
          yield* defect(Flow.runRef(node, ref)),
          new TypeError('post took the action "c", but declared are only "a", "b"')
        )
        assert.deepStrictEqual(yield* Ref.get(ref), { n: 0 })
      }
    })
  )
})

describe("isNode", () => {
  it("knows nodes, batches and folds from flows and from other things", () => {
    const many = { prep: () => [1], exec: () => Effect.succeed(1) }
    const batch = Node.batch(Counter, many)
    const fold = Node.fold(Counter, { ...many, initial: 1 })
    assert.deepStrictEqual([add, batch, fold, Node.retry(batch, Schedule.recurs(1))].map(Node.isNode), [
      true,
      true,
      true,
      true
    ])
    const flows = [
      Flow.sequence(Trail, { a: visit("a") }),
      Flow.all(Trail, { a: visit("a") }),
      Flow.call(Trail, add, { prep: () => ({ n: 0 }), post: () => Trail.next() }),
      visit("a").pipe(Flow.mapOutcome({ default: "b" }))
    ]
    const others = [undefined, null, 1, "node", {}, [], () => add, Counter, Effect.void, Counter.next()]
    assert.deepStrictEqual([...flows, ...others].filter(Node.isNode), [])
  })
})
