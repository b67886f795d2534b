/** A server of HTTP on the loopback interface, as long as its scope is open. */
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"

export interface Exchange {
  readonly request: Http.IncomingMessage
  readonly body: Buffer
  readonly response: Http.ServerResponse
}

/** Starts the server; gives its origin. `handle` is interrupted when the connection closes. */
export const serve = Effect.fnUntraced(function* (
  port: number,
  handle: (exchange: Exchange) => Effect.Effect<void>
): Effect.fn.Return<string, never, Scope.Scope> {
  const run = yield* FiberSet.makeRuntime<never, void, never>()
  const server = Http.createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const fiber = run(handle({ request, response, body: Buffer.concat(chunks) }))
      response.on("close", () => fiber.interruptUnsafe())
    })
  })
  const listen = Effect.callback<void>((resume) => {
    const fail = (error: NodeJS.ErrnoException) => {
      const why = error.code === "EADDRINUSE" ? "it is taken" : error.message
      resume(Effect.die(new Error(`FakeOpenAi cannot listen on 127.0.0.1:${port}: ${why}`)))
    }
    server.once("error", fail).listen(port, "127.0.0.1", () => {
      server.off("error", fail)
      resume(Effect.void)
    })
  })
  yield* Effect.acquireRelease(listen, () =>
    Effect.callback<void>((resume) => {
      server.close(() => resume(Effect.void))
      server.closeAllConnections()
    })
  )
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
