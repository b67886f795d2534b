/** What PocketFlow's TypeScript port and this library make of the same graph, where that differs. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Flow, Node } from "effect-pocketflow"
import * as PocketFlow from "pocketflow"
import { defect, Trail, visit } from "../../core/support.ts"
import { nobody, there, Visit, warned } from "./support.ts"
import type { Seen } from "./support.ts"

/** A start, and where the actions "default" and "left" lead, there. */
const fork = (start: PocketFlow.BaseNode) => {
  start.next(new Visit("by default"))
  start.on("left", new Visit("by left"))
  return new PocketFlow.Flow<Seen>(start)
}

/** The same here, for starts that end with one or the other. */
const forkHere = (start: Flow.Step<typeof Trail, "default" | "left">) =>
  Flow.make(Trail, {
    start: "start",
    nodes: { start, byDefault: visit("by default"), byLeft: visit("by left") },
    edges: { start: { default: "byDefault", left: "byLeft" } }
  })

/** Leaves a name in the trail, and could end with any of `A`, as far as the flow knows. */
const leave = <A extends string>(name: string, action: A) =>
  Node.make(Trail, { post: () => Trail.to(action, (s) => ({ seen: [...s.seen, name] })) })

describe("edges", () => {
  it.effect("an action that is wired twice: a warning and the last one there, here it does not compile [R4]", () =>
    Effect.gen(function* () {
      const start = new Visit("start")
      start.next(new Visit("first"))
      const [, warnings] = yield* Effect.promise(() => warned(() => start.next(new Visit("second"))))
      assert.deepStrictEqual(warnings, ["Overwriting successor for action 'default'"])
      assert.deepStrictEqual(yield* there(new PocketFlow.Flow(start)), {
        action: undefined,
        seen: ["start", "second"],
        warnings: []
      })

      const flow = Flow.make(Trail, {
        start: "start",
        nodes: { start: visit("start"), first: visit("first"), second: visit("second") },
        edges: {
          start: {
            // oxlint-disable-next-line no-dupe-keys -- it is what must not compile
            default: "first",
            // @ts-expect-error the same key twice
            default: "second"
          }
        }
      })
      assert.deepStrictEqual((yield* Flow.run(flow, nobody)).store, { seen: ["start", "second"] })
    })
  )

  it.effect("no start: a TypeError of the run there, here it does not compile and is refused [R6]", () =>
    Effect.gen(function* () {
      // Python's flow warns and gives None.
      assert.instanceOf((yield* there(new PocketFlow.Flow<Seen>(undefined as never))).error, TypeError)
      // @ts-expect-error there is no start
      assert.throws(() => Flow.make(Trail, { nodes: { a: visit("a") } }), Flow.InvalidFlow, "the flow has no start")
    })
  )

  it.effect("no action or an empty one is the default there, here an empty one is a defect [R8]", () =>
    Effect.gen(function* () {
      for (const action of [undefined, "", "default"]) {
        assert.deepStrictEqual((yield* there(fork(new Visit("start", action)))).seen, ["start", "by default"])
      }
      const next = Node.make(Trail, { post: () => Trail.next() })
      assert.deepStrictEqual((yield* Flow.run(forkHere(next), nobody)).store, { seen: ["by default"] })
      const empty: Flow.Step<typeof Trail, string> = Node.make(Trail, { post: () => Trail.to("") })
      assert.deepStrictEqual(
        yield* defect(Flow.run(empty, nobody)),
        new TypeError("post took an action without a name")
      )
    })
  )

  it.effect("an action that is not wired ends both, with a warning there, as an outcome here [R10]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* there(fork(new Visit("start", "right"))), {
        action: undefined,
        seen: ["start"],
        warnings: ["Flow ends: 'right' not found in [default,left]"]
      })
      const flow = Flow.make(Trail, {
        start: "start",
        nodes: { start: leave<"default" | "right">("start", "right"), next: visit("by default") },
        edges: { start: { default: "next" } }
      })
      assert.deepStrictEqual(yield* Flow.run(flow, nobody), {
        outcome: "right",
        store: { seen: ["start"] },
        steps: 1
      })
    })
  )

  it.effect("belong to the node there, wherever it is used, and to the flow here [no rule]", () =>
    Effect.gen(function* () {
      const node = new Visit("shared")
      const alone = new PocketFlow.Flow<Seen>(node)
      node.next(new Visit("of another flow"))
      assert.deepStrictEqual((yield* there(alone)).seen, ["shared", "of another flow"])
      // Run by itself it goes nowhere, and says so.
      assert.deepStrictEqual(yield* there(node), {
        action: undefined,
        seen: ["shared"],
        warnings: ["Node won't run successors. Use Flow."]
      })

      const shared = visit("shared")
      const flow = Flow.sequence(Trail, { shared, next: visit("of another flow") })
      assert.deepStrictEqual((yield* Flow.run(flow, nobody)).store, { seen: ["shared", "of another flow"] })
      assert.deepStrictEqual((yield* Flow.run(Flow.sequence(Trail, { shared }), nobody)).store, { seen: ["shared"] })
      assert.deepStrictEqual((yield* Flow.run(shared, nobody)).store, { seen: ["shared"] })
    })
  )
})

describe("the action of a flow", () => {
  const left = leave<"default" | "left">("inner", "left")

  it.effect("is lost there, and is the outcome here [R11]", () =>
    Effect.gen(function* () {
      // Python's flow gives its last action.
      assert.deepStrictEqual(yield* there(new PocketFlow.Flow(new Visit("inner", "left"))), {
        action: undefined,
        seen: ["inner"],
        warnings: []
      })
      assert.strictEqual((yield* Flow.run(Flow.sequence(Trail, { left }), nobody)).outcome, "left")
    })
  )

  it.effect("does not route the flow around there, and does here [R14]", () =>
    Effect.gen(function* () {
      // In Python it does.
      const inner = new PocketFlow.Flow(new Visit("inner", "left"))
      assert.deepStrictEqual((yield* there(fork(inner))).seen, ["inner", "by default"])
      const run = yield* Flow.run(forkHere(Flow.sequence(Trail, { left })), nobody)
      assert.deepStrictEqual(run.store, { seen: ["inner", "by left"] })
    })
  )

  it.effect("is only what its post gives there, nothing included; here a post must give a transition [R12]", () =>
    Effect.gen(function* () {
      class Telling extends PocketFlow.Flow<Seen> {
        override async post(shared: Seen): Promise<string> {
          shared.seen.push("post")
          return "left"
        }
      }
      // A post that returns nothing: also the only way in Python to lose the action.
      class Forgetful extends PocketFlow.Flow<Seen> {
        override async post(shared: Seen): Promise<undefined> {
          shared.seen.push("post")
        }
      }
      const inner = () => new Visit("inner", "left")
      assert.deepStrictEqual((yield* there(fork(new Telling(inner())))).seen, ["inner", "post", "by left"])
      assert.deepStrictEqual((yield* there(fork(new Forgetful(inner())))).seen, ["inner", "post", "by default"])

      const telling = Flow.call(Trail, left, {
        prep: (s) => s,
        post: (_input, { outcome, store }) => Trail.to(outcome, { seen: [...store.seen, "post"] })
      })
      const run = yield* Flow.run(forkHere(telling), nobody)
      assert.deepStrictEqual(run.store, { seen: ["inner", "post", "by left"] })
      const forgetful = Flow.call(Trail, left, {
        prep: (s) => s,
        // @ts-expect-error post must give a transition
        post: () => undefined
      })
      assert.instanceOf(yield* defect(Flow.run(forgetful, nobody)), TypeError)
    })
  )
})
