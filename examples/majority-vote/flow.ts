/** Asks many voters the same and counts: what most of them find is more often right than one answer. */
import { Retry } from "@effect-pocketflow/ai"
import { Array as Arr, Effect, Schema } from "effect"
import { LanguageModel } from "effect/ai"
import { Flow, Node, Store } from "effect-pocketflow"
import { quoted } from "../shared/prompt.ts"

export const Ballot = Schema.TaggedUnion({
  Cast: { voter: Schema.Int, answer: Schema.Finite, thinking: Schema.String },
  /** No vote: the model failed, or its reply was no answer. */
  Spoiled: { voter: Schema.Int, reason: Schema.String }
})

type Ballot = typeof Ballot.Type

const Poll = Store.make("Poll", {
  problem: Schema.String,
  voters: Schema.Int,
  ballots: Schema.Array(Ballot).pipe(Store.withInitial([])),
  answer: Schema.optionalKey(Schema.Finite)
})

/** Told of each vote as it is cast, or spoiled. */
export const votes = Flow.Channel<Ballot>("votes")
const told = (ballot: Ballot) => Effect.as(votes.emit(ballot), ballot)

const Solution = Schema.Struct({
  thinking: Schema.String.annotate({ description: "The way to the answer, step by step" }),
  // What is larger has no decimals that could be counted on.
  answer: Schema.Finite.check(Schema.isBetween({ minimum: -1e12, maximum: 1e12 })).annotate({
    description: "The number that is asked for, rounded to two decimals"
  })
})

const instructions =
  "Solve the problem step by step. Several voters solve it independently of each other; you are one of them. " +
  "The answer is a number, rounded to two decimals."

const vote = Node.batch(Poll, {
  prep: ({ problem, voters }) => Arr.makeBy(voters, (i) => ({ problem, voter: i + 1 })),
  exec: ({ problem, voter }) =>
    LanguageModel.generateObject({
      schema: Solution,
      prompt: [
        { role: "system", content: instructions },
        // Prompts that are the same would get the same reply from a cache.
        { role: "user", content: `Voter ${voter}\n\n${quoted("problem", problem)}` }
      ]
    }).pipe(
      Effect.flatMap(({ value: { answer, thinking } }) =>
        told({ _tag: "Cast", voter, answer: Math.round(answer * 100) / 100, thinking })
      )
    ),
  post: (_voters, ballots) => Poll.next({ ballots }),
  concurrency: 4,
  actions: ["default"]
}).pipe(
  Node.timeout("1 minute"),
  Node.retry(Retry.schedule()),
  Node.fallback((error, { voter }) => told({ _tag: "Spoiled", voter, reason: error.message }))
)

/** The answers that were given, and how often; most votes first. */
export const tally = (ballots: ReadonlyArray<Ballot>) => {
  const answers = ballots.flatMap((ballot) => (ballot._tag === "Cast" ? [ballot.answer] : []))
  return Arr.dedupe(answers)
    .map((answer) => ({ answer, votes: answers.filter((other) => other === answer).length }))
    .toSorted((a, b) => b.votes - a.votes)
}

const count = Node.make(Poll, {
  prep: ({ ballots, voters }) => ({ counted: tally(ballots), voters }),
  post: ({ counted, voters }) => {
    const [first, second] = counted
    if (first === undefined) return Poll.to("unanswered")
    if (first.votes === second?.votes) return Poll.to("tie")
    return Poll.to(first.votes > voters / 2 ? "majority" : "plurality", { answer: first.answer })
  },
  actions: ["majority", "plurality", "tie", "unanswered"]
})

export const poll = Flow.sequence(Poll, { vote, count })
