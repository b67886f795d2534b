/** A chat page that shows replies word by word: `npm run example -- streaming --help`. */
import { Limits } from "@effect-pocketflow/ai"
import { Effect, Layer, Logger } from "effect"
import { FetchHttpClient, HttpClient } from "effect/http"
import * as Example from "../shared/example.ts"
import * as flags from "../shared/flags.ts"
import { runServer, serve, serverOptions, withToken } from "../shared/http.ts"
import { Library } from "../shared/library.ts"
import { modelLayer } from "../shared/model.ts"
import { Conversations } from "./conversations.ts"
import { demonstrate } from "./demo.ts"
import { chat } from "./flow.ts"
import { rules } from "./rules.ts"
import { routes } from "./server.ts"

export const program = Example.make({
  name: "streaming",
  description: "Serves a page to chat about space missions, where replies come word by word and can be stopped.",
  level: "systems",
  teaches:
    "tokens from inside a node to a browser; a stop button that interrupts the model; connections that come again",
  counterpart: "pocketflow-fastapi-websocket",
  flows: [chat],
  options: {
    ...serverOptions,
    pace: flags.int("pace", {
      description: "How long the rules take for a word; a model has its own pace",
      default: 25,
      min: 0,
      metavar: "milliseconds"
    })
  },
  run: Effect.fn(function* (options) {
    const token = crypto.randomUUID()
    yield* runServer(
      { ...options, token },
      ({ port }) =>
        serve(routes, { grace: "1 second", port, token }).pipe(
          Layer.provide(Conversations.layer({ capacity: 1000 })),
          Layer.provide([modelLayer(rules, { pace: options.pace }).pipe(Limits.withConcurrency(8)), Library.corpus])
        ),
      (url) =>
        demonstrate(url).pipe(
          Effect.updateService(HttpClient.HttpClient, withToken(token)),
          Effect.provide(FetchHttpClient.layer)
        )
    ).pipe(Effect.provideService(Logger.LogToStderr, true))
  })
})
