/** The API over HTTP: which endpoint is which call of the service. */
import { Effect, Layer } from "effect"
import { HttpApiBuilder, HttpApiMiddleware } from "effect/http-api"
import { Api, InvalidRequest, Validation } from "./api.ts"
import { Writer } from "./writer.ts"

const articles = HttpApiBuilder.group(
  Api,
  "articles",
  Effect.fn(function* (handlers) {
    const writer = yield* Writer
    return handlers.handleAll({
      write: ({ payload }) => writer.write(payload),
      watch: ({ payload }) => writer.watch(payload)
    })
  })
)

const system = HttpApiBuilder.group(
  Api,
  "system",
  Effect.fn(function* (handlers) {
    const writer = yield* Writer
    return handlers.handleAll({
      health: () => Effect.map(writer.writing, (writing) => ({ status: "ok" as const, writing }))
    })
  })
)

const validation = HttpApiMiddleware.layerSchemaErrorTransform(Validation, ({ cause }) =>
  Effect.fail(new InvalidRequest({ message: cause.message }))
)

/** The routes; `Writer` is what a server, or a test, provides. */
export const routes = HttpApiBuilder.layer(Api, { openapiPath: "/openapi.json" }).pipe(
  Layer.provide([articles, system]),
  Layer.provide(validation)
)
