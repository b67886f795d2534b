/** The two ends of a chat: where the user's lines come from, and how the conversation looks. */
import { Effect, Layer, Queue, Stdio, Stream, Terminal } from "effect"
import { Flow } from "effect-pocketflow"
import { chat, heard, said } from "./flow.ts"

/** Runs the chat and shows it as it goes. `echo` is for lines that nobody sees being typed. */
export const show = ({ echo }: { readonly echo: boolean }) =>
  Terminal.Terminal.use(({ display }) =>
    Flow.stream(chat, { messages: [] }, { channels: [heard, said] }).pipe(
      Stream.map((event) => {
        switch (event._tag) {
          case "Started":
            return "\n> "
          case "Emitted":
            if (event.channel === said.id) return event.value
            // A further attempt begins its reply anew.
            return event.attempt > 0 ? "\n" : echo ? `${event.value}\n` : ""
          case "Finished":
            return "\n"
          case "Completed":
            return "Goodbye.\n"
        }
      }),
      Stream.runForEach(display)
    )
  )

/** A terminal whose user is a stream of lines. */
export const scripted = <E, R>(lines: Stream.Stream<string, E, R>) =>
  Layer.effect(
    Terminal.Terminal,
    Effect.gen(function* () {
      const terminal = yield* Terminal.Terminal
      const queue = yield* Stream.toQueue(lines, { capacity: 16 })
      const readLine = Effect.mapError(Queue.take(queue), () => new Terminal.QuitError({}))
      return Terminal.make({ ...terminal, readLine })
    })
  )

/** The lines of standard input; the demonstration, if there are none. */
export const piped = Stream.unwrap(Stdio.Stdio.use(({ stdin }) => Effect.succeed(Stream.decodeText(stdin)))).pipe(
  Stream.splitLines,
  Stream.orElseIfEmpty(() => demo)
)

export const demo = Stream.make(
  "Hello!",
  "My name is Ada.",
  "I feel stuck because my boat does not float.",
  "I built the boat in winter.",
  "It rains a lot here.",
  "What did I tell you about winter?",
  "Do you still know what my name is?",
  "exit"
)
