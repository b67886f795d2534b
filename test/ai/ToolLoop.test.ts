import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Schema, Stream } from "effect"
import { Prompt, Tool, Toolkit } from "effect/ai"
import { FakeOpenAi, ScriptedModel } from "@effect-pocketflow/testing"
import { Flow, Node, Store } from "effect-pocketflow"
import { OpenAi, ToolLoop } from "../../packages/ai/src/index.ts"
import {
  ask,
  call,
  denied,
  diary,
  handlers,
  isWellFormed,
  loop,
  play,
  query,
  search,
  shown,
  told,
  toolkit
} from "./tools.ts"

const { Conversation } = ToolLoop

describe("ToolLoop.make", () => {
  it.effect("decides, calls, and decides again until it answers", () =>
    Effect.gen(function* () {
      const { calls, diary, value } = yield* play(
        { replies: [["Let me see.", search("waves"), search("tides")], [call("save", { text: "it" })], "It is wet."] },
        Flow.run(loop, ask)
      )
      assert.strictEqual(value.outcome, "answered")
      assert.strictEqual(value.steps, 5)
      assert.deepStrictEqual(shown(value.store), [
        "user: Tell me of the sea.",
        'assistant: Let me see. search({"query":"waves"}) search({"query":"tides"})',
        'tool: "all about waves" "all about tides"',
        'assistant: save({"text":"it"})',
        "tool: null",
        "assistant: It is wet."
      ])
      assert.strictEqual(ToolLoop.answer(value.store), "It is wet.")
      assert.deepStrictEqual(Object.keys(value.store), ["history"])
      assert.deepStrictEqual(diary, ["search waves", "search tides", "save it"])
      assert.deepStrictEqual(
        calls.map(({ tools }) => tools.length),
        [5, 5, 5]
      )
    })
  )

  it.effect("results are in the order of the calls, whichever is ready first", () =>
    Effect.gen(function* () {
      const first = yield* Deferred.make<void>()
      const kit = Toolkit.make(
        Tool.make("slow", { success: Schema.String }),
        Tool.make("fast", { success: Schema.String })
      )
      const { value } = yield* play(
        { replies: [[call("slow"), call("fast")], "Done."] },
        Flow.run(ToolLoop.make({ toolkit: kit, concurrency: 2 }), ask).pipe(
          Effect.provide(
            kit.toLayer({
              slow: () => Effect.as(Deferred.await(first), "slow"),
              fast: () => Effect.as(Deferred.succeed(first, undefined), "fast")
            })
          )
        )
      )
      assert.strictEqual(shown(value.store)[2], 'tool: "slow" "fast"')
    })
  )

  it.effect("a second question continues the conversation, and the first answer is not its own", () =>
    Effect.gen(function* () {
      const { value } = yield* play(
        { replies: ["It is wet.", ({ prompt }) => `You said: ${prompt.split("\n\n")[1]}`] },
        Effect.gen(function* () {
          const first = yield* Flow.run(loop, ask)
          const history = Prompt.concat(first.store.history, "Why?")
          assert.strictEqual(ToolLoop.answer({ history }), "")
          return ToolLoop.answer((yield* Flow.run(loop, { history })).store)
        })
      )
      assert.strictEqual(value, "You said: It is wet.")
    })
  )

  it.effect("works inside of a flow over another store, within a budget, with what it has", () =>
    Effect.gen(function* () {
      const Report = Store.make("Report", { topic: Schema.String, text: Schema.optionalKey(Schema.String) })
      const research = Flow.make(Conversation, {
        start: "loop",
        nodes: {
          loop: loop.pipe(Flow.budget({ steps: 3 })),
          // Without tools it can only answer. Its history is whole, though the third visit asked for a tool.
          conclude: ToolLoop.make({ toolkit, allow: [] })
        },
        edges: { loop: { exhausted: "conclude" } }
      })
      const report = Flow.call(Report, research, {
        prep: (s) => ({ history: Prompt.make(s.topic) }),
        post: (_, { store }) => Report.to("reported", { text: ToolLoop.answer(store) })
      })
      const { calls, value } = yield* play(
        { rules: [{ when: ({ tools }) => tools.length > 0, reply: [search("more")] }], replies: ["Enough."] },
        Flow.run(report, { topic: "the sea" })
      )
      assert.deepStrictEqual(value, { outcome: "reported", store: { topic: "the sea", text: "Enough." }, steps: 4 })
      assert.deepStrictEqual(
        calls.map(({ prompt, tools }) => [prompt, tools.length]),
        [
          ["the sea", 5],
          ['the sea\n\n"all about more"', 5],
          ['the sea\n\n"all about more"', 0]
        ].map(([prompt, tools]) => [String(prompt).replace("\n\n", "\n\n\n\n"), tools])
      )
      assert.include(Flow.toMermaid(report), '"decide"')
    })
  )

  const concluding = Flow.make(Conversation, {
    start: "research",
    nodes: {
      research: loop.pipe(Flow.budget({ steps: 4 })),
      conclude: ToolLoop.make({ toolkit: Toolkit.empty }).pipe(Flow.budget({ steps: 1 }))
    },
    edges: { research: { exhausted: "conclude" } }
  })

  it.effect("a spent budget ends with an answer, if the model can stop when there are no tools", () =>
    Effect.gen(function* () {
      const offered = { when: ({ tools }: ScriptedModel.Call) => tools.length > 0, reply: [search("more")] }
      const { diary, value } = yield* play({ rules: [offered], replies: ["Enough."] }, Flow.run(concluding, ask))
      assert.deepStrictEqual([value.outcome, value.steps], ["answered", 5])
      assert.strictEqual(ToolLoop.answer(value.store), "Enough.")
      assert.deepStrictEqual(diary, ["search more", "search more"])

      const always = { when: /./, reply: ["Wait.", search("more")] }
      const { value: run } = yield* play({ rules: [always] }, Flow.run(concluding, ask))
      assert.deepStrictEqual([run.outcome, run.steps], ["exhausted", 5])
      assert.isTrue(isWellFormed(run.store))
    })
  )

  it.live("a last turn without tools goes to a server with the calls of those before", () =>
    Effect.gen(function* () {
      const server = yield* FakeOpenAi.make({
        rules: [
          {
            when: ({ body }) => Object.hasOwn(Object(body), "tools"),
            reply: [{ type: "tool-call", name: "search", params: { query: "more" } }]
          }
        ],
        replies: ["Enough."]
      })
      const { outcome, store } = yield* Flow.run(concluding, ask).pipe(
        Effect.provide([OpenAi.layer({ model: "test", baseURL: server.baseURL }), handlers, diary])
      )
      assert.deepStrictEqual([outcome, ToolLoop.answer(store)], ["answered", "Enough."])
      const { body } = (yield* server.requests).at(-1)!
      assert.deepStrictEqual(
        Object(body).messages.map(({ role }: { role: string }) => role),
        ["user", "assistant", "tool", "assistant", "tool"]
      )
    })
  )

  it.effect("streams its text, and what handlers say, to whoever watches", () =>
    Effect.gen(function* () {
      const tokens = Flow.Channel<string>("tokens")
      const progress = Flow.Channel<number>("progress")
      const kit = Toolkit.make(Tool.make("work"))
      const events = yield* Flow.stream(ToolLoop.make({ toolkit: kit, channel: tokens }), ask, {
        channels: [tokens, progress]
      }).pipe(
        Stream.map((event) =>
          event._tag === "Emitted"
            ? `${event.path} ${event.item} ${event.value}`
            : event._tag === "Finished"
              ? `${event.path} -> ${event.action}`
              : event._tag
        ),
        Stream.runCollect,
        Effect.provide([
          kit.toLayer({ work: () => progress.emit(50) }),
          ScriptedModel.layer({ replies: [["Wait.", call("work"), call("work")], "All done."] })
        ])
      )
      assert.deepStrictEqual(events, [
        "Started",
        "decide undefined Wait.",
        "decide -> call",
        "Started",
        "call 0 50",
        "call 1 50",
        "call -> called",
        "Started",
        "decide undefined All ",
        "decide undefined done.",
        "decide -> answered",
        "Completed"
      ])
    })
  )

  it.effect("a tool may show the model something else than its result", () =>
    Effect.gen(function* () {
      const picture = new Uint8Array([1, 2, 3])
      const draw = Tool.make("draw", {
        success: Schema.Date,
        toModelOutput: () => [
          Prompt.textPart({ text: "a picture" }),
          Prompt.filePart({ mediaType: "image/png", data: picture })
        ]
      })
      const kit = Toolkit.make(draw)
      const { calls, value } = yield* play(
        { replies: [[call("draw")], "Nice."] },
        Flow.run(ToolLoop.make({ toolkit: kit }), ask).pipe(
          Effect.provide(kit.toLayer({ draw: () => Effect.succeed(new Date(0)) }))
        )
      )
      assert.include(calls[1]?.prompt, "a picture")
      const json = JSON.stringify(yield* Store.encode(Conversation, value.store))
      assert.deepStrictEqual(yield* Store.decode(Conversation, JSON.parse(json)), value.store)
    })
  )

  it.effect("handlers get the id of the call, as an idempotency key", () =>
    Effect.gen(function* () {
      const kit = Toolkit.make(Tool.make("pay", { success: Schema.String }))
      const { value } = yield* play(
        { replies: [[call("pay", {}, "call 7")], "Done."] },
        Flow.run(ToolLoop.make({ toolkit: kit }), ask).pipe(
          Effect.provide(kit.toLayer({ pay: (_, { toolCallId }) => Effect.succeed(toolCallId ?? "none") }))
        )
      )
      assert.strictEqual(shown(value.store)[2], 'tool: "call 7"')
    })
  )

  it.effect("of the results of a tool, the last one counts; those before are preliminary", () =>
    Effect.gen(function* () {
      const kit = Toolkit.make(Tool.make("count", { success: Schema.Number }))
      const { value } = yield* play(
        { replies: [[call("count")], "Done."] },
        Flow.run(ToolLoop.make({ toolkit: kit }), ask).pipe(
          Effect.provide(
            kit.toLayer({ count: (_, { preliminary }) => Effect.as(Effect.andThen(preliminary(1), preliminary(2)), 3) })
          )
        )
      )
      assert.strictEqual(shown(value.store)[2], "tool: 3")
    })
  )

  it.effect("calls that the provider has executed are left to it; a paused turn goes on", () =>
    Effect.gen(function* () {
      const Web = Tool.providerDefined({
        id: "lab.web",
        customName: "web",
        providerName: "web",
        args: Schema.Struct({}),
        parameters: query,
        success: Schema.String
      })({})
      const own = { id: "w", name: "web", providerExecuted: true }
      const usage = { inputTokens: {}, outputTokens: {} }
      const { calls, value } = yield* play(
        {
          replies: [
            [
              { type: "tool-call", params: { query: "sea" }, ...own },
              { type: "finish", reason: "pause", usage }
            ],
            [{ type: "tool-result", result: "salt", isFailure: false, ...own }, "It is salty."]
          ]
        },
        Flow.run(ToolLoop.make({ toolkit: Toolkit.make(Web) }), ask)
      )
      assert.strictEqual(calls.length, 2)
      assert.deepStrictEqual(shown(value.store), [
        "user: Tell me of the sea.",
        'assistant: web({"query":"sea"})',
        'assistant: "salt" It is salty.'
      ])
    })
  )
})

describe("what the model may not do", () => {
  it.effect("a tool that is not allowed is neither offered nor run, and the model is told", () =>
    Effect.gen(function* () {
      const { calls, diary, value } = yield* play(
        { replies: [[call("save", { text: "injected" }), search("waves")], "Done."] },
        Flow.run(ToolLoop.make({ toolkit, allow: ["search"] }), ask)
      )
      assert.deepStrictEqual(
        calls.map(({ tools }) => tools),
        [["search"], ["search"]]
      )
      assert.strictEqual(
        shown(value.store)[2],
        `tool: ${denied('The tool "save" may not be used here')} "all about waves"`
      )
      assert.deepStrictEqual(diary, ["search waves"])
    })
  )

  it.effect("loops with different allowlists follow each other on one conversation", () =>
    Effect.gen(function* () {
      const flow = Flow.make(Conversation, {
        start: "research",
        nodes: {
          research: ToolLoop.make({ toolkit, allow: ["search"] }),
          turn: Node.make(Conversation, {
            post: () => Conversation.next((s) => ({ history: Prompt.concat(s.history, "Save it.") }))
          }),
          publish: ToolLoop.make({ toolkit, allow: ["save"] })
        },
        edges: { research: { answered: "turn" }, turn: { default: "publish" } }
      })
      const { calls, diary, value } = yield* play(
        {
          replies: [[search("waves")], "They roll.", [search("more"), call("save", { text: "They roll." })], "Saved."]
        },
        Flow.run(flow, ask)
      )
      assert.deepStrictEqual(
        calls.map(({ tools }) => tools.join()),
        ["search", "search", "save", "save"]
      )
      assert.deepStrictEqual(diary, ["search waves", "save They roll."])
      assert.isTrue(isWellFormed(value.store))
      assert.strictEqual(value.outcome, "answered")
    })
  )

  it.effect("unknown tools and wrong parameters are told to the model", () =>
    Effect.gen(function* () {
      const { diary, told: results } = yield* told(
        loop,
        call("constructor"),
        call("search", { query: 7 }),
        call("lookup", { query: 7 })
      )
      assert.deepStrictEqual(diary, [])
      assert.include(results, denied('There is no tool "constructor"'))
      assert.include(results, `Invalid parameters for tool 'search': Expected string`)
      assert.include(results, `"_tag":"ToolParameterValidationError","toolName":"lookup"`)
      assert.strictEqual(results?.match(/!/g)?.length, 3)
    })
  )

  it.effect("a tool that needs an approval is run if somebody approves, and else refused", () =>
    Effect.gen(function* () {
      const seen: Array<Prompt.ToolCallPart> = []
      const approve = (call: Prompt.ToolCallPart) =>
        Effect.sync(() => {
          seen.push(call)
          return JSON.stringify(call.params).includes("old")
        })
      const remove = (query: unknown) => call("remove", { query })
      const calls = [remove("old"), remove("new"), remove("draft"), remove(1)]
      const date = '"1970-01-01T00:00:00.000Z"'
      const asked = yield* told(ToolLoop.make({ toolkit, approve }), ...calls)
      assert.isTrue(asked.told?.startsWith(`tool: ${date} ${denied("It was not approved")} ${date} !`), asked.told)
      assert.deepStrictEqual(
        seen.map(({ params }) => params),
        [{ query: "old" }, { query: "new" }]
      )
      const alone = yield* told(loop, remove("old"), remove("draft"))
      assert.strictEqual(alone.told, `tool: ${denied("It needs an approval, and nobody is there to give it")} ${date}`)
      const always = Toolkit.make(Tool.make("launch", { needsApproval: true }))
      const launched = yield* told(ToolLoop.make({ toolkit: always }), call("launch")).pipe(
        Effect.provide(always.toLayer({ launch: () => Effect.die("launched") }))
      )
      assert.strictEqual(launched.told, `tool: ${denied("It needs an approval, and nobody is there to give it")}`)
    })
  )

  it.effect("a reply that is not whole fails, and runs none of its calls", () =>
    Effect.gen(function* () {
      const usage = { inputTokens: {}, outputTokens: {} }
      for (const channel of [undefined, Flow.Channel<string>("tokens")]) {
        const { diary, value } = yield* play(
          { replies: [[search("waves"), { type: "finish", reason: "length", usage }]] },
          Effect.flip(Flow.run(ToolLoop.make({ toolkit, channel }), ask))
        )
        assert.include(String(value), 'The reply is not whole: it finished with "length"')
        assert.deepStrictEqual(diary, [])
      }
    })
  )
})
