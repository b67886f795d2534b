/**
 * A process that asks a server, and says by how many bytes its memory grew at most, and how the call ended.
 *
 * `node peak.ts <base URL> <maxReplyBytes> <call | stream>`; the first replies of the server are small.
 */
import { Effect, Redacted, Stream } from "effect"
import { LanguageModel } from "effect/ai"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import * as OpenAi from "../../../packages/ai/src/OpenAi.ts"

const [baseURL = "", cap = "", form = ""] = process.argv.slice(2)

// What a reply says is looked through for it.
const apiKey = Redacted.make("sk-0123456789abcdef")

const call =
  form === "call"
    ? LanguageModel.generateText({ prompt: "Hello" })
    : Stream.runDrain(LanguageModel.streamText({ prompt: "Hello" }))

const program = Effect.gen(function* () {
  for (let i = 0; i < 50; i++) yield* call
  setFlagsFromString("--expose-gc")
  runInNewContext("gc")()
  const before = process.memoryUsage.rss()
  const end = yield* Effect.match(call, { onSuccess: () => "success", onFailure: (error) => error.message })
  // In KB.
  return { grown: process.resourceUsage().maxRSS * 1024 - before, end }
}).pipe(Effect.provide(OpenAi.layer({ model: "m", baseURL, apiKey, maxReplyBytes: Number(cap) })))

process.stdout.write(JSON.stringify(await Effect.runPromise(program)))
