/** The two ends of a chat: where the user's lines come from, and how the conversation looks. */
import { Effect, Layer, Queue, Stdio, Stream, Terminal } from "effect"
import { Flag } from "effect/cli"
import type { Flow } from "effect-pocketflow"
import { heard, noted, said } from "./chat.ts"
import { printable } from "./cli.ts"

/** What happens in a chat, to be had from `Flow.stream` with these channels. */
export const channels = [heard, said, noted] as const
type Events<E, R> = Stream.Stream<Flow.FlowEvent<unknown, string, string>, E, R>

/** Has a chat in a terminal, over a pipe, or as a demonstration where it is asked for or there is neither. */
export const converse = Effect.fnUntraced(function* <E, R>(
  events: Events<E, R>,
  demo: ReadonlyArray<string>,
  options: { readonly demo: boolean }
) {
  const typed = yield* Stdio.Stdio.use(({ stdinIsTerminal }) => stdinIsTerminal)
  if (typed && !options.demo) return yield* show(events, { echo: false })
  const lines = options.demo ? Stream.fromIterable(demo) : pipedOr(demo)
  yield* Effect.provide(show(events, { echo: true }), scripted(lines))
})

export const demoFlag = Flag.Boolean("demo").pipe(
  Flag.withDescription("Have a short scripted conversation (as without a terminal and without input)"),
  Flag.withDefault(false)
)

/** Shows a chat as it goes. `echo` is for lines that nobody sees being typed. */
export const show = <E, R>(events: Events<E, R>, { echo }: { readonly echo: boolean }) =>
  Terminal.Terminal.use(({ display }) =>
    events.pipe(
      Stream.mapAccum(
        () => ({ asks: undefined, speaking: undefined }),
        (state: State, event) => {
          switch (event._tag) {
            case "Started": {
              // The node that comes first is the one that waits for the user.
              const asks = state.asks ?? event.path.join("/")
              return [{ asks, speaking: undefined }, asks === event.path.join("/") ? ["\n> "] : []]
            }
            case "Emitted": {
              if (event.channel === heard.id) return [state, echo && event.attempt === 0 ? [`${event.value}\n`] : []]
              if (event.channel === noted.id) return [state, [`(${event.value})\n`]]
              // A further attempt begins its reply anew.
              const anew = state.speaking !== undefined && state.speaking !== event.attempt
              return [{ ...state, speaking: event.attempt }, [anew ? `\n${event.value}` : event.value]]
            }
            case "Finished":
            case "Failed":
              return [{ ...state, speaking: undefined }, state.speaking === undefined ? [] : ["\n"]]
            case "Completed":
              return [state, ["Goodbye.\n"]]
          }
        }
      ),
      Stream.runForEach((text) => display(printable(text)))
    )
  )

interface State {
  /** The node that waits for the user. */
  readonly asks: string | undefined
  /** The attempt whose words are being shown. */
  readonly speaking: number | undefined
}

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

/** The lines of standard input. */
export const piped = Stream.unwrap(Stdio.Stdio.useSync(({ stdin }) => Stream.decodeText(stdin))).pipe(Stream.splitLines)

/** The lines of standard input; others, if there are none. */
export const pipedOr = (demo: ReadonlyArray<string>) => Stream.orElseIfEmpty(piped, () => Stream.fromIterable(demo))
