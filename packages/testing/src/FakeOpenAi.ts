/**
 * A server that speaks OpenAI's protocol on the loopback interface: it replies
 * as a test says, breaks where the test says, and records what it received.
 *
 * It is a real server of HTTP, so what is tested is everything between a program
 * and its model: the client, the sockets, the limits. Where that does not count,
 * `ScriptedModel` is simpler, and has virtual time.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { lastWords } from "./internal/fake/chat.ts"
import * as Fault from "./internal/fake/fault.ts"
import * as Http from "./internal/fake/http.ts"
import { route, toSteps } from "./internal/fake/reply.ts"
import { toRequest } from "./internal/fake/request.ts"
import * as Wire from "./internal/fake/wire.ts"
import type * as OpenAiFault from "./OpenAiFault.ts"

/**
 * A request, as it is recorded and as rules see it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Request {
  readonly method: string
  /** With `/v1`, such as `"/v1/chat/completions"`. */
  readonly path: string
  /** By name in lower case. Those that carry keys are `"<redacted>"`. */
  readonly headers: Readonly<Record<string, string>>
  /** The header of this name, if there was one. */
  readonly authorization: Redacted.Redacted | undefined
  /** The JSON of the body, or its text where it is none. */
  readonly body: Schema.Json
  /** The text of all messages, or all inputs, with a blank line between them. */
  readonly prompt: string
  /** When it had arrived, in milliseconds of the real time. */
  readonly at: number
}

/**
 * A piece of a reply: a chunk of text, something to wait for, or the call of a tool.
 *
 * **Details**
 *
 * A tool call without `id` gets one that names the request and its place among
 * the calls: `call-0-1`.
 *
 * @category models
 * @since 0.1.0
 */
export type Piece =
  | string
  | Effect.Effect<unknown>
  | {
      readonly type: "tool-call"
      readonly name: string
      readonly params: Schema.Json
      readonly id?: string | undefined
    }

/**
 * What a chat completion says.
 *
 * **Details**
 *
 * - a text; a stream gives it word by word
 * - an object; its JSON, for a request with `response_format`
 * - an array of pieces, in order; a stream gives each string as a chunk
 * - a fault, of a reply that says what the user said last
 * - an Effect of a reply: `Effect.delay`, or something that tells the test
 * - a function from the request to a reply
 *
 * Effects run with the services that `make` ran with, `Clock` included.
 *
 * @category models
 * @since 0.1.0
 */
export type Reply =
  | string
  | Schema.JsonObject
  | ReadonlyArray<Piece>
  | OpenAiFault.OpenAiFault
  | Effect.Effect<Reply>
  | ((request: Request) => Reply)

/**
 * What to reply to some requests, as often as they come.
 *
 * **Details**
 *
 * `when` says to which: a predicate, or a pattern to be found anywhere in the
 * prompt, which includes what was said before.
 *
 * @category models
 * @since 0.1.0
 */
export interface Rule {
  readonly when: RegExp | ((request: Request) => boolean)
  readonly reply: Reply
}

/**
 * What the server does, request by request.
 *
 * **Details**
 *
 * A chat completion is the first rule that applies, else the first of `replies`
 * that is left. Without rules and replies the server says what the user said last.
 *
 * `faults` are by the number of the request, from 0; all requests count. A fault
 * breaks the reply that the request would get, and uses none up, so that the
 * next attempt gets it whole.
 *
 * @category models
 * @since 0.1.0
 */
export interface Script {
  readonly rules?: ReadonlyArray<Rule> | undefined
  readonly replies?: ReadonlyArray<Reply> | undefined
  readonly faults?: { readonly [request: number]: OpenAiFault.OpenAiFault } | undefined
  /** Where to listen. By default a free port; a certain one where an address has to outlive a server. */
  readonly port?: number | undefined
}

/**
 * A server at work.
 *
 * @category models
 * @since 0.1.0
 */
export interface FakeOpenAi {
  /** What clients take as their base URL: it ends in `/v1`. */
  readonly baseURL: string
  /** The requests so far, in the order in which they arrived; the number of a request is its index. */
  readonly requests: Effect.Effect<ReadonlyArray<Request>>
  /** Waits until the request of this number has arrived. */
  readonly request: (number: number) => Effect.Effect<Request>
  /**
   * Waits until the client has closed the connection of a request whose reply was not complete, and gives the time of
   * that, in milliseconds of the real time. A defect, if the server ends the reply or the connection.
   */
  readonly aborted: (number: number) => Effect.Effect<number>
  /** The places in the script that no request has used yet, such as `"replies[1]"`; none, if it was played to its end. */
  readonly unused: Effect.Effect<ReadonlyArray<string>>
}

/**
 * The server that `layer` provides.
 *
 * @category services
 * @since 0.1.0
 */
export const FakeOpenAi: Context.Service<FakeOpenAi, FakeOpenAi> = Context.Service(
  "@effect-pocketflow/testing/FakeOpenAi"
)

/**
 * Starts a server on a port of 127.0.0.1; it stops when the scope closes.
 *
 * **When to use**
 *
 * Use to test how a program and its client behave: what is sent, what happens
 * when a server is slow, overloaded, or breaks off. Any client will do.
 *
 * **Details**
 *
 * - `POST /v1/chat/completions`, also streamed: texts, tool calls, JSON; usage,
 *   where a word is a token
 * - `POST /v1/embeddings`: a vector of length 1 that follows from the words of
 *   the input, so that texts which share words are near each other
 * - `GET /v1/models`: one, `"fake-model"`; every other name is taken as well
 *
 * A body that OpenAI would not take gets status 400, anything else 404. No key is
 * checked, and none is in what is recorded, except as `Redacted`. A port that is
 * taken is a defect.
 *
 * **Gotchas**
 *
 * Sockets know no `TestClock`: use `it.live`, or only wait for what happens. A
 * request for which the script has no reply left gets a 400 that says so.
 *
 * **Example** (An overloaded server)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { FakeOpenAi, OpenAiFault } from "@effect-pocketflow/testing"
 *
 * const program = Effect.gen(function* () {
 *   const server = yield* FakeOpenAi.make({
 *     replies: ["Because."],
 *     faults: { 0: OpenAiFault.status(429, { headers: { "retry-after": "1" } }) }
 *   })
 *   const body = JSON.stringify({ model: "any", messages: [{ role: "user", content: "Why?" }] })
 *   const headers = { authorization: "Bearer sk-1" }
 *   const ask = () => fetch(`${server.baseURL}/chat/completions`, { method: "POST", headers, body })
 *
 *   const first = yield* Effect.promise(ask)
 *   const second: any = yield* Effect.promise(async () => (await ask()).json())
 *   const requests = yield* server.requests
 *   return {
 *     first: [first.status, first.headers.get("retry-after")],
 *     second: second.choices[0].message.content,
 *     prompts: requests.map(({ prompt }) => prompt),
 *     key: requests[0]!.headers.authorization,
 *     unused: yield* server.unused
 *   }
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program)
 * // => { first: [429, "1"], second: "Because.", prompts: ["Why?", "Why?"], key: "<redacted>", unused: [] }
 * ```
 *
 * @see {@link layer}
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (
  script: Script = {}
): Effect.fn.Return<FakeOpenAi, never, Scope.Scope> {
  const { faults = {}, port = 0, replies = [], rules = [] } = script
  const requests: Array<Request> = []
  const unused = new Set([
    ...rules.map((_, index) => `rules[${index}]`),
    ...replies.map((_, index) => `replies[${index}]`),
    ...Object.keys(faults).map((request) => `faults[${request}]`)
  ])
  let played = 0

  /** What is to be said, and the place of that in the script. */
  const find = (request: Request): readonly [reply: Reply, place: string] | undefined => {
    const index = rules.findIndex(({ when }) =>
      typeof when === "function" ? when(request) : request.prompt.search(when) >= 0
    )
    if (index >= 0) return [rules[index]!.reply, `rules[${index}]`]
    const reply = replies[played]
    if (reply !== undefined) return [reply, `replies[${played}]`]
    return rules.length + replies.length === 0 ? [lastWords(request.body), "the echo"] : undefined
  }

  const chat = (request: Request, number: number, use: boolean): Effect.Effect<Wire.Steps> =>
    Effect.suspend(() => {
      const found = find(request)
      if (found === undefined) {
        const prompt = JSON.stringify(request.prompt)
        return Effect.succeed(Wire.error(400, `No rule applies and no reply is left for request ${number}: ${prompt}`))
      }
      const [reply, place] = found
      if (use) {
        unused.delete(place)
        if (place === `replies[${played}]`) played++
      }
      return toSteps(reply, request, number)
    })

  const answer = (request: Request, number: number): Effect.Effect<Wire.Steps> => {
    const fault = faults[number]
    const whole = Effect.suspend(() => route(request, chat(request, number, fault === undefined)))
    if (fault === undefined) return whole
    unused.delete(`faults[${number}]`)
    return Fault.apply(fault, whole)
  }

  const awaited = new Map<number, Awaited>()
  const awaitedOf = (number: number): Awaited => {
    const known = awaited.get(number)
    if (known !== undefined) return known
    const fresh = { request: Deferred.makeUnsafe<Request>(), aborted: Deferred.makeUnsafe<number>() }
    awaited.set(number, fresh)
    return fresh
  }

  const origin = yield* Http.serve(port, (exchange) =>
    Effect.suspend(() => {
      const request = toRequest(exchange)
      const number = requests.push(request) - 1
      const { aborted, request: arrived } = awaitedOf(number)
      Deferred.doneUnsafe(arrived, Effect.succeed(request))
      let ended = false
      exchange.response.on("close", () => {
        const closed = Effect.succeed(Date.now())
        const defect = Effect.die(new Error(`The server ended its reply to request ${number}`))
        Deferred.doneUnsafe(aborted, ended || exchange.response.writableFinished ? defect : closed)
      })
      return Effect.map(
        Effect.flatMap(answer(request, number), (steps) => Wire.send(steps, exchange.response)),
        () => void (ended = true)
      )
    })
  )

  return {
    baseURL: `${origin}/v1`,
    requests: Effect.sync(() => [...requests]),
    request: (number) => Effect.suspend(() => Deferred.await(awaitedOf(number).request)),
    aborted: (number) => Effect.suspend(() => Deferred.await(awaitedOf(number).aborted)),
    unused: Effect.sync(() => [...unused])
  }
})

/**
 * Provides a server that plays a script, as `make` starts it. Each layer that is
 * built begins the script anew.
 *
 * **Example** (The vectors of texts that share words are near each other)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { FakeOpenAi } from "@effect-pocketflow/testing"
 *
 * const program = Effect.gen(function* () {
 *   const { baseURL } = yield* FakeOpenAi.FakeOpenAi
 *   const reply: any = yield* Effect.promise(async () => {
 *     const input = ["a red fox", "the red fox", "two grey wolves"]
 *     const body = JSON.stringify({ model: "any", input })
 *     return (await fetch(`${baseURL}/embeddings`, { method: "POST", body })).json()
 *   })
 *   const [a, b, c] = reply.data.map(({ embedding }: { embedding: Array<number> }) => embedding)
 *   const nearness = (x: Array<number>, y: Array<number>) => x.reduce((sum, value, i) => sum + value * y[i]!, 0)
 *   return [nearness(a, b) > 0.6, nearness(a, c) > 0.6]
 * }).pipe(Effect.provide(FakeOpenAi.layer()))
 *
 * await Effect.runPromise(program) // => [true, false]
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (script?: Script): Layer.Layer<FakeOpenAi> => Layer.effect(FakeOpenAi, make(script))

// internal

interface Awaited {
  readonly request: Deferred.Deferred<Request>
  readonly aborted: Deferred.Deferred<number>
}
