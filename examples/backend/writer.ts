/** The service behind the API. It runs the flow, within limits, and fails as the API says. */
import { Cause, Config, Context, Duration, Effect, Layer, Ref, Result, Schema, type Scope, Stream } from "effect"
import type { AiError, LanguageModel } from "effect/ai"
import { Flow } from "effect-pocketflow"
import { drafted } from "../article/flow.ts"
import type { NothingKnown, Unfounded } from "../article/sections.ts"
import type { Library, SearchFailed } from "../shared/library.ts"
import { type Article, type Progress, TooBusy, Unavailable, UnknownTopic } from "./api.ts"
import { type Commission, commission, type Tone } from "./flow.ts"

const atLeastOne = (name: string) => Config.schema(Schema.Int.check(Schema.isGreaterThan(0)), name)

/** `BACKEND_ARTICLES=2` and so on. */
export const settings = Config.all({
  /** How many articles are written at once; who comes then is told to come again. */
  articles: atLeastOne("ARTICLES").pipe(Config.withDefault(4)),
  /** How many calls of the model are on their way at once; others wait. */
  calls: atLeastOne("CALLS").pipe(Config.withDefault(8)),
  /** How long an article may take. */
  timeout: Config.Duration("TIMEOUT").pipe(Config.withDefault(Duration.minutes(2))),
  /** How long articles that are being written may take when the server is stopped. */
  grace: Config.Duration("GRACE").pipe(Config.withDefault(Duration.seconds(20)))
}).pipe(Config.nested("BACKEND"))

type Request = { readonly topic: string; readonly tone?: typeof Tone.Type }

export class Writer extends Context.Service<
  Writer,
  {
    readonly write: (request: Request) => Effect.Effect<typeof Article.Type, UnknownTopic | TooBusy | Unavailable>
    /** What happens on the way, and the article as the last event. It takes up a place for as long as its scope. */
    readonly watch: (
      request: Request
    ) => Effect.Effect<Stream.Stream<typeof Progress.Type, UnknownTopic | Unavailable>, TooBusy, Scope.Scope>
    /** How many articles are being written. */
    readonly writing: Effect.Effect<number>
  }
>()("examples/backend/Writer") {
  static readonly layer = ({ articles, timeout }: { readonly articles: number; readonly timeout: Duration.Duration }) =>
    Layer.effect(
      Writer,
      Effect.gen(function* () {
        const context = yield* Effect.context<LanguageModel.LanguageModel | Library>()
        const writing = yield* Ref.make(0)

        const place = Effect.acquireRelease(
          Ref.modify(writing, (n) => (n < articles ? [true, n + 1] : [false, n])).pipe(
            Effect.filterOrFail(
              (free) => free,
              () => new TooBusy({ message: "Too many articles are being written", retryAfter: 10 })
            )
          ),
          () => Ref.update(writing, (n) => n - 1)
        )

        return Writer.of({
          write: Effect.fn("Writer.write")(function* (request) {
            yield* place
            const { store } = yield* Flow.run(commission, toStore(request)).pipe(
              Effect.timeout(timeout),
              Effect.provideContext(context),
              Effect.catch(explain)
            )
            return toArticle(store)
          }, Effect.scoped),
          watch: (request) =>
            Effect.as(
              place,
              Flow.stream(commission, toStore(request), { channels: [drafted] }).pipe(
                Stream.filterMap(toProgress),
                Stream.interruptWhen(Effect.delay(Effect.fail(new Cause.TimeoutError()), timeout)),
                Stream.provideContext(context),
                Stream.catch((error) => Stream.fromEffect(explain(error))),
                Stream.withSpan("Writer.watch")
              )
            ),
          writing: Ref.get(writing)
        })
      })
    )
}

// internal

const toStore = ({ tone = "plain", topic }: Request) => ({ tone, topic })

const toArticle = ({ complete = false, text, tone, topic }: typeof Commission.Type) => ({ topic, tone, complete, text })

const toProgress = (
  event: Flow.FlowEvent<typeof Commission.Type, string, string>
): Result.Result<typeof Progress.Type, void> => {
  switch (event._tag) {
    case "Emitted":
      return Result.succeed({ _tag: "Drafted", section: event.value })
    case "Finished":
      return Result.succeed({ _tag: "Finished", step: event.path.at(-1) ?? "" })
    case "Completed":
      return Result.succeed({ _tag: "Written", article: toArticle(event.store) })
    case "Started":
    case "Failed":
      return Result.failVoid
  }
}

/** What a client is told of a failure. What a provider says is for the log: it may name keys, accounts and prompts. */
const explain = (
  error: NothingKnown | SearchFailed | AiError.AiError | Unfounded | Cause.TimeoutError
): Effect.Effect<never, UnknownTopic | Unavailable> => {
  switch (error._tag) {
    case "NothingKnown":
      return Effect.fail(new UnknownTopic({ message: error.message }))
    case "TimeoutError":
      return Effect.fail(new Unavailable({ message: "The article took too long" }))
    case "SearchFailed":
      return Effect.andThen(
        Effect.logError(error.message),
        Effect.fail(new Unavailable({ message: "The library cannot be searched" }))
      )
    case "AiError":
    case "Unfounded":
      return Effect.andThen(
        Effect.logError(error.message),
        Effect.fail(new Unavailable({ message: "The language model does not answer as it should" }))
      )
  }
}
