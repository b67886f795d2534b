/** Serves articles over HTTP: `npm run example -- backend --help`. */
import { Limits } from "@effect-pocketflow/ai"
import { Effect, Layer, Logger, Tracer } from "effect"
import { FetchHttpClient } from "effect/http"
import { Otlp, OtlpSerialization } from "effect/observability"
import * as Example from "../shared/example.ts"
import { runServer, serve, serverOptions } from "../shared/http.ts"
import { Library } from "../shared/library.ts"
import { modelLayer } from "../shared/model.ts"
import { recordSpans } from "../shared/trace.ts"
import { demonstrate } from "./demo.ts"
import { commission } from "./flow.ts"
import { rules } from "./rules.ts"
import { routes } from "./server.ts"
import { settings, Writer } from "./writer.ts"

/** Spans and logs go to the collector that `OTEL_EXPORTER_OTLP_ENDPOINT` names, if it does. */
const telemetry = Otlp.layerFromConfig({ resource: { serviceName: "articles" } }).pipe(
  Layer.provide([OtlpSerialization.layerJson, FetchHttpClient.layer])
)

export const program = Example.make({
  name: "backend",
  description:
    "Serves articles about space missions over HTTP. Limits are set by BACKEND_ARTICLES, _CALLS, _TIMEOUT, _GRACE.",
  level: "systems",
  teaches: "a flow behind a typed HTTP API: limits, timeouts, progress, typed failures, traces, a graceful end",
  counterpart: "pocketflow-fastapi-background",
  flows: [commission],
  options: serverOptions,
  run: Effect.fn(function* (options) {
    const { calls, grace, ...limits } = yield* settings
    const { tracer, tree } = yield* recordSpans
    yield* runServer(
      options,
      ({ demo, port }) =>
        serve(routes, { grace, log: !demo, port }).pipe(
          Layer.provide(Writer.layer(limits)),
          Layer.provide([modelLayer(rules).pipe(Limits.withConcurrency(calls)), Library.corpus]),
          Layer.provide(demo ? Layer.succeed(Tracer.Tracer, tracer) : telemetry)
        ),
      (url) => Effect.provide(demonstrate(url, tree), FetchHttpClient.layer)
    ).pipe(Effect.provideService(Logger.LogToStderr, true))
  })
})
