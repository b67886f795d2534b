/** What goes wrong in a tool loop: failing tools, interruptions, pauses, checkpoints. */
import { assert, describe, it } from "@effect/vitest"
import { Laws, Property, ScriptedModel } from "@effect-pocketflow/testing"
import { Cause, Context, Deferred, Effect, Exit, Fiber, Layer, Option, Ref, Schedule } from "effect"
import { AiError, Prompt, Tool, Toolkit } from "effect/ai"
import { Flow, Node, Store } from "effect-pocketflow"
import * as fc from "fast-check"
import { ToolLoop } from "../../packages/ai/src/index.ts"
import { holds } from "../holds.ts"
import {
  ask,
  call,
  diary,
  handlers,
  isWellFormed,
  loop,
  NotFound,
  play,
  search,
  shown,
  told,
  toolkit
} from "./tools.ts"

const { Conversation } = ToolLoop

/** How a loop fails when the model asks for these calls, and where. */
const failureOf = <E, R>(
  loop: Flow.Flow<ToolLoop.Conversation, "answered", E, R>,
  ...pieces: ReadonlyArray<ScriptedModel.Piece>
) =>
  Effect.gen(function* () {
    const exit = yield* Effect.exit(Flow.run(loop, ask))
    if (Exit.isSuccess(exit)) return assert.fail(`a success: ${shown(exit.value.store).join("\n")}`)
    const { item, path } = Option.getOrThrow(Flow.siteOf(exit.cause))
    return { error: Cause.squash(exit.cause) as E, item, path }
  }).pipe(Effect.provide([ScriptedModel.layer({ replies: [pieces] }), handlers, diary]))

const returning = ToolLoop.make({ toolkit, failureMode: "return" })

describe("tools that fail", () => {
  it.effect("fail the node with their own error, where it was", () =>
    Effect.gen(function* () {
      const failure = yield* failureOf(loop, search("sea"), search("nothing"))
      assert.deepStrictEqual(failure, { error: new NotFound({ query: "nothing" }), item: 1, path: ["call"] })
    })
  )

  it.effect("tell the model if that is their failureMode, or that of the loop", () =>
    Effect.gen(function* () {
      const { diary, told: results } = yield* told(
        returning,
        search("nothing"),
        call("lookup", { query: "nobody" }),
        search("sea")
      )
      assert.strictEqual(
        results,
        'tool: !{"_tag":"NotFound","query":"nothing"} !{"_tag":"NotFound","query":"nobody"} "all about sea"'
      )
      assert.deepStrictEqual(diary, ["search nothing", "search sea"])
    })
  )

  it.effect("with an AiError of their own, too, as JSON", () =>
    Effect.gen(function* () {
      const kit = Toolkit.make(Tool.make("busy"), Tool.make("polite", { failureMode: "return" }))
      const layer = kit.toLayer({
        busy: () => new AiError.InvalidUserInputError({ description: "no" }),
        polite: () => new AiError.InvalidUserInputError({ description: "no" })
      })
      const { told: results } = yield* told(
        ToolLoop.make({ toolkit: kit, failureMode: "return" }),
        call("busy"),
        call("polite")
      ).pipe(Effect.provide(layer))
      assert.strictEqual(results?.match(/!{"_tag":"AiError"/g)?.length, 2)
      const { error } = yield* failureOf(ToolLoop.make({ toolkit: kit }), call("busy")).pipe(Effect.provide(layer))
      assert.strictEqual(error.reason._tag, "InvalidUserInputError")
    })
  )

  it.effect("with a defect: it stays one", () =>
    Effect.gen(function* () {
      const kit = Toolkit.make(Tool.make("dies", { failureMode: "return" }))
      const { error } = yield* failureOf(ToolLoop.make({ toolkit: kit, failureMode: "return" }), call("dies")).pipe(
        Effect.provide(kit.toLayer({ dies: () => Effect.die("a bug") }))
      )
      assert.strictEqual<unknown>(error, "a bug")
    })
  )

  it.effect("with a result that does not fit: an AiError, in every failureMode", () =>
    Effect.gen(function* () {
      for (const flow of [loop, returning]) {
        const { error } = yield* failureOf(flow, call("broken"))
        assert.isTrue(AiError.isAiError(error) && error.reason._tag === "ToolResultEncodingError", String(error))
      }
    })
  )

  it.effect("an allowed tool that the toolkit does not have is a mistake, found before the model is asked", () =>
    Effect.gen(function* () {
      const dynamic: Toolkit.WithHandler<Record<string, Tool.Any>> = (yield* toolkit) as never
      const error = yield* Effect.flip(Flow.run(ToolLoop.make({ toolkit: dynamic, allow: ["serach"] }), ask))
      assert.include(
        String(error),
        "'serach': It is allowed, but not in the toolkit, which has: search, lookup, save, remove, broken"
      )
      assert.isTrue(AiError.isAiError(error) && error.reason._tag === "ToolConfigurationError")
    }).pipe(Effect.provide([ScriptedModel.layer({}), handlers, diary]))
  )

  it.effect("are retried alone, and can be recovered from one by one", () =>
    Effect.gen(function* () {
      const { call: node, decide } = ToolLoop.nodes({ toolkit, allow: ["search"] })
      const flow = Flow.make(Conversation, {
        start: "decide",
        nodes: {
          decide: decide.pipe(Node.retry(Schedule.recurs(1))),
          call: node.pipe(
            Node.retry(Schedule.recurs(1)),
            Node.fallback((error, { call: { id, name } }) =>
              error._tag === "NotFound"
                ? Effect.succeed(
                    Prompt.toolResultPart({ id, name, isFailure: true, result: "try others", providerExecuted: false })
                  )
                : Effect.fail(error)
            )
          )
        },
        edges: { decide: { call: "call", again: "decide" }, call: { called: "decide" } }
      })
      const { diary, value } = yield* play(
        { replies: [[search("sea"), search("nothing")], "Done."], faults: { 0: new AiError.RateLimitError({}) } },
        Flow.run(flow, ask)
      )
      assert.strictEqual(shown(value.store)[2], 'tool: "all about sea" !"try others"')
      assert.deepStrictEqual(diary, ["search sea", "search nothing", "search nothing"])
    })
  )
})

describe("interruptions, pauses and checkpoints", () => {
  const kit = Toolkit.make(Tool.make("quick"), Tool.make("hang"))

  it.effect("an interruption in the middle of the calls leaves the conversation as it was, and stops the tools", () =>
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      const stopped = yield* Deferred.make<void>()
      const layer = kit.toLayer({
        quick: () => Effect.void,
        hang: () =>
          Effect.andThen(Deferred.succeed(begun, undefined), Effect.never).pipe(
            Effect.onInterrupt(() => Deferred.succeed(stopped, undefined))
          )
      })
      const { calls, value } = yield* play(
        { replies: [[call("quick"), call("hang")], "Never mind."] },
        Effect.gen(function* () {
          const ref = yield* Ref.make<typeof Conversation.Type>(ask)
          const loop = ToolLoop.make({ toolkit: kit, concurrency: 2 })
          const fiber = yield* Effect.forkChild(Flow.runRef(loop, ref))
          yield* Deferred.await(begun)
          yield* Fiber.interrupt(fiber)
          yield* Deferred.await(stopped)
          const left = yield* Ref.get(ref)
          assert.deepStrictEqual(shown(left), shown(ask))
          assert.deepStrictEqual(
            ToolLoop.calls(left).map(({ name }) => name),
            ["quick", "hang"]
          )
          // Asking on forgets the calls that were not run.
          yield* Ref.update(ref, ({ history, ...rest }) => ({ ...rest, history: Prompt.concat(history, "Well?") }))
          yield* Flow.runRef(loop, ref)
          return yield* Ref.get(ref)
        }).pipe(Effect.provide(layer))
      )
      assert.strictEqual(calls.at(-1)?.prompt, "Tell me of the sea.\n\nWell?")
      assert.deepStrictEqual(shown(value), [...shown(ask), "user: Well?", "assistant: Never mind."])
      assert.isUndefined(value.pending)
    })
  )

  it.effect("a human sees the calls before they are run, through a checkpoint, and decides", () =>
    Effect.gen(function* () {
      class Human extends Context.Service<Human, boolean>()("Human") {}
      const loop = ToolLoop.make({ toolkit, approve: () => Human })
      const goOn = (approves: boolean) =>
        play(
          { replies: [[call("remove", { query: "old" })], "Done."] },
          Effect.gen(function* () {
            const paused = yield* Flow.run(loop, ask, { pauseBefore: ["call"] })
            if (!Flow.isPaused(paused)) return assert.fail("it has no calls")
            assert.deepStrictEqual(
              ToolLoop.calls(paused.store).map(({ name, params }) => [name, params]),
              [["remove", { query: "old" }]]
            )
            const checkpoint = JSON.stringify([paused.position, yield* Store.encode(Conversation, paused.store)])
            const [position, store] = JSON.parse(checkpoint)
            const run = yield* Flow.resume(loop, position, yield* Store.decode(Conversation, store))
            return shown(run.store)[2]
          }).pipe(Effect.provideService(Human, approves))
        )
      assert.strictEqual((yield* goOn(true)).value, 'tool: "1970-01-01T00:00:00.000Z"')
      assert.include((yield* goOn(false)).value, "It was not approved")
    })
  )

  it.effect("calls that are taken away before they are run leave no trace", () =>
    Effect.gen(function* () {
      const { value } = yield* play(
        { replies: [[search("waves")], "As you like."] },
        Effect.gen(function* () {
          const paused = yield* Flow.run(loop, ask, { pauseBefore: ["call"] })
          if (!Flow.isPaused(paused)) return assert.fail("it has no calls")
          return yield* Flow.resume(loop, paused.position, { history: paused.store.history })
        })
      )
      assert.deepStrictEqual(shown(value.store), [...shown(ask), "assistant: As you like."])
    })
  )

  it.effect("what others say while the model thinks, and while the tools run, is kept", () =>
    Effect.gen(function* () {
      const kit = Toolkit.make(Tool.make("quick"))
      const ref = yield* Ref.make<typeof Conversation.Type>(ask)
      const say = (text: string) => Ref.update(ref, (s) => ({ ...s, history: Prompt.concat(s.history, text) }))
      yield* play(
        {
          replies: [
            [say("One more thing."), call("quick")],
            [say("And hurry."), "Done."]
          ]
        },
        Flow.runRef(ToolLoop.make({ toolkit: kit }), ref).pipe(
          Effect.provide(kit.toLayer({ quick: () => say("Ah, and this.") }))
        )
      )
      assert.deepStrictEqual(shown(yield* Ref.get(ref)), [
        ...shown(ask),
        "user: One more thing.",
        "user: Ah, and this.",
        "assistant: quick({})",
        "tool: null",
        "user: And hurry.",
        "assistant: Done."
      ])
    })
  )

  // --- laws: on conversations that a model and its tools could have had ------------------

  const mind: ScriptedModel.Script = {
    rules: [
      {
        when: /./s,
        reply: ({ prompt, tools }) => {
          const turn = prompt.split("\n\n").length
          if (tools.length === 0 || turn > 9) return [`That is all after ${turn}.`]
          // Half of what it asks for is wrong, or fails.
          const calls = asked[(turn + prompt.length) % asked.length]!
          return [`Turn ${turn}.`, ...calls.map((call, index) => ({ ...call, id: `call ${turn}.${index}` }))]
        }
      }
    ]
  }
  const asked: ReadonlyArray<ReadonlyArray<ReturnType<typeof call>>> = [
    [search("sea"), call("save", { text: "it" })],
    [call("lookup", { query: "nobody" }), call("lookup", { query: "sea" })],
    [call("nonsense"), call("search", {}), search("waves")],
    [call("remove", { query: "draft" }), call("remove", { query: "old" })],
    [],
    [search("sand"), search("nothing")]
  ]
  const layer = Layer.merge(ScriptedModel.layer(mind), Layer.provideMerge(handlers, diary))
  const questions = fc.array(fc.stringMatching(/^[a-z ?]{1,12}$/), { minLength: 1, maxLength: 4 })
  const states = questions.map((lines) => ({
    history: Prompt.make(lines.map((content) => ({ role: "user" as const, content })))
  }))
  const flow = Flow.make(Conversation, {
    start: "research",
    nodes: {
      research: ToolLoop.make({ toolkit, allow: ["search", "lookup"], concurrency: 2 }).pipe(Flow.budget({ steps: 5 })),
      all: returning
    },
    edges: { research: { answered: "all", exhausted: "all" } }
  })

  for (const law of Laws.all({ store: Conversation, flow, states, layer })) {
    holds(`tool loop: ${law.name}`, { ci: 30, soak: 3_000, counts: "conversations" }, law.check)
  }

  holds(
    "at every step a conversation can be sent to a model, and survives a checkpoint",
    { ci: 100, soak: 10_000, counts: "conversations" },
    (options) =>
      Property.check(
        states,
        (state) =>
          Flow.runForEach(flow, state, ({ store }) =>
            Effect.gen(function* () {
              assert.isTrue(isWellFormed(store), shown(store).join("\n"))
              const json = JSON.stringify(yield* Store.encode(Conversation, store))
              assert.deepStrictEqual(yield* Store.decode(Conversation, JSON.parse(json)), store)
            }).pipe(Effect.orDie)
          ).pipe(Effect.catchTags({ AiError: Effect.die, NotFound: () => Effect.void }), Effect.provide(layer)),
        options
      )
  )
})
