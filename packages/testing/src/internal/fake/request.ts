/** A request as it is recorded: without the keys in it. */
import * as Redacted from "effect/Redacted"
import type * as Schema from "effect/Schema"
import type { Request } from "../../FakeOpenAi.ts"
import { promptOf } from "./chat.ts"
import { inputsOf } from "./embeddings.ts"
import type { Exchange } from "./http.ts"

const secretHeaders = ["authorization", "api-key", "x-api-key", "cookie"]

export const toRequest = ({ body, request: { headers, method, url } }: Exchange): Request => {
  const text = body.toString("utf8")
  const parsed = parse(text)
  return {
    method: method ?? "",
    path: url ?? "",
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [
        name,
        secretHeaders.includes(name) ? "<redacted>" : String(value)
      ])
    ),
    authorization: headers.authorization === undefined ? undefined : Redacted.make(headers.authorization),
    body: parsed ?? text,
    prompt: inputsOf(parsed)?.join("\n\n") ?? promptOf(parsed),
    at: Date.now()
  }
}

const parse = (text: string): Schema.Json | undefined => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
