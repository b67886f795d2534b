import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"

const Qa = Store.make("Qa", { question: Schema.optionalKey(Schema.String), answer: Schema.optionalKey(Schema.String) })

/** What the user types; upstream mocks the global `prompt`. */
class Input extends Context.Service<Input, string | undefined>()("Input") {}

const ask = Node.make(Qa, {
  exec: () => Effect.map(Input, (typed) => typed ?? ""),
  post: (_s, question) => Qa.next({ question })
})

const answer = Node.make(Qa, {
  prep: (s) => s.question ?? "",
  exec: (question) => Effect.succeed(question.includes("PocketFlow") ? "a framework" : "unknown"),
  post: (_question, answer) => Qa.next({ answer })
})

/** Runs the flow with a user who types `input`. */
const run = (input: string | undefined) =>
  Effect.provideService(Flow.run(Flow.sequence(Qa, { ask, answer }), {}), Input, input)

describe("QA Pattern Tests", () => {
  it.effect("Basic QA Flow with mocked user input [R1 R7]", () =>
    Effect.gen(function* () {
      const question = "What is PocketFlow?"
      assert.deepStrictEqual(yield* run(question), {
        outcome: "default",
        store: { question, answer: "a framework" },
        steps: 2
      })
    })
  )

  it.effect("QA Flow with unknown question [R1 R7]", () =>
    Effect.gen(function* () {
      const question = "What is the time?"
      assert.deepStrictEqual(yield* run(question), {
        outcome: "default",
        store: { question, answer: "unknown" },
        steps: 2
      })
    })
  )

  it.effect("QA Flow with missing question [R1 R7]", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* run(undefined), {
        outcome: "default",
        store: { question: "", answer: "unknown" },
        steps: 2
      })
    })
  )
})
