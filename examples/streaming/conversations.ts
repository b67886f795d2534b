/** The conversations of a server. A reply is a run of its own: it goes on when nobody watches, and ends when it is stopped. */
import { Context, Effect, Exit, FiberHandle, Layer, Schema, ScopedCache, Stream, SubscriptionRef } from "effect"
import type { LanguageModel } from "effect/ai"
import { Flow } from "effect-pocketflow"
import type { Library } from "../shared/library.ts"
import { chat, Message, words } from "./flow.ts"

/** What a page shows. */
export const View = Schema.Struct({
  messages: Schema.Array(Message),
  /** The reply so far, while there is one. */
  reply: Schema.NullOr(Schema.Struct({ attempt: Schema.Int, text: Schema.String })),
  /** How the last reply ended, if not well. */
  trouble: Schema.NullOr(Schema.Literals(["stopped", "failed"]))
})

/** What has changed: all of it, or a piece of text that the reply got longer by. */
export const Change = Schema.Union([
  Schema.TaggedStruct("Shown", { view: View }),
  Schema.TaggedStruct("Said", { text: Schema.String })
])

export class Replying extends Schema.TaggedError<Replying>()(
  "Replying",
  { message: Schema.String },
  { httpApiStatus: 409 }
) {}

interface Conversation {
  /** Adds a message of the user, and begins the reply. */
  readonly say: (text: string) => Effect.Effect<void, Replying>
  /** Interrupts the reply, and with it the call of the model. What was said so far stays. */
  readonly stop: Effect.Effect<void>
  /** What there is, and then what changes. Who comes again, gets it all again. */
  readonly changes: Stream.Stream<typeof Change.Type>
}

export class Conversations extends Context.Service<
  Conversations,
  {
    /** A conversation by its id, which nobody else can guess; a new one, where there is none. */
    readonly get: (id: string) => Effect.Effect<Conversation>
  }
>()("examples/streaming/Conversations") {
  /** The one that was not used for longest makes room for a new one. */
  static readonly layer = ({ capacity }: { readonly capacity: number }) =>
    Layer.effect(
      Conversations,
      Effect.map(ScopedCache.make({ capacity, lookup: (_id: string) => make }), (cache) => ({
        get: (id) => ScopedCache.get(cache, id)
      }))
    )
}

// internal

type View = typeof View.Type

const make = Effect.gen(function* () {
  const context = yield* Effect.context<LanguageModel.LanguageModel | Library>()
  const running = yield* FiberHandle.make()
  const view = yield* SubscriptionRef.make(empty)

  const reply = (messages: View["messages"]) =>
    Flow.runForEach(
      chat,
      { messages },
      (event) => (words.is(event) ? SubscriptionRef.update(view, heard(event)) : Effect.void),
      { channels: [words] }
    ).pipe(
      Effect.provideContext(context),
      Effect.onExit((exit) => {
        if (Exit.isSuccess(exit)) return SubscriptionRef.set(view, { ...empty, messages: exit.value.store.messages })
        if (Exit.hasInterrupts(exit)) return SubscriptionRef.update(view, ended("stopped"))
        return Effect.andThen(Effect.logError(exit.cause), SubscriptionRef.update(view, ended("failed")))
      })
    )

  return {
    say: (text) =>
      SubscriptionRef.modify(view, (view) => {
        if (view.reply !== null) return [undefined, view]
        const messages: View["messages"] = [...view.messages, { role: "user", content: text }]
        return [messages, { messages, reply: { attempt: 0, text: "" }, trouble: null }]
      }).pipe(
        Effect.filterOrFail(
          (messages) => messages !== undefined,
          () => new Replying({ message: "There is a reply to wait for, or to stop" })
        ),
        Effect.andThen((messages) => FiberHandle.run(running, reply(messages))),
        Effect.uninterruptible
      ),
    stop: FiberHandle.clear(running),
    changes: SubscriptionRef.changes(view).pipe(
      // A page that is slow gets longer pieces.
      Stream.buffer({ capacity: 1, strategy: "sliding" }),
      Stream.mapAccum(
        (): View | undefined => undefined,
        (before, view) => [view, [changeOf(before, view)]]
      )
    )
  } satisfies Conversation
})

const empty: View = { messages: [], reply: null, trouble: null }

const heard =
  ({ attempt, value }: { readonly attempt: number; readonly value: string }) =>
  (view: View): View => ({
    ...view,
    reply: { attempt, text: view.reply?.attempt === attempt ? view.reply.text + value : value }
  })

/** What the user has read of a reply stays. */
const ended =
  (trouble: NonNullable<View["trouble"]>) =>
  ({ messages, reply }: View): View => ({
    messages: reply?.text ? [...messages, { role: "assistant", content: reply.text }] : messages,
    reply: null,
    trouble
  })

const changeOf = (before: View | undefined, view: View): typeof Change.Type =>
  before?.reply && before.reply.attempt === view.reply?.attempt && before.messages === view.messages
    ? { _tag: "Said", text: view.reply.text.slice(before.reply.text.length) }
    : { _tag: "Shown", view }
