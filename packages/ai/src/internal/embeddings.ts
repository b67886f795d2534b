/** What a server answers to a request for embeddings, as vectors in the order of the texts. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as AiError from "effect/ai/AiError"
import * as Base64 from "effect/encoding/Base64"
import type { Client } from "./client.ts"
import { decodeBody, nullish } from "./json.ts"
import type { Reply } from "./reply.ts"

export interface Embeddings {
  readonly vectors: Array<Array<number>>
  readonly model: string | undefined
  readonly inputTokens: number | undefined
}

export const read = Effect.fnUntraced(function* (
  reply: Reply,
  { failures }: Client,
  expected: { readonly count: number; readonly dimensions: number | undefined }
): Effect.fn.Return<Embeddings, AiError.AiErrorReason> {
  const { invalid, value } = yield* decode(reply, failures)
  const { data, model, usage } = value
  if (data.length !== expected.count) {
    return yield* invalid(`The server gave ${data.length} embeddings for ${expected.count} texts`)
  }
  const vectors: Array<Array<number>> = []
  for (const [position, { embedding, index }] of data.entries()) {
    const vector = typeof embedding === "string" ? fromBase64(embedding) : [...embedding]
    if (vector === undefined) return yield* invalid(`Embedding ${position} is not base64 of 32-bit numbers`)
    vectors[index ?? position] = vector
  }
  const length = expected.dimensions ?? vectors[0]?.length
  for (let index = 0; index < expected.count; index++) {
    const vector = vectors[index]
    if (vector === undefined) return yield* invalid(`The server gave no embedding for text ${index}`)
    if (vector.length === 0 || vector.length !== length) {
      return yield* invalid(`Embedding ${index} has ${vector.length} dimensions instead of ${length}`)
    }
    if (!vector.every(Number.isFinite)) return yield* invalid(`Embedding ${index} has numbers that are not finite`)
  }
  return { vectors, model: model ?? undefined, inputTokens: usage?.prompt_tokens ?? undefined }
})

const Body = Schema.Struct({
  data: Schema.Array(
    Schema.Struct({
      index: nullish(Schema.Int),
      embedding: Schema.Union([Schema.String, Schema.Array(Schema.Finite)])
    })
  ),
  model: nullish(Schema.String),
  usage: nullish(Schema.Struct({ prompt_tokens: nullish(Schema.Int) }))
})
const decode = decodeBody(Body)

const fromBase64 = (text: string): Array<number> | undefined => {
  const bytes = Result.getOrUndefined(Base64.decode(text))
  if (bytes === undefined || bytes.length % 4 !== 0) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return Array.from({ length: bytes.length / 4 }, (_, index) => view.getFloat32(index * 4, true))
}
