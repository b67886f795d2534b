/** What a human says of the calls before they are run, here or in another process. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Prompt } from "effect/ai"
import { Flow, Store } from "effect-pocketflow"
import { ToolLoop } from "../../packages/ai/src/index.ts"
import { ask, call, denied, isWellFormed, loop, play, search, shown, toolkit } from "./tools.ts"

const { Conversation } = ToolLoop

const date = '"1970-01-01T00:00:00.000Z"'
const no = denied("It was not approved")
const nobody = denied("It needs an approval, and nobody is there to give it")

const asJson = (u: unknown) => JSON.parse(JSON.stringify(u))
/** As it is after it was kept by one process and read by another. */
const kept = (store: typeof Conversation.Type) =>
  Effect.flatMap(Store.encode(Conversation, store), (json) => Store.decode(Conversation, asJson(json)))

const pausedBefore = <E, R>(loop: Flow.Flow<ToolLoop.Conversation, "answered", E, R>) =>
  Effect.map(Flow.run(loop, ask, { pauseBefore: ["call"] }), (run) =>
    Flow.isPaused(run) ? run : assert.fail("it has no calls")
  )

/** What the model is told of its calls, when a human says this of them. */
const reviewed = <E, R>(
  loop: Flow.Flow<ToolLoop.Conversation, "answered", E, R>,
  calls: ReadonlyArray<ReturnType<typeof call>>,
  decide: (call: Prompt.ToolCallPart) => boolean | undefined
) =>
  play(
    { replies: [calls, "Done."] },
    Effect.gen(function* () {
      const { position, store } = yield* pausedBefore(loop)
      const { store: end } = yield* Flow.resume(loop, position, yield* kept(ToolLoop.review(store, decide)))
      assert.deepStrictEqual(Object.keys(end), ["history"])
      assert.isTrue(isWellFormed(end))
      assert.deepStrictEqual(
        end.history.content.map(({ role }) => role),
        ["user", "assistant", "tool", "assistant"]
      )
      return shown(end)[2]
    })
  )

const remove = (query: string, id?: string) => call("remove", { query }, id)
const isOld = ({ params }: Prompt.ToolCallPart) => Object(params).query === "old"

describe("ToolLoop.review", () => {
  it.effect("one yes and one no, kept as JSON; nobody else is asked", () =>
    Effect.gen(function* () {
      const approve = () => Effect.die("it was decided already")
      for (const flow of [loop, ToolLoop.make({ toolkit, approve })]) {
        const { value } = yield* reviewed(flow, [remove("old"), remove("new")], isOld)
        assert.strictEqual(value, `tool: ${date} ${no}`)
      }
    })
  )

  it.effect("a no counts for every tool, a yes for none that is not allowed or unknown", () =>
    Effect.gen(function* () {
      const refused = yield* reviewed(loop, [search("waves"), search("tides")], ({ params }) =>
        JSON.stringify(params).includes("tides")
      )
      assert.strictEqual(refused.value, `tool: ${no} "all about tides"`)
      assert.deepStrictEqual(refused.diary, ["search tides"])

      const calls = [call("save", { text: "it" }), call("nonsense"), call("search", {})]
      const { diary, value } = yield* reviewed(ToolLoop.make({ toolkit, allow: ["search"] }), calls, () => true)
      assert.include(value, denied('The tool "save" may not be used here'))
      assert.include(value, denied('There is no tool "nonsense"'))
      assert.strictEqual(value?.match(/!/g)?.length, 3)
      assert.deepStrictEqual(diary, [])
    })
  )

  it.effect("what is left open is up to `approve`, or as it is without", () =>
    Effect.gen(function* () {
      const decide = (call: Prompt.ToolCallPart) => (isOld(call) ? true : undefined)
      const calls = [remove("old"), remove("new"), remove("draft"), search("waves")]
      const alone = yield* reviewed(loop, calls, decide)
      assert.strictEqual(alone.value, `tool: ${date} ${nobody} ${date} "all about waves"`)
      const approving = ToolLoop.make({ toolkit, approve: () => Effect.succeed(true) })
      const asked = yield* reviewed(approving, calls, decide)
      assert.strictEqual(asked.value, `tool: ${date} ${date} ${date} "all about waves"`)
    })
  )

  it.effect("the last word counts, call by call; of calls with one id a no wins", () =>
    Effect.gen(function* () {
      const { value } = yield* play(
        {
          replies: [[remove("a", "1"), remove("b", "2"), remove("c", "__proto__"), remove("d", "x"), remove("e", "x")]]
        },
        Effect.gen(function* () {
          const { store } = yield* pausedBefore(loop)
          const all = ToolLoop.review(store, () => true)
          const second = ToolLoop.review(all, ({ id }) => (id === "1" || id === "__proto__" ? false : undefined))
          const third = ToolLoop.review(second, ({ id, params }) =>
            id === "x" ? Object(params).query === "e" : undefined
          )
          assert.deepStrictEqual(ToolLoop.calls(third), ToolLoop.calls(store))
          const flow = Flow.make(Conversation, { start: "call", nodes: { call: ToolLoop.nodes({ toolkit }).call } })
          return shown((yield* Flow.run(flow, yield* kept(third))).store).at(-1)
        })
      )
      assert.strictEqual(value, `tool: ${no} ${date} ${no} ${no} ${no}`)
    })
  )

  it.effect("is for these calls: the next ones with the same ids are open again", () =>
    Effect.gen(function* () {
      const { value } = yield* play(
        { replies: [[remove("old", "1")], [remove("new", "1")], "Done."] },
        Effect.gen(function* () {
          const { position, store } = yield* pausedBefore(loop)
          const yes = ToolLoop.review(store, () => true)
          return shown((yield* Flow.resume(loop, position, yes)).store)
        })
      )
      assert.deepStrictEqual([value[2], value[4]], [`tool: ${date}`, `tool: ${nobody}`])
      const anew = yield* play(
        { replies: [[remove("old", "1")], [remove("new", "1")], "Done."] },
        Effect.gen(function* () {
          const { store } = yield* pausedBefore(loop)
          // The loop begins anew, with the old decisions still there.
          const { store: end } = yield* Flow.run(
            loop,
            ToolLoop.review(store, () => true)
          )
          return shown(end)[2]
        })
      )
      assert.strictEqual(anew.value, `tool: ${nobody}`)
    })
  )

  it.effect("without calls there is nothing to say", () =>
    Effect.sync(() => {
      assert.strictEqual(
        ToolLoop.review(ask, () => assert.fail("there is no call")),
        ask
      )
    })
  )
})

describe("ToolLoop.reviewAt", () => {
  const Report = Store.make("Report", { topic: Schema.String, text: Schema.optionalKey(Schema.String) })
  const report = Flow.call(Report, loop, {
    prep: (s) => ({ history: Prompt.make(s.topic) }),
    post: (_, { store }) => Report.to("reported", { text: shown(store)[2] ?? "" })
  })
  const Book = Store.make("Book", { topics: Schema.Array(Schema.String), chapter: Schema.optionalKey(Schema.String) })
  const book = Flow.call(Book, Flow.make(Report, { start: "report", nodes: { report } }), {
    prep: (s) => ({ topic: s.topics[0] ?? "" }),
    post: (_, { store }) => Book.to("printed", { chapter: store.text ?? "" })
  })
  const replies = [[remove("old"), remove("new")], "Done."]

  it.effect("decides where the loop is inside of other flows, kept as JSON", () =>
    Effect.gen(function* () {
      const { value } = yield* play(
        { replies },
        Effect.gen(function* () {
          const paused = yield* Flow.run(book, { topics: ["the sea"] }, { pauseBefore: ["call"] })
          if (!Flow.isPaused(paused)) return assert.fail("it has no calls")
          const position = yield* Schema.decodeUnknownEffect(Flow.Position)(asJson(paused.position))
          assert.deepStrictEqual(
            (yield* ToolLoop.callsAt(position)).map(({ params }) => params),
            [{ query: "old" }, { query: "new" }]
          )
          const decided = yield* ToolLoop.reviewAt(position, isOld)
          assert.deepStrictEqual(decided.calls[0], position.calls[0])
          assert.deepStrictEqual({ ...decided, calls: [] }, { ...position, calls: [] })
          return (yield* Flow.resume(book, asJson(decided), paused.store)).store
        })
      )
      assert.deepStrictEqual(value, { topics: ["the sea"], chapter: `tool: ${date} ${no}` })
    })
  )

  it.effect("a position that is in no loop is a typed error; one without calls stays as it is", () =>
    Effect.gen(function* () {
      const start = Flow.start(loop)
      const error = yield* Effect.flip(ToolLoop.reviewAt(start, () => true))
      assert.deepStrictEqual([error._tag, error.store], ["InvalidStore", "Conversation"])
      const paused = yield* Flow.run(report, { topic: "the sea" }, { pauseBefore: ["decide"] })
      if (!Flow.isPaused(paused)) return assert.fail("it was not paused")
      assert.deepStrictEqual(yield* ToolLoop.callsAt(paused.position), [])
      assert.strictEqual(yield* ToolLoop.reviewAt(paused.position, () => true), paused.position)
    }).pipe((program) => play({}, program))
  )
})
