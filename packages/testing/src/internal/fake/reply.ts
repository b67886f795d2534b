/** What the server replies to which request. */
import * as Effect from "effect/Effect"
import { isOpenAiFault } from "../../OpenAiFault.ts"
import type { Piece, Reply, Request } from "../../FakeOpenAi.ts"
import * as Chat from "./chat.ts"
import * as Embeddings from "./embeddings.ts"
import * as Fault from "./fault.ts"
import * as Wire from "./wire.ts"

/** The reply to a request; `chat` is the one to a chat completion without objections. */
export const route = ({ body, method, path }: Request, chat: Effect.Effect<Wire.Steps>): Effect.Effect<Wire.Steps> => {
  const refused = (objection: string) => Effect.succeed(Wire.error(400, objection))
  switch (`${method} ${path}`) {
    case "GET /v1/models": {
      const model = { id: "fake-model", object: "model", created: 0, owned_by: "effect-pocketflow" }
      return Effect.succeed(Wire.json({ object: "list", data: [model] }))
    }
    case "POST /v1/chat/completions":
    case "POST /v1/embeddings": {
      if (typeof body !== "object" || body === null) {
        return refused("We could not parse the JSON body of your request.")
      }
      const isChat = path === "/v1/chat/completions"
      const found = isChat ? Chat.objection(body) : Embeddings.objection(body)
      if (found !== undefined) return refused(found)
      return isChat ? chat : Effect.succeed(Embeddings.reply(body))
    }
    default:
      return Effect.succeed(Wire.error(404, `Invalid URL (${method} ${path})`))
  }
}

/** The steps of a scripted reply. */
export const toSteps = (reply: Reply, request: Request, number: number): Effect.Effect<Wire.Steps> => {
  if (Effect.isEffect(reply)) return Effect.flatMap(reply, (later) => toSteps(later, request, number))
  if (typeof reply === "function") return toSteps(reply(request), request, number)
  if (isOpenAiFault(reply)) {
    return Fault.apply(
      reply,
      Effect.suspend(() => toSteps(Chat.lastWords(request.body), request, number))
    )
  }
  if (isPieces(reply)) return Effect.succeed(Chat.reply(reply, request, number))
  const text = typeof reply === "string" ? reply : JSON.stringify(reply)
  return Effect.succeed(Chat.reply(text.match(/\s+|\S+\s*/g) ?? [], request, number))
}

const isPieces = (reply: Reply): reply is ReadonlyArray<Piece> => Array.isArray(reply)
