/** A visitor of the page, without a browser: brings a letter, sends the draft back once, and approves. */
import { Console, Effect, Stream } from "effect"
import { HttpApiClient } from "effect/http-api"
import type { Decision } from "./flow.ts"
import { Api } from "./server.ts"

/** What the visitor of the terminal types. */
export const lines = ["reject Promise that the boots arrive by the 27th.", "reject Shorter, please.", "approve"]

const decisions: ReadonlyArray<typeof Decision.Type> = [
  { _tag: "Reject", note: "Offer a new shade." },
  { _tag: "Approve" }
]

export const demonstrate = Effect.fn(function* (url: string, letter: string) {
  const { review } = yield* HttpApiClient.make(Api, { baseUrl: url })
  yield* Console.log(`The page is at ${url}`)
  const { id } = yield* review.begin({ payload: { letter } })
  const left = [...decisions]
  yield* review.watch().pipe(
    Stream.unwrap,
    Stream.filter((view) => view.id === id),
    Stream.tap(({ status }) => Console.log(status)),
    Stream.takeUntil(({ status }) => status !== "working" && status !== "waiting"),
    Stream.filter(({ status }) => status === "waiting"),
    Stream.runForEach(
      Effect.fnUntraced(function* ({ step }) {
        const decision = left.shift() ?? { _tag: "Discard" }
        yield* Console.log(`> ${JSON.stringify(decision)}`)
        yield* review.decide({ params: { id }, payload: { step, decision } })
      })
    ),
    // How a server sets the wait before a reconnection; this one does not.
    Effect.catchTag("Retry", Effect.die)
  )
})
