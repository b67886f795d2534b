/** The HTTP API, as a value: the server, its typed client and the OpenAPI document are made from it. */
import { Schema } from "effect"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiMiddleware, HttpApiSchema, OpenApi } from "effect/http-api"
import { Tone } from "./flow.ts"

const Commission = Schema.Struct({
  topic: Schema.Trimmed.check(Schema.isMinLength(3), Schema.isMaxLength(200)).annotate({
    description: "What to write about"
  }),
  tone: Tone.pipe(Schema.optionalKey).annotate({ description: "How it should sound; plain by default" })
})

export const Article = Schema.Struct({
  topic: Schema.String,
  tone: Tone,
  complete: Schema.Boolean,
  text: Schema.String
})

export const Progress = Schema.Union([
  Schema.TaggedStruct("Drafted", { section: Schema.String }),
  Schema.TaggedStruct("Finished", { step: Schema.String }),
  Schema.TaggedStruct("Written", { article: Article })
])

export class InvalidRequest extends Schema.TaggedError<InvalidRequest>()(
  "InvalidRequest",
  { message: Schema.String },
  { httpApiStatus: 400 }
) {}

export class UnknownTopic extends Schema.TaggedError<UnknownTopic>()(
  "UnknownTopic",
  { message: Schema.String },
  { httpApiStatus: 404 }
) {}

export class Unavailable extends Schema.TaggedError<Unavailable>()(
  "Unavailable",
  { message: Schema.String },
  { httpApiStatus: 503 }
) {}

export class TooBusy extends Schema.TaggedError<TooBusy>()("TooBusy", {
  message: Schema.String,
  retryAfter: Schema.Int.annotate({ description: "Seconds" })
}) {}

/** The wait goes where clients and proxies look for it. */
const TooBusyResponse = TooBusy.pipe(
  HttpApiSchema.encodeToWithHeaders(
    {
      body: Schema.TaggedStruct("TooBusy", { message: Schema.String }).pipe(HttpApiSchema.status(429)),
      headers: { "retry-after": Schema.Int }
    },
    {
      decode: ({ body, headers }) => new TooBusy({ message: body.message, retryAfter: headers["retry-after"] }),
      encode: ({ message, retryAfter }) => ({
        body: { _tag: "TooBusy" as const, message },
        headers: { "retry-after": retryAfter }
      })
    }
  )
)

/** Says what is wrong with a request. */
export class Validation extends HttpApiMiddleware.Service<Validation>()("examples/backend/Validation", {
  error: InvalidRequest
}) {}

class Articles extends HttpApiGroup.make("articles")
  .add(
    HttpApiEndpoint.post("write", "/", {
      payload: Commission,
      success: Article,
      error: [UnknownTopic, TooBusyResponse, Unavailable]
    }).annotate(OpenApi.Summary, "Write an article"),
    HttpApiEndpoint.post("watch", "/progress", {
      payload: Commission,
      success: HttpApiSchema.StreamSse({ data: Progress, error: Schema.Union([UnknownTopic, Unavailable]) }),
      error: TooBusyResponse
    }).annotate(OpenApi.Summary, "Write an article, and tell what is done; the last event has the article")
  )
  .middleware(Validation)
  .prefix("/articles") {}

class System extends HttpApiGroup.make("system", { topLevel: true }).add(
  HttpApiEndpoint.get("health", "/health", {
    success: Schema.Struct({ status: Schema.Literal("ok"), writing: Schema.Int })
  }).annotate(OpenApi.Summary, "Whether the service is up, and how many articles it is writing")
) {}

export class Api extends HttpApi.make("articles")
  .add(Articles)
  .add(System)
  .annotateMerge(
    OpenApi.annotations({ title: "Articles", description: "Articles about space missions.", version: "1.0.0" })
  ) {}
