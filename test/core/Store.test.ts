import { assert, describe, it } from "@effect/vitest"
import { Effect, Ref, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import { add, Counter, defect } from "./support.ts"

const Draft = Store.make("Draft", { text: Schema.String, note: Schema.optionalKey(Schema.String) })

/** Runs one node that answers with `transition`. */
const commit = <T, A extends string>(
  store: Store.Any & { readonly Type: T },
  transition: Store.Transition<never, A, string>,
  init: T
) =>
  Effect.map(
    Flow.run(Node.make(store, { post: () => transition as never }) as never as Flow.Step<Store.Over<T>, A>, init),
    ({ outcome, store }) => ({ outcome, store })
  )

describe("make", () => {
  it("takes fields or a Struct", () => {
    const struct = Schema.Struct({ n: Schema.Number })
    const fromStruct = Store.make("Counter", struct)
    assert.strictEqual(fromStruct.schema, struct)
    assert.strictEqual(fromStruct.name, "Counter")
    assert.deepStrictEqual(Object.keys(Counter.schema.fields), ["n"])
  })

  it.effect("fills in constructor defaults", () =>
    Effect.gen(function* () {
      const Defaults = Store.make("Defaults", {
        n: Schema.Number.pipe(Schema.withConstructorDefault(Effect.succeed(7))),
        text: Schema.String,
        found: Schema.Array(Schema.String).pipe(Store.withInitial(["a"]))
      })
      const run = yield* Flow.run(Node.make(Defaults, {}), { text: "given" })
      assert.deepStrictEqual(run, { outcome: "default", store: { n: 7, text: "given", found: ["a"] }, steps: 1 })
    })
  )

  it.effect("a state that does not fit is a defect that names the store", () =>
    Effect.gen(function* () {
      const error = yield* defect(Flow.run(add, { n: "one" } as never))
      assert.instanceOf(error, Store.InvalidStore)
      assert.strictEqual(error.store, "Counter")
      assert.strictEqual(error.message, `the state does not fit the store "Counter": ${error.reason}`)
      assert.include(error.reason, `["n"]`)
    })
  )

  it.effect("keys may have the names of what objects inherit", () =>
    Effect.gen(function* () {
      const Odd = Store.make("Odd", { constructor: Schema.String, ["__proto__"]: Schema.Array(Schema.String) })
      const odd = Node.make(Odd, {
        post: () => Odd.next((s) => ({ constructor: `${s.constructor}!`, ["__proto__"]: [...s["__proto__"], "b"] }))
      })
      const run = yield* Flow.run(Flow.sequence(Odd, { odd, again: odd }), { constructor: "c", ["__proto__"]: ["a"] })
      assert.deepStrictEqual(Object.entries(run.store), [
        ["constructor", "c!!"],
        ["__proto__", ["a", "b", "b"]]
      ])
    })
  )
})

describe("to, next, decide", () => {
  it.effect("a patch sets its keys and keeps the others", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* commit(Draft, Draft.to("done", { text: "new" }), { text: "old", note: "kept" }), {
        outcome: "done",
        store: { text: "new", note: "kept" }
      })
    })
  )

  it.effect("a function gets the store and gives a patch", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(
        yield* commit(
          Draft,
          Draft.to("done", (s) => ({ text: s.text + "!" })),
          { text: "old", note: "kept" }
        ),
        { outcome: "done", store: { text: "old!", note: "kept" } }
      )
    })
  )

  it.effect("without an update the store stays the very same", () =>
    Effect.gen(function* () {
      const before = { n: 1 }
      const ref = yield* Ref.make(before)
      assert.strictEqual(yield* Flow.runRef(Node.make(Counter, { post: () => Counter.to("left") }), ref), "left")
      assert.strictEqual(yield* Ref.get(ref), before)
    })
  )

  it.effect("next takes the action default, in all three forms", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* commit(Counter, Counter.next(), { n: 1 }), { outcome: "default", store: { n: 1 } })
      assert.deepStrictEqual(yield* commit(Counter, Counter.next({ n: 5 }), { n: 1 }), {
        outcome: "default",
        store: { n: 5 }
      })
      assert.deepStrictEqual(
        yield* commit(
          Counter,
          Counter.next((s) => ({ n: s.n * 3 })),
          { n: 2 }
        ),
        { outcome: "default", store: { n: 6 } }
      )
    })
  )

  it.effect("decide chooses the action, with or without a patch", () =>
    Effect.gen(function* () {
      const less = Counter.decide((s) => (s.n > 0 ? ["again", { n: s.n - 1 }] : "empty"))
      assert.deepStrictEqual(yield* commit(Counter, less, { n: 2 }), { outcome: "again", store: { n: 1 } })
      assert.deepStrictEqual(yield* commit(Counter, less, { n: 0 }), { outcome: "empty", store: { n: 0 } })
    })
  )

  it.effect("functions see the store at the commit, not the snapshot of prep", () =>
    Effect.gen(function* () {
      const ref = yield* Ref.make({ n: 1 })
      const seen: Array<number> = []
      const meanwhile = (action: "patch" | "decide") =>
        Node.make(Counter, {
          prep: (s) => s.n,
          exec: (n) => Effect.as(Ref.set(ref, { n: n * 100 }), n),
          post: (n) => {
            seen.push(n)
            return action === "patch"
              ? Counter.to("done", (s) => ({ n: s.n + 1 }))
              : Counter.decide((s) => ["done", { n: s.n + 1 }])
          }
        })
      yield* Flow.runRef(meanwhile("patch"), ref)
      assert.deepStrictEqual(yield* Ref.get(ref), { n: 101 })
      yield* Flow.runRef(meanwhile("decide"), ref)
      assert.deepStrictEqual(yield* Ref.get(ref), { n: 10_101 })
      assert.deepStrictEqual(seen, [1, 101])
    })
  )

  it.effect("a transition is a value: it can be committed many times, and does nothing by itself", () =>
    Effect.gen(function* () {
      let calls = 0
      const twice = Counter.to("done", (s) => {
        calls++
        return { n: s.n * 2 }
      })
      assert.strictEqual(calls, 0)
      const flow = Flow.make(Counter, {
        start: "a",
        nodes: { a: Node.make(Counter, { post: () => twice }), b: Node.make(Counter, { post: () => twice }) },
        edges: { a: { done: "b" } }
      })
      assert.deepStrictEqual(yield* Flow.run(flow, { n: 3 }), { outcome: "done", store: { n: 12 }, steps: 2 })
      assert.strictEqual(calls, 2)
    })
  )

  it.effect("updates make new stores: snapshots and initial values stay as they were", () =>
    Effect.gen(function* () {
      const snapshots: Array<typeof Counter.Type> = []
      const look = Node.make(Counter, {
        prep: (s) => {
          snapshots.push(s)
          return s
        },
        post: () => Counter.next((s) => ({ n: s.n + 1 }))
      })
      const init = Object.freeze({ n: 0 })
      const run = yield* Flow.run(Flow.sequence(Counter, { a: look, b: look }), init)
      assert.deepStrictEqual([...snapshots, run.store, init], [{ n: 0 }, { n: 1 }, { n: 2 }, { n: 0 }])
    })
  )

  it.effect("an update that throws is a defect of post, and changes nothing", () =>
    Effect.gen(function* () {
      const ref = yield* Ref.make({ n: 1 })
      const boom = new Error("boom")
      const broken = Node.make(Counter, {
        post: () =>
          Counter.next((): { n: number } => {
            throw boom
          })
      })
      assert.strictEqual(yield* defect(Flow.runRef(broken, ref)), boom)
      assert.deepStrictEqual(yield* Ref.get(ref), { n: 1 })
    })
  )

  it.effect("a post that gives no transition is a defect that says so", () =>
    Effect.gen(function* () {
      for (const answer of ["done", undefined, { n: 1 }]) {
        const error = yield* defect(Flow.run(Node.make(Counter, { post: () => answer as never }), { n: 0 }))
        assert.instanceOf(error, TypeError)
        assert.match(
          (error as TypeError).message,
          /^post must give a transition \(store\.to, store\.next or store\.decide\), not /
        )
      }
    })
  )

  it.effect("runs on one Ref lose none of each other's updates", () =>
    Effect.gen(function* () {
      const ref = yield* Ref.make({ n: 0 })
      const slow = Node.make(Counter, {
        exec: () => Effect.yieldNow,
        post: () => Counter.next((s) => ({ n: s.n + 1 }))
      })
      yield* Effect.all(
        Array.from({ length: 100 }, () => Flow.runRef(Flow.sequence(Counter, { slow, add }), ref)),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(yield* Ref.get(ref), { n: 200 })
    })
  )
})

describe("unset", () => {
  const all = { text: "t", note: "n" }

  it.effect("removes an optional key, in each form of an update", () =>
    Effect.gen(function* () {
      const transitions = [
        Draft.next({ note: Store.unset }),
        Draft.next(() => ({ note: Store.unset })),
        Draft.decide(() => ["default", { note: Store.unset }])
      ]
      for (const transition of transitions) {
        const { store } = yield* commit(Draft, transition, all)
        assert.deepStrictEqual(Object.entries(store), [["text", "t"]])
      }
    })
  )

  it.effect("of a key that is not there does nothing", () =>
    Effect.gen(function* () {
      const { store } = yield* commit(Draft, Draft.next({ note: Store.unset }), { text: "t" })
      assert.deepStrictEqual(Object.entries(store), [["text", "t"]])
    })
  )
})

describe("decode and encode", () => {
  const Dated = Store.make("Dated", {
    at: Schema.Date,
    n: Schema.Number,
    note: Schema.optionalKey(Schema.String)
  })

  it.effect("are JSON and back, for what JSON cannot say itself", () =>
    Effect.gen(function* () {
      for (const n of [1, -0, NaN, Infinity]) {
        const state = { at: new Date(86_400_000), n }
        const json = JSON.parse(JSON.stringify(yield* Store.encode(Dated, state)))
        assert.deepStrictEqual(yield* Store.decode(Dated, json), Object.is(n, -0) ? { ...state, n: 0 } : state)
      }
    })
  )

  it.effect("a state that does not fit is InvalidStore, with the name of the store and the key", () =>
    Effect.gen(function* () {
      const good = yield* Store.encode(Dated, { at: new Date(0), n: 1 })
      for (const [bad, key] of [
        [{ ...(good as {}), n: "one" }, "n"],
        [{ ...(good as {}), note: 1 }, "note"],
        [{ n: 1 }, "at"]
      ] as const) {
        const error = yield* Effect.flip(Store.decode(Dated, bad))
        assert.instanceOf(error, Store.InvalidStore)
        assert.strictEqual(error.store, "Dated")
        assert.include(error.reason, `["${key}"]`)
      }
      for (const bad of [null, undefined, 1, "x", []]) {
        assert.instanceOf(yield* Effect.flip(Store.decode(Dated, bad)), Store.InvalidStore)
      }
      const error = yield* Effect.flip(Store.encode(Dated, { at: new Date(0), n: "one" } as never))
      assert.instanceOf(error, Store.InvalidStore)
    })
  )
})
