/** What a client of HTTP sees of a server of OpenAI's protocol. */
import { type Cause, Effect } from "effect"
import type { FakeOpenAi } from "@effect-pocketflow/testing"

export const user = (content: string) => ({ role: "user", content })

export const post = (
  { baseURL }: FakeOpenAi.FakeOpenAi,
  path: string,
  body: unknown,
  init: RequestInit = {}
): Effect.Effect<Response, Cause.UnknownError> =>
  Effect.tryPromise((signal) =>
    fetch(`${baseURL}${path}`, {
      method: "POST",
      signal,
      ...init,
      body: typeof body === "string" ? body : JSON.stringify(body)
    })
  )

/** Status and JSON of a reply. */
export const json = (server: FakeOpenAi.FakeOpenAi, path: string, body: unknown, init?: RequestInit) =>
  Effect.flatMap(post(server, path, body, init), (response) =>
    Effect.promise(async () => ({ status: response.status, body: (await response.json()) as any }))
  )

export const chat = (server: FakeOpenAi.FakeOpenAi, content: string, fields: object = {}) =>
  json(server, "/chat/completions", { model: "m", messages: [user(content)], ...fields })

/** The text of a stream, or how far it came. */
export const streamed = (server: FakeOpenAi.FakeOpenAi, content: string, fields: object = {}) =>
  Effect.flatMap(
    post(server, "/chat/completions", { model: "m", messages: [user(content)], stream: true, ...fields }),
    chunksOf
  )

/** The bytes that come, in the chunks in which they come, and whether the end is one. */
export const chunksOf = (response: Response) =>
  Effect.promise(async () => {
    const chunks: Array<Uint8Array> = []
    try {
      for await (const chunk of response.body!) chunks.push(chunk)
      return { chunks, text: Buffer.concat(chunks).toString("utf8"), end: true }
    } catch {
      return { chunks, text: Buffer.concat(chunks).toString("utf8"), end: false }
    }
  })

export const eventsOf = (text: string): Array<any> =>
  text
    .split("\n\n")
    .filter((line) => line.startsWith("data: {"))
    .map((line) => JSON.parse(line.slice(6)))
