/** A visitor of the page, without a browser: asks, reads along, and stops a reply. */
import { Effect, Stream, Terminal } from "effect"
import { HttpApiClient } from "effect/http-api"
import type { View } from "./conversations.ts"
import { Api } from "./server.ts"

export const demonstrate = Effect.fn(function* (url: string) {
  const { display } = yield* Terminal.Terminal
  const { chat } = yield* HttpApiClient.make(Api, { baseUrl: url })
  const params = { id: "6f1c2f0e-6a0b-4f0c-9f43-3c2c5a3f7e11" }

  /** Says something, and shows the reply until it ends, or until it has so many letters. */
  const ask = Effect.fnUntraced(function* (text: string, letters = Infinity) {
    yield* display(`\n> ${text}\n`)
    yield* chat.say({ params, payload: { text } })
    yield* chat.watch({ params }).pipe(
      Stream.unwrap,
      Stream.takeUntil((change) => change._tag === "Shown" && change.view.reply === null),
      Stream.mapAccumEffect(
        () => "",
        Effect.fnUntraced(function* (before, change) {
          const now = change._tag === "Said" ? before + change.text : lastOf(change.view)
          yield* display(now.slice(before.length))
          if (before.length < letters && now.length >= letters) yield* chat.stop({ params })
          return [now, change._tag === "Shown" && change.view.trouble !== null ? [change.view.trouble] : []] as const
        })
      ),
      Stream.runForEach((trouble) => display(` [${trouble}]`)),
      Effect.andThen(display("\n")),
      // How a server sets the wait before a reconnection; this one does not.
      Effect.catchTag("Retry", Effect.die)
    )
  })

  yield* display(`The page is at ${url}\n`)
  yield* ask("What is a gravity assist?")
  yield* ask("Tell me about the two Voyager probes.", 60)
  yield* ask("Which probe landed on Titan?")
})

/** The reply so far, or as it ended. */
const lastOf = ({ messages, reply }: typeof View.Type): string =>
  reply?.text ?? messages.findLast(({ role }) => role === "assistant")?.content ?? ""
