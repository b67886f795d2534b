import { assert, describe, it } from "@effect/vitest"
import { Effect, Ref, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import { timed } from "./support.ts"

const Strings = Schema.Array(Schema.String)

// Upstream's agents take a message in prep, by a mutation. Here prep reads it, and post takes it in the same
// transition that leaves the answer. A batch of at most one: an agent may find its queue empty.

const Inbox = Store.make("Inbox", { messages: Strings, processed: Strings })

/** Processes one message after the other until there is none. */
const listener = (name: string, millis: number) =>
  Flow.make(Inbox, {
    start: "listen",
    nodes: {
      listen: Node.batch(Inbox, {
        prep: (s) => s.messages.slice(0, 1),
        exec: (message) => Effect.delay(Effect.succeed(`${name}: ${message}`), millis),
        post: (taken, done) =>
          Inbox.decide((s) => {
            const messages = s.messages.slice(taken.length)
            return [messages.length === 0 ? "finished" : "continue", { messages, processed: [...s.processed, ...done] }]
          })
      })
    },
    edges: { listen: { continue: "listen" } }
  })

const Taboo = Store.make("Taboo", {
  target: Schema.String,
  forbidden: Strings,
  requests: Strings,
  hints: Strings,
  guesses: Strings,
  maxGuesses: Schema.Number,
  verdict: Schema.optionalKey(Schema.Literals(["right", "wrong"]))
})

/** The first of a queue, if there is one; the other agent gets its turn. */
const poll = (queue: ReadonlyArray<string>) => Effect.as(Effect.yieldNow, queue.slice(0, 1))

/** Gives a hint for each request. */
const hinter = Node.batch(Taboo, {
  prep: (s) => Effect.map(poll(s.requests), (requests) => requests.map((request) => ({ ...s, request }))),
  exec: ({ forbidden, guesses }) => Effect.succeed(`no ${forbidden.join()}, hint ${guesses.length + 1}`),
  post: (taken, hints) =>
    Taboo.decide((s) =>
      s.verdict === undefined
        ? ["continue", { requests: s.requests.slice(taken.length), hints: [...s.hints, ...hints] }]
        : "finished"
    )
})

/** Guesses by each hint, and asks for another until it is right or has guessed too often. */
const guesser = Node.batch(Taboo, {
  prep: (s) => poll(s.hints),
  exec: (hint) => Effect.succeed(hint.endsWith("hint 1") ? "icicle" : "popsicle"),
  post: (taken, made) =>
    Taboo.decide((s) => {
      if (made.length === 0) return "continue"
      const hints = s.hints.slice(taken.length)
      const guesses = [...s.guesses, ...made]
      if (made.includes(s.target)) return ["finished", { hints, guesses, verdict: "right" }]
      if (guesses.length >= s.maxGuesses) return ["finished", { hints, guesses, verdict: "wrong" }]
      return ["continue", { hints, guesses, requests: [...s.requests, "another"] }]
    })
})

describe("Multi-Agent Pattern Tests", () => {
  it.effect("Basic Agent Message Queue [R7 R10]", () =>
    Effect.gen(function* () {
      const messages = ["system up", "memory fine", "network stable", "load low"]
      assert.deepStrictEqual(yield* timed(Flow.run(listener("seen", 0), { messages, processed: [] })), {
        took: 0,
        outcome: "finished",
        store: {
          messages: [],
          processed: ["seen: system up", "seen: memory fine", "seen: network stable", "seen: load low"]
        },
        steps: 4
      })
    })
  )

  it.effect("Taboo Game Multi-Agent Interaction [R7 R29]", () =>
    Effect.gen(function* () {
      const init: typeof Taboo.Type = {
        target: "popsicle",
        forbidden: ["ice", "stick"],
        requests: ["start"],
        hints: [],
        guesses: [],
        maxGuesses: 3
      }
      const game = yield* Ref.make(init)
      const agents = [
        Flow.make(Taboo, { start: "hinter", nodes: { hinter }, edges: { hinter: { continue: "hinter" } } }),
        Flow.make(Taboo, { start: "guesser", nodes: { guesser }, edges: { guesser: { continue: "guesser" } } })
      ]
      const outcomes = yield* Effect.forEach(agents, (agent) => Flow.runRef(agent, game, { maxSteps: 100 }), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(outcomes, ["finished", "finished"])
      assert.deepStrictEqual(yield* Ref.get(game), {
        ...init,
        requests: [],
        guesses: ["icicle", "popsicle"],
        verdict: "right"
      })
    })
  )

  it.effect("Configurable Agent Behavior [R7]", () =>
    Effect.gen(function* () {
      const messages = ["1", "2", "3"]
      for (const [name, millis] of [
        ["fast", 0],
        ["slow", 10]
      ] as const) {
        assert.deepStrictEqual(yield* timed(Flow.run(listener(name, millis), { messages, processed: [] })), {
          took: 3 * millis,
          outcome: "finished",
          store: { messages: [], processed: [`${name}: 1`, `${name}: 2`, `${name}: 3`] },
          steps: 3
        })
      }
    })
  )
})
