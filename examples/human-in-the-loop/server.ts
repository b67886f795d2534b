/** The reviewers' page over HTTP: what it shows comes as server-sent events, what people decide as requests. */
import { Effect, Layer, Schema } from "effect"
import { HttpApi, HttpApiBuilder, HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "effect/http-api"
import { pages } from "../shared/http.ts"
import { Decision } from "./flow.ts"
import { NoSuchSession, NotWaiting, Sessions, View } from "./sessions.ts"

const params = { id: Schema.String.check(Schema.isUUID()) }
const refusals = [NoSuchSession, NotWaiting] as const

class Review extends HttpApiGroup.make("review")
  .add(
    HttpApiEndpoint.get("watch", "/changes", { success: HttpApiSchema.StreamSse({ data: View }) }),
    HttpApiEndpoint.post("begin", "/", {
      payload: Schema.Struct({ letter: Schema.Trimmed.check(Schema.isNonEmpty(), Schema.isMaxLength(20_000)) }),
      success: Schema.Struct({ id: Schema.String }).pipe(HttpApiSchema.status(202))
    }),
    HttpApiEndpoint.post("decide", "/:id/decision", {
      params,
      payload: Schema.Struct({ step: Schema.Int, decision: Decision }),
      success: HttpApiSchema.Accepted,
      error: refusals
    }),
    HttpApiEndpoint.post("retry", "/:id/retry", { params, success: HttpApiSchema.Accepted, error: refusals })
  )
  .prefix("/sessions") {}

export class Api extends HttpApi.make("human-in-the-loop").add(Review) {}

const handlers = HttpApiBuilder.group(
  Api,
  "review",
  Effect.fn(function* (handlers) {
    const sessions = yield* Sessions
    // A disk that fails is nothing a client can do something about: status 500.
    return handlers.handleAll({
      watch: () => Effect.succeed(sessions.changes),
      begin: ({ payload }) =>
        sessions.begin(payload.letter).pipe(
          Effect.map((id) => ({ id })),
          Effect.catchTag("PlatformError", Effect.die)
        ),
      decide: ({ params, payload }) =>
        sessions.decide(params.id, payload.step, payload.decision).pipe(Effect.catchTag("PlatformError", Effect.die)),
      retry: ({ params }) => sessions.retry(params.id).pipe(Effect.catchTag("PlatformError", Effect.die))
    })
  })
)

export const routes = Layer.merge(
  HttpApiBuilder.layer(Api).pipe(Layer.provide(handlers)),
  pages(`${import.meta.dirname}/page`)
)
