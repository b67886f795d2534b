/**
 * Replies of a language model, kept by exact request.
 *
 * They are kept by `effect/persistence`: in memory, in files, in Redis or in a
 * database, whichever `Persistence` is provided.
 *
 * @since 0.1.0
 */
import type * as LanguageModel from "effect/ai/LanguageModel"
import type * as Response from "effect/ai/Response"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as Persistable from "effect/persistence/Persistable"
import * as Persistence from "effect/persistence/Persistence"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { aboveRequest, around, type Provider } from "./internal/provider.ts"
import * as requestKey from "./internal/requestKey.ts"
import { isValid } from "./internal/validReply.ts"
import { stringify } from "./internal/stringify.ts"

/**
 * Answers a request that was made before with the reply that it had then,
 * without asking the model.
 *
 * **When to use**
 *
 * Use where the same questions come again: in development, in tests that were
 * recorded once, in a flow that is resumed or run again over the same documents.
 *
 * **Details**
 *
 * - `name` is where the replies are kept in the `Persistence`. A model of
 *   `OpenAi` adds its server, name and parameters to the key; any other model
 *   needs a name of its own.
 * - `timeToLive`: how long a reply is good for. By default forever.
 * - A request is the same if the whole conversation is, the tools, the form of
 *   the reply, and whether it is streamed. What a stream gave is given again at
 *   once, in the same pieces.
 * - Only a whole reply is kept that turned out to be valid: the object fits its
 *   schema, the calls of tools their parameters, and the text what `Structured`
 *   expects. Failures are not kept.
 * - What cannot be read from the store is asked for, and what cannot be written
 *   is logged as a warning; a store that takes more than 5 seconds counts as one
 *   that cannot. The cache never fails a call.
 *
 * The span of a call that is answered from the cache has the attribute
 * `reply_cache.hit`.
 *
 * **Gotchas**
 *
 * Two requests that run at once are both asked. `Persistence.layerMemory` keeps
 * everything until it is too old.
 *
 * What it answers neither waits for the limits of `Limits` nor counts for those of
 * `Budget`, in whatever order they are put around the model.
 *
 * **Example** (The same question twice)
 *
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { LanguageModel } from "effect/ai"
 * import { Persistence } from "effect/persistence"
 * import { OfflineModel, ReplyCache } from "@effect-pocketflow/ai"
 *
 * let calls = 0
 * const Model = OfflineModel.layer([{ name: "count", when: () => true, reply: () => `call ${++calls}` }]).pipe(
 *   ReplyCache.withCache({ name: "count", timeToLive: "1 hour" }),
 *   // In files: Persistence.layerKvs with KeyValueStore.layerFileSystem("replies")
 *   Layer.provide(Persistence.layerMemory)
 * )
 * const ask = (prompt: string) => Effect.map(LanguageModel.generateText({ prompt }), ({ text }) => text)
 *
 * const replies = Effect.forEach(["a", "b", "a"], ask).pipe(Effect.provide(Model))
 *
 * await Effect.runPromise(replies) // => ["call 1", "call 2", "call 1"]
 * ```
 *
 * @category combinators
 * @since 0.1.0
 */
export const withCache = (options: {
  readonly name: string
  readonly timeToLive?: Duration.Input | undefined
}): (<A, E, R>(
  layer: Layer.Layer<A | LanguageModel.LanguageModel, E, R>
) => Layer.Layer<A | LanguageModel.LanguageModel, E, R | Persistence.Persistence>) =>
  around((provider) =>
    Effect.gen(function* () {
      const persistence = yield* Persistence.Persistence
      const store = yield* persistence.make({
        storeId: options.name,
        timeToLive: () => options.timeToLive ?? Duration.infinity
      })
      return aboveRequest(provider, (provider) => cached(provider, store))
    })
  )

// internal

type Parts = ReadonlyArray<Response.PartEncoded | Response.StreamPartEncoded>

/** The parts of a reply are JSON, and are kept as such. */
class Reply extends Persistable.Class<{ readonly payload: { readonly key: string } }>()("Reply", {
  primaryKey: ({ key }) => key,
  success: Schema.Array(Schema.Json)
}) {}

const cached = (provider: Provider, store: Persistence.PersistenceStore): Provider => {
  const keyOf = (method: "generateText" | "streamText", request: LanguageModel.ProviderOptions) =>
    requestKey.make(method, provider, request).pipe(
      Effect.map((key) => new Reply({ key })),
      withoutHarm(() => Effect.undefined)
    )

  /** The reply that is kept, if it still is what is asked for. */
  const find = (key: Reply | undefined, request: LanguageModel.ProviderOptions) =>
    Effect.gen(function* () {
      const exit = key && (yield* store.get(key))
      const found = exit && Exit.isSuccess(exit) && (yield* isValid(exit.value, request, provider))
      request.span.attribute("reply_cache.hit", found === true)
      return found ? (exit.value as unknown as Parts) : undefined
    }).pipe(withoutHarm(() => Effect.undefined))

  const keep = (key: Reply | undefined, request: LanguageModel.ProviderOptions, parts: Parts) =>
    Effect.gen(function* () {
      const json = stringify(parts)
      if (key === undefined || json === undefined || !(yield* isValid(parts, request, provider))) return
      yield* store.set(key, Exit.succeed(JSON.parse(json)))
    }).pipe(
      withoutHarm((cause) => Effect.logWarning(`A reply could not be kept: ${Cause.prettyErrors(cause)[0]?.message}`))
    )

  return {
    ...provider,
    generateText: Effect.fnUntraced(function* (request) {
      const key = yield* keyOf("generateText", request)
      const kept = yield* find(key, request)
      if (kept !== undefined) return kept as Array<Response.PartEncoded>
      const parts = yield* provider.generateText(request)
      yield* keep(key, request, parts)
      return parts
    }),
    streamText: (request) =>
      Stream.unwrap(
        Effect.gen(function* () {
          const key = yield* keyOf("streamText", request)
          const kept = yield* find(key, request)
          if (kept !== undefined) return Stream.fromIterable(kept as ReadonlyArray<Response.StreamPartEncoded>)
          const parts: Array<Response.StreamPartEncoded> = []
          return provider.streamText(request).pipe(
            Stream.tap((part) => Effect.sync(() => parts.push(part))),
            Stream.onEnd(Effect.suspend(() => keep(key, request, parts)))
          )
        })
      )
  }
}

/** Whatever becomes of a store, and however long it takes: there is a model to ask, or a reply to give. */
const withoutHarm =
  <B>(otherwise: (cause: Cause.Cause<unknown>) => Effect.Effect<B>) =>
  <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A | B> =>
    effect.pipe(
      Effect.timeout("5 seconds"),
      Effect.catchCause((cause) => (Cause.hasInterrupts(cause) ? Effect.interrupt : otherwise(cause)))
    )
