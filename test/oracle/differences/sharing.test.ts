/** What PocketFlow's TypeScript port and this library make of params and the store, where that differs. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Ref, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import * as PocketFlow from "pocketflow"
import { Trail, visit } from "../../core/support.ts"
import { Item, Look, look, nobody, there, turn, Visit } from "./support.ts"
import type { Seen } from "./support.ts"

/** A batch flow over these params. */
const overThere = (all: Array<{ [name: string]: number }>, start: PocketFlow.BaseNode, base = PocketFlow.BatchFlow) =>
  new (class extends base<Seen> {
    override async prep(): Promise<Array<{}>> {
      return all
    }
  })(start)

const over = <A extends string, E>(items: ReadonlyArray<number>, flow: Flow.Step<typeof Trail, A, E, Item>) =>
  Flow.forEach(flow, { params: Item, prep: () => items })

describe("params", () => {
  it.effect(
    "are merged over those around, and actions dropped; here services add up, and post sees outcomes [R22]",
    () =>
      Effect.gen(function* () {
        const inner = overThere([{ item: 1 }, { item: 2 }], new Look())
        const outer = overThere([{ author: 7 }, { item: 8 }], inner)
        inner.on("left", new Visit("never"))
        assert.deepStrictEqual((yield* there(outer.setParams({ flow: 0 }))).seen, [
          '{"flow":0,"author":7,"item":1}',
          '{"flow":0,"author":7,"item":2}',
          '{"flow":0,"item":1}',
          '{"flow":0,"item":2}'
        ])

        const step = Node.make(Trail, {
          prep: () => Item,
          post: (item) => Trail.to(item > 1 ? "left" : "default", (s) => ({ seen: [...s.seen, String(item)] }))
        })
        const each = Flow.forEach(step, {
          params: Item,
          prep: () => [1, 2],
          post: (_items, outcomes) => Trail.to(outcomes.includes("left") ? "left" : "default")
        })
        assert.deepStrictEqual(yield* Flow.run(each, nobody), {
          outcome: "left",
          store: { seen: ["1", "2"] },
          steps: 1
        })
      })
  )

  it.effect("of a node or a nested flow are overwritten by the flow there, the nearest ones hold here [R24]", () =>
    Effect.gen(function* () {
      const node = new Look().setParams({ item: 1 })
      const nested = new PocketFlow.Flow<Seen>(new Look()).setParams({ item: 2 })
      node.next(nested)
      const flow = () => new PocketFlow.Flow<Seen>(node)
      assert.deepStrictEqual((yield* there(flow())).seen, ["{}", "{}"])
      assert.deepStrictEqual((yield* there(flow().setParams({ other: 3 }))).seen, ['{"other":3}', '{"other":3}'])

      const here = Flow.sequence(Trail, {
        node: over([1], look),
        nested: over([2], Flow.sequence(Trail, { look })),
        look
      })
      const run = yield* Effect.provideService(Flow.run(here, nobody), Item, 3)
      assert.deepStrictEqual(run.store, { seen: ["1", "2", "3"] })
    })
  )

  it.effect("are one object there that any node may change for those after it, and are fixed here [R25]", () =>
    Effect.gen(function* () {
      class Change extends PocketFlow.Node<Seen, { item?: number }> {
        override async prep(): Promise<void> {
          this._params.item = 99
        }
      }
      const before = new Look()
      before.next(new Change()).next(new Look())
      const all = [{ item: 1 }, { item: 2 }]
      // A run that begins after the change has params of its own; but without a batch flow they are the flow's.
      assert.deepStrictEqual((yield* there(overThere(all, before))).seen, [
        '{"item":1}',
        '{"item":99}',
        '{"item":2}',
        '{"item":99}'
      ])
      const flow = new PocketFlow.Flow<Seen>(before).setParams({ item: 1 })
      assert.deepStrictEqual((yield* there(flow)).seen, ['{"item":1}', '{"item":99}'])
      assert.deepStrictEqual((yield* there(flow)).seen, ['{"item":99}', '{"item":99}'])

      const change = Node.make(Trail, { exec: () => Effect.provideService(Flow.run(look, nobody), Item, 99) })
      const here = over([1, 2], Flow.sequence(Trail, { before: look, change, after: look }))
      for (const _ of [1, 2]) {
        assert.deepStrictEqual((yield* Flow.run(here, nobody)).store, { seen: ["1", "1", "2", "2"] })
      }
    })
  )
})

describe("the store", () => {
  it.effect("runs at once lose what others write in between there, and no update here [R23]", () =>
    Effect.gen(function* () {
      const items = [1, 2, 3]
      class Push extends PocketFlow.Node<{ seen: ReadonlyArray<string> }, { item: number }> {
        override async prep(shared: { seen: ReadonlyArray<string> }): Promise<ReadonlyArray<string>> {
          return shared.seen
        }
        override async post(shared: { seen: ReadonlyArray<string> }, before: unknown): Promise<undefined> {
          shared.seen = [...(before as ReadonlyArray<string>), String(this._params.item)]
        }
      }
      const all = items.map((item) => ({ item }))
      const { seen } = yield* there(overThere(all, new Push(), PocketFlow.ParallelBatchFlow as never))
      assert.deepStrictEqual(seen, ["3"])

      const here = Flow.forEach(look, { params: Item, prep: () => items, concurrency: "unbounded" })
      assert.deepStrictEqual((yield* Flow.run(here, nobody)).store, { seen: ["1", "2", "3"] })
    })
  )

  it.effect("is still written there after the run has failed, and not here [R21]", () =>
    Effect.gen(function* () {
      class Slow extends PocketFlow.Node<Seen, { item: number }> {
        override async exec(): Promise<void> {
          if (this._params.item === 1) throw new Error("one")
          await new Promise(setImmediate)
        }
        override async post(shared: Seen): Promise<undefined> {
          shared.seen.push(String(this._params.item))
        }
      }
      const all = [{ item: 1 }, { item: 2 }]
      const shared: Seen = { seen: [] }
      const run = yield* there(overThere(all, new Slow(), PocketFlow.ParallelBatchFlow as never), shared)
      assert.deepStrictEqual(run, { error: new Error("one"), seen: [], warnings: [] })
      yield* turn
      assert.deepStrictEqual(shared.seen, ["2"])

      const slow = Node.make(Trail, {
        prep: () => Item,
        exec: (item) => (item === 1 ? Effect.fail("one") : turn),
        post: (item) => Trail.next((s) => ({ seen: [...s.seen, String(item)] }))
      })
      const ref = yield* Ref.make<typeof Trail.Type>(nobody)
      const here = Flow.forEach(slow, { params: Item, prep: () => [1, 2], concurrency: "unbounded" })
      assert.strictEqual(yield* Effect.flip(Flow.runRef(here, ref)), "one")
      yield* turn
      assert.deepStrictEqual(yield* Ref.get(ref), nobody)
    })
  )

  it.effect("keeps half of what a failed post has written there, and nothing of it here [R29]", () =>
    Effect.gen(function* () {
      class Half extends PocketFlow.Node<Seen> {
        override async post(shared: Seen): Promise<never> {
          shared.seen.push("half")
          throw new Error("of post")
        }
      }
      const start = new Visit("before")
      start.next(new Half())
      assert.deepStrictEqual((yield* there(new PocketFlow.Flow(start))).seen, ["before", "half"])

      const Pair = Store.make("Pair", { a: Schema.Number, b: Schema.Number })
      const whole = Node.make(Pair, { post: () => Pair.next({ a: 1, b: 1 }) })
      const half = Node.make(Pair, { post: () => Effect.as(Effect.fail("of post"), Pair.next({ a: 2 })) })
      const ref = yield* Ref.make({ a: 0, b: 0 })
      assert.strictEqual(yield* Effect.flip(Flow.runRef(Flow.sequence(Pair, { whole, half }), ref)), "of post")
      assert.deepStrictEqual(yield* Ref.get(ref), { a: 1, b: 1 })
    })
  )
})

describe("hooks", () => {
  it.effect("of flows run in both: what Python skips, the port does not [R28]", () =>
    Effect.gen(function* () {
      for (const base of [PocketFlow.BatchFlow, PocketFlow.ParallelBatchFlow]) {
        class Hooked extends base<Seen> {
          override async prep(shared: Seen): Promise<Array<{}>> {
            shared.seen.push("prep")
            return [{}, {}]
          }
          override async post(shared: Seen): Promise<string> {
            shared.seen.push("post")
            return "done"
          }
        }
        assert.deepStrictEqual(yield* there(new Hooked(new Visit("inner"))), {
          action: "done",
          seen: ["prep", "inner", "inner", "post"],
          warnings: []
        })
      }

      const log: Array<string> = []
      for (const concurrency of [1, "unbounded"] as const) {
        const hooked = Flow.forEach(visit("inner"), {
          params: Item,
          prep: () => (log.push("prep"), [1, 2]),
          post: () => (log.push("post"), Trail.to("done")),
          concurrency
        })
        assert.deepStrictEqual(yield* Flow.run(hooked, nobody), {
          outcome: "done",
          store: { seen: ["inner", "inner"] },
          steps: 1
        })
        assert.deepStrictEqual(log.splice(0), ["prep", "post"])
      }
    })
  )
})
