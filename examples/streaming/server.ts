/** Conversations over HTTP: the page, what it may ask, and what it is told as server-sent events. */
import { Effect, Layer, Schema } from "effect"
import { HttpApi, HttpApiBuilder, HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "effect/http-api"
import { pages } from "../shared/http.ts"
import { Change, Conversations, Replying } from "./conversations.ts"

const params = { id: Schema.String.check(Schema.isUUID()) }

class Chat extends HttpApiGroup.make("chat")
  .add(
    HttpApiEndpoint.get("watch", "/:id/changes", { params, success: HttpApiSchema.StreamSse({ data: Change }) }),
    HttpApiEndpoint.post("say", "/:id/messages", {
      params,
      payload: Schema.Struct({ text: Schema.Trimmed.check(Schema.isNonEmpty(), Schema.isMaxLength(2000)) }),
      success: HttpApiSchema.NoContent,
      error: Replying
    }),
    HttpApiEndpoint.post("stop", "/:id/stop", { params, success: HttpApiSchema.NoContent })
  )
  .prefix("/conversations") {}

export class Api extends HttpApi.make("streaming").add(Chat) {}

const handlers = HttpApiBuilder.group(
  Api,
  "chat",
  Effect.fn(function* (handlers) {
    const conversations = yield* Conversations
    return handlers.handleAll({
      watch: ({ params }) => Effect.map(conversations.get(params.id), ({ changes }) => changes),
      say: ({ params, payload }) => Effect.flatMap(conversations.get(params.id), ({ say }) => say(payload.text)),
      stop: ({ params }) => Effect.flatMap(conversations.get(params.id), ({ stop }) => stop)
    })
  })
)

export const routes = Layer.merge(
  HttpApiBuilder.layer(Api).pipe(Layer.provide(handlers)),
  pages(`${import.meta.dirname}/page`)
)
