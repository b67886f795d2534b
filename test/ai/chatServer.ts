/** A real HTTP server on the loopback interface that speaks chat completions. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import { OpenAi } from "../../packages/ai/src/index.ts"

export interface Received {
  readonly path: string | undefined
  readonly headers: Http.IncomingHttpHeaders
  readonly body: any
}

export type Reply = (response: Http.ServerResponse) => void

export interface ChatServer {
  readonly baseURL: string
  /** Every request so far. */
  readonly received: ReadonlyArray<Received>
  /** Done once a request has come in. */
  readonly asked: Effect.Effect<void>
  /** Done once the client has closed a connection before its reply was complete. */
  readonly aborted: Effect.Effect<void>
  /** The model behind this server. */
  readonly model: (options?: Partial<OpenAi.Options>) => ReturnType<typeof OpenAi.layer>
}

/** Starts a server that gives the same reply to every request. */
export const make = Effect.fnUntraced(function* (reply: Reply): Effect.fn.Return<ChatServer, never, Scope.Scope> {
  const received: Array<Received> = []
  const asked = yield* Deferred.make<void>()
  const aborted = yield* Deferred.make<void>()
  const server = yield* Effect.acquireRelease(
    Effect.callback<Http.Server>((resume) => {
      const server = Http.createServer((request, response) => {
        const chunks: Array<Buffer> = []
        request.on("data", (chunk) => chunks.push(chunk))
        request.on("end", () => {
          received.push({
            path: request.url,
            headers: request.headers,
            body: JSON.parse(Buffer.concat(chunks).toString("utf8"))
          })
          response.on("close", () => {
            if (!response.writableFinished) Deferred.doneUnsafe(aborted, Effect.void)
          })
          Deferred.doneUnsafe(asked, Effect.void)
          reply(response)
        })
      })
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.callback<void>((resume) => {
        server.closeAllConnections()
        server.close(() => resume(Effect.void))
      })
  )
  const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  return {
    baseURL,
    received,
    asked: Deferred.await(asked),
    aborted: Deferred.await(aborted),
    model: (options) => OpenAi.layer({ model: "test-model", baseURL, ...options })
  }
})

export const text =
  (status: number, contentType: string, body: string, headers: Http.OutgoingHttpHeaders = {}): Reply =>
  (response) => {
    response.writeHead(status, { "content-type": contentType, ...headers })
    response.end(body)
  }

export const json = (body: unknown, status = 200, headers?: Http.OutgoingHttpHeaders): Reply =>
  text(status, "application/json", JSON.stringify(body), headers)

export const error = (status: number, error: object = {}, headers?: Http.OutgoingHttpHeaders): Reply =>
  json(
    { error: { message: "the server's words", type: "some_type", code: null, param: null, ...error } },
    status,
    headers
  )

/** A completion whose first choice is `message`. */
export const completion = (message: object, finish_reason: string | null = "stop"): Reply =>
  json({
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1,
    model: "test-model-2026",
    choices: [{ index: 0, message: { role: "assistant", refusal: null, ...message }, finish_reason }],
    usage: {
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 15,
      prompt_tokens_details: { cached_tokens: 4 },
      completion_tokens_details: { reasoning_tokens: 2 }
    }
  })

/** Server-sent events; a string is sent as it is. The reply then ends, unless `end` is false. */
export const events =
  (events: ReadonlyArray<object | string>, end = true): Reply =>
  (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" })
    for (const event of events) {
      response.write(typeof event === "string" ? event : `data: ${JSON.stringify(event)}\n\n`)
    }
    if (end) response.end()
  }

export const chunk = (delta: object, finish_reason: string | null = null) => ({
  id: "chatcmpl-2",
  model: "test-model-2026",
  choices: [{ index: 0, delta, finish_reason }]
})

export const done = "data: [DONE]\n\n"

/** Never replies. */
export const silence: Reply = () => {}

/** Sends the head and some of the body, then nothing more. */
export const stall: Reply = (response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": 1000 })
  response.write('{"choices":')
}

/** Sends some of the body, then breaks the connection. */
export const breakOff: Reply = (response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": 1000 })
  response.write('{"choices":', () => response.destroy())
}
